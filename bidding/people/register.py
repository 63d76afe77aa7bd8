"""People and organisations register themselves by signing in with a trusted certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bidding.people import store
from bidding.people.ids import OrganisationId, PersonId, organisation_id, person_id
from bidding.people.roles import Role, check_grant
from ceremony.errors import Refusal
from crypto.canonical import canon, iso, sha256_hex
from crypto.translog.store import Log, NewEvent

STREAM = "people"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a trusted certificate names."""

    credit_code: str
    organisation: str
    name: str
    certificate: bytes
    certificate_sha256: str
    subject: str
    authority: str
    not_after: datetime

    @property
    def person_id(self) -> PersonId:
        return person_id(self.credit_code, self.name)

    @property
    def organisation_id(self) -> OrganisationId:
        return organisation_id(self.credit_code)


def register(log: Log, holder: Holder, now: datetime) -> None:
    """Make sure that organisation, person and certificate are known. Registering again changes nothing."""
    body = {
        "person": holder.person_id,
        "name": holder.name,
        "organisation": holder.organisation_id,
        "organisationName": holder.organisation,
        "creditCode": holder.credit_code,
        "certificate": holder.certificate_sha256,
        "authority": holder.authority,
        "notAfter": iso(holder.not_after),
    }

    def rows(tx: sa.Connection) -> None:
        _insert_once(
            tx,
            store.organisation,
            id=holder.organisation_id,
            credit_code=holder.credit_code,
            name=holder.organisation or holder.name,
            created_at=now,
        )
        _insert_once(
            tx,
            store.person,
            id=holder.person_id,
            organisation=holder.organisation_id,
            name=holder.name,
            created_at=now,
        )
        tx.execute(
            sa.insert(store.certificate).values(
                sha256=holder.certificate_sha256,
                person=holder.person_id,
                der=holder.certificate,
                subject=holder.subject[:1000],
                authority=holder.authority,
                not_after=holder.not_after,
                first_seen_at=now,
            )
        )

    seat = f"person:{holder.person_id}"
    event = NewEvent("CertificateRegistered", seat, body)
    log.append(STREAM, None, [event], command_id=f"certificate:{holder.certificate_sha256}", within=rows)


def grant(
    log: Log,
    *,
    credit_code: str,
    name: str,
    person: str,
    role: Role,
    by: str,
    now: datetime,
    command_id: str | None = None,
) -> str:
    """Give a role to a person, or (empty `person`) to everybody of an organisation; answers the grant's id.

    The organisation need not have signed in yet. The same `command_id` grants once, whatever became of the
    role since. Raises `Refusal("roles-exclude-each-other")`.
    """
    organisation = organisation_id(credit_code)
    grant_id = f"g_{sha256_hex(canon([organisation, person, role.value, iso(now)]))[:26]}"
    body = {
        "grant": grant_id,
        "organisation": organisation,
        "creditCode": credit_code,
        "person": person,
        "role": role.value,
    }

    def rows(tx: sa.Connection) -> None:
        held = store.roles_of(tx, organisation, person)
        check_grant(held, role)
        if role in held:
            raise Refusal("role-held", "this role is in force already")
        _insert_once(
            tx,
            store.organisation,
            id=organisation,
            credit_code=credit_code,
            name=name or credit_code,
            created_at=now,
        )
        tx.execute(
            sa.insert(store.role_grant).values(
                id=grant_id,
                organisation=organisation,
                person=person,
                role=role.value,
                granted_by=by,
                granted_at=now,
            )
        )

    event = NewEvent("RoleGranted", by, body)
    (stored,) = log.append(STREAM, None, [event], command_id=command_id, within=rows)
    return str(stored.body["grant"]) if stored.body is not None else grant_id


def end_grant(log: Log, grant_id: str, *, by: str, now: datetime) -> None:
    """Take a role away. Raises `Refusal("not-found")`."""

    def rows(tx: sa.Connection) -> None:
        table = store.role_grant
        changed = tx.execute(
            sa.update(table)
            .where(table.c.id == grant_id, table.c.ended_at.is_(None))
            .values(ended_at=now, ended_by=by)
        )
        if changed.rowcount != 1:
            raise Refusal("not-found")

    log.append(STREAM, None, [NewEvent("RoleEnded", by, {"grant": grant_id})], within=rows)


def _insert_once(tx: sa.Connection, table: sa.Table, **values: object) -> None:
    """Insert unless the id is there. The log's writer serialises callers, so looking first is enough."""
    if tx.execute(sa.select(table.c.id).where(table.c.id == values["id"])).first() is None:
        tx.execute(sa.insert(table).values(**values))
