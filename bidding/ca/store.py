"""Table and queries of certificate applications."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bidding.ca.domain import Application, ApplicationId, Status
from bidding.columns import Instant
from ceremony.errors import Refusal
from crypto.authority_profile import Usage
from crypto.translog.schema import metadata

application = sa.Table(
    "certificate_application",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("csr_sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("csr", sa.LargeBinary, nullable=False),
    sa.Column("organisation", sa.String(64), nullable=False),
    sa.Column("credit_code", sa.String(18), nullable=False, index=True),
    sa.Column("person", sa.String(64), nullable=False),
    sa.Column("usage", sa.String(20), nullable=False),
    sa.Column("replaces", sa.String(64), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("submitted_at", Instant, nullable=False, index=True),
    sa.Column("status", sa.String(20), nullable=False, index=True),
    sa.Column("decided_at", Instant),
    sa.Column("decided_by", sa.String(100), nullable=False),
    sa.Column("decision", sa.String(500), nullable=False),
    sa.Column("serial", sa.String(64), nullable=False),
)


def insert(tx: sa.Connection, new: Application) -> None:
    """A new row. A repeated request raises `sqlalchemy.exc.IntegrityError`."""
    tx.execute(sa.insert(application).values(**_row(new)))


def decide(tx: sa.Connection, decided: Application) -> None:
    """Record a decision once. Raises `Refusal("application-decided")` when somebody was faster."""
    changed = tx.execute(
        sa.update(application)
        .where(application.c.id == decided.id, application.c.status == Status.SUBMITTED.value)
        .values(
            status=decided.status.value,
            decided_at=decided.decided_at,
            decided_by=decided.decided_by,
            decision=decided.decision,
            serial=decided.serial,
        )
    )
    if changed.rowcount != 1:
        raise Refusal("application-decided", "it was decided by somebody else meanwhile")


def by_id(tx: sa.Connection, application_id: str) -> Application | None:
    return _one(tx, application.c.id == application_id)


def by_csr(tx: sa.Connection, csr_sha256: str) -> Application | None:
    return _one(tx, application.c.csr_sha256 == csr_sha256)


def waiting(tx: sa.Connection, credit_code: str) -> int:
    """How many applications of an organisation wait for review."""
    query = sa.select(sa.func.count()).where(
        application.c.credit_code == credit_code, application.c.status == Status.SUBMITTED.value
    )
    return int(tx.execute(query).scalar_one())


def page(tx: sa.Connection, status: Status, *, limit: int) -> list[Application]:
    """Applications of a status: those that wait longest first, those decided latest first."""
    waits = status is Status.SUBMITTED
    order = application.c.submitted_at if waits else application.c.decided_at.desc()
    query = (
        sa.select(application)
        .where(application.c.status == status.value)
        .order_by(order, application.c.id)
        .limit(limit)
    )
    return [_application(row) for row in tx.execute(query)]


def _one(tx: sa.Connection, where: sa.ColumnElement[bool]) -> Application | None:
    row = tx.execute(sa.select(application).where(where)).one_or_none()
    return None if row is None else _application(row)


def _application(row: Any) -> Application:
    return Application(
        id=ApplicationId(row.id),
        csr_sha256=row.csr_sha256,
        csr=row.csr,
        organisation=row.organisation,
        credit_code=row.credit_code,
        person=row.person,
        usage=Usage(row.usage),
        replaces=row.replaces,
        reason=row.reason,
        submitted_at=row.submitted_at,
        status=Status(row.status),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        decision=row.decision,
        serial=row.serial,
    )


def _row(value: Application) -> dict[str, Any]:
    return {
        "id": value.id,
        "csr_sha256": value.csr_sha256,
        "csr": value.csr,
        "organisation": value.organisation,
        "credit_code": value.credit_code,
        "person": value.person,
        "usage": value.usage.value,
        "replaces": value.replaces,
        "reason": value.reason,
        "submitted_at": value.submitted_at,
        "status": value.status.value,
        "decided_at": value.decided_at,
        "decided_by": value.decided_by,
        "decision": value.decision,
        "serial": value.serial,
    }
