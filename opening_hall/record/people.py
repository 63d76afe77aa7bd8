"""Who is meant in the record: the person behind a seat as the notice names it, never a seat's key."""

from __future__ import annotations

from collections.abc import Mapping

from opening_hall.record.words import Text
from opening_hall.seats import CreditCode, Role, SeatEntry
from opening_hall.state import State

FUNCTIONS: Mapping[Role, Text] = {
    Role.HOST: ("主持人", "Host"),
    Role.DEPUTY: ("副主持人", "Deputy host"),
    Role.TENDERER: ("招标人代表", "Tenderer's representative"),
    Role.SUPERVISOR: ("监督", "Supervisor"),
    Role.WITNESS: ("见证", "Witness"),
    Role.SUPPORT: ("技术支持", "Technical support"),
    Role.OFFICER: ("开标人员", "Key officer"),
}


def person(entry: SeatEntry, n: int) -> str:
    """A person with the organisation it comes from, where that says more than the name."""
    if not entry.organisation or entry.organisation == entry.name:
        return entry.name
    return (f"{entry.name}（{entry.organisation}）", f"{entry.name} ({entry.organisation})")[n]


def actor(state: State, key: str, n: int) -> str:
    """Function and name behind a seat (`officer:agency`) or a host's bare id; the key if nobody is named."""
    if key.endswith(")"):
        # Acts that were signed name person and seat (`steps.person_of`).
        key = key.rpartition("(")[2][:-1]
    role, colon, name = key.partition(":")
    for tried in (key,) if colon else (f"{Role.HOST}:{key}", f"{Role.DEPUTY}:{key}"):
        entry = state.entries.get(tried)
        if entry is not None:
            words = FUNCTIONS.get(entry.seat.role)
            return f"{words[n]} {entry.name}" if words else entry.name
    if role == Role.BIDDER and (found := state.by_code.get(CreditCode(name))) is not None:
        identity = state.bids[found].identity
        return identity.name if identity is not None else name
    return key


def actors(state: State, key: str) -> Text:
    """`actor` in both languages."""
    return actor(state, key, 0), actor(state, key, 1)
