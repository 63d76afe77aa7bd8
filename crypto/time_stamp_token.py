"""What a time-stamp token (RFC 3161) proves, checked with nothing but asn1crypto and pyca.

Neither the network nor a PDF library is needed, so that the offline verifier can use it. What is accepted
here, `openssl ts -verify` accepts too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from crypto.certificates import parsing
from crypto.errors import Invalid

MAX_TOKEN = 64 * 1024
#: Certificates looked at and steps climbed: enough for any real authority, too few to search for long.
MAX_POOL = 10
MAX_PATH = 5
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """What a token states: this SHA-256 existed at `at` (genTime, aware UTC), say `certificate`'s holder."""

    at: datetime
    digest: bytes
    serial: int
    nonce: int | None
    policy: str
    certificate: bytes
    others: tuple[bytes, ...]


def verify_token(
    token: bytes,
    digest: bytes,
    anchors: Sequence[bytes],
    *,
    intermediates: Sequence[bytes] = (),
    nonce: int | None = None,
) -> datetime:
    """genTime of a token over the SHA-256 `digest`, its authority's path ending in one of `anchors` (DER).

    Checked: one signer, its signature, the ESS reference to its certificate, the critical sole purpose
    timeStamping (RFC 3161 section 2.3), the path as of genTime, the imprint, and a nonce where given.
    Revocation of the time-stamp certificate is judged by `crypto.trust` with archived evidence.
    Raises `Invalid` with `time-stamp-malformed`, `-signature`, `-purpose`, `-untrusted` or `-mismatch`.
    """
    stamp = read_token(token)
    if stamp.digest != digest:
        raise Invalid("time-stamp-mismatch", "the token covers something else")
    if nonce is not None and stamp.nonce != nonce:
        raise Invalid("time-stamp-mismatch", "the token answers another request")
    verify_time_stamp_path(stamp, anchors, intermediates=intermediates)
    return stamp.at


def read_token(token: bytes) -> TimeStamp:
    """Parse a token that carries its signer's certificate and verify its signature, but not whom to trust.

    Raises `Invalid` with `time-stamp-malformed` or `time-stamp-signature`.
    """
    if len(token) > MAX_TOKEN:
        raise Invalid("time-stamp-malformed", "too large", limit=MAX_TOKEN)
    with parsing("time-stamp-malformed", "the token"):
        outer = cms.ContentInfo.load(token, strict=True)
        signed = outer["content"]
        inner = signed["encap_content_info"]
        if outer["content_type"].native != "signed_data" or inner["content_type"].native != "tst_info":
            raise Invalid("time-stamp-malformed", "not a time-stamp token")
        if len(signed["signer_infos"]) != 1:
            raise Invalid("time-stamp-malformed", "exactly one signer expected")
        content = inner["content"].contents
        certificate, others = _signer_of(signed)
        _verify_signer(signed["signer_infos"][0], certificate, content)
        return _facts(tsp.TSTInfo.load(content, strict=True), certificate, others)


def _facts(info: tsp.TSTInfo, certificate: bytes, others: tuple[bytes, ...]) -> TimeStamp:
    imprint = info["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256":
        raise Invalid("time-stamp-malformed", "the imprint is not SHA-256")
    return TimeStamp(
        at=info["gen_time"].native.astimezone(UTC),
        digest=imprint["hashed_message"].native,
        serial=info["serial_number"].native,
        nonce=info["nonce"].native,
        policy=info["policy"].dotted,
        certificate=certificate,
        others=others,
    )


def _signer_of(signed: cms.SignedData) -> tuple[bytes, tuple[bytes, ...]]:
    sid = signed["signer_infos"][0]["sid"]
    found: list[bytes] = []
    others: list[bytes] = []
    for choice in signed["certificates"]:
        if choice.name != "certificate":
            continue
        certificate = choice.chosen
        if sid.name == "subject_key_identifier":
            same = sid.chosen.native == certificate.key_identifier
        else:
            same = (
                sid.chosen["serial_number"].native == certificate.serial_number
                and sid.chosen["issuer"].dump() == certificate.issuer.dump()
            )
        (found if same else others).append(bytes(certificate.dump()))
    if len(found) != 1:
        raise Invalid("time-stamp-malformed", "the signer's certificate is missing or repeated")
    return found[0], tuple(others)


def _verify_signer(info: cms.SignerInfo, certificate: bytes, content: bytes) -> None:
    attributes: dict[str, Any] = {}
    for attribute in info["signed_attrs"]:
        name = attribute["type"].native
        if name in attributes or len(attribute["values"]) != 1:
            raise Invalid("time-stamp-malformed", f"the signed attribute {name} is repeated")
        attributes[name] = attribute["values"][0]
    name = str(info["digest_algorithm"]["algorithm"].native)
    if name not in HASHES:
        raise Invalid("time-stamp-signature", f"the digest algorithm {name} is not accepted")
    if attributes["content_type"].native != "tst_info":
        raise Invalid("time-stamp-signature", "the signature is over another type of content")
    if attributes["message_digest"].native != hashlib.new(name, content).digest():
        raise Invalid("time-stamp-signature", "the signature is over other content")
    _verify_reference(attributes, certificate)
    key = x509.load_der_x509_certificate(certificate).public_key()
    message = bytes(info["signed_attrs"].untag().dump())
    _verify_signature(key, info["signature_algorithm"], info["signature"].native, message, HASHES[name])


def _verify_reference(attributes: dict[str, Any], certificate: bytes) -> None:
    """The token names its signer's certificate by hash (RFC 5816), or by SHA-1 as RFC 3161 first had it."""
    if "signing_certificate_v2" in attributes:
        first = attributes["signing_certificate_v2"]["certs"][0]
        name = str(first["hash_algorithm"]["algorithm"].native)
    elif "signing_certificate" in attributes:
        first, name = attributes["signing_certificate"]["certs"][0], "sha1"
    else:
        raise Invalid("time-stamp-malformed", "the token does not name its signer's certificate")
    if first["cert_hash"].native != hashlib.new(name, certificate, usedforsecurity=False).digest():
        raise Invalid("time-stamp-signature", "the token names another certificate")


def _verify_signature(
    key: object, algorithm: Any, signature: bytes, message: bytes, chosen: hashes.HashAlgorithm
) -> None:
    kind = algorithm.signature_algo
    try:
        if isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pkcs1v15":
            key.verify(signature, message, padding.PKCS1v15(), chosen)
        elif isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pss":
            salt = algorithm["parameters"]["salt_length"].native
            key.verify(signature, message, padding.PSS(padding.MGF1(chosen), salt), chosen)
        elif isinstance(key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
            key.verify(signature, message, ec.ECDSA(chosen))
        else:
            raise Invalid("time-stamp-signature", f"a {kind} signature does not fit the certificate's key")
    except InvalidSignature as error:
        raise Invalid("time-stamp-signature", "the signature does not verify") from error


def verify_time_stamp_path(
    stamp: TimeStamp, anchors: Sequence[bytes], *, intermediates: Sequence[bytes] = ()
) -> tuple[bytes, ...]:
    """The path (DER, signer first, anchor last) of a token's signer as of its genTime.

    Raises `Invalid` with `time-stamp-purpose` or `time-stamp-untrusted`.
    """
    with parsing("time-stamp-malformed", "a certificate of the token"):
        leaf = x509.load_der_x509_certificate(stamp.certificate)
        _verify_purpose(leaf)
        pool = [x509.load_der_x509_certificate(der) for der in (*stamp.others, *intermediates)[:MAX_POOL]]
        roots = [x509.load_der_x509_certificate(der) for der in anchors]
        path = _climb([leaf], pool, roots, stamp.at)
    if path is None:
        raise Invalid("time-stamp-untrusted", "no path to a trusted anchor was valid at the stated time")
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in path)


def _verify_purpose(leaf: x509.Certificate) -> None:
    try:
        extension = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as error:
        raise Invalid("time-stamp-purpose", "the certificate has no extended key usage") from error
    if not extension.critical or list(extension.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise Invalid("time-stamp-purpose", "timeStamping must be its only purpose, and critical")


def _climb(
    path: list[x509.Certificate],
    pool: list[x509.Certificate],
    roots: list[x509.Certificate],
    at: datetime,
) -> list[x509.Certificate] | None:
    """Depth first from the end certificate to any root, every step signed and valid at that time."""
    last = path[-1]
    if not last.not_valid_before_utc <= at <= last.not_valid_after_utc:
        return None
    if last in roots:
        return path
    if len(path) >= MAX_PATH:
        return None
    below = len(path) - 1
    for candidate in (*roots, *pool):
        if candidate in path or not _issues(candidate, last, below):
            continue
        found = _climb([*path, candidate], pool, roots, at)
        if found is not None:
            return found
    return None


def _issues(issuer: x509.Certificate, certificate: x509.Certificate, below: int) -> bool:
    """RFC 5280 section 6.1.4 k-n: a CA that may sign certificates, with `below` CAs under it at most."""
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    if not constraints.ca or not usage.key_cert_sign:
        return False
    if constraints.path_length is not None and constraints.path_length < below:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
