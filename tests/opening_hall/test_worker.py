"""The platform's part of a hall with real sealed bids: from the deadline to the sealed record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lot_world import LotWorld, lot_world
from submission_world import START

from crypto.authority import DemoAuthority
from opening_hall import domain as d


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> DemoAuthority:
    return DemoAuthority.create(tmp_path_factory.mktemp("authority") / "ca", at=START)


@pytest.fixture
def lot(tmp_path: Path, authority: DemoAuthority) -> Iterator[LotWorld]:
    with lot_world(tmp_path, authority) as made:
        yield made


def test_a_lot_opens_from_the_deadline_to_the_reading(lot: LotWorld) -> None:
    for number in (1, 2, 3):
        lot.submit(number)
    state = lot.close()
    assert state.phase is d.Phase.IDENTIFYING
    assert len(state.bids) == 3
    state = lot.identify()
    assert state.phase is d.Phase.DECRYPTING, [b.identity for b in state.bids.values()]
    state = lot.open((1, 2, 3))
    assert state.phase is d.Phase.CONFIRMING, state.phase
    read = {number: state.bids[lot.bid(number)].openings["main"].form["price"] for number in (1, 2, 3)}
    assert read == {1: "9000001.00", 2: "9000002.00", 3: "9000003.00"}
