"""RFC 5280 path validation as of a stated time, by pyhanko-certvalidator.

The library is imported on first use: a client that only signs never pays for it. It is given bytes and a
moment and never fetches anything itself, so its coroutines never wait and are run to their end right here.
"""

from __future__ import annotations

import threading
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from crypto.errors import Invalid
from crypto.revocation import RevocationEvidence

T = TypeVar("T")
_ONE_AT_A_TIME = threading.Lock()


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


@dataclass(frozen=True, slots=True)
class StatusRule:
    """Evidence about every certificate of the path but the anchor is wanted.

    For the end certificate it must be no older than `max_age` at the time judged; newer is welcome (ETSI EN
    319 102-1 section 5.2.5.4). For those above it, its own validity (nextUpdate) must reach to that time:
    the lists of roots appear twice a year.
    """

    evidence: RevocationEvidence
    max_age: timedelta


def validate_path(
    certificate: bytes,
    others: Sequence[bytes],
    anchors: Sequence[bytes],
    *,
    at: datetime,
    status: StatusRule | None = None,
) -> PathResult:
    """Build and validate a path from `certificate` (DER) to one of `anchors` as of `at`.

    Without a `status` rule nothing is asked about revocation.
    Raises `Invalid("bad-certificate")` when the certificate itself cannot be read.
    """
    # The library's objects parse themselves as they are looked at and are kept for the next judgement: two
    # threads over one of them would take a good certificate for a broken one.
    with _ONE_AT_A_TIME:
        return _validate_path(certificate, others, anchors, at, status)


def _validate_path(
    certificate: bytes,
    others: Sequence[bytes],
    anchors: Sequence[bytes],
    at: datetime,
    status: StatusRule | None,
) -> PathResult:
    from pyhanko_certvalidator import CertificateValidator, errors

    leaf = _parsed(certificate)
    known = [_parsed(der) for der in (*others, *anchors) if _readable(der)]
    context = _context(leaf, anchors, known, at, status)
    validator = CertificateValidator(leaf, validation_context=context)
    try:
        path = _run(validator.async_validate_path())
    except errors.RevokedError as error:
        return PathResult(fault=PathFault.REVOKED, detail=str(error), revoked_at=error.revocation_dt)
    except errors.InsufficientRevinfoError as error:
        answered = _by_answer(leaf, anchors, known, at, status) if status and status.evidence.ocsps else None
        return answered or PathResult(fault=PathFault.UNKNOWN_STATUS, detail=str(error))
    except errors.ExpiredError as error:
        return PathResult(fault=PathFault.EXPIRED, detail=str(error))
    except errors.NotYetValidError as error:
        return PathResult(fault=PathFault.NOT_YET_VALID, detail=str(error))
    except errors.PathBuildingError as error:
        return PathResult(fault=PathFault.UNTRUSTED, detail=str(error))
    except (errors.ValidationError, ValueError, TypeError, KeyError) as error:
        return PathResult(fault=PathFault.BROKEN, detail=str(error))
    return _result(path)


def _result(path: Any) -> PathResult:
    ders = [item.dump() for item in path.iter_certs(include_root=True)]
    return PathResult(path=tuple(reversed(ders)))


def _by_answer(
    leaf: Any, anchors: Sequence[bytes], known: list[Any], at: datetime, status: StatusRule
) -> PathResult | None:
    """The end certificate by its OCSP answer, the others by their lists.

    The library itself looks at an answer only where the certificate names a responder (AIA). Authorities
    that agree on one by contract do not write it there.
    """
    from pyhanko_certvalidator import CertificateValidator, errors
    from pyhanko_certvalidator.policy_decl import RevocationCheckingPolicy, RevocationCheckingRule
    from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response

    above = RevocationCheckingPolicy(
        RevocationCheckingRule.NO_CHECK, RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
    )
    context = _context(leaf, anchors, known, at, status, above)
    try:
        path = _run(CertificateValidator(leaf, validation_context=context).async_validate_path())
        _run(verify_ocsp_response(leaf, path, context))
    except errors.RevokedError as error:
        return PathResult(fault=PathFault.REVOKED, detail=str(error), revoked_at=error.revocation_dt)
    except (errors.ValidationError, errors.OCSPValidationError, errors.PathError, ValueError):
        return None
    return _result(path)


def _context(
    leaf: Any,
    anchors: Sequence[bytes],
    known: list[Any],
    at: datetime,
    status: StatusRule | None,
    checking: Any = None,
) -> Any:
    from pyhanko_certvalidator import ValidationContext
    from pyhanko_certvalidator.policy_decl import NO_REVOCATION, REQUIRE_REVINFO, CertRevTrustPolicy

    evidence = status.evidence if status else RevocationEvidence()
    max_age = status.max_age if status else timedelta()
    return ValidationContext(
        trust_roots=[_parsed(der) for der in anchors],
        other_certs=known,
        moment=at,
        crls=[_list(der, leaf, max_age) for der in evidence.crls],
        ocsps=_answers(evidence.ocsps, leaf, max_age),
        revinfo_policy=CertRevTrustPolicy(
            checking or (REQUIRE_REVINFO if status else NO_REVOCATION), retroactive_revinfo=True
        ),
        allow_fetching=False,
    )


def _list(der: bytes, leaf: Any, max_age: timedelta) -> Any:
    from pyhanko_certvalidator.revinfo.archival import CRLContainer

    parsed = _parsed_list(der)
    kind = _aged(CRLContainer, max_age) if parsed.issuer == leaf.issuer else CRLContainer
    return kind(parsed)


def _answers(ders: Sequence[bytes], leaf: Any, max_age: timedelta) -> list[Any]:
    from asn1crypto import ocsp
    from pyhanko_certvalidator.revinfo.archival import OCSPContainer

    found: list[Any] = []
    for der in ders:
        try:
            response = ocsp.OCSPResponse.load(der)
            singles: list[Any] = [
                each.extract_single_response() for each in OCSPContainer.load_multi(response)
            ]
        except (ValueError, TypeError, KeyError):
            continue
        for index, single in enumerate(singles):
            about_leaf = single["cert_id"]["serial_number"].native == leaf.serial_number
            kind = _aged(OCSPContainer, max_age) if about_leaf else OCSPContainer
            found.append(kind(response, index))
    return found


@lru_cache(maxsize=16)
def _aged(kind: Any, max_age: timedelta) -> Any:
    """The library's container for evidence, but usable as long as it is not older than `max_age`."""
    from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy, FreshnessReqType

    aged = CertRevTrustPolicy(
        REQUIRE_REVINFO, freshness=max_age, freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION
    )

    class Aged(kind):  # type: ignore[misc]
        def usable_at(self, policy: object, timing_params: object) -> Any:
            return super().usable_at(aged, timing_params)

    return Aged


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


@lru_cache(maxsize=256)
def _parsed_list(der: bytes) -> Any:
    from asn1crypto import crl

    return crl.CertificateList.load(der)


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Drive a coroutine that never waits for anything, on any thread, inside or outside an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    coroutine.close()
    raise RuntimeError("path validation tried to wait although it may not fetch anything")
