"""Wall and CPU time phase by phase."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PhaseTime:
    """One phase: seconds on the wall, and CPU seconds of server and clients together (None: not
    measurable).
    """

    name: str
    wall_s: float
    cpu_s: float | None

    def as_json(self) -> dict[str, str | float | None]:
        cpu = None if self.cpu_s is None else round(self.cpu_s, 2)
        return {"name": self.name, "wall_s": round(self.wall_s, 3), "cpu_s": cpu}


@dataclass(slots=True)
class Clockwork:
    """Switches from phase to phase; a phase entered again adds to its first line."""

    cpu: Callable[[], float | None]
    monotonic: Callable[[], float] = time.monotonic
    done: dict[str, PhaseTime] = field(default_factory=dict)
    _name: str = ""
    _since: float = 0.0
    _cpu_since: float | None = None

    def enter(self, name: str) -> None:
        """The named phase begins now; the running one, if any, has ended."""
        now, cpu = self.monotonic(), self.cpu()
        if self._name:
            self._add(self._name, now - self._since, _difference(cpu, self._cpu_since))
        self._name, self._since, self._cpu_since = name, now, cpu

    def finish(self) -> list[PhaseTime]:
        """End the running phase; all phases in the order they began."""
        if self._name:
            self.enter("")
        return list(self.done.values())

    @property
    def current(self) -> str:
        return self._name

    def _add(self, name: str, wall: float, cpu: float | None) -> None:
        before = self.done.get(name)
        if before is None:
            self.done[name] = PhaseTime(name, wall, cpu)
            return
        total = None if cpu is None or before.cpu_s is None else before.cpu_s + cpu
        self.done[name] = PhaseTime(name, before.wall_s + wall, total)


def _difference(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else max(0.0, now - before)
