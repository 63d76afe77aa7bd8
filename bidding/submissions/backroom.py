"""Where the desk's heavy work is done, so that the event loop only passes bytes along."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import ParamSpec, TypeVar

import structlog

from bidding.submissions import store
from bidding.submissions.desk import Desk
from bidding.submissions.store import UploadState
from bidding.submissions.verify import decide
from crypto.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")
log = structlog.get_logger()

#: Longest wait of a request for a decision, and how often it looks for another process's, in seconds.
MAX_WAIT = 30.0
LOOK_EVERY = 1.0
_SETTLED = frozenset(UploadState) - {UploadState.RECEIVING, UploadState.ACCEPTED}


class Backroom:
    """Threads for requests, for hashing pieces and for deciding uploads; and who waits for a decision."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._requests = ThreadPoolExecutor(8, thread_name_prefix="desk")
        self._pieces = ThreadPoolExecutor(4, thread_name_prefix="pieces")
        self._deciders = ThreadPoolExecutor(2, thread_name_prefix="decide")
        self._lock = threading.Lock()
        self._deciding: set[str] = set()
        self._waiting: dict[str, list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do a request's blocking work."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._requests, lambda: work(*args, **kwargs))

    async def hash(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do the blocking work of a piece."""
        return await self.start(work, *args, **kwargs)

    def start(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """Begin the blocking work of a piece; whoever asked awaits it."""
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._pieces, lambda: work(*args, **kwargs))

    def decide_soon(self, upload: str) -> None:
        """Decide an accepted upload in the background; asking twice is harmless."""
        with self._lock:
            if upload in self._deciding:
                return
            self._deciding.add(upload)
        self._deciders.submit(self._decide, upload)

    async def wait_decided(self, state: Callable[[], UploadState], upload: str, seconds: float) -> None:
        """Return when the upload is decided, here or in another process, or after `seconds`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + min(seconds, MAX_WAIT)
        decided = asyncio.Event()
        with self._lock:
            self._waiting.setdefault(upload, []).append((loop, decided))
        try:
            while await self.run(state) not in _SETTLED and (left := end - loop.time()) > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(left, LOOK_EVERY)):
                        await decided.wait()
                decided.clear()
        finally:
            with self._lock:
                self._waiting[upload].remove((loop, decided))
                if not self._waiting[upload]:
                    del self._waiting[upload]

    def look_for_accepted(self, stop: threading.Event, seconds: float) -> None:
        """Until `stop`: decide what another process, or this one before a crash, accepted and left."""
        while not stop.is_set():
            with store.reading(self._desk.engine) as tx:
                accepted = store.accepted_uploads(tx)
            for upload in accepted:
                self.decide_soon(upload)
            stop.wait(max(seconds, LOOK_EVERY))

    def _decide(self, upload: str) -> None:
        try:
            decide(self._desk, upload)
        except Unavailable as error:
            # It stays accepted: its time is kept, and the next look tries again.
            log.warning("an upload could not be decided yet", code=error.code)
        except Exception:
            log.exception("an upload could not be decided")
        finally:
            with self._lock:
                self._deciding.discard(upload)
            self._tell(upload)

    def _tell(self, upload: str) -> None:
        with self._lock:
            waiting = list(self._waiting.get(upload, ()))
        for loop, decided in waiting:
            with suppress(RuntimeError):  # the loop ended with its server
                loop.call_soon_threadsafe(decided.set)
