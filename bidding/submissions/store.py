"""Rows of sealed submission as values: functions over a running transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bidding.submissions.tables import gates, pieces, spent_tickets, uploads
from crypto.errors import Unavailable
from crypto.translog.engine import reading as engine_reading
from crypto.translog.engine import writing as engine_writing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Bytes per piece: a multiple of the 1 MiB segments, and at least the 5 MiB that S3 asks of a part.
PIECE_SIZE = 8 << 20


class GateState(StrEnum):
    """Where a lot stands: OPEN takes bids, CLOSING decides the timely ones, CLOSED took its last."""

    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    #: The lot was terminated (终止) before T: its bids stay sealed for ever.
    ENDED = "ended"


class UploadState(StrEnum):
    """ACCEPTED has its time but is not verified yet; LIVE is a bid."""

    RECEIVING = "receiving"
    ACCEPTED = "accepted"
    LIVE = "live"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Gate:
    """What a lot takes until when."""

    lot: str
    tender: str
    round: int
    deadline_at: datetime
    keyset: bytes
    #: Hashes of the revisions of the documents that a bid may be sealed to.
    docs: tuple[str, ...]
    parts: tuple[str, ...]
    state: GateState = GateState.OPEN


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload and the bid it became. `sizes` maps "box" and each part to its bytes."""

    upload: str
    lot: str
    bid: str
    state: UploadState
    secret_hash: str
    manifest_hash: str
    manifest: bytes | None
    sizes: Mapping[str, int]
    pieces: int
    begun_at: datetime
    accepted_at: datetime | None = None
    replaces: str | None = None
    replace_new: str | None = None
    replace_signature: str | None = None
    submission: str | None = None
    box_hash: str | None = None
    receipt: str | None = None
    ended_at: datetime | None = None
    ended_by: Mapping[str, Any] | None = None


def to_ms(at: datetime) -> int:
    """Whole milliseconds since 1970, cut, never rounded up past a deadline."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def from_ms(value: int) -> datetime:
    """The instant of :func:`to_ms`."""
    return _EPOCH + timedelta(milliseconds=value)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes. A database that is away or full is `Unavailable`; nothing is half-written.

    On SQLite it holds the one write lock from its start (see crypto.translog.engine).
    """
    with _reachable(), engine_writing(engine) as tx:
        yield tx


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that only reads. A database that is away is `Unavailable`."""
    with _reachable(), engine_reading(engine) as tx:
        yield tx


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        raise Unavailable("database-unavailable", type(error).__name__) from error


def insert_if_new(tx: sa.Connection, table: sa.Table, **values: object) -> bool:
    """Insert a row unless its key exists; whether it was inserted."""
    insert = postgresql_insert if tx.dialect.name == "postgresql" else sqlite_insert
    adding = insert(table).values(**values).on_conflict_do_nothing().returning(sa.literal(1))
    return tx.execute(adding).first() is not None


def put_gate(tx: sa.Connection, gate: Gate) -> None:
    """Publish or change what a lot takes, in the transaction that publishes or extends it. Idempotent.

    A lot that has begun to close keeps its state and deadline whatever is put here.
    """
    values = {
        "tender": gate.tender,
        "round": gate.round,
        "deadline_at": to_ms(gate.deadline_at),
        "keyset": gate.keyset,
        "docs": list(gate.docs),
        "parts": list(gate.parts),
    }
    if not insert_if_new(tx, gates, lot=gate.lot, state=GateState.OPEN.value, **values):
        still_open = sa.and_(gates.c.lot == gate.lot, gates.c.state == GateState.OPEN.value)
        tx.execute(gates.update().where(still_open).values(**values))


def end_gate(tx: sa.Connection, lot: str) -> None:
    """The lot was terminated before T: it takes nothing more and never opens."""
    still_open = sa.and_(gates.c.lot == lot, gates.c.state == GateState.OPEN.value)
    tx.execute(gates.update().where(still_open).values(state=GateState.ENDED.value))


def find_gate(tx: sa.Connection, lot: str) -> Gate | None:
    """The gate of a lot, unlocked."""
    return _gate(tx.execute(sa.select(gates).where(gates.c.lot == lot)).one_or_none())


def share_gate(tx: sa.Connection, lot: str) -> Gate | None:
    """The gate, held so that it cannot begin to close before this transaction ends.

    PostgreSQL: FOR SHARE, many uploads at once. SQLite: `writing` holds the only write lock already.
    """
    return _gate(
        tx.execute(sa.select(gates).where(gates.c.lot == lot).with_for_update(read=True)).one_or_none()
    )


def hold_gate(tx: sa.Connection, lot: str) -> Gate:
    """The gate, held alone: waits until every transaction that may stamp a bid has ended."""
    gate = _gate(tx.execute(sa.select(gates).where(gates.c.lot == lot).with_for_update()).one())
    assert gate is not None  # noqa: S101 - one() found it
    return gate


def move_gate(tx: sa.Connection, lot: str, state: GateState) -> None:
    """Begin or finish the closing."""
    hold_gate(tx, lot)
    tx.execute(gates.update().where(gates.c.lot == lot).values(state=state.value))


def gates_in(tx: sa.Connection, *states: GateState) -> list[Gate]:
    """The gates in any of these states, by lot."""
    wanted = sa.select(gates).where(gates.c.state.in_([state.value for state in states]))
    return [gate for row in tx.execute(wanted.order_by(gates.c.lot)) if (gate := _gate(row)) is not None]


def spend_ticket(tx: sa.Connection, ticket_hash: str, month: str) -> bool:
    """Mark a ticket as used; False when it was used before."""
    return insert_if_new(tx, spent_tickets, ticket=ticket_hash, month=month)


def find_upload(tx: sa.Connection, upload: str, *, lock: bool = False) -> Upload | None:
    """An upload by its id; `lock` holds the row until the transaction ends."""
    return _one_upload(tx, uploads.c.upload == upload, lock)


def find_bid(tx: sa.Connection, bid: str, *, lock: bool = False) -> Upload | None:
    """The upload of a bid id."""
    return _one_upload(tx, uploads.c.bid == bid, lock)


def find_submission(tx: sa.Connection, submission: str, *, lock: bool = False) -> Upload | None:
    """The upload that became a submission."""
    return _one_upload(tx, uploads.c.submission == submission, lock)


def uploads_in(tx: sa.Connection, lot: str, *states: UploadState) -> list[Upload]:
    """A lot's uploads in any of these states, by bid id."""
    wanted = sa.select(uploads).where(uploads.c.lot == lot, uploads.c.state.in_([s.value for s in states]))
    return [_upload(row) for row in tx.execute(wanted.order_by(uploads.c.bid))]


def accepted_uploads(tx: sa.Connection) -> list[str]:
    """Every stamped upload, of any lot, that still waits for its verification."""
    waiting = uploads.c.state == UploadState.ACCEPTED.value
    return list(
        tx.execute(sa.select(uploads.c.upload).where(waiting).order_by(uploads.c.accepted_at)).scalars()
    )


def insert_upload(tx: sa.Connection, upload: Upload) -> None:
    """A new upload, nothing of it received yet."""
    tx.execute(
        uploads.insert().values(
            upload=upload.upload,
            lot=upload.lot,
            bid=upload.bid,
            state=upload.state.value,
            secret_hash=upload.secret_hash,
            manifest_hash=upload.manifest_hash,
            manifest=upload.manifest,
            sizes=dict(upload.sizes),
            pieces=upload.pieces,
            begun_at=to_ms(upload.begun_at),
            replaces=upload.replaces,
            replace_new=upload.replace_new,
            replace_signature=upload.replace_signature,
        )
    )


def change_upload(tx: sa.Connection, upload: str, **values: object) -> None:
    """Set columns of an upload; the caller holds its row."""
    tx.execute(uploads.update().where(uploads.c.upload == upload).values(**values))


def stored_pieces(tx: sa.Connection, upload: str) -> dict[tuple[str, int], str]:
    """SHA-256 of every piece that is stored, by file and number."""
    rows = tx.execute(sa.select(pieces).where(pieces.c.upload == upload))
    return {(row.file, row.number): row.sha256 for row in rows}


def count_pieces(tx: sa.Connection, upload: str) -> int:
    """How many pieces of an upload are stored."""
    return tx.execute(
        sa.select(sa.func.count()).select_from(pieces).where(pieces.c.upload == upload)
    ).scalar_one()


def find_piece(tx: sa.Connection, upload: str, file: str, number: int) -> str | None:
    """SHA-256 of a stored piece."""
    wanted = sa.and_(pieces.c.upload == upload, pieces.c.file == file, pieces.c.number == number)
    return tx.execute(sa.select(pieces.c.sha256).where(wanted)).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a piece that wants to come is measured by, read at once: `stored` is its digest if it is there."""

    upload: Upload
    gate_state: GateState
    deadline_at: datetime
    stored: str | None


def find_awaited(tx: sa.Connection, upload: str, file: str, number: int) -> Awaited | None:
    """An upload with its gate and one of its pieces, in one question: it is asked for every piece."""
    here = sa.and_(pieces.c.upload == uploads.c.upload, pieces.c.file == file, pieces.c.number == number)
    asked = (
        sa.select(uploads, gates.c.state.label("gate_state"), gates.c.deadline_at, pieces.c.sha256)
        .join(gates, gates.c.lot == uploads.c.lot)
        .outerjoin(pieces, here)
        .where(uploads.c.upload == upload)
    )
    row = tx.execute(asked).one_or_none()
    if row is None:
        return None
    return Awaited(_upload(row), GateState(row.gate_state), from_ms(row.deadline_at), row.sha256)


def insert_piece(tx: sa.Connection, upload: str, file: str, number: int, sha256: str) -> bool:
    """Remember a stored piece; False when it is known already."""
    return insert_if_new(tx, pieces, upload=upload, file=file, number=number, sha256=sha256)


def forget_pieces(tx: sa.Connection, upload: str) -> None:
    """Drop the pieces' rows of an upload that will not become a bid."""
    tx.execute(pieces.delete().where(pieces.c.upload == upload))


def _one_upload(tx: sa.Connection, where: sa.ColumnElement[bool], lock: bool) -> Upload | None:
    wanted = sa.select(uploads).where(where)
    row = tx.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    return None if row is None else _upload(row)


def _gate(row: sa.Row[Any] | None) -> Gate | None:
    if row is None:
        return None
    return Gate(
        lot=row.lot,
        tender=row.tender,
        round=row.round,
        deadline_at=from_ms(row.deadline_at),
        keyset=bytes(row.keyset),
        docs=tuple(row.docs),
        parts=tuple(row.parts),
        state=GateState(row.state),
    )


def _upload(row: sa.Row[Any]) -> Upload:
    return Upload(
        upload=row.upload,
        lot=row.lot,
        bid=row.bid,
        state=UploadState(row.state),
        secret_hash=row.secret_hash,
        manifest_hash=row.manifest_hash,
        manifest=None if row.manifest is None else bytes(row.manifest),
        sizes=row.sizes,
        pieces=row.pieces,
        begun_at=from_ms(row.begun_at),
        accepted_at=None if row.accepted_at is None else from_ms(row.accepted_at),
        replaces=row.replaces,
        replace_new=row.replace_new,
        replace_signature=row.replace_signature,
        submission=row.submission,
        box_hash=row.box_hash,
        receipt=row.receipt,
        ended_at=None if row.ended_at is None else from_ms(row.ended_at),
        ended_by=row.ended_by,
    )
