"""What happens at the counter: rows and log events in one transaction, the authority's book beside them.

The book is written first: a certificate that exists is never unknown to its CRL and OCSP. Should the
server die before the row follows, the review is repeated and finds the certificate issued for that key.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bidding.ca import store
from bidding.ca.domain import (
    MAX_REASON,
    Application,
    ApplicationId,
    Replaced,
    Status,
    issue,
    reject,
    revocation_statement,
    submit,
)
from ceremony.errors import Refusal
from crypto.authority import DemoAuthority
from crypto.authority_profile import Usage
from crypto.authority_register import RevocationReason, Revoked
from crypto.canonical import canon, iso, sha256_hex
from crypto.certificates import certificate_facts
from crypto.credit_code import parse_credit_code
from crypto.csr import parse_csr
from crypto.errors import Invalid
from crypto.signing import verify_detached
from crypto.translog.engine import reading
from crypto.translog.store import Log, NewEvent

STREAM = "platform"
PLATFORM = "platform:ca"


@dataclass(frozen=True, slots=True)
class Counter:
    """The demonstration CA open for business."""

    authority: DemoAuthority
    engine: sa.Engine
    log: Log
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    #: A rehearsal has no operator waiting: applications are issued at once.
    issues_at_once: bool = False


def apply(counter: Counter, csr: bytes, *, usage: Usage, replaces: str = "", reason: str = "") -> Application:
    """Hand in a request (PKCS#10, DER). The same request again is the same application.

    Raises `Invalid` for the request itself and `Refusal` for what `submit` says.
    """
    csr_sha256 = sha256_hex(csr)
    with reading(counter.engine) as tx:
        known = store.by_csr(tx, csr_sha256)
    if known is not None:
        return known
    request = parse_csr(csr)
    fresh = Application(
        id=ApplicationId(f"a_{base64.b32encode(counter.random(16)).decode().rstrip('=').lower()}"),
        csr_sha256=csr_sha256,
        csr=csr,
        organisation=_text(request.organisation, "organisation"),
        credit_code=parse_credit_code(request.credit_code),
        person=_text(request.person, "person"),
        usage=usage,
        replaces=replaces.lower().lstrip("0"),
        reason=reason,
        submitted_at=counter.clock(),
    )
    with reading(counter.engine) as tx:
        waiting = store.waiting(tx, fresh.credit_code)
    accepted = submit(fresh, waiting=waiting, replaced=_replaced(counter.authority, fresh.replaces))
    events = [NewEvent("CertificateApplied", PLATFORM, _applied(accepted))]
    if counter.issues_at_once:
        accepted = _issued(counter, accepted, by=PLATFORM, reason="rehearsal")
        events += _decision_events(accepted, PLATFORM)

    def rows(tx: sa.Connection) -> None:
        store.insert(tx, accepted)

    counter.log.append(STREAM, None, events, command_id=f"apply:{csr_sha256}", within=rows)
    return find(counter, accepted.id, csr_sha256=csr_sha256)


def review(counter: Counter, application_id: str, *, approve: bool, by: str, reason: str) -> Application:
    """An operator's decision. Approving a replacement revokes the certificate it replaces.

    Raises `Refusal` with `not-found`, `application-decided` or `application-incomplete`.
    """
    found = find(counter, application_id)
    now = counter.clock()
    reason = _text(reason, "reason", limit=MAX_REASON)
    if found.status is not Status.SUBMITTED:
        raise Refusal("application-decided", f"it was {found.status.value} before")
    decided = (
        _issued(counter, found, by=by, reason=reason)
        if approve
        else reject(found, by=by, reason=reason, now=now)
    )

    def rows(tx: sa.Connection) -> None:
        store.decide(tx, decided)

    counter.log.append(STREAM, None, _decision_events(decided, by), within=rows)
    return decided


def find(counter: Counter, application_id: str, *, csr_sha256: str = "") -> Application:
    """Raises `Refusal("not-found")`."""
    with reading(counter.engine) as tx:
        found = store.by_csr(tx, csr_sha256) if csr_sha256 else store.by_id(tx, application_id)
    if found is None:
        raise Refusal("not-found", "there is no such application")
    return found


def listing(counter: Counter, status: Status, *, limit: int = 200) -> list[Application]:
    """Applications of a status, for the operator: those that wait longest first, of the others the latest."""
    with reading(counter.engine) as tx:
        return store.page(tx, status, limit=limit)


def revoke(
    counter: Counter,
    serial: str,
    reason: RevocationReason,
    *,
    by: str,
    note: str = "",
    invalid_since: datetime | None = None,
) -> Revoked:
    """Revoke a certificate, for good and once; asking again answers what stands.

    Raises `Invalid("not-issued-here")`, or `Refusal("invalidity-in-future")`.
    """
    now = counter.clock()
    if invalid_since is not None and invalid_since > now:
        raise Refusal("invalidity-in-future", "a key cannot have been lost later than now")
    revoked = counter.authority.revoke(_serial(serial), reason, at=now, invalid_since=invalid_since)
    counter.log.append(
        STREAM, None, [_revoked_event(revoked, by, note)], command_id=f"revoke:{revoked.serial:x}"
    )
    return revoked


def verify_holder(counter: Counter, serial: str, reason: RevocationReason, cms: bytes) -> str:
    """Who asks, if the certificate's own key signed `revocation_statement`; the answer is a seat for the log.

    Raises `Invalid` with `not-issued-here`, `bad-cms`, `bad-signature` or `revocation-by-other`.
    """
    issued = counter.authority.issued(_serial(serial))
    if issued is None:
        raise Invalid("not-issued-here", "this authority issued no certificate with that serial number")
    signed = verify_detached(cms, data=canon(revocation_statement(serial, reason.value)))
    if signed.certificate != issued.certificate:
        raise Invalid("revocation-by-other", "only the certificate's own key may ask this way")
    return f"holder:{issued.serial:x}"


def certificate_of(counter: Counter, application: Application) -> bytes | None:
    """The certificate (DER) an application led to."""
    if not application.serial:
        return None
    issued = counter.authority.issued(_serial(application.serial))
    return issued.certificate if issued else None


def revocation_of(counter: Counter, application: Application) -> Revoked | None:
    """Whether and when the certificate an application led to was revoked."""
    return counter.authority.revoked(_serial(application.serial)) if application.serial else None


def _issued(counter: Counter, application: Application, *, by: str, reason: str) -> Application:
    now = counter.clock()
    request = parse_csr(application.csr)
    known = counter.authority.issued_for(request.key_bytes)
    certificate = known or counter.authority.issue_for_key(
        request.public_key,
        organisation=application.organisation,
        credit_code=application.credit_code,
        person=application.person,
        usage=application.usage,
        at=now,
    )
    if application.replaces:
        replaced = RevocationReason.SUPERSEDED
        counter.authority.revoke(_serial(application.replaces), replaced, at=now)
    serial = f"{certificate_facts(certificate).serial:x}"
    return issue(application, serial=serial, by=by, reason=reason, now=now)


def _decision_events(decided: Application, by: str) -> Sequence[NewEvent]:
    kind = "CertificateIssued" if decided.status is Status.ISSUED else "ApplicationRejected"
    body = {"application": decided.id, "serial": decided.serial, "reason": decided.decision}
    events = [NewEvent(kind, by, body)]
    if decided.status is Status.ISSUED and decided.replaces:
        superseded = {"serial": decided.replaces, "reason": "superseded", "note": decided.reason}
        events.append(NewEvent("CertificateRevoked", by, superseded))
    return events


def _revoked_event(revoked: Revoked, by: str, note: str) -> NewEvent:
    body = {"serial": f"{revoked.serial:x}", "reason": revoked.reason.value, "note": note}
    if revoked.invalid_since is not None:
        body["invalidSince"] = iso(revoked.invalid_since)
    return NewEvent("CertificateRevoked", by, body)


def _applied(application: Application) -> dict[str, str]:
    return {
        "application": application.id,
        "csr": application.csr_sha256,
        "organisation": application.organisation,
        "creditCode": application.credit_code,
        "person": application.person,
        "usage": application.usage.value,
        "replaces": application.replaces,
        "reason": application.reason,
    }


def _replaced(authority: DemoAuthority, serial: str) -> Replaced | None:
    issued = authority.issued(_serial(serial)) if serial else None
    if issued is None:
        return None
    facts = certificate_facts(issued.certificate)
    person = "" if facts.common_name == facts.organisation else facts.common_name
    revoked = authority.revoked(issued.serial) is not None
    return Replaced(facts.organisation, facts.credit_code or "", person, revoked)


def _serial(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError as error:
        raise Invalid("not-issued-here", "a serial number is hexadecimal") from error


def _text(text: str, what: str, *, limit: int = 64) -> str:
    if len(text) > limit or (text and not text.isprintable()):
        raise Refusal("application-incomplete", f"{what}: at most {limit} printable characters")
    return text.strip()
