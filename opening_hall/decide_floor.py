"""Decide what happens beside the order of business: signing in, talk, evidence, pauses, the host's duty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from ceremony.errors import Refusal
from opening_hall import commands as c
from opening_hall import events as e
from opening_hall.draft import Draft
from opening_hall.seats import NOBODY, CreditCode, Role, Seat
from opening_hall.steps import person_of


def _sign_in(draft: Draft, seat: Seat, command: c.SignIn) -> None:
    opens = draft.setup.opens_at - timedelta(seconds=draft.rules.sign_in_opens_seconds)
    if draft.now < opens:
        raise Refusal("sign-in-not-open", opens_at=opens.isoformat())
    known = draft.state.sign_ins.get(str(seat))
    if known is not None and known.certificate_sha256 == command.certificate_sha256:
        return
    code = CreditCode(seat.id) if seat.role is Role.BIDDER else NOBODY
    draft.add(e.SignedIn(str(seat), command.name, command.certificate_sha256, code))


def _say(draft: Draft, seat: Seat, command: c.Say) -> None:
    draft.add(e.Said(str(seat), command.text))


def _diagnose(draft: Draft, seat: Seat, command: c.Diagnose) -> None:
    if command.bid is not None and command.bid not in draft.state.bids:
        raise Refusal("unknown-bid", bid=command.bid)
    if command.kind == "reachability" and seat.role is not Role.PLATFORM:
        raise Refusal("not-yours-to-report", kind=command.kind)
    bid = command.bid
    if seat.role in (Role.BIDDER, Role.RECEIPT):
        mine = draft.state.bid_of(seat)
        bid = mine.id if mine is not None else None
    draft.add(e.DiagnosticReported(str(seat), command.kind, command.facts, bid))


def _suspend(draft: Draft, seat: Seat, command: c.Suspend) -> None:
    if not command.reason:
        raise Refusal("reason-missing")
    draft.add(e.Suspended(command.code, command.reason, str(seat), draft.now))


def _resume(draft: Draft, seat: Seat, command: c.Resume) -> None:
    suspended = draft.state.suspended
    since = suspended.since if suspended is not None else draft.now
    # Rounded up: everybody gets at least the time that was lost.
    lost = -((since - draft.now) // timedelta(milliseconds=1))
    draft.add(e.Resumed(lost, command.reason, str(seat)))


def _abort(draft: Draft, seat: Seat, command: c.Abort) -> None:
    if not command.reason:
        raise Refusal("reason-missing")
    by = str(seat) if seat.role is Role.PLATFORM else person_of(draft.state, seat)
    draft.add(e.Aborted(command.code, command.reason, by, command.signature))


def _hand_over(draft: Draft, seat: Seat, command: c.HandOverHost) -> None:
    state = draft.state
    if command.to == state.host:
        raise Refusal("already-host", to=command.to)
    if not any(f"{role}:{command.to}" in state.entries for role in (Role.HOST, Role.DEPUTY)):
        raise Refusal("not-a-named-deputy", to=command.to)
    if state.role_of(seat) is Role.DEPUTY and command.to != seat.id:
        raise Refusal("wrong-seat", command="HandOverHost", seat=str(seat.role))
    if not command.reason:
        raise Refusal("reason-missing")
    draft.add(
        e.HostHandedOver(state.host, command.to, command.reason, person_of(state, seat), command.signature)
    )


FLOOR: Mapping[type[c.Command], Callable[[Draft, Seat, Any], None]] = {
    c.SignIn: _sign_in,
    c.Say: _say,
    c.Diagnose: _diagnose,
    c.Suspend: _suspend,
    c.Resume: _resume,
    c.Abort: _abort,
    c.HandOverHost: _hand_over,
}
