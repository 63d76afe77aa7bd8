"""The driver's memory: what agents reported, as it came. It holds no key and no price."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A fact the server acknowledged to an agent: an event of this type with these body members must
    exist.
    """

    agent: str
    lot: str
    type: str
    match: Mapping[str, Any]


@dataclass(slots=True)
class Ledger:
    """Reports by kind. Filled by the reader thread, waited on by the driver."""

    latest: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    acknowledged: list[Acknowledged] = field(default_factory=list)
    release_ms: list[float] = field(default_factory=list)
    frames: dict[tuple[str, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    event_ms: dict[tuple[str, int], int] = field(default_factory=dict)
    failures: list[dict[str, Any]] = field(default_factory=list)
    living: set[str] = field(default_factory=set)
    exited: dict[str, dict[str, Any]] = field(default_factory=dict)
    listeners: list[Callable[[dict[str, Any]], None]] = field(default_factory=list)
    last_report: float = field(default_factory=time.monotonic)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, line: bytes) -> None:
        """Enter one report line."""
        report = json.loads(line)
        with self._changed:
            self.last_report = time.monotonic()
            self._enter(report)
            self._changed.notify_all()
        for listener in self.listeners:
            listener(report)

    def _enter(self, report: dict[str, Any]) -> None:
        agent, event = report["agent"], report["event"]
        self.latest[agent, event] = report
        self.counts[event] += 1
        if event == "acknowledged":
            self.acknowledged.append(
                Acknowledged(agent, report.get("lot", ""), report["type"], report["match"])
            )
            if "ms" in report:
                self.release_ms.append(report["ms"])
        elif event == "frames":
            for version, received in report["frames"]:
                self.frames[report["lot"], version].append(received)
        elif event == "moments":
            for version, at in report["moments"]:
                self.event_ms[report["lot"], version] = at
        elif event in ("crashed", "gave-up"):
            self.failures.append(report)
        elif event == "spawned":
            self.living.add(report["name"])
        elif event == "exited":
            self.living.discard(report["name"])
            self.exited[report["name"]] = report

    def find(self, agent: str, event: str) -> dict[str, Any] | None:
        """The last report of this kind from this agent."""
        with self._changed:
            return self.latest.get((agent, event))

    def count(self, event: str) -> int:
        with self._changed:
            return self.counts[event]

    def reports(self, event: str) -> list[dict[str, Any]]:
        """The last report of this kind from each agent."""
        with self._changed:
            return [report for (_, kind), report in self.latest.items() if kind == event]

    def wait(self, done: Callable[[Ledger], bool], *, seconds: float) -> bool:
        """Wait until `done`, at most so long; whether it came to pass."""
        end = time.monotonic() + seconds
        with self._changed:
            while not done(self):
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 1.0))
        return True

    def crashed(self, agents: Iterable[str]) -> list[dict[str, Any]]:
        """Failures of these agents."""
        wanted = set(agents)
        return [report for report in self.failures if report["agent"] in wanted]

    def fan_out(self) -> list[float]:
        """Per version: milliseconds from the event to the last client that followed live.

        The event's own time is known from the host; where no host told it, the first receipt stands in.
        """
        figures = []
        for key, received in self.frames.items():
            began = self.event_ms.get(key, min(received))
            figures.append(float(max(received) - began))
        return figures
