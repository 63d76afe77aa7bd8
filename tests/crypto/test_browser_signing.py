"""The browser's signing against ours: its CMS verify here and are the same bytes, its .p12 opens here.

The page's own modules run in node, whose WebCrypto is the browser's interface.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import core, keys
from asn1crypto import pkcs12 as asn1_p12
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    pkcs12,
)
from sealed_world import AT, CREDIT_CODE, new_signer, self_signed

from crypto.authority import DemoAuthority
from crypto.authority_profile import Usage
from crypto.certificates import certificate_facts, certificate_point
from crypto.csr import parse_csr
from crypto.signing import Signer, load_p12, sign_detached, verify_detached
from scripts import web_build

SCRIPT = Path(__file__).with_name("browser_signing.mjs")
DATA = "登录声明".encode() * 7
#: Nobody's: it protects files made for one test.
PASSWORD = "口令-Pässword-1"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def browser(*tasks: dict[str, Any]) -> list[dict[str, Any]]:
    """What the page's modules answer to these tasks."""
    if not web_build.is_installed():
        web_build.install()
    done = subprocess.run(
        [str(web_build.node()), str(SCRIPT), str(web_build.CLIENT)],
        input=json.dumps(tasks),
        cwd=web_build.CLIENT,
        env=web_build.environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def save(path: Path, signer: Signer) -> Path:
    """A .p12 of the signer, PBES2."""
    encryption = BestAvailableEncryption(PASSWORD.encode())
    certificates = [x509.load_der_x509_certificate(der) for der in (signer.certificate, *signer.chain)]
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"x", signer.key, certificates[0], certificates[1:], encryption)
    )
    return path


def openssl_p12(folder: Path, signer: Signer, *options: str) -> Path:
    """A .p12 as openssl writes it, for what Python's library does not write (RC2, other MACs)."""
    key, certificate, out = folder / "k.pem", folder / "c.pem", folder / "o.p12"
    key.write_bytes(signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate.write_bytes(x509.load_der_x509_certificate(signer.certificate).public_bytes(Encoding.PEM))
    command = ["openssl", "pkcs12", "-export", "-inkey", str(key), "-in", str(certificate), "-out", str(out)]
    subprocess.run(
        [*command, "-passout", f"pass:{PASSWORD}", *options], check=True, capture_output=True, timeout=60
    )
    return out


@pytest.fixture(scope="module", params=["ec", "rsa"])
def signer(request: pytest.FixtureRequest) -> Signer:
    return new_signer("张三", kind=request.param)


def task(path: Path, **facts: Any) -> dict[str, Any]:
    return {"task": "sign", "p12": str(path), "password": PASSWORD, "data": b64(DATA), **facts}


def the_one(answer: dict[str, Any]) -> dict[str, Any]:
    assert "ok" in answer, answer
    (only,) = answer["ok"]
    return dict(only)


def test_browser_signs_as_we_verify(signer: Signer, tmp_path: Path) -> None:
    path = save(tmp_path / "a.p12", signer)
    digest = hashlib.sha256(DATA).digest()
    at = AT.isoformat()
    plain, timed, pades = (
        the_one(each)
        for each in browser(task(path), task(path, at=at), task(path, digest=b64(digest), at=at, pades=True))
    )
    for answer, when in ((plain, None), (timed, AT), (pades, None)):
        signed = verify_detached(base64.b64decode(answer["cms"]), data=DATA)
        assert (signed.certificate, signed.signed_at) == (signer.certificate, when)
        assert answer["extractable"] is False
    far = the_one(*browser(task(path, at="2051-01-01T00:00:00Z")))
    late = verify_detached(base64.b64decode(far["cms"]), data=DATA)
    assert late.signed_at == datetime(2051, 1, 1, tzinfo=UTC)


def test_the_same_bytes_as_ours(tmp_path: Path) -> None:
    """RSA signatures are deterministic: both make one and the same CMS. Of ECDSA all but the value."""
    rsa, ec_ = new_signer("r", kind="rsa"), new_signer("e")
    answers = browser(
        task(save(tmp_path / "r.p12", rsa), at=AT.isoformat()),
        task(save(tmp_path / "e.p12", ec_), at=AT.isoformat()),
    )
    assert base64.b64decode(the_one(answers[0])["cms"]) == sign_detached(DATA, rsa, at=AT)
    ours = asn1_cms.ContentInfo.load(sign_detached(DATA, ec_, at=AT))["content"]
    theirs = asn1_cms.ContentInfo.load(base64.b64decode(the_one(answers[1])["cms"]))["content"]
    for one in (ours, theirs):
        one["signer_infos"][0]["signature"] = b""
    assert ours.dump(force=True) == theirs.dump(force=True)


def test_openssl_agrees(signer: Signer, tmp_path: Path) -> None:
    (answer,) = browser(task(save(tmp_path / "a.p12", signer), at=AT.isoformat()))
    cms, data, pem = tmp_path / "s.p7s", tmp_path / "d", tmp_path / "c.pem"
    cms.write_bytes(base64.b64decode(the_one(answer)["cms"]))
    data.write_bytes(DATA)
    pem.write_bytes(x509.load_der_x509_certificate(signer.certificate).public_bytes(Encoding.PEM))
    command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", str(cms)]
    command += ["-content", str(data), "-CAfile", str(pem), "-no_check_time", "-purpose", "any"]
    done = subprocess.run([*command, "-out", "/dev/null"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


LEGACY_OPTIONS = {
    "3des": ("-legacy", "-descert"),
    "rc2": ("-legacy",),
    "3des-in-pbes2": ("-keypbe", "DES-EDE3-CBC", "-certpbe", "DES-EDE3-CBC"),
    "aes-sha512-mac": ("-macalg", "sha512"),
    "no-mac": ("-nomac",),
    "bare-certificates": ("-certpbe", "NONE"),
}


@pytest.mark.parametrize("options", LEGACY_OPTIONS.values(), ids=list(LEGACY_OPTIONS))
def test_files_of_other_programs(signer: Signer, tmp_path: Path, options: tuple[str, ...]) -> None:
    path = openssl_p12(tmp_path, signer, *options)
    good, wrong = browser(task(path), task(path, password="falsch"))
    assert base64.b64decode(the_one(good)["certificate"]) == signer.certificate
    assert (
        verify_detached(base64.b64decode(the_one(good)["cms"]), data=DATA).certificate == signer.certificate
    )
    assert wrong["problem"] == "p12-password"


def test_what_is_no_certificate_file(signer: Signer, tmp_path: Path) -> None:
    """Each fault has its own word: not a .p12, no key inside, cut short, a certificate that may not sign."""
    path = save(tmp_path / "a.p12", signer)
    (tmp_path / "cut.p12").write_bytes(path.read_bytes()[:-40])
    (tmp_path / "cer.p12").write_bytes(signer.certificate)
    (tmp_path / "empty.p12").write_bytes(b"")
    certificate = x509.load_der_x509_certificate(signer.certificate)
    keyless = pkcs12.serialize_key_and_certificates(
        b"x", None, certificate, None, BestAvailableEncryption(PASSWORD.encode())
    )
    (tmp_path / "keyless.p12").write_bytes(keyless)
    names = ["cut", "cer", "empty", "keyless"]
    found = [answer["problem"] for answer in browser(*(task(tmp_path / f"{name}.p12") for name in names))]
    assert found == ["p12-unreadable", "p12-unreadable", "p12-unreadable", "p12-without-key"]


def authority() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return self_signed(key, "authority")


def test_facts_are_read_as_ours(signer: Signer, tmp_path: Path) -> None:
    (answer,) = browser(task(save(tmp_path / "a.p12", signer)))
    facts, ours = the_one(answer)["facts"], certificate_facts(signer.certificate)
    assert facts["commonName"] == ours.common_name
    assert facts["organisation"] == ours.organisation
    assert facts["creditCode"] == ours.credit_code == CREDIT_CODE
    assert facts["serial"] == f"{ours.serial:x}"
    assert facts["sha256"] == ours.sha256
    assert datetime.fromisoformat(facts["notAfter"]) == ours.not_after
    assert datetime.fromisoformat(facts["notBefore"]) == ours.not_before
    assert set(facts["keyUsage"]) == {"digitalSignature", "nonRepudiation"}


def test_agreeing_on_a_secret(tmp_path: Path) -> None:
    """A key wrapped to the certificate comes out in the browser as it does here."""
    holder = new_signer("b", usage_agreement=True)
    other = ec.generate_private_key(ec.SECP256R1())
    point = other.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    path = save(tmp_path / "a.p12", holder)
    agreed, signed = browser(
        {"task": "agree", "p12": str(path), "password": PASSWORD, "point": b64(point)}, task(path)
    )
    own = certificate_point(holder.certificate)
    assert own is not None
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), own)
    assert base64.b64decode(agreed["ok"]["shared"]) == other.exchange(ec.ECDH(), public)
    assert base64.b64decode(the_one(signed)["encryption"]) == holder.certificate


def test_request_and_file_made_in_the_browser(tmp_path: Path) -> None:
    """The request passes our check; the .p12 opens here, in openssl, and in the browser."""
    facts = {"organisation": "演示新办有限公司", "creditCode": CREDIT_CODE, "person": "演示经办人"}
    (applied,) = browser({"task": "apply", **facts})
    request = parse_csr(base64.b64decode(applied["ok"]["csr"]))
    assert (request.organisation, request.credit_code, request.person) == tuple(facts.values())
    raw = base64.b64decode(applied["ok"]["key"])
    key = load_der_private_key(raw, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    certificate, path = self_signed(key, "演示经办人"), tmp_path / "made.p12"
    above = authority()
    made, opened = browser(
        {
            "task": "save",
            "key": b64(raw),
            "certificate": b64(certificate),
            "chain": [b64(above)],
            "password": PASSWORD,
            "name": "演示证书",
            "to": str(path),
        },
        task(path),
    )
    assert made == {"ok": {}}
    held = load_p12(path.read_bytes(), PASSWORD)
    assert (held.certificate, held.chain) == (certificate, (above,))
    assert base64.b64decode(the_one(opened)["certificate"]) == certificate
    command = ["openssl", "pkcs12", "-in", str(path), "-nokeys", "-passin", f"pass:{PASSWORD}"]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 0 and b"BEGIN CERTIFICATE" in done.stdout, done.stderr


def open_p12(path: Path, *holders: Signer) -> Path:
    """A .p12 without any encryption that holds several keys: tokens' exports look like this."""
    bags: list[dict[str, Any]] = []
    for each in holders:
        key = each.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        bags.append({"bag_id": "key_bag", "bag_value": keys.PrivateKeyInfo.load(key)})
        value = {"cert_id": "x509", "cert_value": core.ParsableOctetString(each.certificate)}
        bags.append({"bag_id": "cert_bag", "bag_value": value})
    contents = asn1_p12.SafeContents(bags).dump()
    safe = asn1_p12.AuthenticatedSafe([{"content_type": "data", "content": contents}]).dump()
    pfx = asn1_p12.Pfx({"version": "v3", "auth_safe": {"content_type": "data", "content": safe}})
    path.write_bytes(pfx.dump())
    return path


def test_pair_and_several_certificates(tmp_path: Path) -> None:
    """A sign/encrypt pair is one identity; two signing certificates are two to choose from."""
    first, second = new_signer("甲"), new_signer("乙")
    (answer,) = browser(task(open_p12(tmp_path / "two.p12", first, second)))
    assert {base64.b64decode(each["certificate"]) for each in answer["ok"]} == {
        first.certificate,
        second.certificate,
    }
    assert {each["facts"]["commonName"] for each in answer["ok"]} == {"甲", "乙"}


def test_a_pair_is_one_identity(tmp_path: Path) -> None:
    ca = DemoAuthority.create(tmp_path / "ca", at=AT)
    made = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    facts: dict[str, Any] = {"organisation": "演示双证有限公司", "credit_code": CREDIT_CODE, "person": "丙"}
    sign, encrypt = (
        Signer(ca.issue_for_key(key.public_key(), usage=usage, at=AT, **facts), ca.chain, key)
        for key, usage in zip(made, (Usage.SIGN, Usage.ENCRYPT), strict=True)
    )
    (both,) = browser(task(open_p12(tmp_path / "pair.p12", encrypt, sign)))
    one = the_one(both)
    assert base64.b64decode(one["certificate"]) == sign.certificate
    assert base64.b64decode(one["encryption"]) == encrypt.certificate
    assert verify_detached(base64.b64decode(one["cms"]), data=DATA).certificate == sign.certificate
    (alone,) = browser(task(open_p12(tmp_path / "encrypt.p12", encrypt)))
    assert alone["problem"] == "certificate-key-usage"
