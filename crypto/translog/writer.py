"""The one thread that writes: it takes what waits, and commits it as one transaction.

Durable point: an append is acknowledged after the commit of its group returned. A crash before leaves
nothing of the group; a crash after leaves all of it, and a caller that was not told asks again with the same
command id. No reply, wake-up or checkpoint can precede the commit.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from crypto.errors import StaleVersion, Unavailable, Untrusted
from crypto.translog.events import Draft, Plan, Stored, Turn, draft, from_ms
from crypto.translog.leaf import SALT_SIZE
from crypto.translog.merkle import leaf_hash
from crypto.translog.rows import (
    Head,
    Tip,
    insert_events,
    load_tip,
    of_commands,
    read_head,
    save_tip,
    versions_of,
)

log = logging.getLogger(__name__)

#: Appends that may share one transaction; more only lengthens the wait of the first.
GROUP = 512
#: Appends that may wait; beyond, callers are told to come back (fail closed, bounded memory).
WAITING = 20_000
#: Streams whose version is remembered between groups.
REMEMBERED = 50_000

Within = Callable[[sa.Connection], Any]


@dataclass(slots=True)
class Request:
    """One append (or, with ``stream`` empty, one relational write) waiting for its group.

    ``at``: when it arrived, ms since 1970; its log time is that, or the last log time if later.
    """

    stream: str
    at: int = 0
    expected: int | None = None
    drafts: Sequence[Draft] = ()
    plan: Plan | None = None
    command_id: str | None = None
    within: Within | None = None
    future: Future[Any] = field(default_factory=Future)


class Writer:
    """Owns the head of the log in this process."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        wake: Callable[[str, int], None],
        written: Callable[[Head], None],
    ) -> None:
        """``wake(stream, version)`` and ``written(head)`` are called by the thread after a commit."""
        self._engine = engine
        self._wake = wake
        self._written = written
        self._queue: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._broken: Untrusted | None = None
        self._tip: Tip | None = None
        self._known: Head | None = None
        self._versions: dict[str, int] = {}
        self._groups = 0

    def start(self, known: Head) -> None:
        """Start the thread; ``known`` is the head that the start checks have seen and trust."""
        with self._lock:
            if self._thread is None and not self._closed:
                self._known = known
                self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Write what waits, then end."""
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None and thread.is_alive():
            self._queue.put(None)
            thread.join()
        # Whoever came between the last look and the end was not written, and is told so.
        while not self._queue.empty():
            if (late := self._queue.get()) is not None and late.future.set_running_or_notify_cancel():
                late.future.set_exception(Unavailable("log-unavailable", "the log is closing"))

    def submit(self, request: Request) -> None:
        """Let ``request`` wait for the next group."""
        if self._broken is not None:
            raise self._broken
        if self._closed:
            raise Unavailable("log-unavailable", "the log is closing")
        if self._queue.qsize() >= WAITING:
            raise Unavailable("log-unavailable", "too many appends are waiting", 1)
        self._queue.put(request)

    def _run(self) -> None:
        ending = False
        while not ending:
            requests, ending = self._take()
            if requests:
                self._serve(requests)

    def _take(self) -> tuple[list[Request], bool]:
        first = self._queue.get()
        taken = [first]
        while first is not None and len(taken) < GROUP:
            try:
                taken.append(self._queue.get_nowait())
            except queue.Empty:
                break
        # A caller that gave up before its turn is as if it had never asked.
        waiting = [r for r in taken if r is not None and r.future.set_running_or_notify_cancel()]
        return waiting, None in taken

    def _serve(self, requests: list[Request]) -> None:
        """Commit a group; if it cannot be, the requests that are not to blame still go through."""
        group: Group | None = None
        try:
            if self._broken is not None:
                raise self._broken
            self._groups += 1
            with self._engine.connect() as connection:
                group = self._begin(connection, requests)
                group.decide(requests)
                if group.dirty:
                    group.save()
                    group.committing = True
                    _commit(connection)
        except Untrusted as error:
            log.critical("the log disagrees with itself, writing stops: %s", error)
            self._broken = error
            _fail(requests, error)
        except Exception as error:
            # Whether a failed commit happened all the same is for the database to say: look again next time.
            self._tip = None
            self._failed(requests, error, maybe_committed=group is not None and group.committing)
        else:
            self._adopt(group)
            group.acknowledge(self._wake)

    def _begin(self, connection: sa.Connection, requests: list[Request]) -> Group:
        head = read_head(connection, lock=True)
        if self._tip is None or self._tip.size != head.size:
            self._tip = load_tip(connection, head, self._known)
            self._versions.clear()
        elif self._tip.root() != head.root:
            raise Untrusted("the head of the log does not equal the root of its leaves", size=head.size)
        wanted = {request.stream for request in requests if request.stream} - self._versions.keys()
        if wanted:
            self._versions.update(versions_of(connection, wanted))
        ids = {request.command_id for request in requests if request.command_id}
        done = of_commands(connection, ids) if ids else {}
        return Group(connection, self._tip, head.at, self._groups, self._versions, done)

    def _adopt(self, group: Group) -> None:
        if len(self._versions) > REMEMBERED:
            self._versions.clear()
        self._versions.update(group.versions)
        self._known = Head(group.tip.size, group.tip.root(), group.at)
        if group.rows:
            _quietly(self._written, self._known)

    def _failed(self, requests: list[Request], error: Exception, *, maybe_committed: bool) -> None:
        if isinstance(error, sa.exc.SQLAlchemyError):
            gone = getattr(error, "connection_invalidated", False)
            log.error("the database refused a group of %d: %s", len(requests), type(error).__name__)
            if len(requests) > 1 and not maybe_committed and not gone:
                self._one_by_one(requests)
                return
            error = Unavailable("log-unavailable", type(error).__name__)
        else:
            log.error("a group of %d failed", len(requests), exc_info=error)
        _fail(requests, error)

    def _one_by_one(self, requests: list[Request]) -> None:
        """Find what poisons a group. Two failures in a row: it is the database, not a request."""
        failures = 0
        for i, request in enumerate(requests):
            self._serve([request])
            failed = isinstance(request.future.exception(), Unavailable)
            failures = failures + 1 if failed else 0
            if failures == 2:
                _fail(requests[i + 1 :], Unavailable("log-unavailable", "the database refuses to write"))
                return


class Group:
    """One transaction in the making. Nothing it does is seen outside before its commit."""

    def __init__(
        self,
        connection: sa.Connection,
        tip: Tip,
        at: int,
        number: int,
        base: Mapping[str, int],
        done: dict[tuple[str, str], list[Stored]],
    ) -> None:
        self.tip = tip
        self.at = at
        self.versions: dict[str, int] = {}
        self.rows: list[dict[str, Any]] = []
        self.dirty = False
        self.committing = False
        self._connection = connection
        self._number = number
        self._base = base
        self._done = done
        self._results: list[tuple[Request, Any, Exception | None]] = []

    def decide(self, requests: list[Request]) -> None:
        """Carry out every request; whatever one's own code raises fails it alone."""
        for request in requests:
            try:
                result = self._append(request) if request.stream else self._write(request)
            except (sa.exc.OperationalError, sa.exc.InterfaceError, Untrusted):
                # The transaction itself may be gone: nothing after this would be atomic.
                raise
            except Exception as error:
                self._results.append((request, None, error))
            else:
                self._results.append((request, result, None))

    def save(self) -> None:
        """Everything that was accepted, in as few statements as possible."""
        if self.rows:
            insert_events(self._connection, self.rows)
            save_tip(self._connection, self.tip, self.at)

    def acknowledge(self, wake: Callable[[str, int], None]) -> None:
        """Tell readers, then callers. Nothing here can undo the commit, so nothing here may stop it."""
        for request, _result, error in self._results:
            if error is None and request.plan is not None:
                _quietly(request.plan.committed)
        for stream, version in self.versions.items():
            _quietly(wake, stream, version)
        for request, result, error in self._results:
            if error is None:
                request.future.set_result(result)
            else:
                request.future.set_exception(error)

    def _write(self, request: Request) -> Any:
        assert request.within is not None  # noqa: S101 - a request without a stream is a write
        with self._connection.begin_nested():
            result = request.within(self._connection)
        self.dirty = True
        return result

    def _append(self, request: Request) -> list[Stored]:
        stream, command = request.stream, request.command_id
        if command is not None and (before := self._done.get((stream, command))) is not None:
            return before
        version = self.versions.get(stream) or self._base[stream]
        if request.expected is not None and request.expected != version:
            raise StaleVersion(stream, request.expected, version)
        at = max(request.at, self.at)
        turn = Turn(stream, version, from_ms(at), self._number, self._connection)
        drafts = request.drafts
        if request.plan is not None:
            drafts = [draft(stream, event) for event in request.plan.decide(turn)]
        if not drafts:
            return []
        events = [self._place(turn, command, i, event) for i, event in enumerate(drafts)]
        if request.within is not None:
            with self._connection.begin_nested():
                request.within(self._connection)
                _accepted(request, turn, events)
        else:
            _accepted(request, turn, events)
        self._accept(drafts, events, at)
        return events

    def _place(self, turn: Turn, command: str | None, offset: int, event: Draft) -> Stored:
        version = turn.version + 1 + offset
        salt = os.urandom(SALT_SIZE)
        return Stored(
            index=self.tip.size + offset,
            stream=turn.stream,
            version=version,
            type=event.type,
            seat=event.seat,
            body=event.parsed_body(),
            salt=salt,
            at=turn.at,
            command_id=command,
            commitment=event.commitment(salt, version),
        )

    def _accept(self, drafts: Sequence[Draft], events: list[Stored], at: int) -> None:
        for event, encoded in zip(events, drafts, strict=True):
            self.tip.append(leaf_hash(event.leaf()))
            self.rows.append(
                {
                    "leaf_index": event.index,
                    "stream": event.stream,
                    "version": event.version,
                    "type": event.type,
                    "seat": event.seat,
                    "at": at,
                    "commitment": event.commitment,
                    "salt": event.salt,
                    "body": encoded.body,
                    "command_id": event.command_id,
                }
            )
        last = events[-1]
        self.versions[last.stream] = last.version
        self.at = at
        self.dirty = True
        if last.command_id is not None:
            self._done[last.stream, last.command_id] = events


def _commit(connection: sa.Connection) -> None:
    try:
        connection.commit()
    except BaseException:
        # Nobody knows what state it is in, so nobody uses it again.
        connection.invalidate()
        raise


def _accepted(request: Request, turn: Turn, events: Sequence[Stored]) -> None:
    if request.plan is not None:
        request.plan.accepted(turn, events)


def _fail(requests: Sequence[Request], error: Exception) -> None:
    for request in requests:
        request.future.set_exception(error)


def _quietly(act: Callable[..., None], *args: object) -> None:
    try:
        act(*args)
    except Exception:
        log.exception("after a commit")
