"""Bounds on what a request may carry, before any route sees it."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bidding import problems
from ceremony.errors import Malformed

#: Bytes of an ordinary body.
BODY_LIMIT = 1 << 20
#: A release of shares for a thousand bids, or a manifest, is longer; these routes bound it again.
LARGE_LIMIT = 32 << 20
LARGE = re.compile(
    r"^/api/(?:(?:halls|lots|log|selfcheck|tsa|ca)(?:/|$)|tenders/[^/]+/(?:publish|clarifications))"
)
#: Pieces and documents: these routes stream to disk and count for themselves.
STREAMED = re.compile(r"^/api/(uploads/|tenders/[^/]+/documents/)")


class BodyLimit:
    """Refuses bodies over the limit: at once when the length is announced, else as the bytes arrive."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["method"] == "PUT" and STREAMED.match(scope["path"])):
            await self._app(scope, receive, send)
            return
        limit = LARGE_LIMIT if LARGE.match(scope["path"]) else BODY_LIMIT
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > limit:
            answer = problems.answer(Request(scope), Malformed("request-too-large", limit=limit))
            await answer(scope, receive, send)
            return
        await self._app(scope, _counted(receive, limit), send)


def _counted(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise Malformed("request-too-large", limit=limit)
        return message

    return counted
