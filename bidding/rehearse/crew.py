"""The zygote and the agents' directories, as the driver handles them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bidding.client.errors import ClientError
from bidding.rehearse.environment import inherited
from bidding.rehearse.ledger import Ledger
from bidding.rehearse.usage import cpu_seconds, process_tree
from bidding.rehearse.zygote import may_change_user

START_SECONDS = 30.0
#: Agents get user ids from here on, one each, when the driver runs as root.
FIRST_UID = 61_000


@dataclass(slots=True)
class Crew:
    """All agents of a rehearsal, each in its own directory below `root`."""

    root: Path
    ledger: Ledger
    separate_users: bool = False
    names: list[str] = field(default_factory=list)
    _cpu: float = 0.0
    _process: subprocess.Popen[bytes] | None = None
    _reader: threading.Thread | None = None

    def start(self) -> None:
        """Start the zygote. Raises `ClientError("agents-not-starting")`."""
        self.root.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.separate_users = may_change_user(FIRST_UID) and _reachable(self.root)
        log = os.open(self.root / "zygote.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bidding.rehearse.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=inherited(self.root.parent / "bytecode"),
            start_new_session=True,
        )
        os.close(log)
        self._reader = threading.Thread(target=self._read, name="reports", daemon=True)
        self._reader.start()
        if not self.ledger.wait(lambda seen: ("zygote", "ready") in seen.latest, seconds=START_SECONDS):
            words = (self.root / "zygote.log").read_text("utf-8", "replace")[-1500:]
            raise ClientError("agents-not-starting", words)

    def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None  # noqa: S101 - set by start
        for line in self._process.stdout:
            self.ledger.take(line)

    def spawn(self, name: str, role: str, config: Mapping[str, Any]) -> None:
        """Give an agent its directory and have it forked."""
        assert self._process is not None and self._process.stdin is not None  # noqa: S101 - set by start
        directory = self.root / name
        directory.mkdir(mode=0o700)
        uid = FIRST_UID + len(self.names) if self.separate_users else None
        if uid:
            os.chown(directory, uid, uid)
        self.names.append(name)
        order = {"name": name, "role": role, "directory": str(directory), "uid": uid, "config": dict(config)}
        self._process.stdin.write(json.dumps(order, ensure_ascii=False).encode() + b"\n")
        self._process.stdin.flush()

    def directory(self, name: str) -> Path:
        return self.root / name

    def cpu(self) -> float:
        """CPU seconds of all agents so far, the ended ones included."""
        if self._process is not None and self._process.poll() is None:
            self._cpu = max(self._cpu, sum(cpu_seconds(pid) for pid in process_tree(self._process.pid)))
        return self._cpu

    def finish(self, seconds: float) -> bool:
        """Take no more orders and wait for the agents to end; whether they did."""
        assert self._process is not None and self._process.stdin is not None  # noqa: S101 - set by start
        if not self._process.stdin.closed:
            self._process.stdin.write(json.dumps({"finish": True}).encode() + b"\n")
            self._process.stdin.close()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """End every agent at once, if any is left."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _reachable(directory: Path) -> bool:
    """Whether another user may pass through every directory above the agents'."""
    return all(parent.stat().st_mode & 0o001 for parent in (directory, *directory.resolve().parents))
