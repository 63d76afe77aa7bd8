"""The platform's own reachability as evidence: a beat every few seconds, a logged line every minute.

Nobody can add a beat afterwards without the log showing it; a gap says the platform was away, and when.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from bidding.submissions import store
from bidding.submissions.desk import Desk
from bidding.submissions.tables import heartbeats
from crypto.canonical import iso
from crypto.errors import StaleVersion, Unavailable
from crypto.translog.store import NewEvent

log = structlog.get_logger()

STREAM = "platform"
EVENT = "Heartbeat"
#: Seconds between two beats, and the gap from which the platform counts as away.
BEAT_SECONDS = 10
GAP_SECONDS = 30
#: Beats are kept this long; the log keeps its minutes for ever.
KEEP = timedelta(days=120)


def beat(desk: Desk) -> None:
    """Note that the platform is there: its database writes and its object store answers."""
    desk.objects.keys("heartbeat")
    with store.writing(desk.engine) as tx:
        now = desk.clock.now_in(tx)
        store.insert_if_new(tx, heartbeats, beat=store.to_ms(now) // 1000 // BEAT_SECONDS)
        oldest = store.to_ms(now - KEEP) // 1000 // BEAT_SECONDS
        tx.execute(heartbeats.delete().where(heartbeats.c.beat < oldest))
    minute = iso(now.replace(second=0, microsecond=0))
    desk.log.append(
        STREAM, None, [NewEvent(EVENT, "platform:", {"minute": minute})], command_id=f"beat:{minute}"
    )


def beat_on(desk: Desk, stop: threading.Event) -> None:
    """Beat until `stop`."""
    while not stop.is_set():
        try:
            beat(desk)
        except (Unavailable, StaleVersion) as error:
            log.warning("no heartbeat", reason=str(error))
        stop.wait(BEAT_SECONDS / 2)


def gaps(desk: Desk, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """The times within `since` and `until` in which the platform was away for longer than a short while."""
    first, last = store.to_ms(since) // 1000 // BEAT_SECONDS, store.to_ms(until) // 1000 // BEAT_SECONDS
    within = sa.and_(heartbeats.c.beat >= first, heartbeats.c.beat <= last)
    with store.reading(desk.engine) as tx:
        beats = (
            tx.execute(sa.select(heartbeats.c.beat).where(within).order_by(heartbeats.c.beat)).scalars().all()
        )
    found = []
    here = since
    for number in beats:
        at = store.from_ms(number * BEAT_SECONDS * 1000)
        if (at - here).total_seconds() > GAP_SECONDS:
            found.append((here, at))
        here = max(here, at)
    if (until - here).total_seconds() > GAP_SECONDS:
        found.append((here, until))
    return found
