"""The client's clock: this machine's time, and how far the server's is from it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def local_now() -> datetime:
    """This machine's time, aware UTC. A client is its own composition root."""
    return datetime.now(UTC)  # noqa: TID251 - the client's clock itself


@dataclass(frozen=True, slots=True)
class Offset:
    """Server time minus local time, and how wrong that can be at most (half the round trip)."""

    ahead: timedelta
    uncertainty: timedelta

    def server_now(self) -> datetime:
        """The server's time as far as this client knows, aware UTC."""
        return local_now() + self.ahead

    def wait_seconds(self, until: datetime) -> float:
        """Seconds until the server's clock shows `until`; never negative."""
        return max(0.0, (until - self.server_now()).total_seconds())


def offset_of(sent: datetime, server: datetime, received: datetime) -> Offset:
    """One exchange's estimate: the server read its clock in the middle of the round trip (RFC 5905 in
    small).
    """
    half = (received - sent) / 2
    return Offset(ahead=server - (sent + half), uncertainty=half)


def monotonic() -> float:
    """Seconds of this machine's monotonic clock, shared by all processes on it."""
    return time.monotonic()
