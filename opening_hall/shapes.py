"""What a hall says on the wire, as types: `view` and `mine`, the frames that carry them, answers to commands.

The views themselves are plain mappings (view.py). These types are what clients are generated from, and what
tests hold every view of whole openings against: a member more or less than here fails them. Members that
are null are absent (docs/formats/live-wire.md).
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypeAliasType, TypedDict

from opening_hall.facts import (
    AbortCode,
    Cause,
    Confirmed,
    Effect,
    FailedCode,
    FailureStage,
    Phase,
    Resolution,
    SuspendCode,
)
from opening_hall.rules import BelowMinimum, DrawTime, Duplicates, MissingConfirmation, Pace
from opening_hall.seats import Role

closed = with_config(ConfigDict(extra="forbid", use_attribute_docstrings=True))


@closed
class FieldDef(TypedDict):
    """A column of the opening form (开标一览表)."""

    name: str
    zh: str
    en: str
    kind: str
    unit: str
    part: str


@closed
class HallRules(TypedDict):
    """Rows of the rule book that hold in this hall, with the law behind each."""

    minimum: int
    afterReleaseBelowMinimum: BelowMinimum
    duplicates: Duplicates
    phaseASeconds: int
    confirmationSeconds: int
    objectionSeconds: int
    signingSeconds: int
    reading: Pace
    missingConfirmation: MissingConfirmation
    citations: dict[str, str]


@closed
class HallFacts(TypedDict):
    """What the notice says of this opening."""

    lot: str
    tender: str
    title: str
    lotTitle: str
    code: str
    dealCode: str
    opensAt: str
    place: str
    regime: str
    evaluation: str
    ceiling: str
    parts: list[str]
    docsHash: str
    quorum: int
    """Officers that must release together."""
    demonstration: bool
    form: dict[str, FieldDef]
    """Columns keyed by their place, from "1"."""
    rules: HallRules


@closed
class SeatView(TypedDict):
    """A seat of the notice; keyed by `role:id`."""

    role: Role
    name: str
    organisation: str
    host: bool
    signedInAt: NotRequired[str]


@closed
class FailureView(TypedDict):
    """A bid that dropped out, and who is held to be the cause (归责)."""

    stage: FailureStage
    reason: str
    proposed: Cause
    cause: NotRequired[Cause]
    effect: Effect
    decidedReason: NotRequired[str]
    decidedBy: NotRequired[str]
    decidedAt: NotRequired[str]
    at: str


@closed
class LineView(TypedDict):
    """One part of one bid, as far as it has come; the form from the moment its line was read."""

    fetchedAt: NotRequired[str]
    releasedAt: NotRequired[str]
    channel: NotRequired[str]
    readAt: NotRequired[str]
    flags: NotRequired[list[str]]
    form: NotRequired[dict[str, str]]
    formCommit: NotRequired[str]
    confirmedAt: NotRequired[str]
    confirmed: NotRequired[Confirmed]


@closed
class MemberView(TypedDict):
    """A member of a consortium (联合体), lead first."""

    name: str
    creditCode: str


@closed
class SupersededView(TypedDict):
    """Why a bid stays sealed beside another of the same bidder."""

    by: str | None
    rule: str


@closed
class DealingView(TypedDict):
    """An officer's report of a share that was dealt wrongly."""

    by: str
    purpose: str
    reason: str


BidStatus = TypeAliasType(
    "BidStatus",
    Literal["sealed", "waiting", "listed", "superseded", "released", "failed", "revoked", "read"],
)
"""Where a bid stands, in one word."""


@closed
class BidRow(TypedDict):
    """A bid. From `members` on for bidders and officials only, from `waiting` on for officials only."""

    number: NotRequired[int]
    name: NotRequired[str]
    creditCode: NotRequired[str]
    receivedAt: str
    submission: str
    status: BidStatus
    presentAt: NotRequired[str]
    parts: dict[str, LineView]
    failure: NotRequired[FailureView]
    members: NotRequired[list[MemberView]]
    representative: NotRequired[str]
    deposit: NotRequired[dict[str, str]]
    superseded: NotRequired[SupersededView]
    attempts: NotRequired[int]
    waiting: NotRequired[str]
    remark: NotRequired[str]
    troubles: NotRequired[int]
    dealing: NotRequired[list[DealingView]]


@closed
class Counts(TypedDict):
    """How far the hall is, in numbers."""

    listed: int
    contenders: int
    released: int
    admitted: int
    lines: int
    read: int
    confirmed: int
    allOpened: bool


@closed
class ObjectionView(TypedDict):
    """An objection (异议) and its answer."""

    number: int
    by: str
    text: str
    at: str
    answer: NotRequired[str]
    answeredBy: NotRequired[str]
    answeredAt: NotRequired[str]
    resolution: NotRequired[Resolution]


@closed
class MessageView(TypedDict):
    """A line of the chat."""

    by: str
    text: str
    at: str


@closed
class DrawView(TypedDict):
    """The draw of a coefficient (系数抽取); the inputs are in its transcript.

    `commitments`: SHA-256 of each seat's number, hex, shown from the moment it was given.
    """

    label: str
    zh: str
    en: str
    when: DrawTime
    candidates: list[str]
    commitments: dict[str, str]
    revealed: list[str]
    value: NotRequired[str]
    seed: NotRequired[str]


@closed
class RecordView(TypedDict):
    """The record (开标记录) through its stages: rendered, signed by bidders, sealed in turn."""

    sha256: NotRequired[str]
    rendered: NotRequired[str]
    size: int
    minutesSha256: NotRequired[str]
    signed: dict[str, str]
    signingClosed: bool
    missing: list[str]
    attached: NotRequired[str]
    sealFor: NotRequired[str]
    preparedFor: NotRequired[str]
    digest: NotRequired[str]
    sealSigned: bool
    sealed: dict[str, str]


_From = TypedDict("_From", {"from": NotRequired[str]})


@closed
class TurnView(_From):
    """One station or turn of the opening (course.py); which facts it has depends on its kind."""

    kind: str
    at: str
    until: NotRequired[str]
    by: NotRequired[str]
    to: NotRequired[str]
    count: NotRequired[int]
    reason: NotRequired[str]
    code: NotRequired[str]
    released: NotRequired[int]
    missing: NotRequired[int]
    signed: NotRequired[int]
    counted: NotRequired[int]
    minimum: NotRequired[int]
    lostMs: NotRequired[int]
    how: NotRequired[str]
    hash: NotRequired[str]
    sha256: NotRequired[str]
    label: NotRequired[str]
    value: NotRequired[str]
    part: NotRequired[str]
    ceiling: NotRequired[str]
    benchmark: NotRequired[str]


@closed
class SuspendedView(TypedDict):
    """A pause: every deadline moves by its length."""

    since: str
    code: SuspendCode
    reason: str


@closed
class EndingView(TypedDict):
    """How the opening ended without a record (流标, 终止)."""

    at: str
    failed: NotRequired[FailedCode]
    aborted: NotRequired[AbortCode]
    reason: NotRequired[str]


@closed
class FalseShareView(TypedDict):
    """A share that was released and is not the one that was dealt."""

    by: str
    bid: str
    reason: str


@closed
class HallView(TypedDict):
    """What an audience sees: up to `ending` always, from `host` on after the list (officials: always), from
    `cosigned` on officials only."""

    phase: Phase
    hall: NotRequired[HallFacts]
    deadline: NotRequired[str]
    suspended: NotRequired[SuspendedView]
    lostMs: NotRequired[int]
    ending: NotRequired[EndingView]
    host: NotRequired[str]
    seats: NotRequired[dict[str, SeatView]]
    stage: NotRequired[int]
    part: NotRequired[str]
    draw: NotRequired[DrawView]
    objections: NotRequired[dict[str, ObjectionView]]
    record: NotRequired[RecordView]
    benchmark: NotRequired[str]
    course: NotRequired[dict[str, TurnView]]
    bids: NotRequired[dict[str, BidRow]]
    counts: NotRequired[Counts]
    contenders: NotRequired[list[str]]
    """The bids that go on, from the second part (复会) on."""
    admittedHash: NotRequired[str]
    admittedSigned: NotRequired[list[str]]
    hallReleased: NotRequired[list[str]]
    chat: NotRequired[dict[str, MessageView]]
    cosigned: NotRequired[dict[str, str]]
    identityReleased: NotRequired[list[str]]
    falseShares: NotRequired[list[FalseShareView]]
    reachable: NotRequired[bool]
    live: NotRequired[int]
    undecided: NotRequired[list[str]]


CommandName = TypeAliasType(
    "CommandName",
    Literal[
        "Abort",
        "AcknowledgeWrap",
        "Adjudicate",
        "AnswerObjection",
        "CloseObjections",
        "CommitDraw",
        "ConfirmLine",
        "Diagnose",
        "EndDecryption",
        "ExtendDecryption",
        "FixAdmitted",
        "HandOverHost",
        "RaiseObjection",
        "ReadNext",
        "Reconvene",
        "ReleaseHallShares",
        "ReleaseIdentityShares",
        "ReleaseKey",
        "ReportDealing",
        "Resume",
        "RevealDraw",
        "Say",
        "SealRecord",
        "SignAdmitted",
        "SignIn",
        "SignRecord",
        "StartDecryption",
        "StartReading",
        "Suspend",
    ],
)
"""What people may ask of a hall; the same names as `do` of a command."""


@closed
class OtherSeat(TypedDict):
    """Another seat of the same person, and what it may do now."""

    role: Role
    may: list[CommandName]
    index: NotRequired[int]


@closed
class OfferView(TypedDict):
    """It is this bidder's turn to release the key of this part."""

    bid: str
    part: str


@closed
class HallMine(TypedDict):
    """What only this seat sees: who it is, its own bid, the commands it may give now."""

    seat: str
    role: Role
    may: list[CommandName]
    name: NotRequired[str]
    index: NotRequired[int]
    """Officers: the number of the share they hold."""
    seats: NotRequired[dict[str, OtherSeat]]
    bid: NotRequired[str]
    submission: NotRequired[str]
    offer: NotRequired[OfferView]


# --- frames and answers


@closed
class Disclosed(TypedDict):
    """A logged event with the salt that proves it against its leaf (docs/formats/log.md)."""

    index: int
    stream: str
    version: int
    type: str
    seat: str
    at: str
    salt: str
    body: dict[str, Any]


@closed
class HallAnswer(TypedDict):
    """A command was carried out and is durable. `v` counts it in; `receipt` proves it against the log."""

    ok: Literal[True]
    v: int
    at: str
    index: NotRequired[int]
    receipt: NotRequired[Disclosed | None]


@closed
class WholeFrame(TypedDict):
    """Everything this seat sees; replaces what the client has."""

    v: int
    at: str
    seat: str
    view: HallView
    mine: HallMine


@closed
class PatchFrame(TypedDict):
    """The step from `since` to `v` as merge patches (RFC 7386) of `view` and `mine`."""

    v: int
    since: int
    at: str
    patch: dict[str, Any]
    mine: NotRequired[dict[str, Any]]


@closed
class Explained(TypedDict):
    """What happened, what it means for the bid, and what to do."""

    what: str
    meaning: str
    do: str


@closed
class ProblemBody(TypedDict):
    """RFC 9457, in both languages."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    zh: Explained
    en: Explained
    facts: NotRequired[dict[str, Any]]


@closed
class AnswerFrame(TypedDict):
    """The command `re` was carried out."""

    re: str
    ok: Literal[True]
    v: int
    at: str
    index: NotRequired[int]
    receipt: NotRequired[Disclosed | None]


@closed
class RefusalFrame(TypedDict):
    """The command `re` was refused; without `re`, the message was not understood."""

    re: NotRequired[str | None]
    problem: ProblemBody


@closed
class PongFrame(TypedDict):
    """The ping's own value, and the server's time."""

    pong: Any
    now: str


Frame = WholeFrame | PatchFrame | AnswerFrame | RefusalFrame | PongFrame
