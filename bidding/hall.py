"""The opening hall set into the platform: sessions, vault and records handed to `opening_hall.api`."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.requests import HTTPConnection, Request

from bidding.auth import SAFE, find_session, is_own_host, require_own_origin
from bidding.deps import Deps
from bidding.people.roles import OPERATORS
from bidding.submissions.desk import desk_of
from bidding.submissions.wiring import manifests_of, receipt_keys_of, vault_of
from ceremony.errors import Refusal
from crypto.suite import DEFAULT_SUITE
from opening_hall import api
from opening_hall.ports import HallPorts
from opening_hall.prepare import Caller


def router(deps: Deps) -> APIRouter:
    """The hall's routes."""
    vault = vault_of(deps)
    return api.router(
        HallPorts(
            halls=deps.halls,
            live=deps.live,
            clock=deps.clock.now,
            vault=vault,
            manifest=manifests_of(vault),
            receipt_key=receipt_keys_of(desk_of(deps)),
            caller=lambda connection: find_caller(deps, connection),
            record=vault.revision,
            challenge_key=DEFAULT_SUITE.mac(deps.keys.session, b"kaibiao/seat-challenge/v1"),
            random=deps.random,
        )
    )


def find_caller(deps: Deps, connection: HTTPConnection) -> Caller | None:
    """Who asks, by session; a session is only taken from our own pages and clients.

    Raises Refusal("cross-site-request"): a page of another site can open sockets with our cookies.
    """
    session = find_session(deps, connection)
    if session is None or session.roles & OPERATORS:
        # 三员: whoever runs the platform looks on like the public, even where a notice names it.
        return None
    if isinstance(connection, Request) and connection.method not in SAFE:
        require_own_origin(deps, connection)
    elif connection.scope["type"] == "websocket":
        require_socket_origin(deps, connection)
    return Caller(session.person, session.name, session.credit_code, session.certificate_sha256)


def require_socket_origin(deps: Deps, connection: HTTPConnection) -> None:
    """Browsers send the page's origin with every handshake; clients that are none may leave it out.

    Raises Refusal("cross-site-request").
    """
    origin = connection.headers.get("origin", "")
    ours = origin == deps.settings.base_url or is_own_host(deps, connection, urlsplit(origin))
    if origin and not ours:
        raise Refusal("cross-site-request", "the socket was not opened by this platform's own pages")
