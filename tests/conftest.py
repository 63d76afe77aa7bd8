"""Fixtures that all tests share: real servers, started once per test process and only when asked for."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from servers import Valkey, database, postgres, valkey
from strict_answers import strict_answers

from crypto.translog.engine import open_engine

__all__ = ["strict_answers"]

settings.register_profile(
    "kaibiao",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("kaibiao")

_numbers = itertools.count()


#: Whoever uses one of these talks to a real server and carries the mark `servers`.
SERVERS = {"postgres_server", "postgres_url", "redis_url", "mortal_valkey"}


#: The longest tests begin first: begun last, they would be waited for alone. Browser tests come after all
#: others of a process: Playwright keeps an event loop running that `asyncio.run` cannot do with.
FIRST, LAST = (
    ("stories/test_rehearsals", "stories"),
    ("web/guide", "web/story", "web/acts", "web/hall", "web"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if SERVERS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.servers)
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    path = item.path.relative_to(Path(__file__).parent).as_posix()
    for n, folder in enumerate((*FIRST, "", *LAST)):
        if folder and path.startswith(folder):
            return n
    return len(FIRST)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Address of a private PostgreSQL, without a database name."""
    with postgres() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Address of a fresh, empty PostgreSQL database."""
    with database(postgres_server, f"test_{os.getpid()}_{next(_numbers)}") as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Address of a private Valkey that stays up."""
    with valkey() as server:
        yield server.url


@pytest.fixture
def mortal_valkey() -> Iterator[Valkey]:
    """A Valkey of one's own, to be killed and started again."""
    with valkey() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database on each of the two kinds we run on: one contract, two runs."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """An engine on `database_url`, without tables."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()
