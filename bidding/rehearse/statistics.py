"""Figures of a rehearsal: nearest-rank percentiles, nothing interpolated."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """p50, p95 and the largest of `count` measurements, in the unit of the measurements."""

    count: int
    p50: float
    p95: float
    max: float

    def as_json(self, digits: int = 1) -> dict[str, float | int]:
        return {
            "count": self.count,
            "p50": round(self.p50, digits),
            "p95": round(self.p95, digits),
            "max": round(self.max, digits),
        }


def spread(values: Iterable[float]) -> Spread:
    """The spread of measurements; all zero when there are none."""
    ordered = sorted(values)
    if not ordered:
        return Spread(0, 0.0, 0.0, 0.0)
    return Spread(len(ordered), nearest_rank(ordered, 0.50), nearest_rank(ordered, 0.95), ordered[-1])


def nearest_rank(ordered: list[float], share: float) -> float:
    """The smallest value that at least `share` of the ordered values do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
