"""What the certificates of the demonstration authority look like. Every one says 演示/无法律效力.

The profiles follow RFC 5280; the time-stamp certificate follows RFC 3161 section 2.3 (one critical purpose).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from crypto.csr import PrivateKey, PublicKey
from crypto.errors import Invalid

#: Organisational unit of every name, and the words of every policy notice.
DEMONSTRATION = "演示/无法律效力"
NOTICE = "演示证书，无法律效力。Demonstration only: this certificate has no legal effect."
#: An OID of our own under 2.25 (ITU-T X.667: no registration needed).
POLICY = "2.25.124190878413404235606963534655477591615"
ORGANISATION = "开标演示电子认证"
#: How far back validity starts, so that a client whose clock is a little slow accepts a fresh certificate.
BACKDATE = timedelta(minutes=5)
MAX_NAME = 64


class Usage(StrEnum):
    """What a person's certificate may do: alone, or as one of a sign/encrypt pair (双证书)."""

    SINGLE = "single"
    SIGN = "sign"
    ENCRYPT = "encrypt"


class Role(StrEnum):
    """The authority's own certificates."""

    ROOT = "root"
    INTERMEDIATE = "intermediate"
    TIME_STAMP = "tsa"
    OCSP = "ocsp"


COMMON_NAMES = {
    Role.ROOT: "演示根证书 Demonstration Root",
    Role.INTERMEDIATE: "演示签发证书 Demonstration Issuing CA",
    Role.TIME_STAMP: "演示时间戳 Demonstration TSA",
    Role.OCSP: "演示OCSP Demonstration OCSP",
}


@dataclass(frozen=True, slots=True)
class Validity:
    """Both ends in UTC; X.509 knows whole seconds only."""

    not_before: datetime
    not_after: datetime

    @classmethod
    def starting(cls, at: datetime, *, days: int) -> Validity:
        start = (at - BACKDATE).replace(microsecond=0)
        return cls(start, start + timedelta(days=days))


def own_name(role: Role) -> x509.Name:
    """Subject of one of the authority's own certificates."""
    return _name(ORGANISATION, COMMON_NAMES[role])


def holder_name(organisation: str, credit_code: str, common_name: str) -> x509.Name:
    """Subject of an issued certificate: O, OU, CN and serialNumber = 统一社会信用代码.

    Raises `Invalid("subject-too-long")` beyond the 64 characters of X.520.
    """
    return _name(organisation, common_name, x509.NameAttribute(NameOID.SERIAL_NUMBER, credit_code))


def _name(organisation: str, common_name: str, *more: x509.NameAttribute[str]) -> x509.Name:
    for text in (organisation, common_name):
        if not 1 <= len(text) <= MAX_NAME:
            raise Invalid(
                "subject-too-long", "names in certificates have 1 to 64 characters", length=len(text)
            )
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, DEMONSTRATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            *more,
        ]
    )


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs, and where its CRL, OCSP and certificate are served."""

    certificate: x509.Certificate
    key: PrivateKey
    crl_url: str
    ocsp_url: str
    chain_url: str


def root_certificate(key: PrivateKey, validity: Validity) -> x509.Certificate:
    """The self-signed anchor."""
    name = own_name(Role.ROOT)
    builder = _start(name, name, key.public_key(), validity)
    return _certificate_authority(builder, path_length=1).sign(key, hashes.SHA256())


def intermediate_certificate(key: PublicKey, validity: Validity, issuer: Issuer) -> x509.Certificate:
    """The issuing certificate, two levels at most below the anchor."""
    builder = _start(own_name(Role.INTERMEDIATE), issuer.certificate.subject, key, validity)
    builder = _certificate_authority(builder, path_length=0)
    return _locations(_identified(_policy(builder), issuer), issuer).sign(issuer.key, hashes.SHA256())


def time_stamp_certificate(key: PublicKey, validity: Validity, issuer: Issuer) -> x509.Certificate:
    """The time-stamp certificate: timeStamping is its only purpose and critical (RFC 3161 section 2.3)."""
    builder = _start(own_name(Role.TIME_STAMP), issuer.certificate.subject, key, validity)
    builder = _end_entity(builder, _key_usage(signs=True), [ExtendedKeyUsageOID.TIME_STAMPING], critical=True)
    return _locations(_identified(_policy(builder), issuer), issuer).sign(issuer.key, hashes.SHA256())


def ocsp_certificate(key: PublicKey, validity: Validity, issuer: Issuer) -> x509.Certificate:
    """A delegated responder, itself not asked about (RFC 6960 section 4.2.2.2.1)."""
    builder = _start(own_name(Role.OCSP), issuer.certificate.subject, key, validity)
    builder = _end_entity(builder, _key_usage(signs=True), [ExtendedKeyUsageOID.OCSP_SIGNING])
    builder = _identified(_policy(builder), issuer).add_extension(x509.OCSPNoCheck(), critical=False)
    return builder.sign(issuer.key, hashes.SHA256())


def holder_certificate(
    key: PublicKey, subject: x509.Name, validity: Validity, issuer: Issuer, usage: Usage
) -> x509.Certificate:
    """A person's or an organisation's certificate."""
    key_usage = _key_usage(
        signs=usage is not Usage.ENCRYPT,
        transports=usage is not Usage.SIGN and isinstance(key, rsa.RSAPublicKey),
        agrees=usage is not Usage.SIGN and isinstance(key, ec.EllipticCurvePublicKey),
    )
    purposes = [ExtendedKeyUsageOID.EMAIL_PROTECTION]
    if usage is not Usage.ENCRYPT:
        purposes.append(ExtendedKeyUsageOID.CLIENT_AUTH)
    builder = _start(subject, issuer.certificate.subject, key, validity)
    builder = _end_entity(builder, key_usage, purposes)
    return _locations(_identified(_policy(builder), issuer), issuer).sign(issuer.key, hashes.SHA256())


def _start(
    subject: x509.Name, issuer: x509.Name, key: PublicKey, validity: Validity
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(validity.not_before).not_valid_after(validity.not_after)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _certificate_authority(builder: x509.CertificateBuilder, *, path_length: int) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    return builder.add_extension(_key_usage(certifies=True), critical=True)


def _end_entity(
    builder: x509.CertificateBuilder,
    key_usage: x509.KeyUsage,
    purposes: list[x509.ObjectIdentifier],
    *,
    critical: bool = False,
) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(key_usage, critical=True)
    return builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)


def _policy(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    notice = x509.PolicyInformation(x509.ObjectIdentifier(POLICY), [x509.UserNotice(None, NOTICE)])
    return builder.add_extension(x509.CertificatePolicies([notice]), critical=False)


def _identified(builder: x509.CertificateBuilder, issuer: Issuer) -> x509.CertificateBuilder:
    subject_key = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key)
    return builder.add_extension(authority_key, critical=False)


def _locations(builder: x509.CertificateBuilder, issuer: Issuer) -> x509.CertificateBuilder:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(issuer.crl_url)], None, None, None)
    access = [
        x509.AccessDescription(oid, x509.UniformResourceIdentifier(url))
        for oid, url in (
            (AuthorityInformationAccessOID.OCSP, issuer.ocsp_url),
            (AuthorityInformationAccessOID.CA_ISSUERS, issuer.chain_url),
        )
    ]
    builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    return builder.add_extension(x509.AuthorityInformationAccess(access), critical=False)


def _key_usage(
    *, signs: bool = False, transports: bool = False, agrees: bool = False, certifies: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=transports,
        data_encipherment=False,
        key_agreement=agrees,
        key_cert_sign=certifies,
        crl_sign=certifies,
        encipher_only=False,
        decipher_only=False,
    )
