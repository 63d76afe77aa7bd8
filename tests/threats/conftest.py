"""One lot with really sealed bids for the threats that need one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from lot_world import LotWorld, lot_world
from submission_world import START

from crypto.authority import DemoAuthority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> DemoAuthority:
    return DemoAuthority.create(tmp_path_factory.mktemp("authority") / "ca", at=START - timedelta(days=400))


@pytest.fixture
def lot(tmp_path: Path, authority: DemoAuthority) -> Iterator[LotWorld]:
    with lot_world(tmp_path, authority) as made:
        yield made
