"""Handing in: tickets, uploads, receipts and their proofs, and the self-check."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from bidding.shapes.common import LoggedEvent, closed
from bidding.submissions.store import UploadState


@closed
class Drawn(TypedDict):
    """A month's upload tickets: nobody can tell who drew the one that is used."""

    month: str
    tickets: list[str]
    usableUntil: str


@closed
class FilePieces(TypedDict):
    size: int
    pieces: int


@closed
class UploadBegun(TypedDict):
    """An upload and the secret that goes on with it; `missing` counts pieces from 0."""

    upload: str
    secret: str
    pieceSize: int
    files: dict[str, FilePieces]
    state: UploadState
    missing: dict[str, list[int]]
    now: str


@closed
class PieceTaken(TypedDict):
    state: UploadState
    acceptedAt: str | None
    missing: int
    now: str


@closed
class UploadRefusal(TypedDict):
    code: str
    detail: str


@closed
class UploadStatus(TypedDict):
    upload: str
    bid: str
    state: UploadState
    missing: dict[str, list[int]]
    acceptedAt: str | None
    refused: UploadRefusal | None
    now: str


@closed
class Receipt(TypedDict):
    """The signed receipt (递交回执, docs/formats/receipt.md)."""

    label: str
    tender: str
    lot: str
    bid: str
    submission: str
    receivedAt: str
    keyId: str
    signature: str


@closed
class Withdrawal(TypedDict):
    """The signed receipt of a withdrawal (撤回)."""

    label: str
    tender: str
    lot: str
    bid: str
    submission: str
    withdrawnAt: str
    keyId: str
    signature: str


@closed
class BatchItem(TypedDict):
    type: str
    hash: str
    lot: str
    position: int
    salt: str
    path: list[str]
    lotPosition: int
    lotPath: list[str]


@closed
class BatchInclusion(TypedDict):
    size: int
    path: list[str]


@closed
class ReceiptProof(TypedDict):
    """What proves a receipt against the log: its batch, the batch's leaf, a checkpoint."""

    label: str
    submission: str
    batch: int
    depth: int
    lots: int
    root: str
    token: str | None
    stampedAt: str | None
    item: BatchItem
    event: LoggedEvent
    inclusion: BatchInclusion
    checkpoint: str


@closed
class ReceiptKeys(TypedDict):
    """The key that signs receipts now, and all that ever did."""

    keyId: str
    publicKey: str
    keys: dict[str, str]


@closed
class Noted(TypedDict):
    """A statement under the receipt key was taken down."""

    hash: str
    receivedAt: str


_From = TypedDict("_From", {"from": str})


@closed
class Away(_From):
    """A time that the platform was away."""

    until: str


@closed
class Reachability(TypedDict):
    """When the platform was away, by its own heartbeats."""

    since: str
    until: str
    away: list[Away]


@closed
class ServerClock(TypedDict):
    now: str


@closed
class Bandwidth(TypedDict):
    bytes: int
    milliseconds: int


@closed
class EnvelopeCheck(TypedDict):
    """A test envelope that a client opens to show that it can."""

    envelope: str
    info: str
    sha256: str


@closed
class CertificateCheck(TypedDict):
    """Whether a certificate will do on the day of the opening."""

    verdict: str
    reason: str
    authority: str
    organisation: str
    creditCode: str
    revocation: str
    validOnTheDay: bool


@closed
class SealedRecord(TypedDict):
    seat: str
    sha256: str


@closed
class RecordFacts(TypedDict):
    """What stands behind the code printed on a record: the digests that the paper must agree with."""

    code: str
    lot: str
    tender: str
    title: str
    demonstration: bool
    part: str
    phase: str
    renderedAt: str
    minutesSha256: str
    renderedSha256: str
    sealedSha256: str | None
    sealed: list[SealedRecord]
    checkpoint: str
    archive: str | None


@closed
class ReleaseFile(TypedDict):
    path: str
    sha256: str
    size: int


@closed
class WebRelease(TypedDict):
    """The release of this web client (docs/formats/web-release.md)."""

    digest: str
    files: list[ReleaseFile]
    logged: NotRequired[LoggedEvent | None]
