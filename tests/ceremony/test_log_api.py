"""The log over HTTP, as a monitor, a witness and a verifier use it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from servers import serving
from toy_hall import open_log

from ceremony.errors import Malformed
from ceremony.log_api import router
from crypto.errors import Invalid
from crypto.translog.checkpoint import (
    COSIGNATURE_V1,
    open_checkpoint,
    parse_note,
    parse_verifier,
    verifier_of,
)
from crypto.translog.engine import open_engine
from crypto.translog.merkle import leaf_hash, root, verify_consistency, verify_inclusion
from crypto.translog.store import Log, NewEvent
from crypto.translog.tiles import node_reader, parse_entry_bundle
from crypto.translog.witness import add_signatures, cosign, cosigned_checkpoint, verify_cosigned

WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
VERIFIER = verifier_of("witness.test/w1", WITNESS, COSIGNATURE_V1)
AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
EVENT = NewEvent("Happened", "host:", {"text": "某某"})


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    engine = open_engine(f"sqlite:///{tmp_path / 'log.db'}")
    log = open_log(engine, witnesses=[VERIFIER.encode()])
    log.append("hall:a", None, [EVENT] * 300)
    yield log
    log.close()
    engine.dispose()


@pytest.fixture
def client(log: Log) -> Iterator[httpx.Client]:
    app = FastAPI()
    app.include_router(router(SimpleNamespace(log=log)))

    async def refuse(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Invalid | Malformed)
        return JSONResponse({"code": error.code}, 400)

    app.add_exception_handler(Invalid, refuse)
    app.add_exception_handler(Malformed, refuse)
    with serving(app) as url, httpx.Client(base_url=f"{url}/log") as client:
        yield client


def test_a_monitor_reads_everything(client: httpx.Client, log: Log) -> None:
    keys = [parse_verifier(line) for line in client.get("/vkey").text.splitlines()]
    assert keys == [log.verifier, VERIFIER]
    checkpoint = open_checkpoint(client.get("/checkpoint").text, keys)
    assert checkpoint.size == 300
    tiles = {
        (0, 0): client.get("/tile/0/000"),
        (0, 1): client.get("/tile/0/001.p/44"),
        (1, 0): client.get("/tile/1/000.p/1"),
    }
    node = node_reader(lambda level, number: tiles[level, number].content)
    assert root(300, node) == checkpoint.root
    assert "immutable" in tiles[0, 0].headers["cache-control"]
    entries = parse_entry_bundle(client.get("/tile/entries/000").content)
    entries += parse_entry_bundle(client.get("/tile/entries/001.p/44").content)
    assert b"".join(map(leaf_hash, entries)) == tiles[0, 0].content + tiles[0, 1].content


def test_proofs(client: httpx.Client) -> None:
    answer = client.get("/proof/inclusion", params={"index": 7, "size": 300}).json()
    proof = [base64.b64decode(step) for step in answer["proof"]]
    leaf = base64.b64decode(answer["leaf"])
    verify_inclusion(leaf, 7, 300, proof, base64.b64decode(answer["root"]))
    answer = client.get("/proof/consistency", params={"from": 100, "to": 300}).json()
    roots = [base64.b64decode(one) for one in answer["roots"]]
    verify_consistency(100, 300, *roots, [base64.b64decode(step) for step in answer["proof"]])


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/tile/0/002", "bad-log-range"),
        ("/tile/0/001", "bad-log-range"),
        ("/tile/entries/001", "bad-log-range"),
        ("/tile/0/1", "bad-tile-path"),
        ("/tile/data/000", "bad-tile-path"),
        ("/tile/63/999", "bad-log-range"),
        ("/tile/0/" + "x999/" * 300 + "999", "bad-tile-path"),
        ("/checkpoint/cosigned", "no-cosigned-checkpoint"),
        ("/proof/inclusion?index=300&size=300", "bad-log-range"),
        ("/proof/inclusion?index=0&size=301", "bad-log-range"),
        ("/proof/consistency?from=0&to=300", "bad-log-range"),
        ("/proof/consistency?from=9&to=301", "bad-log-range"),
    ],
)
def test_what_is_not_there(client: httpx.Client, path: str, code: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_witness_cosigns_over_http(client: httpx.Client, log: Log) -> None:
    note = client.get("/checkpoint").text
    line = cosign(note, log.verifier, None, (), name="witness.test/w1", key=WITNESS, at=AT)
    answer = client.post("/cosignatures", content=add_signatures(parse_note(note), [line]).encode())
    assert answer.json() == {"accepted": ["witness.test/w1"]}
    log.append("hall:a", None, [EVENT])
    cosigned = client.get("/checkpoint/cosigned").text
    assert [one.witness for one in verify_cosigned(cosigned, [log.verifier], [VERIFIER])] == [
        "witness.test/w1"
    ]
    older = cosigned_checkpoint(cosigned)
    answer = client.get("/proof/consistency", params={"from": older.size, "to": 301}).json()
    proof = [base64.b64decode(step) for step in answer["proof"]]
    line = cosign(
        client.get("/checkpoint").text, log.verifier, older, proof, name="witness.test/w1", key=WITNESS, at=AT
    )
    assert line.name == "witness.test/w1"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"nonsense", "bad-note"), (b"\xff", "bad-note"), (b"x" * 70_000, "note-too-long"), (b"", "bad-note")],
)
def test_bad_cosignatures(client: httpx.Client, content: bytes, code: str) -> None:
    answer = client.post("/cosignatures", content=content)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
