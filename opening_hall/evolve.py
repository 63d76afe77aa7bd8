"""How each event changes the hall. Never refuses: what is in the log has happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from opening_hall import events as e
from opening_hall.course import with_turn
from opening_hall.evolve_record import RECORD
from opening_hall.evolve_release import RELEASE, with_bid
from opening_hall.facts import Cause, FailureStage, Phase
from opening_hall.rules import Setup
from opening_hall.seats import Role
from opening_hall.state import Bid, Ending, Failure, Message, Present, State, Suspension

E = TypeVar("E", bound=e.Event)


def _set_up(state: State, setup: Setup) -> State:
    host = next((entry.seat.id for entry in setup.seats if entry.seat.role is Role.HOST), "")
    entries = {str(entry.seat): entry for entry in setup.seats}
    kept = state.setup is not None and state.host_seat()
    host = state.host if kept and str(kept) in entries else host
    deadline = setup.opens_at if state.phase is Phase.SCHEDULED else state.deadline
    return replace(state, setup=setup, host=host, entries=entries, deadline=deadline)


def _scheduled(state: State, event: e.Scheduled | e.Rescheduled) -> State:
    return _set_up(state, event.setup)


def _closing_started(state: State, _: e.ClosingStarted) -> State:
    return replace(state, phase=Phase.CLOSING, deadline=None)


def _closed(state: State, event: e.Closed) -> State:
    bids = {bid: Bid(bid, facts) for bid, facts in event.bids.items()}
    phase = Phase.CLOSED if state.rules.witness_quorum else Phase.IDENTIFYING
    return replace(state, phase=phase, bids=bids, closed_at=event.at)


def _cosigned(state: State, event: e.Cosigned) -> State:
    cosigned = {**state.cosigned, event.witness: event.checkpoint}
    enough = state.phase is Phase.CLOSED and len(cosigned) >= state.rules.witness_quorum
    return replace(state, cosigned=cosigned, phase=Phase.IDENTIFYING if enough else state.phase)


def _failed(state: State, event: e.Failed) -> State:
    ending = Ending(event.at, failed=event.code, counted=event.counted)
    return replace(state, phase=Phase.FAILED, deadline=None, ending=ending)


def _draw_committed(state: State, event: e.DrawCommitted) -> State:
    commitments = {**state.draw.commitments, event.by: event.commitment}
    return replace(state, draw=replace(state.draw, commitments=commitments))


def _draw_revealed(state: State, event: e.DrawRevealed) -> State:
    return replace(state, draw=replace(state.draw, reveals={**state.draw.reveals, event.by: event.value}))


def _drawn(state: State, event: e.CoefficientDrawn) -> State:
    return replace(state, draw=replace(state.draw, value=event.value, seed=event.seed, index=event.index))


def _dealing_reported(state: State, event: e.DealingReported) -> State:
    bid = state.bids[event.bid]
    told = replace(bid, dealing=(*bid.dealing, (event.by, event.purpose, event.reason)))
    return replace(state, bids={**state.bids, bid.id: told})


def _identity_shares(state: State, event: e.IdentitySharesReleased) -> State:
    false = tuple((event.by, bid, reason) for bid, reason in event.false.items())
    return replace(
        state,
        identity_released=(*state.identity_released, event.by),
        false_shares=state.false_shares + false,
    )


def _identities(state: State, event: e.IdentitiesVerified) -> State:
    bids = dict(state.bids)
    for bid, result in event.results.items():
        failure = None
        if not result.ok:
            proposed = result.cause or Cause.UNKNOWN
            failure = Failure(FailureStage.IDENTITY, result.reason, proposed, event.at)
        bids[bid] = replace(bids[bid], identity=result, waiting="", failure=failure)
    for bid, reason in event.waiting.items():
        bids[bid] = replace(bids[bid], waiting=reason)
    return replace(state, bids=bids)


def _duplicates(state: State, event: e.DuplicatesResolved) -> State:
    bids = dict(state.bids)
    for bid, superseded in event.superseded.items():
        bids[bid] = replace(bids[bid], superseded=superseded)
    return replace(state, bids=bids)


def _listed(state: State, event: e.ListAnnounced) -> State:
    bids = dict(state.bids)
    for row in event.rows:
        bids[row.bid] = replace(bids[row.bid], number=row.number)
    order = tuple(row.bid for row in event.rows)
    return replace(
        state,
        phase=Phase.LIST_ANNOUNCED,
        bids=bids,
        order=order,
        contenders=order,
        by_code={row.credit_code: row.bid for row in event.rows},
        deadline=event.until,
    )


def _signed_in(state: State, event: e.SignedIn) -> State:
    entry = Present(event.by, event.name, event.certificate_sha256, event.at)
    signed = replace(state, sign_ins={**state.sign_ins, event.by: entry})
    bid = state.by_code.get(event.credit_code)
    return signed if bid is None else with_bid(signed, replace(state.bids[bid], present_at=event.at))


def _said(state: State, event: e.Said) -> State:
    message = Message(len(state.chat) + 1, event.by, event.text, event.at)
    said = {**state.said, event.by: state.said.get(event.by, 0) + 1}
    return replace(state, chat=(*state.chat, message), said=said)


TROUBLES = frozenset({"socket-loss", "key-test-failed", "wrap-unavailable", "release-failed", "fetch-failed"})
"""Kinds of diagnostics that speak against blaming the bidder unheard."""


def _diagnosed(state: State, event: e.DiagnosticReported) -> State:
    if event.kind == "reachability":
        return replace(state, reachable=event.facts.get("reachable") == "yes")
    bid = state.bids.get(event.bid) if event.bid else None
    if bid is None:
        return state
    trouble = event.kind in TROUBLES
    told = replace(bid, diagnostics=bid.diagnostics + 1, troubles=bid.troubles + trouble)
    return replace(state, bids={**state.bids, bid.id: told})


def _suspended(state: State, event: e.Suspended) -> State:
    return replace(state, suspended=Suspension(event.since, event.code, event.reason, event.by))


def _resumed(state: State, event: e.Resumed) -> State:
    lost = timedelta(milliseconds=event.lost)
    return replace(
        state,
        suspended=None,
        deadline=state.deadline and state.deadline + lost,
        reading_at=state.reading_at and state.reading_at + lost,
        lost_ms=state.lost_ms + event.lost,
    )


def _aborted(state: State, event: e.Aborted) -> State:
    ending = Ending(event.at, aborted=event.code, reason=event.reason, by=event.by)
    return replace(state, phase=Phase.ABORTED, suspended=None, deadline=None, ending=ending)


def _handed_over(state: State, event: e.HostHandedOver) -> State:
    return replace(state, host=event.to)


def _erased(state: State, _: e.Erased) -> State:
    return state


EVOLVE: Mapping[type[e.Event], Callable[[State, Any], State]] = {
    e.Scheduled: _scheduled,
    e.Rescheduled: _scheduled,
    e.ClosingStarted: _closing_started,
    e.Closed: _closed,
    e.Cosigned: _cosigned,
    e.Failed: _failed,
    e.DrawCommitted: _draw_committed,
    e.DrawRevealed: _draw_revealed,
    e.CoefficientDrawn: _drawn,
    e.DealingReported: _dealing_reported,
    e.IdentitySharesReleased: _identity_shares,
    e.IdentitiesVerified: _identities,
    e.DuplicatesResolved: _duplicates,
    e.ListAnnounced: _listed,
    e.SignedIn: _signed_in,
    e.Said: _said,
    e.DiagnosticReported: _diagnosed,
    e.Suspended: _suspended,
    e.Resumed: _resumed,
    e.Aborted: _aborted,
    e.HostHandedOver: _handed_over,
    e.Erased: _erased,
    **RELEASE,
    **RECORD,
}


def evolve(state: State, event: e.Event) -> State:
    """The hall after `event`."""
    return with_turn(EVOLVE[type(event)](state, event), event)
