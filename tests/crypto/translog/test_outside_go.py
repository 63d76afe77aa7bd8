"""The log as Go's own sumdb code reads it: nothing of ours on that side."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from servers import serving
from toy_hall import open_log

from ceremony.log_api import router
from crypto.translog.engine import open_engine
from crypto.translog.store import NewEvent

PROGRAM = Path(__file__).parents[2] / "outside" / "golog" / "main.go"
#: Where Debian's golang-golang-x-mod-dev puts its sources.
GOPATH = "/usr/share/gocode"

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, compiled without any network."""
    home = tmp_path_factory.mktemp("go")
    go = shutil.which("go")
    assert go is not None, "scripts/test installs golang-go and golang-golang-x-mod-dev"
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": GOPATH, "GOCACHE": str(home / "cache")}
    subprocess.run(
        [go, "build", "-o", home / "golog", PROGRAM], check=True, env=environment, capture_output=True
    )
    return home / "golog"


@pytest.mark.parametrize(
    ("first", "size", "index"), [(1, 2, 0), (255, 700, 300), (256, 257, 255), (65_600, 65_700, 9)]
)
def test_go_verifies_checkpoints_proofs_and_tiles(
    program: Path, tmp_path: Path, first: int, size: int, index: int
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'log.db'}")
    log = open_log(engine)
    event = NewEvent("Happened", "host:p_1", {"text": "某某"})
    log.append("hall:a", None, [event] * first)
    (tmp_path / "old").write_text(log.checkpoint())
    log.append("hall:a", None, [event] * (size - first))
    app = FastAPI()
    app.include_router(router(SimpleNamespace(log=log)), prefix="/api")
    with serving(app) as url:
        done = subprocess.run(
            [program, f"{url}/api/log", log.verifier.encode(), tmp_path / "old", str(index)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stdout.strip()) == (0, f"verified {first} {size}"), done.stderr
    log.close()
    engine.dispose()
