"""Who is asking: sessions by certificate, in a cookie that one path (`/as/{slot}`) alone carries.

One browser can hold several identities beside each other. A valid signature always signs in: nothing here
counts failures or locks anybody out.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from starlette.requests import HTTPConnection

from bidding.deps import Deps
from bidding.people import sessions
from bidding.people.certificates import judge_signer, warnings_about
from bidding.people.operators import appoint_first
from bidding.people.register import register
from bidding.people.roles import Role
from bidding.people.sessions import Session
from bidding.people.sign_in import make_challenge, parse_challenge, use_challenge
from bidding.people.wire import Strict
from bidding.settings import EVERYWHERE, LOOPBACK
from ceremony.errors import Refusal
from crypto.canonical import b64, iso, unb64
from crypto.signing import verify_detached
from crypto.translog.engine import reading

__all__ = ["MaybeSignedIn", "Session", "SignedIn", "find_session", "require_role", "router"]

COOKIE = "kb"
CSRF_HEADER = "x-kaibiao"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_CMS_TEXT = 90_000


class SignInRequest(Strict):
    challenge: str = Field(max_length=200)
    cms: str = Field(max_length=MAX_CMS_TEXT)


def deps_of(connection: HTTPConnection) -> Deps:
    """What the composition root put together."""
    deps: Deps = connection.app.state.deps
    return deps


def slot_of(connection: HTTPConnection) -> str:
    """The identity slot of the request's path; empty outside `/as/{slot}`."""
    return str(connection.scope.get("state", {}).get("slot", ""))


def find_session(deps: Deps, connection: HTTPConnection) -> Session | None:
    """The live session of a request or socket, or None. Blocks on the database."""
    slot, token = slot_of(connection), connection.cookies.get(COOKIE, "")
    if not slot or not token:
        return None
    limits = sessions.limits(deps.settings)
    now = deps.clock.now()
    with reading(deps.engine) as tx:
        found = sessions.find(tx, token, slot, limits, now)
    if found is not None and sessions.is_stale(found, now):
        deps.log.transact(lambda tx: sessions.touch(tx, found.id, now))
    return found


def maybe_signed_in(request: Request) -> Session | None:
    """The session of a request, if it has one; changing requests must come from our own pages or clients.

    Raises `Refusal("cross-site-request")`.
    """
    deps = deps_of(request)
    found = find_session(deps, request)
    if found is not None and request.method not in SAFE:
        require_own_origin(deps, request)
    return found


def signed_in(session: Annotated[Session | None, Depends(maybe_signed_in)]) -> Session:
    """The session of a request. Raises `Refusal("sign-in-needed")`."""
    if session is None:
        raise Refusal("sign-in-needed", "sign in with a certificate first")
    return session


MaybeSignedIn = Annotated[Session | None, Depends(maybe_signed_in)]
SignedIn = Annotated[Session, Depends(signed_in)]


def require_role(session: Session, *roles: Role) -> None:
    """Raises `Refusal("not-allowed")` unless the session has one of the roles."""
    if not session.roles & set(roles):
        raise Refusal("not-allowed", f"one of the roles {', '.join(roles)} is needed")


def require_own_origin(deps: Deps, request: Request) -> None:
    """Against requests forged by other sites: a header no form can set, and the page's origin.

    Raises `Refusal("cross-site-request")`.
    """
    origin = request.headers.get("origin", "")
    if request.headers.get(CSRF_HEADER) != "1" or not _is_ours(deps, request, origin):
        raise Refusal("cross-site-request", "the request did not come from this platform's own pages")


def _is_ours(deps: Deps, request: Request, origin: str) -> bool:
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or parts.path:
        return False
    return origin == deps.settings.base_url or is_own_host(deps, request, parts)


def is_own_host(deps: Deps, connection: HTTPConnection, origin: SplitResult) -> bool:
    """Whether an origin other than the public address is this server all the same.

    The Host header alone proves nothing: who relays a sign-in to us names itself in it and in Origin alike.
    It counts only where no address is known (listening on all), or for names of this very machine.
    """
    if origin.netloc != connection.headers.get("host", ""):
        return False
    settings = deps.settings
    if settings.public_url:
        return False
    return settings.host in EVERYWHERE or (not settings.beyond_loopback and origin.hostname in LOOPBACK)


def server_origin(deps: Deps, request: Request) -> str:
    """The address under which the client sees this server: its Origin if that is ours, else our own."""
    origin = request.headers.get("origin", "")
    return origin if _is_ours(deps, request, origin) else deps.settings.base_url


def router(deps: Deps) -> APIRouter:
    """Sign-in, and the list of one's own sessions."""
    routes = APIRouter(prefix="/auth", tags=["auth"])

    @routes.post("/challenge")
    def challenge(request: Request) -> dict[str, str]:
        origin = server_origin(deps, request)
        made = make_challenge(deps.keys.session, deps.random(16), origin, deps.clock.now())
        return {
            "challenge": made.token,
            "statement": b64(made.statement),
            "origin": origin,
            "expiresAt": iso(made.expires_at),
        }

    @routes.post("/session", status_code=201)
    def sign_in(request: Request, response: Response, body: SignInRequest) -> dict[str, Any]:
        now = deps.clock.now()
        origin = server_origin(deps, request)
        made = parse_challenge(deps.keys.session, body.challenge, origin, now)
        signed = verify_detached(unb64(body.cms), data=made.statement)
        holder, unclear = judge_signer(deps.trust, signed, now)
        register(deps.log, holder, now)
        appoint_first(deps, holder, now)
        token = b64(deps.random(32))
        slot = slot_of(request) or b64(deps.random(9))
        before = find_session(deps, request)
        fresh = sessions.Fresh(
            id=f"s_{deps.random(10).hex()}",
            token=token,
            slot=slot,
            person=holder.person_id,
            certificate=holder.certificate_sha256,
            agent=request.headers.get("user-agent", "")[:200],
        )
        limits = sessions.limits(deps.settings)

        def rows(tx: Any) -> None:
            use_challenge(tx, made, now)
            if before is not None:
                sessions.end(tx, before.id, before.person, now)
            sessions.start(tx, fresh, limits, now)

        deps.log.transact(rows)
        _set_cookie(deps, response, slot, token)
        with reading(deps.engine) as tx:
            found = sessions.find(tx, token, slot, limits, now)
        if found is None:
            raise Refusal("sign-in-needed")
        return {**found.encode(), "warnings": warnings_about(holder, now, unclear)}

    @routes.get("/session")
    def current(session: SignedIn) -> dict[str, Any]:
        return session.encode()

    @routes.delete("/session", status_code=204)
    def sign_out(session: SignedIn, response: Response) -> None:
        now = deps.clock.now()
        deps.log.transact(lambda tx: sessions.end(tx, session.id, session.person, now))
        response.delete_cookie(COOKIE, path=f"/as/{session.slot}", httponly=True, samesite="strict")

    @routes.get("/sessions")
    def own_sessions(session: SignedIn) -> dict[str, Any]:
        limits, now = sessions.limits(deps.settings), deps.clock.now()
        with reading(deps.engine) as tx:
            listed = sessions.of_person(tx, session.person, limits, now)
        return {"sessions": [{**one, "current": one["id"] == session.id} for one in listed]}

    @routes.delete("/sessions/{session_id}", status_code=204)
    def end_session(session_id: str, session: SignedIn) -> None:
        now = deps.clock.now()
        ended = deps.log.transact(lambda tx: sessions.end(tx, session_id, session.person, now))
        if not ended:
            raise Refusal("not-found")

    return routes


def _set_cookie(deps: Deps, response: Response, slot: str, token: str) -> None:
    response.set_cookie(
        COOKIE,
        token,
        path=f"/as/{slot}",
        httponly=True,
        samesite="strict",
        secure=deps.settings.secure_cookies,
    )
