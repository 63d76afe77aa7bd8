"""The socket of a hall: hello, patches, commands, pings. The wire is docs/formats/live-wire.md.

Frames for everybody are written straight to the transport of each connection, past the ASGI layer, because
that is what lets one event reach thousands in the time of a send loop. Run uvicorn with ``ws=HallProtocol``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from ceremony.errors import Malformed, Refusal
from ceremony.frame import encode, text_frame
from ceremony.live import Hall, Limits, Live
from crypto.canonical import iso
from crypto.errors import Invalid, StaleVersion, Unavailable, Untrusted

log = logging.getLogger(__name__)

#: Bytes a transport may hold for a client that does not read; then the client is skipped.
HIGH_WATER = 256 * 1024
#: Bytes of one message from a client at a seat of its own: an officer releases the shares of a whole lot.
MAX_MESSAGE = 1024 * 1024
#: Bytes of one message from anybody else, and of the hello.
MAX_STRANGERS_MESSAGE = 64 * 1024
#: The seat of those who have none.
STRANGER = "public:"
OnCommand = Callable[[dict[str, Any]], Awaitable[Mapping[str, Any]]]

_PROTOCOL = "kaibiao.hall-protocol"
_COMMAND_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)
_EXPECTED = (Malformed, Refusal, Invalid, StaleVersion, Unavailable, Untrusted)
#: WebSocket close codes (RFC 6455 section 7.4.1, IANA registry).
POLICY = 1008
INTERNAL = 1011
TRY_AGAIN = 1013


class HallProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, with its transport in reach and a high-water mark that asks nobody to wait."""

    seated: Seated | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        self.conn.max_message_size = MAX_STRANGERS_MESSAGE
        scope: Any = getattr(self, "scope", None)
        if scope is not None:
            scope["state"][_PROTOCOL] = self

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.seated is not None:
            self.seated.pause()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.seated is not None:
            self.seated.resume()

    def handle_close(self, event: Frame) -> None:
        self._unseat()
        super().handle_close(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unseat()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        self._unseat()
        super().shutdown()

    def keepalive_timeout(self) -> None:
        self._unseat()
        super().keepalive_timeout()

    def handle_parser_exception(self) -> None:
        self._unseat()
        super().handle_parser_exception()

    def _unseat(self) -> None:
        """Nothing of ours may follow a close frame."""
        seated, self.seated = self.seated, None
        if seated is not None:
            seated.leave()


class Seated:
    """One socket at one seat; the :class:`ceremony.live.Viewer` of a hall."""

    __slots__ = ("_live", "cursor", "hall", "paused", "seat", "write")

    def __init__(self, live: Live, protocol: HallProtocol, seat: str) -> None:
        self._live = live
        self.seat = seat
        self.cursor = 0
        self.write: Callable[[bytes], None] = protocol.transport.write
        self.paused = not protocol.writable.is_set()
        self.hall: Hall | None = None

    def pause(self) -> None:
        self.paused = True
        if self.hall is not None:
            self.hall.fall_behind(self)

    def resume(self) -> None:
        self.paused = False
        if self.hall is not None:
            self.hall.return_to(self)

    def leave(self) -> None:
        self._live.leave(self)


async def serve_hall(websocket: WebSocket, live: Live, stream: str, seat: str, on_command: OnCommand) -> None:
    """Serve one socket until it is gone.

    ``on_command`` gets ``{"id", "do", …}`` and returns the fields of the answer, at least ``v``; the errors
    it raises are answered as problems. Messages of one socket are served one after the other.
    """
    protocol = websocket.scope["state"].get(_PROTOCOL)
    if not isinstance(protocol, HallProtocol):
        raise TypeError("uvicorn must run with ws=ceremony.socket.HallProtocol")
    await websocket.accept()
    if seat != STRANGER:
        protocol.conn.max_message_size = MAX_MESSAGE
    seated = Seated(live, protocol, seat)
    protocol.seated = seated
    try:
        conversation = _Conversation(websocket, protocol, seated, live)
        await conversation.run(stream, on_command)
    finally:
        protocol.seated = None
        seated.leave()


class _Gone(Exception):
    """The client has left, or was asked to."""


class _Conversation:
    def __init__(self, websocket: WebSocket, protocol: HallProtocol, seated: Seated, live: Live) -> None:
        self._websocket = websocket
        self._protocol = protocol
        self._seated = seated
        self._live = live
        self._pace = Pace(live.limits, asyncio.get_running_loop().time)

    async def run(self, stream: str, on_command: OnCommand) -> None:
        try:
            since = await self._hello()
            if self._protocol.seated is not self._seated:
                # It left while its hello was waiting to be read.
                raise _Gone
            try:
                await self._live.join(self._seated, stream, since)
            except _EXPECTED as error:
                self._send({"re": None, "problem": self._live.problem(error)})
                await self._close(TRY_AGAIN)
            while True:
                await self._serve(await self._receive(), on_command)
        except _Gone:
            return

    async def _hello(self) -> int | None:
        try:
            message = await asyncio.wait_for(self._receive(), self._live.limits.hello_seconds)
            hello = _parse(message).get("hello")
        except (TimeoutError, Malformed):
            hello = None
        if not isinstance(hello, dict) or not _is_version(hello.get("since")):
            await self._close(POLICY)
        since: int | None = hello["since"] if isinstance(hello, dict) else None
        return since

    async def _serve(self, text: str, on_command: OnCommand) -> None:
        answer: dict[str, Any] = {"re": None}
        try:
            message = _parse(text)
            if "ping" in message:
                answer = {"pong": message["ping"], "now": iso(self._live.clock())}
            else:
                answer["re"] = _command_id(message)
                answer = {**answer, "ok": True, **await on_command(message)}
        except _EXPECTED as error:
            answer["problem"] = self._live.problem(error)
        except Exception as error:
            log.exception("a command failed")
            answer["problem"] = self._live.problem(error)
        self._send(answer)

    async def _receive(self) -> str:
        # A client that does not read its answers is not served: that bounds what it can pile up here.
        await self._protocol.writable.wait()
        await self._pace.wait()
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise _Gone
        text = message.get("text")
        if text is None:
            await self._close(POLICY)
        return str(text)

    def _send(self, value: Mapping[str, Any]) -> None:
        if not self._protocol.transport.is_closing() and not self._protocol.close_sent:
            self._seated.write(text_frame(encode(value)))

    async def _close(self, code: int) -> None:
        self._protocol.seated = None
        self._seated.leave()
        if not self._protocol.disconnected:
            await self._websocket.close(code)
        raise _Gone


class Pace:
    """A token bucket that delays instead of refusing: a flood costs its sender time and nobody else."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._tokens = float(limits.burst)
        self._at = clock()

    async def wait(self) -> None:
        """Return when the next message may be served."""
        delay = self.take()
        if delay > 0:
            await asyncio.sleep(delay)

    def take(self) -> float:
        """Take one token; the seconds until it is really there."""
        now = self._clock()
        earned = (now - self._at) * self._limits.per_second
        self._tokens = min(float(self._limits.burst), self._tokens + earned) - 1
        self._at = now
        return max(0.0, -self._tokens / self._limits.per_second)


def _parse(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("malformed-json", "not a JSON object") from error
    if not isinstance(value, dict):
        raise Malformed("malformed-json", "not a JSON object")
    return value


def _command_id(message: Mapping[str, Any]) -> str:
    command_id = message.get("id")
    if not isinstance(command_id, str) or not _COMMAND_ID.fullmatch(command_id):
        raise Malformed("malformed-command", "id: 1 to 64 letters, digits, dots, colons, dashes")
    if not isinstance(message.get("do"), str):
        raise Malformed("malformed-command", "do: the name of a command")
    return command_id


def _is_version(since: object) -> bool:
    return since is None or (isinstance(since, int) and not isinstance(since, bool) and since >= 0)
