"""Closing a lot at T: no stamp before T can appear any more, every timely upload is decided, then Closed.

Each step is durable and idempotent; a process that dies between two of them leaves a state from which any
other continues. How long it takes is no limit: a bid that arrived in time is never lost to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bidding.submissions import store
from bidding.submissions.batches import seal_lot
from bidding.submissions.desk import Desk
from bidding.submissions.store import GateState, Upload, UploadState
from bidding.submissions.tables import statements
from bidding.submissions.verify import decide, refuse_unfinished
from crypto.envelope import parse_manifest


@dataclass(frozen=True, slots=True)
class LiveBid:
    """A live submission as `Closed` names it."""

    bid: str
    submission: str
    received_at: datetime
    manifest_hash: str
    box_hash: str
    #: Part name to bytes and root (hex).
    parts: dict[str, tuple[int, str]]
    checked_in_at: datetime | None


def shut(desk: Desk, lot: str) -> bool:
    """At or after T: let nobody in any more. False while the deadline has not passed (or was moved).

    Taking the gate alone waits for every transaction that may be stamping a bid just now; whoever comes
    later finds it CLOSING.
    """
    with store.writing(desk.engine) as tx:
        gate = store.find_gate(tx, lot)
        if gate is None or gate.state is GateState.ENDED:
            return False
        if gate.state is not GateState.OPEN:
            return True
        store.move_gate(tx, lot, GateState.CLOSING)
        # Read again under the lock: an extension may have come first.
        gate = store.find_gate(tx, lot)
        assert gate is not None  # noqa: S101 - locked above
        if desk.clock.now_in(tx) < gate.deadline_at:
            tx.rollback()
            return False
    return True


def decide_all(desk: Desk, lot: str) -> None:
    """Decide every upload that was stamped before T and forget those that were not complete."""
    with store.reading(desk.engine) as tx:
        waiting = store.uploads_in(tx, lot, UploadState.ACCEPTED)
    for upload in waiting:
        decide(desk, upload.upload)
    refuse_unfinished(desk, lot)


def last_batch(desk: Desk, lot: str) -> None:
    """Seal what the lot still has waiting, so that the log holds it before Closed."""
    seal_lot(desk, lot)


def live_bids(desk: Desk, lot: str) -> list[LiveBid]:
    """All live submissions of a lot, by bid id. Only the closing asks for them; before T nothing does."""
    with store.reading(desk.engine) as tx:
        uploads = store.uploads_in(tx, lot, UploadState.LIVE)
        seen = _check_ins(tx, lot)
    return [_live(upload, seen.get(upload.bid)) for upload in uploads]


def finish(tx: sa.Connection, lot: str) -> None:
    """In the transaction that appends Closed: the lot took its last bid, its batches may be opened."""
    store.move_gate(tx, lot, GateState.CLOSED)


def _live(upload: Upload, checked_in_at: datetime | None) -> LiveBid:
    assert upload.manifest and upload.submission and upload.box_hash and upload.accepted_at  # noqa: S101
    manifest = parse_manifest(upload.manifest)
    return LiveBid(
        bid=upload.bid,
        submission=upload.submission,
        received_at=upload.accepted_at,
        manifest_hash=upload.manifest_hash,
        box_hash=upload.box_hash,
        parts={name: (facts.size, facts.root) for name, facts in manifest.parts.items()},
        checked_in_at=checked_in_at,
    )


def _check_ins(tx: sa.Connection, lot: str) -> dict[str, datetime]:
    """First sign-in under each receipt key, by bid."""
    wanted = sa.and_(statements.c.lot == lot, statements.c.type == "checkin")
    first = sa.select(statements.c.bid, sa.func.min(statements.c.received_at).label("at")).where(wanted)
    return {row.bid: store.from_ms(row.at) for row in tx.execute(first.group_by(statements.c.bid))}
