"""A tender as it goes, for the tests of its rules: every step is checked to survive encoding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bidding.tenders import commands as cmd
from bidding.tenders import events as ev
from bidding.tenders.actor import Actor, ActorRole
from bidding.tenders.calendar import calendar
from bidding.tenders.changes import plan_change
from bidding.tenders.domain import decide, evolve
from bidding.tenders.forms import default_form
from bidding.tenders.notice import tender_notice
from bidding.tenders.preconditions import drafted, ruleset_for
from bidding.tenders.rules import shipped
from bidding.tenders.state import Tender
from bidding.tenders.terms import (
    Document,
    HallSeat,
    Header,
    LotState,
    LotTerms,
    Mode,
    OfficerTerms,
    OpeningKey,
    Party,
)
from ceremony.errors import Malformed, Refusal

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CODE, OTHER = "91350100M000000013", "91350100M000000021"
AGENCY = Actor(ActorRole.AGENCY, CODE, "p_a")
STRANGER = Actor(ActorRole.AGENCY, "91350100M000000048", "p_b")
OFFICER = Actor(ActorRole.OFFICER, CODE, "p_a")
CHECKER = Actor(ActorRole.CHECKER, OTHER, "p_c")
DAYS = calendar()
FORM = default_form("works", ("main",))


def terms(**changes: Any) -> LotTerms:
    officers = tuple(OfficerTerms(f"officer:{n}", i, n, n, CODE) for i, n in enumerate("abc", start=1))
    base = LotTerms(
        title="一标段",
        opens_at=START + timedelta(days=21),
        k=2,
        officers=officers,
        seats=(HallSeat("host", "主持", "代理", CODE),),
        form=FORM,
    )
    return replaced(base, **changes)


def header(regime: str = "ENG") -> Header:
    return Header(regime, "works", "项目", "CN", "", Mode.OPEN, Party("业主", OTHER))


def key(number: int) -> OpeningKey:
    return OpeningKey(b"certificate", bytes([number]) * 65, b"signature", START + timedelta(days=700))


@dataclass
class Story:
    """A tender as it goes."""

    state: Tender = field(default_factory=Tender)
    now: datetime = START
    events: list[ev.Event] = field(default_factory=list)

    def when(self, by: Actor, command: cmd.Command) -> Sequence[ev.Event]:
        found = decide(self.state, str(by), command, self.now)
        for event in found:
            kind, body = ev.encode_event(event)
            again = ev.decode_event(kind, body, 1, self.now, str(by))
            assert again == event
            self.events.append(again)
            self.state = evolve(self.state, again)
        return found

    def refused(self, by: Actor, command: cmd.Command, code: str) -> None:
        before = self.state
        with pytest.raises((Refusal, Malformed), match=code) as caught:
            self.when(by, command)
        assert caught.value.code == code  # type: ignore[attr-defined]
        assert self.state is before

    def draft(self, regime: str = "ENG") -> Story:
        roles = frozenset({"agency"})
        self.when(AGENCY, cmd.DraftTender("t_1", header(regime), Party("代理", CODE), roles, shipped()))
        return self

    def ready(self, regime: str = "ENG", **changes: Any) -> Story:
        self.draft(regime)
        self.when(AGENCY, cmd.AddLot("l_1", terms(**changes)))
        self.keys("l_1")
        self.when(AGENCY, cmd.StoreDocument(Document("a.pdf", 1, "aa" * 32), "key-a"))
        return self

    def keys(self, lot: str) -> None:
        for index, officer in enumerate(self.state.lots[lot].terms.officers):
            self.when(OFFICER, cmd.RegisterOpeningKey(lot, officer.seat, key(index)))

    def notice(self) -> cmd.Publish:
        rules = ruleset_for(self.state, shipped(), self.now)
        body = tender_notice(self.state, rules, drafted(self.state))
        return cmd.Publish(cmd.Signed(body, b"cms", CODE), shipped(), DAYS)

    def published(self, regime: str = "ENG", **changes: Any) -> Story:
        self.ready(regime, **changes)
        self.when(AGENCY, self.notice())
        return self

    def change(self, **said: Any) -> cmd.NoticeChange:
        change = cmd.Change(**{"title": "澄清", "text": "内容", **said})
        plan = plan_change(self.state, change, DAYS, self.now)
        return cmd.NoticeChange(change, cmd.Signed(plan.notice, b"cms", CODE), DAYS)

    def lot(self) -> LotState:
        return self.state.lots["l_1"].state
