"""Whatever breaks under the log: what was acknowledged is there, nothing is there twice or by halves."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from faulty import Fault, break_commit, break_statements
from servers import database
from toy_hall import KEY, ORIGIN, open_log, system_clock

from crypto.errors import Unavailable
from crypto.translog.engine import open_engine, reading
from crypto.translog.store import Log, NewEvent

ROOT = Path(__file__).parents[2]
THREADS, COUNT = 6, 20

side = sa.Table("side", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))


@pytest.fixture
def log(engine: sa.Engine, tmp_path: Path) -> Iterator[Log]:
    log = open_log(engine, anchor=tmp_path / "anchor")
    side.create(engine)
    log.append("hall:a", None, [event("first")])
    yield log
    log.close()


def event(name: str) -> NewEvent:
    return NewEvent("Happened", "host:", {"id": name})


def held_group(log: Log, names: list[str]) -> tuple[threading.Event, list]:
    """Appends that share one transaction: a slow one holds up the writer until the event is set."""
    inside, go = threading.Event(), threading.Event()

    def slow(_connection: sa.Connection) -> None:
        inside.set()
        go.wait(30)

    log.submit("hall:slow", None, [event("slow")], within=slow)
    inside.wait(30)
    return go, [log.submit("hall:a", None, [event(name)], command_id=name) for name in names]


@pytest.mark.parametrize("fault", Fault)
def test_a_commit_that_fails(log: Log, engine: sa.Engine, fault: Fault) -> None:
    names = [f"c{n}" for n in range(10)]
    log.append("hall:a", None, [event("c0")], command_id="c0")
    go, futures = held_group(log, names)
    # The slow one commits; the group behind it breaks.
    log_was = log.size()
    with break_commit(engine, fault, good=1) as done:
        go.set()
        failed = [future.exception(30) for future in futures]
    assert done == [fault] and all(isinstance(error, Unavailable) for error in failed)
    assert log.size() == log_was + 1 + (9 if fault is Fault.PERSISTED else 0)
    versions = [log.append("hall:a", None, [event(name)], command_id=name)[0].version for name in names]
    assert versions == list(range(2, 12)), "asked again, each has happened exactly once"
    assert log.audit() == 12
    again = open_log(engine)
    assert again.append("hall:a", 11, [event("after")])[0].index == 12
    again.close()


@pytest.mark.parametrize("statement", ["INSERT INTO log_entry", "INSERT INTO log_tile", "UPDATE log_head"])
def test_a_full_disk_leaves_nothing_half_written(log: Log, engine: sa.Engine, statement: str) -> None:
    with break_statements(engine, statement) as tried, pytest.raises(Unavailable) as caught:
        log.append("hall:a", None, [event("x")], within=lambda tx: tx.execute(side.insert(), {"id": 1}))
    assert tried and caught.value.code == "log-unavailable" and caught.value.retry_after > 0
    with reading(engine) as connection:
        assert connection.execute(sa.select(side.c.id)).all() == []
    assert log.audit() == 1
    assert log.append("hall:a", 1, [event("y")])[0].version == 2, "writing goes on when there is room again"


def test_a_full_disk_fails_a_whole_group(log: Log, engine: sa.Engine) -> None:
    with break_statements(engine, "INSERT INTO log_entry"):
        go, futures = held_group(log, [f"c{n}" for n in range(20)])
        go.set()
        assert all(isinstance(future.exception(30), Unavailable) for future in futures)
    assert log.append("hall:a", 1, [event("y")])[0].version == 2
    assert log.audit() == log.size()


def test_a_disk_that_fills_up_beside_the_events(log: Log, engine: sa.Engine) -> None:
    """The error comes out of one append's own rows: the others of its group go through."""
    inside, go = threading.Event(), threading.Event()

    def slow(_connection: sa.Connection) -> None:
        inside.set()
        go.wait(30)

    log.submit("hall:slow", None, [event("slow")], within=slow)
    inside.wait(30)
    with break_statements(engine, "INSERT INTO side"):
        good = [log.submit("hall:a", None, [event(f"g{n}")]) for n in range(3)]
        bad = log.submit(
            "hall:a", None, [event("bad")], within=lambda tx: tx.execute(side.insert(), {"id": 1})
        )
        more = [log.submit("hall:a", None, [event(f"m{n}")]) for n in range(3)]
        go.set()
        assert isinstance(bad.exception(30), Unavailable)
        assert [future.result(30)[0].version for future in good + more] == [2, 3, 4, 5, 6, 7]
    assert log.audit() == 8


@pytest.mark.servers
def test_a_database_that_drops_its_sessions(postgres_server: str) -> None:
    with database(postgres_server, f"dropping_{os.getpid()}") as url:
        engine = open_engine(url)
        log = open_log(engine)
        for n in range(5):
            log.append("hall:a", None, [event(f"a{n}")], command_id=f"a{n}")
            with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as admin:
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    [url.rsplit("/", 1)[1]],
                )
        assert log.audit() == 5
        log.close()
        engine.dispose()


def test_a_database_that_is_not_there() -> None:
    engine = open_engine("postgresql://postgres@127.0.0.1:1/none")
    log = Log(engine, origin=ORIGIN, signing_key=KEY, clock=system_clock)
    for call in (lambda: log.append("hall:a", None, [event("x")]), log.size, log.checkpoint):
        with pytest.raises(Unavailable):
            call()
    log.close()


def kill_after(url: str, anchor: Path, lines: int) -> list[str]:
    """Run the appender, kill it once `lines` appends were acknowledged; all it had acknowledged by then."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    child = subprocess.Popen(
        [sys.executable, ROOT / "tests" / "appender.py", url, anchor, str(THREADS), str(COUNT)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert child.stdout is not None
    acknowledged = [child.stdout.readline().strip() for _ in range(lines)]
    child.kill()
    rest, _ = child.communicate()
    # A line that was being written when the process died may lack its end.
    complete = rest[: rest.rfind("\n") + 1].split()
    return [*filter(None, acknowledged), *complete]


@pytest.mark.story
def test_killed_while_appending(database_url: str, tmp_path: Path) -> None:
    anchor = tmp_path / "anchor"
    acknowledged: set[str] = set()
    for lines in (3, 60, 1):
        # The killed process's appends are repeated with the same ids, as clients would.
        acknowledged |= set(kill_after(database_url, anchor, lines))
        engine = open_engine(database_url)
        log = open_log(engine, anchor=anchor)
        found = Counter(
            stored.command_id for name in log.streams() for stored in log.read(name) if stored.command_id
        )
        assert acknowledged <= set(found), "an acknowledged append is lost"
        assert set(found.values()) == {2}, "an append is there twice or by half"
        assert log.audit() == log.size()
        log.append("hall:z", None, [event("alive")])
        log.close()
        engine.dispose()
    assert len(acknowledged) >= 60
