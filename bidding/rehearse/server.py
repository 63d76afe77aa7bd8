"""The server under rehearsal: one of its own in a fresh directory, or somebody else's at an address."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from bidding.client.errors import ClientError
from bidding.client.http import Api, Patience
from bidding.rehearse.environment import inherited
from bidding.rehearse.usage import cpu_seconds, process_tree

START_SECONDS = 60.0
STOP_SECONDS = 15.0


@dataclass(slots=True)
class OwnServer:
    """`kaibiao serve` as a process of its own; SIGKILLed and started again on demand.

    The driver never opens anything below `directory` (the dump of `--dump` excepted, which is what an
    operator could read). Losses of CPU time by a kill are kept in `spent`.
    """

    directory: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    kills: int = 0
    restarts_s: list[float] = field(default_factory=list)
    spent: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.directory / "data"

    def start(self) -> None:
        """Start and wait until it answers. Raises `ClientError("server-not-starting")`."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = os.open(self.directory / "server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        environment = {
            **inherited(self.directory.parent / "bytecode"),
            "KAIBIAO_DATA_DIR": str(self.data),
            "KAIBIAO_PORT": str(self.port),
            "KAIBIAO_HOST": "127.0.0.1",
            "KAIBIAO_REHEARSAL": "1",
            **self.environment,
        }
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bidding", "serve"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        os.close(log)
        self._wait(began)

    def _wait(self, began: float) -> None:
        api = Api.to(self.base, patience=Patience(seconds=0.0, connect=1.0, read=5.0))
        while True:
            try:
                api.request("GET", "/log/checkpoint")
            except ClientError as exc:
                if not exc.unreachable:
                    return
            else:
                return
            if (
                self.process is None
                or self.process.poll() is not None
                or time.monotonic() - began > START_SECONDS
            ):
                raise ClientError("server-not-starting", self.last_words())
            time.sleep(0.05)

    def last_words(self) -> str:
        """The end of the server's log, for the error message."""
        path = self.directory / "server.log"
        return path.read_text("utf-8", "replace")[-1500:] if path.exists() else ""

    def kill(self) -> float:
        """SIGKILL, at once started again. Returns the seconds until it answered. Raises `ClientError`."""
        with self._lock:
            if self.process is None:
                return 0.0
            began = time.monotonic()
            self.spent += self.live_cpu()
            _signal_group(self.process, signal.SIGKILL)
            self.process.wait()
            self.kills += 1
            self.start()
            taken = time.monotonic() - began
            self.restarts_s.append(round(taken, 3))
            return taken

    def live_cpu(self) -> float:
        """CPU seconds of the running server and its children."""
        return sum(cpu_seconds(pid) for pid in process_tree(self.process.pid)) if self.process else 0.0

    def cpu(self) -> float:
        """CPU seconds of all incarnations so far."""
        return self.spent + self.live_cpu()

    def stop(self) -> None:
        """End it in order; if it will not, at once."""
        with self._lock:
            if self.process is None:
                return
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _signal_group(self.process, signal.SIGKILL)
                self.process.wait()
            self.process = None


@dataclass(slots=True)
class RemoteServer:
    """A server that runs already. It cannot be killed and its CPU time is not seen."""

    address: str
    kills: int = 0
    restarts_s: list[float] = field(default_factory=list)

    @property
    def base(self) -> str:
        return self.address.rstrip("/")

    def start(self) -> None:
        """Raises `ClientError` when it does not answer."""
        Api.to(self.base, patience=Patience(seconds=5.0)).request("GET", "/log/checkpoint")

    def cpu(self) -> float:
        return 0.0

    def stop(self) -> None:
        """Nothing of ours to stop."""


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def free_port() -> int:
    """A TCP port that is free on loopback now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
