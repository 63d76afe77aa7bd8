"""Pieces of real uploads, hashed and made durable in threads, against the same work done on the event loop.

Both sides verify Content-Digest, write, sync and keep a row; server and load run in processes of their own.
Memory is the server's peak above its idle size, shared by the uploads that were running at once.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI, Request

from bidding.clock import Clock
from bidding.keys import KeyRing
from bidding.objects import LocalObjects
from bidding.submissions import store
from bidding.submissions.backroom import Backroom
from bidding.submissions.desk import Desk
from bidding.submissions.store import PIECE_SIZE, Upload, UploadState
from bidding.submissions.upload import secret_hash
from bidding.submissions.uploads_api import routes
from crypto.translog.engine import open_engine
from crypto.translog.store import Log, metadata

SECRET = "bench"
MIB = 1 << 20


def run(quick: bool) -> list[dict[str, Any]]:
    connections, pieces, rounds = (8, 3, 3) if quick else (8, 6, 5)
    ours: list[float] = []
    loop: list[float] = []
    memory = 0.0
    for _ in range(rounds):
        loop.append(_measure("loop", connections, pieces).rate)
        ours.append(_measure("ours", connections, pieces).rate)
    connections = 16 if quick else 32
    memory = _measure("ours", connections, 1).memory / connections
    best, baseline = max(ours), max(loop)
    return [
        {
            "name": "upload with verification",
            "figure": best,
            "unit": "MB/s",
            "baseline": baseline,
            "ratio": best / baseline,
            "goal": "≥ 1.5 x hashing on the loop",
            "ok": best >= 1.5 * baseline,
        },
        {
            "name": f"memory, {connections} uploads at once",
            "figure": memory,
            "unit": "MiB",
            "baseline": None,
            "ratio": None,
            "goal": "≤ 4 MiB per upload",
            "ok": memory <= 4,
        },
    ]


@dataclass(frozen=True)
class Measured:
    """MB/s over all connections, and MiB by which the server grew."""

    rate: float
    memory: float


def _measure(kind: str, connections: int, pieces: int) -> Measured:
    with tempfile.TemporaryDirectory() as name, _server(kind, Path(name), connections, pieces) as (pid, port):
        data = os.urandom(MIB) * (PIECE_SIZE // MIB)
        head = _head(data)
        _put(port, "u_0", 0, head, data)  # warm
        idle = _resident(pid)
        threads = [
            threading.Thread(target=_send, args=(port, f"u_{n}", range(1, pieces + 1), head, data))
            for n in range(connections)
        ]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - began
        return Measured(connections * pieces * len(data) / 1e6 / seconds, _resident(pid, "VmHWM") - idle)


def _send(port: int, upload: str, numbers: range, head: str, data: bytes) -> None:
    for number in numbers:
        _put(port, upload, number, head, data)


def _head(data: bytes) -> str:
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    return (
        f"Host: localhost\r\nX-Upload-Secret: {SECRET}\r\nContent-Length: {len(data)}\r\n"
        f"Content-Digest: sha-256=:{digest}:\r\nConnection: close\r\n\r\n"
    )


def _put(port: int, upload: str, number: int, head: str, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"PUT /uploads/{upload}/main/{number} HTTP/1.1\r\n{head}".encode())
        connection.sendall(data)
        answer = connection.recv(65536)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(answer.decode("latin-1")[:500])


def _resident(pid: int, field: str = "VmRSS") -> float:
    found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


@contextmanager
def _server(kind: str, folder: Path, connections: int, pieces: int) -> Iterator[tuple[int, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [kind, str(folder), str(port), str(connections), str(pieces)]
    process = subprocess.Popen([sys.executable, "-m", "scripts.benches.upload", *arguments])
    try:
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait()


# --- the servers


def _serve(kind: str, folder: Path, port: int, connections: int, pieces: int) -> None:
    app = FastAPI()
    desk = _desk(folder, connections, pieces)
    if kind == "ours":
        app.include_router(routes(desk, Backroom(desk)))
    else:
        _on_the_loop(app, desk, folder)
    uvicorn.run(app, port=port, http="httptools", loop="uvloop", access_log=False, log_level="error")


def _desk(folder: Path, connections: int, pieces: int) -> Desk:
    """A lot that takes bids, and one upload for each connection that never completes."""
    engine = open_engine(f"sqlite:///{folder / 'bench.db'}")
    metadata.create_all(engine)
    clock, keys = Clock(engine), KeyRing.open(folder / "keys")
    log = Log(engine, origin="bench", signing_key=keys.log, clock=clock.now)
    now = datetime.now(UTC)
    with store.writing(engine) as tx:
        gate = store.Gate("l_bench", "t_bench", 1, now + timedelta(days=1), b"", (), ("main",))
        store.put_gate(tx, gate)
        for number in range(connections):
            store.insert_upload(tx, _upload(number, pieces, now))
    objects = LocalObjects(folder / "store")
    tsa: Any = None
    return Desk(engine, objects, clock, keys, os.urandom, log, tsa, 300)


def _upload(number: int, pieces: int, now: datetime) -> Upload:
    return Upload(
        upload=f"u_{number}",
        lot="l_bench",
        bid=f"b_{number}",
        state=UploadState.RECEIVING,
        secret_hash=secret_hash(SECRET),
        manifest_hash="",
        manifest=b"",
        sizes={"main": (pieces + 2) * PIECE_SIZE},
        pieces=pieces + 2,
        begun_at=now,
    )


def _on_the_loop(app: FastAPI, desk: Desk, folder: Path) -> None:
    """What most handlers do: the same duties, in the coroutine that receives."""

    @app.put("/uploads/{upload}/{file}/{number}")
    async def put(upload: str, file: str, number: int, request: Request) -> dict[str, str]:
        digest = hashlib.sha256()
        path = folder / f"{upload}.{file}.{number}"
        with path.open("wb", buffering=0) as out:
            async for chunk in request.stream():
                digest.update(chunk)
                out.write(chunk)
            os.fsync(out.fileno())
        expected = request.headers["content-digest"].split(":")[1]
        if base64.b64encode(digest.digest()).decode() != expected:
            raise ValueError("digest")
        with store.writing(desk.engine) as tx:
            tx.execute(sa.select(1))
            store.insert_piece(tx, upload, file, number, digest.hexdigest())
        await asyncio.sleep(0)
        return {"state": "receiving"}


if __name__ == "__main__":
    kind, folder, *numbers = sys.argv[1:]
    _serve(kind, Path(folder), *map(int, numbers))
