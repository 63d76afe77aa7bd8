"""Certificate requests (PKCS#10, RFC 2986): the applicant's client makes the key and keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from crypto.certificates import parsing
from crypto.errors import Invalid

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
MAX_CSR_BYTES = 16 * 1024
MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192


@dataclass(frozen=True, slots=True)
class Request:
    """What a verified request proves (its signer holds this key) and claims (the names)."""

    public_key: PublicKey
    organisation: str
    credit_code: str
    person: str

    @property
    def key_bytes(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        return self.public_key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def make_csr(key: PrivateKey, *, organisation: str, credit_code: str, person: str = "") -> bytes:
    """A request in DER, signed by the key it asks a certificate for."""
    attributes = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        x509.NameAttribute(NameOID.COMMON_NAME, person or organisation),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, credit_code),
    ]
    request = (
        x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes)).sign(key, hashes.SHA256())
    )
    return request.public_bytes(serialization.Encoding.DER)


def parse_csr(der: bytes) -> Request:
    """Read a request and verify that its signer holds the key (RFC 2986 section 3).

    Raises `Invalid` with `csr-malformed`, `csr-signature` or `key-not-accepted`.
    """
    if len(der) > MAX_CSR_BYTES:
        raise Invalid("csr-malformed", "the request is too large", limit=MAX_CSR_BYTES)
    with parsing("csr-malformed", "the request"):
        request = x509.load_der_x509_csr(der)
        key = request.public_key()
        intact = request.is_signature_valid
        subject = request.subject
    if not intact:
        raise Invalid("csr-signature", "the request is not signed by the key it names")
    organisation = _one(subject, NameOID.ORGANIZATION_NAME)
    common_name = _one(subject, NameOID.COMMON_NAME)
    return Request(
        public_key=accepted_key(key),
        organisation=organisation,
        credit_code=_one(subject, NameOID.SERIAL_NUMBER),
        person="" if common_name == organisation else common_name,
    )


def accepted_key(key: object) -> PublicKey:
    """The key if it is one of the suite's: ECDSA P-256, or RSA of 2048 to 8192 bits.

    Raises `Invalid("key-not-accepted")`.
    """
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, rsa.RSAPublicKey) and MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        return key
    raise Invalid("key-not-accepted", "ECDSA P-256 or RSA of 2048 to 8192 bits expected")


def _one(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    values = name.get_attributes_for_oid(oid)
    if len(values) > 1:
        raise Invalid("csr-malformed", f"{oid.dotted_string} stands twice in the subject")
    if not values:
        return ""
    value = values[0].value
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
