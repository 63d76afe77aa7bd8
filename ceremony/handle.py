"""One command, end to end: state, decide, append, commit, and only then the answer.

``decide`` runs in the log's writer thread, under the head lock, on the state after everything before it.
So commands never race: no decision is made on a stale state, in this process or beside another one, and the
``now`` a rule compares with its deadline is the very instant that the log records.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic

import sqlalchemy as sa

from ceremony.domain import C, Domain, E, Outcome, S, Step
from ceremony.replay import replay
from crypto.errors import StaleVersion, Unavailable
from crypto.translog.rows import events_after
from crypto.translog.store import Log, NewEvent, Stored, Turn

__all__ = ["Ceremony", "Domain", "Outcome", "Step"]

log = logging.getLogger(__name__)

#: How often a command is decided anew when something was appended past this ceremony.
RETRIES = 3
#: Streams kept folded in memory; the least recently used without followers goes first.
KEPT = 2_000
#: A caller that waits longer than this for a commit is told so, in seconds.
PATIENCE = 60.0
_NEVER = datetime.fromtimestamp(0, UTC)

Within = Callable[[sa.Connection], Any]


@dataclass(slots=True)
class _Folded(Generic[S, E]):
    """The state of one stream as committed; the listeners get every later step once and in order."""

    version: int
    at: datetime
    state: S
    lock: threading.Lock
    listeners: list[Callable[[Sequence[Step[S, E]]], None]]
    loaded: bool = False
    loading: bool = False


class Ceremony(Generic[S, C, E]):
    """The streams of one domain. Safe from any thread."""

    def __init__(self, log: Log, domain: Domain[S, C, E]) -> None:
        self.log = log
        self.domain = domain
        self._lock = threading.Lock()
        self._streams: OrderedDict[str, _Folded[S, E]] = OrderedDict()
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="ceremony")
        # Only the writer's thread touches this: states inside the transaction it is making.
        self._group = 0
        self._ahead: dict[str, tuple[int, S]] = {}

    def close(self) -> None:
        """End the threads that read ahead; commands are not accepted by a closed log anyway."""
        self._pool.shutdown(cancel_futures=True)

    # --- commands

    def handle(
        self,
        stream: str,
        seat: str,
        command: C,
        *,
        command_id: str,
        now: datetime | None = None,
        expected: int | None = None,
        within: Within | None = None,
    ) -> Outcome[S, E]:
        """Carry out a command and return once its events are durable.

        ``command_id`` is the caller's own (per stream and seat): the same one again gets the first answer.
        ``now``: when the command arrived; the log time is that or later. ``within`` runs in the same
        transaction after the rules said yes, and not at all when there is nothing to store.
        Raises what ``decide`` or ``within`` raise, StaleVersion, Unavailable (ask again, same id), Untrusted.
        """
        self._preload(stream)
        for attempt in range(RETRIES + 1):
            plan, future = self._submit(stream, seat, command, command_id, now, expected, within)
            try:
                stored = future.result(PATIENCE)
            except TimeoutError as error:
                raise Unavailable("log-unavailable", "the commit takes too long") from error
            except StaleVersion:
                if expected is not None or attempt == RETRIES:
                    raise
            else:
                return self._outcome(plan, stored)
        raise AssertionError("unreachable")

    async def handle_soon(
        self,
        stream: str,
        seat: str,
        command: C,
        *,
        command_id: str,
        now: datetime | None = None,
        expected: int | None = None,
        within: Within | None = None,
    ) -> Outcome[S, E]:
        """:meth:`handle` for coroutines: waits without holding up the event loop."""
        if not self._is_loaded(stream):
            await asyncio.to_thread(self._preload, stream)
        for attempt in range(RETRIES + 1):
            plan, future = self._submit(stream, seat, command, command_id, now, expected, within)
            try:
                stored = await asyncio.wait_for(asyncio.wrap_future(future), PATIENCE)
            except TimeoutError as error:
                raise Unavailable("log-unavailable", "the commit takes too long") from error
            except StaleVersion:
                if expected is not None or attempt == RETRIES:
                    raise
            else:
                if plan.before is None:
                    return await asyncio.to_thread(self._outcome, plan, stored)
                return self._outcome(plan, stored)
        raise AssertionError("unreachable")

    # --- states

    def state(self, stream: str) -> tuple[int, S]:
        """Version and state as the log has them now."""
        folded = self._load(stream)
        with folded.lock:
            return folded.version, folded.state

    def peek(self, stream: str) -> tuple[int, datetime, S] | None:
        """Version, time and state as last seen here, without asking the log; None if never seen."""
        folded = self._streams.get(stream)
        if folded is None or not folded.loaded:
            return None
        with folded.lock:
            return folded.version, folded.at, folded.state

    def follow(
        self, stream: str, listener: Callable[[Sequence[Step[S, E]]], None]
    ) -> tuple[int, datetime, S]:
        """The state now; ``listener`` then gets every later step, once, in order, from some thread.

        It must return at once: it is called under the stream's lock.
        """
        while True:
            folded = self._load(stream)
            with folded.lock:
                folded.listeners.append(listener)
                # Unless it was evicted just before it had a follower.
                if self._streams.get(stream) is folded:
                    return folded.version, folded.at, folded.state

    def unfollow(self, stream: str, listener: Callable[[Sequence[Step[S, E]]], None]) -> None:
        """End what :meth:`follow` began."""
        folded = self._streams.get(stream)
        if folded is not None:
            with folded.lock:
                folded.listeners.remove(listener)

    def wake(self, stream: str, version: int) -> None:
        """Somebody appended up to ``version``: read on if anybody here follows the stream. Never blocks."""
        folded = self._streams.get(stream)
        if folded is None or not folded.listeners or folded.version >= version or folded.loading:
            return
        folded.loading = True
        try:
            self._pool.submit(self._read_on, stream, folded)
        except RuntimeError:
            # Closing: nobody will be served from here any more.
            folded.loading = False

    def forget(self, stream: str) -> None:
        """Drop the folded state, after an erasure; the next use folds the log again."""
        with self._lock:
            folded = self._streams.get(stream)
            if folded is None:
                return
            if not folded.listeners:
                del self._streams[stream]
                return
        fresh = list(replay(self.log.read(stream), self.domain))
        with folded.lock:
            if fresh and fresh[-1].version == folded.version:
                folded.state = fresh[-1].state

    # --- inside

    def _submit(
        self,
        stream: str,
        seat: str,
        command: C,
        command_id: str,
        now: datetime | None,
        expected: int | None,
        within: Within | None,
    ) -> tuple[_Plan[S, C, E], Future[list[Stored]]]:
        plan = _Plan(self, stream, seat, command)
        # One seat must not be able to answer, or to occupy, another's command.
        key = f"{seat}/{command_id}"
        future = self.log.submit_plan(stream, plan, at=now, expected=expected, command_id=key, within=within)
        return plan, future

    def _outcome(self, plan: _Plan[S, C, E], stored: list[Stored]) -> Outcome[S, E]:
        if plan.before is not None:
            version, at, state = plan.before
            if not plan.steps:
                return Outcome(version, at, (), state)
            last = plan.steps[-1]
            return Outcome(last.version, last.at, tuple(step.event for step in plan.steps), last.state)
        decode = self.domain.decode
        events = tuple(decode(s.type, s.body, s.version, s.at, s.seat) for s in stored)
        return Outcome(stored[-1].version, stored[-1].at, events, self.state(plan.stream)[1], repeated=True)

    def _is_loaded(self, stream: str) -> bool:
        folded = self._streams.get(stream)
        return folded is not None and folded.loaded

    def _preload(self, stream: str) -> None:
        """Fold a stream in the caller's thread, so that the writer need not do it under the lock."""
        if not self._is_loaded(stream):
            self._load(stream)

    def _get(self, stream: str) -> _Folded[S, E]:
        with self._lock:
            folded = self._streams.get(stream)
            if folded is None:
                folded = _Folded(0, _NEVER, self.domain.initial(), threading.Lock(), [])
                self._streams[stream] = folded
                self._evict()
            self._streams.move_to_end(stream)
            return folded

    def _evict(self) -> None:
        if len(self._streams) <= KEPT:
            return
        for stream, folded in self._streams.items():
            if not folded.listeners:
                del self._streams[stream]
                return

    def _load(self, stream: str) -> _Folded[S, E]:
        folded = self._get(stream)
        while True:
            with folded.lock:
                version, state = folded.version, folded.state
            # The log is read and folded without the lock: the writer must never wait for a reader.
            steps = list(replay(self.log.read(stream, version), self.domain, state))
            with folded.lock:
                folded.loaded = True
                if folded.version == version:
                    _advance(folded, steps)
                    return folded
                if not steps or folded.version >= steps[-1].version:
                    return folded

    def _read_on(self, stream: str, folded: _Folded[S, E]) -> None:
        folded.loading = False
        try:
            self._load(stream)
        except Exception:
            # The next wake-up or the slow poll of the log tries again.
            log.exception("reading on failed")

    def _before(self, turn: Turn) -> tuple[datetime, S]:
        """The state that the next command of a stream is decided on. Called by the writer's thread."""
        if turn.group != self._group:
            self._group = turn.group
            self._ahead.clear()
        ahead = self._ahead.get(turn.stream)
        if ahead is not None and ahead[0] == turn.version:
            return turn.at, ahead[1]
        folded = self._get(turn.stream)
        with folded.lock:
            version, at, state = folded.version, folded.at, folded.state
        if version > turn.version:
            version, at, state = 0, _NEVER, self.domain.initial()
        if version < turn.version:
            for step in replay(events_after(turn.connection, turn.stream, version), self.domain, state):
                version, at, state = step.version, step.at, step.state
        if version != turn.version:
            # Somebody appended to the stream past us, earlier in this very transaction.
            raise StaleVersion(turn.stream, turn.version, version)
        return at, state

    def _went_ahead(self, turn: Turn, version: int, state: S) -> None:
        self._ahead[turn.stream] = (version, state)

    def _committed(self, stream: str, steps: Sequence[Step[S, E]]) -> None:
        folded = self._get(stream)
        with folded.lock:
            if folded.version == steps[0].version - 1 or not folded.listeners:
                if folded.version < steps[-1].version:
                    _advance(folded, steps)
                    folded.loaded = True
                return
        # Events of another process lie between: whoever follows must get those first.
        self.wake(stream, steps[-1].version)


class _Plan(Generic[S, C, E]):
    """One command on its way through the log's writer."""

    __slots__ = ("_ceremony", "_command", "_seat", "before", "steps", "stream")

    def __init__(self, ceremony: Ceremony[S, C, E], stream: str, seat: str, command: C) -> None:
        self._ceremony = ceremony
        self._seat = seat
        self._command = command
        self.stream = stream
        self.before: tuple[int, datetime, S] | None = None
        self.steps: list[Step[S, E]] = []

    def decide(self, turn: Turn) -> list[NewEvent]:
        domain = self._ceremony.domain
        at, state = self._ceremony._before(turn)
        self.before = (turn.version, at, state)
        self.steps = []
        events = domain.decide(state, self._seat, self._command, turn.at)
        return [NewEvent(type_, self._seat, body) for type_, body in map(domain.encode, events)]

    def accepted(self, turn: Turn, stored: Sequence[Stored]) -> None:
        assert self.before is not None  # noqa: S101 - decide came first
        # Through encode and decode, as a replay will read them: live and replay cannot differ.
        self.steps = list(replay(stored, self._ceremony.domain, self.before[2]))
        self._ceremony._went_ahead(turn, self.steps[-1].version, self.steps[-1].state)

    def committed(self) -> None:
        if self.steps:
            self._ceremony._committed(self.stream, self.steps)


def _advance(folded: _Folded[S, E], steps: Sequence[Step[S, E]]) -> None:
    if not steps:
        return
    last = steps[-1]
    folded.version, folded.at, folded.state = last.version, last.at, last.state
    for listener in folded.listeners:
        listener(steps)
