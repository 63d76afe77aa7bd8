"""A whole opening, from the published tender to the sealed record, on a hand-moved clock.

Everything is real: certificates, sealing, upload, worker, log, time stamps. Only time is not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sealed_world import CHEAP
from submission_world import DeskWorld
from tender_world import (
    AGENCY,
    SUPERVISOR,
    TENDERER,
    Person,
    Published,
    TenderWorld,
    credit_code,
    published_rehearsal,
    tender_world,
)

from bidding import handover, problems
from bidding.submissions import batches
from bidding.submissions.backroom import Backroom
from bidding.submissions.desk import desk_of
from bidding.submissions.uploads_api import routes
from bidding.submissions.wiring import vault_of, worker_of
from crypto.canonical import sha256_hex, unb64
from crypto.envelope import (
    IDENTITY,
    IdentityInput,
    PartInput,
    Sealed,
    bidder_part_key,
    hall_purpose,
    new_context,
    open_share,
    parse_keyset,
    parse_manifest,
    seal_bid,
    unwrap_key_file,
)
from crypto.signing import sign_detached, sign_digest
from crypto.statements import REPLACE, WITHDRAW, sign_statement
from crypto.translog.witness import cosign
from opening_hall import commands as c
from opening_hall import statements, vault
from opening_hall.facts import Cause, Phase
from opening_hall.seats import BidId, LotId, Role, Seat
from opening_hall.state import State

PASSPHRASE = "correct horse"
NAMES = (
    "北京甲建设有限公司",
    "上海乙建筑有限公司",
    "广州丙工程有限公司",
    "深圳丁市政有限公司",
)


@dataclass
class Bidder:
    """A bidder with its certificate and its sealed bid."""

    person: Person
    sealed: Sealed
    price: str

    @property
    def bid(self) -> BidId:
        return BidId(self.sealed.bid)

    @property
    def seat(self) -> Seat:
        return Seat(Role.BIDDER, self.person.credit_code)

    def part_key(self, part: str = "main") -> bytes:
        secrets = unwrap_key_file(self.sealed.key_file, PASSPHRASE)
        return bidder_part_key(parse_manifest(self.sealed.manifest), secrets.k_bidder, part)


@dataclass
class OpenedWorld:
    """One lot on its way through the hall."""

    world: TenderWorld
    published: Published
    supervisor: Person
    desk: DeskWorld
    folder: Path
    payload: int = 0
    """Bytes of each bid's file; 0 for a short text."""
    bidders: list[Bidder] = field(default_factory=list)
    commands: int = 0

    @property
    def lot(self) -> LotId:
        return LotId(self.published.lot)

    @property
    def state(self) -> State:
        return self.world.deps.halls.state(f"hall:{self.lot}")[1]

    def officers(self) -> list[tuple[Seat, Person]]:
        people = {"officer:agency": self.published.agency, "officer:tenderer": self.published.tenderer}
        return [(Seat.parse(seat), person) for seat, person in people.items()]

    def seat(self, role: Role) -> Seat:
        return next(entry.seat for entry in self.state.entries.values() if entry.seat.role is role)

    # --- acts

    def do(self, seat: Seat, command: c.Command, secrets: Sequence[tuple[str, str, bytes]] = ()) -> None:
        """One prepared command; `secrets` are (bid or reference, kind, data)."""
        kept = vault_of(self.world.deps)

        def within(tx: Any) -> None:
            for reference, kind, data in secrets:
                holder = "" if kind.startswith(vault.BIDDER_KEY) else str(seat)
                kept.put_secret(tx, self.lot, reference, kind, holder, data)

        self.commands += 1
        self.world.deps.halls.handle(
            f"hall:{self.lot}", str(seat), command, command_id=f"test-{self.commands}", within=within
        )

    def act(self, person: Person, data: bytes) -> tuple[str, tuple[str, str, bytes]]:
        """A signed act: the CMS's hash and what the vault keeps."""
        cms = sign_detached(data, person.signer, at=self.world.clock.now())
        return sha256_hex(cms), (sha256_hex(cms), vault.SIGNATURE, cms)

    def later(self, seconds: float = 1) -> None:
        self.world.clock.at += timedelta(seconds=seconds)

    def cosign(self, name: str, key: Ed25519PrivateKey) -> None:
        """A witness vouches for the log as it is now."""
        log = self.world.deps.log
        note = log.checkpoint()
        signature = cosign(note, log.verifier, None, (), name=name, key=key, at=self.world.clock.now())
        log.add_cosignatures(note + signature.line())

    def look(self) -> None:
        """Let the platform do what is outstanding."""
        worker_of(self.world.deps).look(self.lot)

    def due(self) -> None:
        """Jump to the next deadline of the hall and let time act."""
        at = self.state.next_deadline()
        if at is not None:
            self.world.clock.at = max(self.world.clock.at, at)
        self.look()

    # --- stations

    def submit(
        self,
        number: int,
        price: str,
        *,
        instead_of: Bidder | None = None,
        forge: Callable[..., Sealed] | None = None,
        **facts_of_identity: Any,
    ) -> Bidder:
        """Seal a bid by a new bidder and hand it in."""
        facts = self.world.anonymous("GET", f"/lots/{self.lot}").json()
        code = credit_code(100 + number)
        person = self.world.person(f"代表{number}", NAMES[number % len(NAMES)], code)
        folder = self.folder / f"bidder-{number}"
        folder.mkdir()
        source = folder / "方案.txt"
        source.write_bytes(f"投标文件 {number}".encode() * 500)
        if self.payload:
            with source.open("r+b") as file:
                file.truncate(self.payload)
        form = {"price": price, "duration": "300", "quality": "合格", "manager": f"经理{number}"}
        context = new_context(
            facts["tender"], facts["lot"], keyset_hash=facts["keysetHash"], docs_hash=facts["docsHash"]
        )
        identity_input = IdentityInput(
            organisation={"name": person.organisation, "creditCode": code},
            representative={"name": person.name},
            deposit={"form": "保函", "amount": "800000.00"},
            draw=hashlib.sha256(str(number).encode()).digest(),
            **facts_of_identity,
        )
        seal = forge or seal_bid
        sealed = seal(
            context, parse_keyset(unb64(facts["keyset"])), self._parts(facts["parts"], form, source),
            identity_input, person.signer, out=folder / "package", passphrase=PASSPHRASE,
            at=self.world.clock.now(), cost=CHEAP,
        )  # fmt: skip
        changes = {}
        if instead_of is not None:
            told = {"old": instead_of.sealed.submission, "new": sealed.submission}
            place = {"tender": self.published.tender, "lot": self.lot}
            signature = sign_statement(instead_of.sealed.receipt_private, {"label": REPLACE, **place, **told})
            changes["replace"] = {**told, "sig": signature}
        self.desk.sealed = number  # tickets come from another account each time
        self.desk.submit(sealed, **changes)
        bidder = Bidder(person, sealed, price)
        self.bidders.append(bidder)
        return bidder

    def _parts(self, names: Sequence[str], form: dict[str, str], file: Path) -> list[PartInput]:
        """The price and all other fields stand in the last part."""
        forms = [{} if name != names[-1] else form for name in names]
        return [PartInput(name, held, [("方案.txt", file)]) for name, held in zip(names, forms, strict=True)]

    def withdraw(self, bidder: Bidder) -> None:
        """By the bid's receipt key, before the deadline."""
        statement = {
            "label": WITHDRAW,
            "tender": self.published.tender,
            "lot": self.lot,
            "submission": bidder.sealed.submission,
        }
        body = {
            "submission": bidder.sealed.submission,
            "sig": sign_statement(bidder.sealed.receipt_private, statement),
        }
        answer = self.desk.client.post(f"/lots/{self.lot}/withdraw", json=body)
        assert answer.status_code == 200, answer.text
        self.bidders.remove(bidder)

    def replace(self, bidder: Bidder, number: int, price: str) -> Bidder:
        """Another bid in the place of this one."""
        self.bidders.remove(bidder)
        return self.submit(number, price, instead_of=bidder)

    def adjudicate(self, reason: str = "投标人原因") -> None:
        """The host finds every failure that nobody decided yet the bidder's doing."""
        bids = self.state.undecided()
        if bids:
            data = statements.adjudication(self.lot, bids, Cause.BIDDER, reason)
            signature, kept = self.act(self.published.agency, data)
            self.later()
            self.do(self.seat(Role.HOST), c.Adjudicate(bids, Cause.BIDDER, reason, signature), [kept])

    def close(self) -> None:
        """The deadline passes; the platform closes the lot."""
        batches.seal_due(self.desk.desk)
        self.due()

    def open_identities(self) -> None:
        for seat, person in self.officers():
            self.later()
            secrets = [
                (bid, vault.IDENTITY_SHARE, self._share(person, seat, bid, IDENTITY))
                for bid in self.state.bids
            ]
            self.do(seat, c.ReleaseIdentityShares(tuple(self.state.bids)), secrets)
        self.look()

    def release(self, *bidders: Bidder) -> None:
        for bidder in bidders:
            self.later(0.05)
            secrets = [(bidder.bid, vault.BIDDER_KEY + self.state.part, bidder.part_key(self.state.part))]
            self.do(Seat(Role.RECEIPT, bidder.bid), c.ReleaseKey(bidder.bid, self.state.part), secrets)

    def open_bids(self) -> None:
        """Officers sign the admitted set and release its shares; the platform opens it."""
        part = self.state.part
        for seat, person in self.officers():
            self.later()
            hash_ = self.state.admitted_hash
            signature, kept = self.act(person, statements.admitted(self.lot, part, hash_))
            self.do(seat, c.SignAdmitted(hash_, signature), [kept])
        for seat, person in self.officers():
            self.later()
            secrets = [
                (bid, vault.HALL_SHARE + part, self._share(person, seat, bid, hall_purpose(part)))
                for bid in self.state.admitted
            ]
            self.do(seat, c.ReleaseHallShares(part, self.state.admitted), secrets)
        self.look()

    def read_and_confirm(self) -> None:
        while self.state.phase is Phase.READING:
            self.due()
        for bidder in self.bidders:
            if self.state.phase is Phase.CONFIRMING and bidder.bid in self.state.reading:
                self.later(0.1)
                self.do(bidder.seat, c.ConfirmLine(bidder.bid))

    def record(self, *signing: Bidder) -> None:
        """Objections end, the record is rendered, signed and sealed."""
        while self.state.phase in (Phase.CONFIRMING, Phase.OBJECTION):
            self.due()
        self.look()
        rendered = self.state.record.rendered
        for bidder in signing:
            cms = sign_digest(bytes.fromhex(rendered), bidder.person.signer, at=self.world.clock.now())
            kept = (bidder.person.credit_code, f"{vault.RECORD_SIGNATURE}{self.state.stage}", cms)
            self.do(bidder.seat, c.SignRecord(rendered, sha256_hex(cms)), [kept])
        while self.state.phase is Phase.RECORD_SIGN:
            self.due()
        self.seal()

    def seal(self) -> None:
        people = {
            Role.HOST: self.published.agency,
            Role.TENDERER: self.published.tenderer,
            Role.SUPERVISOR: self.supervisor,
        }
        for role, person in people.items():
            self.do(self.seat(role), c.SignIn(person.name, sha256_hex(person.signer.certificate)))
        for _ in range(3):
            self.look()
            waiting = self.state.record.prepared_for
            if not waiting or waiting in self.state.record.sealed:
                return
            seat = Seat.parse(waiting)
            self.later()
            digest = self.state.record.digest
            person = people[self.state.role_of(seat)]
            cms = sign_digest(bytes.fromhex(digest), person.signer, pades=True)
            kept = (digest, f"{vault.SEAL}{self.state.stage}", cms)
            self.do(seat, c.SealRecord(digest, sha256_hex(cms)), [kept])
        self.look()

    def run(self) -> None:
        """From the deadline to the sealed record, everybody behaving."""
        self.close()
        self.open_all()

    def open_all(self) -> None:
        """The rest, once the lot is closed."""
        self.open_identities()
        self.open_part()

    def open_part(self) -> None:
        """One session, from its phase A to its sealed record."""
        while self.state.phase is Phase.LIST_ANNOUNCED:
            self.due()
        self.release(*self.bidders)
        self.open_bids()
        self.read_and_confirm()
        self.record(*self.bidders[:2])

    def _share(self, person: Person, seat: Seat, bid: BidId, purpose: str) -> bytes:
        manifest = parse_manifest(vault_of(self.world.deps).manifest(bid))
        entry = self.state.person(seat)
        assert entry is not None
        return open_share(manifest, purpose, entry.index, person.opening_keys[str(seat)])


@contextmanager
def opened_world(
    folder: Path, bidders: int = 3, *, payload: int = 0, **changes: Any
) -> Iterator[OpenedWorld]:
    """A published lot with so many bids handed in."""
    platform = folder / "platform"
    platform.mkdir()
    with tender_world(platform) as world:
        supervisor = world.signed_in("孙监督", "测试监督部门", SUPERVISOR)
        seats = [
            {"role": "host", "name": "陈代理", "creditCode": AGENCY},
            {"role": "tenderer", "name": "林业主", "creditCode": TENDERER},
            {"role": "supervisor", "name": "孙监督", "creditCode": SUPERVISOR},
        ]
        published = published_rehearsal(world, seats=seats, **changes)
        handover.schedule(world.deps, published.lot)
        desk = desk_of(world.deps)
        backroom = Backroom(desk)
        app = FastAPI()
        problems.install(app)
        app.include_router(routes(desk, backroom))
        with TestClient(app, raise_server_exceptions=False) as client:
            sealing = _NoWorld(published.lot)
            desks = DeskWorld(
                desk,
                world.clock,
                sealing,
                client,
                backroom,
                folder,
                anchors=world.authority,  # type: ignore[arg-type]
            )
            opened = OpenedWorld(world, published, supervisor, desks, folder, payload)
            for number in range(bidders):
                opened.submit(number, f"{40_000_000 + number * 100_000}.00")
                opened.later(7)
            yield opened


@dataclass(frozen=True)
class _NoWorld:
    """What DeskWorld asks of a sealed world."""

    id: str

    @property
    def keyset(self) -> Any:
        return type("Keyset", (), {"lot": self.id})
