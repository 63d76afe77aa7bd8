"""What rarely happens to a log: floods, keys and origins that changed, helpers that fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from faulty import Fault, break_commit
from toy_hall import KEY, open_log

from crypto.errors import Invalid, Unavailable, Untrusted
from crypto.translog import anchor, schema, store, writer
from crypto.translog.checkpoint import COSIGNATURE_V1, parse_note, verifier_of
from crypto.translog.engine import open_engine, writing
from crypto.translog.store import Log, NewEvent
from crypto.translog.witness import add_signatures, cosign

WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
VKEY = verifier_of("witness.test/w1", WITNESS, COSIGNATURE_V1).encode()
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
EVENT = NewEvent("Happened", "host:", {"n": 1})
START = datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'log.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def log(sqlite: sa.Engine) -> Iterator[Log]:
    log = open_log(sqlite)
    yield log
    log.close()


def held(log: Log) -> threading.Event:
    """Hold up the writer until the event is set."""
    inside, go = threading.Event(), threading.Event()

    def slow(_connection: sa.Connection) -> None:
        inside.set()
        go.wait(30)

    log.submit("hall:slow", None, [EVENT], within=slow)
    inside.wait(30)
    return go


def test_more_than_can_wait_are_told_to_come_back(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WAITING", 5)
    go = held(log)
    waiting = [log.submit("hall:a", None, [EVENT]) for _ in range(5)]
    with pytest.raises(Unavailable) as caught:
        log.submit("hall:a", None, [EVENT])
    assert caught.value.retry_after == 1
    go.set()
    assert [future.result(30)[0].version for future in waiting] == [1, 2, 3, 4, 5]


def test_a_caller_does_not_wait_for_ever(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PATIENCE", 0.01)
    go = held(log)
    with pytest.raises(Unavailable):
        log.append("hall:a", None, [EVENT])
    go.set()


def test_a_caller_that_gave_up_before_its_turn_was_never_there(log: Log) -> None:
    go = held(log)
    given_up = log.submit("hall:a", None, [EVENT])
    assert given_up.cancel()
    after = log.submit("hall:a", None, [EVENT])
    go.set()
    assert after.result(30)[0].version == 1


def test_closing_writes_what_waits(sqlite: sa.Engine) -> None:
    log = open_log(sqlite)
    waiting = [log.submit("hall:a", None, [EVENT]) for _ in range(50)]
    log.close()
    log.close()
    assert [future.result(0)[0].version for future in waiting] == list(range(1, 51))


def test_many_streams_are_not_all_remembered(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "REMEMBERED", 2)
    for n in range(12):
        log.append(f"hall:{n % 4}", n // 4, [EVENT])
    assert log.audit() == 12


def test_a_bell_that_breaks_stops_nothing(sqlite: sa.Engine) -> None:
    def broken(stream: str, version: int) -> None:
        raise ZeroDivisionError

    log = open_log(sqlite, wake=broken)
    assert log.append("hall:a", None, [EVENT])[0].version == 1
    log.close()


def test_an_error_of_our_own_fails_the_group_and_not_the_writer(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append("hall:a", None, [EVENT])
    with monkeypatch.context() as patched:

        def broken(*_: Any) -> Any:
            raise ZeroDivisionError

        patched.setattr(writer, "insert_events", broken)
        with pytest.raises(ZeroDivisionError):
            log.append("hall:a", None, [EVENT])
    assert log.append("hall:a", 1, [EVENT])[0].version == 2
    assert log.audit() == 2


def test_another_log_under_a_running_writer_stops_it(log: Log, sqlite: sa.Engine, tmp_path: Path) -> None:
    """Longer than ours and whole in itself, as after restoring the wrong backup."""
    other_engine = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    other = open_log(other_engine)
    other.append("hall:a", None, [EVENT] * 3)
    other.close()
    log.append("hall:a", None, [EVENT])
    with other_engine.connect() as there, sqlite.begin() as here:
        for table in (schema.entry, schema.tile, schema.head):
            rows = [dict(row._mapping) for row in there.execute(sa.select(table))]
            here.execute(sa.delete(table))
            here.execute(sa.insert(table), rows)
    with pytest.raises(Untrusted, match="no longer holds"):
        log.append("hall:a", None, [EVENT])
    other_engine.dispose()


def test_the_anchor_follows_the_log(
    sqlite: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchor, "EVERY_SECONDS", 0.0)
    path = tmp_path / "kept" / "anchor"
    log = open_log(sqlite, anchor=path)
    for n in range(1, 4):
        log.append("hall:a", None, [EVENT])
        # The callback comes after the commit and before the next group.
        log.transact(lambda connection: None)
        assert path.read_text().splitlines()[1] == str(n)
    log.close()


def test_an_anchor_that_cannot_be_written_stops_nothing(sqlite: sa.Engine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    log = open_log(sqlite, anchor=tmp_path / "file" / "anchor")
    assert log.append("hall:a", None, [EVENT])[0].version == 1
    log.close()


def test_a_retired_key_still_counts(sqlite: sa.Engine, tmp_path: Path) -> None:
    log = open_log(sqlite, anchor=tmp_path / "anchor")
    log.append("hall:a", None, [EVENT])
    log.close()
    with pytest.raises(Untrusted):
        open_log(sqlite, anchor=tmp_path / "anchor", signing_key=OTHER_KEY).open()
    rotated = open_log(sqlite, anchor=tmp_path / "anchor", signing_key=OTHER_KEY, earlier_keys=[log.verifier])
    assert rotated.append("hall:a", 1, [EVENT])[0].version == 2
    rotated.close()


def test_a_log_that_changed_its_name_is_another_log(sqlite: sa.Engine, tmp_path: Path) -> None:
    log = open_log(sqlite, anchor=tmp_path / "anchor")
    log.append("hall:a", None, [EVENT])
    note = log.checkpoint()
    log.close()
    renamed = open_log(
        sqlite,
        anchor=tmp_path / "anchor",
        origin="renamed.test/log",
        earlier_keys=[verifier_of(log.origin, KEY)],
    )
    with pytest.raises(Untrusted, match="belongs to"):
        renamed.open()
    fresh = open_log(
        sqlite, origin="renamed.test/log", earlier_keys=[verifier_of(log.origin, KEY)], witnesses=[VKEY]
    )
    line = cosign(note, log.verifier, None, (), name="witness.test/w1", key=WITNESS, at=START)
    with pytest.raises(Invalid, match="another log"):
        fresh.add_cosignatures(add_signatures(parse_note(note), [line]).encode())
    fresh.close()


def test_leaves_that_are_gone_are_not_served(log: Log, sqlite: sa.Engine) -> None:
    log.append("hall:a", None, [EVENT] * 3)
    with sqlite.begin() as connection:
        connection.execute(sa.delete(schema.entry).where(schema.entry.c.leaf_index == 1))
    with pytest.raises(Untrusted):
        log.entries(0, 3)


def test_a_failed_commit_of_anybody_leaves_no_lock(log: Log, sqlite: sa.Engine) -> None:
    """Not only the log writes: a transaction left open in the pool would stop everybody."""
    with break_commit(sqlite, Fault.FAILED), pytest.raises(sa.exc.OperationalError), writing(sqlite) as tx:
        tx.execute(sa.delete(schema.cosignature))
    assert log.append("hall:a", None, [EVENT])[0].version == 1
