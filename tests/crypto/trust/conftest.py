from __future__ import annotations

from pathlib import Path

import pytest

from crypto.authority import DemoAuthority

from .authorities import DAY, NOW


@pytest.fixture
def ca(tmp_path: Path) -> DemoAuthority:
    return DemoAuthority.create(tmp_path / "ca", at=NOW - 30 * DAY, url="http://ca.test")
