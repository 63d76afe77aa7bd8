"""What clients send to the desk, bounded and strict."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Signature = Annotated[str, StringConstraints(min_length=86, max_length=86, pattern=r"^[A-Za-z0-9_-]+$")]
BidId = Annotated[str, StringConstraints(pattern=r"^b_[a-z2-7]{26}$")]
PartName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Instant = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
ShortText = Annotated[str, StringConstraints(max_length=256)]
FactName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]{0,39}$")]
Blob = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]*$")]

#: Sizes are checked against these before anything is read or stored, in bytes.
MAX_MANIFEST = 1 << 20
MAX_BOX = 4 << 20
MAX_PART = 64 << 30
MAX_PARTS = 8


class Strict(BaseModel):
    """A key that is not named here is a mistake the client should hear of."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Replacement(Strict):
    """`sig` is the OLD bid's receipt key over {label, tender, lot, old, new}."""

    old: Hex
    new: Hex
    sig: Signature


class BeginUpload(Strict):
    """POST lots/{lot}/uploads."""

    ticket: Annotated[str, StringConstraints(max_length=120)]
    manifest: Annotated[Blob, StringConstraints(max_length=MAX_MANIFEST * 4 // 3 + 4)]
    box: Annotated[int, Field(ge=1, le=MAX_BOX)]
    parts: Annotated[
        dict[PartName, Annotated[int, Field(ge=1, le=MAX_PART)]], Field(min_length=1, max_length=MAX_PARTS)
    ]
    replace: Replacement | None = None


class Withdraw(Strict):
    """POST lots/{lot}/withdraw."""

    submission: Hex
    sig: Signature


class CheckIn(Strict):
    """POST lots/{lot}/checkin."""

    bid: BidId
    at: Instant
    sig: Signature


class Acknowledge(Strict):
    """POST lots/{lot}/acks."""

    bid: BidId
    revision: Annotated[int, Field(ge=0, lt=1 << 31)]
    docsHash: Hex
    at: Instant
    sig: Signature


class Diagnostic(Strict):
    """POST lots/{lot}/diagnostics."""

    bid: BidId
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,31}$")]
    facts: Annotated[dict[FactName, ShortText], Field(max_length=32)]
    at: Instant
    sig: Signature


class AskEnvelope(Strict):
    """POST selfcheck/envelope: an uncompressed P-256 point."""

    publicKey: Annotated[Blob, StringConstraints(max_length=100)]


class CheckCertificate(Strict):
    """POST selfcheck/certificate: DER in base64url; `at` is the day to judge for, by default now."""

    certificate: Annotated[Blob, StringConstraints(max_length=32 << 10)]
    chain: Annotated[list[Annotated[Blob, StringConstraints(max_length=32 << 10)]], Field(max_length=8)] = []
    at: Instant | None = None
