"""Resumable upload: pieces by number, in any order, several at once, each durable before it is acknowledged.

A piece is written beside the store first, hashed while it arrives, and gets its place only when its digest
is right, so a wrong or broken piece leaves nothing. The piece that completes an upload stamps
`accepted_at` in the same transaction as its row, before anything is verified: what arrived before T is in
time whatever happens to this process next. See docs/formats/upload.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import sqlalchemy as sa

from bidding.objects import Spool
from bidding.submissions import store
from bidding.submissions.desk import Desk
from bidding.submissions.store import PIECE_SIZE, Gate, GateState, Upload, UploadState
from bidding.submissions.tickets import verify_ticket
from bidding.submissions.wire import BeginUpload, Replacement
from ceremony.errors import Malformed, Refusal
from crypto.canonical import b64, iso, sha256_hex, unb64
from crypto.envelope import (
    REPLACE,
    Keyset,
    Manifest,
    parse_keyset,
    parse_manifest,
    verify_manifest,
    verify_statement,
)
from crypto.errors import Invalid
from crypto.identity import STEP

#: The identity box's name among an upload's files.
BOX = "box"
_DIGEST = re.compile(r"(?:^|[,\s])sha-256=:([A-Za-z0-9+/]{43}=):")


@dataclass(frozen=True, slots=True)
class Begun:
    """An upload that takes pieces, and the only secret that can send them."""

    upload: Upload
    secret: str
    missing: Mapping[str, list[int]]
    now: datetime
    resumed: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an upload stands after a piece."""

    state: UploadState
    accepted_at: datetime | None
    missing: int
    now: datetime


class Piece:
    """A piece on its way in. `length` is exact; `spool` is None when it is stored already."""

    def __init__(
        self, upload: Upload, file: str, number: int, sha256: str, length: int, spool: Spool | None
    ) -> None:
        self.upload = upload
        self.file = file
        self.number = number
        self.sha256 = sha256
        self.length = length
        self.spool = spool
        self.received = 0
        self._hash = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Hash and spool what came in. Refuses more than the piece's length before writing it."""
        self.received += len(data)
        if self.received > self.length:
            raise Malformed("piece-size", "more bytes than the piece has", expected=self.length)
        self._hash.update(data)
        if self.spool is not None:
            self.spool.write(data)

    def verify(self) -> None:
        """Length and digest are what the request said."""
        if self.received != self.length:
            raise Malformed(
                "piece-size", f"{self.received} of {self.length} bytes came", expected=self.length
            )
        if self._hash.hexdigest() != self.sha256:
            raise Invalid("digest-mismatch", "the bytes do not have the digest of Content-Digest")

    def close(self) -> None:
        """Forget what was spooled unless it was published."""
        if self.spool is not None:
            self.spool.close()


def begin(desk: Desk, lot: str, asked: BeginUpload) -> Begun:
    """Start an upload, or resume the one of the same manifest with a fresh secret.

    Refuses what can be known to be no bid of this lot before a byte of it is stored.
    """
    data = unb64(asked.manifest)
    manifest = parse_manifest(data)
    secret = b64(desk.random(32))
    with store.writing(desk.engine) as tx:
        gate = store.share_gate(tx, lot)
        now = desk.clock.now_in(tx)
        verify_open(gate, now)
        assert gate is not None  # noqa: S101 - verify_open refused it
        verify_fits(manifest, gate, asked)
        found = store.find_bid(tx, manifest.ctx.bid, lock=True)
        if found is not None:
            upload = _resume(tx, found, lot, manifest, secret)
        else:
            if asked.replace is not None:
                _verify_replacement(tx, gate, asked.replace)
            _spend(tx, desk, asked.ticket, now)
            upload = _new_upload(desk, lot, asked, manifest, data, secret, now)
            store.insert_upload(tx, upload)
        stored = store.stored_pieces(tx, upload.upload)
    return Begun(upload, secret, missing_pieces(upload, stored), now, found is not None)


def open_piece(desk: Desk, upload_id: str, secret: str, file: str, number: int, digest: str) -> Piece:
    """Check that this piece may come, before its bytes do."""
    sha256 = parse_digest(digest)
    with store.reading(desk.engine) as tx:
        found = store.find_awaited(tx, upload_id, file, number)
        now = desk.clock.now_in(tx)
    verify_secret(None if found is None else found.upload, secret)
    assert found is not None  # noqa: S101 - verify_secret refused it
    length = piece_length(found.upload, file, number)
    if found.stored is not None and found.stored != sha256:
        raise Refusal(
            "changed-on-resume", "other bytes than those stored for this piece", file=file, piece=number
        )
    if found.stored is None:
        verify_receiving(found.upload)
        verify_in_time(found.gate_state, found.deadline_at, now)
    spool = None if found.stored else desk.objects.spool()
    return Piece(found.upload, file, number, sha256, length, spool)


def finish_piece(desk: Desk, piece: Piece) -> Progress:
    """Store a verified piece; the last one stamps `accepted_at`. Idempotent."""
    piece.verify()
    if piece.spool is not None:
        desk.objects.publish(
            piece.spool, piece_key(piece.upload.upload, piece.file, piece.number, piece.sha256)
        )
    # If we crash here an object lies around that no row names; the closing of the lot sweeps it away.
    with store.writing(desk.engine) as tx:
        upload = store.find_upload(tx, piece.upload.upload, lock=True)
        if upload is None or upload.manifest_hash != piece.upload.manifest_hash:
            raise Refusal("not-found")
        if upload.state is UploadState.RECEIVING:
            return _place_piece(tx, desk, upload, piece)
        verify_receiving(upload, settled_is_fine=piece.spool is None)
        return Progress(upload.state, upload.accepted_at, 0, desk.clock.now_in(tx))


def _place_piece(tx: sa.Connection, desk: Desk, upload: Upload, piece: Piece) -> Progress:
    gate = store.share_gate(tx, upload.lot)
    # The clock is read while the gate is held: no stamp before T can appear once the closing has begun.
    now = desk.clock.now_in(tx)
    verify_open(gate, now)
    new = store.insert_piece(tx, upload.upload, piece.file, piece.number, piece.sha256)
    if not new and store.find_piece(tx, upload.upload, piece.file, piece.number) != piece.sha256:
        raise Refusal("changed-on-resume", "another request stored other bytes for this piece")
    missing = upload.pieces - store.count_pieces(tx, upload.upload)
    if missing:
        return Progress(UploadState.RECEIVING, None, missing, now)
    accepted_at = store.from_ms(store.to_ms(now))
    store.change_upload(
        tx, upload.upload, state=UploadState.ACCEPTED.value, accepted_at=store.to_ms(accepted_at)
    )
    return Progress(UploadState.ACCEPTED, accepted_at, 0, now)


def find_upload(tx: sa.Connection, upload_id: str, secret: str) -> Upload:
    """The upload whose secret this is; unknown and forbidden look the same."""
    upload = store.find_upload(tx, upload_id)
    verify_secret(upload, secret)
    assert upload is not None  # noqa: S101 - verify_secret refused it
    return upload


def verify_secret(upload: Upload | None, secret: str) -> None:
    """The secret is the upload's; unknown and forbidden look the same."""
    expected = upload.secret_hash if upload is not None else sha256_hex(b"")
    if not hmac.compare_digest(expected, secret_hash(secret)) or upload is None:
        raise Refusal("not-found")


def verify_open(gate: Gate | None, now: datetime) -> None:
    """The lot takes bids at `now`: strictly before its deadline."""
    if gate is None:
        raise Refusal("not-found")
    verify_in_time(gate.state, gate.deadline_at, now)


def verify_in_time(state: GateState, deadline_at: datetime, now: datetime) -> None:
    """The gate is open and `now` before its deadline."""
    if state is GateState.ENDED:
        raise Refusal("lot-ended", "the tender of this lot was terminated")
    if state is not GateState.OPEN or now >= deadline_at:
        at = iso(deadline_at)
        raise Refusal("late", f"bids were taken until {at}", deadline=at, now=iso(now))


def verify_receiving(upload: Upload, *, settled_is_fine: bool = False) -> None:
    """The upload still takes pieces; a repeated piece may also meet one that is complete."""
    if upload.state is UploadState.REFUSED:
        ended = upload.ended_by or {}
        raise Refusal(str(ended.get("code", "not-found")), str(ended.get("detail", "")))
    if upload.state is not UploadState.RECEIVING and not settled_is_fine:
        raise Refusal("changed-on-resume", "the upload is complete and takes nothing more")


def verify_fits(manifest: Manifest, gate: Gate, asked: BeginUpload) -> None:
    """The manifest is sealed to this lot, round, keyset and revision, and announces the sizes asked for."""
    if (manifest.ctx.tender, manifest.ctx.lot) != (gate.tender, gate.lot):
        raise Refusal("wrong-lot", "the bid was sealed for another lot")
    verify_manifest(manifest, _keyset(gate.keyset), docs_hashes=frozenset(gate.docs), round_number=gate.round)
    if sorted(manifest.parts) != sorted(gate.parts) or sorted(asked.parts) != sorted(gate.parts):
        raise Refusal("wrong-parts", "the lot asks for other parts", expected=sorted(gate.parts))
    if asked.box % STEP:
        raise Refusal("wrong-size", "an identity box is a multiple of 64 KiB", part=BOX)
    for name, facts in manifest.parts.items():
        if facts.size != asked.parts[name]:
            raise Refusal(
                "wrong-size", "the manifest gives this part another size", part=name, expected=facts.size
            )


@lru_cache(maxsize=256)
def _keyset(data: bytes) -> Keyset:
    return parse_keyset(data)


def parse_digest(header: str) -> str:
    """The SHA-256 (hex) of a `Content-Digest` field (RFC 9530)."""
    found = _DIGEST.search(header)
    try:
        if found is None:
            raise ValueError
        return base64.b64decode(found[1], validate=True).hex()
    except (ValueError, binascii.Error):
        raise Malformed("digest-missing", "Content-Digest must hold sha-256=:<base64>:") from None


def piece_length(upload: Upload, file: str, number: int) -> int:
    """Exact bytes of a piece."""
    size = upload.sizes.get(file)
    if size is None or not 0 <= number < count_of(size):
        raise Refusal("no-such-piece", "the upload has no such file or piece", file=file[:40], piece=number)
    return min(PIECE_SIZE, size - number * PIECE_SIZE)


def count_of(size: int) -> int:
    """How many pieces a file of `size` bytes has."""
    return -(-size // PIECE_SIZE)


def missing_pieces(upload: Upload, stored: Mapping[tuple[str, int], str]) -> dict[str, list[int]]:
    """Numbers still missing, by file; complete files are left out."""
    if upload.state is not UploadState.RECEIVING:
        return {}
    gaps = {
        file: [number for number in range(count_of(size)) if (file, number) not in stored]
        for file, size in upload.sizes.items()
    }
    return {file: numbers for file, numbers in gaps.items() if numbers}


def piece_key(upload: str, file: str, number: int, sha256: str) -> str:
    """Where a piece lies. Its digest is in the key, so two requests can never mix their bytes."""
    return f"bids/{upload}/{file}.{number}.{sha256}"


def secret_hash(secret: str) -> str:
    """What is stored of an upload's secret."""
    return sha256_hex(b"kaibiao/upload-secret/v1", secret.encode())


def _resume(tx: sa.Connection, found: Upload, lot: str, manifest: Manifest, secret: str) -> Upload:
    if found.lot != lot or found.manifest_hash != manifest.hash():
        raise Refusal("changed-on-resume", "this bid id was used with another manifest; seal again")
    # Whoever holds the manifest before T is the bidder: nobody else has it, and a thief gains nothing.
    hashed = secret_hash(secret)
    store.change_upload(tx, found.upload, secret_hash=hashed)
    return replace(found, secret_hash=hashed)


def _verify_replacement(tx: sa.Connection, gate: Gate, asked: Replacement) -> None:
    old = store.find_submission(tx, asked.old)
    if old is None or old.lot != gate.lot or old.state is not UploadState.LIVE or old.manifest is None:
        raise Refusal("unknown-submission", "there is no such bid to replace")
    statement = {
        "label": REPLACE,
        "tender": gate.tender,
        "lot": gate.lot,
        "old": asked.old,
        "new": asked.new,
    }
    verify_statement(parse_manifest(old.manifest).receipt_key, statement, asked.sig)


def _spend(tx: sa.Connection, desk: Desk, ticket: str, now: datetime) -> None:
    hashed, month = verify_ticket(desk.keys, ticket, now)
    if not store.spend_ticket(tx, hashed, month):
        raise Refusal("ticket-spent", "this ticket was used for another upload")


def _new_upload(
    desk: Desk, lot: str, asked: BeginUpload, manifest: Manifest, data: bytes, secret: str, now: datetime
) -> Upload:
    sizes = {BOX: asked.box, **asked.parts}
    return Upload(
        upload="u_" + desk.random(16).hex(),
        lot=lot,
        bid=manifest.ctx.bid,
        state=UploadState.RECEIVING,
        secret_hash=secret_hash(secret),
        manifest_hash=manifest.hash(),
        manifest=data,
        sizes=sizes,
        pieces=sum(count_of(size) for size in sizes.values()),
        begun_at=now,
        replaces=asked.replace.old if asked.replace else None,
        replace_new=asked.replace.new if asked.replace else None,
        replace_signature=asked.replace.sig if asked.replace else None,
    )
