"""Transitions that several commands can cause, and those that follow by themselves."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from crypto.canonical import canon
from opening_hall import events as e
from opening_hall.draft import Draft
from opening_hall.facts import Cause, Confirmed, FailedCode, Phase
from opening_hall.guards import all_opened
from opening_hall.rules import BelowMinimum, MissingConfirmation, Pace, Step
from opening_hall.seats import BidId, CreditCode, Seat
from opening_hall.state import Bid, State

PRICE = "price"
"""Name of the form field that is compared with the ceiling."""
OVER_CEILING = "over-ceiling"
PRICE_UNREADABLE = "price-unreadable"


def automatic(draft: Draft, step: Step) -> bool:
    """Whether the rule row leaves the step to the platform."""
    return step in draft.rules.automatic


def fail(draft: Draft, code: FailedCode, counted: int) -> None:
    """The lot fails (流标); whatever is still sealed stays sealed."""
    draft.add(e.Failed(code, counted, draft.rules.minimum))


def decryption_start(draft: Draft) -> datetime | None:
    """When phase A will start by itself; None when at once, or by the host."""
    seconds = draft.rules.list_seconds
    return draft.in_seconds(seconds) if automatic(draft, Step.START_DECRYPTION) and seconds else None


def begin_decryption(draft: Draft) -> None:
    """Start phase A if nothing and nobody is waited for any more."""
    state = draft.state
    due = state.deadline is None or draft.now >= state.deadline
    if automatic(draft, Step.START_DECRYPTION) and due and not state.draw_pending():
        start_decryption(draft)


def start_decryption(draft: Draft) -> None:
    """Open phase A for everybody at once."""
    draft.add(e.DecryptionStarted(draft.state.part, draft.in_seconds(draft.rules.phase_a_seconds)))


def propose_cause(state: State, bid: Bid) -> Cause:
    """Default attribution of a missing release (rule book: 解密失败归责, 电子招标投标办法 art. 31).

    The wrapped key is offered to every bid on the list. A key that was given and is not the bid's freezes the
    evidence: UNKNOWN. Fetched and not released: BIDDER. Not fetched: UNKNOWN, unless nobody ever appeared,
    nothing was reported, and the platform has shown that it could be reached.
    """
    if any(attempt.part == state.part for attempt in bid.attempts):
        return Cause.UNKNOWN
    if state.part in bid.wrap_at:
        return Cause.BIDDER
    appeared = bid.present_at is not None or bid.diagnostics
    return Cause.BIDDER if state.reachable and not appeared else Cause.UNKNOWN


def end_decryption(draft: Draft) -> None:
    """Phase A is over; the admitted set follows by itself when nothing is left to adjudicate."""
    state = draft.state
    missing = {
        bid: propose_cause(state, state.bids[bid])
        for bid in state.contenders
        if state.part not in state.bids[bid].released
    }
    draft.add(e.DecryptionEnded(state.part, missing))
    if not missing and automatic(draft, Step.FIX_ADMITTED):
        fix_admitted(draft)


def admitted_hash(state: State, bids: tuple[BidId, ...]) -> str:
    """What the officers sign: SHA-256 over the part and the admitted submissions."""
    listed = [{"bid": str(bid), "submission": state.bids[bid].closed.submission} for bid in sorted(bids)]
    lot = state.setup.lot if state.setup else ""
    return hashlib.sha256(
        canon({"label": "kaibiao/admitted/v1", "lot": lot, "part": state.part, "bids": listed})
    ).hexdigest()


def fix_admitted(draft: Draft) -> None:
    """Third test of the minimum, then the admitted set, for good."""
    state = draft.state
    bids = tuple(bid for bid in state.contenders if state.part in state.bids[bid].released)
    # In later parts the committee has already judged the competition: only an empty set stops them.
    below = state.stage == 0 and len(bids) < draft.rules.minimum
    if not bids or (below and draft.rules.after_release_below_minimum is BelowMinimum.STOP):
        fail(draft, FailedCode.LT3_AFTER_DECRYPT, len(bids))
        return
    draft.add(e.AdmittedFixed(state.part, bids, admitted_hash(state, bids)))


def continue_opening(draft: Draft) -> None:
    """Go on to the reading once every admitted bid has its result, if the rule row says so."""
    if all_opened(draft.state) and automatic(draft, Step.START_READING):
        start_reading(draft)


def start_reading(draft: Draft) -> None:
    """Restate ceiling, estimate and drawn values, then read in the order of the list."""
    state, setup = draft.state, draft.setup
    order = tuple(bid for bid in state.admitted if _opened(state, bid))
    rule = draft.rules.draw
    drawn = {rule.label: state.draw.value} if rule and state.draw.value else {}
    timed = draft.rules.reading is Pace.AUTO and draft.rules.line_seconds > 0
    next_at = draft.in_seconds(draft.rules.line_seconds) if timed and order else None
    draft.add(e.ReadingStarted(state.part, order, setup.ceiling, setup.benchmark, drawn, next_at))
    if not order:
        _end_reading(draft)
    elif draft.rules.reading is Pace.AUTO and not timed:
        while draft.state.phase is Phase.READING:
            read_line(draft)


def _opened(state: State, bid: BidId) -> bool:
    opening = state.bids[bid].openings.get(state.part)
    return opening is not None and opening.ok


def read_line(draft: Draft) -> None:
    """Read the next line; remarks are remarks, a judgement is the committee's."""
    state = draft.state
    bid = state.reading[state.lines]
    last = state.lines + 1 == len(state.reading)
    timed = draft.rules.reading is Pace.AUTO and not last and draft.rules.line_seconds > 0
    next_at = draft.in_seconds(draft.rules.line_seconds) if timed else None
    draft.add(e.LineRead(bid, state.lines + 1, _flags(draft, bid), next_at))
    if last:
        _end_reading(draft)


def _flags(draft: Draft, bid: BidId) -> tuple[str, ...]:
    price = draft.state.bids[bid].openings[draft.state.part].form.get(PRICE)
    ceiling = draft.setup.ceiling
    if price is None or not ceiling:
        return ()
    try:
        over = Decimal(price) > Decimal(ceiling)
    except InvalidOperation:
        return (PRICE_UNREADABLE,)
    return (OVER_CEILING,) if over else ()


def _end_reading(draft: Draft) -> None:
    draft.add(e.ReadingEnded(draft.in_seconds(draft.rules.confirmation_seconds)))
    settle_confirmation(draft)


def unconfirmed(state: State) -> tuple[BidId, ...]:
    """Bids read in this session whose bidder has not confirmed the line."""
    return tuple(bid for bid in state.reading if state.part not in state.bids[bid].confirmed)


def settle_confirmation(draft: Draft) -> None:
    """Close the window early when every line is confirmed, if the rule row says so."""
    state = draft.state
    everybody = state.confirmed >= len(state.reading)
    if state.phase is Phase.CONFIRMING and draft.rules.early_end and everybody:
        close_confirmation(draft)


def close_confirmation(draft: Draft) -> None:
    """What was not confirmed is deemed or noted, by rule row; then objections."""
    deemed = draft.rules.missing_confirmation is MissingConfirmation.DEEMED
    how = Confirmed.DEEMED if deemed else Confirmed.NOTED
    draft.add(e.ConfirmationClosed(unconfirmed(draft.state), how, _objections_until(draft)))


def _objections_until(draft: Draft) -> datetime:
    """When objections close: a whole window from now, or what is left of one begun with the reading."""
    rules, began = draft.rules, draft.state.reading_at
    if not rules.objection_after_seconds or began is None:
        return draft.in_seconds(rules.objection_seconds)
    whole = began + timedelta(seconds=rules.objection_seconds)
    return max(whole, draft.in_seconds(rules.objection_after_seconds))


def settle_signing(draft: Draft) -> None:
    """Close the signing early when every bidder has signed, if the rule row says so."""
    if draft.rules.early_end and not unsigned(draft.state):
        close_signing(draft)


def unsigned(state: State) -> tuple[CreditCode, ...]:
    """Bidders of this session whose signature the record still lacks."""
    codes = (code for code, bid in state.by_code.items() if bid in state.contenders)
    return tuple(code for code in codes if code not in state.record.signatures)


def close_signing(draft: Draft) -> None:
    """No more bidders' signatures; who is missing is noted."""
    draft.add(e.SigningClosed(unsigned(draft.state)))


def person_of(state: State, seat: Seat) -> str:
    """Name of the person in a seat as the notice has it, with the seat."""
    return f"{state.entries[str(seat)].name} ({seat})"
