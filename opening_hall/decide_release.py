"""Decide, phases A and B: windows, releases, adjudication, the admitted set, openings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from ceremony.errors import Refusal
from opening_hall import commands as c
from opening_hall import events as e
from opening_hall.decide_closing import settle_identities
from opening_hall.draft import Draft
from opening_hall.drawing import draw_at_opening
from opening_hall.facts import Cause, Effect, Phase
from opening_hall.guards import all_opened
from opening_hall.seats import BidId, Seat
from opening_hall.state import Bid
from opening_hall.steps import continue_opening, end_decryption, fix_admitted, person_of, start_decryption

MAX_ATTEMPTS = 10
"""Wrong keys logged per bid; further ones are refused without a trace in the record."""
MAX_EXTENSION = 24 * 3600
"""Seconds one extension may add."""


def _start(draft: Draft, _: Seat, __: c.StartDecryption) -> None:
    start_decryption(draft)


def _extend(draft: Draft, _: Seat, command: c.ExtendDecryption) -> None:
    if not 0 < command.seconds <= MAX_EXTENSION:
        raise Refusal("bad-extension", limit=MAX_EXTENSION)
    if not command.reason:
        raise Refusal("reason-missing")
    base = draft.state.deadline
    # Time already run out is not part of the extension: everybody gets the whole of it.
    start = draft.now if base is None or base < draft.now else base
    draft.add(e.DecryptionExtended(start + timedelta(seconds=command.seconds), command.reason))


def _end(draft: Draft, _: Seat, __: c.EndDecryption) -> None:
    end_decryption(draft)


def _contender(draft: Draft, bid: BidId) -> Bid:
    if bid not in draft.state.contenders:
        raise Refusal("bid-not-in-session", bid=bid)
    return draft.state.bids[bid]


def _own(draft: Draft, seat: Seat, bid: BidId) -> Bid:
    mine = draft.state.bid_of(seat)
    if mine is None or mine.id != bid:
        raise Refusal("not-your-bid", bid=bid)
    return mine


def _acknowledge(draft: Draft, seat: Seat, command: c.AcknowledgeWrap) -> None:
    _own(draft, seat, command.bid)
    draft.add(e.WrapAcknowledged(command.bid, str(seat)))


def _release(draft: Draft, seat: Seat, command: c.ReleaseKey) -> None:
    draft.in_time()
    bid = _contender(draft, command.bid)
    if command.part != draft.state.part:
        raise Refusal("other-part", part=draft.state.part)
    if command.part in bid.released:
        raise Refusal("already-released")
    if not command.failure:
        draft.add(e.KeyReleased(bid.id, command.part, command.channel))
        if draft.rules.early_end and draft.state.released == len(draft.state.contenders):
            end_decryption(draft)
        return
    # Only whoever speaks for the bid can put a failed attempt into its evidence.
    if draft.state.bid_of(seat) is not bid:
        raise Refusal("key-mismatch", bid=bid.id)
    if len(bid.attempts) >= MAX_ATTEMPTS:
        raise Refusal("too-many-attempts", limit=MAX_ATTEMPTS)
    draft.add(e.ReleaseFailed(bid.id, command.part, command.failure))


def effect_of(cause: Cause) -> Effect:
    """What the law makes of a cause (电子招标投标办法 art. 31)."""
    if cause is Cause.UNKNOWN:
        return Effect.PENDING
    return Effect.REVOKED if cause is Cause.BIDDER else Effect.WITHDRAWN


def _adjudicate(draft: Draft, seat: Seat, command: c.Adjudicate) -> None:
    if not command.reason:
        raise Refusal("reason-missing")
    for id_ in command.bids:
        bid = draft.state.bids.get(id_)
        if bid is None or (bid.failure is None and not bid.waiting):
            raise Refusal("nothing-to-adjudicate", bid=id_)
    by = person_of(draft.state, seat)
    effect = effect_of(command.cause)
    for id_ in command.bids:
        draft.add(e.Adjudicated(id_, command.cause, effect, command.reason, by, command.signature))
    if draft.state.phase is Phase.IDENTIFYING:
        settle_identities(draft)
    elif draft.state.phase is Phase.OPENING:
        _settle_openings(draft)


def _fix(draft: Draft, _: Seat, __: c.FixAdmitted) -> None:
    fix_admitted(draft)


def _sign_admitted(draft: Draft, seat: Seat, command: c.SignAdmitted) -> None:
    if command.hash != draft.state.admitted_hash:
        raise Refusal("not-the-admitted-set")
    draft.add(e.AdmittedSigned(str(seat), command.hash, command.signature))


def _hall_shares(draft: Draft, seat: Seat, command: c.ReleaseHallShares) -> None:
    given = set(command.bids) | set(command.false)
    if command.part != draft.state.part or given != set(draft.state.admitted):
        raise Refusal("not-the-admitted-set", admitted=draft.state.admitted_hash)
    released = e.HallSharesReleased(str(seat), command.part, draft.state.admitted_hash, command.false)
    draft.add(released)


def _report_openings(draft: Draft, _: Seat, command: c.ReportOpenings) -> None:
    state = draft.state
    if len(state.hall_released) < draft.setup.quorum:
        raise Refusal("quorum-missing", quorum=draft.setup.quorum)
    for bid in (*command.results, *command.waiting):
        if bid not in state.admitted:
            raise Refusal("not-the-admitted-set", bid=bid)
        if state.part in state.bids[bid].openings or state.bids[bid].failure is not None:
            raise Refusal("already-reported", bid=bid)
    if command.results or any(state.bids[bid].waiting != why for bid, why in command.waiting.items()):
        draft.add(e.BidsOpened(state.part, command.results, command.waiting))
    _settle_openings(draft)


def _settle_openings(draft: Draft) -> None:
    if len(draft.state.hall_released) >= draft.setup.quorum and all_opened(draft.state):
        draw_at_opening(draft)
        continue_opening(draft)


RELEASE: Mapping[type[c.Command], Callable[[Draft, Seat, Any], None]] = {
    c.StartDecryption: _start,
    c.ExtendDecryption: _extend,
    c.EndDecryption: _end,
    c.AcknowledgeWrap: _acknowledge,
    c.ReleaseKey: _release,
    c.Adjudicate: _adjudicate,
    c.FixAdmitted: _fix,
    c.SignAdmitted: _sign_admitted,
    c.ReleaseHallShares: _hall_shares,
    c.ReportOpenings: _report_openings,
}
