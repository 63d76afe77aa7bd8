"""The vault: sealed bids from Closed on, released secrets, and opened payloads encrypted at rest.

It opens nothing by itself. Before a lot is Closed it gives nothing out, whoever asks. Secrets are written in
the transaction of the event that speaks of them, encrypted under the platform's data key; every read of an
opened payload is logged before its first byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bidding.submissions import store
from bidding.submissions.batches import token_over
from bidding.submissions.desk import Desk
from bidding.submissions.payloads import PayloadFile, PayloadSink, put_payload
from bidding.submissions.records import Records
from bidding.submissions.store import PIECE_SIZE, GateState, Upload, UploadState
from bidding.submissions.tables import payloads, secrets, vault_reads
from bidding.submissions.upload import BOX, count_of, piece_key
from ceremony.errors import Refusal
from crypto.canonical import b64, canon, sha256_hex, unb64
from crypto.errors import Invalid, Unavailable
from crypto.stream import SEGMENT
from crypto.suite import DEFAULT_SUITE
from crypto.translog.store import NewEvent
from opening_hall.seats import BidId, LotId

#: Kinds under which evidence about a bid is kept, and long lists by their SHA-256.
EVIDENCE = "evidence"
EVIDENCE_LIST = "evidence-list"
#: Evidence longer than this, in bytes, is kept apart; a hash in hex is this long.
SHARED = 4096
HASH_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Stamped:
    """The first time stamp that covers a submission: its token, what it stamps, and when."""

    token: bytes
    digest: bytes
    stamped_at: datetime


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a live bid's bytes lie."""

    upload: Upload
    pieces: Mapping[tuple[str, int], str]


class BidVault(Records):
    """`opening_hall.vault.Vault` over the desk's tables and objects, with the records beside it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        # Live bids of closed lots change no more; a lot's opening asks for each of them often.
        self._layout = lru_cache(maxsize=4096)(self._find_layout)

    # --- sealed

    def manifest(self, bid: BidId) -> bytes:
        manifest = self._layout(bid).upload.manifest
        assert manifest is not None  # noqa: S101 - a live bid has one
        return manifest

    def box(self, bid: BidId) -> bytes:
        layout = self._layout(bid)
        numbers = range(count_of(layout.upload.sizes[BOX]))
        return b"".join(self._desk.objects.read(_key(layout, BOX, number)) for number in numbers)

    def segment(self, bid: BidId, part: str, index: int) -> bytes:
        layout = self._layout(bid)
        size = layout.upload.sizes.get(part, 0)
        start = index * SEGMENT
        if not 0 <= start < size:
            raise Refusal("no-such-piece", "the part has no such segment", part=part, segment=index)
        number, offset = divmod(start, PIECE_SIZE)
        return self._desk.objects.read(_key(layout, part, number), offset, min(SEGMENT, size - start))

    def timestamp(self, bid: BidId) -> bytes | None:
        stamped = self.stamped(bid)
        return None if stamped is None else stamped.token

    def stamped(self, bid: BidId) -> Stamped | None:
        """The time stamp of the batch that holds the submission; None while the authority is away."""
        submission = self._layout(bid).upload.submission
        assert submission is not None  # noqa: S101 - a live bid has one
        found = token_over(self._desk, "submission", submission)
        return None if found is None else Stamped(*found)

    # --- secrets

    def put_secret(
        self, tx: sa.Connection, lot: LotId, bid: BidId | str, kind: str, seat: str, data: bytes
    ) -> None:
        key = self._desk.keys.data
        nonce = self._desk.random(12)
        sealed = nonce + AESGCM(_key_for_secrets(key.secret)).encrypt(
            nonce, data, _about(lot, bid, kind, seat)
        )
        row = {"lot": lot, "kind": kind, "bid": bid, "seat": seat}
        store.insert_if_new(tx, secrets, **row, key_id=key.id, data=sealed)

    def secrets(self, lot: LotId, kind: str) -> Mapping[tuple[BidId, str], bytes]:
        wanted = sa.select(secrets).where(secrets.c.lot == lot, secrets.c.kind == kind)
        with store.reading(self._desk.engine) as tx:
            rows = tx.execute(wanted).all()
        return {(BidId(row.bid), row.seat): self._unseal(row) for row in rows}

    def put_evidence(self, tx: sa.Connection, lot: LotId, bid: BidId, evidence: Mapping[str, bytes]) -> None:
        """Keep what a bid was judged by; long lists that many bids share are kept once."""
        told: dict[str, str] = {}
        for name, data in evidence.items():
            if len(data) <= SHARED:
                told[name] = b64(data)
                continue
            told[name] = sha256_hex(data)
            self.put_secret(tx, lot, told[name], EVIDENCE_LIST, "", data)
        self.put_secret(tx, lot, bid, EVIDENCE, "", canon(told))

    def evidence(self, bid: BidId) -> Mapping[str, bytes]:
        lot = LotId(self._layout(bid).upload.lot)
        sealed = self._secret(lot, EVIDENCE, bid)
        if sealed is None:
            return {}
        told: dict[str, str] = json.loads(sealed)
        return {name: self._shared(lot, kept) for name, kept in told.items()}

    def _shared(self, lot: LotId, kept: str) -> bytes:
        long = self._secret(lot, EVIDENCE_LIST, kept) if len(kept) == HASH_LENGTH else None
        return unb64(kept) if long is None else long

    def _secret(self, lot: LotId, kind: str, bid: str) -> bytes | None:
        wanted = sa.and_(secrets.c.lot == lot, secrets.c.kind == kind, secrets.c.bid == bid)
        with store.reading(self._desk.engine) as tx:
            row = tx.execute(sa.select(secrets).where(wanted)).first()
        return None if row is None else self._unseal(row)

    # --- opened

    def opened_parts(self, lot: LotId) -> dict[tuple[BidId, str], str]:
        """Which payloads were decrypted whole, with the reason of those that could not be ("" is fine)."""
        with store.reading(self._desk.engine) as tx:
            rows = tx.execute(sa.select(payloads).where(payloads.c.lot == lot)).all()
        return {(BidId(row.bid), row.part): row.reason for row in rows}

    def payload_sink(self, lot: LotId, bid: BidId, part: str, segments: int) -> PayloadSink:
        """Takes the plaintext of a part as it is decrypted and keeps it encrypted at rest."""
        return PayloadSink(self._desk, lot, bid, part, segments)

    def payload_failed(self, lot: LotId, bid: BidId, part: str, reason: str) -> None:
        """Remember that a payload does not decrypt behind its first segment."""
        put_payload(self._desk, lot, bid, part, 0, "", reason=reason)

    def read_payload(self, lot: LotId, bid: BidId, part: str, by: str) -> Iterator[bytes]:
        """The ZIP of an opened part; logged before its first byte. Refuses `not-opened`."""
        with store.reading(self._desk.engine) as tx:
            wanted = sa.and_(payloads.c.bid == bid, payloads.c.part == part, payloads.c.lot == lot)
            row = tx.execute(sa.select(payloads).where(wanted)).one_or_none()
        if row is None or row.reason:
            raise Refusal("not-opened", "this part was not opened", part=part)
        self.log_read(lot, bid, f"payload:{part}", by)
        return self._plain(lot, bid, part, row.key_id)

    def log_read(self, lot: LotId, bid: BidId | str, what: str, by: str) -> None:
        """Log that somebody reads something confidential; committed before this returns."""
        desk = self._desk
        row = {"read": desk.random(16).hex(), "lot": lot, "bid": bid, "what": what, "by": by}

        def within(tx: sa.Connection) -> None:
            at = store.to_ms(desk.clock.now_in(tx))
            tx.execute(vault_reads.insert().values(**row, at=at))

        body = {"bid": bid, "what": what, "by": by}
        desk.log.append(f"reads:{lot}", None, [NewEvent("Read", "platform:", body)], within=within)

    def _plain(self, lot: LotId, bid: BidId, part: str, key_id: str) -> Iterator[bytes]:
        secret = self._desk.keys.data_key(key_id)
        size = self._layout(bid).upload.sizes[part]
        file = PayloadFile(self._desk.objects, secret, lot, bid, part, size)
        while data := file.read(SEGMENT):
            yield data

    def _unseal(self, row: sa.Row[tuple[str, str, str, str, str, bytes]]) -> bytes:
        sealed = bytes(row.data)
        try:
            secret = self._desk.keys.data_key(row.key_id)
            about = _about(row.lot, row.bid, row.kind, row.seat)
            return AESGCM(_key_for_secrets(secret)).decrypt(sealed[:12], sealed[12:], about)
        except (KeyError, StopIteration, InvalidTag) as error:
            raise Unavailable(
                "vault-damaged", "a kept secret does not decrypt with the platform's data key"
            ) from error

    def _find_layout(self, bid: BidId) -> Layout:
        with store.reading(self._desk.engine) as tx:
            upload = store.find_bid(tx, bid)
            gate = store.find_gate(tx, upload.lot) if upload is not None else None
            if upload is None or gate is None or gate.state is not GateState.CLOSED:
                raise Refusal("unknown-bid", "no bid of a closed lot has this id")
            if upload.state is not UploadState.LIVE:
                raise Refusal("unknown-bid", "no bid of a closed lot has this id")
            return Layout(upload, store.stored_pieces(tx, upload.upload))


def _key(layout: Layout, file: str, number: int) -> str:
    found = layout.pieces.get((file, number))
    if found is None:
        raise Invalid("object-missing", f"{layout.upload.upload} {file}.{number}")
    return piece_key(layout.upload.upload, file, number, found)


def _about(lot: str, bid: str, kind: str, seat: str) -> bytes:
    return canon({"label": "kaibiao/vault-secret/v1", "lot": lot, "bid": bid, "kind": kind, "seat": seat})


def _key_for_secrets(secret: bytes) -> bytes:
    return DEFAULT_SUITE.mac(secret, b"kaibiao/vault-secret/v1")
