"""The hall's worker dies at every command it sends, before and after the commit; the lot ends the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lot_world import HOST, LotWorld, lot_world
from submission_world import START

from crypto.authority import DemoAuthority
from crypto.signing import sign_digest
from opening_hall import domain as d
from opening_hall import vault as kinds


class Killed(Exception):
    """The process is gone."""


class Mortal:
    """Sends the worker's commands and dies at one of them: `before` it is committed, or right `after`."""

    def __init__(self, lot: LotWorld, at: int, flavour: str) -> None:
        self.lot = lot
        self.at = at
        self.flavour = flavour
        self.sent = 0

    def handle(self, stream: str, seat: str, command: Any, **options: Any) -> Any:
        self.sent += 1
        if self.sent == self.at and self.flavour == "before":
            raise Killed(type(command).__name__)
        outcome = self.lot.halls.handle(stream, seat, command, **options)
        if self.sent == self.at and self.flavour == "after":
            raise Killed(type(command).__name__)
        return outcome

    def state(self, stream: str) -> Any:
        return self.lot.halls.state(stream)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> DemoAuthority:
    return DemoAuthority.create(tmp_path_factory.mktemp("authority") / "ca", at=START - timedelta(days=1))


def run_through(lot: LotWorld, kill_at: int, flavour: str) -> tuple[int, list[str]]:
    """Take a lot to its sealed record with one death on the way: (commands sent, what died)."""
    mortal = Mortal(lot, kill_at, flavour)
    deaths: list[str] = []
    lives = 1

    def worker_looks() -> d.State:
        nonlocal lives
        while True:
            object.__setattr__(lot.worker._parts, "halls", mortal)
            try:
                lot.worker.look(lot.lot)
            except Killed as killed:
                deaths.append(str(killed))
                lives += 1
                lot.restart(f"life {lives}")
                lot.clock.at += timedelta(seconds=7)  # the dead process's lease runs out
                continue
            return lot.state

    lot.look = worker_looks  # type: ignore[method-assign]
    lot.close()
    lot.identify()
    lot.open((1, 2, 3))
    lot.pass_time(61)
    lot.pass_time(61)
    state = lot.pass_time(601)
    cms = sign_digest(bytes.fromhex(state.record.digest), lot.host_signer, pades=True)
    place = (state.record.digest, f"{kinds.SEAL}0", str(HOST), cms)
    lot.do(HOST, d.SealRecord(state.record.digest, "51" * 32), [place])
    worker_looks()
    return mortal.sent, deaths


def sealed_lot(folder: Path, authority: DemoAuthority) -> Iterator[LotWorld]:
    folder.mkdir()
    with lot_world(folder, authority) as lot:
        for number in (1, 2, 3):
            lot.submit(number)
        yield lot


@pytest.mark.parametrize("flavour", ["before", "after"])
def test_a_worker_killed_at_any_command_changes_nothing(
    tmp_path: Path, authority: DemoAuthority, flavour: str
) -> None:
    commands = 99
    kill_at = 0
    died: list[str] = []
    while kill_at <= commands:
        for lot in sealed_lot(tmp_path / f"{flavour}{kill_at}", authority):
            sent, deaths = run_through(lot, kill_at, flavour)
            if kill_at == 0:
                commands = sent
            died += deaths
            state = lot.state
            assert state.phase is d.Phase.RECORDED, deaths
            forms = {bid.id: bid.openings["main"].form["price"] for bid in state.bids.values()}
            assert forms == {lot.bid(n): f"900000{n}.00" for n in (1, 2, 3)}
            assert lot.vault.record(lot.lot, 1) == lot.vault.revision(lot.lot, state.record.sha256)
            types = [event.type for event in lot.desk.log.read(f"hall:{lot.lot}")]
            once = {
                "ClosingStarted",
                "Closed",
                "IdentitiesVerified",
                "ListAnnounced",
                "BidsOpened",
                "HallClosed",
            }
            assert {name: types.count(name) for name in once} == dict.fromkeys(once, 1)
        kill_at += 1
    assert {"Tick", "Close", "ReportIdentities", "ReportOpenings", "ReportRendered", "ReportSealed"} <= set(
        died
    )
