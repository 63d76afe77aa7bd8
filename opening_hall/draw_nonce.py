"""The platform's own contribution to an early draw: committed before T, revealed after the list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from crypto.canonical import b64, sha256_hex
from opening_hall.commands import Command, CommitDraw, RevealDraw
from opening_hall.decide_closing import CONTRIBUTION
from opening_hall.rules import DrawTime
from opening_hall.seats import PLATFORM, LotId
from opening_hall.state import State
from opening_hall.vault import Vault

#: Vault kind of the nonce; until it is revealed it is as secret as the bids.
DRAW_NONCE = "draw-nonce"

Within = Callable[[sa.Connection], object]


@dataclass(frozen=True, slots=True)
class Sending:
    """A command of the platform and what is stored in its transaction."""

    command: Command
    within: Within | None = None


def commit_nonce(vault: Vault, lot: LotId, state: State, random: Callable[[int], bytes]) -> Sending | None:
    """Commit to a fresh nonce where the rule row asks for an early draw and none was committed yet."""
    rule = state.rules.draw
    owed = rule is not None and rule.when is DrawTime.EARLY
    if not owed or str(PLATFORM) in state.draw.commitments:
        return None
    nonce = random(CONTRIBUTION)
    commitment = sha256_hex(nonce)
    return Sending(
        CommitDraw(commitment),
        # Under its commitment: a second worker that was too late leaves a nonce that nobody asks for.
        lambda tx: vault.put_secret(tx, lot, commitment, DRAW_NONCE, str(PLATFORM), nonce),
    )


def reveal_nonce(vault: Vault, lot: LotId, state: State) -> Command | None:
    """Reveal it once the list stands."""
    commitment = state.draw.commitments.get(str(PLATFORM))
    if commitment is None or str(PLATFORM) in state.draw.reveals or not state.draw_pending():
        return None
    kept = vault.secrets(lot, DRAW_NONCE)
    nonce = next((value for (name, _), value in kept.items() if name == commitment), None)
    return None if nonce is None else RevealDraw(b64(nonce))
