from __future__ import annotations

from pathlib import Path

import pytest

from crypto.authority import DemoAuthority

from .authorities import DAY, NOW
from .documents import sealed


@pytest.fixture
def ca(tmp_path: Path) -> DemoAuthority:
    return DemoAuthority.create(tmp_path / "ca", at=NOW - 30 * DAY, url="http://ca.test")


class Document(bytes):
    """A document that does not print itself whole when a test fails."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes of PDF>"


@pytest.fixture(scope="session")
def signed_once(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    directory = tmp_path_factory.mktemp("signed")
    return Document(sealed(DemoAuthority.create(directory / "ca", at=NOW - 30 * DAY), {}, ("host",)))
