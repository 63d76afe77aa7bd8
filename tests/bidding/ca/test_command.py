"""`kaibiao ca`, as its users type it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from typer.testing import CliRunner

from bidding.ca.command import app
from crypto.signing import load_p12

from .conftest import CODE, ORGANISATION, Office

PASSWORD = "geheim-8"


@contextmanager
def served(office: Office) -> Iterator[str]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(office.client.app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        bound.listen()
        thread.start()
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def run(*arguments: str, code: int = 0) -> Any:
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout) if done.stdout else None


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAIBIAO_P12_PASSWORD", PASSWORD)


def test_apply_judge_revoke(office: Office, tmp_path: Path) -> None:
    office.settings.rehearsal = True
    file = tmp_path / "me.p12"
    with served(office) as url:
        who = ("--organisation", ORGANISATION, "--code", CODE, "--person", "张三")
        applied = run("apply", *who, "--out", str(file), "--server", url)
        signer = load_p12(file.read_bytes(), PASSWORD)
        (tmp_path / "me.der").write_bytes(signer.certificate)
        judged = run("judge", str(tmp_path / "me.der"), "--server", url)
        assert (judged["verdict"], judged["creditCode"], judged["authority"]) == ("valid", CODE, "demo")
        revoked = run("revoke", "-c", str(file), "--server", url, "--reason", "keyCompromise")
        assert revoked["serial"] == applied["serial"]
        again = run("judge", str(tmp_path / "me.der"), "--server", url, code=1)
        assert again["reason"] == "certificate-revoked"
        early = run(
            "judge", str(tmp_path / "me.der"), "--server", url, "--at", "2020-01-01T00:00:00.000Z", code=1
        )
        assert early["reason"] == "certificate-not-yet-valid"


def test_the_first_certificate_of_an_installation(office: Office, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    office.authority.directory.rename(data / "demo-ca")
    file = tmp_path / "operator.p12"
    issued = run(
        "issue", "--organisation", ORGANISATION, "--code", CODE, "--out", str(file), "--data", str(data)
    )
    assert file.stat().st_mode & 0o777 == 0o600
    (listed,) = run("list", "--data", str(data))["certificates"]
    assert (listed["serial"], listed["sha256"]) == (issued["serial"], issued["sha256"])


def test_what_cannot_be_done_says_why(tmp_path: Path) -> None:
    assert run("list", "--data", str(tmp_path), code=1) is None
    assert run("judge", str(tmp_path / "none"), "--server", "http://127.0.0.1:1", code=2) is None
    text = CliRunner().invoke(app, ["issue", "--organisation", "x", "--code", "wrong", "--out", "x"])
    assert text.exit_code == 1
