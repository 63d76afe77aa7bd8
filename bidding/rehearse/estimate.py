"""How much time the parties of a rehearsal need on this machine."""

from __future__ import annotations

import os

from bidding.rehearse.misbehaviour import Misbehaviour
from bidding.rehearse.plan import Plan

#: CPU seconds of client and server together for one bidder's certificate, sealing and upload, measured and
#: doubled.
BIDDER_CPU_SECONDS = 0.8
MIB_CPU_SECONDS = 0.06
#: What every rehearsal needs, whatever its size.
FLOOR_SECONDS = 12.0
#: A kill of the server costs its restart.
KILL_SECONDS = 4.0


def prepare_seconds(plan: Plan) -> float:
    """Seconds from publishing to T so that everybody who wants to can have submitted."""
    one = BIDDER_CPU_SECONDS + MIB_CPU_SECONDS * plan.size / (1 << 20)
    waiting = os.getloadavg()[0] / max(1, os.cpu_count() or 1)
    crowded = 1.0 + min(3.0, waiting)
    return (
        FLOOR_SECONDS + crowded * one * len(plan.bidders) / (os.cpu_count() or 1) + KILL_SECONDS * plan.kills
    )


def phase_a_seconds(plan: Plan) -> int:
    """Seconds of phase A: it ends early when everybody released; where somebody will not, this is waited
    out.
    """
    generous = 30 + len(plan.bidders)
    brief = 8 + len(plan.bidders) // 8
    seconds = generous if plan.clean else brief
    late = Misbehaviour.NEVER_APPEARS in {bidder.misbehaviour for bidder in plan.bidders}
    return seconds + int(KILL_SECONDS * plan.kills) + (2 if late else 0)
