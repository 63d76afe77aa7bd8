"""Detached CMS signatures (RFC 5652) with the CAdES attributes (ETSI EN 319 122-1), on asn1crypto and pyca.

One signer, signed attributes always, ``signing-certificate-v2`` always, ``signing-time`` where the format
wants it (never in PAdES). ``openssl cms -verify -cades`` accepts what :func:`sign_detached` makes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import algos, cms, core, parser, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509 import load_der_x509_certificate

from crypto.certificates import (
    CertificateFacts,
    certificate_facts,
    certificate_point,
    parse_certificate,
    parsing,
)
from crypto.errors import Invalid

__all__ = [
    "CertificateFacts",
    "SignedBy",
    "Signer",
    "SigningKey",
    "certificate_facts",
    "certificate_point",
    "load_p12",
    "sign_detached",
    "verify_detached",
]

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

MAX_CMS = 4 << 20
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_ONCE = ("content_type", "message_digest", "signing_certificate_v2")


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate (DER), the certificates above it, and the private key of the first."""

    certificate: bytes
    chain: tuple[bytes, ...]
    key: SigningKey


@dataclass(frozen=True, slots=True)
class SignedBy:
    """Who signed: the signer's certificate, the others carried along (DER), and its claimed time."""

    certificate: bytes
    chain: tuple[bytes, ...]
    signed_at: datetime | None


def load_p12(data: bytes, password: str) -> Signer:
    """The signer in a PKCS#12 file; ``bad-p12`` for a wrong password or no key and certificate."""
    with parsing("bad-p12", "the .p12 file"):
        key, certificate, others = pkcs12.load_key_and_certificates(data, password.encode("utf-8"))
    if certificate is None or not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise Invalid("bad-p12", "the file holds no certificate with an RSA or elliptic-curve key")
    return Signer(
        certificate.public_bytes(Encoding.DER), tuple(c.public_bytes(Encoding.DER) for c in others), key
    )


def sign_detached(data: bytes, signer: Signer, *, at: datetime | None = None, pades: bool = False) -> bytes:
    """A detached CMS by ``signer`` over ``data``, DER. ``at`` becomes signing-time, unless ``pades``."""
    return sign_digest(hashlib.sha256(data).digest(), signer, at=at, pades=pades)


def sign_digest(digest: bytes, signer: Signer, *, at: datetime | None = None, pades: bool = False) -> bytes:
    """:func:`sign_detached` for content of which only the SHA-256 ``digest`` is at hand."""
    if len(digest) != 32:
        raise ValueError("a SHA-256 digest has 32 bytes")
    for der in (signer.certificate, *signer.chain):
        parse_certificate(der)
    # Loaded afresh and not looked into: asn1crypto then writes out the very bytes it was given, quickly.
    certificate, *chain = [x509.Certificate.load(der) for der in (signer.certificate, *signer.chain)]
    attributes = _signed_attributes(digest, signer.certificate, None if pades else at)
    signature, algorithm = _raw_signature(signer.key, attributes)
    info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                cms.IssuerAndSerialNumber(
                    {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
                ),
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": cms.CMSAttributes.load(attributes),
            "signature_algorithm": algorithm,
            "signature": signature,
        }
    )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "data"},
            "certificates": [certificate, *chain],
            "signer_infos": [info],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def _signed_attributes(digest: bytes, certificate: bytes, at: datetime | None) -> bytes:
    """The SET OF signed attributes, DER."""
    # SigningCertificateV2 { certs { ESSCertIDv2 { certHash } } } with the default hash, SHA-256 (RFC 5035)
    ess = parser.emit(0, 0, 4, hashlib.sha256(certificate).digest())
    for _ in range(3):
        ess = parser.emit(0, 1, 16, ess)
    values: list[tuple[str, Any]] = [
        ("content_type", "data"),
        ("message_digest", digest),
        ("signing_certificate_v2", tsp.SigningCertificateV2.load(ess)),
    ]
    if at is not None:
        moment = at.astimezone(UTC).replace(microsecond=0)
        kind, time = (
            ("utc_time", core.UTCTime) if moment.year < 2050 else ("generalized_time", core.GeneralizedTime)
        )
        values.append(("signing_time", cms.Time(kind, time(moment))))
    encoded = [cms.CMSAttribute({"type": name, "values": [value]}).dump() for name, value in values]
    return bytes(parser.emit(0, 1, 17, b"".join(sorted(encoded))))  # DER orders a SET OF


def _raw_signature(key: SigningKey, message: bytes) -> tuple[bytes, dict[str, str]]:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256()), {"algorithm": "rsassa_pkcs1v15"}
    return key.sign(message, ec.ECDSA(hashes.SHA256())), {"algorithm": "sha256_ecdsa"}


def verify_detached(cms_der: bytes, *, data: bytes | None = None, digest: bytes | None = None) -> SignedBy:
    """Check the one signature in ``cms_der`` over ``data``, or over content with this SHA-256 ``digest``.

    ``bad-cms``: not a detached CMS with exactly one signer and its certificate; ``bad-signature``: it is,
    but not over this content, not by this certificate, or not with an algorithm in use. Trust in the
    certificate is not judged here.
    """
    if (data is None) == (digest is None):
        raise ValueError("either the content or its digest")
    if len(cms_der) > MAX_CMS:
        raise Invalid("bad-cms", f"longer than {MAX_CMS} bytes")
    with parsing("bad-cms", "the signature"):
        signed = _parse_signed_data(cms_der)
        info = signed["signer_infos"][0]
        # What is signed are these bytes under the tag of a SET OF (RFC 5652 section 5.4). Taken before any
        # attribute is looked at: asn1crypto encodes anew what it has parsed, not always to the same bytes.
        message = bytes(parser.emit(0, 1, 17, info["signed_attrs"].contents))
        certificate, chain = _find_signer(signed, info)
        attributes = _attributes(info)
        hash_name = str(info["digest_algorithm"]["algorithm"].native)
        _verify_attributes(attributes, certificate, hash_name, data, digest)
        _verify_signature(message, info, certificate, hash_name)
        time = attributes.get("signing_time")
        return SignedBy(certificate, chain, None if time is None else time.native)


def _parse_signed_data(cms_der: bytes) -> cms.SignedData:
    outer = cms.ContentInfo.load(cms_der, strict=True)
    if outer["content_type"].native != "signed_data":
        raise Invalid("bad-cms", "not signed data")
    signed = outer["content"]
    if len(signed["signer_infos"]) != 1:
        raise Invalid("bad-cms", f"{len(signed['signer_infos'])} signers where exactly one may sign")
    content = signed["encap_content_info"]
    if content["content_type"].native != "data" or content["content"].native is not None:
        raise Invalid("bad-cms", "the signature carries its content; it must be detached")
    return signed


def _find_signer(signed: cms.SignedData, info: cms.SignerInfo) -> tuple[bytes, tuple[bytes, ...]]:
    sid = info["sid"]
    found: list[bytes] = []
    others: list[bytes] = []
    for choice in signed["certificates"]:
        if choice.name != "certificate":
            raise Invalid("bad-cms", "it carries something other than X.509 certificates")
        certificate: x509.Certificate = choice.chosen
        der = bytes(certificate.dump())
        (found if _names(sid, certificate) else others).append(der)
    if len(found) != 1:
        raise Invalid("bad-cms", "the signer's certificate is missing or repeated")
    return found[0], tuple(others)


def _names(sid: cms.SignerIdentifier, certificate: x509.Certificate) -> bool:
    if sid.name == "subject_key_identifier":
        return bool(sid.chosen.native == certificate.key_identifier)
    chosen = sid.chosen
    same_serial = chosen["serial_number"].native == certificate.serial_number
    return bool(same_serial and chosen["issuer"].dump() == certificate.issuer.dump())


def _attributes(info: cms.SignerInfo) -> dict[str, Any]:
    """The signed attributes by name; each at most once, with one value."""
    found: dict[str, Any] = {}
    for attribute in info["signed_attrs"]:
        name = attribute["type"].native
        if name in found or len(attribute["values"]) != 1:
            raise Invalid("bad-cms", f"the signed attribute {name} is repeated")
        found[name] = attribute["values"][0]
    missing = [name for name in _ONCE if name not in found]
    if missing:
        raise Invalid("bad-cms", f"signed attributes are missing: {', '.join(missing)}")
    return found


def _verify_attributes(
    attributes: dict[str, Any], certificate: bytes, hash_name: str, data: bytes | None, digest: bytes | None
) -> None:
    if hash_name not in _HASHES or (digest is not None and hash_name != "sha256"):
        raise Invalid("bad-signature", f"the digest algorithm {hash_name} is not accepted here")
    expected = hashlib.new(hash_name, data).digest() if data is not None else digest
    if attributes["content_type"].native != "data" or attributes["message_digest"].native != expected:
        raise Invalid("bad-signature", "the signature is over other content")
    first = attributes["signing_certificate_v2"]["certs"][0]
    algorithm = str(first["hash_algorithm"]["algorithm"].native)
    if algorithm not in _HASHES or first["cert_hash"].native != hashlib.new(algorithm, certificate).digest():
        raise Invalid("bad-signature", "the signature names another certificate than the one it carries")


def _verify_signature(message: bytes, info: cms.SignerInfo, certificate: bytes, hash_name: str) -> None:
    algorithm: algos.SignedDigestAlgorithm = info["signature_algorithm"]
    kind = algorithm.signature_algo
    if algorithm["algorithm"].native not in ("rsassa_pkcs1v15", "ecdsa") and algorithm.hash_algo != hash_name:
        raise Invalid("bad-signature", "the signature mixes two hash algorithms")
    key, chosen = load_der_x509_certificate(certificate).public_key(), _HASHES[hash_name]
    signature = info["signature"].native
    prehashed = utils.Prehashed(chosen)
    digest = hashlib.new(hash_name, message).digest()
    with parsing("bad-signature", "the signature value"):
        if isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pkcs1v15":
            key.verify(signature, digest, padding.PKCS1v15(), prehashed)
        elif isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pss":
            pss = padding.PSS(padding.MGF1(chosen), algorithm["parameters"]["salt_length"].native)
            key.verify(signature, digest, pss, prehashed)
        elif isinstance(key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
            key.verify(signature, digest, ec.ECDSA(prehashed))
        else:
            raise Invalid("bad-signature", f"a {kind} signature does not fit the certificate's key")
