"""Step on draws: seed and index recomputed from what was committed before anybody could know the outcome."""

from __future__ import annotations

import hashlib

from bidding.archive import names
from bidding.verify.case import Case
from bidding.verify.report import Findings
from crypto.canonical import unb64
from crypto.draws import draw_index, draw_seed
from crypto.errors import Invalid
from opening_hall.codec import encode
from opening_hall.domain import INITIAL, evolve
from opening_hall.draft import Draft
from opening_hall.drawing import draw_at_opening, draw_early
from opening_hall.events import (
    BidsOpened,
    CoefficientDrawn,
    DecryptionStarted,
    DrawCommitted,
    DrawRevealed,
    Erased,
    Event,
    IdentitiesVerified,
    ReadingStarted,
)
from opening_hall.state import State


def check_draws(case: Case, findings: Findings) -> None:
    """Every draw follows from its inputs, these from commitments, boxes and openings; none is left out."""
    count = 0
    state = INITIAL
    whole = not any(isinstance(event, Erased) for _, event in case.hall)
    for entry, event in case.hall:
        try:
            if isinstance(event, CoefficientDrawn):
                count += 1
                _check_inputs(case, event)
                _check_outcome(event)
            if whole:
                _check_due(state, event)
        except Invalid as error:
            findings.add(names.HALL_EVENTS, error.code, error.detail, leaf=entry.index)
        state = evolve(state, event)
    findings.note(f"{count} recomputed" if count else "nothing was drawn")


def _check_inputs(case: Case, event: CoefficientDrawn) -> None:
    committed = {one.by: one.commitment for one in case.of(DrawCommitted)}
    revealed = {one.by: one.value for one in case.of(DrawRevealed)}
    boxes = {bid: one.draw for batch in case.of(IdentitiesVerified) for bid, one in batch.results.items()}
    for by, value in event.reveals.items():
        if value != revealed.get(by, boxes.get(by)):  # type: ignore[call-overload]
            raise Invalid("draw-differs", f"{by} contributed something else")
        if by in revealed and hashlib.sha256(unb64(value)).hexdigest() != committed.get(by):
            raise Invalid("draw-differs", f"{by} revealed something else than it committed to")
    k_halls = {bid: one.k_hall for batch in case.of(BidsOpened) for bid, one in batch.results.items()}
    for bid, k_hall in event.k_halls.items():
        if k_halls.get(bid) != k_hall:
            raise Invalid("draw-differs", f"K_hall of {bid} is another one")


def _check_due(state: State, event: Event) -> None:
    """The draw is made when the rule row says, once, with all that was given and with the rule's candidates.

    Whoever could leave an input out, or choose counter or order, could try until the result pleases.
    """
    if isinstance(event, DrawCommitted):
        if state.setup is not None and event.at >= state.setup.opens_at:
            raise Invalid("draw-differs", f"{event.by} committed after the deadline")
    elif isinstance(event, DecryptionStarted):
        if state.draw_pending():
            raise Invalid("draw-missing", "phase A began before the early draw")
    elif isinstance(event, CoefficientDrawn | ReadingStarted):
        draft = Draft(state, event.at)
        draw_early(draft)
        draw_at_opening(draft)
        due = [encode(one) for one in draft.events]
        if isinstance(event, CoefficientDrawn) and encode(event) not in due:
            raise Invalid(
                "draw-differs", "not the draw of all that was given, under the rule that was announced"
            )
        if isinstance(event, ReadingStarted) and due:
            raise Invalid("draw-missing", "the reading began before the draw")


def _check_outcome(event: CoefficientDrawn) -> None:
    seed = draw_seed(
        event.label,
        {by: unb64(value) for by, value in event.reveals.items()},
        {bid: unb64(value) for bid, value in event.k_halls.items()},
    )
    index = draw_index(seed, event.label, len(event.candidates), event.counter)
    if (seed.hex(), index, event.candidates[index]) != (event.seed, event.index, event.value):
        raise Invalid("draw-differs", f"the inputs give {event.candidates[index]}, not {event.value}")
