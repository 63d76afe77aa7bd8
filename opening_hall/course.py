"""The course of an opening: its stations and turns as everybody in the hall is told them. Pure.

Whoever comes late reads here what was said before. Nothing of a single bid is in it: that stands in its row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from crypto.canonical import iso
from opening_hall import events as e
from opening_hall.facts import Phase
from opening_hall.state import State, Turn

Facts = Mapping[str, Any]


def _until(_: State, event: Any) -> Facts:
    return {"until": iso(event.until)} if event.until else {}


def _by(_: State, event: Any) -> Facts:
    return {"by": event.by}


def _none(_: State, __: e.Event) -> Facts:
    return {}


def _identifying(state: State, _: e.Event) -> Facts | None:
    return {} if state.phase is Phase.IDENTIFYING else None


def _cosigned(state: State, event: e.Cosigned) -> Facts | None:
    """Only the cosignature that lets phase 0 begin; further ones are evidence, not turns."""
    begins = list(state.cosigned)[-1] == event.witness
    enough = len(state.cosigned) == state.rules.witness_quorum
    return {} if state.phase is Phase.IDENTIFYING and begins and enough else None


def _list(state: State, event: e.ListAnnounced) -> Facts:
    return {"count": len(event.rows), **_until(state, event)}


def _extended(state: State, event: e.DecryptionExtended) -> Facts:
    return {"reason": event.reason, **_until(state, event)}


def _ended(state: State, event: e.DecryptionEnded) -> Facts:
    return {"released": state.released, "missing": len(event.missing)}


def _admitted(_: State, event: e.AdmittedFixed) -> Facts:
    return {"count": len(event.bids), "hash": event.hash}


def _drawn(_: State, event: e.CoefficientDrawn) -> Facts:
    return {"label": event.label, "value": event.value}


def _reading(_: State, event: e.ReadingStarted) -> Facts:
    told = {"count": len(event.order), "part": event.part}
    amounts = {"ceiling": event.ceiling, "benchmark": event.benchmark}
    return told | {key: amount for key, amount in amounts.items() if amount}


def _confirmed(state: State, event: e.ConfirmationClosed) -> Facts:
    return {"missing": len(event.missing), "how": str(event.how), **_until(state, event)}


def _suspended(_: State, event: e.Suspended) -> Facts:
    return {"code": str(event.code), "reason": event.reason, "by": event.by}


def _resumed(_: State, event: e.Resumed) -> Facts:
    return {"lostMs": event.lost, "reason": event.reason, "by": event.by}


def _failed(_: State, event: e.Failed) -> Facts:
    return {"code": str(event.code), "counted": event.counted, "minimum": event.minimum}


def _aborted(_: State, event: e.Aborted) -> Facts:
    return {"code": str(event.code), "reason": event.reason}


def _handed_over(_: State, event: e.HostHandedOver) -> Facts:
    return {"from": event.previous, "to": event.to}


def _rendered(state: State, event: e.RecordRendered) -> Facts:
    # Without a window nobody is asked to sign: the record of a failed or aborted opening.
    return {"sha256": event.sha256, **_until(state, event)}


def _recorded(_: State, event: e.HallClosed) -> Facts:
    return {"sha256": event.sha256}


def _signing_closed(state: State, event: e.SigningClosed) -> Facts:
    return {"signed": len(state.record.signatures), "missing": len(event.missing)}


def _reconvened(_: State, event: e.Reconvened) -> Facts:
    return {"part": event.part, "count": len(event.bids), "reason": event.reason}


TURNS: Mapping[type[e.Event], tuple[str, Callable[[State, Any], Facts | None]]] = {
    e.ClosingStarted: ("closing", _none),
    e.Closed: ("identifying", _identifying),
    e.Cosigned: ("identifying", _cosigned),
    e.IdentitySharesReleased: ("identity-released", _by),
    e.ListAnnounced: ("list", _list),
    e.DecryptionStarted: ("decrypting", _until),
    e.DecryptionExtended: ("extended", _extended),
    e.DecryptionEnded: ("decryption-ended", _ended),
    e.AdmittedFixed: ("admitted", _admitted),
    e.AdmittedSigned: ("admitted-signed", _by),
    e.HallSharesReleased: ("hall-released", _by),
    e.CoefficientDrawn: ("drawn", _drawn),
    e.ReadingStarted: ("reading", _reading),
    e.ReadingEnded: ("confirming", _until),
    e.ConfirmationClosed: ("objections", _confirmed),
    e.ObjectionsClosed: ("record", _none),
    e.RecordRendered: ("rendered", _rendered),
    e.SigningClosed: ("signing-closed", _signing_closed),
    e.RecordSealed: ("sealed", _by),
    e.HallClosed: ("recorded", _recorded),
    e.Suspended: ("suspended", _suspended),
    e.Resumed: ("resumed", _resumed),
    e.HostHandedOver: ("handed-over", _handed_over),
    e.Failed: ("failed", _failed),
    e.Aborted: ("aborted", _aborted),
    e.Reconvened: ("reconvened", _reconvened),
}


def with_turn(state: State, event: e.Event) -> State:
    """The state with what `event` adds to the course, in the state after it."""
    found = TURNS.get(type(event))
    if found is None:
        return state
    kind, told = found
    facts = told(state, event)
    if facts is None:
        return state
    return replace(state, course=(*state.course, Turn(kind, event.at, facts)))
