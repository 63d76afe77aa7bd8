"""The server of the page benchmarks: the product's hall with made-up bidders, and the built pages.

Run as `python -m scripts.benches._hall_page BIDS FOLDER CLIENT PEER`; prints its port. `PEER` is a build of
the page that is compared; it is served below /peer.
"""

from __future__ import annotations

import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from bidding import problems
from bidding.settings import Settings
from bidding.web import SecureAnswers, WebClient
from ceremony.handle import Ceremony
from ceremony.live import Live
from ceremony.socket import HallProtocol
from crypto.canonical import iso
from crypto.translog.engine import open_engine
from crypto.translog.store import Log, NewEvent, metadata
from opening_hall import api
from opening_hall import domain as d
from opening_hall.codec import encode
from opening_hall.hall import HALL, HALL_VIEWS, stream
from opening_hall.ports import HallPorts

sys.path.append(str(Path(__file__).parents[2] / "tests"))
LOT = "l_bench"


class Peer(StaticFiles):
    """The compared page, under the policy that such pages need."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        answer = super().file_response(*args, **options)
        answer.headers["Content-Security-Policy"] = "default-src 'self' 'unsafe-inline' data: ws:"
        return answer


def app(bids: int, folder: Path, client: Path, peer: Path) -> FastAPI:
    """The hall's routes over a real log, nobody signed in."""
    engine = open_engine(f"sqlite:///{folder / 'hall.db'}")
    metadata.create_all(engine)
    log = Log(engine, origin="bench.test/log", signing_key=Ed25519PrivateKey.generate(), clock=now)
    log.append(stream(LOT), None, [NewEvent(kind, "platform:", body) for kind, body in told(bids)])
    halls = Ceremony(log, HALL)
    settings = Settings(web_dir=client)
    ports = HallPorts(
        halls=halls,
        live=Live(halls, HALL_VIEWS, clock=now, problem=problems.problem),
        clock=now,
        vault=None,  # type: ignore[arg-type]
        manifest=lambda bid: None,  # type: ignore[arg-type, return-value]
        receipt_key=lambda lot, bid: b"",
        caller=lambda connection: None,
        record=lambda lot, sha256: b"",
        challenge_key=b"k" * 32,
        random=os.urandom,
    )
    made = FastAPI()
    problems.install(made)
    made.include_router(api.router(ports), prefix="/api")

    @made.get("/api/selfcheck/clock")
    def clock() -> dict[str, str]:
        return {"now": iso(now())}

    made.mount("/peer", Peer(directory=peer, html=True))
    made.router.default = WebClient(settings, made.router.default)
    made.add_middleware(SecureAnswers, settings=settings)
    return made


def told(bids: int) -> list[tuple[str, dict[str, object]]]:
    """An opening up to its last line read: every bidder signed in, released, was read and confirmed."""
    from hall_given import Hall, bid, bidder, sha

    hall = Hall(d.Rules(line_seconds=0), bids=bids).to_decrypting()
    for n in range(bids):
        hall.later(0.01).do(bidder(n), d.SignIn(f"演示授权代表{n}号", sha("c")))
        hall.do(bidder(n), d.AcknowledgeWrap(bid(n)))
    hall.release(*range(bids - 2)).tick()
    hall.do(
        d.Seat.parse("host:" + hall.state.host),
        d.Adjudicate((bid(bids - 2), bid(bids - 1)), d.Cause.BIDDER, "演示：未在规定时间内解密", sha("cms")),
    )
    if hall.state.phase is d.Phase.ADJUDICATING:
        hall.do(d.Seat.parse("host:" + hall.state.host), d.FixAdmitted())
    hall.sign_admitted().open_all().read()
    for n in range(bids - 3):
        hall.later(0.01).do(bidder(n), d.ConfirmLine(bid(n)))
    return [encode(event) for event in hall.events]


def now() -> datetime:
    return datetime.now(UTC)


def main(bids: str, folder: str, client: str, peer: str) -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    made = app(int(bids), Path(folder), Path(client), Path(peer))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        made,
        ws=HallProtocol,
        ws_per_message_deflate=False,
        http="httptools",
        log_config=None,
        access_log=False,
        lifespan="off",
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
