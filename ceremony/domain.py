"""What a ceremony is given: its rules as pure functions, and what each seat may see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Domain(Generic[S, C, E]):
    """The rules. All functions are pure and quick: they run under the lock of the log.

    ``decide(state, seat, command, now)`` may refuse; ``evolve(state, event)`` never does.
    ``decode(type, body, version, at, seat)`` gets ``body`` None for an event whose content was erased.
    """

    initial: Callable[[], S]
    decide: Callable[[S, str, C, datetime], Sequence[E]]
    evolve: Callable[[S, E], S]
    encode: Callable[[E], tuple[str, Mapping[str, Any]]]
    decode: Callable[[str, Mapping[str, Any] | None, int, datetime, str], E]


@dataclass(frozen=True, slots=True)
class Views(Generic[S, E]):
    """What seats see. Seats with the same ``audience`` get the same ``view``, serialised once.

    ``view`` and ``mine`` are JSON objects; a member that is None counts as absent, an object that is the same
    one as before as unchanged. ``touched(state, event)``, with the state after it, names every seat whose
    ``mine`` the event may change (``*``: any seat); a seat whose audience changes needs no mention.
    """

    audience: Callable[[S, str], str]
    view: Callable[[S, str], Mapping[str, Any]]
    mine: Callable[[S, str], Mapping[str, Any]]
    touched: Callable[[S, E], Collection[str]]


@dataclass(frozen=True, slots=True)
class Step(Generic[S, E]):
    """One event of a stream and the state after it."""

    version: int
    at: datetime
    seat: str
    event: E
    state: S


@dataclass(frozen=True, slots=True)
class Outcome(Generic[S, E]):
    """What a command came to. ``repeated``: it had been carried out before, these are its events of then."""

    version: int
    at: datetime
    events: tuple[E, ...]
    state: S
    repeated: bool = False
