"""Tables and queries of people, organisations, roles and sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bidding.columns import Instant
from bidding.people.roles import Role
from crypto.translog.schema import metadata

organisation = sa.Table(
    "organisation",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("credit_code", sa.String(18), nullable=False, unique=True),
    sa.Column("name", sa.String(300), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)

person = sa.Table(
    "person",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("organisation", sa.ForeignKey("organisation.id"), nullable=False, index=True),
    sa.Column("name", sa.String(300), nullable=False),
    sa.Column("email", sa.String(320), nullable=False, server_default=""),
    sa.Column("notify", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", Instant, nullable=False),
)

certificate = sa.Table(
    "certificate",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("person", sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("der", sa.LargeBinary, nullable=False),
    sa.Column("subject", sa.String(1000), nullable=False),
    sa.Column("authority", sa.String(100), nullable=False),
    sa.Column("not_after", Instant, nullable=False),
    sa.Column("first_seen_at", Instant, nullable=False),
)

role_grant = sa.Table(
    "role_grant",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("organisation", sa.ForeignKey("organisation.id"), nullable=False, index=True),
    sa.Column("person", sa.String(40), nullable=False, server_default="", comment="empty: everybody there"),
    sa.Column("role", sa.String(40), nullable=False),
    sa.Column("granted_by", sa.String(100), nullable=False),
    sa.Column("granted_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("ended_by", sa.String(100)),
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("token_sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("slot", sa.String(64), nullable=False),
    sa.Column("person", sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("certificate", sa.ForeignKey("certificate.sha256"), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False, comment="absolute limit"),
    sa.Column("ended_at", Instant),
    sa.Column("agent", sa.String(200), nullable=False, server_default=""),
)

used_challenge = sa.Table(
    "used_challenge",
    metadata,
    sa.Column("nonce", sa.String(64), primary_key=True),
    sa.Column("expires_at", Instant, nullable=False, index=True),
)

mandate = sa.Table(
    "mandate",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("grantor", sa.String(18), nullable=False, index=True),
    sa.Column("person", sa.String(40), nullable=False, index=True),
    sa.Column("role", sa.String(40), nullable=False),
    sa.Column("valid_from", Instant, nullable=False),
    sa.Column("valid_to", Instant, nullable=False),
    sa.Column("statement", sa.LargeBinary, nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
    sa.Column("revoked_at", Instant),
)

operator_act = sa.Table(
    "operator_act",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(100), nullable=False, comment="lot or person it is about"),
    sa.Column("statement", sa.LargeBinary, nullable=False),
    sa.Column("asked_by", sa.String(40), nullable=False),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("asked_signature", sa.LargeBinary, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("confirmed_by", sa.String(40)),
    sa.Column("confirmed_at", Instant),
    sa.Column("confirmed_signature", sa.LargeBinary),
)


@dataclass(frozen=True, slots=True)
class Member:
    """A person in its organisation."""

    person: str
    name: str
    organisation: str
    organisation_name: str
    credit_code: str
    email: str
    notify: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in force. `person` is empty when it was given to everybody of the organisation."""

    id: str
    organisation: str
    person: str
    role: Role
    granted_by: str
    granted_at: datetime


def find_member(tx: sa.Connection, person_id: str) -> Member | None:
    query = (
        sa.select(person, organisation.c.name.label("organisation_name"), organisation.c.credit_code)
        .join(organisation, organisation.c.id == person.c.organisation)
        .where(person.c.id == person_id)
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    return Member(
        row.id, row.name, row.organisation, row.organisation_name, row.credit_code, row.email, row.notify
    )


def certificate_der(tx: sa.Connection, sha256: str) -> bytes | None:
    """The certificate (DER) that somebody signed in with."""
    found = tx.execute(sa.select(certificate.c.der).where(certificate.c.sha256 == sha256)).scalar()
    return None if found is None else bytes(found)


def last_valid_at(tx: sa.Connection, person_id: str) -> datetime | None:
    """When the last of a person's known certificates ends; None for somebody who never signed in."""
    query = sa.select(sa.func.max(certificate.c.not_after)).where(certificate.c.person == person_id)
    return tx.execute(query.select_from(certificate)).scalar()


def grants(tx: sa.Connection, organisation_id: str | None = None) -> list[Grant]:
    """Roles in force, of one organisation or of all."""
    query = sa.select(role_grant).where(role_grant.c.ended_at.is_(None)).order_by(role_grant.c.granted_at)
    if organisation_id is not None:
        query = query.where(role_grant.c.organisation == organisation_id)
    return [
        Grant(row.id, row.organisation, row.person, Role(row.role), row.granted_by, row.granted_at)
        for row in tx.execute(query)
    ]


def organisations(tx: sa.Connection) -> dict[str, tuple[str, str]]:
    """Name and credit code of every organisation, by its id."""
    query = sa.select(organisation.c.id, organisation.c.name, organisation.c.credit_code)
    return {row.id: (row.name, row.credit_code) for row in tx.execute(query)}


def person_names(tx: sa.Connection) -> dict[str, str]:
    """The names of those who signed in once, by their ids."""
    return {row.id: row.name for row in tx.execute(sa.select(person.c.id, person.c.name))}


def roles_of(tx: sa.Connection, organisation_id: str, person_id: str) -> frozenset[Role]:
    """The roles granted to a person, by itself or through its organisation."""
    found = grants(tx, organisation_id)
    return frozenset(grant.role for grant in found if grant.person in ("", person_id))


def ever_granted(tx: sa.Connection, organisation_id: str, person_id: str, role: Role) -> bool:
    """Whether a person was ever given a role, in force or ended."""
    query = sa.select(role_grant.c.id).where(
        role_grant.c.organisation == organisation_id,
        role_grant.c.person == person_id,
        role_grant.c.role == role.value,
    )
    return tx.execute(query.limit(1)).first() is not None
