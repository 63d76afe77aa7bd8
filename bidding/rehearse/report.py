"""What agents tell the driver: JSON lines on one shared pipe. Never keys, passphrases or forms."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: A write of at most this many bytes into a pipe is not mixed with others (POSIX PIPE_BUF on Linux).
ATOMIC = 4096
#: Frames told at once: each is two integers, so that a line stays below `ATOMIC`.
FRAMES_AT_ONCE = 120


@dataclass(slots=True)
class Report:
    """An agent's voice. Threads of one agent may share it."""

    agent: str
    descriptor: int
    _frames: list[list[int]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, event: str, **facts: Any) -> None:
        """Say one thing; long texts are cut so that the line stays whole."""
        line = json_line({"agent": self.agent, "event": event, **facts})
        if len(line) > ATOMIC:
            short = {name: value[:300] if isinstance(value, str) else value for name, value in facts.items()}
            line = json_line({"agent": self.agent, "event": event, **short})
        if len(line) > ATOMIC:
            line = json_line({"agent": self.agent, "event": event, "cut": True})
        os.write(self.descriptor, line)

    def acknowledged(self, event_type: str, match: Mapping[str, Any], **facts: Any) -> None:
        """Journal a fact that the server acknowledged: it must stand in the archive as such an event."""
        self.tell("acknowledged", type=event_type, match=dict(match), **facts)

    def frame(self, lot: str, version: int, received_ms: int) -> None:
        """Note when a version of the hall reached this agent (Unix milliseconds of the server's clock)."""
        with self._lock:
            self._frames.append([version, received_ms])
            full = len(self._frames) >= FRAMES_AT_ONCE
        if full:
            self.flush(lot)

    def flush(self, lot: str) -> None:
        with self._lock:
            frames, self._frames = self._frames, []
        if frames:
            self.tell("frames", lot=lot, frames=frames)


def json_line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
