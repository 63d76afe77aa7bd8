"""The server of the fan-out benchmark: the product's log, ceremony and sockets around a one-line domain.

Run as `python -m scripts.benches._hall DATABASE-FILE`; prints its port.
"""

from __future__ import annotations

import gc
import resource
import socket
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI, WebSocket

from ceremony.domain import Domain, Views
from ceremony.handle import Ceremony
from ceremony.live import Live
from ceremony.socket import HallProtocol, serve_hall
from crypto.translog.engine import open_engine
from crypto.translog.store import Log, metadata

LINE = {
    "bidder": "某某建设工程集团有限公司",
    "price": "123456789.00",
    "period": "365日历天",
    "quality": "合格",
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "before": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
}
State = Mapping[str, Any]

DOMAIN: Domain[State, str, State] = Domain(
    initial=dict,
    decide=lambda state, seat, command, now: ({**LINE, "no": command},),
    evolve=lambda state, event: {"line": event},
    encode=lambda event: ("LineRead", event),
    decode=lambda kind, body, version, at, seat: {**(body or {}), "version": version},
)
VIEWS: Views[State, State] = Views(
    audience=lambda state, seat: "all",
    view=lambda state, audience: {"lines": {str(state["line"]["version"]): state["line"]} if state else {}},
    mine=lambda state, seat: {},
    touched=lambda state, event: (),
)


def main(path: str) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    engine = open_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    clock = lambda: datetime.now(UTC)  # noqa: E731
    log = Log(engine, origin="bench.test/log", signing_key=Ed25519PrivateKey.generate(), clock=clock)
    ceremony = Ceremony(log, DOMAIN)
    live = Live(ceremony, VIEWS, clock=clock, problem=lambda error: {"code": str(error)})
    app = FastAPI()

    @app.websocket("/ws")
    async def hall(websocket: WebSocket) -> None:
        async def on_command(message: dict[str, Any]) -> dict[str, Any]:
            outcome = await ceremony.handle_soon(
                "hall:bench", "public:", message["id"], command_id=message["id"]
            )
            return {"v": outcome.version}

        await serve_hall(websocket, live, "hall:bench", "public:", on_command)

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(4096)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    gc.freeze()
    config = uvicorn.Config(
        app,
        ws=HallProtocol,
        ws_per_message_deflate=False,
        http="httptools",
        backlog=4096,
        log_config=None,
        access_log=False,
        lifespan="off",
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1])
