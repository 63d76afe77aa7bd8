"""Wake-ups between server processes: `stream, version`, never a fact. Losing one costs time, never an event.

Facts are in the log. A process that hears that a stream has grown reads on from where it is; one that hears
nothing finds out by the slow poll. Redis therefore needs no persistence, and may be absent.
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
import zlib
from collections.abc import Callable
from typing import Protocol, TypeAlias

import redis

from crypto.errors import Unavailable
from crypto.translog.store import Log

log = logging.getLogger(__name__)

Listener: TypeAlias = Callable[[str, int], None]
#: Pause before Redis is tried again after it failed, in seconds.
RECONNECT_SECONDS = 0.5
#: Wake-ups waiting for a Redis that is slow; older ones are dropped, the poll makes up for them.
WAITING = 10_000


class Bus(Protocol):
    """Both kinds pass the same contract tests."""

    def publish(self, stream: str, version: int) -> None:
        """Tell everybody, here and elsewhere. From any thread; never blocks, never raises."""

    def publish_here(self, stream: str, version: int) -> None:
        """Tell only the listeners of this process: the others find out by themselves."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have ``listener`` told, from some thread; it must return at once. Returns how to end that."""

    def close(self) -> None:
        """End the bus's threads. Later calls do nothing."""


class MemoryBus:
    """One process: the caller's thread tells the listeners."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()

    def publish(self, stream: str, version: int) -> None:
        for listener in self._listeners:
            try:
                listener(stream, version)
            except Exception:
                log.exception("a listener failed")

    def publish_here(self, stream: str, version: int) -> None:
        self.publish(stream, version)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def end() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return end

    def close(self) -> None:
        with self._lock:
            self._listeners = ()


class RedisBus:
    """Several processes: own listeners are told directly, other processes through Redis pub/sub.

    Streams share a fixed number of lanes (channels), so that subscriptions do not grow with halls or viewers.
    """

    def __init__(self, url: str, *, lanes: int = 16, prefix: str = "kaibiao") -> None:
        self._redis = redis.Redis.from_url(url, socket_connect_timeout=2, socket_keepalive=True)
        self._lanes = [f"{prefix}:{n}" for n in range(lanes)]
        self._name = secrets.token_hex(8)
        self._local = MemoryBus()
        self._out: queue.Queue[tuple[str, int] | None] = queue.Queue(WAITING)
        self._stop = threading.Event()
        self.listening = threading.Event()
        """Set while subscribed at Redis."""
        self._threads = [
            threading.Thread(target=self._send, name="bus-send", daemon=True),
            threading.Thread(target=self._listen, name="bus-listen", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def publish(self, stream: str, version: int) -> None:
        self._local.publish(stream, version)
        try:
            self._out.put_nowait((stream, version))
        except queue.Full:
            log.warning("a wake-up was dropped: Redis is slow or away")

    def publish_here(self, stream: str, version: int) -> None:
        self._local.publish(stream, version)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        return self._local.subscribe(listener)

    def close(self) -> None:
        self._stop.set()
        try:
            self._out.put_nowait(None)
        except queue.Full:
            log.debug("the sender ends by itself")
        for thread in self._threads:
            thread.join(5)
        self._local.close()
        self._redis.close()

    def _lane(self, stream: str) -> str:
        return self._lanes[zlib.crc32(stream.encode()) % len(self._lanes)]

    def _send(self) -> None:
        while not self._stop.is_set():
            waiting = self._take()
            try:
                pipe = self._redis.pipeline(transaction=False)
                for stream, version in waiting.items():
                    pipe.publish(self._lane(stream), f"{self._name} {version} {stream}")
                pipe.execute()
            except (redis.RedisError, OSError) as error:
                # Not kept: the poll of the other processes finds the events themselves.
                log.warning("Redis does not take wake-ups: %s", type(error).__name__)
                self._stop.wait(RECONNECT_SECONDS)

    def _take(self) -> dict[str, int]:
        """Everything that waits, the newest version of each stream; blocks for the first."""
        waiting: dict[str, int] = {}
        one = self._out.get()
        while one is not None:
            waiting[one[0]] = max(one[1], waiting.get(one[0], 0))
            try:
                one = self._out.get_nowait()
            except queue.Empty:
                break
        return waiting

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                with self._redis.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
                    channel.subscribe(*self._lanes)
                    self.listening.set()
                    while not self._stop.is_set():
                        message = channel.get_message(timeout=0.5)
                        if message is not None:
                            self._hear(message["data"])
            except (redis.RedisError, OSError) as error:
                log.warning("Redis does not deliver wake-ups: %s", type(error).__name__)
            self.listening.clear()
            self._stop.wait(RECONNECT_SECONDS)

    def _hear(self, data: bytes) -> None:
        try:
            sender, version, stream = data.decode().split(" ", 2)
            number = int(version)
        except ValueError:
            # Whoever can write to our Redis can at most make us look at the log once more.
            return
        if sender != self._name:
            self._local.publish(stream, number)


class Poller:
    """The slow way to find out: looks whether the log has grown, whoever wrote to it."""

    def __init__(self, log_: Log, bus: Bus, *, every: float = 1.0) -> None:
        """``every``: seconds between two looks; the longest delay when all wake-ups are lost."""
        self._log = log_
        self._wake = bus.publish_here
        self._every = every
        self._seen: int | None = None

    def run(self, stop: threading.Event) -> None:
        """Look until ``stop`` is set."""
        while not stop.is_set():
            try:
                self.look()
            except Unavailable:
                log.warning("the log cannot be read; the next look is due in %s s", self._every)
            stop.wait(self._every)

    def look(self) -> None:
        """One look: wake for every stream that has grown since the last one."""
        seen = self._log.size() if self._seen is None else self._seen
        size, grown = self._log.changed(seen)
        for stream, version in grown.items():
            self._wake(stream, version)
        self._seen = size
