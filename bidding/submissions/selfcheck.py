"""What a bidder can try days before: clock, line, a test envelope, and the certificate on the day (环境自检).

Nothing here is kept, and nothing asks who is asking.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse

from bidding.deps import Deps
from bidding.submissions.backroom import Backroom
from bidding.submissions.wire import AskEnvelope, CheckCertificate
from ceremony.errors import Malformed
from crypto.canonical import b64, iso, parse_iso, sha256_hex, unb64
from crypto.certificates import certificate_facts
from crypto.suite import DEFAULT_SUITE
from crypto.trust import Judgement, Purpose, Verdict

#: The largest probe of the line, in bytes.
MAX_PROBE = 8 << 20
ENVELOPE_INFO = b"kaibiao/test-envelope/v1"
_CHUNK = 64 << 10
#: How long a tried socket may take to say something, in seconds.
SOCKET_SECONDS = 10.0
ProbeSize = Annotated[int, Query(alias="bytes", ge=1, le=MAX_PROBE)]


def routes(deps: Deps, backroom: Backroom) -> APIRouter:
    """The routes of the self-check."""
    router = APIRouter(prefix="/selfcheck")

    @router.get("/clock")
    async def clock() -> dict[str, str]:
        return {"now": iso(await backroom.run(deps.clock.now))}

    @router.post("/bandwidth")
    async def send(request: Request) -> dict[str, Any]:
        began = deps.clock.now()
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_PROBE:
                raise Malformed(
                    "request-too-large", f"a probe has at most {MAX_PROBE} bytes", limit=MAX_PROBE
                )
        milliseconds = (deps.clock.now() - began).total_seconds() * 1000
        return {"bytes": size, "milliseconds": round(milliseconds)}

    @router.get("/bandwidth")
    async def receive(
        size: Annotated[int, Query(alias="bytes", ge=1, le=MAX_PROBE)] = 1 << 20,
    ) -> StreamingResponse:
        headers = {"Content-Length": str(size), "Cache-Control": "no-store"}
        return StreamingResponse(_noise(deps, size), media_type="application/octet-stream", headers=headers)

    @router.post("/envelope")
    async def envelope(asked: AskEnvelope) -> dict[str, str]:
        return await backroom.run(make_envelope, deps, unb64(asked.publicKey))

    @router.post("/certificate")
    async def certificate(asked: CheckCertificate) -> dict[str, Any]:
        return await backroom.run(check_certificate, deps, asked)

    @router.websocket("/socket")
    async def socket(websocket: WebSocket) -> None:
        """One word and its answer: whether the line lets through what a live hall needs."""
        await websocket.accept()
        with suppress(TimeoutError, WebSocketDisconnect, KeyError):
            await asyncio.wait_for(websocket.receive_text(), SOCKET_SECONDS)
            await websocket.send_json({"now": iso(await backroom.run(deps.clock.now))})
        with suppress(RuntimeError):
            await websocket.close()

    return router


def make_envelope(deps: Deps, public_key: bytes) -> dict[str, str]:
    """Random bytes sealed (HPKE, RFC 9180) to the client's key, with the hash of what must come out."""
    content = deps.random(32)
    sealed = DEFAULT_SUITE.hpke.seal(public_key, content, info=ENVELOPE_INFO, ephemeral_ikm=deps.random(32))
    return {"envelope": b64(sealed), "info": b64(ENVELOPE_INFO), "sha256": sha256_hex(content)}


def check_certificate(deps: Deps, asked: CheckCertificate) -> dict[str, Any]:
    """What is known today about a certificate on the day of an opening."""
    now = deps.clock.now()
    at = parse_iso(asked.at) if asked.at else now
    judgement = deps.trust.judge(
        unb64(asked.certificate),
        [unb64(der) for der in asked.chain],
        at=min(at, now),
        evidence=deps.trust.evidence(now=now),
        purpose=Purpose.SIGN,
    )
    return {**_told(judgement), "validOnTheDay": _lasts(asked, judgement, at)}


def _lasts(asked: CheckCertificate, judgement: Judgement, at: datetime) -> bool:
    facts = certificate_facts(unb64(asked.certificate))
    return judgement.verdict is not Verdict.INVALID and facts.not_before <= at <= facts.not_after


def _told(judgement: Judgement) -> dict[str, Any]:
    return {
        "verdict": judgement.verdict.value,
        "reason": judgement.reason,
        "authority": judgement.authority,
        "organisation": judgement.organisation,
        "creditCode": judgement.credit_code,
        "revocation": judgement.revocation.value,
    }


async def _noise(deps: Deps, size: int) -> AsyncIterator[bytes]:
    block = deps.random(_CHUNK)
    while size > 0:
        yield block[:size]
        size -= len(block)
