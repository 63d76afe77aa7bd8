"""What the platform decided by rule, decided anew: closing, duplicates, the list, windows, the reading.

A rule sees the very instant that the log records, so the pure rules of the hall, given the state before an
event and its log time, must give that event again. Judgements of people are not decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from ceremony.errors import Refusal
from opening_hall import events as e
from opening_hall import steps
from opening_hall.codec import encode
from opening_hall.decide_closing import settle_identities
from opening_hall.decide_release import effect_of
from opening_hall.draft import Draft
from opening_hall.facts import FailedCode, Phase
from opening_hall.guards import all_opened
from opening_hall.state import State


def contradictions(state: State, event: e.Event) -> list[str]:
    """Why the rules would not have made `event` of `state` at its log time; empty when they would."""
    check = CHECKS.get(type(event))
    if check is None or state.setup is None:
        return []
    try:
        found = check(Draft(state, event.at), event)
    except Refusal as refusal:
        found = refusal.code
    return [found] if found else []


def _again(draft: Draft, event: e.Event, work: Callable[[Draft], None]) -> str:
    """The event must be among those that the rules make here."""
    work(draft)
    kind, body = encode(event)
    made = [encode(one) for one in draft.events]
    return "" if (kind, body) in made else f"{kind} is not what the rules give here"


def _over(draft: Draft, everybody: bool) -> bool:
    """Whether a window may end: its time has come, or everybody it waits for has acted."""
    deadline = draft.state.deadline
    return everybody or (deadline is not None and draft.now >= deadline)


def _closing(draft: Draft, _: e.ClosingStarted) -> str:
    return "closing began before the deadline" if draft.now < draft.setup.opens_at else ""


def _closed(draft: Draft, event: e.Closed) -> str:
    if draft.now < draft.setup.opens_at:
        return "closed before the deadline"
    late = sorted(bid for bid, facts in event.bids.items() if facts.received_at >= draft.setup.opens_at)
    return f"taken in after the deadline: {', '.join(late)}" if late else ""


def _failed(draft: Draft, event: e.Failed) -> str:
    state, minimum = draft.state, draft.rules.minimum
    if event.code is FailedCode.LT3_AT_DEADLINE:
        fits = event.counted == len(state.bids) < minimum
        return "" if fits else f"{len(state.bids)} live bids are not fewer than {minimum}"
    if event.code is FailedCode.LT3_AFTER_RECOUNT:
        return _again(draft, event, settle_identities)
    return _again(draft, event, steps.fix_admitted)


def _identity_shares(draft: Draft, _: e.IdentitySharesReleased) -> str:
    few = len(draft.state.bids) < draft.rules.minimum
    return "identities were opened with fewer live bids than the minimum" if few else ""


def _duplicates(draft: Draft, event: e.DuplicatesResolved) -> str:
    return _again(draft, event, settle_identities)


def _listed(draft: Draft, event: e.ListAnnounced) -> str:
    known = {bid.id: bid.superseded for bid in draft.state.bids.values() if bid.superseded is not None}
    wrong = _again(draft, event, settle_identities)
    due = [one.superseded for one in draft.events if isinstance(one, e.DuplicatesResolved)]
    if known != (dict(due[0]) if due else {}):
        return "bids count as superseded that are not, or the other way round"
    return wrong


def _decryption_ended(draft: Draft, event: e.DecryptionEnded) -> str:
    state = draft.state
    if not _over(draft, state.released >= len(state.contenders)):
        return "the window ended before its time with keys missing"
    return _again(draft, event, steps.end_decryption)


def _admitted(draft: Draft, event: e.AdmittedFixed) -> str:
    state = draft.state
    failures = [state.bids[bid].failure for bid in state.contenders]
    if any(failure is not None and failure.cause is None for failure in failures):
        return "the admitted set was fixed before every failure had a cause"
    return _again(draft, event, steps.fix_admitted)


def _reading(draft: Draft, event: e.ReadingStarted) -> str:
    if not all_opened(draft.state):
        return "the reading began before every admitted bid had its result"
    return _again(draft, event, steps.start_reading)


def _confirmation(draft: Draft, event: e.ConfirmationClosed) -> str:
    if not _over(draft, not steps.unconfirmed(draft.state)):
        return "the confirmation ended before its time"
    return _again(draft, event, steps.close_confirmation)


def _objections(draft: Draft, _: e.ObjectionsClosed) -> str:
    if draft.state.unanswered():
        return "objections were closed with one unanswered"
    return "" if _over(draft, False) else "objections were closed before their time"


def _signing(draft: Draft, event: e.SigningClosed) -> str:
    if not _over(draft, not steps.unsigned(draft.state)):
        return "the signing ended before its time"
    return _again(draft, event, steps.close_signing)


def _resumed(draft: Draft, event: e.Resumed) -> str:
    since = draft.state.suspended.since if draft.state.suspended else draft.now
    lost = timedelta(milliseconds=event.lost)
    return "less time was given back than was lost" if lost < draft.now - since else ""


def _adjudicated(_: Draft, event: e.Adjudicated) -> str:
    return "" if event.effect is effect_of(event.cause) else "the effect is not the one of the cause"


def _in_time(draft: Draft, _: e.Event) -> str:
    draft.in_time()
    return ""


def _in_its_window(phase: Phase) -> Callable[[Draft, e.Event], str]:
    """An act that is possible earlier too, but has to be in time once its own window runs."""
    return lambda draft, event: _in_time(draft, event) if draft.state.phase is phase else ""


def _by(work: Callable[[Draft], None]) -> Callable[[Draft, e.Event], str]:
    return lambda draft, event: _again(draft, event, work)


CHECKS: Mapping[type[e.Event], Callable[[Draft, Any], str]] = {
    e.ClosingStarted: _closing,
    e.Closed: _closed,
    e.Failed: _failed,
    e.IdentitySharesReleased: _identity_shares,
    e.DuplicatesResolved: _duplicates,
    e.ListAnnounced: _listed,
    e.DecryptionStarted: _by(steps.start_decryption),
    e.KeyReleased: _in_time,
    e.DecryptionEnded: _decryption_ended,
    e.Adjudicated: _adjudicated,
    e.AdmittedFixed: _admitted,
    e.ReadingStarted: _reading,
    e.LineRead: _by(steps.read_line),
    e.LineConfirmed: _in_its_window(Phase.CONFIRMING),
    e.ConfirmationClosed: _confirmation,
    e.ObjectionRaised: _in_its_window(Phase.OBJECTION),
    e.ObjectionsClosed: _objections,
    e.RecordSigned: _in_time,
    e.SigningClosed: _signing,
    e.Resumed: _resumed,
}
