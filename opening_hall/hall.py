"""The opening hall as a ceremony: its rules and views in the shape every ceremony has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ceremony.domain import Domain, Views
from opening_hall import view as views
from opening_hall.codec import decode, encode
from opening_hall.commands import Command
from opening_hall.decide import decide
from opening_hall.events import Event
from opening_hall.evolve import evolve
from opening_hall.seats import LotId, Seat
from opening_hall.state import INITIAL, State


def stream(lot: LotId | str) -> str:
    """The log stream of a lot's hall."""
    return f"hall:{lot}"


def _decide(state: State, seat: str, command: Command, now: datetime) -> Sequence[Event]:
    return decide(state, Seat.parse(seat), command, now)


def _audience(state: State, seat: str) -> str:
    return views.audience(state, Seat.parse(seat))


def _mine(state: State, seat: str) -> views.View:
    return views.mine(state, Seat.parse(seat))


HALL: Domain[State, Command, Event] = Domain(lambda: INITIAL, _decide, evolve, encode, decode)
HALL_VIEWS: Views[State, Event] = Views(_audience, views.view, _mine, views.touched)
