"""What goes into the log and what comes out: values shared by the writer and the readers. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from crypto.canonical import canon
from crypto.errors import Invalid
from crypto.translog.leaf import commit_head, leaf, preimage_head

MAX_LABEL = 200
MAX_COMMAND_ID = 400
_LABEL = re.compile(r"[\x21-\x7e]{1,400}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to append. ``seat``: who caused it; ``body``: a JSON object in the sense of canonical.py."""

    type: str
    seat: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """An event of the log. ``body`` and ``salt`` are None once its personal data has been erased.

    ``index`` counts all leaves of the log from 0, ``version`` the events of one stream from 1.
    """

    index: int
    stream: str
    version: int
    type: str
    seat: str
    body: dict[str, Any] | None
    salt: bytes | None
    at: datetime
    command_id: str | None
    commitment: bytes

    def leaf(self) -> bytes:
        """The leaf bytes under which this event stands in the tree."""
        return leaf(self.at, self.commitment)


@dataclass(frozen=True, slots=True)
class Draft:
    """An event encoded as far as it can be before its place in the log is known."""

    type: str
    seat: str
    body: bytes
    head: bytes

    def commitment(self, salt: bytes, version: int) -> bytes:
        return commit_head(salt, self.head, version)

    def parsed_body(self) -> dict[str, Any]:
        """What a reader of the log will get, which may be plainer than what the caller gave."""
        body: dict[str, Any] = json.loads(self.body.decode())
        return body


@dataclass(frozen=True, slots=True)
class Turn:
    """A moment under the lock: the stream has ``version`` events, the next gets the log time ``at``.

    ``group`` tells one attempt to commit from the next: what an earlier attempt saw may have been undone.
    """

    stream: str
    version: int
    at: datetime
    group: int
    connection: Any


class Plan(Protocol):
    """Decides under the lock what to append. Called by the writer thread only, in this order."""

    def decide(self, turn: Turn) -> Sequence[NewEvent]:
        """The events to append. Raising fails this append alone."""

    def accepted(self, turn: Turn, stored: Sequence[Stored]) -> None:
        """They stand in the transaction, which may still be undone."""

    def committed(self) -> None:
        """They are durable; nobody has been told yet."""


def draft(stream: str, event: NewEvent) -> Draft:
    """Encode an event; Invalid ``bad-event`` when its labels are not plain ASCII words."""
    for label in (event.type, event.seat):
        check_label(label)
    body = canon(dict(event.body))
    return Draft(event.type, event.seat, body, preimage_head(stream, event.type, event.seat, body))


def check_label(label: str, limit: int = MAX_LABEL) -> None:
    """Streams, types, seats and command ids are visible ASCII: every database stores them alike."""
    if len(label) > limit or not _LABEL.fullmatch(label):
        raise Invalid("bad-event", f"not a label of at most {limit} visible ASCII characters")


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970, cut off."""
    return (at - _EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    return _EPOCH + ms * _MILLISECOND
