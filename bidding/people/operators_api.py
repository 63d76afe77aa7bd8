"""What operators do: roles, other people's sessions, and the audit of both."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field

from bidding.auth import SignedIn, require_role
from bidding.deps import Deps
from bidding.people import acts, sessions, store
from bidding.people.certificates import verify_signature
from bidding.people.register import STREAM, Holder, end_grant, grant
from bidding.people.roles import OPERATORS, Role
from bidding.people.wire import CreditCode, SignatureBody, SignedBody, Strict
from ceremony.errors import Refusal
from crypto.canonical import iso
from crypto.translog.engine import reading

AUDITED = (STREAM, "platform")
#: Who asks for and confirms acts over an opening; the auditor only looks on.
ACTING = (Role.SYSTEM, Role.SECURITY)


class GrantBody(Strict):
    creditCode: CreditCode
    role: Role
    person: Annotated[str, Field(pattern=r"^$|^p_[a-z2-7]{26}$")] = ""
    name: Annotated[str, Field(max_length=300), AfterValidator(str.strip)] = ""


def router(deps: Deps) -> APIRouter:
    routes = APIRouter(prefix="/operators", tags=["operators"])

    @routes.get("/roles")
    def roles(session: SignedIn) -> dict[str, Any]:
        require_role(session, *OPERATORS)
        with reading(deps.engine) as tx:
            found = store.grants(tx)
            organisations, people = store.organisations(tx), store.person_names(tx)
        return {
            "roles": [
                {
                    "id": one.id,
                    "organisation": one.organisation,
                    "organisationName": organisations[one.organisation][0],
                    "creditCode": organisations[one.organisation][1],
                    "person": one.person,
                    "personName": people.get(one.person, ""),
                    "role": one.role.value,
                    "grantedBy": one.granted_by,
                    "grantedAt": iso(one.granted_at),
                }
                for one in found
            ]
        }

    @routes.post("/roles", status_code=201)
    def give(body: GrantBody, session: SignedIn) -> dict[str, str]:
        require_role(session, Role.SECURITY)
        if body.role in OPERATORS:
            raise Refusal("second-person-needed", "operator roles are given by two operators together")
        if body.role is Role.BIDDER:
            raise Refusal("role-held", "every certificate may bid")
        number = grant(
            deps.log,
            credit_code=body.creditCode,
            name=body.name,
            person=body.person,
            role=body.role,
            by=f"person:{session.person}",
            now=deps.clock.now(),
        )
        return {"id": number}

    @routes.delete("/roles/{grant_id}", status_code=204)
    def take(grant_id: str, session: SignedIn) -> None:
        require_role(session, Role.SECURITY)
        end_grant(deps.log, grant_id, by=f"person:{session.person}", now=deps.clock.now())

    @routes.delete("/people/{person}/sessions")
    def end_sessions(person: str, session: SignedIn) -> dict[str, int]:
        """Ends what a lost device left open; the person may sign in again at once."""
        require_role(session, Role.SECURITY)
        now = deps.clock.now()
        return {"ended": deps.log.transact(lambda tx: sessions.end_all(tx, person, now))}

    @routes.get("/acts")
    def asked(session: SignedIn) -> dict[str, Any]:
        require_role(session, *OPERATORS)
        with reading(deps.engine) as tx:
            return {"acts": acts.listed(tx, deps.clock.now())}

    @routes.post("/acts", status_code=201)
    def ask(body: SignedBody, session: SignedIn) -> dict[str, str]:
        require_role(session, *ACTING)
        now = deps.clock.now()
        _signed_by(session, verify_signature(deps.trust, body.cms, body.statement, now))
        act = acts.ask(deps, body.statement, body.cms, by=session.person, now=now)
        return {"act": act.id, "kind": act.kind.value}

    @routes.post("/acts/{act_id}/confirm")
    def confirm(act_id: str, body: SignatureBody, session: SignedIn) -> dict[str, str]:
        require_role(session, *ACTING)
        now = deps.clock.now()
        statement = acts.statement_of(deps, act_id)
        _signed_by(session, verify_signature(deps.trust, body.cms, statement, now))
        act = acts.confirm(deps, act_id, body.cms, by=session.person, now=now)
        return {"act": act.id, "kind": act.kind.value}

    @routes.get("/audit")
    def audit(
        session: SignedIn, since: Annotated[int, Query(ge=0)] = 0, stream: str = STREAM
    ) -> dict[str, Any]:
        require_role(session, Role.AUDIT)
        if stream not in AUDITED:
            raise Refusal("not-found")
        return {
            "events": [
                {
                    "version": one.version,
                    "at": iso(one.at),
                    "seat": one.seat,
                    "type": one.type,
                    "body": one.body,
                }
                for one in deps.log.read(stream, since, 500)
            ]
        }

    return routes


def _signed_by(session: SignedIn, holder: Holder) -> None:
    """The one signed in must be the one who signed: two signatures stand for two persons."""
    if holder.person_id != session.person:
        raise Refusal("signed-by-another", "signed by another person than the one signed in")
