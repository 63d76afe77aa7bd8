"""Work that goes on beside requests: each task is a thread that ends when the server does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

log = structlog.get_logger()

#: Pause after a failed round, in seconds: long enough to spare a database that is down.
PAUSE_AFTER_FAILURE = 1.0


@dataclass(frozen=True, slots=True)
class Task:
    """A named loop. `run` returns when `stop` is set; an exception restarts it after a pause."""

    name: str
    run: Callable[[threading.Event], None]


class Background:
    """Starts tasks and stops them again."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_running, args=(task,), name=task.name, daemon=True)
            for task in tasks
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout)

    def _keep_running(self, task: Task) -> None:
        while not self._stop.is_set():
            try:
                task.run(self._stop)
                return
            except Exception:
                # A task that dies silently would stall an opening; it says so and tries again.
                log.exception("task failed", task=task.name)
                self._stop.wait(PAUSE_AFTER_FAILURE)
