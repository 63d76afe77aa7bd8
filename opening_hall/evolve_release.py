"""Evolve, phases A and B: windows, releases, adjudication, the admitted set, openings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from opening_hall import events as e
from opening_hall.facts import Cause, FailureStage, Phase
from opening_hall.state import Bid, Failure, Record, ReleaseAttempt, State


def with_bid(state: State, bid: Bid, **changes: Any) -> State:
    """The state with one bid replaced; every other bid stays the same object."""
    return replace(state, bids={**state.bids, bid.id: bid}, **changes)


def _decryption_started(state: State, event: e.DecryptionStarted) -> State:
    return replace(
        state,
        phase=Phase.DECRYPTING,
        deadline=event.until,
        released=sum(event.part in state.bids[bid].released for bid in state.contenders),
        reachable=False,
    )


def _decryption_extended(state: State, event: e.DecryptionExtended) -> State:
    bids = dict(state.bids)
    for bid in state.contenders:
        failure = bids[bid].failure
        if failure is not None and failure.stage is FailureStage.RELEASE:
            bids[bid] = replace(bids[bid], failure=None)
    return replace(state, phase=Phase.DECRYPTING, deadline=event.until, bids=bids)


def _wrap_acknowledged(state: State, event: e.WrapAcknowledged) -> State:
    bid = state.bids[event.bid]
    return with_bid(state, replace(bid, wrap_at={**bid.wrap_at, state.part: event.at}))


def _key_released(state: State, event: e.KeyReleased) -> State:
    bid = state.bids[event.bid]
    released = replace(
        bid,
        released={**bid.released, event.part: event.at},
        channels={**bid.channels, event.part: event.channel},
    )
    return with_bid(state, released, released=state.released + 1)


def _release_failed(state: State, event: e.ReleaseFailed) -> State:
    bid = state.bids[event.bid]
    attempt = ReleaseAttempt(event.part, event.reason, event.at)
    return with_bid(state, replace(bid, attempts=(*bid.attempts, attempt)))


def _decryption_ended(state: State, event: e.DecryptionEnded) -> State:
    bids = dict(state.bids)
    for bid, proposed in event.missing.items():
        tried = [a for a in bids[bid].attempts if a.part == event.part]
        reason = tried[-1].reason if tried else "not-released"
        bids[bid] = replace(bids[bid], failure=Failure(FailureStage.RELEASE, reason, proposed, event.at))
    return replace(state, phase=Phase.ADJUDICATING, deadline=None, bids=bids)


def _adjudicated(state: State, event: e.Adjudicated) -> State:
    bid = state.bids[event.bid]
    stage = FailureStage.OPENING if bid.listed else FailureStage.IDENTITY
    failure = bid.failure or Failure(stage, bid.waiting, Cause.UNKNOWN, event.at)
    decided = replace(
        failure,
        cause=event.cause,
        effect=event.effect,
        decided_reason=event.reason,
        decided_by=event.by,
        decided_at=event.at,
    )
    return with_bid(state, replace(bid, failure=decided, waiting=""))


def _admitted_fixed(state: State, event: e.AdmittedFixed) -> State:
    return replace(state, phase=Phase.ADMITTED, deadline=None, admitted=event.bids, admitted_hash=event.hash)


def _admitted_signed(state: State, event: e.AdmittedSigned) -> State:
    signed = (*state.admitted_signed, event.by)
    enough = state.setup is not None and len(signed) >= state.setup.quorum
    return replace(state, admitted_signed=signed, phase=Phase.OPENING if enough else state.phase)


def _hall_shares(state: State, event: e.HallSharesReleased) -> State:
    false = tuple((event.by, bid, reason) for bid, reason in event.false.items())
    return replace(
        state, hall_released=(*state.hall_released, event.by), false_shares=state.false_shares + false
    )


def _bids_opened(state: State, event: e.BidsOpened) -> State:
    bids = dict(state.bids)
    for bid, result in event.results.items():
        failure = bids[bid].failure
        if not result.ok:
            proposed = result.cause or Cause.UNKNOWN
            failure = Failure(FailureStage.OPENING, result.reason, proposed, event.at)
        openings = {**bids[bid].openings, event.part: result}
        bids[bid] = replace(bids[bid], openings=openings, failure=failure, waiting="")
    for bid, reason in event.waiting.items():
        bids[bid] = replace(bids[bid], waiting=reason)
    return replace(state, bids=bids, opened=state.opened + len(event.results))


def _reconvened(state: State, event: e.Reconvened) -> State:
    return replace(
        state,
        phase=Phase.LIST_ANNOUNCED,
        stage=state.stage + 1,
        deadline=event.until,
        contenders=event.bids,
        released=0,
        admitted=(),
        admitted_hash="",
        admitted_signed=(),
        hall_released=(),
        opened=0,
        reading=(),
        reading_at=None,
        lines=0,
        confirmed=0,
        record=Record(),
        records=(*state.records, state.record),
    )


RELEASE: Mapping[type[e.Event], Callable[[State, Any], State]] = {
    e.DecryptionStarted: _decryption_started,
    e.DecryptionExtended: _decryption_extended,
    e.WrapAcknowledged: _wrap_acknowledged,
    e.KeyReleased: _key_released,
    e.ReleaseFailed: _release_failed,
    e.DecryptionEnded: _decryption_ended,
    e.Adjudicated: _adjudicated,
    e.AdmittedFixed: _admitted_fixed,
    e.AdmittedSigned: _admitted_signed,
    e.HallSharesReleased: _hall_shares,
    e.BidsOpened: _bids_opened,
    e.Reconvened: _reconvened,
}
