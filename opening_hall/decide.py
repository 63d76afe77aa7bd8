"""From a command to the events it causes, or a refusal that changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from opening_hall.commands import Command
from opening_hall.decide_closing import CLOSING
from opening_hall.decide_floor import FLOOR
from opening_hall.decide_reading import READING
from opening_hall.decide_record import RECORD
from opening_hall.decide_release import RELEASE
from opening_hall.decide_tick import TICK
from opening_hall.draft import Draft
from opening_hall.events import Event
from opening_hall.guards import check
from opening_hall.seats import Seat
from opening_hall.state import State

HANDLERS: Mapping[type[Command], Callable[[Draft, Seat, Any], None]] = {
    **CLOSING,
    **RELEASE,
    **READING,
    **RECORD,
    **FLOOR,
    **TICK,
}


def decide(state: State, by: Seat, command: Command, now: datetime) -> tuple[Event, ...]:
    """Events that follow from the command at `now`; none when it changes nothing. Raises Refusal."""
    check(state, by, type(command))
    draft = Draft(state, now)
    HANDLERS[type(command)](draft, by, command)
    return tuple(draft.events)
