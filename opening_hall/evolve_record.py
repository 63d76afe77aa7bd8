"""Evolve, from the reading to the sealed record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from opening_hall import events as e
from opening_hall.evolve_release import with_bid
from opening_hall.facts import Cause, Confirmed, FailureStage, Phase
from opening_hall.state import Failure, Objection, Record, State

OVER = (Phase.FAILED, Phase.ABORTED)


def _reading_started(state: State, event: e.ReadingStarted) -> State:
    return replace(
        state,
        phase=Phase.READING,
        reading=event.order,
        reading_at=event.at,
        lines=0,
        deadline=event.next_at,
    )


def _line_read(state: State, event: e.LineRead) -> State:
    bid = state.bids[event.bid]
    read = replace(bid, read={**bid.read, state.part: (event.at, event.flags)})
    return with_bid(state, read, lines=state.lines + 1, deadline=event.next_at)


def _reading_ended(state: State, event: e.ReadingEnded) -> State:
    return replace(state, phase=Phase.CONFIRMING, deadline=event.until)


def _line_confirmed(state: State, event: e.LineConfirmed) -> State:
    bid = state.bids[event.bid]
    told = replace(bid, confirmed={**bid.confirmed, state.part: (event.at, event.how)})
    return with_bid(state, told, confirmed=state.confirmed + 1)


def _confirmation_closed(state: State, event: e.ConfirmationClosed) -> State:
    bids = dict(state.bids)
    for bid in event.missing:
        told: dict[str, tuple[Any, Confirmed]] = {**bids[bid].confirmed, state.part: (event.at, event.how)}
        bids[bid] = replace(bids[bid], confirmed=told)
    return replace(state, phase=Phase.OBJECTION, deadline=event.until, bids=bids)


def _objection_raised(state: State, event: e.ObjectionRaised) -> State:
    number = len(state.objections) + 1
    raised = Objection(event.id, number, event.by, event.text, event.at, event.signature)
    return replace(state, objections={**state.objections, event.id: raised})


def _objection_answered(state: State, event: e.ObjectionAnswered) -> State:
    raised = state.objections.get(event.id)
    if raised is None:
        # The objection was erased with its author's data; what is left of the answer stands alone in the log.
        return state
    answered = replace(
        raised,
        answer=event.text,
        answered_by=event.by,
        answered_at=event.at,
        resolution=event.resolution,
        answer_signature=event.signature,
    )
    return replace(state, objections={**state.objections, event.id: answered})


def _objections_closed(state: State, _: e.ObjectionsClosed) -> State:
    return replace(state, phase=Phase.RECORD_SIGN, deadline=None)


def _rejudged(state: State, event: e.CertificatesRejudged) -> State:
    bids = dict(state.bids)
    for bid, result in event.results.items():
        failure = bids[bid].failure
        if failure is None and not result.ok:
            proposed = result.cause or Cause.UNKNOWN
            failure = Failure(FailureStage.CERTIFICATE, result.reason, proposed, event.at)
        bids[bid] = replace(bids[bid], rejudged=result, failure=failure)
    return replace(state, bids=bids)


def _rendered(state: State, event: e.RecordRendered) -> State:
    record = Record(event.sha256, event.size, event.minutes_sha256)
    return replace(state, record=record, deadline=event.until)


def _record_signed(state: State, event: e.RecordSigned) -> State:
    signatures = {**state.record.signatures, event.credit_code: event.at}
    return replace(state, record=replace(state.record, signatures=signatures))


def _signing_closed(state: State, event: e.SigningClosed) -> State:
    record = replace(state.record, signing_closed=True, missing=event.missing)
    return replace(state, record=record, deadline=None)


def _attached(state: State, event: e.SignaturesAttached) -> State:
    return replace(state, phase=Phase.SEALING, record=replace(state.record, attached=event.sha256))


def _seal_prepared(state: State, event: e.SealPrepared) -> State:
    record = replace(state.record, prepared_for=event.for_seat, digest=event.digest, seal_signed="")
    return replace(state, record=record)


def _seal_signed(state: State, event: e.SealSigned) -> State:
    return replace(state, record=replace(state.record, seal_signed=event.digest))


def _sealed(state: State, event: e.RecordSealed) -> State:
    record = replace(
        state.record,
        sealed={**state.record.sealed, event.by: event.sha256},
        prepared_for="",
        digest="",
        seal_signed="",
    )
    return replace(state, record=record)


def _hall_closed(state: State, event: e.HallClosed) -> State:
    phase = state.phase if state.phase in OVER else Phase.RECORDED
    return replace(state, phase=phase, record=replace(state.record, sha256=event.sha256))


RECORD: Mapping[type[e.Event], Callable[[State, Any], State]] = {
    e.ReadingStarted: _reading_started,
    e.LineRead: _line_read,
    e.ReadingEnded: _reading_ended,
    e.LineConfirmed: _line_confirmed,
    e.ConfirmationClosed: _confirmation_closed,
    e.ObjectionRaised: _objection_raised,
    e.ObjectionAnswered: _objection_answered,
    e.ObjectionsClosed: _objections_closed,
    e.CertificatesRejudged: _rejudged,
    e.RecordRendered: _rendered,
    e.RecordSigned: _record_signed,
    e.SigningClosed: _signing_closed,
    e.SignaturesAttached: _attached,
    e.SealPrepared: _seal_prepared,
    e.SealSigned: _seal_signed,
    e.RecordSealed: _sealed,
    e.HallClosed: _hall_closed,
}
