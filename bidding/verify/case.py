"""What the steps of a verification hand on to each other: each fills in what it has proven."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from bidding.archive import names
from bidding.verify.container import Opened
from bidding.verify.report import Failed, Wrong
from crypto.canonical import parse_canonical
from crypto.errors import Invalid
from crypto.keyset import Keyset
from crypto.manifest import Manifest
from crypto.translog.checkpoint import Checkpoint, Verifier
from crypto.translog.leaf import Leaf
from opening_hall.events import Event
from opening_hall.rules import Setup
from opening_hall.state import State

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One disclosed event; `body` None where it was erased or is withheld from this right."""

    index: int
    stream: str
    version: int
    at: datetime
    type: str = ""
    seat: str = ""
    body: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Case:
    """One archive under examination."""

    opened: Opened
    log_key: str | None
    """The log's vkey given from outside."""
    anchors: tuple[bytes, ...] | None
    """Trust anchors given from outside, DER."""
    witness_keys: tuple[str, ...] | None = None
    """The witnesses' vkeys given from outside."""
    trusted: list[str] = field(default_factory=list)
    key: Verifier | None = None
    checkpoint: Checkpoint | None = None
    cosigned: list[tuple[int, frozenset[str]]] = field(default_factory=list)
    """Checkpoints in the archive: size and the known witnesses that cosigned."""
    leaves: dict[int, Leaf] = field(default_factory=dict)
    events: dict[str, list[LogEvent]] = field(default_factory=dict)
    hall: list[tuple[LogEvent, Event]] = field(default_factory=list)
    state: State | None = None
    """The hall after its last event."""
    keyset: Keyset | None = None
    documents: set[str] = field(default_factory=set)
    """Hashes of the revisions that bids may be sealed against."""
    manifests: dict[str, Manifest] = field(default_factory=dict)
    identity_keys: dict[str, bytes] = field(default_factory=dict)
    """K_identity by bid, from officers' shares."""
    batches: dict[str, tuple[bytes, bytes | None]] = field(default_factory=dict)
    """Root and time-stamp token of the batch that holds a submission, by submission hash."""
    stamped: dict[str, datetime] = field(default_factory=dict)
    """genTime of the first time stamp that covers a submission, by submission hash."""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def setup(self) -> Setup:
        """What was fixed before the hall opened."""
        if self.state is None or self.state.setup is None:
            raise Failed(Wrong(names.HALL_EVENTS, "hall-not-scheduled"))
        return self.state.setup

    def of(self, kind: type[E]) -> Iterator[E]:
        """The hall's events of one type, in order."""
        return (event for _, event in self.hall if isinstance(event, kind))

    def json(self, name: str) -> Any:
        """The canonical JSON of a small entry; `Failed` where it is not."""
        return parse_entry(name, self.opened.read(name))

    def lines(self, name: str) -> Iterator[tuple[int, Any]]:
        """The canonical JSON values of a .jsonl entry with their line numbers from 1."""
        data = self.opened.read(name)
        if data and not data.endswith(b"\n"):
            raise Failed(Wrong(name, "not-canonical", "the last line is cut"))
        for number, line in enumerate(data.split(b"\n")[:-1], 1):
            yield number, parse_entry(f"{name}", line, number)


def parse_entry(name: str, data: bytes, line: int | None = None) -> Any:
    """Canonical JSON in an entry (or one line of it)."""
    try:
        return parse_canonical(data, limit=len(data))
    except Invalid as error:
        where = f"line {line}: " if line is not None else ""
        raise Failed(Wrong(name, error.code, where + error.detail)) from error
