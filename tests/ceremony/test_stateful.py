"""A ceremony against a model, with restarts and failing disks in between: replay equals live, always."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from faulty import Fault, break_commit
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from toy_ceremony import TOY, Command, Event, Open, Put, Say, State
from toy_hall import HALL, open_log

from ceremony.errors import Refusal
from ceremony.handle import Ceremony
from ceremony.replay import replay
from crypto.errors import Unavailable
from crypto.translog.engine import open_engine

SEATS = st.sampled_from(["host:", "voter:1", "voter:2", "voter:3"])
COMMANDS = st.one_of(
    st.builds(Put, st.sampled_from(["七", "八"])),
    st.just(Open()),
    st.builds(Say, st.just("x"), st.integers(0, 3)),
)


class ToyMachine(RuleBasedStateMachine):
    """Commands in any order, repeated, during faults and over restarts."""

    sent = Bundle("sent")

    def __init__(self) -> None:
        super().__init__()
        self.home = tempfile.TemporaryDirectory()
        self.path = Path(self.home.name)
        self.model = State()
        self.version = 0
        self.ids = 0
        self.answers: dict[tuple[str, str], int] = {}
        self.begin()

    def begin(self) -> None:
        self.engine: sa.Engine = open_engine(f"sqlite:///{self.path / 'log.db'}")
        self.log = open_log(self.engine, anchor=self.path / "anchor")
        self.toy: Ceremony[State, Command, Event] = Ceremony(self.log, TOY)

    def end(self) -> None:
        self.log.close()
        self.toy.close()
        self.engine.dispose()

    def teardown(self) -> None:
        self.end()
        self.home.cleanup()

    @rule(target=sent, seat=SEATS, command=COMMANDS)
    def act(self, seat: str, command: Command) -> tuple[str, Command, str]:
        self.ids += 1
        sent = (seat, command, f"c{self.ids}")
        self.send(*sent)
        return sent

    @rule(again=sent)
    def repeat(self, again: tuple[str, Command, str]) -> None:
        self.send(*again)

    @rule(again=sent, fault=st.sampled_from(Fault))
    def act_while_the_disk_fails(self, again: tuple[str, Command, str], fault: Fault) -> None:
        seat, command, _ = again
        self.ids += 1
        with break_commit(self.engine, fault), suppress(Refusal, Unavailable):
            self.toy.handle(HALL, seat, command, command_id=f"c{self.ids}")
        # Whatever became of it: asked again, it has happened exactly once, or is refused as any other.
        self.send(seat, command, f"c{self.ids}", maybe_done=True)

    @rule()
    def restart(self) -> None:
        self.end()
        self.begin()

    def send(self, seat: str, command: Command, command_id: str, *, maybe_done: bool = False) -> None:
        expected: Any
        if (seat, command_id) in self.answers and not maybe_done:
            outcome = self.toy.handle(HALL, seat, command, command_id=command_id)
            assert outcome.repeated and outcome.version == self.answers[seat, command_id]
            return
        try:
            expected = TOY.decide(self.model, seat, command, None)  # type: ignore[arg-type]
        except Refusal as refusal:
            expected = refusal.code
        try:
            outcome = self.toy.handle(HALL, seat, command, command_id=command_id)
        except Refusal as refusal:
            assert refusal.code == expected
            return
        assert [event.text for event in outcome.events] == [event.text for event in expected]
        if outcome.events:
            self.answers[seat, command_id] = outcome.version
            for event in outcome.events:
                self.model = TOY.evolve(self.model, event)
            self.version += len(outcome.events)

    @invariant()
    def replay_equals_live(self) -> None:
        version, state = self.toy.state(HALL)
        assert version == self.version
        steps = list(replay(self.log.read(HALL), TOY))
        assert (steps[-1].state if steps else State()) == state
        assert dict(state.notes) == dict(self.model.notes) and state.opened == self.model.opened


def test_the_toy_ceremony() -> None:
    run_state_machine_as_test(ToyMachine, settings=settings(max_examples=10, stateful_step_count=15))
