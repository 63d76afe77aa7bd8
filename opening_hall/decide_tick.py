"""Decide what time alone brings about. One timer: the running window of the hall."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from opening_hall import events as e
from opening_hall.commands import Command, Tick
from opening_hall.draft import Draft
from opening_hall.facts import Phase
from opening_hall.seats import Seat
from opening_hall.steps import begin_decryption, close_confirmation, close_signing, end_decryption, read_line


def _closing(draft: Draft) -> None:
    draft.add(e.ClosingStarted(draft.setup.opens_at))


def _close_objections(draft: Draft) -> None:
    draft.add(e.ObjectionsClosed())


DUE: Mapping[Phase, Callable[[Draft], None]] = {
    Phase.SCHEDULED: _closing,
    Phase.LIST_ANNOUNCED: begin_decryption,
    Phase.DECRYPTING: end_decryption,
    Phase.READING: read_line,
    Phase.CONFIRMING: close_confirmation,
    Phase.OBJECTION: _close_objections,
    Phase.RECORD_SIGN: close_signing,
}


def _tick(draft: Draft, _: Seat, __: Tick) -> None:
    due = draft.state.next_deadline()
    if due is not None and draft.now >= due:
        DUE[draft.state.phase](draft)


TICK: Mapping[type[Command], Callable[[Draft, Seat, Any], None]] = {Tick: _tick}
