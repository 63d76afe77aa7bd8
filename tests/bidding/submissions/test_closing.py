"""Closing at T, on both databases: who came in time is decided whatever dies; nobody else gets in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from lot_world import LotWorld, asked_for, hand_in, lot_world, pieces_of
from submission_world import DEADLINE, HandClock

from bidding.submissions import closing, store, upload, verify
from bidding.submissions.leases import RowLeases
from bidding.submissions.store import GateState, UploadState
from bidding.submissions.tables import batch_items
from ceremony.errors import Refusal
from crypto.authority import DemoAuthority
from opening_hall import domain as d


@pytest.fixture
def lot(tmp_path: Path, authority: DemoAuthority, database_url: str) -> Iterator[LotWorld]:
    with lot_world(tmp_path, authority, url=database_url) as made:
        yield made


def gate_state(lot: LotWorld) -> GateState:
    with store.reading(lot.desk.engine) as tx:
        gate = store.find_gate(tx, lot.lot)
    assert gate is not None
    return gate.state


def test_a_server_killed_between_stamp_and_decision_loses_no_bid(lot: LotWorld) -> None:
    lot.submit(1)
    second = lot.seal(2)
    lot.clock.at = DEADLINE - timedelta(milliseconds=1)
    # The last piece is stamped and acknowledged; the process dies before anything was verified.
    assert hand_in(lot.desk, lot.lot, second, decide=False) is UploadState.ACCEPTED
    lot.restart("another")
    state = lot.close()
    assert set(state.bids) == {lot.bid(1), lot.bid(2)}
    assert state.bids[lot.bid(2)].closed.received_at == DEADLINE - timedelta(milliseconds=1)
    assert gate_state(lot) is GateState.CLOSED


def test_a_server_killed_between_closing_and_closed_goes_on(lot: LotWorld) -> None:
    lot.submit(1)
    hand_in(lot.desk, lot.lot, lot.seal(2), decide=False)
    lot.clock.at = DEADLINE
    assert closing.shut(lot.desk, lot.lot)
    lot.restart("another")
    assert lot.state.phase is d.Phase.SCHEDULED
    assert set(lot.look().bids) == {lot.bid(1), lot.bid(2)}


def test_what_was_not_complete_at_the_deadline_is_forgotten(lot: LotWorld) -> None:
    lot.submit(1)
    lot.submit(2)
    sealed = lot.seal(3)
    begun = upload.begin(lot.desk, lot.lot, asked_for(lot.desk, sealed))
    state = lot.close()
    assert set(state.bids) == {lot.bid(1), lot.bid(2)}
    with store.reading(lot.desk.engine) as tx:
        found = store.find_upload(tx, begun.upload.upload)
    assert found is not None
    assert (found.state, found.manifest, found.ended_by and found.ended_by["code"]) == (
        UploadState.REFUSED,
        None,
        "late",
    )
    assert not [key for key in lot.desk.objects.keys("bids") if begun.upload.upload in key]


def test_every_timely_upload_is_sealed_into_a_batch_before_closed(lot: LotWorld) -> None:
    for number in (1, 2):
        lot.submit(number)
    lot.close()
    with store.reading(lot.desk.engine) as tx:
        waiting = tx.execute(sa.select(batch_items).where(batch_items.c.batch.is_(None))).all()
    assert waiting == []
    closed = next(e for e in lot.desk.log.read(f"hall:{lot.lot}") if e.type == "Closed")
    assert all(e.index < closed.index for e in lot.desk.log.read("batches"))


def test_an_upload_that_cannot_be_read_holds_the_closing_up_and_is_not_lost(
    lot: LotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(lot.desk, lot.lot, lot.seal(1), decide=False)
    lot.submit(2)
    read = lot.desk.objects.read

    def broken(key: str, start: int = 0, length: int | None = None) -> bytes:
        data = read(key, start, length)
        return data[:-1] + bytes([data[-1] ^ 1]) if "/main." in key else data

    monkeypatch.setattr(lot.desk.objects, "read", broken)
    with pytest.raises(Exception, match="stored-piece-damaged"):
        lot.close()
    assert lot.state.phase is d.Phase.CLOSING
    monkeypatch.setattr(lot.desk.objects, "read", read)
    assert set(lot.look().bids) == {lot.bid(1), lot.bid(2)}


class RacingClock(HandClock):
    """Tells the closer's time to the closer and the uploader's to the uploader: the worst case of a race."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.inside = threading.Event()
        self.go_on = threading.Event()
        self.hold_next = False

    def now_in(self, connection: sa.Connection) -> datetime:
        if self.hold_next:
            self.hold_next = False
            self.inside.set()
            assert self.go_on.wait(20)
            return DEADLINE - timedelta(milliseconds=1)
        return self.at


def test_a_stamp_before_t_never_appears_after_the_closing_began(lot: LotWorld) -> None:
    lot.submit(1)
    sealed = lot.seal(2)
    clock = RacingClock(lot.clock.at)
    desk = type(lot.desk)(**{**{n: getattr(lot.desk, n) for n in lot.desk.__slots__}, "clock": clock})
    begun = upload.begin(desk, lot.lot, asked_for(desk, sealed))
    *earlier, last = pieces_of(sealed)
    for file, number, data in earlier:
        send(desk, begun, file, number, data)
    with ThreadPoolExecutor(2) as pool:
        piece = opened(desk, begun, *last)
        clock.hold_next = True
        # The uploader holds the gate, has not read the clock yet ...
        uploading = pool.submit(upload.finish_piece, desk, piece)
        assert clock.inside.wait(20)
        # ... and the closer comes: it must wait for the stamp, or the stamp must not be before T.
        clock.at = DEADLINE
        closed = pool.submit(closing.shut, desk, lot.lot)
        clock.go_on.set()
        assert uploading.result(30).state is UploadState.ACCEPTED
        assert closed.result(30)
    piece.close()
    closing.decide_all(desk, lot.lot)
    assert set(closing.live_bids(desk, lot.lot)) == {lot.bid(1), lot.bid(2)}


def test_two_last_pieces_at_once_stamp_once(lot: LotWorld) -> None:
    sealed = lot.seal(1)
    begun = upload.begin(lot.desk, lot.lot, asked_for(lot.desk, sealed))
    pieces = [opened(lot.desk, begun, *piece) for piece in pieces_of(sealed)]
    with ThreadPoolExecutor(2) as pool:
        states = [done.state for done in pool.map(lambda piece: upload.finish_piece(lot.desk, piece), pieces)]
    assert sorted(states) == [UploadState.ACCEPTED, UploadState.RECEIVING]
    assert verify.decide(lot.desk, begun.upload.upload) is UploadState.LIVE


def test_nobody_gets_in_while_the_lot_is_closing(lot: LotWorld) -> None:
    sealed = lot.seal(1)
    begun = upload.begin(lot.desk, lot.lot, asked_for(lot.desk, sealed))
    lot.clock.at = DEADLINE
    assert closing.shut(lot.desk, lot.lot)
    # Even a clock that went back does not open the gate again.
    lot.clock.at = DEADLINE - timedelta(seconds=1)
    with pytest.raises(Refusal, match="late"):
        for file, number, data in pieces_of(sealed):
            send(lot.desk, begun, file, number, data)


def test_one_process_works_and_another_takes_over(lot: LotWorld) -> None:
    here = RowLeases(lot.desk.engine, lot.clock, holder="elsewhere:1:1")
    there = RowLeases(lot.desk.engine, lot.clock, holder="elsewhere:2:2")
    assert here.hold("hall:l_1")
    assert not there.hold("hall:l_1")
    assert there.hold("hall:l_2")
    lot.clock.at += timedelta(seconds=4)
    assert here.hold("hall:l_1")
    lot.clock.at += timedelta(seconds=4)
    assert not there.hold("hall:l_1")
    lot.clock.at += timedelta(seconds=4)
    assert there.hold("hall:l_1")
    assert not here.hold("hall:l_1")


def test_a_dead_process_on_this_machine_loses_its_lease_at_once(lot: LotWorld) -> None:
    from socket import gethostname

    dead = RowLeases(lot.desk.engine, lot.clock, holder=f"{gethostname()}:4194303:1")
    alive = RowLeases(lot.desk.engine, lot.clock)
    assert dead.hold("hall:l_1")
    assert alive.hold("hall:l_1")


def opened(desk: object, begun: upload.Begun, file: str, number: int, data: bytes) -> upload.Piece:
    import base64
    import hashlib

    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    piece = upload.open_piece(desk, begun.upload.upload, begun.secret, file, number, f"sha-256=:{digest}:")  # type: ignore[arg-type]
    piece.write(data)
    return piece


def send(desk: object, begun: upload.Begun, file: str, number: int, data: bytes) -> None:
    piece = opened(desk, begun, file, number, data)
    try:
        upload.finish_piece(desk, piece)  # type: ignore[arg-type]
    finally:
        piece.close()
