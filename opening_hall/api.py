"""The hall's routes over HTTP and WebSocket; what they do stands in door.py."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any, Literal

from fastapi import APIRouter, Request, Response, WebSocket
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse

from ceremony.errors import Malformed, Refusal
from ceremony.socket import serve_hall
from crypto.errors import Invalid, Unavailable, Untrusted
from opening_hall.challenge import LIFETIME, make_challenge
from opening_hall.door import BARE, Door
from opening_hall.hall import stream
from opening_hall.ports import HallPorts
from opening_hall.seats import PUBLIC, BidId, LotId
from opening_hall.wire import Bid, Key, Part

MAX_BODY = 1 << 20
"""Bytes; the largest command is an officer's shares of some thousands of bids."""
STAY_SECONDS = 15.0
"""How often an open socket asks for its session: that keeps it in use, and ends the socket with it."""
SESSION_OVER = 4401
"""Close code of a socket whose session has ended: sign in again (RFC 6455 7.4.2, private use)."""
PDF = "application/pdf"
PROBLEM = "application/problem+json"
REFUSED = (Malformed, Refusal, Invalid, Unavailable, Untrusted)
JSON = "application/json"


class Release(BaseModel):
    """A key from whoever holds it; the key itself is the proof."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bid: Bid
    part: Part
    key: Key


async def read_json(request: Request) -> object:
    """The body, bounded as it arrives. Raises Malformed("request-too-large"), Malformed("malformed-json")."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY:
            raise Malformed("request-too-large", limit=MAX_BODY)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("malformed-json") from error


def router(ports: HallPorts) -> APIRouter:
    """Everything under /halls/{lot}."""
    routes = APIRouter(prefix="/halls/{lot}", tags=["hall"])
    door = Door(ports)
    _live(routes, door)
    _files(routes, door)
    return routes


def _live(routes: APIRouter, door: Door) -> None:
    @routes.get("")
    def show(request: Request, lot: str) -> dict[str, Any]:
        return door.snapshot(door.enter(request, lot))

    @routes.post("/commands")
    async def command(request: Request, lot: str) -> Mapping[str, Any]:
        place = await asyncio.to_thread(door.enter, request, lot)
        message = await read_json(request)
        return {"ok": True, **await door.carry_out(place.lot, place.seat, message, lambda: place.caller)}

    @routes.post("/release")
    async def release(body: Release, lot: str) -> Mapping[str, Any]:
        # The same key again is the same command, whoever sends it.
        name = hashlib.sha256(f"{body.bid} {body.part} {body.key}".encode()).hexdigest()[:32]
        message = {"id": f"release-{name}", "do": "ReleaseKey", **body.model_dump()}
        return {"ok": True, **await door.carry_out(LotId(lot), PUBLIC, message, lambda: None)}

    @routes.get("/challenge")
    def challenge(lot: str) -> dict[str, Any]:
        ports = door.ports
        token = make_challenge(ports.challenge_key, lot, ports.clock(), ports.random)
        return {"challenge": token, "seconds": int(LIFETIME.total_seconds())}

    @routes.websocket("/ws")
    async def socket(websocket: WebSocket, lot: str) -> None:
        try:
            place = await asyncio.to_thread(door.enter, websocket, lot)
        except REFUSED as error:
            problem = door.ports.live.problem(error)
            await websocket.send_denial_response(JSONResponse(problem, problem["status"], media_type=PROBLEM))
            return
        bare = place.seat.role in BARE

        async def on_command(message: dict[str, Any]) -> Mapping[str, Any]:
            # A session may have ended since the socket opened: asked anew for each command.
            caller = (lambda: None) if bare else (lambda: door.ports.caller(websocket))
            return await door.carry_out(place.lot, place.seat, message, caller)

        served = serve_hall(websocket, door.ports.live, stream(lot), str(place.seat), on_command)
        if bare:
            await served
        else:
            await _while_signed_in(door, websocket, served)


async def _while_signed_in(door: Door, websocket: WebSocket, served: Coroutine[Any, Any, None]) -> None:
    """Serve until the client leaves or its session ends: then nothing more is shown on this socket."""
    serving = asyncio.create_task(served)
    staying = asyncio.create_task(_stay(door, websocket))
    try:
        await asyncio.wait({serving, staying}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await serving
            return
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        await websocket.close(SESSION_OVER)
    finally:
        serving.cancel()
        staying.cancel()


async def _stay(door: Door, websocket: WebSocket) -> None:
    """Whoever sits in the hall is not idle: asking keeps the session alive. Returns once it is over."""
    while True:
        try:
            if await asyncio.to_thread(door.ports.caller, websocket) is None:
                return
        except REFUSED:
            # Not an answer: the session stands until somebody says that it does not.
            pass
        await asyncio.sleep(STAY_SECONDS)


def _files(routes: APIRouter, door: Door) -> None:
    @routes.get("/bids")
    def bids(request: Request, lot: str, after: str = "") -> dict[str, Any]:
        return door.manifests(door.enter(request, lot), after)

    @routes.get("/closed")
    def closed(request: Request, lot: str) -> dict[str, Any]:
        return door.closed(door.enter(request, lot))

    @routes.get("/wraps/{bid}")
    def wraps(lot: str, bid: str) -> dict[str, Any]:
        _, state = door.hall(lot)
        return door.sealed(state, BidId(bid))

    @routes.get("/opened")
    def opened(request: Request, lot: str) -> dict[str, Any]:
        return door.opened(door.enter(request, lot))

    @routes.get("/evidence/{bid}")
    def evidence(request: Request, lot: str, bid: str) -> dict[str, Any]:
        return door.evidence(door.enter(request, lot), bid)

    @routes.get("/draw")
    def draw(request: Request, lot: str) -> dict[str, Any]:
        return door.draw(door.enter(request, lot))

    @routes.get("/minutes")
    def minutes(request: Request, lot: str, lang: Literal["zh", "en"] = "zh") -> Response:
        return Response(door.minutes(door.enter(request, lot), lang).encode(), media_type=JSON)

    @routes.get("/record.pdf")
    def record(request: Request, lot: str) -> Response:
        sha256, pdf = door.record_pdf(door.enter(request, lot))
        return Response(pdf, media_type=PDF, headers={"ETag": f'"{sha256}"', "X-Sha256": sha256})

    @routes.get("/record/signing")
    def signing(request: Request, lot: str) -> dict[str, Any]:
        return door.signing(door.enter(request, lot))
