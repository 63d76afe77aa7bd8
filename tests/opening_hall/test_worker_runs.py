"""Workers as threads: woken by the bus, by the clock, and taking over from each other on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from lot_world import LotWorld, lot_world
from submission_world import DEADLINE, START

from crypto.authority import DemoAuthority
from opening_hall import domain as d
from opening_hall.worker import HallWorker


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> DemoAuthority:
    return DemoAuthority.create(tmp_path_factory.mktemp("authority") / "ca", at=START - timedelta(days=1))


@contextmanager
def running(worker: HallWorker) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def until(lot: LotWorld, reached: Callable[[d.State], bool], heard: threading.Condition) -> d.State:
    """The state once it is reached; woken by every append, no polling by time."""
    with heard:
        assert heard.wait_for(lambda: reached(lot.state), 60), lot.state.phase
    return lot.state


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> threading.Condition:
    return threading.Condition()


def connect(lot: LotWorld, heard: threading.Condition, *workers: HallWorker) -> None:
    """The bus: every commit wakes the workers and the test."""

    def wake(stream: str, version: int) -> None:
        for worker in workers:
            worker.hear(stream, version)
        with heard:
            heard.notify_all()

    lot.desk.log._writer._wake = wake


def test_a_running_worker_closes_opens_and_ticks(
    tmp_path: Path, authority: DemoAuthority, heard: threading.Condition
) -> None:
    with lot_world(tmp_path, authority) as lot:
        for number in (1, 2):
            lot.submit(number)
        connect(lot, heard, lot.worker)
        lot.clock.at = DEADLINE
        with running(lot.worker):
            until(lot, lambda state: state.phase is d.Phase.IDENTIFYING, heard)
            for officer in (1, 2):
                lot.release_identity(officer)
            until(lot, lambda state: state.phase is d.Phase.DECRYPTING, heard)


def test_another_process_on_the_same_database_goes_on(
    tmp_path: Path, authority: DemoAuthority, heard: threading.Condition, postgres_url: str
) -> None:
    with lot_world(tmp_path, authority, url=postgres_url) as lot:
        for number in (1, 2):
            lot.submit(number)
        lot.restart("elsewhere:1:1")
        first = lot.worker
        lot.restart("elsewhere:2:2")
        second = lot.worker
        connect(lot, heard, first, second)
        lot.clock.at = DEADLINE
        with running(first):
            until(lot, lambda state: state.phase is d.Phase.IDENTIFYING, heard)
        # The first one is gone without a word; its lease runs out.
        lot.clock.at += timedelta(seconds=7)
        with running(second):
            for officer in (1, 2):
                lot.release_identity(officer)
            until(lot, lambda state: state.phase is d.Phase.DECRYPTING, heard)
        types = [event.type for event in lot.desk.log.read(f"hall:{lot.lot}")]
        assert types.count("Closed") == types.count("ListAnnounced") == 1


def test_only_the_holder_of_the_lease_works(
    tmp_path: Path, authority: DemoAuthority, postgres_url: str
) -> None:
    with lot_world(tmp_path, authority, url=postgres_url) as lot:
        for number in (1, 2):
            lot.submit(number)
        lot.restart("elsewhere:1:1")
        first = lot.worker
        assert first.look(lot.lot) is not None
        lot.restart("elsewhere:2:2")
        lot.clock.at = DEADLINE
        first._parts.leases.hold(f"hall:{lot.lot}")
        assert lot.worker.look(lot.lot) == lot.clock.at + timedelta(seconds=6)
        assert lot.state.phase is d.Phase.SCHEDULED
        first.look(lot.lot)
        assert lot.state.phase is d.Phase.IDENTIFYING
