"""A tender under random commands in any order."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tender_given import AGENCY, CODE, STRANGER, Story

from bidding.tenders import commands as cmd
from bidding.tenders.actor import ANYBODY, PLATFORM, Actor
from bidding.tenders.domain import evolve
from bidding.tenders.state import Tender
from bidding.tenders.terms import FINISHED, Document
from ceremony.errors import Malformed, Refusal


class TenderMachine(RuleBasedStateMachine):
    """In whatever order: no deadline moves forward, nothing finished comes back, replay equals live."""

    @initialize()
    def begin(self) -> None:
        self.story = Story().published()
        self.deadline = self.story.state.lots["l_1"].terms.opens_at
        self.finished = False

    def attempt(self, by: Actor, command: cmd.Command) -> None:
        before = self.story.state
        try:
            self.story.when(by, command)
        except (Refusal, Malformed):
            assert self.story.state is before

    @rule(hours=st.integers(1, 200))
    def time_passes(self, hours: int) -> None:
        self.story.now += timedelta(hours=hours)

    @rule(affects=st.booleans(), reseal=st.booleans(), days=st.integers(-3, 5))
    def clarify(self, affects: bool, reseal: bool, days: int) -> None:
        wanted = self.story.state.lots["l_1"].terms.opens_at + timedelta(days=days)
        try:
            command = self.story.change(affects=affects, reseal=reseal, opens_at={"l_1": wanted})
        except Refusal:
            return
        self.attempt(AGENCY, command)

    @rule(number=st.integers(0, 30))
    def ask(self, number: int) -> None:
        self.attempt(ANYBODY, cmd.AskQuestion(f"q_{number}", "l_1", "问"))

    @rule(number=st.integers(0, 3))
    def store(self, number: int) -> None:
        document = Document(f"{number}.pdf", number, f"{number:02d}" * 32)
        self.attempt(AGENCY, cmd.StoreDocument(document, f"key-{number}"))

    @rule(kind=st.sampled_from([cmd.CloseLot("l_1"), cmd.ReportOpened("l_1", "ab"), cmd.FailLot("l_1", "x")]))
    def report(self, kind: cmd.Command) -> None:
        if self.story.now >= self.deadline:
            self.attempt(PLATFORM, kind)

    @rule(who=st.sampled_from([AGENCY, STRANGER, PLATFORM]))
    def terminate(self, who: Actor) -> None:
        self.attempt(who, cmd.TerminateLot("l_1", "c", "r", cmd.Signed(b"n", b"c", CODE)))

    @invariant()
    def deadlines_only_move_back(self) -> None:
        lot = self.story.state.lots["l_1"]
        assert lot.terms.opens_at >= self.deadline
        self.deadline = lot.terms.opens_at
        assert not (self.finished and lot.state not in FINISHED)
        self.finished = lot.state in FINISHED

    @invariant()
    def the_newest_documents_are_accepted(self) -> None:
        lot = self.story.state.lots["l_1"]
        assert lot.accepted[-1] == lot.docs_hash
        assert lot.revision == len(lot.notices)

    @invariant()
    def replay_equals_live(self) -> None:
        state = Tender()
        for event in self.story.events:
            state = evolve(state, event)
        assert state == self.story.state


TestTender = TenderMachine.TestCase
TestTender.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
