"""The opening hall seen from one seat: a socket that resumes, a view kept by merge patches, commands with
ids.
"""

from __future__ import annotations

import json
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import websockets.sync.client
from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException
from websockets.typing import Origin

from bidding.client.clock import Offset, local_now, offset_of
from bidding.client.errors import ClientError
from bidding.client.http import Api
from ceremony.patch import apply
from crypto.canonical import parse_iso

#: A view of five thousand rows stays far below this; a frame above it ends the connection.
FRAME_LIMIT = 16 << 20
#: Longer commands go over HTTP: a hall's socket takes messages of at most 64 KiB.
SOCKET_MESSAGE = 48 << 10
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
#: How long a command waits for its answer over all reconnections, in seconds.
ANSWER_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of the hall that moved this seat to `version`, logged at `at`.

    `live` tells that it came by itself; what answers a hello was waiting to be asked for.
    """

    version: int
    at: str
    live: bool


@dataclass(slots=True)
class Pending:
    """A command that was sent and not answered yet; sent again under the same id after a reconnection."""

    body: Mapping[str, Any]
    answer: dict[str, Any] | None = None


@dataclass(slots=True)
class Hall:
    """A seat's live connection to one lot's hall. One thread uses it.

    `wanted` is the seat to take where the caller has several, or a receipt's; `proof` gives that receipt
    key's (challenge, signature) anew for every connection. `on_frame` hears every version as it arrives.
    """

    api: Api
    lot: str
    wanted: str = ""
    proof: Callable[[], tuple[str, str]] | None = None
    on_frame: Callable[[Frame], None] | None = None
    patience: float = 30.0
    view: dict[str, Any] = field(default_factory=dict)
    mine: dict[str, Any] = field(default_factory=dict)
    seat: str = ""
    version: int | None = None
    last_at: str = ""
    """When the version last seen was logged."""
    offset: Offset | None = None
    reconnections: int = 0
    _socket: websockets.sync.client.ClientConnection | None = None
    _greeted: bool = False
    _present: bool = False
    _pending: dict[str, Pending] = field(default_factory=dict)

    def __enter__(self) -> Hall:
        self.connect()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def phase(self) -> str:
        return str(self.view.get("phase", ""))

    @property
    def may(self) -> list[str]:
        """The commands this seat may give now."""
        return list(self.mine.get("may", []))

    def connect(self) -> None:
        """Connect, or reconnect from the version last seen; repeated until patience ends. Raises
        `ClientError`.
        """
        until, pause = time.monotonic() + self.patience, FIRST_PAUSE
        while True:
            try:
                self._open()
                return
            except InvalidHandshake as exc:
                failure = ClientError(
                    "hall-refused", str(exc), status=getattr(_response(exc), "status_code", 0)
                )
                if failure.status in (401, 403, 404):
                    raise failure from exc
            except (OSError, WebSocketException, TimeoutError) as exc:
                failure = ClientError("unreachable", str(exc))
            if time.monotonic() + pause > until:
                raise failure
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def drop(self) -> None:
        """Lose the connection as a network fault would: no closing handshake."""
        if self._socket is not None:
            self._socket.socket.close()
            self._socket = None

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def next(self, timeout: float | None) -> Frame | None:
        """Wait for the hall's next version, at most `timeout` seconds. None when nothing came."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if until is None else max(0.0, until - time.monotonic())
            message = self._receive(left)
            if message is None:
                return None
            frame = self._take(message)
            if frame is not None:
                return frame

    def until(self, condition: Callable[[Hall], bool], *, seconds: float) -> None:
        """Follow the hall until `condition` holds. Raises `ClientError("hall-timeout")` after `seconds`."""
        end = time.monotonic() + seconds
        while not condition(self):
            left = end - time.monotonic()
            if left <= 0:
                raise ClientError("hall-timeout", f"the hall stayed in {self.phase}", phase=self.phase)
            self.next(min(left, 5.0))

    def do(self, command: str, *, command_id: str | None = None, **body: Any) -> dict[str, Any]:
        """Give a command and wait for its answer. Raises `ClientError` with the refusal's problem."""
        name = command_id or new_command_id()
        if len(json.dumps(body)) > SOCKET_MESSAGE:
            return command_over_http(self.api, self.lot, command, name, self._query(), **body)
        pending = Pending(body={"id": name, "do": command, **body})
        self._pending[name] = pending
        try:
            self._send(pending.body)
            end = time.monotonic() + ANSWER_PATIENCE
            while pending.answer is None:
                left = end - time.monotonic()
                if left <= 0:
                    raise ClientError("outcome-unknown", f"no answer to {command}")
                message = self._receive(left)
                if message is not None:
                    self._take(message)
            return accepted(pending.answer)
        finally:
            self._pending.pop(name, None)

    def take_seat(self) -> bool:
        """Take the seat in person (签到) as soon as that is open, once; whether it was done now.

        Raises `ClientError`.
        """
        if self._present or "SignIn" not in self.may:
            return False
        self.do("SignIn")
        self._present = True
        return True

    def ping(self) -> Offset:
        """Measure the server's clock against this one."""
        sent = local_now()
        token = secrets.token_hex(4)
        self._send({"ping": token})
        end = time.monotonic() + ANSWER_PATIENCE
        while (left := end - time.monotonic()) > 0:
            message = self._receive(left)
            if message is not None and message.get("pong") == token:
                self.offset = offset_of(sent, parse_iso(message["now"]), local_now())
                return self.offset
            if message is not None:
                self._take(message)
        raise ClientError("outcome-unknown", "no answer to a ping")

    def _open(self) -> None:
        address = self.api.url(f"/halls/{self.lot}/ws{self._query()}").replace("http", "ws", 1)
        headers = {k: v for k, v in self.api.headers().items() if k in ("Cookie", "X-Kaibiao")}
        # Entered without a `with`: the connection outlives this function and `close` or `drop` ends it.
        opened = websockets.sync.client.connect(
            address,
            additional_headers=headers,
            origin=Origin(self.api.base),
            ssl=tls_context(self.api) if address.startswith("wss:") else None,
            compression=None,
            proxy=None,
            max_size=FRAME_LIMIT,
            open_timeout=self.api.patience.connect,
            ping_interval=None,
            close_timeout=1.0,
        )
        self._socket = ExitStack().enter_context(opened)
        self._greeted = False
        self._socket.send(json.dumps({"hello": {"since": self.version}}))
        for pending in self._pending.values():
            self._socket.send(json.dumps(pending.body))

    def _query(self) -> str:
        """The seat asked for, with the proof that a receipt's seat takes."""
        if not self.wanted:
            return ""
        query = {"seat": self.wanted}
        if self.proof is not None:
            query["challenge"], query["sig"] = self.proof()
        return f"?{urlencode(query)}"

    def _send(self, message: Mapping[str, Any]) -> None:
        """Send; after a lost connection the reconnection sends pending commands itself."""
        try:
            if self._socket is None:
                raise ConnectionResetError
            self._socket.send(json.dumps(message))
        except (ConnectionClosed, OSError):
            self._reconnect()
            if "ping" in message:
                self._send(message)

    def _receive(self, timeout: float | None) -> dict[str, Any] | None:
        try:
            if self._socket is None:
                raise ConnectionResetError
            data = self._socket.recv(timeout=timeout)
        except TimeoutError:
            return None
        except (ConnectionClosed, OSError) as exc:
            if self.view.get("over"):
                raise ClientError("connection-lost", str(exc)) from exc
            self._reconnect()
            return None
        message = json.loads(data)
        if not isinstance(message, dict):
            raise ClientError("answer-unreadable", "a frame of the hall is not an object")
        return message

    def _reconnect(self) -> None:
        self._socket = None
        self.reconnections += 1
        self.connect()

    def _take(self, message: dict[str, Any]) -> Frame | None:
        if "re" in message:
            pending = self._pending.get(message["re"])
            if pending is not None:
                pending.answer = message
            return None
        if "problem" in message:
            problem = message["problem"]
            raise ClientError(
                problem.get("code", "hall-refused"), problem.get("detail", ""), status=400, problem=problem
            )
        if "v" not in message:
            return None
        if "view" in message:
            self.view = message["view"]
            self.mine = message.get("mine") or {}
        else:
            self.view = apply(self.view, message.get("patch") or {})
            self.mine = apply(self.mine, message.get("mine") or {})
        self.seat = message.get("seat", self.seat)
        self.version = message["v"]
        self.last_at = message.get("at", self.last_at)
        frame = Frame(version=message["v"], at=self.last_at, live=self._greeted)
        self._greeted = True
        if self.on_frame is not None:
            self.on_frame(frame)
        return frame


def accepted(answer: Mapping[str, Any]) -> dict[str, Any]:
    """A command's answer when it was accepted. Raises `ClientError` with the problem otherwise."""
    problem = answer.get("problem")
    if problem is not None:
        raise ClientError(
            str(problem.get("code", "refused")),
            str(problem.get("detail", "")),
            status=int(problem.get("status", 409)),
            problem=problem,
        )
    return dict(answer)


def command_over_http(
    api: Api, lot: str, name: str, command_id: str, query: str = "", **body: Any
) -> dict[str, Any]:
    """Give a command over plain HTTP: for what is too long for the socket. Raises `ClientError`."""
    sent = {"id": command_id, "do": name, **body}
    return accepted(api.post(f"/halls/{lot}/commands{query}", sent, repeatable=True))


def new_command_id() -> str:
    """A fresh random id under which a command takes effect once at most."""
    return secrets.token_hex(16)


def tls_context(api: Api) -> ssl.SSLContext:
    """The same trust for the socket as for HTTP."""
    return ssl.create_default_context(cafile=str(api.tls.ca_file) if api.tls.ca_file else None)


def _response(exc: InvalidHandshake) -> object:
    return getattr(exc, "response", None)
