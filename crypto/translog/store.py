"""The log: append-only, transparent, and the event store of everything the platform must prove.

RFC 6962 hashing, served as C2SP tiles with signed checkpoints. One thread writes (see writer.py); reading
goes to the database from any thread. Whatever disagrees with what was signed before raises Untrusted and ends
writing: a restored backup, a second writer or an edited row must never continue the log in silence.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.errors import Invalid, Unavailable, Untrusted
from crypto.translog import rows, schema
from crypto.translog.anchor import Anchor
from crypto.translog.audit import audit, audit_end
from crypto.translog.checkpoint import (
    Checkpoint,
    Note,
    Verifier,
    parse_note,
    parse_signature,
    parse_verifier,
    sign_checkpoint,
    verifier_of,
)
from crypto.translog.engine import reading, writing
from crypto.translog.events import MAX_COMMAND_ID, NewEvent, Plan, Stored, Turn, check_label, draft, to_ms
from crypto.translog.merkle import consistency_proof, inclusion_proof
from crypto.translog.schema import metadata
from crypto.translog.tiles import WIDTH
from crypto.translog.witness import add_signatures, verify_cosignature
from crypto.translog.writer import Request, Within, Writer

log = logging.getLogger(__name__)

__all__ = ["Log", "NewEvent", "Plan", "Stored", "Turn", "metadata"]

T = TypeVar("T")
#: A caller that waits longer than this for its commit is told that the log is unavailable, in seconds.
PATIENCE = 60.0


class Log:
    """One log of one origin. Every method blocks: call it from any thread, never from an event loop."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        origin: str,
        signing_key: Ed25519PrivateKey,
        clock: Callable[[], datetime],
        wake: Callable[[str, int], None] = lambda stream, version: None,
        anchor: Path | None = None,
        witnesses: Sequence[str] = (),
        checkpoints: Sequence[str] = (),
        earlier_keys: Sequence[Verifier] = (),
    ) -> None:
        """``clock`` gives aware UTC time shared by all processes; ``wake`` is told of every commit.

        ``anchor``: a file outside the data directory that remembers the last checkpoint over restarts and
        restores. ``witnesses``: their vkeys. ``checkpoints``: notes kept by witnesses; the log must extend
        each. ``earlier_keys``: retired keys of this log whose checkpoints still count.
        """
        self.origin = origin
        self.verifier = verifier_of(origin, signing_key)
        self.witnesses = tuple(parse_verifier(vkey) for vkey in witnesses)
        self._engine = engine
        self._key = signing_key
        self._clock = clock
        self._checkpoints = tuple(checkpoints)
        self._anchor = Anchor(anchor, (self.verifier, *earlier_keys))
        self._writer = Writer(engine, wake=wake, written=self._written)
        self._opening = threading.Lock()
        self._opened = False
        self._signed: tuple[rows.Head, str] | None = None

    # --- lifetime

    def open(self) -> None:
        """Check that the log is whole and extends all it signed before, then accept appends.

        Raises Untrusted (do not write, look) or Unavailable.
        """
        with self._opening:
            if self._opened:
                return
            with _refusals(), writing(self._engine) as connection:
                rows.ensure_head(connection)
            with self._reading() as connection:
                head = self._verify_start(connection)
            self._anchor.seen(head)
            self._writer.start(head)
            self._opened = True

    def close(self) -> None:
        """Commit what waits and end the writer; the anchor then holds the last checkpoint."""
        self._writer.close()
        if not self._opened:
            return
        try:
            with self._reading() as connection:
                self._anchor.save(self._sign(rows.read_head(connection)))
        except (Unavailable, Untrusted) as error:
            log.warning("the last checkpoint could not be kept: %s", error)

    # --- writing

    def append(
        self,
        stream: str,
        expected: int | None,
        events: Iterable[NewEvent],
        *,
        command_id: str | None = None,
        within: Within | None = None,
    ) -> list[Stored]:
        """Append to ``stream`` and return once that is durable.

        ``expected``: the version the stream must have (StaleVersion otherwise), None for any.
        ``command_id``: the same id on the same stream is carried out once; later calls get its events.
        ``within(connection)`` runs in the same transaction; if it raises, only this append fails.
        Raises Unavailable when the database is out of reach: the append may or may not have happened, ask
        again with the same command id. Raises Untrusted when the log must not be written.
        """
        return _wait(self.submit(stream, expected, events, command_id=command_id, within=within))

    def submit(
        self,
        stream: str,
        expected: int | None,
        events: Iterable[NewEvent],
        *,
        command_id: str | None = None,
        within: Within | None = None,
    ) -> Future[list[Stored]]:
        """:meth:`append` without waiting."""
        drafts = [draft(stream, event) for event in events]
        return self._submit(stream, Request(stream, 0, expected, drafts, None, command_id, within))

    def submit_plan(
        self,
        stream: str,
        plan: Plan,
        *,
        at: datetime | None = None,
        expected: int | None = None,
        command_id: str | None = None,
        within: Within | None = None,
    ) -> Future[list[Stored]]:
        """Append what ``plan`` decides under the lock. ``at``: when the command arrived, else now."""
        request = Request(stream, 0, expected, (), plan, command_id, within)
        return self._submit(stream, request, at)

    def transact(self, write: Callable[[sa.Connection], T]) -> T:
        """Run a relational write in the writer's thread, sharing the commit of whatever else waits."""
        self.open()
        request = Request("", within=write)
        self._writer.submit(request)
        future: Future[T] = request.future
        return _wait(future)

    def erase(self, stream: str, versions: Iterable[int]) -> None:
        """Delete body and salt of events (personal data); their leaves stay and still prove the rest."""
        wanted = list(versions)
        c = schema.entry.c

        def clear(connection: sa.Connection) -> None:
            where = (c.stream == stream) & c.version.in_(wanted)
            connection.execute(sa.update(schema.entry).where(where).values(body=None, salt=None))

        self.transact(clear)

    # --- reading

    def read(self, stream: str, since: int = 0, limit: int | None = None) -> list[Stored]:
        """The events after version ``since``, in order, each checked against its commitment."""
        with self._reading() as connection:
            return rows.events_after(connection, stream, since, limit)

    def version(self, stream: str) -> int:
        """How many events the stream has."""
        with self._reading() as connection:
            return rows.versions_of(connection, [stream])[stream]

    def streams(self, prefix: str = "") -> list[str]:
        """The names of all streams that start with ``prefix``."""
        with self._reading() as connection:
            return rows.stream_names(connection, prefix)

    def changed(self, index: int) -> tuple[int, dict[str, int]]:
        """The size of the log, and the newest version of every stream with a leaf at ``index`` or later."""
        with self._reading() as connection:
            return rows.read_head(connection).size, rows.versions_from(connection, index)

    def size(self) -> int:
        with self._reading() as connection:
            return rows.read_head(connection).size

    def root(self, size: int | None = None) -> bytes:
        """The root over the first ``size`` leaves (all by default); Invalid ``bad-log-range``."""
        with self._reading() as connection:
            head = rows.read_head(connection)
            return head.root if size is None else rows.root_at(connection, head, size)

    def tile(self, level: int, number: int, width: int = WIDTH) -> bytes:
        """The first ``width`` hashes of a tile; Invalid ``bad-log-range`` if the log is not that far."""
        with self._reading() as connection:
            size = rows.read_head(connection).size
            return rows.cut_tile(rows.read_tile(connection, level, number), level, number, width, size)

    def entries(self, first: int, stop: int) -> list[bytes]:
        """The leaves ``first`` to ``stop - 1``; Invalid ``bad-log-range``."""
        with self._reading() as connection:
            if not 0 <= first <= stop <= rows.read_head(connection).size:
                raise Invalid("bad-log-range", f"leaves {first} to {stop} are not all there")
            return rows.leaves(connection, first, stop)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The audit path of a leaf in the tree of ``size`` leaves; Invalid ``bad-log-range``."""
        with self._reading() as connection:
            self._within_head(connection, size)
            return inclusion_proof(index, size, rows.stored_nodes(connection))

    def consistency(self, first: int, second: int) -> list[bytes]:
        """That the first ``second`` leaves extend the first ``first``; Invalid ``bad-log-range``."""
        with self._reading() as connection:
            self._within_head(connection, second)
            return consistency_proof(first, second, rows.stored_nodes(connection))

    # --- checkpoints

    def checkpoint(self) -> str:
        """A signed note over the log as committed now, with the cosignatures it has so far."""
        with self._reading() as connection:
            head = rows.read_head(connection)
            found = rows.cosignatures(connection, head.size)
        return _with_cosignatures(self._sign(head), found)

    def cosigned(self) -> str | None:
        """The newest checkpoint that any witness has cosigned, with its cosignatures; None before that."""
        with self._reading() as connection:
            size = rows.newest_cosigned(connection)
            if size is None:
                return None
            found = rows.cosignatures(connection, size)
        return _with_cosignatures(found[0][0], found)

    def add_cosignatures(self, encoded: str) -> list[str]:
        """Keep the cosignatures under a checkpoint of this log; the names of the witnesses that signed.

        Raises Invalid: not our checkpoint, not on our tree, no known witness, or a forged signature.
        """
        note = parse_note(encoded)
        checkpoint = self._anchor.verify(encoded)
        if checkpoint.origin != self.origin:
            raise Invalid("note-unsigned", "a checkpoint of another log")
        ids = {(witness.name, witness.key_id) for witness in self.witnesses}
        lines = [s for s in note.signatures if (s.name, s.key_id) in ids]
        good = [verify_cosignature(note.text, line, self.witnesses) for line in lines]
        if not good:
            raise Invalid("unknown-witness", "no cosignature by a witness of this log")
        with self._reading() as connection:
            if rows.root_at(connection, rows.read_head(connection), checkpoint.size) != checkpoint.root:
                raise Invalid("not-an-extension", "this checkpoint is not on our tree")
        own = Note(note.text, tuple(s for s in note.signatures if s.name == self.origin)).encode()
        given = [(one.witness, one.signature.line().rstrip("\n")) for one in good]
        self.transact(lambda connection: rows.save_cosignatures(connection, checkpoint.size, own, given))
        self._anchor.save(encoded)
        return [one.witness for one in good]

    def audit(self) -> int:
        """Recompute every hash from every row and return the size; Untrusted at the first that disagrees."""
        with self._reading() as connection:
            return audit(connection)

    # --- inside

    def _submit(self, stream: str, request: Request, at: datetime | None = None) -> Future[list[Stored]]:
        self.open()
        check_label(stream)
        if request.command_id is not None:
            check_label(request.command_id, MAX_COMMAND_ID)
        request.at = to_ms(at or self._clock())
        self._writer.submit(request)
        return request.future

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with _refusals(), reading(self._engine) as connection:
            yield connection

    def _verify_start(self, connection: sa.Connection) -> rows.Head:
        head = rows.read_head(connection)
        rows.load_tip(connection, head, None)
        audit_end(connection, head)
        for checkpoint in (*self._anchor.load(), *map(self._anchor.verify, self._checkpoints)):
            self._verify_extends(connection, head, checkpoint)
        return head

    def _verify_extends(self, connection: sa.Connection, head: rows.Head, before: Checkpoint) -> None:
        sizes = f"(it has {head.size} leaves, signed were {before.size})"
        if before.origin != self.origin:
            raise Untrusted(f"the checkpoint kept aside belongs to {before.origin} {sizes}")
        if before.size > head.size:
            raise Untrusted(f"the log is shorter than what it signed: restored from a backup? {sizes}")
        if rows.root_at(connection, head, before.size) != before.root:
            raise Untrusted(f"the log is not the one whose checkpoint was signed {sizes}")

    def _within_head(self, connection: sa.Connection, size: int) -> None:
        if size > rows.read_head(connection).size:
            raise Invalid("bad-log-range", f"the log does not have {size} leaves yet")

    def _sign(self, head: rows.Head) -> str:
        signed = self._signed
        if signed is None or signed[0] != head:
            note = sign_checkpoint(Checkpoint(self.origin, head.size, head.root), self._key).encode()
            self._signed = signed = (head, note)
        return signed[1]

    def _written(self, head: rows.Head) -> None:
        if self._anchor.due(head):
            self._anchor.save(self._sign(head))


@contextmanager
def _refusals() -> Iterator[None]:
    """A database that cannot be asked is said to be unavailable, whatever its driver calls that."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        raise Unavailable("log-unavailable", type(error).__name__) from error


def _wait(future: Future[T]) -> T:
    try:
        return future.result(PATIENCE)
    except TimeoutError as error:
        raise Unavailable("log-unavailable", "the commit takes too long") from error


def _with_cosignatures(note: str, found: Sequence[tuple[str, str]]) -> str:
    if not found:
        return note
    return add_signatures(parse_note(note), [parse_signature(line) for _, line in found]).encode()
