"""A small ceremony to test the machinery with: notes put into a box, opened once for all.

Seats: `host:` opens the box, `voter:<id>` puts one note, `public:` watches from the opening on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ceremony.domain import Domain, Views
from ceremony.errors import Refusal


@dataclass(frozen=True, slots=True)
class Put:
    note: str


@dataclass(frozen=True, slots=True)
class Open:
    pass


@dataclass(frozen=True, slots=True)
class Say:
    text: str
    times: int = 1


Command = Put | Open | Say


@dataclass(frozen=True, slots=True)
class Event:
    kind: str
    seat: str
    text: str
    version: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class State:
    opened: bool = False
    notes: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None
    version: int = 0


def decide(state: State, seat: str, command: Command, now: datetime) -> tuple[Event, ...]:
    match command:
        case Put(note):
            if state.opened:
                raise Refusal("box-open")
            if seat in state.notes:
                raise Refusal("note-already-put")
            return (Event("Put", seat, note),)
        case Open():
            if seat != "host:":
                raise Refusal("not-the-host")
            return () if state.opened else (Event("Opened", seat, ""),)
        case Say(text, times):
            return tuple(Event("Said", seat, f"{text} {n}") for n in range(times))


def evolve(state: State, event: Event) -> State:
    state = replace(state, at=event.at, version=event.version)
    match event.kind:
        case "Put":
            return replace(state, notes={**state.notes, event.seat: event.text})
        case "Opened":
            return replace(state, opened=True)
        case "Said":
            return replace(state, said={**state.said, str(event.version): event.text})
        case _:
            return state


def decode(kind: str, body: Mapping[str, Any] | None, version: int, at: datetime, seat: str) -> Event:
    if body is None:
        return Event(kind, seat, "(erased)", version, at)
    return Event(kind, seat, body["text"], version, at)


def audience(state: State, seat: str) -> str:
    if seat == "host:":
        return "host"
    return "all" if state.opened else "outside"


def view(state: State, audience_: str) -> dict[str, Any]:
    told: dict[str, Any] = {"opened": state.opened, "nothing": None}
    if audience_ == "host":
        told["count"] = len(state.notes)
    if audience_ == "all" or state.opened:
        told["notes"] = dict(state.notes)
    if audience_ != "outside":
        told["said"] = {key: {"text": text} for key, text in state.said.items()}
    return told


def mine(state: State, seat: str) -> dict[str, Any]:
    return {"note": state.notes.get(seat)}


TOY: Domain[State, Command, Event] = Domain(
    initial=State,
    decide=decide,
    evolve=evolve,
    encode=lambda event: (event.kind, {"text": event.text}),
    decode=decode,
)
TOY_VIEWS: Views[State, Event] = Views(
    audience=audience,
    view=view,
    mine=mine,
    touched=lambda state, event: {event.seat} if event.kind == "Put" else (),
)
