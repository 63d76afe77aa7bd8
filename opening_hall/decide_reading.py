"""Decide, from the reading to the end of objections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ceremony.errors import Refusal
from opening_hall import commands as c
from opening_hall import events as e
from opening_hall.draft import Draft
from opening_hall.facts import Confirmed, Phase
from opening_hall.seats import Seat
from opening_hall.steps import read_line, settle_confirmation, start_reading


def _start(draft: Draft, _: Seat, __: c.StartReading) -> None:
    start_reading(draft)


def _next(draft: Draft, _: Seat, __: c.ReadNext) -> None:
    read_line(draft)


def _confirm(draft: Draft, seat: Seat, command: c.ConfirmLine) -> None:
    if draft.state.phase is Phase.CONFIRMING:
        draft.in_time()
    bid = draft.state.bid_of(seat)
    if bid is None or bid.id != command.bid:
        raise Refusal("not-your-bid", bid=command.bid)
    how = Confirmed.SIGNED if command.signature else Confirmed.SESSION
    draft.add(e.LineConfirmed(bid.id, how, command.signature))
    settle_confirmation(draft)


def _raise(draft: Draft, seat: Seat, command: c.RaiseObjection) -> None:
    if draft.state.phase is Phase.OBJECTION:
        draft.in_time()
    if command.id in draft.state.objections:
        raise Refusal("objection-exists", id=command.id)
    draft.add(e.ObjectionRaised(command.id, str(seat), command.text, command.signature))


def _answer(draft: Draft, seat: Seat, command: c.AnswerObjection) -> None:
    objection = draft.state.objections.get(command.id)
    if objection is None:
        raise Refusal("unknown-objection", id=command.id)
    if objection.resolution is not None:
        raise Refusal("already-answered", id=command.id)
    draft.add(e.ObjectionAnswered(command.id, str(seat), command.text, command.resolution, command.signature))
    due = draft.state.next_deadline()
    if draft.state.phase is Phase.OBJECTION and due is not None and draft.now >= due:
        draft.add(e.ObjectionsClosed())


def _close_objections(draft: Draft, _: Seat, __: c.CloseObjections) -> None:
    if draft.state.deadline is not None and draft.now < draft.state.deadline:
        raise Refusal("objections-open")
    draft.add(e.ObjectionsClosed())


READING: Mapping[type[c.Command], Callable[[Draft, Seat, Any], None]] = {
    c.StartReading: _start,
    c.ReadNext: _next,
    c.ConfirmLine: _confirm,
    c.RaiseObjection: _raise,
    c.AnswerObjection: _answer,
    c.CloseObjections: _close_objections,
}
