"""What a seat may ask of the hall; imperatives. The rule table says which role may ask what in which phase.

Everything here is already checked evidence: signatures, shares and keys were verified before the command was
made, and secrets never stand in it. `signature` is the SHA-256 (hex) of a verified CMS that lies in the
vault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from opening_hall.facts import (
    AbortCode,
    Cause,
    ClosedBid,
    IdentityResult,
    Opening,
    Rejudgement,
    Resolution,
    SuspendCode,
)
from opening_hall.rules import Setup
from opening_hall.seats import BidId


@dataclass(frozen=True, slots=True)
class Command:
    """Common root, so that tables can name the type."""


# --- the platform


@dataclass(frozen=True, slots=True)
class Schedule(Command):
    """Set the hall up when the tender is published."""

    setup: Setup


@dataclass(frozen=True, slots=True)
class Reschedule(Command):
    """Replace the set-up after an extension or addendum; after the deadline only who fills the seats."""

    setup: Setup
    reason: str


@dataclass(frozen=True, slots=True)
class Tick(Command):
    """Time passes: whatever is due happens, and nothing else."""


@dataclass(frozen=True, slots=True)
class Close(Command):
    """Fix the set of live submissions once every timely upload is decided."""

    bids: Mapping[BidId, ClosedBid]


@dataclass(frozen=True, slots=True)
class Cosign(Command):
    """A witness has cosigned the checkpoint that covers Closed."""

    witness: str
    checkpoint: str
    """SHA-256 of the cosigned note."""


@dataclass(frozen=True, slots=True)
class ReportIdentities(Command):
    """What the opened identity boxes say; bids that still lack sound shares are `waiting`."""

    results: Mapping[BidId, IdentityResult]
    waiting: Mapping[BidId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReportOpenings(Command):
    """What phase B found; may come in several parts, shown only when the admitted set is complete."""

    results: Mapping[BidId, Opening]
    waiting: Mapping[BidId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RejudgeCertificates(Command):
    """Certificates judged again with revocation data issued after their time stamps."""

    results: Mapping[BidId, Rejudgement]


@dataclass(frozen=True, slots=True)
class ReportRendered(Command):
    """The record PDF exists and its bytes are kept."""

    sha256: str
    size: int
    minutes_sha256: str


@dataclass(frozen=True, slots=True)
class ReportAttached(Command):
    """The bidders' signatures were attached to the PDF as an increment."""

    sha256: str


@dataclass(frozen=True, slots=True)
class PrepareSeal(Command):
    """The PDF waits for this seat's seal over `digest`."""

    seat: str
    digest: str


@dataclass(frozen=True, slots=True)
class ReportSealed(Command):
    """A seat's seal and its time stamp are in the PDF."""

    seat: str
    sha256: str


# --- draws


@dataclass(frozen=True, slots=True)
class CommitDraw(Command):
    """Commit to a contribution before the deadline: SHA-256 of it."""

    commitment: str


@dataclass(frozen=True, slots=True)
class RevealDraw(Command):
    """Reveal the committed contribution (base64url) before phase A."""

    value: str


# --- officers


@dataclass(frozen=True, slots=True)
class ReportDealing(Command):
    """An envelope of this seat does not match its commitment; before the seat releases anything."""

    bid: BidId
    purpose: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseIdentityShares(Command):
    """Release K_identity shares of all live bids; `false` names those that contradict their commitment."""

    bids: tuple[BidId, ...]
    false: Mapping[BidId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignAdmitted(Command):
    """Sign the hash of the admitted set."""

    hash: str
    signature: str


@dataclass(frozen=True, slots=True)
class ReleaseHallShares(Command):
    """Release K_hall shares of exactly the admitted set, all or nothing."""

    part: str
    bids: tuple[BidId, ...]
    false: Mapping[BidId, str] = field(default_factory=dict)


# --- bidders


@dataclass(frozen=True, slots=True)
class SignIn(Command):
    """Take the seat in person (签到)."""

    name: str
    certificate_sha256: str


@dataclass(frozen=True, slots=True)
class AcknowledgeWrap(Command):
    """The client has the wrapped key of its bid: 'fetched' in the failure matrix."""

    bid: BidId


@dataclass(frozen=True, slots=True)
class ReleaseKey(Command):
    """Release K_bidder of a part. `failure` names why the given key is not the bid's."""

    bid: BidId
    part: str
    channel: str = "hall"
    failure: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmLine(Command):
    """Confirm one's own line as read (报价确认)."""

    bid: BidId
    signature: str = ""


@dataclass(frozen=True, slots=True)
class SignRecord(Command):
    """Sign the SHA-256 of the record PDF."""

    sha256: str
    signature: str


@dataclass(frozen=True, slots=True)
class Diagnose(Command):
    """Report what a client or the server observed; evidence for 'whose fault', never a decision."""

    kind: str
    facts: Mapping[str, str]
    bid: BidId | None = None


# --- the host


@dataclass(frozen=True, slots=True)
class StartDecryption(Command):
    """Open phase A."""


@dataclass(frozen=True, slots=True)
class ExtendDecryption(Command):
    """More time in phase A, for everybody, with a reason; also reopens it while failures are adjudicated."""

    seconds: int
    reason: str


@dataclass(frozen=True, slots=True)
class EndDecryption(Command):
    """End phase A before its time; only when every bid was released."""


@dataclass(frozen=True, slots=True)
class Adjudicate(Command):
    """Attribute failures (归责): a named person's signed act with a reason."""

    bids: tuple[BidId, ...]
    cause: Cause
    reason: str
    signature: str


@dataclass(frozen=True, slots=True)
class FixAdmitted(Command):
    """Close the adjudication and fix who is opened."""


@dataclass(frozen=True, slots=True)
class StartReading(Command):
    """Start 唱标."""


@dataclass(frozen=True, slots=True)
class ReadNext(Command):
    """Read the next line."""


@dataclass(frozen=True, slots=True)
class AnswerObjection(Command):
    """Answer on the spot (实施条例 art. 44)."""

    id: str
    text: str
    resolution: Resolution
    signature: str


@dataclass(frozen=True, slots=True)
class CloseObjections(Command):
    """Close the window for objections once each has its answer and the time is over."""


@dataclass(frozen=True, slots=True)
class Suspend(Command):
    """Stop all clocks (暂停)."""

    code: SuspendCode
    reason: str


@dataclass(frozen=True, slots=True)
class Resume(Command):
    """Go on; everybody gets the lost time back."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Abort(Command):
    """End the opening for good (终止)."""

    code: AbortCode
    reason: str
    signature: str


@dataclass(frozen=True, slots=True)
class Reconvene(Command):
    """Open the next part (复会) for the bids admitted to it."""

    bids: tuple[BidId, ...]
    reason: str
    signature: str


@dataclass(frozen=True, slots=True)
class HandOverHost(Command):
    """Pass the host's duty to a named deputy; the deputy may take it itself."""

    to: str
    """Seat id of the deputy."""
    reason: str
    signature: str


# --- several


@dataclass(frozen=True, slots=True)
class RaiseObjection(Command):
    """Object to the opening, on the spot and in writing (异议)."""

    id: str
    text: str
    signature: str


@dataclass(frozen=True, slots=True)
class Say(Command):
    """Speak in the hall's chat, which is part of the record."""

    text: str


@dataclass(frozen=True, slots=True)
class SealRecord(Command):
    """Sign the prepared digest of the PDF; the seal is completed with a time stamp by the platform."""

    digest: str
    signature: str
