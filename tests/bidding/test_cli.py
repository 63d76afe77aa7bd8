"""The console command: help that stands alone, clear words for wrong usage, TLS beyond loopback."""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3
from servers import free_port

from bidding.cli import COMMANDS
from bidding.client.http import Api, Patience, Tls


def kaibiao(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bidding", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


def test_without_a_command_it_says_what_there_is() -> None:
    done = kaibiao()
    assert done.returncode == 2
    assert all(name in done.stdout for name in COMMANDS)


def test_a_command_that_does_not_exist_is_named_in_both_languages() -> None:
    done = kaibiao("opne")
    assert done.returncode == 2
    assert "没有这个命令" in done.stderr and "no such command: opne" in done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name: str) -> None:
    done = kaibiao(name, "--help", COLUMNS="100")
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


def test_beyond_loopback_plain_text_is_refused() -> None:
    done = kaibiao("serve", "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 2
    assert "必须使用 TLS" in done.stderr and "needs TLS" in done.stderr


def test_a_rotated_key_leaves_the_list_of_public_keys_longer(tmp_path: Path) -> None:
    before = kaibiao("keys", "list", KAIBIAO_DATA_DIR=str(tmp_path)).stdout
    assert kaibiao("keys", "rotate", "receipt", KAIBIAO_DATA_DIR=str(tmp_path)).returncode == 0
    after = kaibiao("keys", "list", KAIBIAO_DATA_DIR=str(tmp_path)).stdout
    assert len(after) > len(before) > 0
    assert kaibiao("keys", "rotate", "everything", KAIBIAO_DATA_DIR=str(tmp_path)).returncode == 2


def test_a_log_that_was_thrown_away_is_not_started_over_in_silence(tmp_path: Path) -> None:
    (tmp_path / "data.anchor").write_text("kaibiao.local/log\n9\nAAAA\n", "utf-8")
    done = kaibiao("serve", "--data-dir", str(tmp_path / "data"), "--port", str(free_port()))
    assert done.returncode == 3
    assert "为保护证据不予启动" in done.stderr and "data.anchor" in done.stderr


@contextmanager
def tls_server(folder: Path) -> Iterator[tuple[str, Path]]:
    """`kaibiao serve` with a certificate of its own for 127.0.0.1."""
    certificate, key, port = folder / "tls.pem", folder / "tls.key", free_port()
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    environment = {
        **os.environ,
        "KAIBIAO_DATA_DIR": str(folder / "data"),
        "KAIBIAO_PORT": str(port),
        "KAIBIAO_TLS_CERTIFICATE": str(certificate),
        "KAIBIAO_TLS_KEY": str(key),
    }
    process = subprocess.Popen([sys.executable, "-m", "bidding", "serve"], env=environment)
    try:
        yield f"https://127.0.0.1:{port}", certificate
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.story
def test_with_a_certificate_the_server_speaks_tls(tmp_path: Path) -> None:
    with tls_server(tmp_path) as (base, certificate):
        api = Api.to(base, tls=Tls(ca_file=certificate), patience=Patience(seconds=90.0))
        assert api.get("/notices")["notices"] == []
        with pytest.raises(urllib3.exceptions.HTTPError):
            urllib3.PoolManager(ssl_context=ssl.create_default_context()).request("GET", base, retries=False)
