"""投标保证金: payer, form and amount are confidential until the opening (local practice)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lot_world import LotWorld, credit_code, lot_world
from sealed_world import IDENTITY_INPUT
from server_dump import containing
from submission_world import START

from crypto.authority import DemoAuthority
from opening_hall.view import ANYONE, OFFICIAL, view

DEPOSIT = {"form": "电子保函", "amount": "812345.67", "letter": "BH-2026-000917"}


@pytest.fixture
def lot(tmp_path: Path) -> Iterator[LotWorld]:
    authority = DemoAuthority.create(tmp_path / "ca", at=START - timedelta(days=400))
    (tmp_path / "lot").mkdir()
    with lot_world(tmp_path / "lot", authority) as made:
        yield made


def test_a_deposit_is_sealed_until_the_identities_are_opened(lot: LotWorld) -> None:
    for number in (1, 2):
        organisation = {"name": f"投标单位{number}", "creditCode": credit_code(number)}
        identity = replace(IDENTITY_INPUT, organisation=organisation, deposit=DEPOSIT)
        lot.submit(number, lot.seal(number, identity=identity))
    state = lot.close()
    assert containing(lot.folder, list(DEPOSIT.values())) == []
    assert "812345.67" not in str(view(state, OFFICIAL))
    state = lot.identify()
    assert state.bids[lot.bid(1)].identity is not None
    assert view(state, OFFICIAL)["bids"][lot.bid(1)]["deposit"] == DEPOSIT
    assert "812345.67" not in str(view(state, ANYONE))
