"""The demonstration CA over HTTP: counter, lists (RFC 5280), OCSP (RFC 6960), time stamps (RFC 3161)."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from bidding.archive.authorities import encode_authority
from bidding.auth import MaybeSignedIn, SignedIn, require_role
from bidding.ca import counter as at
from bidding.ca.counter import Counter
from bidding.ca.domain import Application, Status
from bidding.ca.wire import ApplyRequest, ReviewRequest, RevokeRequest, application_body, revocation_body
from bidding.deps import Deps
from bidding.people.roles import Role
from ceremony.errors import Refusal
from crypto.canonical import b64, unb64
from crypto.timestamps import EmbeddedAuthority

#: Small enough to hold any request of these protocols, and no more is read.
MAX_BODY = 16 * 1024
CRL_SECONDS = 60


def router(deps: Deps) -> APIRouter:
    routes = APIRouter()
    _add_counter(routes, deps)
    _add_status(routes, deps)
    _add_trust(routes, deps)
    return routes


def _counter(deps: Deps) -> Counter:
    if deps.authority is None:
        raise Refusal("ca-not-here", "this installation has no demonstration authority")
    return Counter(
        deps.authority,
        deps.engine,
        deps.log,
        deps.clock.now,
        deps.random,
        issues_at_once=deps.settings.rehearsal,
    )


def _add_counter(routes: APIRouter, deps: Deps) -> None:
    def answer(application: Application) -> dict[str, Any]:
        counter = _counter(deps)
        certificate, revoked = at.certificate_of(counter, application), at.revocation_of(counter, application)
        return application_body(application, certificate, counter.authority.chain, revoked)

    @routes.post("/ca/applications", status_code=201)
    def apply(asked: ApplyRequest) -> dict[str, Any]:
        csr = unb64(asked.csr)
        made = at.apply(_counter(deps), csr, usage=asked.usage, replaces=asked.replaces, reason=asked.reason)
        return answer(made)

    @routes.get("/ca/applications")
    def applications(session: SignedIn, status: Status = Status.SUBMITTED) -> dict[str, Any]:
        require_role(session, Role.SYSTEM, Role.AUDIT)
        return {"applications": [answer(each) for each in at.listing(_counter(deps), status)]}

    @routes.get("/ca/applications/{application}")
    def application(application: str) -> dict[str, Any]:
        return answer(at.find(_counter(deps), application))

    @routes.post("/ca/applications/{application}/review")
    def review(application: str, asked: ReviewRequest, session: SignedIn) -> dict[str, Any]:
        require_role(session, Role.SYSTEM)
        by = f"operator:{session.person}"
        decided = at.review(_counter(deps), application, approve=asked.approve, by=by, reason=asked.reason)
        return answer(decided)

    @routes.post("/ca/revocations")
    def revoke(asked: RevokeRequest, session: MaybeSignedIn) -> dict[str, Any]:
        counter = _counter(deps)
        if asked.cms:
            by = at.verify_holder(counter, asked.serial, asked.reason, unb64(asked.cms))
        elif session is not None:
            require_role(session, Role.SYSTEM)
            by = f"operator:{session.person}"
        else:
            raise Refusal("sign-in-needed", "sign in, or sign the request with the certificate itself")
        revoked = at.revoke(
            counter, asked.serial, asked.reason, by=by, note=asked.note, invalid_since=asked.invalid_since
        )
        return revocation_body(revoked)


def _add_status(routes: APIRouter, deps: Deps) -> None:
    @routes.get("/ca/crl/{name}.crl")
    def crl(name: str) -> Response:
        der = _counter(deps).authority.crl(name, at=deps.clock.now())
        headers = {"Cache-Control": f"public, max-age={CRL_SECONDS}"}
        return Response(der, media_type="application/pkix-crl", headers=headers)

    @routes.post("/ca/ocsp")
    async def ocsp(request: Request) -> Response:
        return await run_in_threadpool(_ocsp, deps, await _small_body(request))

    @routes.get("/ca/ocsp/{question:path}")
    def ocsp_by_get(question: str) -> Response:
        try:
            return _ocsp(deps, base64.b64decode(question, validate=True))
        except binascii.Error:
            return _ocsp(deps, b"")

    @routes.get("/ca/chain.pem")
    def chain() -> Response:
        return Response(_counter(deps).authority.chain_pem(), media_type="application/x-pem-file")

    @routes.post("/tsa")
    async def time_stamp(request: Request) -> Response:
        if not isinstance(deps.tsa, EmbeddedAuthority):
            raise Refusal("ca-not-here", "this installation's time stamps come from elsewhere")
        answered = await run_in_threadpool(deps.tsa.respond, await _small_body(request))
        return Response(answered, media_type="application/timestamp-reply")


def _add_trust(routes: APIRouter, deps: Deps) -> None:
    @routes.get("/trust")
    def trust() -> dict[str, Any]:
        """The accepted authorities, so that a client can show and check what the server trusts."""
        policy = deps.trust.policy
        return {
            "authorities": [encode_authority(each) for each in deps.trust.authorities],
            "policy": {"maxAgeSeconds": int(policy.max_age.total_seconds()), "missing": policy.missing.value},
        }

    @routes.get("/trust/lists")
    def lists() -> dict[str, Any]:
        """All current lists together: fetching them tells nobody whose certificate is looked up."""
        evidence = deps.trust.evidence(now=deps.clock.now())
        return {"crls": [b64(der) for der in evidence.crls]}


def _ocsp(deps: Deps, question: bytes) -> Response:
    answered = _counter(deps).authority.ocsp(question, at=deps.clock.now())
    return Response(answered, media_type="application/ocsp-response")


async def _small_body(request: Request) -> bytes:
    """At most `MAX_BODY` bytes; more is cut off and then refused by whoever parses it."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY:
            break
    return bytes(body)
