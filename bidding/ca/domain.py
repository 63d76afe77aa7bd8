"""Rules of applying for a certificate, of reviewing, reissuing (补办) and revoking (吊销)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from ceremony.errors import Refusal
from crypto.authority_profile import Usage

ApplicationId = NewType("ApplicationId", str)
"""`a_…`, random: whoever applied, and nobody else, can follow the application with it."""

#: Applications of one organisation that may wait for review at the same time.
MAX_WAITING = 20
#: Characters of a reason.
MAX_REASON = 500
REVOKE_LABEL = "kaibiao/revoke/v1"


class Status(StrEnum):
    """Where an application stands."""

    SUBMITTED = "submitted"
    ISSUED = "issued"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Application:
    """One request for a certificate. `replaces` is the serial number (hex) of the one it replaces."""

    id: ApplicationId
    csr_sha256: str
    csr: bytes
    organisation: str
    credit_code: str
    person: str
    usage: Usage
    replaces: str
    reason: str
    submitted_at: datetime
    status: Status = Status.SUBMITTED
    decided_at: datetime | None = None
    decided_by: str = ""
    decision: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Replaced:
    """The certificate that an application wants to replace, as the authority's book has it."""

    organisation: str
    credit_code: str
    person: str
    revoked: bool


def submit(application: Application, *, waiting: int, replaced: Replaced | None) -> Application:
    """Whether an application may stand in line; `waiting` counts those of the same organisation.

    Raises `Refusal` with `application-incomplete`, `applications-waiting`, `certificate-unknown` or
    `reissue-other-holder`.
    """
    if not application.organisation or not application.credit_code:
        raise Refusal("application-incomplete", "the request names no organisation or no credit code")
    if waiting >= MAX_WAITING:
        raise Refusal("applications-waiting", "wait for the review of earlier ones", limit=MAX_WAITING)
    if not application.replaces:
        return application
    if replaced is None:
        raise Refusal("certificate-unknown", "no certificate with that serial number was issued here")
    asked = (application.organisation, application.credit_code, application.person)
    if asked != (replaced.organisation, replaced.credit_code, replaced.person):
        raise Refusal("reissue-other-holder", "a replacement is issued to the same holder only")
    if not application.reason:
        raise Refusal("application-incomplete", "a replacement needs a reason")
    return application


def issue(application: Application, *, serial: str, by: str, reason: str, now: datetime) -> Application:
    """The application after its certificate was issued. Raises `Refusal("application-decided")`."""
    return _decided(application, Status.ISSUED, by, reason, now, serial)


def reject(application: Application, *, by: str, reason: str, now: datetime) -> Application:
    """The application after a refusal, which needs a reason.

    Raises `Refusal` with `application-decided` or `application-incomplete`.
    """
    if not reason:
        raise Refusal("application-incomplete", "a rejection needs a reason")
    return _decided(application, Status.REJECTED, by, reason, now, "")


def _decided(
    application: Application, status: Status, by: str, reason: str, now: datetime, serial: str
) -> Application:
    if application.status is not Status.SUBMITTED:
        raise Refusal("application-decided", f"it was {application.status.value} before")
    return replace(application, status=status, decided_at=now, decided_by=by, decision=reason, serial=serial)


def revocation_statement(serial: str, reason: str) -> dict[str, str]:
    """What a holder signs with the certificate's own key to have it revoked at once."""
    return {"label": REVOKE_LABEL, "serial": serial, "reason": reason}
