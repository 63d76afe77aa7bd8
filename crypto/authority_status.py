"""What the demonstration authority says about its certificates: CRLs (RFC 5280), OCSP (RFC 6960)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from crypto.authority_register import Register, RevocationReason, Revoked
from crypto.certificates import parsing
from crypto.csr import PrivateKey
from crypto.errors import Invalid

CRL_LIFETIME = timedelta(days=1)
OCSP_LIFETIME = timedelta(hours=1)
MAX_OCSP_REQUEST = 8 * 1024


@dataclass(frozen=True, slots=True)
class KeyAndCertificate:
    """One of the authority's own identities."""

    key: PrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return der_of(self.certificate)


def der_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def make_crl(signer: KeyAndCertificate, entries: tuple[Revoked, ...], at: datetime) -> bytes:
    """A list in DER, good for a day."""
    this_update = at.replace(microsecond=0)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signer.certificate.subject)
        .last_update(this_update)
        .next_update(this_update + CRL_LIFETIME)
        .add_extension(_authority_key(signer.certificate), critical=False)
        .add_extension(x509.CRLNumber(int(at.timestamp() * 1000)), critical=False)
    )
    for entry in entries:
        builder = builder.add_revoked_certificate(_crl_entry(entry))
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def answer_ocsp(
    request: bytes,
    *,
    issuer: KeyAndCertificate,
    responder: KeyAndCertificate,
    register: Register,
    at: datetime,
) -> bytes:
    """Answer one question, both DER: good, revoked, unknown, or the protocol's malformedRequest."""
    try:
        if len(request) > MAX_OCSP_REQUEST:
            raise Invalid("ocsp-malformed", "too large")
        with parsing("ocsp-malformed", "the question"):
            asked = ocsp.load_der_ocsp_request(request)
            ours = _asks_about(asked, issuer.certificate)
            extensions = list(asked.extensions)
    except Invalid:
        refused = ocsp.OCSPResponseStatus.MALFORMED_REQUEST
        return ocsp.OCSPResponseBuilder.build_unsuccessful(refused).public_bytes(serialization.Encoding.DER)
    known = ours and register.issued(asked.serial_number) is not None
    revoked = register.revoked(asked.serial_number) if known else None
    status = ocsp.OCSPCertStatus.GOOD if known else ocsp.OCSPCertStatus.UNKNOWN
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=asked.issuer_name_hash,
        issuer_key_hash=asked.issuer_key_hash,
        serial_number=asked.serial_number,
        algorithm=asked.hash_algorithm,
        cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else status,
        this_update=at.replace(microsecond=0),
        next_update=at.replace(microsecond=0) + OCSP_LIFETIME,
        revocation_time=revoked.at if revoked else None,
        revocation_reason=_stated(revoked) if revoked else None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
    builder = builder.certificates([responder.certificate])
    for extension in extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            builder = builder.add_extension(extension.value, critical=False)
    return builder.sign(responder.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _authority_key(certificate: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    subject_key = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key)


def _crl_entry(entry: Revoked) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(entry.serial).revocation_date(entry.at)
    stated = _stated(entry)
    if stated is not None:
        builder = builder.add_extension(x509.CRLReason(stated), critical=False)
    if entry.invalid_since is not None:
        builder = builder.add_extension(x509.InvalidityDate(entry.invalid_since), critical=False)
    return builder.build()


def _stated(entry: Revoked) -> x509.ReasonFlags | None:
    """RFC 5280 section 5.3.1: `unspecified` is said by saying nothing."""
    return None if entry.reason is RevocationReason.UNSPECIFIED else x509.ReasonFlags(entry.reason.value)


def _asks_about(asked: ocsp.OCSPRequest, issuer: x509.Certificate) -> bool:
    """Whether the question names our issuing certificate (RFC 6960 section 4.1.1, CertID)."""
    digest = hashes.Hash(asked.hash_algorithm)
    digest.update(issuer.subject.public_bytes())
    if digest.finalize() != asked.issuer_name_hash:
        return False
    key = issuer.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    digest = hashes.Hash(asked.hash_algorithm)
    digest.update(key)
    return digest.finalize() == asked.issuer_key_hash
