"""Sessions: random tokens of which only the hash is stored, with an idle and an absolute limit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bidding.people import store
from bidding.people.roles import Role, effective
from bidding.settings import Settings
from crypto.canonical import iso

#: How old "last seen" may grow before it is written again.
TOUCH_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Limits:
    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True)
class Fresh:
    """A session about to start. `token` is known to the client alone."""

    id: str
    token: str
    slot: str
    person: str
    certificate: str
    agent: str


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person with the roles it holds at this moment."""

    id: str
    slot: str
    person: str
    name: str
    org: str
    org_name: str
    credit_code: str
    certificate_sha256: str
    certificate_subject: str
    certificate_not_after: datetime
    roles: frozenset[Role]
    seen_at: datetime
    expires_at: datetime
    ends_at: datetime

    def encode(self) -> dict[str, Any]:
        return {
            "slot": self.slot,
            "session": self.id,
            "person": {"id": self.person, "name": self.name},
            "organisation": {"id": self.org, "name": self.org_name, "creditCode": self.credit_code},
            "roles": sorted(self.roles),
            "certificate": {
                "sha256": self.certificate_sha256,
                "subject": self.certificate_subject,
                "notAfter": iso(self.certificate_not_after),
            },
            "expiresAt": iso(self.expires_at),
            "absoluteExpiresAt": iso(self.ends_at),
        }


def limits(settings: Settings) -> Limits:
    return Limits(
        timedelta(seconds=settings.session_idle_seconds), timedelta(seconds=settings.session_absolute_seconds)
    )


def start(tx: sa.Connection, fresh: Fresh, limits: Limits, now: datetime) -> None:
    tx.execute(
        sa.insert(store.session).values(
            id=fresh.id,
            token_sha256=_hash(fresh.token),
            slot=fresh.slot,
            person=fresh.person,
            certificate=fresh.certificate,
            created_at=now,
            seen_at=now,
            ends_at=now + limits.absolute,
            agent=fresh.agent,
        )
    )


def find(tx: sa.Connection, token: str, slot: str, limits: Limits, now: datetime) -> Session | None:
    """The live session of a token, in its own slot only."""
    s, p, o, c = store.session, store.person, store.organisation, store.certificate
    query = (
        sa.select(
            s,
            p.c.name,
            p.c.organisation,
            o.c.name.label("organisation_name"),
            o.c.credit_code,
            c.c.subject,
            c.c.not_after,
        )
        .join(p, p.c.id == s.c.person)
        .join(o, o.c.id == p.c.organisation)
        .join(c, c.c.sha256 == s.c.certificate)
        .where(s.c.token_sha256 == _hash(token), s.c.slot == slot, _live(limits, now))
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    return Session(
        id=row.id,
        slot=row.slot,
        person=row.person,
        name=row.name,
        org=row.organisation,
        org_name=row.organisation_name,
        credit_code=row.credit_code,
        certificate_sha256=row.certificate,
        certificate_subject=row.subject,
        certificate_not_after=row.not_after,
        roles=effective(store.roles_of(tx, row.organisation, row.person)),
        seen_at=row.seen_at,
        expires_at=min(row.ends_at, row.seen_at + limits.idle),
        ends_at=row.ends_at,
    )


def is_stale(session: Session, now: datetime) -> bool:
    """Whether "last seen" should be written again; at most once a minute, so that reading stays reading."""
    return now - session.seen_at >= TOUCH_AFTER


def touch(tx: sa.Connection, session_id: str, now: datetime) -> None:
    table = store.session
    tx.execute(sa.update(table).where(table.c.id == session_id, table.c.seen_at < now).values(seen_at=now))


def end(tx: sa.Connection, session_id: str, person: str, now: datetime) -> bool:
    """End a session of a person; whether there was one."""
    table = store.session
    done = tx.execute(
        sa.update(table)
        .where(table.c.id == session_id, table.c.person == person, table.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    return done.rowcount == 1


def end_all(tx: sa.Connection, person: str, now: datetime) -> int:
    """End every session of a person; how many there were. The person may sign in again at once."""
    table = store.session
    query = sa.update(table).where(table.c.person == person, table.c.ended_at.is_(None)).values(ended_at=now)
    return tx.execute(query).rowcount


def of_person(tx: sa.Connection, person: str, limits: Limits, now: datetime) -> list[dict[str, Any]]:
    """A person's live sessions, newest first."""
    table = store.session
    query = (
        sa.select(table)
        .where(table.c.person == person, _live(limits, now))
        .order_by(table.c.created_at.desc(), table.c.id)
    )
    return [
        {
            "id": row.id,
            "slot": row.slot,
            "createdAt": iso(row.created_at),
            "lastSeenAt": iso(row.seen_at),
            "expiresAt": iso(min(row.ends_at, row.seen_at + limits.idle)),
            "agent": row.agent,
        }
        for row in tx.execute(query)
    ]


def purge(tx: sa.Connection, before: datetime) -> int:
    """Forget sessions that ended before an instant; how many."""
    table = store.session
    gone = sa.or_(table.c.ended_at < before, table.c.ends_at < before)
    return tx.execute(sa.delete(table).where(gone)).rowcount


def _live(limits: Limits, now: datetime) -> sa.ColumnElement[bool]:
    table = store.session
    return sa.and_(table.c.ended_at.is_(None), table.c.ends_at > now, table.c.seen_at > now - limits.idle)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8")).hexdigest()
