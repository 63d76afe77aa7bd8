"""A desk with a lot that takes bids, a clock that is moved by hand, and a client that speaks HTTP to it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sealed_world import World, make_world, seal_in

from bidding import problems
from bidding.keys import KeyRing
from bidding.objects import LocalObjects, Objects
from bidding.submissions import store, tickets
from bidding.submissions.backroom import Backroom
from bidding.submissions.desk import Desk
from bidding.submissions.store import PIECE_SIZE, Gate
from bidding.submissions.uploads_api import routes
from crypto.authority import DemoAuthority
from crypto.canonical import b64
from crypto.envelope import Sealed
from crypto.timestamps import EmbeddedAuthority, TimeStampAuthority
from crypto.translog.engine import open_engine
from crypto.translog.store import Log, metadata

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
DEADLINE = START + timedelta(hours=1)


class HandClock:
    """Time stands still until a test moves it."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def now_in(self, connection: sa.Connection) -> datetime:
        return self.at


class Random:
    """Unpredictable to the code, repeatable for a test."""

    def __init__(self, seed: str = "0") -> None:
        self._state = hashlib.sha256(seed.encode()).digest()

    def __call__(self, size: int) -> bytes:
        out = b""
        while len(out) < size:
            self._state = hashlib.sha256(self._state).digest()
            out += self._state
        return out[:size]


@dataclass
class DeskWorld:
    """Everything a test of the desk touches."""

    desk: Desk
    clock: HandClock
    world: World
    client: TestClient
    backroom: Backroom
    folder: Path
    anchors: DemoAuthority
    sealed: int = 0
    tickets: list[str] = field(default_factory=list)

    @property
    def lot(self) -> str:
        return self.world.keyset.lot

    def ticket(self) -> str:
        if not self.tickets:
            self.tickets += tickets.draw(self.desk, f"account-{self.sealed}").tickets
        return self.tickets.pop()

    def seal(self, **options: Any) -> Sealed:
        self.sealed += 1
        return seal_in(self.world, self.folder / f"bid{self.sealed}" / "package", **options)

    def begin(self, sealed: Sealed, **changes: Any) -> dict[str, Any]:
        response = self.client.post(f"/lots/{self.lot}/uploads", json=self.asked(sealed, **changes))
        assert response.status_code == 201, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def asked(self, sealed: Sealed, **changes: Any) -> dict[str, Any]:
        return {
            "ticket": self.ticket(),
            "manifest": b64(sealed.manifest),
            "box": len(sealed.box),
            "parts": {name: path.stat().st_size for name, path in sealed.ciphertexts.items()},
            **changes,
        }

    def put(
        self, begun: dict[str, Any], file: str, number: int, data: bytes, digest: bytes | None = None
    ) -> Any:
        field_value = base64.b64encode(digest or hashlib.sha256(data).digest()).decode()
        return self.client.put(
            f"/uploads/{begun['upload']}/{file}/{number}",
            content=data,
            headers={"X-Upload-Secret": begun["secret"], "Content-Digest": f"sha-256=:{field_value}:"},
        )

    def pieces(self, sealed: Sealed) -> Iterator[tuple[str, int, bytes]]:
        files = {"box": sealed.box, **{name: path.read_bytes() for name, path in sealed.ciphertexts.items()}}
        for file, data in files.items():
            for number in range(-(-len(data) // PIECE_SIZE)):
                yield file, number, data[number * PIECE_SIZE : (number + 1) * PIECE_SIZE]

    def send_all(self, begun: dict[str, Any], sealed: Sealed) -> None:
        for file, number, data in self.pieces(sealed):
            response = self.put(begun, file, number, data)
            assert response.status_code == 200, response.text

    def get(self, begun: dict[str, Any], suffix: str = "") -> Any:
        return self.client.get(
            f"/uploads/{begun['upload']}{suffix}", headers={"X-Upload-Secret": begun["secret"]}
        )

    def submit(
        self, sealed: Sealed | None = None, **changes: Any
    ) -> tuple[Sealed, dict[str, Any], dict[str, Any]]:
        """A whole submission: (sealed, begun, receipt)."""
        sealed = sealed or self.seal()
        begun = self.begin(sealed, **changes)
        self.send_all(begun, sealed)
        state = self.get(begun, "?wait=20").json()
        assert state["state"] == "live", state
        return sealed, begun, self.get(begun, "/receipt").json()


def make_desk(
    folder: Path,
    clock: HandClock,
    authority: DemoAuthority,
    *,
    url: str = "",
    objects: Objects | None = None,
    tsa: TimeStampAuthority | None = None,
    random: Random | None = None,
) -> Desk:
    engine = open_engine(url or f"sqlite:///{folder / 'desk.db'}")
    metadata.create_all(engine)
    keys = KeyRing.open(folder / "keys")
    log = Log(engine, origin="test.example/log", signing_key=keys.log, clock=clock.now)
    identity = authority.time_stamp_identity
    return Desk(
        engine=engine,
        objects=objects or LocalObjects(folder / "store"),
        clock=clock,
        keys=keys,
        random=random or Random(folder.name),
        log=log,
        tsa=tsa or EmbeddedAuthority(identity.der, identity.key, authority.chain, clock=clock.now),
        batch_seconds=300,
    )


def publish(desk: Desk, world: World, deadline_at: datetime = DEADLINE) -> None:
    with store.writing(desk.engine) as tx:
        store.put_gate(
            tx,
            Gate(
                lot=world.keyset.lot,
                tender=world.keyset.tender,
                round=1,
                deadline_at=deadline_at,
                keyset=world.keyset.encode(),
                docs=(world.docs,),
                parts=("main",),
            ),
        )


@contextmanager
def open_desk(
    folder: Path,
    authority: DemoAuthority,
    *,
    world: World | None = None,
    desk: Desk | None = None,
    **options: Any,
) -> Iterator[DeskWorld]:
    clock = HandClock()
    if desk is None:
        desk = make_desk(folder, clock, authority, **options)
    elif isinstance(desk.clock, HandClock):
        clock = desk.clock
    world = world or make_world()
    publish(desk, world)
    backroom = Backroom(desk)
    app = FastAPI()
    problems.install(app)
    app.include_router(routes(desk, backroom))
    desk.log.open()
    with TestClient(app, raise_server_exceptions=False) as client:
        yield DeskWorld(desk, clock, world, client, backroom, folder, authority)
    desk.log.close()
    desk.engine.dispose()
