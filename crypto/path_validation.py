"""RFC 5280 path validation as of a stated time, by pyhanko-certvalidator.

The library is imported on first use: a client that only signs never pays for it. It is given bytes and a
moment and never fetches anything itself, so its coroutines never wait and are run to their end right here.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from crypto.errors import Invalid
from crypto.revocation import RevocationEvidence

T = TypeVar("T")


class PathFault(StrEnum):
    """Why a path was refused."""

    UNTRUSTED = "certificate-untrusted"
    EXPIRED = "certificate-expired"
    NOT_YET_VALID = "certificate-not-yet-valid"
    REVOKED = "certificate-revoked"
    UNKNOWN_STATUS = "revocation-unknown"
    BROKEN = "certificate-path-invalid"


@dataclass(frozen=True, slots=True)
class PathResult:
    """A path that holds (`fault` None, leaf first, anchor last), or why it does not."""

    path: tuple[bytes, ...] = ()
    fault: PathFault | None = None
    detail: str = ""
    revoked_at: datetime | None = None


class StatusRule(StrEnum):
    """What is asked about revocation of the end certificate; the others are asked about separately."""

    NONE = "none"
    FRESH = "fresh"
    CURRENT = "current"


def validate_path(
    certificate: bytes,
    others: Sequence[bytes],
    anchors: Sequence[bytes],
    *,
    at: datetime,
    evidence: RevocationEvidence = RevocationEvidence(),
    rule: StatusRule = StatusRule.NONE,
    max_age: timedelta = timedelta(days=1),
) -> PathResult:
    """Build and validate a path from `certificate` (DER) to one of `anchors` as of `at`.

    `FRESH` wants evidence no older than `max_age` at that time, newer is welcome (ETSI EN 319 102-1 section
    5.2.5.4); `CURRENT` wants evidence whose own validity reaches to that time.
    Raises `Invalid("bad-certificate")` when the certificate itself cannot be read.
    """
    from pyhanko_certvalidator import CertificateValidator, errors

    leaf = _parsed(certificate)
    known = [_parsed(der) for der in (*others, *anchors) if _readable(der)]
    context = _context(anchors, known, at, evidence, rule, max_age)
    validator = CertificateValidator(leaf, validation_context=context)
    try:
        path = _run(validator.async_validate_path())
    except errors.RevokedError as error:
        return PathResult(fault=PathFault.REVOKED, detail=str(error), revoked_at=error.revocation_dt)
    except errors.InsufficientRevinfoError as error:
        return PathResult(fault=PathFault.UNKNOWN_STATUS, detail=str(error))
    except errors.ExpiredError as error:
        return PathResult(fault=PathFault.EXPIRED, detail=str(error))
    except errors.NotYetValidError as error:
        return PathResult(fault=PathFault.NOT_YET_VALID, detail=str(error))
    except errors.PathBuildingError as error:
        return PathResult(fault=PathFault.UNTRUSTED, detail=str(error))
    except (errors.ValidationError, ValueError, TypeError, KeyError) as error:
        return PathResult(fault=PathFault.BROKEN, detail=str(error))
    ders = [item.dump() for item in path.iter_certs(include_root=True)]
    return PathResult(path=tuple(reversed(ders)))


def _context(
    anchors: Sequence[bytes],
    known: list[Any],
    at: datetime,
    evidence: RevocationEvidence,
    rule: StatusRule,
    max_age: timedelta,
) -> Any:
    from pyhanko_certvalidator import ValidationContext
    from pyhanko_certvalidator.policy_decl import (
        CertRevTrustPolicy,
        FreshnessReqType,
        RevocationCheckingPolicy,
        RevocationCheckingRule,
    )

    asked = (
        RevocationCheckingRule.NO_CHECK
        if rule is StatusRule.NONE
        else RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
    )
    checking = RevocationCheckingPolicy(asked, RevocationCheckingRule.NO_CHECK)
    if rule is StatusRule.FRESH:
        policy = CertRevTrustPolicy(
            checking, freshness=max_age, freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION
        )
    else:
        policy = CertRevTrustPolicy(checking, retroactive_revinfo=True)
    return ValidationContext(
        trust_roots=[_parsed(der) for der in anchors],
        other_certs=known,
        moment=at,
        crls=_lists(evidence.crls),
        ocsps=_answers(evidence.ocsps),
        revinfo_policy=policy,
        allow_fetching=False,
    )


@lru_cache(maxsize=1024)
def _parsed(der: bytes) -> Any:
    from asn1crypto import x509 as asn1

    try:
        certificate = asn1.Certificate.load(der, strict=True)
        _ = (certificate.subject.hashable, certificate.issuer.hashable, certificate.public_key.algorithm)
        _ = (certificate.not_valid_before, certificate.not_valid_after, certificate.critical_extensions)
    except (ValueError, TypeError, KeyError) as error:
        raise Invalid("bad-certificate", str(error)) from error
    return certificate


def _readable(der: bytes) -> bool:
    """A chain sent by the holder may contain junk; junk proves nothing and harms nothing."""
    try:
        _parsed(der)
    except Invalid:
        return False
    return True


@lru_cache(maxsize=64)
def _parsed_list(der: bytes) -> Any:
    from asn1crypto import crl
    from pyhanko_certvalidator.revinfo.archival import CRLContainer

    return CRLContainer(crl.CertificateList.load(der))


def _lists(ders: Sequence[bytes]) -> list[Any]:
    return [_parsed_list(der) for der in ders]


def _answers(ders: Sequence[bytes]) -> list[Any]:
    from asn1crypto import ocsp
    from pyhanko_certvalidator.revinfo.archival import OCSPContainer

    found: list[Any] = []
    for der in ders:
        try:
            found.extend(OCSPContainer.load_multi(ocsp.OCSPResponse.load(der)))
        except (ValueError, TypeError, KeyError):
            continue
    return found


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Drive a coroutine that never waits for anything, on any thread, inside or outside an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    coroutine.close()
    raise RuntimeError("path validation tried to wait although it may not fetch anything")
