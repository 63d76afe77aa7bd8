"""A log that is not what it was: restored, forked or edited. It is noticed, and writing ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from toy_hall import open_log

from crypto.errors import Untrusted
from crypto.translog import schema
from crypto.translog.engine import open_engine
from crypto.translog.store import Log, NewEvent


@pytest.fixture
def log(engine: sa.Engine, tmp_path: Path) -> Iterator[Log]:
    log = open_log(engine, anchor=tmp_path / "anchor")
    yield log
    log.close()


def event(n: int = 0) -> NewEvent:
    return NewEvent("Happened", "host:p_1", {"n": n})


def reopen(log: Log, engine: sa.Engine, **options: Any) -> Log:
    log.close()
    return open_log(engine, **options)


def test_a_restart_continues(log: Log, engine: sa.Engine, tmp_path: Path) -> None:
    for n in range(300):
        log.submit("hall:a", None, [event(n)])
    log.append("hall:a", None, [event()])
    note = log.checkpoint()
    again = reopen(log, engine, anchor=tmp_path / "anchor", checkpoints=[note])
    assert again.append("hall:a", 301, [event()])[0].index == 301
    assert again.audit() == 302
    again.close()


def test_a_restored_backup_is_refused(log: Log, engine: sa.Engine, tmp_path: Path) -> None:
    log.append("hall:a", None, [event(n) for n in range(5)])
    note = log.checkpoint()
    log.close()
    with engine.begin() as connection:
        for table in (schema.entry, schema.tile, schema.head):
            connection.execute(sa.delete(table))
    for options in ({"anchor": tmp_path / "anchor"}, {"checkpoints": [note]}):
        again = open_log(engine, **options)
        with pytest.raises(Untrusted, match="shorter"):
            again.append("hall:a", None, [event()])


def test_a_witnesss_checkpoint_must_be_extended(log: Log, engine: sa.Engine, tmp_path: Path) -> None:
    other_engine = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    other = open_log(other_engine)
    other.append("hall:a", None, [event(1)])
    log.append("hall:a", None, [event(2)])
    again = reopen(log, engine, checkpoints=[other.checkpoint()])
    with pytest.raises(Untrusted, match="not the one"):
        again.append("hall:a", None, [event()])
    again.close()
    other.append("hall:a", None, [event(2)])
    later = open_log(engine, checkpoints=[other.checkpoint()])
    with pytest.raises(Untrusted, match="shorter"):
        later.open()
    other.close()
    other_engine.dispose()


def test_an_anchor_that_is_not_ours_is_refused(log: Log, engine: sa.Engine, tmp_path: Path) -> None:
    log.append("hall:a", None, [event()])
    log.close()
    for content in (b"", b"\xff\xfe", b"something else\n\n"):
        (tmp_path / "anchor").write_bytes(content)
        with pytest.raises(Untrusted, match="does not verify"):
            open_log(engine, anchor=tmp_path / "anchor").open()


TAMPER = {
    "a body": (sa.update(schema.entry).where(schema.entry.c.leaf_index == 3).values(body=b'{"n":7}'), "read"),
    "a seat": (sa.update(schema.entry).where(schema.entry.c.leaf_index == 3).values(seat="x:y"), "read"),
    "a time": (sa.update(schema.entry).where(schema.entry.c.leaf_index == 3).values(at=1), "audit"),
    "a leaf at the end": (
        sa.update(schema.entry).where(schema.entry.c.leaf_index == 298).values(commitment=bytes(32)),
        "start",
    ),
    "a missing leaf": (sa.delete(schema.entry).where(schema.entry.c.leaf_index == 3), "read"),
    "a missing last leaf": (sa.delete(schema.entry).where(schema.entry.c.leaf_index == 299), "start"),
    "the head's root": (sa.update(schema.head).values(root=bytes(32)), "start"),
    "the head's size": (sa.update(schema.head).values(size=299), "start"),
    "a missing head": (sa.delete(schema.head), "start"),
    "a full tile": (
        sa.update(schema.tile)
        .where((schema.tile.c.level == 0) & (schema.tile.c.number == 0))
        .values(hashes=b"x" * 8192),
        "audit",
    ),
    "the last tile": (
        sa.update(schema.tile)
        .where((schema.tile.c.level == 0) & (schema.tile.c.number == 1))
        .values(hashes=b""),
        "start",
    ),
}


@pytest.mark.parametrize("what", TAMPER)
def test_tampering_is_found(log: Log, engine: sa.Engine, what: str) -> None:
    statement, when = TAMPER[what]
    for n in range(300):
        log.submit("hall:a", None, [event(n)])
    log.transact(lambda tx: None)
    log.close()
    with engine.begin() as connection:
        connection.execute(statement)
    again = open_log(engine)
    with pytest.raises(Untrusted):
        again.audit()
    if when == "start":
        with pytest.raises(Untrusted):
            again.append("hall:a", None, [event()])
        return
    if when == "read":
        with pytest.raises(Untrusted):
            again.read("hall:a")
    again.close()


def test_a_head_changed_under_a_running_writer_stops_it(log: Log, engine: sa.Engine) -> None:
    log.append("hall:a", None, [event()])
    with engine.begin() as connection:
        connection.execute(sa.update(schema.head).values(root=bytes(32)))
    for _ in range(2):
        with pytest.raises(Untrusted):
            log.append("hall:a", None, [event()])
    with engine.begin() as connection:
        connection.execute(sa.update(schema.head).values(root=log.root(1)))
    with pytest.raises(Untrusted):
        log.append("hall:a", None, [event()])


def test_a_log_rolled_back_under_a_running_writer_stops_it(log: Log, engine: sa.Engine) -> None:
    log.append("hall:a", None, [event(n) for n in range(3)])
    with engine.begin() as connection:
        connection.execute(sa.update(schema.head).values(size=1, root=log.root(1)))
    with pytest.raises(Untrusted):
        log.append("hall:a", None, [event()])
