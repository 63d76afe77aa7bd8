"""A toy hall on a real server, and a client that folds what it is sent."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI, WebSocket
from servers import serving
from toy_ceremony import TOY, TOY_VIEWS, Command, Event, Open, Put, Say, State
from websockets.sync.client import ClientConnection, connect

from ceremony.bus import Bus, MemoryBus
from ceremony.errors import Malformed
from ceremony.handle import Ceremony
from ceremony.live import Limits, Live
from ceremony.patch import apply
from ceremony.socket import serve_hall
from crypto.translog.engine import open_engine
from crypto.translog.store import Log, metadata

ORIGIN = "kaibiao.test/log"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HALL = "hall:l_toy"
#: Nothing in these tests should take that long; it only bounds a test that is broken, in seconds.
PATIENCE = 30.0


def system_clock() -> datetime:
    return datetime.now(UTC)


def open_log(engine: sa.Engine, **options: Any) -> Log:
    """A log on `engine`, its tables made if they are not there."""
    metadata.create_all(engine)
    return Log(engine, **{"origin": ORIGIN, "signing_key": KEY, "clock": system_clock, **options})


def parse_command(message: Mapping[str, Any]) -> Command:
    match message["do"]:
        case "Put":
            return Put(str(message["note"]))
        case "Open":
            return Open()
        case "Say":
            return Say(str(message["text"]), int(message.get("times", 1)))
        case name:
            raise Malformed("unknown-command", str(name)[:40])


def problem(error: Exception) -> dict[str, Any]:
    return {"code": getattr(error, "code", "internal"), "title": type(error).__name__}


@dataclass(slots=True)
class ToyServer:
    """One server process's worth of toy hall."""

    url: str
    log: Log
    ceremony: Ceremony[State, Command, Event]
    live: Live
    bus: Bus

    def viewer(self, seat: str = "public:", since: int | None = None, **known: Any) -> ToyClient:
        return ToyClient(f"{self.url.replace('http', 'ws')}/{seat}", since, **known)


@contextmanager
def toy_server(
    database_url: str, *, bus: Bus | None = None, limits: Limits | None = None, **options: Any
) -> Iterator[ToyServer]:
    """A toy hall served on a free port."""
    engine = open_engine(database_url)
    bus = bus or MemoryBus()
    log = open_log(engine, wake=bus.publish, **options)
    ceremony: Ceremony[State, Command, Event] = Ceremony(log, TOY)
    end = bus.subscribe(ceremony.wake)
    live = Live(ceremony, TOY_VIEWS, clock=system_clock, problem=problem, limits=limits)
    app = FastAPI()

    @app.websocket("/{seat}")
    async def hall(websocket: WebSocket, seat: str) -> None:
        async def on_command(message: dict[str, Any]) -> dict[str, Any]:
            command = parse_command(message)
            outcome = await ceremony.handle_soon(HALL, seat, command, command_id=message["id"])
            return {"v": outcome.version}

        await serve_hall(websocket, live, HALL, seat, on_command)

    try:
        with serving(app) as url:
            yield ToyServer(url, log, ceremony, live, bus)
    finally:
        end()
        log.close()
        ceremony.close()
        engine.dispose()


class ToyClient:
    """Folds frames into a view, checking that no version is missing in between."""

    def __init__(
        self, url: str, since: int | None = None, view: Any = None, mine: Any = None, **options: Any
    ) -> None:
        self._connecting = connect(
            url, compression=None, open_timeout=PATIENCE, ping_interval=None, max_size=None, **options
        )
        self.socket: ClientConnection = self._connecting.__enter__()
        self.view: Any = view
        self.mine: Any = mine
        self.version = -1 if since is None else since
        self.frames: list[dict[str, Any]] = []
        self._ids = itertools.count()
        self.send({"hello": {"since": since}})
        self.next_frame()

    def send(self, value: Mapping[str, Any]) -> None:
        self.socket.send(json.dumps(value, ensure_ascii=False))

    def receive(self) -> dict[str, Any]:
        """The next message; patches and views are folded on the way."""
        message: dict[str, Any] = json.loads(self.socket.recv(PATIENCE))
        if "view" in message:
            self.view, self.mine = message["view"], message["mine"]
            self.version = message["v"]
            self.frames.append(message)
        elif "patch" in message:
            assert message["since"] == self.version, "a gap"
            assert message["v"] >= self.version
            self.view = apply(self.view, message["patch"])
            self.mine = apply(self.mine, message.get("mine", {}))
            self.version = message["v"]
            self.frames.append(message)
        return message

    def next_frame(self) -> dict[str, Any]:
        """The next patch or view."""
        while True:
            message = self.receive()
            if "patch" in message or "view" in message or "problem" in message:
                return message

    def until(self, version: int) -> None:
        """Read until the view is at `version` or later."""
        while self.version < version:
            self.receive()

    def do(self, do: str, *, command: str = "", **fields: Any) -> dict[str, Any]:
        """Send a command and read on until its answer."""
        command_id = command or f"c{next(self._ids)}-{self.socket.local_address[1]}"
        self.send({"id": command_id, "do": do, **fields})
        while True:
            message = self.receive()
            if message.get("re") == command_id:
                return message

    def close(self) -> None:
        self._connecting.__exit__(None, None, None)

    def __enter__(self) -> ToyClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
