"""The one clock: every deadline and every `accepted_at` of all server processes is read here."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

#: How long a measured offset between this machine and the database is trusted, in seconds.
OFFSET_SECONDS = 5.0


class Clock:
    """Aware UTC time that all processes share.

    On SQLite all processes run on one machine and share its clock. On PostgreSQL the database's clock
    rules: `now_in` asks it inside a transaction, `now` uses this machine's clock corrected by an offset
    that is measured anew every few seconds.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._shared = engine.dialect.name == "postgresql"
        self._offset = timedelta()
        self._measured = -OFFSET_SECONDS
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The shared time, in UTC."""
        if self._shared and time.monotonic() - self._measured >= OFFSET_SECONDS:
            self._measure()
        return _local() + self._offset

    def now_in(self, connection: sa.Connection) -> datetime:
        """The shared time as seen by a running transaction, in UTC."""
        if not self._shared:
            return _local()
        return _database_time(connection)

    def _measure(self) -> None:
        with self._lock:
            if time.monotonic() - self._measured < OFFSET_SECONDS:
                return
            with self._engine.connect() as connection:
                before = _local()
                there = _database_time(connection)
                after = _local()
            self._offset = there - (before + (after - before) / 2)
            self._measured = time.monotonic()


def _local() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the clock itself


def _database_time(connection: sa.Connection) -> datetime:
    value = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    assert isinstance(value, datetime)  # noqa: S101 - the driver's contract
    return value.astimezone(UTC)
