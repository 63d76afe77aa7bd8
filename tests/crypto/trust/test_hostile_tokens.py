"""Tokens and signatures put together wrongly on purpose: each is refused for its own reason."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from crypto.authority import DemoAuthority
from crypto.errors import Invalid
from crypto.time_stamp_token import read_token, verify_token
from crypto.timestamps import EmbeddedAuthority

from .authorities import DAY, NOW

DIGEST = hashlib.sha256(b"x").digest()
Edit = Any


def stamp(ca: DemoAuthority) -> bytes:
    own = ca.time_stamp_identity
    return EmbeddedAuthority(own.der, own.key, ca.chain, clock=lambda: NOW).stamp(DIGEST)


def edited(token: bytes, edit: Edit) -> bytes:
    parsed = cms.ContentInfo.load(token)
    edit(parsed["content"])
    return bytes(parsed.dump(force=True))


def signed_anew(ca: DemoAuthority, edit: Edit) -> bytes:
    """The token with other signed attributes and a signature that fits them."""

    def change(signed: Any) -> None:
        info = signed["signer_infos"][0]
        edit(signed, info)
        message = info["signed_attrs"].untag().dump(force=True)
        key = ca.time_stamp_identity.key
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        info["signature"] = key.sign(message, ec.ECDSA(hashes.SHA256()))

    return edited(stamp(ca), change)


def replace_attribute(info: Any, kind: str, value: Any, new_kind: str = "") -> None:
    attributes = [a for a in info["signed_attrs"] if a["type"].native != kind]
    if value is not None:
        attributes.append(cms.CMSAttribute({"type": new_kind or kind, "values": [value]}))
    info["signed_attrs"] = cms.CMSAttributes(attributes)


def test_attributes_must_say_what_was_signed(ca: DemoAuthority) -> None:
    other = tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": b"\x00" * 32})]})
    for edit, code in (
        (lambda _, info: replace_attribute(info, "content_type", "data"), "time-stamp-signature"),
        (lambda _, info: replace_attribute(info, "message_digest", b"\x00" * 32), "time-stamp-signature"),
        (lambda _, info: replace_attribute(info, "signing_certificate_v2", None), "time-stamp-malformed"),
        (lambda _, info: replace_attribute(info, "signing_certificate_v2", other), "time-stamp-signature"),
        (lambda _, info: info["signed_attrs"].append(info["signed_attrs"][0].copy()), "time-stamp-malformed"),
    ):
        with pytest.raises(Invalid, match=code):
            read_token(signed_anew(ca, edit))


def test_the_older_reference_to_the_certificate_counts_too(ca: DemoAuthority) -> None:
    sha1 = hashlib.sha1(ca.time_stamp_identity.der, usedforsecurity=False).digest()
    older = tsp.SigningCertificate({"certs": [tsp.ESSCertID({"cert_hash": sha1})]})
    token = signed_anew(
        ca, lambda _, info: replace_attribute(info, "signing_certificate_v2", older, "signing_certificate")
    )
    assert verify_token(token, DIGEST, [ca.root]) == NOW


def test_shapes_that_are_no_token(ca: DemoAuthority) -> None:
    for edit in (
        lambda signed: signed.__setitem__(
            "certificates", cms.CertificateSet(list(signed["certificates"])[1:])
        ),
        lambda signed: signed["certificates"].append(signed["certificates"][0].copy()),
        lambda signed: signed["encap_content_info"].__setitem__("content_type", "data"),
    ):
        with pytest.raises(Invalid, match="time-stamp-malformed"):
            read_token(edited(stamp(ca), edit))


def test_algorithms_outside_the_suite_are_refused(ca: DemoAuthority) -> None:
    def weak(signed: Any) -> None:
        signed["signer_infos"][0]["digest_algorithm"] = {"algorithm": "sha1"}

    def foreign(signed: Any) -> None:
        signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "sha256_rsa"}

    for edit in (weak, foreign):
        with pytest.raises(Invalid, match="time-stamp-signature"):
            read_token(edited(stamp(ca), edit))


# -- the authority's certificate ---


def certificate(ca: DemoAuthority, key: Any, *extensions: tuple[x509.ExtensionType, bool]) -> bytes:
    issuer = ca.issuer()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TSA")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer.certificate.subject)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


STAMPING = ExtendedKeyUsageOID.TIME_STAMPING


@pytest.mark.parametrize(
    "extensions",
    [
        (),
        ((x509.ExtendedKeyUsage([STAMPING]), False),),
        ((x509.ExtendedKeyUsage([STAMPING, ExtendedKeyUsageOID.CLIENT_AUTH]), True),),
        ((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), True),),
    ],
)
def test_the_purpose_is_sole_and_critical(ca: DemoAuthority, extensions: Any) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    der = certificate(ca, key, *extensions)
    token = EmbeddedAuthority(der, key, ca.chain, clock=lambda: NOW).stamp(DIGEST)
    with pytest.raises(Invalid, match="time-stamp-purpose"):
        verify_token(token, DIGEST, [ca.root])


def test_a_path_through_somebody_who_is_no_authority_leads_nowhere(ca: DemoAuthority) -> None:
    """A holder's certificate signs another one for time stamps: both verify, yet it is no authority."""
    key, holder = ca.issue("某公司", "913702110000000010", at=NOW - DAY)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    tsa_key = ec.generate_private_key(ec.SECP256R1())
    parsed = x509.load_der_x509_certificate(holder)
    builder = x509.CertificateBuilder().issuer_name(parsed.subject).public_key(tsa_key.public_key())
    builder = builder.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TSA")]))
    builder = builder.serial_number(5).not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
    builder = builder.add_extension(x509.ExtendedKeyUsage([STAMPING]), critical=True)
    der = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    token = EmbeddedAuthority(der, tsa_key, (holder, *ca.chain), clock=lambda: NOW).stamp(DIGEST)
    with pytest.raises(Invalid, match="time-stamp-untrusted"):
        verify_token(token, DIGEST, [ca.root])


def test_a_licensed_authority_may_sign_with_rsa_pss(ca: DemoAuthority) -> None:
    key = rsa.generate_private_key(65537, 2048)
    der = certificate(ca, key, (x509.ExtendedKeyUsage([STAMPING]), True))
    token = EmbeddedAuthority(der, key, ca.chain, clock=lambda: NOW).stamp(DIGEST)

    def pss(signed: Any) -> None:
        info = signed["signer_infos"][0]
        message = info["signed_attrs"].untag().dump()
        info["signature"] = key.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        parameters = {
            "hash_algorithm": {"algorithm": "sha256"},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
            "salt_length": 32,
        }
        info["signature_algorithm"] = {"algorithm": "rsassa_pss", "parameters": parameters}

    assert verify_token(edited(token, pss), DIGEST, [ca.root]) == NOW
