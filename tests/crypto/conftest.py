"""Fixtures for the crypto tests; the makers are in tests/sealed_world.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sealed_world import World, make_world, seal_in

from crypto.envelope import Sealed

Seal = Callable[..., Sealed]


@pytest.fixture(scope="session")
def world() -> World:
    """One lot, three officers, two of whom open together."""
    return make_world()


@pytest.fixture
def seal(world: World, tmp_path: Path) -> Seal:
    """Seal a bid of ``world`` into ``tmp_path / folder``."""

    def run(*parts: Any, folder: str = "bid", **options: Any) -> Sealed:
        return seal_in(world, tmp_path / folder, list(parts) or None, **options)

    return run
