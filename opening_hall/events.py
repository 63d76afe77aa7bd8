"""What happened in a hall; the bodies of its log. `at` is the log's time and stands beside the body.

Secrets (keys, shares, CMS, boxes) are never here, except what phase B makes public: form, nonce, K_hall.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from opening_hall.facts import (
    AbortCode,
    Cause,
    ClosedBid,
    Confirmed,
    Effect,
    FailedCode,
    IdentityResult,
    ListRow,
    Opening,
    Rejudgement,
    Resolution,
    Superseded,
    SuspendCode,
)
from opening_hall.rules import Setup
from opening_hall.seats import NOBODY, BidId, CreditCode

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """Common root. `at` is set when an event is read from the log."""

    at: datetime = field(default=EPOCH, kw_only=True, compare=False)


@dataclass(frozen=True, slots=True)
class Scheduled(Event):
    setup: Setup


@dataclass(frozen=True, slots=True)
class Rescheduled(Event):
    setup: Setup
    reason: str


@dataclass(frozen=True, slots=True)
class ClosingStarted(Event):
    """The deadline has passed; nothing that arrives now is a bid."""

    opens_at: datetime


@dataclass(frozen=True, slots=True)
class Closed(Event):
    """All live submissions; a bid not in it never opens."""

    bids: Mapping[BidId, ClosedBid]


@dataclass(frozen=True, slots=True)
class Cosigned(Event):
    witness: str
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """流标."""

    code: FailedCode
    counted: int
    minimum: int


@dataclass(frozen=True, slots=True)
class DrawCommitted(Event):
    by: str
    commitment: str


@dataclass(frozen=True, slots=True)
class DrawRevealed(Event):
    by: str
    value: str


@dataclass(frozen=True, slots=True)
class DealingReported(Event):
    by: str
    bid: BidId
    purpose: str
    reason: str


@dataclass(frozen=True, slots=True)
class IdentitySharesReleased(Event):
    by: str
    bids: tuple[BidId, ...]
    false: Mapping[BidId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IdentitiesVerified(Event):
    results: Mapping[BidId, IdentityResult]
    waiting: Mapping[BidId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DuplicatesResolved(Event):
    """Bids that stay sealed because their bidder has another one."""

    superseded: Mapping[BidId, Superseded]


@dataclass(frozen=True, slots=True)
class ListAnnounced(Event):
    """名单公布; `until` is when phase A starts by itself, if the row says so."""

    rows: tuple[ListRow, ...]
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignedIn(Event):
    by: str
    name: str
    certificate_sha256: str
    credit_code: CreditCode = NOBODY


@dataclass(frozen=True, slots=True)
class DecryptionStarted(Event):
    part: str
    until: datetime


@dataclass(frozen=True, slots=True)
class DecryptionExtended(Event):
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class WrapAcknowledged(Event):
    bid: BidId
    by: str


@dataclass(frozen=True, slots=True)
class KeyReleased(Event):
    bid: BidId
    part: str
    channel: str


@dataclass(frozen=True, slots=True)
class ReleaseFailed(Event):
    """A key was given for a bid that is not its key."""

    bid: BidId
    part: str
    reason: str


@dataclass(frozen=True, slots=True)
class DecryptionEnded(Event):
    """Phase A is over; `missing` maps bids without a release to the proposed cause."""

    part: str
    missing: Mapping[BidId, Cause]


@dataclass(frozen=True, slots=True)
class Adjudicated(Event):
    bid: BidId
    cause: Cause
    effect: Effect
    reason: str
    by: str
    """The named person."""
    signature: str


@dataclass(frozen=True, slots=True)
class AdmittedFixed(Event):
    part: str
    bids: tuple[BidId, ...]
    hash: str


@dataclass(frozen=True, slots=True)
class AdmittedSigned(Event):
    by: str
    hash: str
    signature: str


@dataclass(frozen=True, slots=True)
class HallSharesReleased(Event):
    by: str
    part: str
    hash: str
    """Of the admitted set the shares were released for."""
    false: Mapping[BidId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BidsOpened(Event):
    part: str
    results: Mapping[BidId, Opening]
    waiting: Mapping[BidId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CoefficientDrawn(Event):
    """A draw with all its inputs, so that anyone recomputes it from this event alone."""

    label: str
    candidates: tuple[str, ...]
    reveals: Mapping[str, str]
    """Seat (or bid, in an early draw) to contribution, base64url."""
    k_halls: Mapping[BidId, str]
    missing: tuple[str, ...]
    """Seats that committed and did not reveal."""
    seed: str
    """Hex."""
    counter: int
    index: int
    value: str


@dataclass(frozen=True, slots=True)
class ReadingStarted(Event):
    """唱标 begins; ceiling, tenderer's estimate and drawn values are restated."""

    part: str
    order: tuple[BidId, ...]
    ceiling: str
    benchmark: str
    drawn: Mapping[str, str]
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LineRead(Event):
    """One line was read; `flags` are remarks of the system, never a rejection."""

    bid: BidId
    number: int
    flags: tuple[str, ...] = ()
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReadingEnded(Event):
    until: datetime
    """Deadline for confirming one's own line."""


@dataclass(frozen=True, slots=True)
class LineConfirmed(Event):
    bid: BidId
    how: Confirmed
    signature: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmationClosed(Event):
    missing: tuple[BidId, ...]
    how: Confirmed
    until: datetime
    """Deadline for objections."""


@dataclass(frozen=True, slots=True)
class ObjectionRaised(Event):
    id: str
    by: str
    text: str
    signature: str


@dataclass(frozen=True, slots=True)
class ObjectionAnswered(Event):
    id: str
    by: str
    text: str
    resolution: Resolution
    signature: str


@dataclass(frozen=True, slots=True)
class ObjectionsClosed(Event):
    pass


@dataclass(frozen=True, slots=True)
class Said(Event):
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class DiagnosticReported(Event):
    by: str
    kind: str
    facts: Mapping[str, str]
    bid: BidId | None = None


@dataclass(frozen=True, slots=True)
class Suspended(Event):
    code: SuspendCode
    reason: str
    by: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Resumed(Event):
    """All running deadlines move by `lost` milliseconds."""

    lost: int
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Aborted(Event):
    code: AbortCode
    reason: str
    by: str
    signature: str


@dataclass(frozen=True, slots=True)
class Reconvened(Event):
    """复会: the next part opens for these bids."""

    part: str
    bids: tuple[BidId, ...]
    reason: str
    signature: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class HostHandedOver(Event):
    previous: str
    to: str
    """Seat ids."""
    reason: str
    by: str
    signature: str


@dataclass(frozen=True, slots=True)
class CertificatesRejudged(Event):
    results: Mapping[BidId, Rejudgement]


@dataclass(frozen=True, slots=True)
class RecordRendered(Event):
    sha256: str
    size: int
    minutes_sha256: str
    until: datetime | None = None
    """Deadline for the bidders' signatures; None when nobody signs before the seals."""


@dataclass(frozen=True, slots=True)
class RecordSigned(Event):
    credit_code: CreditCode
    sha256: str
    signature: str


@dataclass(frozen=True, slots=True)
class SigningClosed(Event):
    missing: tuple[CreditCode, ...]


@dataclass(frozen=True, slots=True)
class SignaturesAttached(Event):
    sha256: str


@dataclass(frozen=True, slots=True)
class SealPrepared(Event):
    for_seat: str
    digest: str


@dataclass(frozen=True, slots=True)
class SealSigned(Event):
    by: str
    digest: str
    signature: str


@dataclass(frozen=True, slots=True)
class RecordSealed(Event):
    by: str
    sha256: str


@dataclass(frozen=True, slots=True)
class HallClosed(Event):
    """The record of this session is complete."""

    sha256: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Erased(Event):
    """Stands where personal data was erased from the log; only that something was there is known."""

    kind: str
