"""One demonstration authority for all tests of the desk; a fresh desk for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from submission_world import START, DeskWorld, open_desk

from crypto.authority import DemoAuthority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> DemoAuthority:
    return DemoAuthority.create(tmp_path_factory.mktemp("authority") / "ca", at=START)


@pytest.fixture
def world(tmp_path: Path, authority: DemoAuthority) -> Iterator[DeskWorld]:
    with open_desk(tmp_path, authority) as opened:
        yield opened
