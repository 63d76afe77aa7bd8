"""The log's contract, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from toy_hall import KEY, ORIGIN, open_log

from crypto.errors import Invalid, StaleVersion, Unavailable
from crypto.translog.checkpoint import COSIGNATURE_V1, open_checkpoint, parse_note, verifier_of
from crypto.translog.engine import open_engine, reading
from crypto.translog.leaf import commitment
from crypto.translog.merkle import verify_consistency, verify_inclusion
from crypto.translog.store import Log, NewEvent
from crypto.translog.witness import add_signatures, cosign, cosigned_checkpoint

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
VKEY = verifier_of("witness.test/w1", WITNESS, COSIGNATURE_V1).encode()

side = sa.Table("side", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(engine: sa.Engine, clock: Clock, tmp_path: Path):
    log = open_log(engine, clock=clock, anchor=tmp_path / "anchor", witnesses=[VKEY])
    side.create(engine)
    yield log
    log.close()


def event(n: int = 0, **body: Any) -> NewEvent:
    return NewEvent("Happened", "host:p_1", {"n": n, **body})


def test_events_come_back_in_order_and_match_their_leaves(log: Log) -> None:
    first = log.append("hall:a", 0, [event(1), event(2, name="某某")])
    log.append("hall:b", None, [event(3)])
    log.append("hall:a", 2, [event(4)])
    found = log.read("hall:a")
    assert [stored.body["n"] for stored in found if stored.body] == [1, 2, 4]
    assert found[:2] == first
    assert [stored.version for stored in found] == [1, 2, 3]
    assert [stored.index for stored in found] == [0, 1, 3]
    assert log.read("hall:a", since=2) == found[2:]
    assert log.read("hall:a", limit=1) == found[:1]
    assert log.version("hall:a") == 3 and log.version("hall:none") == 0
    assert log.streams("hall:") == ["hall:a", "hall:b"] and log.streams("x") == []
    entries = log.entries(0, log.size())
    for stored in found:
        assert stored.body is not None and stored.salt is not None
        committed = commitment(stored.salt, "hall:a", stored.version, stored.type, stored.seat, stored.body)
        assert stored.commitment == committed
        assert entries[stored.index] == stored.leaf()
    assert log.audit() == 4


def test_an_expected_version_that_is_not_there(log: Log) -> None:
    log.append("hall:a", 0, [event(1)])
    with pytest.raises(StaleVersion) as caught:
        log.append("hall:a", 0, [event(2)])
    assert (caught.value.expected, caught.value.actual) == (0, 1)
    assert log.version("hall:a") == 1


def test_a_command_is_carried_out_once(log: Log) -> None:
    first = log.append("hall:a", 0, [event(1), event(2)], command_id="c1")
    assert log.append("hall:a", 0, [event(9)], command_id="c1") == first, "not even stale: it was this one"
    other = log.append("hall:b", 0, [event(1)], command_id="c1")
    assert other[0].stream == "hall:b", "ids are per stream"
    assert log.size() == 3


def test_the_same_command_twice_in_one_group(log: Log) -> None:
    """Both wait behind a slow neighbour, so they end up in one transaction."""
    inside, go = threading.Event(), threading.Event()

    def slow(_connection: sa.Connection) -> None:
        inside.set()
        go.wait(30)

    blocker = log.submit("hall:z", None, [event()], within=slow)
    inside.wait(30)
    pair = [log.submit("hall:a", 0, [event(1)], command_id="c1") for _ in range(2)]
    stale = log.submit("hall:a", 0, [event(2)])
    fine = log.submit("hall:a", 1, [event(3)])
    go.set()
    assert pair[0].result(30) == pair[1].result(30)
    assert isinstance(stale.exception(30), StaleVersion)
    assert fine.result(30)[0].version == 2
    blocker.result(30)


def test_relational_rows_share_the_transaction(log: Log, engine: sa.Engine) -> None:
    log.append("hall:a", 0, [event()], within=lambda tx: tx.execute(side.insert(), {"id": 1}))

    def failing(tx: sa.Connection) -> None:
        tx.execute(side.insert(), {"id": 2})
        raise LookupError("no")

    with pytest.raises(LookupError):
        log.append("hall:a", 1, [event()], within=failing)
    with pytest.raises(sa.exc.IntegrityError):
        log.append("hall:a", 1, [event()], within=lambda tx: tx.execute(side.insert(), {"id": 1}))
    with reading(engine) as connection:
        assert connection.execute(sa.select(side.c.id)).scalars().all() == [1]
    assert log.size() == 1 and log.audit() == 1


def test_a_failing_neighbour_fails_alone(log: Log) -> None:
    inside, go = threading.Event(), threading.Event()

    def slow(_connection: sa.Connection) -> None:
        inside.set()
        go.wait(30)

    blocker = log.submit("hall:z", None, [event()], within=slow)
    inside.wait(30)

    def broken_sql(tx: sa.Connection) -> None:
        tx.execute(sa.text("INSERT INTO no_such_table VALUES (1)"))

    def refusing(tx: sa.Connection) -> None:
        raise LookupError("no")

    good = [log.submit("hall:a", None, [event(n)]) for n in range(3)]
    refused = log.submit("hall:a", None, [event(8)], within=refusing)
    broken = log.submit("hall:a", None, [event(9)], within=broken_sql)
    more = [log.submit("hall:a", None, [event(n)]) for n in range(3, 6)]
    go.set()
    assert [future.result(30)[0].version for future in good + more] == [1, 2, 3, 4, 5, 6]
    assert isinstance(refused.exception(30), LookupError)
    assert isinstance(broken.exception(30), Unavailable | sa.exc.ProgrammingError)
    blocker.result(30)
    assert log.audit() == 7


def test_a_relational_write_of_its_own(log: Log, engine: sa.Engine) -> None:
    log.transact(lambda tx: tx.execute(side.insert(), {"id": 5}))
    assert log.transact(lambda tx: tx.execute(sa.select(side.c.id)).scalar()) == 5
    with pytest.raises(sa.exc.IntegrityError):
        log.transact(lambda tx: tx.execute(side.insert(), {"id": 5}))
    assert log.size() == 0


def test_log_time_never_goes_back(log: Log, clock: Clock) -> None:
    log.append("hall:a", None, [event()])
    clock.time = START - timedelta(hours=1)
    log.append("hall:b", None, [event()])
    clock.time = START + timedelta(microseconds=1500)
    log.append("hall:a", None, [event()])
    times = [log.read("hall:a")[0].at, log.read("hall:b")[0].at, log.read("hall:a")[1].at]
    assert times == [START, START, START + timedelta(milliseconds=1)]


def test_labels_are_plain(log: Log) -> None:
    for stream, kind, seat, command in (
        ("hall a", "T", "s", None),
        ("hall:a", "T\x00", "s", None),
        ("hall:a", "T", "座位", None),
        ("hall:a", "T", "s", "c\n"),
        ("", "T", "s", None),
        ("h" * 201, "T", "s", None),
    ):
        with pytest.raises(Invalid, match="bad-event"):
            log.append(stream, None, [NewEvent(kind, seat, {})], command_id=command)
    with pytest.raises(Invalid, match="not-canonical"):
        log.append("hall:a", None, [event(price=1.5)])
    assert log.append("hall:a", None, []) == []


def test_erasure_leaves_a_provable_tombstone(log: Log) -> None:
    before = log.append("people", None, [event(1, name="张三"), event(2)])
    log.erase("people", [1])
    gone, kept = log.read("people")
    assert gone.body is None and gone.salt is None
    assert gone.leaf() == before[0].leaf() and kept == before[1]
    assert log.audit() == 2


def test_proofs_and_checkpoints(log: Log) -> None:
    older = ""
    for n in range(600):
        log.submit("hall:a", None, [event(n)])
        if n == 299:
            log.append("hall:b", None, [event()])
            older = log.checkpoint()
    log.append("hall:a", None, [event()])
    old, new = (open_checkpoint(note, [log.verifier]) for note in (older, log.checkpoint()))
    assert new.size == log.size() == 602 and new.root == log.root()
    verify_consistency(old.size, new.size, old.root, new.root, log.consistency(old.size, new.size))
    assert log.root(old.size) == old.root
    for index in (0, 255, 256, 511, 601):
        (leaf,) = log.entries(index, index + 1)
        verify_inclusion(leaf, index, new.size, log.inclusion(index, new.size), new.root)
    assert len(log.tile(0, 0)) == 32 * 256 and len(log.tile(0, 2, 90)) == 32 * 90
    assert len(log.tile(1, 0, 2)) == 64
    for ask in (
        lambda: log.tile(0, 2, 91),
        lambda: log.tile(1, 0),
        lambda: log.tile(5, 0, 1),
        lambda: log.entries(600, 603),
        lambda: log.inclusion(0, 603),
        lambda: log.consistency(1, 603),
        lambda: log.root(603),
    ):
        with pytest.raises(Invalid, match="bad-log-range"):
            ask()


def test_witnesses_cosign(log: Log) -> None:
    assert log.cosigned() is None
    log.append("hall:a", None, [event()])
    note = log.checkpoint()
    given = cosign(note, log.verifier, None, (), name="witness.test/w1", key=WITNESS, at=START)
    with_line = add_signatures(parse_note(note), [given]).encode()
    assert log.add_cosignatures(with_line) == ["witness.test/w1"]
    assert log.add_cosignatures(with_line) == ["witness.test/w1"], "again is harmless"
    assert log.checkpoint() == with_line
    log.append("hall:a", None, [event()])
    assert log.cosigned() == with_line and len(parse_note(log.checkpoint()).signatures) == 1
    with pytest.raises(Invalid, match="unknown-witness"):
        log.add_cosignatures(note)
    forged = add_signatures(parse_note(log.checkpoint()), [given]).encode()
    with pytest.raises(Invalid, match="cosignature-forged"):
        log.add_cosignatures(forged)


def test_a_cosignature_for_another_tree_is_refused(log: Log, tmp_path: Path) -> None:
    """The key signed a fork elsewhere: its checkpoint is genuine, and still not ours."""
    other_engine = open_engine(f"sqlite:///{tmp_path / 'fork.db'}")
    fork = open_log(other_engine)
    fork.append("hall:a", None, [event(666)])
    log.append("hall:a", None, [event()])
    note = fork.checkpoint()
    given = cosign(note, log.verifier, None, (), name="witness.test/w1", key=WITNESS, at=START)
    with pytest.raises(Invalid, match="not-an-extension"):
        log.add_cosignatures(add_signatures(parse_note(note), [given]).encode())
    fork.close()
    other_engine.dispose()


def test_many_threads_one_log(log: Log) -> None:
    def work(worker: int) -> None:
        for n in range(25):
            log.append(f"hall:{worker % 3}", None, [event(n)], command_id=f"{worker}-{n}")

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(12)))
    assert log.size() == 300 == log.audit()
    for name in log.streams():
        assert [stored.version for stored in log.read(name)] == list(range(1, log.version(name) + 1))


def test_two_writers_share_one_log(engine: sa.Engine, log: Log) -> None:
    """As two server processes would: neither loses or repeats a version, the tree stays one."""
    other = open_log(engine)

    def work(one: Log) -> None:
        for n in range(40):
            one.append("hall:a", None, [event(n)])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [log, other]))
    assert log.version("hall:a") == 80 == log.audit()
    other.close()


def test_a_closed_log_takes_nothing(log: Log) -> None:
    log.append("hall:a", None, [event()])
    log.close()
    with pytest.raises(Unavailable):
        log.append("hall:a", None, [event()])


def test_wakes_follow_the_commit(engine: sa.Engine) -> None:
    seen: list[tuple[str, int, int]] = []
    log = open_log(engine, wake=lambda stream, version: seen.append((stream, version, log.version(stream))))
    log.append("hall:a", None, [event(), event()])
    log.append("hall:b", None, [event()])
    assert seen == [("hall:a", 2, 2), ("hall:b", 1, 1)]
    assert log.changed(1) == (3, {"hall:a": 2, "hall:b": 1})
    log.close()


def test_the_verifier_key_is_the_origins(log: Log) -> None:
    assert log.verifier == verifier_of(ORIGIN, KEY)
    assert cosigned_checkpoint(log.checkpoint()).origin == ORIGIN
