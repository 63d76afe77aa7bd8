"""What in a hall needs somebody's eye now: anomalies first, for whoever supervises or hosts it.

A pure look at a state that the seat may see anyway (officials); who has a socket open is a signal beside it,
never a fact. Nothing here is derived from sealed bids before the deadline: there is nothing to derive.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from opening_hall.facts import Phase
from opening_hall.seats import Role, SeatEntry
from opening_hall.state import State

#: From here on before the deadline an empty seat is worth a word.
SOON = timedelta(minutes=10)
#: A window that ended this long ago and moved nothing.
STUCK = timedelta(seconds=60)
OVER = frozenset({Phase.RECORDED, Phase.FAILED, Phase.ABORTED})
RELEASING = {
    Phase.CLOSED: "identity_released",
    Phase.IDENTIFYING: "identity_released",
    Phase.ADMITTED: "admitted_signed",
    Phase.OPENING: "hall_released",
}
"""Phases that wait for officers, and who has done it."""


class Level(StrEnum):
    """How much an alert matters."""

    BAD = "bad"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to look at; the client has the words."""

    kind: str
    level: Level
    facts: Mapping[str, str | int] = field(default_factory=dict)


def open_alerts(state: State) -> tuple[Alert, ...]:
    """What everybody may know at any time: that the opening is paused, or how it ended."""
    found = []
    if state.suspended is not None:
        facts = {"code": str(state.suspended.code), "since": state.suspended.since.isoformat()}
        found.append(Alert("suspended", Level.BAD, facts))
    if state.ending is not None:
        ended = state.ending.failed or state.ending.aborted
        found.append(Alert("ended", Level.INFO, {"code": str(ended) if ended else ""}))
    return tuple(found)


def alerts(state: State, present: Collection[str], now: datetime) -> tuple[Alert, ...]:
    """Everything an official should see, the worst first. `present`: seats with an open socket."""
    if state.setup is None:
        return ()
    found = [
        *open_alerts(state),
        *_bids(state),
        *_floor(state, now),
        *_people(state, frozenset(present), now),
    ]
    order = list(Level)
    return tuple(sorted(found, key=lambda alert: order.index(alert.level)))


def _bids(state: State) -> list[Alert]:
    bids = state.bids.values()
    counted = (
        ("adjudication-pending", Level.BAD, len(state.undecided())),
        ("false-shares", Level.BAD, len(state.false_shares)),
        ("dealing-reported", Level.BAD, sum(1 for bid in bids if bid.dealing)),
        ("identity-waiting", Level.WARN, sum(1 for bid in bids if bid.waiting)),
        ("wrong-keys", Level.WARN, sum(1 for bid in bids if bid.attempts)),
        ("troubles", Level.WARN, sum(1 for bid in bids if bid.troubles)),
        ("failures", Level.INFO, sum(1 for b in bids if b.failure is not None and not b.failure.open)),
    )
    return [Alert(kind, level, {"count": count}) for kind, level, count in counted if count]


def _floor(state: State, now: datetime) -> list[Alert]:
    found = []
    unanswered = sum(1 for objection in state.objections.values() if objection.resolution is None)
    if unanswered:
        found.append(Alert("objections-unanswered", Level.WARN, {"count": unanswered}))
    quorum = state.rules.witness_quorum
    if state.phase is Phase.CLOSED and len(state.cosigned) < quorum:
        found.append(Alert("witnesses-missing", Level.WARN, {"count": quorum - len(state.cosigned)}))
    due = state.deadline
    if due is not None and state.suspended is None and state.phase not in OVER and now - due > STUCK:
        found.append(Alert("overdue", Level.WARN, {"since": due.isoformat()}))
    if state.record.signing_closed and state.record.missing:
        found.append(Alert("signatures-missing", Level.INFO, {"count": len(state.record.missing)}))
    return found


def here(state: State, entry: SeatEntry, present: Collection[str]) -> bool:
    """Whether the person of a seat has a socket open, in this seat or another of theirs."""
    return any(
        key in present and (other.seat == entry.seat or (entry.person and other.person == entry.person))
        for key, other in state.entries.items()
    )


def _people(state: State, present: frozenset[str], now: datetime) -> list[Alert]:
    setup = state.setup
    if setup is None or state.phase in OVER or now < setup.opens_at - SOON:
        return []
    found = []
    level = Level.BAD if now >= setup.opens_at else Level.WARN
    host = state.person(state.host_seat())
    if host is not None and not here(state, host, present):
        found.append(
            Alert("host-away", Level.BAD if now >= setup.opens_at else Level.WARN, {"name": host.name})
        )
    officers = [e for e in state.entries.values() if e.seat.role is Role.OFFICER]
    done: Collection[str] = getattr(state, RELEASING.get(state.phase, "hall_released"))
    able = sum(1 for e in officers if str(e.seat) in done or here(state, e, present))
    waits = state.phase in RELEASING or state.phase is Phase.SCHEDULED
    if waits and able < setup.quorum:
        facts = {"able": able, "quorum": setup.quorum}
        found.append(Alert("officers-missing", level, facts))
    return found
