"""Registering mandates: given by an organisation's signature, listed to those they concern, taken back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter

from bidding.auth import SignedIn
from bidding.deps import Deps
from bidding.people import store
from bidding.people.certificates import judge_signer, verify_signature
from bidding.people.register import STREAM
from bidding.people.wire import SignatureBody, SignedBody
from ceremony.errors import Refusal
from crypto.canonical import b64, iso, sha256_hex
from crypto.errors import Invalid
from crypto.mandate import parse_mandate, revocation_statement, verify_mandate
from crypto.translog.engine import reading
from crypto.translog.store import NewEvent


def router(deps: Deps) -> APIRouter:
    routes = APIRouter(prefix="/people/mandates", tags=["people"])

    @routes.post("", status_code=201)
    def register(body: SignedBody, session: SignedIn) -> dict[str, str]:
        now = deps.clock.now()
        mandate = parse_mandate(body.statement)
        if mandate.tells_who_bids:
            raise Refusal("mandate-would-tell", "seal it into the identity box instead")
        _, signed = verify_mandate(
            body.statement,
            body.cms,
            credit_code_of=lambda by: judge_signer(deps.trust, by, now)[0].credit_code,
        )
        seat = f"person:{session.person}"
        facts = {
            "mandate": mandate.id,
            "grantor": mandate.grantor,
            "person": mandate.person,
            "role": mandate.role,
            "statement": sha256_hex(body.statement),
            "certificate": sha256_hex(signed.certificate),
        }

        def rows(tx: sa.Connection) -> None:
            table = store.mandate
            if tx.execute(sa.select(table.c.id).where(table.c.id == mandate.id)).first():
                raise Refusal("mandate-exists")
            tx.execute(
                sa.insert(table).values(
                    id=mandate.id,
                    grantor=mandate.grantor,
                    person=mandate.person,
                    role=mandate.role,
                    valid_from=mandate.valid_from,
                    valid_to=mandate.valid_to,
                    statement=body.statement,
                    signature=body.cms,
                )
            )

        deps.log.append(STREAM, None, [NewEvent("MandateGiven", seat, facts)], within=rows)
        return {"mandate": mandate.id}

    @routes.get("")
    def listed(session: SignedIn) -> dict[str, Any]:
        table = store.mandate
        query = (
            sa.select(table)
            .where(sa.or_(table.c.grantor == session.credit_code, table.c.person == session.person))
            .order_by(table.c.valid_from.desc(), table.c.id)
        )
        with reading(deps.engine) as tx:
            rows = list(tx.execute(query))
        return {
            "mandates": [
                {
                    "mandate": row.id,
                    "grantor": row.grantor,
                    "person": row.person,
                    "role": row.role,
                    "validFrom": iso(row.valid_from),
                    "validTo": iso(row.valid_to),
                    "statement": b64(row.statement),
                    "cms": b64(row.signature),
                    "revokedAt": iso(row.revoked_at) if row.revoked_at else None,
                }
                for row in rows
            ]
        }

    @routes.post("/{mandate}/revoke")
    def revoke(mandate: str, body: SignatureBody, session: SignedIn) -> dict[str, str]:
        now = deps.clock.now()
        holder = verify_signature(deps.trust, body.cms, revocation_statement(mandate), now)

        def rows(tx: sa.Connection) -> None:
            table = store.mandate
            row = tx.execute(sa.select(table.c.grantor).where(table.c.id == mandate)).one_or_none()
            if row is None or row.grantor != session.credit_code:
                raise Refusal("not-found")
            if holder.credit_code != row.grantor:
                raise Invalid("mandate-signer", "signed by another organisation")
            tx.execute(
                sa.update(table)
                .where(table.c.id == mandate, table.c.revoked_at.is_(None))
                .values(revoked_at=now)
            )

        event = NewEvent("MandateRevoked", f"person:{session.person}", {"mandate": mandate})
        deps.log.append(STREAM, None, [event], within=rows)
        return {"mandate": mandate, "revokedAt": iso(now)}

    return routes
