"""Decide, from the set-up to the announced list: deadline, minimum, phase 0, duplicates."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ceremony.errors import Refusal
from crypto.canonical import unb64
from crypto.errors import Invalid
from opening_hall import commands as c
from opening_hall import events as e
from opening_hall.draft import Draft
from opening_hall.drawing import draw_early
from opening_hall.facts import FailedCode, IdentityResult, ListRow, Phase, Superseded
from opening_hall.rules import Duplicates
from opening_hall.seats import BidId, Role, Seat
from opening_hall.state import Bid
from opening_hall.steps import begin_decryption, decryption_start, fail

CONTRIBUTION = 32
"""Bytes a seat or bidder contributes to a draw."""


def _schedule(draft: Draft, _: Seat, command: c.Schedule) -> None:
    draft.add(e.Scheduled(command.setup))


def _reschedule(draft: Draft, _: Seat, command: c.Reschedule) -> None:
    if command.setup.lot != draft.setup.lot:
        raise Refusal("other-lot")
    # After the deadline only a seat may pass to another person; everything else is fixed.
    begun = draft.state.phase is not Phase.SCHEDULED or draft.now >= draft.setup.opens_at
    if begun and replace(command.setup, seats=draft.setup.seats) != draft.setup:
        raise Refusal("too-late-to-change")
    draft.add(e.Rescheduled(command.setup, command.reason))


def _close(draft: Draft, _: Seat, command: c.Close) -> None:
    draft.add(e.Closed(command.bids))
    if len(command.bids) < draft.rules.minimum:
        fail(draft, FailedCode.LT3_AT_DEADLINE, len(command.bids))


def _cosign(draft: Draft, _: Seat, command: c.Cosign) -> None:
    if command.witness not in draft.state.cosigned:
        draft.add(e.Cosigned(command.witness, command.checkpoint))


def _commit_draw(draft: Draft, seat: Seat, command: c.CommitDraw) -> None:
    if draft.now >= draft.setup.opens_at:
        raise Refusal("too-late-to-change")
    draft.add(e.DrawCommitted(str(seat), command.commitment))


def _reveal_draw(draft: Draft, seat: Seat, command: c.RevealDraw) -> None:
    try:
        value = unb64(command.value)
    except Invalid as error:
        raise Refusal("reveal-mismatch") from error
    given = hashlib.sha256(value).hexdigest()
    if len(value) != CONTRIBUTION or given != draft.state.draw.commitments[str(seat)]:
        raise Refusal("reveal-mismatch")
    draft.add(e.DrawRevealed(str(seat), command.value))
    if draft.state.order and seat.role is Role.PLATFORM:
        draw_early(draft)
        begin_decryption(draft)


def _report_dealing(draft: Draft, seat: Seat, command: c.ReportDealing) -> None:
    if command.bid not in draft.state.bids:
        raise Refusal("unknown-bid", bid=command.bid)
    if any((str(seat), command.purpose) == told[:2] for told in draft.state.bids[command.bid].dealing):
        raise Refusal("already-reported")
    draft.add(e.DealingReported(str(seat), command.bid, command.purpose, command.reason))


def _release_identities(draft: Draft, seat: Seat, command: c.ReleaseIdentityShares) -> None:
    told = {bid.id for bid in draft.state.bids.values() if any(by == str(seat) for by, _, _ in bid.dealing)}
    given = set(command.bids) | set(command.false)
    if given | told != set(draft.state.bids):
        raise Refusal("shares-incomplete", missing=sorted(set(draft.state.bids) - given - told))
    draft.add(e.IdentitySharesReleased(str(seat), command.bids, command.false))


def _report_identities(draft: Draft, _: Seat, command: c.ReportIdentities) -> None:
    if len(draft.state.identity_released) < draft.setup.quorum:
        raise Refusal("quorum-missing", quorum=draft.setup.quorum)
    for bid in (*command.results, *command.waiting):
        if bid not in draft.state.bids:
            raise Refusal("unknown-bid", bid=bid)
        known = draft.state.bids[bid]
        if known.identity is not None or known.failure is not None:
            raise Refusal("already-reported", bid=bid)
    if command.results or any(draft.state.bids[b].waiting != why for b, why in command.waiting.items()):
        draft.add(e.IdentitiesVerified(command.results, command.waiting))
    settle_identities(draft)


def settle_identities(draft: Draft) -> None:
    """Once every bid has its identity or was adjudicated away: duplicates, recount, list."""
    bids = draft.state.bids
    if any(bid.identity is None and bid.failure is None for bid in bids.values()):
        return
    superseded = find_duplicates(
        {bid.id: (bid, bid.identity) for bid in bids.values() if bid.identity and bid.failure is None},
        draft.rules.duplicates,
    )
    if superseded:
        draft.add(e.DuplicatesResolved(superseded))
    rows = _rows(draft)
    if len(rows) < draft.rules.minimum:
        fail(draft, FailedCode.LT3_AFTER_RECOUNT, len(rows))
        return
    draft.add(e.ListAnnounced(rows, decryption_start(draft)))
    draw_early(draft)
    begin_decryption(draft)


def _rows(draft: Draft) -> tuple[ListRow, ...]:
    counted = [
        (bid.closed.received_at, bid.id, bid.identity)
        for bid in draft.state.bids.values()
        if bid.identity is not None and bid.failure is None and bid.superseded is None
    ]
    counted.sort(key=lambda row: row[:2])
    return tuple(
        ListRow(number, bid, identity.credit_code, identity.name)
        for number, (_, bid, identity) in enumerate(counted, 1)
    )


def find_duplicates(
    valid: Mapping[BidId, tuple[Bid, IdentityResult]], rule: Duplicates
) -> dict[BidId, Superseded]:
    """Bids that do not count because the same credit code has another.

    What a bid says it replaces counts only between bids of one credit code. Bids that replace each other in a
    ring leave nobody, so the rule row decides among all of them.
    """
    groups: dict[str, list[BidId]] = defaultdict(list)
    for bid, (_, identity) in valid.items():
        groups[identity.credit_code].append(bid)
    out: dict[BidId, Superseded] = {}
    for group in groups.values():
        if len(group) > 1:
            out |= _resolve(group, valid, rule)
    return out


def _resolve(
    group: list[BidId], valid: Mapping[BidId, tuple[Bid, IdentityResult]], rule: Duplicates
) -> dict[BidId, Superseded]:
    replaced = {old: new for new in group for old in valid[new][1].replaces if old in group and old != new}
    left = [bid for bid in group if bid not in replaced]
    if not left:
        replaced, left = {}, group
    out = {old: Superseded(new, "replaces") for old, new in replaced.items()}
    if len(left) > 1:
        last = max(left, key=lambda bid: (valid[bid][0].closed.received_at, bid))
        for bid in left:
            if rule is Duplicates.REJECT_ALL:
                out[bid] = Superseded(None, str(rule))
            elif bid != last:
                out[bid] = Superseded(last, str(rule))
    return out


CLOSING: Mapping[type[c.Command], Callable[[Draft, Seat, Any], None]] = {
    c.Schedule: _schedule,
    c.Reschedule: _reschedule,
    c.Close: _close,
    c.Cosign: _cosign,
    c.CommitDraw: _commit_draw,
    c.RevealDraw: _reveal_draw,
    c.ReportDealing: _report_dealing,
    c.ReleaseIdentityShares: _release_identities,
    c.ReportIdentities: _report_identities,
}
