"""Commands on the toy ceremony: the same contract on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from toy_ceremony import TOY, Command, Event, Open, Put, Say, State
from toy_hall import HALL, open_log

from ceremony import handle
from ceremony.domain import Step
from ceremony.errors import Refusal
from ceremony.handle import Ceremony
from ceremony.replay import replay
from crypto.errors import StaleVersion, Unavailable
from crypto.translog.store import Log, NewEvent

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
Toy = Ceremony[State, Command, Event]


@pytest.fixture
def log(engine: sa.Engine):
    log = open_log(engine)
    yield log
    log.close()


@pytest.fixture
def toy(log: Log):
    ceremony: Toy = Ceremony(log, TOY)
    yield ceremony
    ceremony.close()


def test_a_command_becomes_events(toy: Toy) -> None:
    outcome = toy.handle(HALL, "voter:1", Put("七"), command_id="c1")
    assert outcome.version == 1 and not outcome.repeated
    assert outcome.events[0].text == "七" and outcome.events[0].seat == "voter:1"
    assert outcome.state.notes == {"voter:1": "七"} and outcome.events[0].at == outcome.at
    assert toy.state(HALL) == (1, outcome.state)
    assert toy.peek(HALL) == (1, outcome.at, outcome.state)


def test_a_refusal_changes_nothing(toy: Toy) -> None:
    toy.handle(HALL, "voter:1", Put("七"), command_id="c1")
    before = toy.state(HALL)
    with pytest.raises(Refusal) as caught:
        toy.handle(HALL, "voter:1", Put("八"), command_id="c2")
    assert caught.value.code == "note-already-put"
    assert toy.state(HALL) == before


def test_a_repeated_command_gets_its_first_answer(toy: Toy) -> None:
    first = toy.handle(HALL, "voter:1", Put("七"), command_id="c1")
    toy.handle(HALL, "host:", Open(), command_id="c1")
    again = toy.handle(HALL, "voter:1", Put("七"), command_id="c1")
    assert again.repeated and again.events == first.events and again.version == first.version
    assert again.state.opened, "the state is today's"
    with pytest.raises(Refusal):
        toy.handle(HALL, "voter:2", Put("七"), command_id="c1")


def test_nothing_to_store_is_no_event(toy: Toy) -> None:
    toy.handle(HALL, "host:", Open(), command_id="c1")
    called: list[int] = []
    outcome = toy.handle(HALL, "host:", Open(), command_id="c2", within=lambda tx: called.append(1))
    assert outcome.events == () and outcome.version == 1 and not called


def test_an_expected_version(toy: Toy) -> None:
    toy.handle(HALL, "host:", Say("x"), command_id="c1", expected=0)
    with pytest.raises(StaleVersion):
        toy.handle(HALL, "host:", Say("x"), command_id="c2", expected=0)


def test_the_rule_and_the_record_see_the_same_instant(engine: sa.Engine) -> None:
    """No record shows an act after a deadline that the rules thought was before it."""
    log = open_log(engine, clock=lambda: START)
    seen: list[datetime] = []

    def decide(state: State, seat: str, command: Command, now: datetime) -> tuple[Event, ...]:
        seen.append(now)
        return (Event("Said", seat, ""),)

    toy: Toy = Ceremony(log, handle.Domain(TOY.initial, decide, TOY.evolve, TOY.encode, TOY.decode))
    for n, now in enumerate((START + timedelta(microseconds=5_999), START, None)):
        toy.handle(HALL, "host:", Say("x"), command_id=str(n), now=now)
    assert seen == [stored.at for stored in log.read(HALL)] == [START + timedelta(milliseconds=5)] * 3
    toy.close()
    log.close()


def test_commands_of_many_threads_never_race(toy: Toy) -> None:
    """Every voter puts one note, though each is told to try three times with new command ids."""

    def vote(n: int) -> int:
        refused = 0
        for attempt in range(3):
            try:
                toy.handle(HALL, f"voter:{n}", Put(str(n)), command_id=str(attempt))
            except Refusal:
                refused += 1
        return refused

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(vote, range(40))) == [2] * 40
    version, state = toy.state(HALL)
    assert version == 40 and len(state.notes) == 40


def test_two_processes_decide_on_one_state(engine: sa.Engine, log: Log, toy: Toy) -> None:
    """A second ceremony on the same database, with its own cache, as another server process has it."""
    other_log = open_log(engine)
    other: Toy = Ceremony(other_log, TOY)

    def vote(n: int) -> str:
        try:
            (toy, other)[n % 2].handle(HALL, f"voter:{n // 2}", Put(str(n)), command_id="c")
        except Refusal as refusal:
            return refusal.code
        return "ok"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(vote, range(60)))
    assert answers.count("ok") == 60, "the other process's answer to the same command is repeated"
    assert toy.state(HALL) == other.state(HALL)
    assert toy.state(HALL)[0] == 30
    other.close()
    other_log.close()


def test_what_goes_past_the_ceremony_is_read_all_the_same(toy: Toy, log: Log) -> None:
    toy.handle(HALL, "host:", Say("x"), command_id="c1")
    inside, go = threading.Event(), threading.Event()

    def slow(_connection: sa.Connection) -> None:
        inside.set()
        go.wait(30)

    blocker = log.submit("hall:other", None, [NewEvent("Said", "host:", {"text": ""})], within=slow)
    inside.wait(30)
    # In one transaction: an append past the ceremony, then a command that must be decided after it.
    past = log.submit(HALL, None, [NewEvent("Put", "voter:1", {"text": "七"})])
    with ThreadPoolExecutor(1) as pool:
        command = pool.submit(toy.handle, HALL, "host:", Open(), command_id="c2")
        go.set()
        outcome = command.result(30)
    assert past.result(30)[0].version == 2
    assert outcome.version == 3 and outcome.state.notes == {"voter:1": "七"}
    blocker.result(30)


def test_a_failing_write_beside_the_events_undoes_them(toy: Toy) -> None:
    def failing(tx: sa.Connection) -> None:
        raise LookupError("no")

    with pytest.raises(LookupError):
        toy.handle(HALL, "voter:1", Put("七"), command_id="c1", within=failing)
    assert toy.state(HALL) == (0, State())
    assert toy.handle(HALL, "voter:1", Put("八"), command_id="c1").state.notes == {"voter:1": "八"}


def test_a_rule_that_breaks_fails_alone(engine: sa.Engine) -> None:
    def evolve(state: State, event: Event) -> State:
        if event.text == "bad 0":
            raise ZeroDivisionError
        return TOY.evolve(state, event)

    log = open_log(engine)
    toy: Toy = Ceremony(log, handle.Domain(TOY.initial, TOY.decide, evolve, TOY.encode, TOY.decode))
    with pytest.raises(ZeroDivisionError):
        toy.handle(HALL, "host:", Say("bad"), command_id="c1")
    assert toy.handle(HALL, "host:", Say("good"), command_id="c2").version == 1
    toy.close()
    log.close()


def test_coroutines_do_the_same(toy: Toy) -> None:
    async def main() -> None:
        tasks = [toy.handle_soon(HALL, f"voter:{n}", Put(str(n)), command_id="c") for n in range(20)]
        outcomes = await asyncio.gather(*tasks)
        assert sorted(outcome.version for outcome in outcomes) == list(range(1, 21))
        again = await toy.handle_soon(HALL, "voter:3", Put("3"), command_id="c")
        assert again.repeated
        with pytest.raises(Refusal):
            await toy.handle_soon(HALL, "voter:3", Put("4"), command_id="d")
        with pytest.raises(StaleVersion):
            await toy.handle_soon(HALL, "host:", Open(), command_id="d", expected=3)

    asyncio.run(main())


def test_followers_get_every_step_once_and_in_order(toy: Toy, log: Log) -> None:
    seen: list[Step[State, Event]] = []
    done = threading.Event()

    def listen(steps: Any) -> None:
        seen.extend(steps)
        if seen[-1].version >= 30:
            done.set()

    toy.handle(HALL, "host:", Say("before", 3), command_id="c0")
    version, _at, state = toy.follow(HALL, listen)
    assert version == 3
    for n in range(9):
        toy.handle(HALL, "host:", Say("in", 2), command_id=f"a{n}")
        log.append(HALL, None, [NewEvent("Said", "host:", {"text": "past"})])
        toy.wake(HALL, 3 + 3 * (n + 1))
    toy.wake(HALL, 30)
    assert done.wait(30)
    assert [step.version for step in seen] == list(range(4, 31))
    assert [step.state for step in seen] == [s.state for s in replay(log.read(HALL, 3), TOY, state)]
    toy.unfollow(HALL, listen)
    toy.handle(HALL, "host:", Say("after"), command_id="z")
    assert len(seen) == 27


def test_an_erased_event_is_folded_as_a_tombstone(toy: Toy, log: Log) -> None:
    toy.handle(HALL, "voter:1", Put("七"), command_id="c1")
    toy.handle(HALL, "host:", Open(), command_id="c2")
    followed: list[Any] = []
    toy.follow(HALL, followed.append)
    log.erase(HALL, [1])
    toy.forget(HALL)
    version, state = toy.state(HALL)
    assert version == 2 and state.notes == {"voter:1": "(erased)"} and state.opened
    assert not followed
    toy.forget("hall:unknown")


def test_streams_that_nobody_follows_make_room(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handle, "KEPT", 3)
    toy.follow("hall:kept", lambda steps: None)
    for n in range(6):
        toy.handle(f"hall:{n}", "host:", Say("x"), command_id="c")
    assert toy.peek("hall:0") is None and toy.peek("hall:5") is not None
    assert toy.peek("hall:kept") is not None
    assert toy.state("hall:0")[0] == 1
    assert toy.handle("hall:1", "host:", Say("x"), command_id="d").version == 2


def test_a_closed_log_answers_nothing(toy: Toy, log: Log) -> None:
    toy.handle(HALL, "host:", Say("x"), command_id="c1")
    log.close()
    with pytest.raises(Unavailable):
        toy.handle(HALL, "host:", Say("x"), command_id="c2")


def test_a_caller_does_not_wait_for_ever(toy: Toy, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.handle(HALL, "host:", Say("x"), command_id="c0")
    monkeypatch.setattr(handle, "PATIENCE", 0.01)
    inside, go = threading.Event(), threading.Event()

    def slow(_connection: sa.Connection) -> None:
        inside.set()
        go.wait(30)

    log.submit("hall:slow", None, [NewEvent("Said", "host:", {"text": ""})], within=slow)
    inside.wait(30)
    with pytest.raises(Unavailable):
        toy.handle(HALL, "host:", Say("x"), command_id="c1")
    with pytest.raises(Unavailable):
        asyncio.run(toy.handle_soon(HALL, "host:", Say("x"), command_id="c2"))
    go.set()


def test_a_state_that_nobody_follows_is_forgotten_at_once(toy: Toy, log: Log) -> None:
    toy.handle(HALL, "voter:1", Put("七"), command_id="c1")
    log.erase(HALL, [1])
    toy.forget(HALL)
    assert toy.peek(HALL) is None
    assert toy.state(HALL)[1].notes == {"voter:1": "(erased)"}
    toy.unfollow("hall:unknown", lambda steps: None)
