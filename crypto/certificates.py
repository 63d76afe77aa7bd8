"""What a certificate says about its holder, read with asn1crypto so that the clients stay light.

Whether it is to be believed (path, revocation, policy) is judged in :mod:`crypto.trust`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate

from crypto.credit_code import parse_credit_code
from crypto.errors import Invalid

MAX_CERTIFICATE = 64 * 1024

_SERIAL_NUMBER = "2.5.4.5"
_ORGANIZATION_IDENTIFIER = "2.5.4.97"
# GM/T 0015-2012: organisation code and business registration number as certificate extensions.
_CODE_EXTENSIONS = ("1.2.156.10260.4.1.3", "1.2.156.10260.4.1.4")


@contextmanager
def parsing(code: str, what: str) -> Iterator[None]:
    """Turn whatever a parser throws at hostile bytes into ``Invalid(code)``."""
    try:
        yield
    except Invalid:
        raise
    except Exception as error:
        # ASN.1 parsers answer hostile bytes with ValueError, TypeError, KeyError, RecursionError …: the
        # list is theirs and changes, so everything that is not ours counts as "does not parse".
        raise Invalid(code, f"{what} cannot be read: {type(error).__name__}") from error


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """The statements of one certificate. ``credit_code`` is None without a valid one."""

    subject_name: str
    common_name: str
    organisation: str
    credit_code: str | None
    issuer_name: str
    serial: int
    not_before: datetime
    not_after: datetime
    sha256: str
    key_usage: frozenset[str]
    key_algorithm: str

    @property
    def may_encrypt(self) -> bool:
        """Whether its keyUsage allows a key to be wrapped to it."""
        return bool(self.key_usage & {"key_agreement", "key_encipherment"})


def parse_certificate(der: bytes) -> x509.Certificate:
    """One X.509 certificate and nothing after it; else ``bad-certificate``."""
    if len(der) > MAX_CERTIFICATE:
        raise Invalid("bad-certificate", "longer than any certificate is")
    with parsing("bad-certificate", "the certificate"):
        certificate = x509.Certificate.load(der, strict=True)
        _ = certificate.native  # forces every lazy field to parse now
        return certificate


def certificate_facts(der: bytes) -> CertificateFacts:
    """Read subject, validity and usage; ``bad-certificate`` when they cannot be read."""
    certificate = parse_certificate(der)
    with parsing("bad-certificate", "the certificate"):
        tbs = certificate["tbs_certificate"]
        names = [
            (pair["type"].dotted, pair["value"].native) for rdn in certificate.subject.chosen for pair in rdn
        ]
        usage = certificate.key_usage_value
        return CertificateFacts(
            subject_name=certificate.subject.human_friendly,
            common_name=_first(names, "2.5.4.3"),
            organisation=_first(names, "2.5.4.10"),
            credit_code=_credit_code(names, certificate),
            issuer_name=certificate.issuer.human_friendly,
            serial=certificate.serial_number,
            not_before=tbs["validity"]["not_before"].native,
            not_after=tbs["validity"]["not_after"].native,
            sha256=hashlib.sha256(der).hexdigest(),
            key_usage=frozenset(usage.native) if usage is not None else frozenset(),
            key_algorithm=tbs["subject_public_key_info"]["algorithm"]["algorithm"].native,
        )


def certificate_point(der: bytes) -> bytes | None:
    """The P-256 point a key may be wrapped to, or None when key type or keyUsage do not allow it."""
    if "key_agreement" not in certificate_facts(der).key_usage:
        return None
    with parsing("bad-certificate", "the certificate's key"):
        key = load_der_x509_certificate(der).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        return None
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _first(names: list[tuple[str, object]], oid: str) -> str:
    return next((str(value) for kind, value in names if kind == oid), "")


def _credit_code(names: list[tuple[str, object]], certificate: x509.Certificate) -> str | None:
    """The first valid code in: subject serialNumber, organizationIdentifier, the GM/T 0015 extensions."""
    candidates = [str(v) for oid in (_SERIAL_NUMBER, _ORGANIZATION_IDENTIFIER) for k, v in names if k == oid]
    candidates += [
        extension["extn_value"].native[-18:].decode("ascii", "replace")
        for extension in certificate["tbs_certificate"]["extensions"]
        if extension["extn_id"].dotted in _CODE_EXTENSIONS
    ]
    for candidate in candidates:
        try:
            return parse_credit_code(candidate.rsplit("-", 1)[-1])
        except Invalid:
            continue
    return None
