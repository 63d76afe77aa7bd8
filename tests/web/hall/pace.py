"""How long sealing and handing in a few bids may take on this machine as busy as it is now."""

from __future__ import annotations

import os


def lead() -> float:
    """Seconds to the deadline: a bid that came late on a busy machine would say nothing about the hall."""
    cores = os.cpu_count() or 1
    return min(120.0, 12.0 + 5.0 * os.getloadavg()[0] / cores)
