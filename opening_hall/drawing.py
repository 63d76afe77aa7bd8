"""Draws at the opening (抽取系数): who put what in, and the number anybody can compute from it."""

from __future__ import annotations

from collections.abc import Mapping

from crypto.canonical import unb64
from crypto.draws import draw_index, draw_seed
from opening_hall.draft import Draft
from opening_hall.events import CoefficientDrawn
from opening_hall.rules import DrawTime
from opening_hall.seats import PLATFORM, BidId


def draw_early(draft: Draft) -> None:
    """The early variant: contributions from the identity boxes of the listed bids and the platform's nonce.

    Does nothing under another rule, after the draw, or while the platform owes the nonce it committed to.
    """
    rule = draft.rules.draw
    state = draft.state
    nonce = str(PLATFORM)
    owed = nonce in state.draw.commitments and nonce not in state.draw.reveals
    if rule is None or rule.when is not DrawTime.EARLY or state.draw.value or owed:
        return
    reveals = {key: value for key, value in state.draw.reveals.items() if key == nonce}
    for bid in state.order:
        identity = state.bids[bid].identity
        if identity is not None and identity.draw:
            reveals[bid] = identity.draw
    _draw(draft, reveals, {})


def draw_at_opening(draft: Draft) -> None:
    """The draw of the stage whose part the rule names: seats' reveals and K_hall of the admitted set."""
    rule = draft.rules.draw
    state = draft.state
    if rule is None or rule.when is not DrawTime.OPENING or rule.part != state.part or state.draw.value:
        return
    openings = {bid: state.bids[bid].openings.get(state.part) for bid in state.admitted}
    k_halls = {bid: o.k_hall for bid, o in openings.items() if o is not None and o.k_hall}
    _draw(draft, state.draw.reveals, k_halls)


def _draw(draft: Draft, reveals: Mapping[str, str], k_halls: Mapping[BidId, str]) -> None:
    rule = draft.rules.draw
    if rule is None or not rule.candidates:
        return
    seed = draw_seed(
        rule.label,
        {by: unb64(value) for by, value in reveals.items()},
        {bid: unb64(value) for bid, value in k_halls.items()},
    )
    index = draw_index(seed, rule.label, len(rule.candidates), 0)
    committed = draft.state.draw.commitments
    draft.add(
        CoefficientDrawn(
            label=rule.label,
            candidates=rule.candidates,
            reveals=reveals,
            k_halls=k_halls,
            missing=tuple(sorted(seat for seat in committed if seat not in draft.state.draw.reveals)),
            seed=seed.hex(),
            counter=0,
            index=index,
            value=rule.candidates[index],
        )
    )
