"""Serves the built client: its files for ever, its page for every address that nothing else answers.

The page is the same for all addresses and carries a fresh nonce each time, so it is asked for each time: it
is small, and everything it names is kept.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bidding.settings import Settings
from bidding.web.build import INDEX, Asset, Build, read_build
from bidding.web.policy import WORKER, common_headers, page_policy

NONCE = "__CSP_NONCE__"
#: Where the build puts files whose names change with their content.
HASHED = "assets/"
FOREVER = "public, max-age=31536000, immutable"
A_WHILE = "public, max-age=3600"
PAGE = {"Cache-Control": "no-cache", "Vary": "Accept"}
#: Pages that many open at once and that must stand quickly: what they load is named with the page itself.
HURRIED = ((re.compile(r"^(?:/as/[^/]+)?/halls/[^/]+/?$"), "src/hall/HallPage.vue"),)
READ = frozenset({"GET", "HEAD"})
#: Never the client's: what is missing here is missing.
NOT_PAGES = re.compile(r"^/(?:api|assets|problems)(?:/|$)")
#: Data for programs, a page for people: the QR codes of receipts and records lead here.
NEGOTIATED = re.compile(r"^/verify/[^/]+$")
MISSING = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>开标 Kaibiao</title>
<h1>网页端尚未构建</h1>
<p>平台已在运行，接口可用；请用 ./scripts/run 启动，它会先构建网页端。已递交的投标不受影响。</p>
<section lang="en"><h1>The web client is not built</h1>
<p>The platform runs and its interface works. Start it with ./scripts/run, which builds the web client first.
Bids that were handed in are not affected.</p></section></html>
"""


class WebClient:
    """ASGI: the client's files and pages. Goes last; what is not its own goes to `otherwise`."""

    def __init__(self, settings: Settings, otherwise: ASGIApp) -> None:
        self._settings = settings
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in READ:
            await self._otherwise(scope, receive, send)
            return
        # Looked up as it lies there now: another build takes effect without a restart.
        build = read_build(self._settings.web_folder)
        asset = build.assets.get(scope["path"].lstrip("/")) if build else None
        if asset is not None and scope["path"] != f"/{INDEX}":
            await _file(asset, Request(scope))(scope, receive, send)
        elif NOT_PAGES.match(scope["path"]):
            await self._otherwise(scope, receive, send)
        else:
            await self.page(scope["path"])(scope, receive, send)

    def page(self, path: str) -> Response:
        """The one page, with a nonce of its own; hurried ones name what comes next (RFC 8288)."""
        build = read_build(self._settings.web_folder)
        if build is None:
            return HTMLResponse(MISSING, 503, {"Cache-Control": "no-store"})
        nonce = secrets.token_urlsafe(18)
        headers = {**PAGE, "Content-Security-Policy": page_policy(self._settings, nonce)}
        if links := [_link(name, nonce) for name in _hurried(build, path)]:
            headers["Link"] = ", ".join(links)
        return HTMLResponse(build.index.replace(NONCE, nonce), headers=headers)


class Negotiated:
    """ASGI middleware: an address that has both data and a page gives the page to whoever prefers one."""

    def __init__(self, app: ASGIApp, client: WebClient) -> None:
        self._app = app
        self._client = client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        both = scope["type"] == "http" and scope["method"] in READ and NEGOTIATED.match(scope["path"])
        if both and prefers_page(Headers(scope=scope).get("accept", "")):
            await self._client.page(scope["path"])(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class SecureAnswers:
    """ASGI middleware: the headers every answer has, unless it set its own."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._headers = common_headers(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, secured)


def _hurried(build: Build, path: str) -> tuple[str, ...]:
    return next((build.needs(module) for where, module in HURRIED if where.match(path)), ())


def _link(name: str, nonce: str) -> str:
    if name.endswith(".css"):
        return f"</{name}>; rel=preload; as=style; crossorigin"
    return f"</{name}>; rel=modulepreload; nonce={nonce}; crossorigin"


def prefers_page(accept: str) -> bool:
    """Whether `text/html` is named before any kind of JSON, as browsers do and programs do not."""
    kinds = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    first = next((kind for kind in kinds if kind in ("text/html", "application/json")), "")
    return first == "text/html"


def _file(asset: Asset, request: Request) -> Response:
    headers = {
        "Cache-Control": FOREVER if request.url.path.startswith(f"/{HASHED}") else A_WHILE,
        "ETag": f'"{asset.sha256}"',
        "Content-Security-Policy": WORKER,
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if not asset.packed:
        return FileResponse(asset.path, headers=headers, media_type=asset.kind)
    headers["Vary"] = "Accept-Encoding"
    coding = _coding(request.headers.get("accept-encoding", ""), asset.packed)
    if coding is None:
        return FileResponse(asset.path, headers=headers, media_type=asset.kind)
    # Another form of the same bytes has another tag (RFC 9110 8.8.3.3).
    headers |= {"Content-Encoding": coding, "ETag": f'"{asset.sha256}-{coding}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(asset.packed[coding], headers=headers, media_type=asset.kind)


def _coding(accepted: str, packed: Mapping[str, bytes]) -> str | None:
    """The first packed form that the browser takes; one refused with q=0 is not taken."""
    wanted = {
        part.split(";")[0].strip()
        for part in accepted.split(",")
        if not part.replace(" ", "").endswith("q=0")
    }
    return next((coding for coding in packed if coding in wanted), None)
