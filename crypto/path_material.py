"""What a path may be built from, and what may speak about it: the reading side of `crypto.trust`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from crypto.certificates import parsing
from crypto.errors import Invalid
from crypto.revocation import Entry, entry_of, parse_crl, verify_crl

MAX_CERTIFICATE_BYTES = 32 * 1024
MAX_CHAIN = 10


class Purpose(StrEnum):
    """What the certificate was used for: single certificates do both, pairs (双证书) one each."""

    SIGN = "sign"
    ENCRYPT = "encrypt"


@lru_cache(maxsize=1024)
def load_certificate(der: bytes) -> x509.Certificate:
    """Raises `Invalid("bad-certificate")`."""
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise Invalid("bad-certificate", f"larger than {MAX_CERTIFICATE_BYTES} bytes")
    with parsing("bad-certificate", "the certificate"):
        certificate = x509.load_der_x509_certificate(der)
        _ = (certificate.subject, certificate.issuer, certificate.extensions)
        if certificate.serial_number <= 0:
            raise ValueError("the serial number is not positive (RFC 5280 section 4.1.2.2)")
        _ = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    return certificate


def loaded(ders: Iterable[bytes]) -> Iterator[x509.Certificate]:
    """Those that can be read; the rest proves nothing and harms nothing."""
    for der in ders:
        try:
            yield load_certificate(der)
        except Invalid:
            continue


def is_readable(der: bytes) -> bool:
    return next(loaded((der,)), None) is not None


def verify_purpose(certificate: x509.Certificate, purpose: Purpose) -> None:
    """RFC 5280 section 4.2.1.3: a certificate without keyUsage may do both.

    Raises `Invalid("certificate-key-usage")`.
    """
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    signs = usage.digital_signature or usage.content_commitment
    encrypts = usage.key_encipherment or usage.key_agreement or usage.data_encipherment
    if not (signs if purpose is Purpose.SIGN else encrypts):
        raise Invalid("certificate-key-usage", f"the certificate may not {purpose.value}")


def authentic(der: bytes, issuers: Sequence[x509.Certificate]) -> x509.CertificateRevocationList | None:
    try:
        return verify_crl(der, issuers)
    except Invalid:
        return None


def list_issuers(certificate: x509.Certificate) -> Iterator[x509.Name]:
    """Who may list the certificate: its issuer, or whom its distribution points name (indirect lists)."""
    yield certificate.issuer
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return
    for point in points:
        for name in point.crl_issuer or ():
            if isinstance(name, x509.DirectoryName):
                yield name.value


@dataclass(frozen=True, slots=True)
class ReadList:
    der: bytes
    list: x509.CertificateRevocationList


def readable(ders: Iterable[bytes]) -> Iterator[ReadList]:
    for der in ders:
        try:
            yield ReadList(der, parse_crl(der))
        except Invalid:
            continue


def entry_or_none(crl: x509.CertificateRevocationList, serial: int) -> Entry | None:
    try:
        return entry_of(crl, serial)
    except Invalid:
        return None


def vouched(
    chain: Sequence[bytes], intermediates: Sequence[bytes], anchors: Sequence[bytes]
) -> tuple[bytes, ...]:
    """The authority's own certificates, and those of `chain` that they signed, directly or in turn.

    A holder can send any number of certificates that sign each other; searching a path among them would take
    for ever. Only what an anchor stands behind is searched.
    """
    found_so_far = [der for der in intermediates if is_readable(der)]
    known = list(loaded((*intermediates, *anchors)))
    waiting = [der for der in dict.fromkeys(chain) if der not in found_so_far and der not in anchors]
    for _ in range(MAX_CHAIN):
        found = [der for der in waiting if _is_signed(der, known)]
        if not found:
            break
        found_so_far += found
        known += [load_certificate(der) for der in found]
        waiting = [der for der in waiting if der not in found]
    return tuple(found_so_far)


def above(certificate: x509.Certificate, others: Iterable[bytes]) -> tuple[bytes, ...]:
    """Those of `others` that the issuer names lead to, upwards from a certificate; no others can matter."""
    waiting = {der: load_certificate(der) for der in others}
    found: dict[bytes, x509.Certificate] = {}
    names = set(list_issuers(certificate))
    while fresh := {der: each for der, each in waiting.items() if each.subject in names and der not in found}:
        found |= fresh
        names |= {name for each in fresh.values() for name in list_issuers(each)}
    return tuple(found)


def _is_signed(der: bytes, issuers: Sequence[x509.Certificate]) -> bool:
    try:
        certificate = load_certificate(der)
    except Invalid:
        return False
    for issuer in issuers:
        if issuer.subject != certificate.issuer:
            continue
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            continue
        return True
    return False
