"""申请 → 审核 → 签发 → 补办/吊销, over HTTP."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from bidding.people.roles import Role
from crypto.authority_profile import DEMONSTRATION
from crypto.canonical import b64, canon
from crypto.certificates import certificate_facts
from crypto.csr import make_csr
from crypto.signing import Signer, sign_detached
from crypto.timestamps import make_request, parse_response, verify_token
from crypto.trust import Verdict

from .conftest import CODE, ORGANISATION, Office, certificate


def ocsp_status(office: Office, der: bytes, *, by_get: bool = False) -> ocsp.OCSPResponse:
    issuer = x509.load_der_x509_certificate(office.authority.intermediate)
    asked = ocsp.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(der), issuer, hashes.SHA256()
    )
    question = (
        asked.add_extension(x509.OCSPNonce(b"12345678"), critical=False).build().public_bytes(Encoding.DER)
    )
    if by_get:
        import base64

        answer = office.client.get(f"/api/ca/ocsp/{base64.b64encode(question).decode()}")
    else:
        answer = office.client.post("/api/ca/ocsp", content=question)
    assert answer.headers["content-type"] == "application/ocsp-response"
    return ocsp.load_der_ocsp_response(answer.content)


def test_an_application_is_reviewed_and_a_certificate_comes_back(office: Office) -> None:
    key, applied = office.apply()
    assert (applied["status"], applied["certificate"]) == ("submitted", None)
    office.roles.add(Role.SYSTEM)
    waiting = office.client.get("/api/ca/applications").json()["applications"]
    assert [each["application"] for each in waiting] == [applied["application"]]
    reviewed = office.review(applied["application"], reason="资料齐全").json()
    assert reviewed["status"] == "issued"
    fetched = office.client.get(f"/api/ca/applications/{applied['application']}").json()
    assert fetched == reviewed
    facts = certificate_facts(certificate(fetched))
    assert (facts.organisation, facts.credit_code, facts.common_name) == (ORGANISATION, CODE, "张三")
    assert x509.load_der_x509_certificate(certificate(fetched)).public_key() == key.public_key()
    assert office.events() == ["CertificateApplied", "CertificateIssued"]


def test_everything_says_that_it_is_a_demonstration(office: Office) -> None:
    _, issued = office.issued()
    parsed = x509.load_der_x509_certificate(certificate(issued))
    crl = x509.load_der_x509_crl(office.client.get("/api/ca/crl/intermediate.crl").content)
    for name in (parsed.subject, parsed.issuer, crl.issuer):
        (unit,) = name.get_attributes_for_oid(x509.NameOID.ORGANIZATIONAL_UNIT_NAME)
        assert unit.value == DEMONSTRATION
    policies = parsed.extensions.get_extension_for_class(x509.CertificatePolicies).value
    notice = policies[0].policy_qualifiers[0]
    assert "无法律效力" in notice.explicit_text
    own = x509.load_pem_x509_certificates(office.client.get("/api/ca/chain.pem").content)
    assert all(DEMONSTRATION in each.subject.rfc4514_string() for each in own)


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_rehearsal_issues_at_once(office: Office, kind: str) -> None:
    office.settings.rehearsal = True
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)
    _, applied = office.apply(key)
    assert applied["status"] == "issued"
    judged = office.trust.judge(
        certificate(applied), at=office.clock.now(), evidence=office.trust.evidence(now=office.clock.now())
    )
    assert judged.verdict is Verdict.VALID
    assert office.events() == ["CertificateApplied", "CertificateIssued"]


def test_the_same_request_is_the_same_application(office: Office) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    csr = b64(make_csr(key, organisation=ORGANISATION, credit_code=CODE))
    first = office.client.post("/api/ca/applications", json={"csr": csr}).json()
    again = office.client.post("/api/ca/applications", json={"csr": csr}).json()
    assert first == again
    assert office.events() == ["CertificateApplied"]


def test_a_decision_is_made_once(office: Office) -> None:
    _, applied = office.apply()
    office.roles.add(Role.SYSTEM)
    assert office.review(applied["application"], approve=False, reason="资料不全").status_code == 200
    again = office.review(applied["application"])
    assert (again.status_code, again.json()["code"]) == (409, "application-decided")
    assert office.events() == ["CertificateApplied", "ApplicationRejected"]


def test_a_rejection_needs_a_reason(office: Office) -> None:
    _, applied = office.apply()
    office.roles.add(Role.SYSTEM)
    assert office.review(applied["application"], approve=False).json()["code"] == "application-incomplete"


@pytest.mark.parametrize("role", [None, Role.BIDDER, Role.SECURITY, Role.AUDIT])
def test_only_the_system_operator_reviews(office: Office, role: Role | None) -> None:
    _, applied = office.apply()
    if role:
        office.roles.add(role)
    assert office.review(applied["application"]).json()["code"] in {"sign-in-needed", "not-allowed"}
    assert office.client.get(f"/api/ca/applications/{applied['application']}").json()["status"] == "submitted"


def test_a_crash_between_book_and_row_issues_no_second_certificate(office: Office) -> None:
    key, applied = office.apply()
    before = office.authority.issue_for_key(
        key.public_key(), organisation=ORGANISATION, credit_code=CODE, person="张三", at=office.clock.now()
    )
    office.roles.add(Role.SYSTEM)
    assert certificate(office.review(applied["application"]).json()) == before


def test_a_replacement_ends_the_certificate_it_replaces(office: Office) -> None:
    _, first = office.issued()
    _, applied = office.apply(replaces=first["serial"], reason="介质遗失")
    office.roles.add(Role.SYSTEM)
    second = office.review(applied["application"]).json()
    assert second["serial"] != first["serial"]
    assert ocsp_status(office, certificate(first)).certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert ocsp_status(office, certificate(second)).certificate_status is ocsp.OCSPCertStatus.GOOD
    assert office.events()[-2:] == ["CertificateIssued", "CertificateRevoked"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"replaces": "abcdef", "reason": "x"}, "certificate-unknown"),
        ({"replaces": "SERIAL", "reason": "x", "person": "李四"}, "reissue-other-holder"),
        ({"replaces": "SERIAL"}, "application-incomplete"),
        ({"organisation": "限" * 65}, "application-incomplete"),
        ({"credit_code": CODE[:-1] + ("0" if CODE[-1] != "0" else "1")}, "credit-code"),
    ],
)
def test_applications_that_are_refused(office: Office, more: dict[str, str], code: str) -> None:
    _, issued = office.issued()
    more = {name: issued["serial"] if value == "SERIAL" else value for name, value in more.items()}
    names = {"organisation": ORGANISATION, "credit_code": CODE, "person": "张三"}
    names |= {name: more.pop(name) for name in list(names) if name in more}
    csr = make_csr(ec.generate_private_key(ec.SECP256R1()), **names)
    refused = office.client.post("/api/ca/applications", json={"csr": b64(csr), **more})
    assert refused.json()["code"] == code


def test_requests_that_prove_nothing_are_refused(office: Office) -> None:
    csr = bytearray(
        make_csr(ec.generate_private_key(ec.SECP256R1()), organisation=ORGANISATION, credit_code=CODE)
    )
    csr[-1] ^= 1
    small = make_csr(rsa.generate_private_key(65537, 1024), organisation=ORGANISATION, credit_code=CODE)
    other = make_csr(ec.generate_private_key(ec.SECP384R1()), organisation=ORGANISATION, credit_code=CODE)
    for der, codes in (
        (bytes(csr), {"csr-signature", "csr-malformed"}),
        (b"junk", {"csr-malformed"}),
        (small, {"key-not-accepted"}),
        (other, {"key-not-accepted"}),
    ):
        assert office.client.post("/api/ca/applications", json={"csr": b64(der)}).json()["code"] in codes
    assert office.events() == []


def test_a_holder_revokes_its_own_certificate(office: Office) -> None:
    key, issued = office.issued()
    statement = {"label": "kaibiao/revoke/v1", "serial": issued["serial"], "reason": "keyCompromise"}
    signer = Signer(certificate(issued), office.authority.chain, key)
    body = {
        "serial": issued["serial"],
        "reason": "keyCompromise",
        "cms": b64(sign_detached(canon(statement), signer)),
        "invalidSince": (office.clock.at - timedelta(hours=1)).isoformat(),
    }
    revoked = office.client.post("/api/ca/revocations", json=body)
    assert revoked.status_code == 200, revoked.text
    again = office.client.post("/api/ca/revocations", json=body).json()
    assert again == revoked.json()
    assert office.events().count("CertificateRevoked") == 1
    crl = x509.load_der_x509_crl(office.client.get("/api/ca/crl/intermediate.crl").content)
    entry = crl.get_revoked_certificate_by_serial_number(int(issued["serial"], 16))
    assert entry.extensions.get_extension_for_class(x509.InvalidityDate)
    assert ocsp_status(office, certificate(issued)).certificate_status is ocsp.OCSPCertStatus.REVOKED


def test_nobody_revokes_anothers_certificate(office: Office) -> None:
    _, victim = office.issued()
    key, mine = office.issued()
    statement = {"label": "kaibiao/revoke/v1", "serial": victim["serial"], "reason": "unspecified"}
    signer = Signer(certificate(mine), office.authority.chain, key)
    body = {"serial": victim["serial"], "reason": "unspecified"}
    signed = {**body, "cms": b64(sign_detached(canon(statement), signer))}
    assert office.client.post("/api/ca/revocations", json=signed).json()["code"] == "revocation-by-other"
    assert office.client.post("/api/ca/revocations", json=body).json()["code"] == "sign-in-needed"
    office.roles.add(Role.AGENCY)
    assert office.client.post("/api/ca/revocations", json=body).json()["code"] == "not-allowed"
    assert ocsp_status(office, certificate(victim)).certificate_status is ocsp.OCSPCertStatus.GOOD


def test_the_desk_sees_why_and_what_became_of_it(office: Office) -> None:
    """Why a replacement was asked for, and whether a certificate was revoked since."""
    _, issued = office.issued()
    assert issued["revoked"] is None
    _, again = office.apply(replaces=issued["serial"], reason="换发")
    assert again["applicantReason"] == "换发"
    office.roles.add(Role.SYSTEM)
    office.review(again["application"], reason="核对无误")
    found = office.client.get("/api/ca/applications?status=issued").json()["applications"]
    assert [each["application"] for each in found] == [again["application"], issued["application"]]
    assert found[0]["revoked"] is None
    assert found[1]["revoked"]["reason"] == "superseded"


def test_the_operator_revokes_with_a_note(office: Office) -> None:
    _, issued = office.issued()
    office.roles.add(Role.SYSTEM)
    body = {"serial": issued["serial"], "reason": "cessationOfOperation", "note": "单位注销"}
    assert office.client.post("/api/ca/revocations", json=body).status_code == 200
    stored = office.log.read("platform")[-1]
    assert stored.body is not None
    assert (stored.type, stored.body["note"]) == ("CertificateRevoked", "单位注销")
    future = {**body, "invalidSince": "2099-01-01T00:00:00Z"}
    assert office.client.post("/api/ca/revocations", json=future).json()["code"] == "invalidity-in-future"
    unknown = {**body, "serial": "abc"}
    assert office.client.post("/api/ca/revocations", json=unknown).json()["code"] == "not-issued-here"


def test_ocsp_answers_good_unknown_and_malformed(office: Office) -> None:
    _, issued = office.issued()
    good = ocsp_status(office, certificate(issued), by_get=True)
    assert good.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert good.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"12345678"
    unknown = ocsp_status(office, office.authority.intermediate)
    assert unknown.certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    for junk in (b"", b"junk", b"0" * 100_000):
        refused = ocsp.load_der_ocsp_response(office.client.post("/api/ca/ocsp", content=junk).content)
        assert refused.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    assert office.client.get("/api/ca/ocsp/%%%").content


def test_openssl_believes_ocsp_and_crl(office: Office, tmp_path: Path) -> None:
    _, issued = office.issued()
    der = certificate(issued)
    (tmp_path / "chain.pem").write_bytes(office.client.get("/api/ca/chain.pem").content)
    (tmp_path / "leaf.der").write_bytes(der)
    run = lambda *command: subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)  # noqa: E731
    run("openssl", "x509", "-inform", "DER", "-in", "leaf.der", "-out", "leaf.pem")
    asked = ("-issuer", "chain.pem", "-cert", "leaf.pem")
    run("openssl", "ocsp", *asked, "-reqout", "q.der")
    (tmp_path / "r.der").write_bytes(
        office.client.post("/api/ca/ocsp", content=(tmp_path / "q.der").read_bytes()).content
    )
    at = str(int(office.clock.at.timestamp()))
    said = run(
        "openssl", "ocsp", *asked, "-respin", "r.der", "-CAfile", "chain.pem", "-attime", at, "-no_nonce"
    )
    assert "leaf.pem: good" in said.stdout, said
    crls = b"".join(
        x509.load_der_x509_crl(office.client.get(f"/api/ca/crl/{name}.crl").content).public_bytes(
            Encoding.PEM
        )
        for name in ("root", "intermediate")
    )
    (tmp_path / "crls.pem").write_bytes(crls)
    verified = run(
        "openssl",
        "verify",
        "-attime",
        at,
        "-crl_check_all",
        "-CAfile",
        "chain.pem",
        "-CRLfile",
        "crls.pem",
        "leaf.pem",
    )
    assert verified.stdout.strip() == "leaf.pem: OK", verified


def test_unknown_lists_are_not_found(office: Office) -> None:
    answer = office.client.get("/api/ca/crl/tsa.crl")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-crl")


def test_the_time_stamp_authority_answers_over_http(office: Office) -> None:
    digest = hashlib.sha256(b"x").digest()
    answer = office.client.post("/api/tsa", content=make_request(digest, nonce=5))
    assert answer.headers["content-type"] == "application/timestamp-reply"
    assert verify_token(parse_response(answer.content), digest, office.trust.anchors, nonce=5)
    assert office.client.post("/api/tsa", content=b"0" * 100_000).status_code == 200


def test_what_is_trusted_can_be_read(office: Office) -> None:
    said = office.client.get("/api/trust").json()
    assert said["authorities"][0]["anchors"] == [b64(office.authority.root)]
    assert len(office.client.get("/api/trust/lists").json()["crls"]) == 2


def test_too_many_waiting_applications_of_one_organisation(office: Office) -> None:
    for _ in range(20):
        office.apply()
    csr = make_csr(ec.generate_private_key(ec.SECP256R1()), organisation=ORGANISATION, credit_code=CODE)
    refused = office.client.post("/api/ca/applications", json={"csr": b64(csr)})
    assert (refused.status_code, refused.json()["code"]) == (429, "applications-waiting")
