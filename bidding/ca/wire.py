"""What the CA's counter takes and answers, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bidding.ca.domain import MAX_REASON, Application
from crypto.authority_profile import Usage
from crypto.authority_register import RevocationReason, Revoked
from crypto.canonical import b64, iso

SERIAL = r"^[0-9a-fA-F]{1,40}$"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ApplyRequest(Strict):
    """`csr` is PKCS#10 in DER, base64url; its subject names organisation, credit code and person."""

    csr: str = Field(max_length=24_000)
    usage: Usage = Usage.SINGLE
    replaces: str = Field(default="", pattern=r"^[0-9a-fA-F]{0,40}$")
    reason: str = Field(default="", max_length=MAX_REASON)


class ReviewRequest(Strict):
    approve: bool
    reason: str = Field(default="", max_length=MAX_REASON)


class RevokeRequest(Strict):
    """`cms` is the holder's signature over the revocation statement; operators need none."""

    serial: str = Field(pattern=SERIAL)
    reason: RevocationReason
    note: str = Field(default="", max_length=MAX_REASON)
    invalid_since: datetime | None = Field(default=None, alias="invalidSince")
    cms: str = Field(default="", max_length=64_000)


def application_body(
    application: Application, certificate: bytes | None, chain: Sequence[bytes], revoked: Revoked | None
) -> dict[str, Any]:
    """An application as its applicant and the operator see it.

    `applicantReason` is why a replacement was asked for, `reason` why it was decided so.
    """
    return {
        "application": application.id,
        "status": application.status.value,
        "organisation": application.organisation,
        "creditCode": application.credit_code,
        "person": application.person,
        "usage": application.usage.value,
        "replaces": application.replaces or None,
        "applicantReason": application.reason,
        "submittedAt": iso(application.submitted_at),
        "decidedAt": iso(application.decided_at) if application.decided_at else None,
        "reason": application.decision,
        "serial": application.serial or None,
        "certificate": b64(certificate) if certificate else None,
        "chain": [b64(der) for der in chain] if certificate else [],
        "revoked": revocation_body(revoked) if revoked else None,
    }


def revocation_body(revoked: Revoked) -> dict[str, Any]:
    return {
        "serial": f"{revoked.serial:x}",
        "reason": revoked.reason.value,
        "revokedAt": iso(revoked.at),
        "invalidSince": iso(revoked.invalid_since) if revoked.invalid_since else None,
    }
