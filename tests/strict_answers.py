"""Holds every JSON answer that a test gets against the type that clients are generated from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter, ValidationError

from bidding.client.http import Api
from bidding.shapes import ANSWERS

#: The address of an answer below /api, without slot and query.
ADDRESS = re.compile(r"^(?:https?://[^/]+)?(?:/as/[^/]+)?/api(?P<path>/[^?]*)")
PARAMETER = re.compile(r"\{[a-z_]+\}")


def _pattern(route: str) -> tuple[re.Pattern[str], str, int]:
    _, path = route.split(" ")
    text = PARAMETER.sub("[^/]+", path)
    return re.compile(f"{text}$"), route, len(PARAMETER.findall(path))


#: The routes with the fewest parameters first: `/receipts/key` is not a submission's receipt.
ROUTES = sorted((_pattern(route) for route in ANSWERS), key=lambda one: one[2])
#: Same shape of path, but not JSON of a fixed type, and not the route that matches.
NOT_THESE = re.compile(r"^/ca/(?!applications)|^/tenders/[^/]+/(?:publish|check)$|^/halls/[^/]+/speech")


@lru_cache
def adapter(route: str) -> TypeAdapter[Any]:
    return TypeAdapter(ANSWERS[route])


def route_of(method: str, path: str) -> str | None:
    if NOT_THESE.match(path):
        return None
    for pattern, route, _ in ROUTES:
        if route.startswith(f"{method} ") and pattern.match(path):
            return route
    return None


def check(method: str, address: str, status: int, kind: str, body: bytes) -> None:
    """Raises AssertionError where a successful answer is not of its route's type."""
    found = ADDRESS.match(address)
    if found is None or not 200 <= status < 300 or kind != "application/json":
        return
    route = route_of(method.upper(), found["path"])
    if route is None or body[:1] not in b"{[":
        # The platform answers objects; anything else is a test's own small application.
        return
    try:
        adapter(route).validate_json(body, strict=True)
    except ValidationError as error:
        raise AssertionError(f"{route} answers otherwise than bidding/shapes says: {error}") from None


@pytest.fixture(scope="session", autouse=True)
def strict_answers() -> Iterator[None]:
    """Every answer through httpx (FastAPI's test client) and through our own client is checked."""
    patch = pytest.MonkeyPatch()
    send, once = httpx.Client.send, Api._once

    def sent(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        answer = send(self, request, **options)
        if not options.get("stream"):
            kind = answer.headers.get("content-type", "")
            check(request.method, str(request.url), answer.status_code, kind, answer.content)
        return answer

    def taken(self: Api, method: Any, path: str, body: Any, headers: Any, preload: bool) -> Any:
        answer = once(self, method, path, body, headers, preload)
        if preload:
            kind = answer.headers.get("content-type", "")
            check(method, self.url(path), answer.status, kind, answer.data)
        return answer

    patch.setattr(httpx.Client, "send", sent)
    patch.setattr(Api, "_once", taken)
    yield
    patch.undo()
