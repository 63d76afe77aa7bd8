"""Deciding an accepted upload: everything is recomputed from what was stored, then it is a bid or it is not.

Idempotent and restartable: the decision is one transaction on the upload's row, and several processes may
try it at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog

from bidding.submissions import store
from bidding.submissions.batches import add_item
from bidding.submissions.desk import Desk
from bidding.submissions.receipts import make_receipt
from bidding.submissions.store import Upload, UploadState
from bidding.submissions.upload import BOX, count_of, piece_key
from crypto.canonical import sha256_hex
from crypto.envelope import Manifest, RootHasher, parse_manifest, submission_hash
from crypto.errors import Invalid, Unavailable

log = structlog.get_logger()

#: Read and hashed at a time, in bytes: one segment.
SLICE = 1 << 20
#: What a file that nobody encrypted begins with; the ciphertext's own header begins with its length.
_PLAIN = {
    b"%PDF": "PDF",
    b"PK\x03\x04": "ZIP",
    b"\xd0\xcf\x11\xe0": "Office",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
}


@dataclass(frozen=True, slots=True)
class Verified:
    """What the stored bytes are."""

    submission: str
    box_hash: str


def decide(desk: Desk, upload_id: str) -> UploadState:
    """Decide one upload and return its state afterwards. Raises `Unavailable` while it cannot be read."""
    with store.reading(desk.engine) as tx:
        upload = store.find_upload(tx, upload_id)
        if upload is None or upload.state is not UploadState.ACCEPTED:
            return upload.state if upload is not None else UploadState.REFUSED
        stored = store.stored_pieces(tx, upload_id)
    try:
        verified = _verify(desk, upload, stored)
    except Invalid as error:
        return _refuse(desk, upload, error)
    return _admit(desk, upload, verified)


def refuse_unfinished(desk: Desk, lot: str) -> int:
    """After the closing began: uploads whose last byte did not come in time are refused and forgotten."""
    with store.reading(desk.engine) as tx:
        unfinished = store.uploads_in(tx, lot, UploadState.RECEIVING)
    for upload in unfinished:
        _refuse(desk, upload, Invalid("late", "the last byte had not arrived at the deadline"))
    return len(unfinished)


def sweep(desk: Desk, lot: str) -> None:
    """After the closing: delete once more what ended uploads left, where the store was away at the time."""
    with store.reading(desk.engine) as tx:
        ended = store.uploads_in(tx, lot, UploadState.REFUSED, UploadState.WITHDRAWN, UploadState.REPLACED)
    for upload in ended:
        forget_bytes(desk, upload.upload)


def forget_bytes(desk: Desk, upload: str) -> None:
    """Delete what was stored of an upload that is no bid (any more)."""
    try:
        desk.objects.remove(f"bids/{upload}")
    except Unavailable:
        # The row already says it is no bid; the bytes, which nobody can open, go with the next sweep.
        log.warning("could not delete refused bytes yet", upload=upload)


def _verify(desk: Desk, upload: Upload, stored: dict[tuple[str, int], str]) -> Verified:
    if upload.manifest is None:
        raise Invalid("bad-manifest", "the manifest is gone")
    manifest = parse_manifest(upload.manifest)
    box_digest = hashlib.sha256()
    for data in _slices(desk, upload, stored, BOX):
        box_digest.update(data)
    roots = {name: _root(desk, upload, stored, manifest, name) for name in manifest.parts}
    submission = submission_hash(manifest.hash(), box_digest.hexdigest(), roots)
    if upload.replace_new is not None and upload.replace_new != submission:
        raise Invalid("replace-mismatch", "the replacement was signed for another submission")
    return Verified(submission, box_digest.hexdigest())


def _root(
    desk: Desk, upload: Upload, stored: dict[tuple[str, int], str], manifest: Manifest, part: str
) -> str:
    hasher = RootHasher()
    for number, data in enumerate(_slices(desk, upload, stored, part)):
        if number == 0:
            _verify_encrypted(data, part)
        hasher.update(data)
    root = hasher.root().hex()
    if root != manifest.parts[part].root:
        _verify_storage(desk, upload, stored, part)
        raise Invalid("root-mismatch", "the ciphertext is not the one the manifest describes", part=part)
    return root


def _verify_encrypted(head: bytes, part: str) -> None:
    for magic, kind in _PLAIN.items():
        if head.startswith(magic):
            raise Invalid("not-encrypted", f"the file is a plain {kind} file", part=part)


def _verify_storage(desk: Desk, upload: Upload, stored: dict[tuple[str, int], str], file: str) -> None:
    """Before blaming the bidder: the store still holds what was acknowledged. Raises `Unavailable`."""
    for number in range(count_of(upload.sizes[file])):
        digest = hashlib.sha256()
        for data in _piece_slices(desk, upload, stored, file, number):
            digest.update(data)
        if digest.hexdigest() != stored[file, number]:
            raise Unavailable("stored-piece-damaged", f"{upload.upload} {file}.{number}")


def _slices(desk: Desk, upload: Upload, stored: dict[tuple[str, int], str], file: str) -> Iterator[bytes]:
    for number in range(count_of(upload.sizes[file])):
        yield from _piece_slices(desk, upload, stored, file, number)


def _piece_slices(
    desk: Desk, upload: Upload, stored: dict[tuple[str, int], str], file: str, number: int
) -> Iterator[bytes]:
    key = piece_key(upload.upload, file, number, stored[file, number])
    left = min(store.PIECE_SIZE, upload.sizes[file] - number * store.PIECE_SIZE)
    start = 0
    while start < left:
        try:
            data = desk.objects.read(key, start, min(SLICE, left - start))
        except Invalid as error:
            raise Unavailable("stored-piece-missing", key) from error
        if not data:
            raise Unavailable("stored-piece-damaged", key)
        start += len(data)
        yield data


def _admit(desk: Desk, upload: Upload, verified: Verified) -> UploadState:
    with store.writing(desk.engine) as tx:
        current = store.find_upload(tx, upload.upload, lock=True)
        if current is None or current.state is not UploadState.ACCEPTED or current.accepted_at is None:
            return current.state if current is not None else UploadState.REFUSED
        gate = store.find_gate(tx, current.lot)
        assert gate is not None  # noqa: S101 - the upload's foreign key
        receipt = make_receipt(desk.keys, gate, current.bid, verified.submission, current.accepted_at)
        store.change_upload(
            tx,
            current.upload,
            state=UploadState.LIVE.value,
            submission=verified.submission,
            box_hash=verified.box_hash,
            receipt=receipt,
        )
        add_item(tx, desk, current.lot, "submission", verified.submission)
        replaced = _replace(tx, desk, current, verified.submission)
    if replaced is not None:
        forget_bytes(desk, replaced)
    return UploadState.LIVE


def _replace(tx: sa.Connection, desk: Desk, new: Upload, submission: str) -> str | None:
    """The old bid ends in the transaction in which the new one becomes one."""
    if new.replaces is None:
        return None
    old = store.find_submission(tx, new.replaces, lock=True)
    if old is None or old.state is not UploadState.LIVE:
        # Withdrawn meanwhile, or replaced by another upload: either way it is no bid any more.
        return None
    statement = {"old": new.replaces, "new": submission, "signature": new.replace_signature}
    end_bid(tx, old, UploadState.REPLACED, new.accepted_at or desk.clock.now_in(tx), statement)
    add_item(
        tx, desk, old.lot, "replacement", sha256_hex(bytes.fromhex(new.replaces), bytes.fromhex(submission))
    )
    return old.upload


def end_bid(
    tx: sa.Connection, old: Upload, state: UploadState, at: datetime, statement: dict[str, str | None]
) -> None:
    """A live bid ends by its receipt key; the manifest stays, for it proves whose key that was."""
    store.change_upload(tx, old.upload, state=state.value, ended_at=store.to_ms(at), ended_by=statement)


def _refuse(desk: Desk, upload: Upload, error: Invalid) -> UploadState:
    with store.writing(desk.engine) as tx:
        current = store.find_upload(tx, upload.upload, lock=True)
        if current is None or current.state not in (UploadState.ACCEPTED, UploadState.RECEIVING):
            return current.state if current is not None else UploadState.REFUSED
        store.change_upload(
            tx,
            current.upload,
            state=UploadState.REFUSED.value,
            manifest=None,
            ended_at=store.to_ms(desk.clock.now_in(tx)),
            ended_by={"code": error.code, "detail": error.detail},
        )
        store.forget_pieces(tx, current.upload)
    forget_bytes(desk, upload.upload)
    return UploadState.REFUSED
