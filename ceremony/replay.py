"""From the log back to the ceremony: the same fold that runs live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ceremony.domain import Domain, E, S, Step
from crypto.translog.events import Stored


def replay(
    events: Iterable[Stored], domain: Domain[S, Any, E], state: S | None = None
) -> Iterator[Step[S, E]]:
    """The steps of one stream in order, from ``state`` (before its first event) or from the beginning."""
    now = domain.initial() if state is None else state
    for stored in events:
        event = domain.decode(stored.type, stored.body, stored.version, stored.at, stored.seat)
        now = domain.evolve(now, event)
        yield Step(stored.version, stored.at, stored.seat, event, now)
