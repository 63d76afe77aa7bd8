"""What happened to a tender: the bodies of stream `tender:<t>`; log time stands beside the body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bidding.tenders import codec
from bidding.tenders.rulebook import Rule
from bidding.tenders.terms import Document, Header, LotTerms, OpeningKey, Party
from crypto.canonical import iso

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """Common root. `at` and `by` are set when an event is read from the log."""

    at: datetime = field(default=EPOCH, kw_only=True, compare=False)
    by: str = field(default="", kw_only=True, compare=False)


@dataclass(frozen=True, slots=True)
class TenderDrafted(Event):
    tender: str
    header: Header
    agency: Party


@dataclass(frozen=True, slots=True)
class HeaderChanged(Event):
    header: Header


@dataclass(frozen=True, slots=True)
class LotAdded(Event):
    lot: str
    number: int
    terms: LotTerms


@dataclass(frozen=True, slots=True)
class LotChanged(Event):
    lot: str
    terms: LotTerms


@dataclass(frozen=True, slots=True)
class LotRemoved(Event):
    lot: str


@dataclass(frozen=True, slots=True)
class DocumentStored(Event):
    """Before publication part of the draft, afterwards staged for the next change notice."""

    document: Document
    object_key: str


@dataclass(frozen=True, slots=True)
class DocumentRemoved(Event):
    name: str
    lot: str = ""


@dataclass(frozen=True, slots=True)
class OpeningKeyRegistered(Event):
    lot: str
    seat: str
    key: OpeningKey


@dataclass(frozen=True, slots=True)
class SeatHandedOver(Event):
    """The opening key was re-wrapped to a successor; both signed, the keyset stays as published."""

    lot: str
    seat: str
    to: Party
    person: str
    name: str
    certificate_sha256: str
    statement: bytes
    signature_from: bytes
    signature_to: bytes


@dataclass(frozen=True, slots=True)
class ReviewSigned(Event):
    """公平竞争审查 with its conclusion, signed."""

    statement: bytes
    signature: bytes
    signer: str


@dataclass(frozen=True, slots=True)
class CheckRequested(Event):
    """发布前核验 asked for; its clock starts."""

    due_at: datetime


@dataclass(frozen=True, slots=True)
class DefectsNoticed(Event):
    """一次性告知: all defects at once; what is not named here may not be asked for later."""

    defects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DefectsRemain(Event):
    """Numbers (from 1) of noticed defects that are not mended yet."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CheckPassed(Event):
    pass


@dataclass(frozen=True, slots=True)
class Published(Event):
    """The signed notice with every keyset. `rules` pins what applies, with its citations."""

    notice: bytes
    signature: bytes
    signer: str
    rules: Mapping[str, Rule]
    keysets: Mapping[str, bytes]
    docs_hashes: Mapping[str, str]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeNoticed(Event):
    """澄清、修改、答疑 or extension: signed, to all, with each lot's deadline and documents' hash."""

    number: int
    notice: bytes
    signature: bytes
    signer: str
    lots: tuple[str, ...]
    opens_at: Mapping[str, datetime]
    docs_hashes: Mapping[str, str]
    documents: tuple[Document, ...] = ()
    answers: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()
    affects: bool = False
    reseal: bool = False


@dataclass(frozen=True, slots=True)
class QuestionAsked(Event):
    """Asked without a name."""

    question: str
    lot: str
    text: str


@dataclass(frozen=True, slots=True)
class ObjectionRaised(Event):
    """异议 to the documents; who raised it is sealed to the opening keys, if stated at all."""

    objection: str
    lot: str
    text: str
    answer_due_at: datetime
    sealed: Mapping[str, str] = field(default_factory=dict)
    late: bool = False


@dataclass(frozen=True, slots=True)
class LotClosed(Event):
    lot: str


@dataclass(frozen=True, slots=True)
class LotOpened(Event):
    lot: str
    record_sha256: str = ""


@dataclass(frozen=True, slots=True)
class LotFailed(Event):
    """流标, with the code of the hall or of the committee."""

    lot: str
    code: str


@dataclass(frozen=True, slots=True)
class LotTerminated(Event):
    """终止招标."""

    lot: str
    code: str
    reason: str
    notice: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class LotAwarded(Event):
    lot: str
    winner: Party
    price: str
    notice: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class KeysDestroyed(Event):
    """An officer's statement that its opening key was destroyed after the objection period."""

    lot: str
    seat: str
    statement: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Erased(Event):
    """A body that was erased for the protection of personal data; the log still proves that it existed."""

    type: str


EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        TenderDrafted,
        HeaderChanged,
        LotAdded,
        LotChanged,
        LotRemoved,
        DocumentStored,
        DocumentRemoved,
        OpeningKeyRegistered,
        SeatHandedOver,
        ReviewSigned,
        CheckRequested,
        DefectsNoticed,
        DefectsRemain,
        CheckPassed,
        Published,
        ChangeNoticed,
        QuestionAsked,
        ObjectionRaised,
        LotClosed,
        LotOpened,
        LotFailed,
        LotTerminated,
        LotAwarded,
        KeysDestroyed,
    )
}


def encode_event(event: Event) -> tuple[str, dict[str, Any]]:
    """Type and canonical body."""
    body = codec.encode(event)
    for name in ("at", "by"):
        body.pop(name, None)
    return type(event).__name__, body


def decode_event(kind: str, body: Mapping[str, Any] | None, version: int, at: datetime, seat: str) -> Event:
    """The event of a stored body; an erased one is a tombstone. Raises `KeyError` for an unknown type."""
    if body is None:
        return Erased(kind, at=at, by=seat)
    return codec.decode(EVENTS[kind], {**body, "at": iso(at), "by": seat})
