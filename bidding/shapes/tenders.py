"""Tenders, lots, notices and rules, as the interface tells them."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from bidding.shapes.common import Party, RuleValue, closed
from bidding.tenders.forms import FieldKind
from bidding.tenders.listing import Stage
from bidding.tenders.rulebook import ProjectType, Regime
from bidding.tenders.terms import LotState, Mode


@closed
class Listed(TypedDict):
    """One lot in the public list of notices."""

    tender: str
    lot: str
    number: int
    title: str
    tenderTitle: str
    tenderer: str
    regime: str
    type: str
    region: str
    state: LotState
    stage: Stage
    deadline: str
    publishedAt: str
    rehearsal: bool


@closed
class NoticeList(TypedDict):
    notices: list[Listed]
    page: int
    pages: int
    total: int
    regions: list[str]
    now: str


@closed
class RuleLine(TypedDict):
    """A rule that was pinned when the tender was published, with its source."""

    key: str
    value: RuleValue
    unit: str
    law: str
    mark: str
    zh: str
    en: str


@closed
class Abnormality(TypedDict):
    """招标异常报告 of a lot that came to no result; codes of the national data standard."""

    code: int
    name: str
    reason: str
    at: str | None


class _LotLine(TypedDict):
    lot: str
    number: int
    round: int
    title: str
    state: LotState
    opensAt: str
    revision: int
    code: str
    report: Abnormality | None


@closed
class LotLine(_LotLine):
    """A lot in its tender."""


@closed
class DocumentLine(TypedDict):
    """A file of the tender documents; `lot` where it belongs to one only."""

    name: str
    size: int
    sha256: str
    lot: str | None


@closed
class LotDocument(TypedDict):
    name: str
    size: int
    sha256: str
    lot: str | None
    url: str


@closed
class Check(TypedDict):
    """The check before publication (发布前核查)."""

    dueAt: str
    defects: list[str]
    open: list[int]
    passed: bool
    answered: bool


@closed
class TenderFacts(TypedDict):
    """A tender as everybody sees it; from `version` on only its agency and tenderer do."""

    tender: str
    title: str
    code: str
    dealCode: str
    attempt: int
    repeats: str
    regime: Regime
    type: ProjectType
    region: str
    mode: Mode
    state: str
    rehearsal: bool
    tenderer: Party
    agency: Party
    publishedAt: str | None
    citations: dict[str, str]
    rulebook: list[RuleLine]
    lots: list[LotLine]
    version: NotRequired[int]
    staged: NotRequired[list[DocumentLine]]
    documents: NotRequired[list[DocumentLine]]
    review: NotRequired[str | None]
    check: NotRequired[Check | None]
    tenant: NotRequired[str]


@closed
class TenderLine(TypedDict):
    """A tender in its agency's list."""

    tender: str
    title: str
    state: str
    regime: str
    type: str
    rehearsal: bool
    createdAt: str
    publishedAt: str | None
    lots: list[LotLine]
    questions: int
    objections: int
    check: Check | None
    keysMissing: int


@closed
class TenderList(TypedDict):
    tenders: list[TenderLine]
    now: str


@closed
class TenderBegun(TypedDict):
    tender: str
    state: str
    version: int
    code: str


@closed
class CheckLine(TypedDict):
    """A draft that waits for its check."""

    tender: str
    title: str
    regime: str
    type: str
    region: str
    agency: Party
    tenderer: Party
    check: Check | None


@closed
class CheckList(TypedDict):
    checks: list[CheckLine]
    now: str


@closed
class FormField(TypedDict):
    """A column of the opening form (开标一览表)."""

    name: str
    zh: str
    en: str
    kind: FieldKind
    required: bool
    unit: str
    choices: list[str]
    part: str


@closed
class FormAnswer(TypedDict):
    form: list[FormField]


@closed
class Holder(TypedDict):
    """Who holds an officer's seat now, after a handover."""

    name: str
    creditCode: str
    certificate: str


@closed
class Officer(TypedDict):
    """A holder of one of the opening keys (开标人员)."""

    seat: str
    index: int
    name: str
    organisation: str
    creditCode: str
    registered: bool
    holder: NotRequired[Holder]


@closed
class NoticeLine(TypedDict):
    number: int
    kind: Literal["tender", "change"]
    sha256: str


@closed
class LotPackage(TypedDict):
    """All that a bidder needs to check the notice and seal a bid; the same for everybody."""

    tender: str
    lot: str
    number: int
    round: int
    title: str
    tenderTitle: str
    code: str
    dealCode: str
    regime: str
    type: str
    region: str
    rehearsal: bool
    state: LotState
    deadline: str
    keyset: str
    keysetHash: str
    officers: list[Officer]
    k: int
    revision: int
    docsHash: str
    accepted: list[str]
    notice: str
    noticeCms: str
    notices: list[NoticeLine]
    form: list[FormField]
    formSha256: str
    parts: list[str]
    documents: list[LotDocument]
    rules: dict[str, Any]
    ceiling: str
    deposit: str
    evaluation: str
    citations: dict[str, str]
    rulebook: list[RuleLine]
    tenderer: Party
    agency: Party
    now: str
    objectionsInTimeUntil: str


@closed
class SignedNotice(TypedDict):
    """A notice as it was signed; what counts is its bytes."""

    number: int
    kind: Literal["tender", "change"]
    notice: str
    cms: str
    signer: str
    sha256: str
    at: str


@closed
class SignedNoticeList(TypedDict):
    notices: list[SignedNotice]


@closed
class Answered(TypedDict):
    """A question or objection that a notice answered."""

    id: str
    kind: Literal["question", "objection"]
    lot: str
    notice: int


@closed
class AnsweredList(TypedDict):
    questions: list[Answered]


@closed
class Asked(TypedDict):
    question: str


@closed
class Raised(TypedDict):
    objection: str
    answerDueAt: str
    late: bool
    inTimeUntil: str


@closed
class Question(TypedDict):
    """A question or objection as its agency sees it; who asked is nowhere known."""

    id: str
    kind: Literal["question", "objection"]
    lot: str
    text: str
    askedAt: str
    notice: int | None
    answerDueAt: NotRequired[str]
    late: NotRequired[bool]


@closed
class QuestionList(TypedDict):
    questions: list[Question]


@closed
class OfficerTerms(TypedDict):
    seat: str
    name: str
    creditCode: str
    organisation: str


@closed
class SeatTerms(TypedDict):
    role: str
    name: str
    creditCode: str
    organisation: str
    certificateSha256: str | None


@closed
class LotTerms(TypedDict):
    """A draft lot's terms as they are given."""

    title: str
    opensAt: str
    k: int
    officers: list[OfficerTerms]
    seats: list[SeatTerms]
    parts: list[str]
    form: list[FormField]
    estimate: str | None
    ceiling: str | None
    deposit: str | None
    benchmark: str | None
    supplyUntil: str | None
    evaluation: str
    invited: list[Party]
    rules: dict[str, Any]
    round: int
    previous: str


@closed
class DraftLot(_LotLine):
    """A lot with its terms and where its officers' keys stand."""

    terms: LotTerms
    officers: list[Officer]


@closed
class Citation(TypedDict):
    rule: str
    value: RuleValue
    unit: str
    law: str
    mark: str


@closed
class Finding(TypedDict):
    """What stands in the way of publication, or should be looked at."""

    code: str
    facts: dict[str, Any]
    blocks: bool
    lot: NotRequired[str]
    citation: NotRequired[Citation]
    zh: NotRequired[str]
    en: NotRequired[str]


@closed
class Conditions(TypedDict):
    missing: list[Finding]
    warnings: list[Finding]
    now: str


@closed
class ApplyingRule(TypedDict):
    """A rule that governs, with the earliest or latest instant that follows from it."""

    key: str
    citation: Citation
    zh: str
    en: str
    effect: str
    earliest: NotRequired[str]
    provisional: NotRequired[bool]
    due: NotRequired[str]


@closed
class Applying(TypedDict):
    now: str
    rules: list[ApplyingRule]
    advice: list[ApplyingRule]
    hall: dict[str, Any]


@closed
class ChangeDraft(TypedDict):
    """A clarification before it is signed, and how far it moves the opening."""

    notice: str
    sha256: str
    opensAt: dict[str, str]
    extended: list[str]


@closed
class NoticeDraft(TypedDict):
    notice: str
    sha256: str


@closed
class OpeningKeys(TypedDict):
    """An officer's view of a lot: the seats, their keys, the keyset once it is signed."""

    tender: str
    lot: str
    title: str
    k: int
    state: LotState
    opensAt: str
    destroyed: list[str]
    officers: list[Officer]
    keyset: str | None


@closed
class SeatLine(TypedDict):
    """An officer's seat held by somebody of one's organisation; `own` is this very person's."""

    tender: str
    tenderTitle: str
    rehearsal: bool
    lot: str
    title: str
    state: LotState
    opensAt: str
    seat: str
    index: int
    k: int
    n: int
    name: str
    registered: bool
    openingKey: str | None
    certificateNotAfter: str | None
    destroyed: bool
    own: bool


@closed
class SeatList(TypedDict):
    seats: list[SeatLine]
    now: str
