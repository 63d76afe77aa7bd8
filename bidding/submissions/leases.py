"""Which process looks after a hall just now: a row per hall, renewed while it works.

A lease only saves doubled work; what the worker does is idempotent. A holder on this machine that no longer
runs loses its lease at once, so a restart does not wait for the end of its predecessor's.
"""

from __future__ import annotations

import os
import socket
import threading
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bidding.submissions import store
from bidding.submissions.desk import SharedClock
from bidding.submissions.tables import leases

#: How long a lease lasts without renewal, in seconds.
LEASE_SECONDS = 6.0


class RowLeases:
    """`opening_hall.worker.Leases` as rows of the shared database."""

    def __init__(
        self, engine: sa.Engine, clock: SharedClock, *, holder: str = "", seconds: float = LEASE_SECONDS
    ):
        self._engine = engine
        self._clock = clock
        self._holder = holder or this_process()
        self._seconds = seconds
        self._lock = threading.Lock()
        self._held: dict[str, datetime] = {}

    def seconds(self) -> float:
        return self._seconds

    def hold(self, name: str) -> bool:
        now = self._clock.now()
        with self._lock:
            until = self._held.get(name)
        if until is not None and now < until - timedelta(seconds=self._seconds / 2):
            return True
        taken = self._take(name)
        with self._lock:
            if taken is None:
                self._held.pop(name, None)
            else:
                self._held[name] = taken
        return taken is not None

    def _take(self, name: str) -> datetime | None:
        with store.writing(self._engine) as tx:
            now = self._clock.now_in(tx)
            until = now + timedelta(seconds=self._seconds)
            row = {"holder": self._holder, "until": store.to_ms(until)}
            if store.insert_if_new(tx, leases, name=name, **row):
                return until
            found = tx.execute(sa.select(leases).where(leases.c.name == name).with_for_update()).one()
            free = found.until <= store.to_ms(now) or not runs(found.holder)
            if found.holder != self._holder and not free:
                return None
            tx.execute(leases.update().where(leases.c.name == name).values(**row))
            return until


def this_process() -> str:
    """Machine, process id and the process's start, so that a reused id is not mistaken for it."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def runs(holder: str) -> bool:
    """Whether a holder may still be alive: elsewhere nobody can tell, here the process table does."""
    host, _, process = holder.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not Path("/proc/self").exists():
        return True
    return process.isdigit() and _started(int(process)) == holder.rpartition(":")[2]


def _started(process: int) -> str:
    """Clock ticks since boot at which a process started; empty when there is none (or no /proc)."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
