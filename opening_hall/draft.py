"""A decision in the making: the events so far and the state they lead to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ceremony.errors import Refusal
from opening_hall.events import Event
from opening_hall.evolve import evolve
from opening_hall.rules import Rules, Setup
from opening_hall.state import State


class Draft:
    """Collects events; `state` is always the state after them."""

    __slots__ = ("events", "now", "state")

    def __init__(self, state: State, now: datetime) -> None:
        self.state = state
        self.now = now
        self.events: list[Event] = []

    @property
    def setup(self) -> Setup:
        """The set-up. Raises Refusal("not-scheduled") before there is one."""
        if self.state.setup is None:
            raise Refusal("not-scheduled")
        return self.state.setup

    @property
    def rules(self) -> Rules:
        """The rule row."""
        return self.state.rules

    def add(self, event: Event) -> None:
        """The event happens now."""
        event = replace(event, at=self.now)
        self.events.append(event)
        self.state = evolve(self.state, event)

    def in_seconds(self, seconds: int) -> datetime:
        """The instant that many seconds from now."""
        return self.now + timedelta(seconds=seconds)

    def in_time(self) -> None:
        """Raise Refusal("window-closed") once the running window is over; Tick may not have come yet.

        During a suspension (暂停) all clocks stand still: nothing that may be said then is late.
        """
        deadline = None if self.state.suspended else self.state.deadline
        if deadline is not None and self.now >= deadline:
            raise Refusal("window-closed", phase=str(self.state.phase))
