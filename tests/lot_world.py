"""A whole lot from the first upload to the sealed record, without a network: real bids, real officers."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sealed_world import IDENTITY_INPUT, World, make_world, seal_in
from submission_world import DEADLINE, HandClock, Random, make_desk, publish

from bidding.objects import Objects
from bidding.submissions import tickets, upload, verify
from bidding.submissions.closing import LotClosing
from bidding.submissions.leases import RowLeases
from bidding.submissions.store import PIECE_SIZE, UploadState
from bidding.submissions.vault import BidVault
from bidding.submissions.wire import BeginUpload
from bidding.submissions.wiring import cosignatures, hall_events
from ceremony.handle import Ceremony, Outcome
from crypto.authority import DemoAuthority
from crypto.canonical import b64
from crypto.credit_code import credit_code_check
from crypto.envelope import (
    IDENTITY,
    PartInput,
    Sealed,
    bidder_part_key,
    open_share,
    parse_manifest,
    unwrap_key_file,
)
from crypto.revocation import RevocationEvidence
from crypto.signing import Signer
from crypto.timestamps import TimeStampAuthority
from crypto.trust import RevocationPolicy, TrustedAuthority, TrustStore
from opening_hall import domain as d
from opening_hall import vault as kinds
from opening_hall.hall import HALL, stream
from opening_hall.opening_work import Opener
from opening_hall.recording import Recording
from opening_hall.worker import HallWorker, Parts

HOST = d.Seat(d.Role.HOST, "host")


def credit_code(number: int) -> str:
    """A valid 统一社会信用代码 for test organisation `number`."""
    head = f"91420500MA{number:07d}"
    return head + credit_code_check(head)


class DemoLists:
    """The demonstration authority's lists, fresh whenever they are asked for."""

    def __init__(self, authority: DemoAuthority) -> None:
        self.authority = authority

    def evidence(self, authorities: Iterable[TrustedAuthority], *, now: Any) -> RevocationEvidence:
        crls = (self.authority.crl("root", at=now), self.authority.crl("intermediate", at=now))
        return RevocationEvidence(crls=crls, ocsps=())


class LotWorld:
    """One lot with its desk, hall and worker."""

    def __init__(
        self,
        folder: Path,
        authority: DemoAuthority,
        *,
        officers: int = 3,
        quorum: int = 2,
        rules: d.Rules | None = None,
        url: str = "",
        objects: Objects | None = None,
        tsa: TimeStampAuthority | None = None,
        seed: str = "",
        parts: tuple[str, ...] = ("main",),
    ) -> None:
        self.folder = folder
        self.authority = authority
        self.clock = HandClock()
        self.desk = make_desk(
            folder,
            self.clock,
            authority,
            url=url,
            objects=objects,
            tsa=tsa,
            random=Random(seed or folder.name),
        )
        self.world = make_world(officers, quorum)
        self.lot = d.LotId(self.world.keyset.lot)
        self.signers: dict[int, Signer] = {}
        self.sealed: dict[int, Sealed] = {}
        self.rules = rules or d.Rules(
            minimum=2, phase_a_seconds=600, line_seconds=0, confirmation_seconds=60, objection_seconds=60
        )
        self.part_names = parts
        publish(self.desk, self.world)
        self.desk.log.open()
        self.restart()
        self.do(d.PLATFORM, d.Schedule(self._setup()))

    def restart(self, holder: str = "one") -> None:
        """What a fresh process knows: nothing but the database and the objects."""
        self.halls = Ceremony(self.desk.log, HALL)
        self.vault = BidVault(self.desk)
        self.trust = TrustStore(
            (TrustedAuthority("demo", "演示 CA", (self.authority.root,), (self.authority.intermediate,)),),
            RevocationPolicy(),
            DemoLists(self.authority),
        )
        closing = LotClosing(self.desk)
        self.opener = Opener(self.vault, self.trust, closing.docs, self.clock.now)
        self.parts = Parts(
            halls=self.halls,
            closing=closing,
            vault=self.vault,
            opener=self.opener,
            recording=Recording(
                self.vault,
                self.vault,
                self.desk.tsa,
                lambda lot, version: hall_events(self.desk.log, lot, version),
                self._certificate,
                "https://kaibiao.example",
                self.clock.now,
            ),
            leases=RowLeases(self.desk.engine, self.clock, holder=holder),
            cosignatures=lambda name: cosignatures(self.desk.log, name),
            random=self.desk.random,
            now=self.clock.now,
        )
        self.worker = HallWorker(self.parts)

    # --- acts

    def do(
        self, seat: d.Seat, command: d.Command, secrets: Iterable[tuple[str, str, str, bytes]] = ()
    ) -> Outcome[d.State, d.Event]:
        kept = list(secrets)

        def within(tx: Any) -> None:
            for reference, kind, holder, data in kept:
                self.vault.put_secret(tx, self.lot, reference, kind, holder, data)

        return self.halls.handle(
            stream(self.lot),
            str(seat),
            command,
            command_id=self.desk.random(8).hex(),
            within=within,
            now=self.clock.at,
        )

    def look(self) -> d.State:
        self.worker.look(self.lot)
        return self.state

    @property
    def state(self) -> d.State:
        return self.halls.state(stream(self.lot))[1]

    def signer(self, number: int) -> Signer:
        if number not in self.signers:
            key, certificate = self.authority.issue(
                f"投标单位{number}", credit_code(number), at=self.clock.at - timedelta(days=1)
            )
            self.signers[number] = Signer(certificate, self.authority.chain, key)
        return self.signers[number]

    def seal(
        self,
        number: int,
        price: str = "",
        *,
        name: str = "",
        files: Sequence[tuple[str, Path]] = (),
        **options: Any,
    ) -> Sealed:
        identity = replace(
            IDENTITY_INPUT,
            organisation={"name": f"投标单位{number}", "creditCode": credit_code(number)},
            draw=hashlib.sha256(b"%d" % number).digest(),
        )
        forms = {part: {"price": price or f"{9_000_000 + number}.00"} for part in self.part_names}
        options = {"identity": identity, "at": self.clock.at, **options}
        made = seal_in(
            replace(self.world, bidder=self.signer(number)),
            self.folder / f"bid-{name or number}" / "package",
            [PartInput(part, form, files) for part, form in forms.items()],
            **options,
        )
        self.sealed[number] = made
        return made

    def submit(self, number: int, sealed: Sealed | None = None, **changes: Any) -> Sealed:
        sealed = sealed or self.seal(number)
        self.clock.at += timedelta(milliseconds=1)
        state = hand_in(self.desk, self.lot, sealed, **changes)
        assert state is UploadState.LIVE, state
        return sealed

    def close(self) -> d.State:
        self.clock.at = DEADLINE
        return self.look()

    def bid(self, number: int) -> d.BidId:
        return d.BidId(self.sealed[number].bid)

    def release_identity(
        self, officer: int, *, skip: Iterable[str] = (), forge: Mapping[str, bytes] = {}
    ) -> None:
        """An officer's client opens all its envelopes, then releases its shares."""
        self._release(officer, IDENTITY, kinds.IDENTITY_SHARE, list(self.state.bids), set(skip), forge)

    def release_hall(self, officer: int, part: str = "main") -> None:
        self._release(officer, f"hall:{part}", kinds.HALL_SHARE + part, list(self.state.admitted), set(), {})

    def release_key(self, number: int, part: str = "main") -> None:
        sealed = self.sealed[number]
        secrets = unwrap_key_file(sealed.key_file, "correct horse")
        key = bidder_part_key(parse_manifest(sealed.manifest), secrets.k_bidder, part)
        place = (sealed.bid, kinds.BIDDER_KEY + part, "", key)
        self.do(d.PUBLIC, d.ReleaseKey(d.BidId(sealed.bid), part), [place])

    def identify(self, officers: Iterable[int] = (1, 2)) -> d.State:
        for officer in officers:
            self.release_identity(officer)
        return self.look()

    def open(self, numbers: Iterable[int], officers: Iterable[int] = (1, 2), part: str = "main") -> d.State:
        for number in numbers:
            self.release_key(number, part)
        if self.state.phase is d.Phase.DECRYPTING:
            self.pass_time(601)
        for officer in officers:
            if self.state.phase is d.Phase.ADMITTED:
                self.sign_admitted(officer)
        for officer in officers:
            self.release_hall(officer, part)
        return self.look()

    def sign_admitted(self, officer: int) -> None:
        seat = d.Seat(d.Role.OFFICER, f"officer-{officer}")
        self.do(seat, d.SignAdmitted(self.state.admitted_hash, "51" * 32))

    def pass_time(self, seconds: float) -> d.State:
        self.clock.at += timedelta(seconds=seconds)
        return self.look()

    def _release(
        self,
        officer: int,
        purpose: str,
        kind: str,
        bids: list[d.BidId],
        skip: set[str],
        forge: Mapping[str, bytes],
    ) -> None:
        seat = d.Seat(d.Role.OFFICER, f"officer-{officer}")
        good, false, secrets = [], {}, []
        for bid in bids:
            if bid in skip:
                continue
            if bid in forge:
                false[bid] = "false-share"
                continue
            manifest = parse_manifest(self.vault.manifest(bid))
            share = open_share(manifest, purpose, officer, self.world.opening_keys[officer - 1])
            good.append(bid)
            secrets.append((bid, kind, str(seat), share))
        command: d.Command = d.ReleaseIdentityShares(tuple(good), false)
        if purpose != IDENTITY:
            command = d.ReleaseHallShares(purpose.removeprefix("hall:"), tuple(good), false)
        self.do(seat, command, secrets)

    def _setup(self) -> d.Setup:
        people = [
            d.SeatEntry(HOST, "p_host", "韩主持", "代理机构", certificate_sha256=self._seal_certificate)
        ]
        people += [
            d.SeatEntry(d.Seat(d.Role.OFFICER, o.seat), f"p_{o.index}", f"开标人{o.index}", index=o.index)
            for o in self.world.keyset.officers
        ]
        return d.Setup(
            lot=self.lot,
            tender=d.TenderId(self.world.keyset.tender),
            title="演示项目",
            opens_at=DEADLINE,
            seats=tuple(people),
            rules=self.rules,
            keyset=b64(self.world.keyset.encode()),
            quorum=self.world.keyset.k,
            docs_hash=self.world.docs,
            form=(d.FieldDef("price", "投标报价", "Price", "money"),),
            parts=self.part_names,
        )

    @property
    def host_signer(self) -> Signer:
        return self.signer(999)

    @property
    def _seal_certificate(self) -> str:
        return hashlib.sha256(self.host_signer.certificate).hexdigest()

    def _certificate(self, sha256: str) -> bytes | None:
        return self.host_signer.certificate if sha256 == self._seal_certificate else None


def hand_in(desk: Any, lot: str, sealed: Sealed, *, decide: bool = True, **changes: Any) -> UploadState:
    """Upload a bid without HTTP."""
    asked = asked_for(desk, sealed, **changes)
    begun = upload.begin(desk, lot, asked)
    for file, number, data in pieces_of(sealed):
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        piece = upload.open_piece(
            desk, begun.upload.upload, begun.secret, file, number, f"sha-256=:{digest}:"
        )
        try:
            piece.write(data)
            state = upload.finish_piece(desk, piece).state
        finally:
            piece.close()
    return verify.decide(desk, begun.upload.upload) if decide else state


def asked_for(desk: Any, sealed: Sealed, **changes: Any) -> BeginUpload:
    fields = {
        "ticket": tickets.draw(desk, desk.random(4).hex()).tickets[0],
        "manifest": b64(sealed.manifest),
        "box": len(sealed.box),
        "parts": {name: path.stat().st_size for name, path in sealed.ciphertexts.items()},
    }
    return BeginUpload.model_validate({**fields, **changes})


def pieces_of(sealed: Sealed) -> Iterator[tuple[str, int, bytes]]:
    files = {"box": sealed.box, **{name: path.read_bytes() for name, path in sealed.ciphertexts.items()}}
    for file, data in files.items():
        for number in range(-(-len(data) // PIECE_SIZE)):
            yield file, number, data[number * PIECE_SIZE : (number + 1) * PIECE_SIZE]


@contextmanager
def lot_world(folder: Path, authority: DemoAuthority, **options: Any) -> Iterator[LotWorld]:
    lot = LotWorld(folder, authority, **options)
    yield lot
    lot.desk.log.close()
    lot.desk.engine.dispose()


__all__ = ["LotWorld", "World", "asked_for", "credit_code", "hand_in", "lot_world", "pieces_of"]
