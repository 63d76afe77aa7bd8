"""What may be asked of a tender. Signatures are verified and files stored before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bidding.tenders.calendar import Calendar
from bidding.tenders.rulebook import RuleBook
from bidding.tenders.terms import Document, Header, LotTerms, OpeningKey, Party


@dataclass(frozen=True, slots=True)
class Command:
    """Common root."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Bytes and a verified detached CMS over them. `signer` is the certificate's credit code."""

    body: bytes
    signature: bytes
    signer: str


@dataclass(frozen=True, slots=True)
class DraftTender(Command):
    tender: str
    header: Header
    agency: Party
    roles: frozenset[str]
    book: RuleBook


@dataclass(frozen=True, slots=True)
class ChangeHeader(Command):
    header: Header


@dataclass(frozen=True, slots=True)
class AddLot(Command):
    lot: str
    terms: LotTerms


@dataclass(frozen=True, slots=True)
class ChangeLot(Command):
    lot: str
    terms: LotTerms


@dataclass(frozen=True, slots=True)
class RemoveLot(Command):
    lot: str


@dataclass(frozen=True, slots=True)
class StoreDocument(Command):
    document: Document
    object_key: str


@dataclass(frozen=True, slots=True)
class RemoveDocument(Command):
    name: str
    lot: str = ""


@dataclass(frozen=True, slots=True)
class RegisterOpeningKey(Command):
    lot: str
    seat: str
    key: OpeningKey


@dataclass(frozen=True, slots=True)
class HandOverSeat(Command):
    lot: str
    seat: str
    statement: Signed
    signature_to: bytes
    to: Party
    person: str
    name: str
    certificate_sha256: str


@dataclass(frozen=True, slots=True)
class SignReview(Command):
    statement: Signed


@dataclass(frozen=True, slots=True)
class RequestCheck(Command):
    book: RuleBook
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class NoticeDefects(Command):
    defects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameOpenDefects(Command):
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PassCheck(Command):
    pass


@dataclass(frozen=True, slots=True)
class Publish(Command):
    notice: Signed
    book: RuleBook
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a question or objection; `text` is how the question is shown to all."""

    to: str
    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a change notice says. Empty `lots` means every lot that still receives bids."""

    title: str
    text: str
    lots: tuple[str, ...] = ()
    affects: bool = False
    """可能影响投标文件编制: then the deadline moves if too little time is left."""
    reseal: bool = False
    """Bids sealed to earlier revisions are no longer accepted."""
    answers: tuple[Answer, ...] = ()
    objections: tuple[Answer, ...] = ()
    opens_at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoticeChange(Command):
    change: Change
    notice: Signed
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class AskQuestion(Command):
    question: str
    lot: str
    text: str


@dataclass(frozen=True, slots=True)
class RaiseObjection(Command):
    objection: str
    lot: str
    text: str
    sealed: Mapping[str, str]
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class CloseLot(Command):
    lot: str


@dataclass(frozen=True, slots=True)
class ReportOpened(Command):
    lot: str
    record_sha256: str


@dataclass(frozen=True, slots=True)
class FailLot(Command):
    lot: str
    code: str


@dataclass(frozen=True, slots=True)
class TerminateLot(Command):
    lot: str
    code: str
    reason: str
    notice: Signed


@dataclass(frozen=True, slots=True)
class AwardLot(Command):
    lot: str
    winner: Party
    price: str
    notice: Signed


@dataclass(frozen=True, slots=True)
class DestroyKey(Command):
    lot: str
    seat: str
    statement: Signed
