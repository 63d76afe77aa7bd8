"""What a hall is at one moment: folded from its events, never stored.

One frozen value per bid, so that an event about one bid replaces one dictionary entry and the rest stays the
same object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from opening_hall.facts import (
    AbortCode,
    Cause,
    ClosedBid,
    Confirmed,
    Effect,
    FailedCode,
    FailureStage,
    IdentityResult,
    Opening,
    Phase,
    Rejudgement,
    Resolution,
    Superseded,
    SuspendCode,
)
from opening_hall.rules import DrawTime, Rules, Setup, Step
from opening_hall.seats import OFFICIALS, BidId, CreditCode, Role, Seat, SeatEntry


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a bid dropped out, and what was decided about it."""

    stage: FailureStage
    reason: str
    proposed: Cause
    at: datetime
    cause: Cause | None = None
    effect: Effect = Effect.PENDING
    decided_reason: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Still blocks the closing of the hall."""
        return self.cause in (None, Cause.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ReleaseAttempt:
    """A key that was not the bid's."""

    part: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Bid:
    """One live submission and all that happened to it."""

    id: BidId
    closed: ClosedBid
    dealing: tuple[tuple[str, str, str], ...] = ()
    """(officer seat, purpose, reason) as reported before release."""
    waiting: str = ""
    """Why its identity cannot be opened yet, when it cannot."""
    identity: IdentityResult | None = None
    superseded: Superseded | None = None
    number: int = 0
    """Position on the announced list, from 1; 0 when not on it."""
    present_at: datetime | None = None
    """When its bidder took its seat after the list."""
    wrap_at: Mapping[str, datetime] = field(default_factory=dict)
    """Part to the moment its wrapped key was acknowledged."""
    released: Mapping[str, datetime] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    attempts: tuple[ReleaseAttempt, ...] = ()
    diagnostics: int = 0
    """Reports about this bid in the hall."""
    troubles: int = 0
    """Those of them that report a failure."""
    failure: Failure | None = None
    openings: Mapping[str, Opening] = field(default_factory=dict)
    read: Mapping[str, tuple[datetime, tuple[str, ...]]] = field(default_factory=dict)
    """Part to when its line was read and the remarks made."""
    confirmed: Mapping[str, tuple[datetime, Confirmed]] = field(default_factory=dict)
    rejudged: Rejudgement | None = None
    memo: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What was built from this very value; a replaced bid starts without."""

    @property
    def listed(self) -> bool:
        """On the announced list."""
        return self.number > 0


@dataclass(frozen=True, slots=True)
class Present:
    """Who took a seat in person."""

    seat: str
    name: str
    certificate_sha256: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Objection:
    """异议 with its answer."""

    id: str
    number: int
    by: str
    text: str
    at: datetime
    signature: str
    answer: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    resolution: Resolution | None = None
    answer_signature: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the chat."""

    number: int
    by: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Suspension:
    """A pause that lasts."""

    since: datetime
    code: SuspendCode
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw on its way: commitments, reveals, result."""

    commitments: Mapping[str, str] = field(default_factory=dict)
    reveals: Mapping[str, str] = field(default_factory=dict)
    value: str = ""
    seed: str = ""
    index: int = -1


@dataclass(frozen=True, slots=True)
class Record:
    """The signed record of one session on its way from PDF to the last seal."""

    rendered: str = ""
    """SHA-256 of the rendered PDF, which the bidders sign."""
    size: int = 0
    minutes_sha256: str = ""
    signatures: Mapping[CreditCode, datetime] = field(default_factory=dict)
    signing_closed: bool = False
    missing: tuple[CreditCode, ...] = ()
    attached: str = ""
    prepared_for: str = ""
    """Seat whose seal the PDF waits for."""
    digest: str = ""
    seal_signed: str = ""
    """Digest that seat has signed; empty until then."""
    sealed: Mapping[str, str] = field(default_factory=dict)
    """Seat to the SHA-256 of the PDF after its seal."""
    sha256: str = ""
    """Of the finished record."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a hall ended without a result."""

    at: datetime
    failed: FailedCode | None = None
    counted: int = 0
    aborted: AbortCode | None = None
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A station or turn of the opening as everybody is told it; `facts` are ready for JSON."""

    kind: str
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """The hall. Before Scheduled there is no set-up and every command but Schedule is refused."""

    setup: Setup | None = None
    phase: Phase = Phase.SCHEDULED
    stage: int = 0
    """Index of the part this session opens."""
    host: str = ""
    """Seat id of whoever is host now."""
    deadline: datetime | None = None
    """When the running window ends; the one timer of a hall."""
    suspended: Suspension | None = None
    lost_ms: int = 0
    """Time given back so far."""
    ending: Ending | None = None
    entries: Mapping[str, SeatEntry] = field(default_factory=dict)
    """Seat to the person of the notice."""
    bids: Mapping[BidId, Bid] = field(default_factory=dict)
    order: tuple[BidId, ...] = ()
    """Bids on the announced list, in order."""
    by_code: Mapping[CreditCode, BidId] = field(default_factory=dict)
    closed_at: datetime | None = None
    cosigned: Mapping[str, str] = field(default_factory=dict)
    identity_released: tuple[str, ...] = ()
    false_shares: tuple[tuple[str, BidId, str], ...] = ()
    """(officer seat, bid, reason)."""
    contenders: tuple[BidId, ...] = ()
    """Bids this session's phase A waits for."""
    released: int = 0
    admitted: tuple[BidId, ...] = ()
    admitted_hash: str = ""
    admitted_signed: tuple[str, ...] = ()
    hall_released: tuple[str, ...] = ()
    opened: int = 0
    reading_at: datetime | None = None
    """When the reading began, moved by the time given back since."""
    reading: tuple[BidId, ...] = ()
    """Bids whose lines are read in this session, in order."""
    lines: int = 0
    """Lines read so far in this session."""
    confirmed: int = 0
    reachable: bool = False
    """The platform has shown that it could be reached through phase A."""
    draw: Draw = Draw()
    sign_ins: Mapping[str, Present] = field(default_factory=dict)
    objections: Mapping[str, Objection] = field(default_factory=dict)
    chat: tuple[Message, ...] = ()
    said: Mapping[str, int] = field(default_factory=dict)
    record: Record = Record()
    records: tuple[Record, ...] = ()
    """Finished records of earlier sessions."""
    course: tuple[Turn, ...] = ()

    @property
    def rules(self) -> Rules:
        """The rule row; the default one before Scheduled."""
        return self.setup.rules if self.setup else Rules()

    @property
    def part(self) -> str:
        """The part this session opens."""
        return self.setup.parts[self.stage] if self.setup else ""

    @property
    def announced_benchmark(self) -> str:
        """The tenderer's estimate (标底) once it was announced: secret until the reading (条例 27, 50)."""
        read = self.stage > 0 or self.reading_at is not None
        return self.setup.benchmark if self.setup is not None and read else ""

    def next_deadline(self) -> datetime | None:
        """When the next Tick has something to do; None while nothing is timed or the clocks stand still."""
        if self.suspended or self.waits_for_people():
            return None
        return self.deadline

    def waits_for_people(self) -> bool:
        """A window whose end alone moves nothing: somebody must act first."""
        if self.phase is Phase.LIST_ANNOUNCED:
            return self.draw_pending()
        if self.phase is Phase.OBJECTION:
            by_host = Step.CLOSE_OBJECTIONS not in self.rules.automatic
            return by_host or self.unanswered()
        return False

    def unanswered(self) -> bool:
        """Some objection still waits for its answer."""
        return any(o.resolution is None for o in self.objections.values())

    def draw_pending(self) -> bool:
        """An early draw must be made before phase A may start."""
        rule = self.rules.draw
        return rule is not None and rule.when is DrawTime.EARLY and not self.draw.value

    def role_of(self, seat: Seat) -> Role:
        """The role a seat acts in now: the host's duty may have passed to a deputy and back."""
        if seat.role in (Role.HOST, Role.DEPUTY):
            return Role.HOST if seat.id == self.host else Role.DEPUTY
        return seat.role

    def person(self, seat: Seat) -> SeatEntry | None:
        """Who the notice names for a seat."""
        return self.entries.get(str(seat))

    def knows(self, seat: Seat) -> bool:
        """Whether the seat exists here: officials by the notice, bidders by the list, receipts by Closed."""
        match seat.role:
            case Role.BIDDER:
                return CreditCode(seat.id) in self.by_code
            case Role.RECEIPT:
                return BidId(seat.id) in self.bids
            case role if role in OFFICIALS:
                return str(seat) in self.entries
            case _:
                return True

    def bid_of(self, seat: Seat) -> Bid | None:
        """The bid a bidder or receipt seat speaks for."""
        if seat.role is Role.BIDDER:
            found = self.by_code.get(CreditCode(seat.id))
            return self.bids[found] if found else None
        if seat.role is Role.RECEIPT:
            return self.bids.get(BidId(seat.id))
        return None

    def seal_seats(self) -> tuple[str, ...]:
        """Seats that seal the record, in order; roles the notice names nobody for are passed over."""
        seats = []
        for role in self.rules.seals:
            if role is Role.HOST:
                seats.append(str(self.host_seat()))
                continue
            seats += [key for key, entry in self.entries.items() if entry.seat.role is role][:1]
        return tuple(seats)

    def host_seat(self) -> Seat:
        """The seat that acts as host, under the name it has in the notice."""
        for role in (Role.HOST, Role.DEPUTY):
            if f"{role}:{self.host}" in self.entries:
                return Seat(role, self.host)
        return Seat(Role.HOST, self.host)

    def undecided(self) -> tuple[BidId, ...]:
        """Bids whose failure has no known cause yet."""
        return tuple(b.id for b in self.bids.values() if b.failure is not None and b.failure.open)


INITIAL = State()
