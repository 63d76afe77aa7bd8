"""Everything an upload depends on fails, each in two ways: it failed, or it failed but had been persisted."""

from __future__ import annotations

import base64
import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.requests import ClientDisconnect
from submission_world import START, DeskWorld, open_desk

from bidding.messages import messages
from bidding.objects import LocalObjects, Spool
from bidding.submissions import store, verify
from bidding.submissions.store import UploadState
from crypto.authority import DemoAuthority
from crypto.errors import Unavailable


class FaultyObjects(LocalObjects):
    """A store that can be told to fail: `full`, `away`, or `answer-lost` (done, but nobody hears of it)."""

    fault = ""

    def publish(self, spool: Spool, key: str) -> None:
        if self.fault == "away":
            raise Unavailable("object-store-unavailable", "told to")
        super().publish(spool, key)
        if self.fault == "answer-lost":
            raise Unavailable("object-store-unavailable", "told to, afterwards")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> DemoAuthority:
    return DemoAuthority.create(tmp_path_factory.mktemp("authority") / "ca", at=START - timedelta(days=1))


@pytest.fixture
def objects(tmp_path: Path) -> FaultyObjects:
    return FaultyObjects(tmp_path / "store")


@pytest.fixture
def world(tmp_path: Path, authority: DemoAuthority, objects: FaultyObjects) -> Iterator[DeskWorld]:
    with open_desk(tmp_path, authority, objects=objects) as opened:
        yield opened


@contextmanager
def failing_commit(world: DeskWorld, monkeypatch: pytest.MonkeyPatch, *, persisted: bool) -> Iterator[None]:
    """The database goes away at the next commit: before it, or after it while the answer is on its way."""
    inner = sa.Connection._commit_impl

    def commit(connection: sa.Connection) -> None:
        if persisted:
            inner(connection)
        else:
            connection._rollback_impl()
        raise sa.exc.OperationalError("COMMIT", {}, Exception("server closed the connection"))

    with monkeypatch.context() as patched:
        patched.setattr(sa.Connection, "_commit_impl", commit)
        yield


def unavailable(response: Any, code: str) -> None:
    body = response.json()
    assert (response.status_code, body["code"]) == (503, code)
    assert int(response.headers["Retry-After"]) > 0
    assert code in messages()


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("fault", ["away", "answer-lost"])
def test_a_store_that_fails_takes_no_piece_and_the_upload_goes_on_later(
    world: DeskWorld, objects: FaultyObjects, fault: str
) -> None:
    sealed = world.seal()
    begun = world.begin(sealed)
    objects.fault = fault
    unavailable(world.put(begun, "box", 0, sealed.box), "object-store-unavailable")
    assert world.get(begun).json()["missing"] == {"box": [0], "main": [0]}
    assert files_in(world.folder / "store" / "spool") == []
    objects.fault = ""
    world.send_all(begun, sealed)
    assert world.get(begun, "?wait=20").json()["state"] == "live"


def test_a_full_disk_refuses_the_piece_and_keeps_the_upload(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = world.seal()
    begun = world.begin(sealed)

    def full(self: Spool, data: bytes) -> None:
        raise Unavailable("storage-full", "told to", 60)

    with monkeypatch.context() as patched:
        patched.setattr(Spool, "write", full)
        unavailable(world.put(begun, "main", 0, sealed.ciphertexts["main"].read_bytes()), "storage-full")
    assert files_in(world.folder / "store") == []
    world.send_all(begun, sealed)
    assert world.get(begun, "?wait=20").json()["state"] == "live"


def test_a_disk_that_fills_up_while_syncing_keeps_nothing(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = world.seal()
    begun = world.begin(sealed)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        unavailable(world.put(begun, "box", 0, sealed.box), "storage-full")
    assert world.get(begun).json()["missing"] == {"box": [0], "main": [0]}
    assert files_in(world.folder / "store") == []


@pytest.mark.parametrize("persisted", [False, True])
def test_a_database_that_goes_away_at_the_last_piece_loses_no_acknowledged_time(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch, persisted: bool
) -> None:
    sealed = world.seal()
    begun = world.begin(sealed)
    world.put(begun, "box", 0, sealed.box)
    data = sealed.ciphertexts["main"].read_bytes()
    stamped = world.clock.at
    with failing_commit(world, monkeypatch, persisted=persisted):
        unavailable(world.put(begun, "main", 0, data), "database-unavailable")
    with store.reading(world.desk.engine) as tx:
        upload = store.find_upload(tx, begun["upload"])
    assert upload is not None
    assert upload.state is (UploadState.ACCEPTED if persisted else UploadState.RECEIVING)
    # The client asks again, later: a time that was made durable stands, another one is made now.
    world.clock.at += timedelta(minutes=1)
    answer = world.put(begun, "main", 0, data).json()
    expected = stamped if persisted else world.clock.at
    assert answer["acceptedAt"] == f"{expected:%Y-%m-%dT%H:%M:%S}.000Z"
    world.backroom.decide_soon(begun["upload"])
    assert world.get(begun, "?wait=20").json()["state"] == "live"


@pytest.mark.parametrize("persisted", [False, True])
def test_a_database_that_goes_away_at_the_decision_gives_one_receipt(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch, persisted: bool
) -> None:
    sealed = world.seal()
    begun = world.begin(sealed)
    with monkeypatch.context() as patched:
        patched.setattr(world.backroom, "decide_soon", lambda upload: None)
        world.send_all(begun, sealed)
    with failing_commit(world, monkeypatch, persisted=persisted), pytest.raises(Unavailable):
        verify.decide(world.desk, begun["upload"])
    first = world.get(begun, "/receipt")
    assert (first.status_code == 200) is persisted
    world.backroom.decide_soon(begun["upload"])
    assert world.get(begun, "?wait=20").json()["state"] == "live"
    receipt = world.get(begun, "/receipt").json()
    assert not persisted or receipt == first.json()
    with store.reading(world.desk.engine) as tx:
        items = tx.execute(sa.text("SELECT type FROM batch_items")).all()
    assert [item.type for item in items] == ["submission"]


@pytest.mark.parametrize("persisted", [False, True])
def test_a_database_that_goes_away_at_the_beginning_costs_no_ticket(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch, persisted: bool
) -> None:
    asked = world.asked(world.seal())
    with failing_commit(world, monkeypatch, persisted=persisted):
        unavailable(world.client.post(f"/lots/{world.lot}/uploads", json=asked), "database-unavailable")
    assert world.client.post(f"/lots/{world.lot}/uploads", json=asked).status_code == 201


def test_a_client_that_hangs_up_midway_leaves_nothing(world: DeskWorld) -> None:
    sealed = world.seal()
    begun = world.begin(sealed)
    digest = base64.b64encode(hashlib.sha256(sealed.box).digest()).decode()

    def broken() -> Iterator[bytes]:
        yield sealed.box[:1000]
        raise ClientDisconnect

    answer = world.client.put(
        f"/uploads/{begun['upload']}/box/0",
        content=broken(),
        headers={"X-Upload-Secret": begun["secret"], "Content-Digest": f"sha-256=:{digest}:"},
    )
    assert answer.json()["code"] == "piece-size"
    assert files_in(world.folder / "store") == []
    assert world.put(begun, "box", 0, sealed.box).status_code == 200
