"""Evidence about revocation: lists (CRL, RFC 5280) and answers (OCSP, RFC 6960), as bytes to archive.

Clients and server judge against downloaded lists: a single OCSP question would tell who bids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509 import ocsp

from crypto.certificates import parsing
from crypto.errors import Invalid

#: id-ce-expiredCertsOnCRL (X.509): a list that keeps entries beyond the certificates' own end.
EXPIRED_ON_CRL = x509.ObjectIdentifier("2.5.29.60")


@dataclass(frozen=True, slots=True)
class RevocationEvidence:
    """Lists and answers, DER, in no particular order."""

    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()

    def __add__(self, other: RevocationEvidence) -> RevocationEvidence:
        """Both together, each item once."""
        return RevocationEvidence(
            tuple(dict.fromkeys(self.crls + other.crls)), tuple(dict.fromkeys(self.ocsps + other.ocsps))
        )


NO_EVIDENCE = RevocationEvidence()


@dataclass(frozen=True, slots=True)
class Entry:
    """What a list says about one certificate.

    `invalid_since` is invalidityDate (RFC 5280 section 5.3.2). `final` is False for a hold (certificateHold)
    and for its end (removeFromCRL): those are no revocations for good.
    """

    revoked_at: datetime
    invalid_since: datetime | None
    final: bool


_PASSING = (x509.ReasonFlags.certificate_hold, x509.ReasonFlags.remove_from_crl)


@lru_cache(maxsize=256)
def parse_crl(der: bytes) -> x509.CertificateRevocationList:
    """Raises `Invalid("crl-malformed")`."""
    with parsing("crl-malformed", "the list"):
        crl = x509.load_der_x509_crl(der)
        # Reading these now means that nothing read later can raise a parser's exception.
        _ = (
            crl.issuer,
            crl.last_update_utc,
            crl.next_update_utc,
            crl.extensions,
            crl.signature_hash_algorithm,
        )
    return crl


def issued_at(crl: x509.CertificateRevocationList) -> datetime:
    """thisUpdate in UTC."""
    return crl.last_update_utc


def verify_crl(der: bytes, issuers: Iterable[x509.Certificate]) -> x509.CertificateRevocationList:
    """The list, if one of `issuers` signed it.

    Raises `Invalid` with `crl-malformed` or `crl-signature`.
    """
    crl = parse_crl(der)
    for issuer in issuers:
        if issuer.subject == crl.issuer and _signed_by(der, issuer):
            return crl
    raise Invalid("crl-signature", "no known authority signed this list", issuer=crl.issuer.rfc4514_string())


def _signed_by(der: bytes, issuer: x509.Certificate) -> bool:
    return _checked(der, hashlib.sha256(issuer.tbs_certificate_bytes).digest(), _Key(issuer))


class _Key:
    """Compares equal to any other, so that the cache below goes by the digest beside it."""

    def __init__(self, certificate: x509.Certificate) -> None:
        self.certificate = certificate

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=256)
def _checked(der: bytes, _issuer: bytes, key: _Key) -> bool:
    try:
        return parse_crl(der).is_signature_valid(key.certificate.public_key())  # type: ignore[arg-type]
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        return False


def entry_of(crl: x509.CertificateRevocationList, serial: int) -> Entry | None:
    """What the list says about that serial number of its issuer.

    Raises `Invalid("crl-malformed")`.
    """
    with parsing("crl-malformed", "an entry of the list"):
        found = crl.get_revoked_certificate_by_serial_number(serial)
        if found is None:
            return None
        extensions = list(found.extensions)
    since, final = None, True
    for extension in extensions:
        if isinstance(extension.value, x509.InvalidityDate):
            since = extension.value.invalidity_date_utc
        if isinstance(extension.value, x509.CRLReason):
            final = extension.value.reason not in _PASSING
    return Entry(found.revocation_date_utc, since, final)


def still_lists(crl: x509.CertificateRevocationList, not_after: datetime) -> bool:
    """Whether the list speaks of a certificate that ended at `not_after`: expired entries are dropped."""
    if issued_at(crl) <= not_after:
        return True
    try:
        crl.extensions.get_extension_for_oid(EXPIRED_ON_CRL)
    except x509.ExtensionNotFound:
        return False
    return True


def answers_about(der: bytes, serials: frozenset[int]) -> bool:
    """Whether an OCSP answer speaks of one of these serial numbers; False too when it does not parse."""
    try:
        with parsing("ocsp-malformed", "the answer"):
            response = ocsp.load_der_ocsp_response(der)
            if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
                return False
            return any(single.serial_number in serials for single in response.responses)
    except Invalid:
        return False
