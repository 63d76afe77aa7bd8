"""CMS signatures: ours verify elsewhere, others' verify here, hostile bytes only ever raise Invalid."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_world import AT, CREDIT_CODE, merged_signers, new_signer, self_signed

from crypto.certificates import certificate_facts, certificate_point
from crypto.errors import Invalid
from crypto.signing import Signer, load_p12, sign_detached, sign_digest, verify_detached

DATA = "开标一览表".encode() * 20


@pytest.fixture(scope="module", params=["ec", "rsa"])
def signer(request: pytest.FixtureRequest) -> Signer:
    return new_signer("signer", kind=request.param)


def _pem(der: bytes, path: Path) -> Path:
    path.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    return path


def test_sign_and_verify(signer: Signer) -> None:
    signature = sign_detached(DATA, signer, at=AT)
    signed = verify_detached(signature, data=DATA)
    assert (signed.certificate, signed.chain, signed.signed_at) == (signer.certificate, (), AT)
    assert verify_detached(signature, digest=hashlib.sha256(DATA).digest()) == signed
    assert verify_detached(sign_digest(hashlib.sha256(DATA).digest(), signer), data=DATA).signed_at is None


def test_pades_has_no_signing_time(signer: Signer) -> None:
    assert verify_detached(sign_detached(DATA, signer, at=AT, pades=True), data=DATA).signed_at is None


def test_far_future_signing_time_is_generalized(signer: Signer) -> None:
    later = datetime(2051, 1, 1, tzinfo=UTC)
    assert verify_detached(sign_detached(DATA, signer, at=later), data=DATA).signed_at == later


def test_openssl_verifies_ours_as_cades(signer: Signer, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "sig.der").write_bytes(sign_detached(DATA, signer, at=AT))
    root = _pem(signer.certificate, tmp_path / "root.pem")
    command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "sig.der"]
    command += ["-content", "data", "-CAfile", root.name, "-purpose", "any", "-out", "/dev/null"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["-md", "sha256"],
        ["-md", "sha384"],
        ["-md", "sha512", "-keyid"],
        ["-md", "sha256", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"],
    ],
)
def test_we_verify_what_openssl_signs(signer: Signer, tmp_path: Path, options: list[str]) -> None:
    is_rsa = isinstance(signer.key, rsa.RSAPrivateKey)
    if "-keyopt" in options and not is_rsa:
        options = options[:2]
    certificate = signer.certificate
    (tmp_path / "data").write_bytes(DATA)
    _pem(certificate, tmp_path / "cert.pem")
    (tmp_path / "key.pem").write_bytes(
        signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    command = [
        "openssl",
        "cms",
        "-sign",
        "-cades",
        "-binary",
        "-in",
        "data",
        "-outform",
        "DER",
        "-out",
        "sig.der",
    ]
    command += ["-signer", "cert.pem", "-inkey", "key.pem", *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    signature = (tmp_path / "sig.der").read_bytes()
    signed = verify_detached(signature, data=DATA)
    assert signed.certificate == certificate
    assert signed.signed_at is not None
    with pytest.raises(Invalid, match="bad-signature"):
        verify_detached(signature, data=DATA + b"x")


def test_other_content_is_refused(signer: Signer) -> None:
    signature = sign_detached(DATA, signer)
    with pytest.raises(Invalid, match="bad-signature"):
        verify_detached(signature, data=b"other")
    with pytest.raises(Invalid, match="bad-signature"):
        verify_detached(signature, digest=bytes(32))
    both_and_none: list[dict[str, Any]] = [{}, {"data": DATA, "digest": bytes(32)}]
    for wrong in both_and_none:
        with pytest.raises(ValueError):
            verify_detached(signature, **wrong)
    with pytest.raises(ValueError):
        sign_digest(b"short", signer)


def test_two_signers_are_refused(signer: Signer) -> None:
    both = merged_signers(sign_detached(DATA, signer), sign_detached(DATA, new_signer("second")))
    with pytest.raises(Invalid, match="2 signers"):
        verify_detached(both, data=DATA)


def _changed(signature: bytes, change: object) -> bytes:
    info = asn1_cms.ContentInfo.load(signature)
    change(info["content"])  # type: ignore[operator]
    return bytes(info.dump(force=True))


def _attribute(signed: asn1_cms.SignedData, name: str) -> tuple[asn1_cms.CMSAttributes, int]:
    attributes = signed["signer_infos"][0]["signed_attrs"]
    return attributes, next(i for i, a in enumerate(attributes) if a["type"].native == name)


def test_tampered_structures_are_refused() -> None:
    signer, stranger = new_signer("signer"), new_signer("stranger")
    good = sign_detached(DATA, signer, at=AT)

    def embed(signed: asn1_cms.SignedData) -> None:
        signed["encap_content_info"]["content"] = core.OctetString(DATA)

    def no_certificate(signed: asn1_cms.SignedData) -> None:
        signed["certificates"] = [
            asn1_cms.ContentInfo.load(sign_detached(b"", stranger))["content"]["certificates"][0]
        ]

    def repeat_certificate(signed: asn1_cms.SignedData) -> None:
        signed["certificates"].append(signed["certificates"][0])

    def attribute_certificate(signed: asn1_cms.SignedData) -> None:
        other = asn1_cms.CertificateChoices(
            "other", {"other_cert_format": "1.2.3", "other_cert": core.Null()}
        )
        signed["certificates"].append(other)

    def drop_binding(signed: asn1_cms.SignedData) -> None:
        attributes, at = _attribute(signed, "signing_certificate_v2")
        del attributes[at]

    def repeat_digest(signed: asn1_cms.SignedData) -> None:
        attributes, at = _attribute(signed, "message_digest")
        attributes.append(attributes[at])

    def other_binding(signed: asn1_cms.SignedData) -> None:
        attributes, at = _attribute(signed, "signing_certificate_v2")
        donor = asn1_cms.ContentInfo.load(sign_detached(DATA, stranger))["content"]
        theirs, there = _attribute(donor, "signing_certificate_v2")
        attributes[at] = theirs[there]

    def weak(signed: asn1_cms.SignedData) -> None:
        signed["signer_infos"][0]["digest_algorithm"] = {"algorithm": "sha1"}

    def mixed(signed: asn1_cms.SignedData) -> None:
        signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "sha512_ecdsa"}

    def wrong_kind(signed: asn1_cms.SignedData) -> None:
        signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "rsassa_pkcs1v15"}

    def not_data(signed: asn1_cms.SignedData) -> None:
        signed["encap_content_info"] = {"content_type": "1.2.3.4"}

    for change in (
        embed,
        no_certificate,
        repeat_certificate,
        attribute_certificate,
        drop_binding,
        repeat_digest,
    ):
        with pytest.raises(Invalid, match="bad-cms"):
            verify_detached(_changed(good, change), data=DATA)
    for change in (other_binding, weak, mixed, wrong_kind):
        with pytest.raises(Invalid, match="bad-signature"):
            verify_detached(_changed(good, change), data=DATA)
    with pytest.raises(Invalid):
        verify_detached(_changed(good, not_data), data=DATA)
    enveloped = asn1_cms.ContentInfo({"content_type": "data", "content": core.OctetString(b"x")}).dump()
    for junk in (b"", b"junk", enveloped, good[:-1], good + b"\0", bytes(5 << 20)):
        with pytest.raises(Invalid, match="bad-cms"):
            verify_detached(junk, data=DATA)


_GOOD = sign_detached(DATA, new_signer("fuzzed"), at=AT)


@given(st.lists(st.tuples(st.integers(0, len(_GOOD) - 1), st.integers(1, 255)), min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_flipped_bytes_never_raise_anything_but_invalid(flips: list[tuple[int, int]]) -> None:
    data = bytearray(_GOOD)
    for at, mask in flips:
        data[at] ^= mask
    try:
        verify_detached(bytes(data), data=DATA)
        certificate_facts(bytes(data))
    except Invalid:
        pass


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_random_bytes_never_raise_anything_but_invalid(data: bytes) -> None:
    for read in (
        lambda: verify_detached(data, data=DATA),
        lambda: certificate_facts(data),
        lambda: load_p12(data, "1"),
    ):
        with pytest.raises(Invalid):
            read()


def test_p12_round_trip(signer: Signer) -> None:
    certificate = x509.load_der_x509_certificate(signer.certificate)
    other = x509.load_der_x509_certificate(new_signer("issuer").certificate)
    packed = pkcs12.serialize_key_and_certificates(
        b"name", signer.key, certificate, [other], BestAvailableEncryption("口令".encode())
    )
    loaded = load_p12(packed, "口令")
    assert loaded.certificate == signer.certificate
    assert loaded.chain == (other.public_bytes(Encoding.DER),)
    signed = verify_detached(sign_detached(DATA, loaded), data=DATA)
    assert signed.chain == loaded.chain
    with pytest.raises(Invalid, match="bad-p12"):
        load_p12(packed, "wrong")


def test_p12_without_a_usable_key_is_refused() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    packed = pkcs12.serialize_key_and_certificates(b"name", key, None, None, NoEncryption())
    with pytest.raises(Invalid, match="bad-p12"):
        load_p12(packed, "")


def test_certificate_facts() -> None:
    facts = certificate_facts(new_signer("张三").certificate)
    assert facts.organisation == "演示有限公司"
    assert (facts.common_name, facts.credit_code) == ("张三", CREDIT_CODE)
    assert facts.key_usage == {"digital_signature", "non_repudiation"}
    assert not facts.may_encrypt
    assert facts.not_before < facts.not_after
    assert facts.key_algorithm == "ec"
    wrong = self_signed(ec.generate_private_key(ec.SECP256R1()), "x", code="91350100M000100Y44")
    assert certificate_facts(wrong).credit_code is None


def test_only_an_agreement_certificate_may_be_wrapped_to() -> None:
    agreeing = new_signer("a", usage_agreement=True)
    point = certificate_point(agreeing.certificate)
    assert point is not None
    assert len(point) == 65
    assert certificate_facts(agreeing.certificate).may_encrypt
    assert certificate_point(new_signer("b").certificate) is None
    assert certificate_point(new_signer("c", kind="rsa", usage_agreement=True).certificate) is None


def test_an_oversized_certificate_is_refused() -> None:
    with pytest.raises(Invalid, match="bad-certificate"):
        certificate_facts(bytes(65537))


@pytest.mark.parametrize("where", ["organizationIdentifier", "extension", "nowhere"])
def test_credit_codes_are_found_where_cas_put_them(where: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.NameAttribute(NameOID.COMMON_NAME, "x")]
    if where == "organizationIdentifier":
        names.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRCN-{CREDIT_CODE}"))
    name = x509.Name(names)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(datetime(2026, 1, 1)).not_valid_after(datetime(2027, 1, 1))
    )
    if where == "extension":
        value = core.PrintableString(CREDIT_CODE).dump()
        kind = x509.ObjectIdentifier("1.2.156.10260.4.1.4")
        builder = builder.add_extension(x509.UnrecognizedExtension(kind, value), critical=False)
    facts = certificate_facts(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))
    assert facts.credit_code == (None if where == "nowhere" else CREDIT_CODE)
    assert facts.organisation == ""
    assert facts.key_usage == frozenset()
