"""One-time upload tickets: drawn by every account every month, redeemed without a session.

A ticket is `month.nonce.key.tag`: a random nonce and a tag of the platform over it. Drawing stores only
that the account drew (as every account does), redeeming only the hash of the ticket; no row, now or later,
holds both. A ticket is good in its month and the one after, so that a bid may cross midnight of the 31st.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bidding.submissions.desk import Desk, Keys
from bidding.submissions.store import from_ms, insert_if_new, to_ms, writing
from bidding.submissions.tables import ticket_draws
from ceremony.errors import Refusal
from crypto.canonical import b64, iso, sha256_hex, unb64
from crypto.errors import Invalid

#: Tickets per batch: a bidder of many lots, each uploaded several times, does not run out.
BATCH = 32
#: Batches of a month that are given at once: each browser and computer a bidder works with draws its own,
#: and a lost answer costs nothing.
AT_ONCE = 24
#: After those, one more batch each this long: a limit on junk that never shuts a bidder out.
PAUSE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A month's tickets and the instant after which none of them is taken."""

    month: str
    tickets: tuple[str, ...]
    usable_until: datetime


def draw(desk: Desk, account: str) -> Drawn:
    """The account's tickets of this month. Refuses `tickets-drawn` when asked for too many too fast."""
    with writing(desk.engine) as tx:
        now = desk.clock.now_in(tx)
        month = _month(now)
        _count_draw(tx, account, month, now)
    tickets = tuple(_issue(desk.keys, month, desk.random(16)) for _ in range(BATCH))
    return Drawn(month, tickets, _end_of_use(now))


def verify_ticket(keys: Keys, ticket: str, now: datetime) -> tuple[str, str]:
    """The hash under which a ticket is spent, and its month. Raises `Invalid` for one not issued here."""
    fields = ticket.split(".") if len(ticket) <= 120 else []
    if len(fields) != 4:
        raise Invalid("ticket-invalid", "not a ticket")
    month, nonce, key_id, _tag = fields
    if month not in (_month(now), _month(_month_start(now) - timedelta(days=1))):
        raise Invalid("ticket-expired", f"the ticket is of {month[:7]}", month=month[:7])
    try:
        expected = _ticket(month, unb64(nonce), key_id, keys.data_key(key_id))
    except (KeyError, StopIteration, Invalid):
        raise Invalid("ticket-invalid", "the platform did not issue this ticket") from None
    if not hmac.compare_digest(expected.encode(), ticket.encode()):
        raise Invalid("ticket-invalid", "the platform did not issue this ticket")
    return sha256_hex(b"kaibiao/ticket/v1", ticket.encode()), month


def _count_draw(tx: sa.Connection, account: str, month: str, now: datetime) -> None:
    key = sa.and_(ticket_draws.c.account == account, ticket_draws.c.month == month)
    if insert_if_new(tx, ticket_draws, account=account, month=month, batches=1, last_at=to_ms(now)):
        return
    row = tx.execute(sa.select(ticket_draws).where(key).with_for_update()).one()
    next_at = from_ms(row.last_at) + PAUSE
    if row.batches >= AT_ONCE and now < next_at:
        raise Refusal("tickets-drawn", "this month's tickets were drawn", next_at=iso(next_at))
    tx.execute(ticket_draws.update().where(key).values(batches=row.batches + 1, last_at=to_ms(now)))


def _issue(keys: Keys, month: str, nonce: bytes) -> str:
    return _ticket(month, nonce, keys.data.id, keys.data.secret)


def _ticket(month: str, nonce: bytes, key_id: str, secret: bytes) -> str:
    head = f"{month}.{b64(nonce)}.{key_id}"
    key = hmac.digest(secret, b"kaibiao/ticket-key/v1", "sha256")
    return f"{head}.{b64(hmac.digest(key, head.encode(), 'sha256')[:16])}"


def _month(at: datetime) -> str:
    return f"{at:%Y-%m}"


def _month_start(at: datetime) -> datetime:
    return datetime(at.year, at.month, 1, tzinfo=UTC)


def _end_of_use(at: datetime) -> datetime:
    following = _month_start(_month_start(at) + timedelta(days=32))
    return _month_start(following + timedelta(days=32))
