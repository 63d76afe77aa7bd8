"""One person may fill several seats of a notice: the host who also holds an opening key is the usual case."""

from __future__ import annotations

from collections.abc import Collection

from opening_hall.seats import Seat
from opening_hall.state import State


def kin(state: State, seat: Seat) -> tuple[Seat, ...]:
    """The other seats of the person in a seat, in the order of the notice."""
    own = state.person(seat)
    if own is None or not own.person:
        return ()
    return tuple(e.seat for e in state.entries.values() if e.person == own.person and e.seat != seat)


def with_kin(state: State, seats: Collection[str]) -> frozenset[str]:
    """These seats, and every other seat of the same people."""
    people = {entry.person for key in seats if (entry := state.entries.get(key)) and entry.person}
    if not people:
        return frozenset(seats)
    return frozenset({*seats, *(key for key, entry in state.entries.items() if entry.person in people)})
