"""SIGKILL at random moments: which phases and how long after their beginning is drawn from a seed."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

#: Stations in which the server may be killed, in the order they come, with the longest delay after entry, in
#: seconds.
STATIONS: Sequence[tuple[str, float]] = (
    ("submit", 8.0),
    ("CLOSING", 1.0),
    ("IDENTIFYING", 1.0),
    ("DECRYPTING", 3.0),
    ("ADMITTED", 1.0),
    ("OPENING", 1.0),
    ("READING", 1.0),
    ("CONFIRMING", 2.0),
    ("OBJECTION", 1.0),
    ("RECORD_SIGN", 2.0),
    ("SEALING", 1.0),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One kill: in which station, how many seconds after it began."""

    station: str
    delay: float


def draw_moments(kills: int, seed: int) -> list[Moment]:
    """The planned moments in order. The same seed plans the same ones; what they hit is up to the machine."""
    source = random.Random(seed)  # noqa: S311 - a repeatable plan is the point
    order = [name for name, _ in STATIONS]
    picked = [source.choice(STATIONS) for _ in range(kills)]
    moments = [Moment(name, source.uniform(0.0, longest)) for name, longest in picked]
    return sorted(moments, key=lambda moment: (order.index(moment.station), moment.delay))


@dataclass(slots=True)
class Killer:
    """Carries the plan out. A station that passed too quickly has its kills done in the next one."""

    moments: list[Moment]
    kill: Callable[[], float]
    said: Callable[[str], None]
    _entered: dict[str, float] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _changed: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    error: Exception | None = None

    def start(self) -> None:
        if self.moments:
            self._thread = threading.Thread(target=self._run, name="killer", daemon=True)
            self._thread.start()

    def entered(self, station: str) -> None:
        """The rehearsal has come to this station."""
        self._entered.setdefault(station, time.monotonic())
        self._changed.set()

    def finish(self, seconds: float) -> None:
        """Wait until the plan is done."""
        if self._thread is not None:
            self.entered(STATIONS[-1][0])
            self._thread.join(seconds)

    def stop(self) -> None:
        self._stop.set()
        self._changed.set()

    def _run(self) -> None:
        try:
            for number, moment in enumerate(self.moments, 1):
                if not self._await(moment):
                    return
                taken = self.kill()
                self.said(
                    f"SIGKILL {number}/{len(self.moments)} in {moment.station}: back after {taken:.1f} s"
                )
        except Exception as exc:
            self.error = exc

    def _await(self, moment: Moment) -> bool:
        """Wait for the moment; False when the rehearsal is over."""
        while not self._stop.is_set():
            since = self._begun(moment.station)
            if since is not None:
                left = since + moment.delay - time.monotonic()
                if left <= 0:
                    return True
                self._stop.wait(left)
            else:
                self._changed.wait(1.0)
                self._changed.clear()
        return False

    def _begun(self, station: str) -> float | None:
        """When the station, or a later one if it was passed over, began."""
        order = [name for name, _ in STATIONS]
        for name in order[order.index(station) :]:
            if name in self._entered:
                return self._entered[name]
        return None
