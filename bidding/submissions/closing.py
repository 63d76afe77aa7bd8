"""Closing a lot at T: no stamp before T can appear any more, every timely upload is decided, then Closed.

Each step is durable and idempotent; a process that dies between two of them leaves a state from which any
other continues. How long it takes is no limit: a bid that arrived in time is never lost to it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from bidding.submissions import store
from bidding.submissions.batches import seal_lot
from bidding.submissions.desk import Desk
from bidding.submissions.heartbeats import gaps
from bidding.submissions.store import GateState, Upload, UploadState
from bidding.submissions.tables import gates, statements
from bidding.submissions.verify import decide, refuse_unfinished, sweep
from crypto.envelope import parse_manifest
from opening_hall.facts import ClosedBid, PartSize
from opening_hall.seats import BidId, LotId


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
        # The gate is held alone from here on; an extension may have come before.
        gate = store.hold_gate(tx, lot)
        if desk.clock.now_in(tx) < gate.deadline_at:
            return False
        store.move_gate(tx, lot, GateState.CLOSING)
    return True


def decide_all(desk: Desk, lot: str) -> None:
    """Decide every upload that was stamped before T and forget those that were not complete."""
    with store.reading(desk.engine) as tx:
        waiting = store.uploads_in(tx, lot, UploadState.ACCEPTED)
    for upload in waiting:
        decide(desk, upload.upload)
    refuse_unfinished(desk, lot)
    sweep(desk, lot)


class LotClosing:
    """`opening_hall.worker.Closing` over the desk."""

    def __init__(self, desk: Desk, moved: Callable[[LotId], object] = lambda lot: None) -> None:
        """`moved` is told of a lot whose hall believes in an earlier deadline than the notice says."""
        self._desk = desk
        self._moved = moved

    def due(self, now: datetime) -> list[LotId]:
        """Lots past their deadline whose hall is not finished."""
        late = sa.and_(gates.c.state == GateState.OPEN.value, gates.c.deadline_at <= store.to_ms(now))
        closing = gates.c.state.in_([GateState.CLOSING.value, GateState.CLOSED.value])
        wanted = sa.select(gates.c.lot).where(gates.c.finished.is_(False), sa.or_(late, closing))
        with store.reading(self._desk.engine) as tx:
            return [LotId(lot) for lot in tx.execute(wanted.order_by(gates.c.lot)).scalars()]

    def next_deadline(self) -> datetime | None:
        """The earliest deadline of a lot that still takes bids."""
        wanted = sa.select(sa.func.min(gates.c.deadline_at)).where(gates.c.state == GateState.OPEN.value)
        with store.reading(self._desk.engine) as tx:
            at = tx.execute(wanted).scalar_one()
        return None if at is None else store.from_ms(at)

    def shut(self, lot: LotId) -> bool:
        if shut(self._desk, lot):
            return True
        # A crash came between the change notice and the hall's hearing of it.
        self._moved(lot)
        return False

    def settle(self, lot: LotId) -> None:
        decide_all(self._desk, lot)
        seal_lot(self._desk, lot)

    def live(self, lot: LotId) -> dict[BidId, ClosedBid]:
        return live_bids(self._desk, lot)

    def close(self, tx: sa.Connection, lot: LotId) -> None:
        """In the transaction that appends Closed: its batches may be opened from now on."""
        store.move_gate(tx, lot, GateState.CLOSED)

    def finish(self, lot: LotId) -> None:
        with store.writing(self._desk.engine) as tx:
            tx.execute(gates.update().where(gates.c.lot == lot).values(finished=True))

    def docs(self, lot: LotId) -> frozenset[str]:
        """The revisions of the documents that counted at the deadline."""
        with store.reading(self._desk.engine) as tx:
            gate = store.find_gate(tx, lot)
        return frozenset(gate.docs if gate else ())

    def reachable(self, since: datetime, until: datetime) -> bool:
        return not gaps(self._desk, since, until)


def live_bids(desk: Desk, lot: str) -> dict[BidId, ClosedBid]:
    """All live submissions of a lot, by bid id. Only the closing asks for them; before T nothing does."""
    with store.reading(desk.engine) as tx:
        uploads = store.uploads_in(tx, lot, UploadState.LIVE)
        seen = _check_ins(tx, lot)
    return {BidId(upload.bid): _live(upload, seen.get(upload.bid)) for upload in uploads}


def _live(upload: Upload, checked_in_at: datetime | None) -> ClosedBid:
    assert upload.manifest and upload.submission and upload.box_hash and upload.accepted_at  # noqa: S101
    manifest = parse_manifest(upload.manifest)
    return ClosedBid(
        submission=upload.submission,
        received_at=upload.accepted_at,
        manifest_hash=upload.manifest_hash,
        box_hash=upload.box_hash,
        parts={name: PartSize(facts.size, facts.root) for name, facts in manifest.parts.items()},
        checked_in_at=checked_in_at,
    )


def _check_ins(tx: sa.Connection, lot: str) -> dict[str, datetime]:
    """First sign-in under each receipt key, by bid."""
    wanted = sa.and_(statements.c.lot == lot, statements.c.type == "checkin")
    first = sa.select(statements.c.bid, sa.func.min(statements.c.received_at).label("at")).where(wanted)
    return {row.bid: store.from_ms(row.at) for row in tx.execute(first.group_by(statements.c.bid))}
