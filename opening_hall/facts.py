"""Values that commands bring and events keep: what was verified about a bid, and by what rule it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from opening_hall.seats import NOBODY, BidId, CreditCode


class Phase(StrEnum):
    """The stations of an opening, in order; SUSPENDED is a flag beside them, never a phase."""

    SCHEDULED = "SCHEDULED"
    """Set up; bids are being handed in."""
    CLOSING = "CLOSING"
    """The deadline has passed; uploads that arrived before it are still being decided."""
    CLOSED = "CLOSED"
    """The set of live bids is fixed and waits for the witnesses' cosignatures."""
    IDENTIFYING = "IDENTIFYING"
    """Phase 0: officers open the identities."""
    LIST_ANNOUNCED = "LIST_ANNOUNCED"
    """名单公布: who bids is known; seats have names from here on."""
    DECRYPTING = "DECRYPTING"
    """Phase A (投标人解密): bidders release their keys; nothing opens by it."""
    ADJUDICATING = "ADJUDICATING"
    """Phase A is over; a named person attributes each failure (归责)."""
    ADMITTED = "ADMITTED"
    """The admitted set is fixed; officers sign its hash."""
    OPENING = "OPENING"
    """Phase B (二次解密): officers release the hall shares of exactly the admitted set."""
    READING = "READING"
    """唱标."""
    CONFIRMING = "CONFIRMING"
    """Each bidder confirms its own line (报价确认)."""
    OBJECTION = "OBJECTION"
    """Objections (异议) are raised and answered on the spot."""
    RECORD_SIGN = "RECORD_SIGN"
    """The record is made and the bidders sign it, in parallel."""
    SEALING = "SEALING"
    """Host, tenderer and supervisor seal the record in turn (签章)."""
    RECORDED = "RECORDED"
    """The record of this session is sealed; a later part may reconvene (复会)."""
    FAILED = "FAILED"
    """流标."""
    ABORTED = "ABORTED"
    """终止."""


class Cause(StrEnum):
    """Whose doing a failure is (归责); decided by a named person, only proposed by the platform."""

    BIDDER = "BIDDER"
    PLATFORM = "PLATFORM"
    TENDERER = "TENDERER"
    AGENCY = "AGENCY"
    UNKNOWN = "UNKNOWN"


class Effect(StrEnum):
    """What a decided failure means for the bid (电子招标投标办法 art. 31)."""

    REVOKED = "revoked"
    """视为撤销: the bidder's doing; the deposit may be kept if the documents say so."""
    WITHDRAWN = "withdrawn"
    """视为撤回: not the bidder's doing; the deposit goes back, direct loss may be claimed."""
    PENDING = "pending"
    """Nobody has decided, or the cause is still unknown: the hall cannot close."""


class FailureStage(StrEnum):
    """Where a bid dropped out."""

    IDENTITY = "identity"
    RELEASE = "release"
    OPENING = "opening"
    CERTIFICATE = "certificate"
    """Re-judged with newer revocation data before the record was signed; the bid itself stays opened."""


class FailedCode(StrEnum):
    """Why a lot failed (流标)."""

    LT3_AT_DEADLINE = "LT3_AT_DEADLINE"
    LT3_AFTER_RECOUNT = "LT3_AFTER_RECOUNT"
    LT3_AFTER_DECRYPT = "LT3_AFTER_DECRYPT"


class SuspendCode(StrEnum):
    """Grounds for a pause (暂停)."""

    PLATFORM = "platform"
    CERTIFICATE_AUTHORITY = "certificate-authority"
    NETWORK = "network"
    ATTACK = "attack"
    ON_THE_SPOT = "on-the-spot"
    SUPERVISOR = "supervisor"
    """Order of the supervising body (实施条例 art. 62)."""


class AbortCode(StrEnum):
    """Grounds for ending the opening for good (终止)."""

    TAMPERING = "tampering"
    DISCLOSURE = "disclosure"
    DATA_LOSS = "data-loss"
    TENDER_TERMINATED = "tender-terminated"


class Confirmed(StrEnum):
    """How a bidder's line came to count as confirmed (投标人确认)."""

    SESSION = "session"
    """By the bidder, signed in with its certificate."""
    SIGNED = "signed"
    """The same with a CMS over the line."""
    DEEMED = "deemed"
    NOTED = "noted"


class Resolution(StrEnum):
    """How the host closed an objection (异议)."""

    ANSWERED = "answered"
    UNRESOLVED = "unresolved"
    """Recorded as it stands; the way to a complaint (投诉) is open."""


@dataclass(frozen=True, slots=True)
class PartSize:
    """Size in bytes and RFC 6962 root of one part's ciphertext."""

    size: int
    root: str


@dataclass(frozen=True, slots=True)
class ClosedBid:
    """A live submission at the deadline: sealed, and nobody's yet."""

    submission: str
    received_at: datetime
    """Last byte accepted (电子签名法 art. 11)."""
    manifest_hash: str
    box_hash: str
    parts: Mapping[str, PartSize]
    checked_in_at: datetime | None = None
    """Sign-in under the receipt key before the list, if any; its absence is no ground to refuse."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a consortium (联合体), lead first."""

    name: str
    credit_code: str


@dataclass(frozen=True, slots=True)
class IdentityResult:
    """What phase 0 found in one identity box."""

    ok: bool
    credit_code: CreditCode = NOBODY
    name: str = ""
    members: tuple[Member, ...] = ()
    representative: str = ""
    """授权委托人 named in the box."""
    certificate_sha256: str = ""
    signed_at: datetime | None = None
    gen_time: datetime | None = None
    """First time stamp that covers the submission; the certificate is judged at it."""
    deposit: Mapping[str, str] = field(default_factory=dict)
    """form, amount, status …: shown in the record's 保证金 column."""
    replaces: tuple[BidId, ...] = ()
    draw: str = ""
    """32-byte draw contribution, base64url."""
    reason: str = ""
    """Kebab-case code of what failed; with ok, of what is remarked."""
    cause: Cause | None = None
    """Proposed attribution; with ok, set when the bid was admitted in spite of a platform delay."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What phase B found in one part of one bid; public from then on."""

    ok: bool
    form: Mapping[str, str] = field(default_factory=dict)
    nonce: str = ""
    k_hall: str = ""
    """base64url; also one of the draw's inputs. Present whenever the dealing was sound."""
    form_commit: str = ""
    reason: str = ""
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class ListRow:
    """One line of the announced list (投标人名单), in order of receipt."""

    number: int
    bid: BidId
    credit_code: CreditCode
    name: str


@dataclass(frozen=True, slots=True)
class Superseded:
    """A bid that stays sealed because another of the same credit code counts, or none does."""

    by: BidId | None
    """The bid that counts; None when the row rejects all of them."""
    rule: str
    """`replaces`, `latest` or `reject-all`."""


@dataclass(frozen=True, slots=True)
class Rejudgement:
    """A certificate judged again with revocation data issued after the time stamp."""

    ok: bool
    reason: str = ""
    cause: Cause | None = None
