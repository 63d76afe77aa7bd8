"""The only place that turns domain errors into RFC 9457 problems, for HTTP, sockets and the command line."""

from __future__ import annotations

import html
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException

from bidding.messages import Message, Text, message, messages
from ceremony.errors import Malformed, Refusal
from crypto.errors import Invalid, StaleVersion, Unavailable, Untrusted

log = structlog.get_logger()

DOMAIN_ERRORS = (Malformed, Refusal, Invalid, StaleVersion, Unavailable, Untrusted)
#: What an HTTP status says when the framework itself refuses a request.
FRAMEWORK_CODES = {401: "sign-in-needed", 403: "not-allowed", 404: "not-found", 405: "method-not-allowed"}


def problem(error: Exception, language: str = "zh") -> dict[str, Any]:
    """The `application/problem+json` body of an error; unknown errors reveal nothing but their kind."""
    code, detail, facts = _parts(error)
    entry = message(code)
    title = (entry.zh if language == "zh" else entry.en).what
    body: dict[str, Any] = {
        "type": f"/problems/{entry.code}",
        "title": title,
        "status": entry.status,
        "code": code,
        "detail": detail,
        "zh": _text(entry.zh),
        "en": _text(entry.en),
    }
    if facts:
        body["facts"] = facts
    return body


def install(app: FastAPI) -> None:
    """Answer every error as a problem and serve the page that each problem's `type` names."""

    async def on_error(request: Request, error: Exception) -> JSONResponse:
        return answer(request, error)

    async def on_validation(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type
        return answer(request, Malformed("malformed-request", _where(error)))

    async def on_framework(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
        code = FRAMEWORK_CODES.get(error.status_code, "malformed-request")
        return answer(request, Refusal(code, str(error.detail)))

    async def on_unknown(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected error", path=request.url.path, error=type(error).__name__, exc_info=error)
        return answer(request, error)

    for kind in DOMAIN_ERRORS:
        app.add_exception_handler(kind, on_error)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_framework)
    app.add_exception_handler(Exception, on_unknown)

    @app.get("/problems/{code}", include_in_schema=False)
    def page(code: str) -> HTMLResponse:
        entry = messages().get(code)
        if entry is None:
            raise HTTPException(404)
        return HTMLResponse(_page(entry))


def answer(request: Request, error: Exception) -> JSONResponse:
    """The HTTP answer to an error, in the language the request prefers."""
    body = problem(error, preferred_language(request.headers.get("accept-language", "")))
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, Unavailable) else None
    return JSONResponse(body, body["status"], headers, media_type="application/problem+json")


def preferred_language(accept: str) -> str:
    """`zh` unless the header asks for English first."""
    return "en" if accept.strip().lower().startswith("en") else "zh"


def _parts(error: Exception) -> tuple[str, str, dict[str, Any]]:
    match error:
        case Malformed() | Refusal() | Invalid():
            return error.code, error.detail, dict(error.facts)
        case Unavailable():
            return error.code, error.detail, {}
        case StaleVersion():
            return "stale-version", "", {}
        case Untrusted():
            return "log-untrusted", "", {}
        case _:
            return "internal", "", {}


def _where(error: RequestValidationError) -> str:
    return "; ".join(f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors()[:5])


def _text(text: Text) -> dict[str, str]:
    return {"what": text.what, "meaning": text.meaning, "do": text.do}


def _page(entry: Message) -> str:
    rows = "".join(
        f"<section lang='{lang}'><h2>{html.escape(text.what)}</h2><p>{html.escape(text.meaning)}</p>"
        f"<p><strong>{html.escape(text.do)}</strong></p></section>"
        for lang, text in (("zh-CN", entry.zh), ("en", entry.en))
    )
    return (
        "<!doctype html><html lang='zh-CN'><meta charset='utf-8'><meta name='viewport' "
        f"content='width=device-width'><title>{entry.code}</title><h1>{entry.code}</h1>{rows}</html>"
    )
