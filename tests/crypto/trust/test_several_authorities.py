"""Several authorities side by side (互认), each with its own way of writing the credit code; and pairs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from crypto.authority import DemoAuthority
from crypto.authority_profile import Usage
from crypto.errors import Invalid
from crypto.revocation import RevocationEvidence
from crypto.subject_rule import SubjectRule, SubjectSource
from crypto.trust import Missing, RevocationPolicy, TrustedAuthority, TrustStore, Verdict

from .authorities import CODE, DAY, NOW, ORGANISATION, code, evidence, store

PRIVATE_OID = "1.2.156.10260.4.1.4"


class Licensed:
    """A licensed authority with an RSA root that issues directly and writes subjects its own way."""

    def __init__(self, name: str, rule: SubjectRule) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.rule = rule
        self.root = self._build(self.name, self.key.public_key(), ca=True)

    def _build(
        self,
        subject: x509.Name,
        key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
        *,
        ca: bool = False,
        extension: tuple[str, bytes] | None = None,
    ) -> bytes:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(NOW - DAY).not_valid_after(NOW + 300 * DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
        if extension:
            value = x509.UnrecognizedExtension(x509.ObjectIdentifier(extension[0]), extension[1])
            builder = builder.add_extension(value, critical=False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def issue(self, *attributes: tuple[str, str], extension: tuple[str, bytes] | None = None) -> bytes:
        names = [x509.NameAttribute(x509.ObjectIdentifier(oid), value) for oid, value in attributes]
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        return self._build(x509.Name(names), key, extension=extension)

    def crl(self) -> bytes:
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.name)
        builder = builder.last_update(NOW).next_update(NOW + DAY)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def trusted(self) -> TrustedAuthority:
        return TrustedAuthority(self.name.rfc4514_string(), "licensed", (self.root,), subject_rule=self.rule)


OU, ORG = "2.5.4.11", "2.5.4.10"


def test_each_authority_has_its_own_rule(ca: DemoAuthority) -> None:
    by_unit = Licensed("OU CA", SubjectRule(oid=OU, pattern=r"^USCC:([0-9A-Z]{18})$"))
    by_extension = Licensed(
        "Extension CA", SubjectRule(SubjectSource.EXTENSION, PRIVATE_OID, r"([0-9A-Z]{18})")
    )
    trust = TrustStore(
        (*store(ca).authorities, by_unit.trusted(), by_extension.trusted()),
        RevocationPolicy(DAY, Missing.HARD),
    )
    der_string = b"\x0c\x12" + code(7).encode()
    certificates = {
        code(5): by_unit.issue((ORG, "甲公司"), (OU, "工程部"), (OU, f"USCC:{code(5)}")),
        code(6): by_extension.issue((ORG, "乙公司"), extension=(PRIVATE_OID, code(6).encode())),
        code(7): by_extension.issue((ORG, "丙公司"), extension=(PRIVATE_OID, der_string)),
        CODE: ca.issue(ORGANISATION, CODE, at=NOW - DAY)[1],
    }
    lists = evidence(ca, NOW) + RevocationEvidence((by_unit.crl(), by_extension.crl()))
    for expected, certificate in certificates.items():
        judged = trust.judge(certificate, at=NOW, evidence=lists)
        assert (judged.verdict, judged.credit_code) == (Verdict.VALID, expected), judged
        assert len(judged.evidence.crls) == (2 if expected == CODE else 1)


@pytest.mark.parametrize("units", [(), (code(5), code(6)), ("no code",), (code(5).lower(),)])
def test_exactly_one_code_must_fit(units: tuple[str, ...]) -> None:
    authority = Licensed("OU CA", SubjectRule(oid=OU))
    trust = TrustStore((authority.trusted(),), RevocationPolicy(DAY, Missing.SOFT))
    judged = trust.judge(authority.issue((ORG, "甲公司"), *((OU, unit) for unit in units)), at=NOW)
    if units == (code(5).lower(),):
        assert judged.credit_code == code(5)
    else:
        assert (judged.verdict, judged.reason) == (Verdict.INVALID, "certificate-without-credit-code")


def test_a_missing_extension_is_no_code() -> None:
    authority = Licensed("Extension CA", SubjectRule(SubjectSource.EXTENSION, PRIVATE_OID))
    judged = TrustStore((authority.trusted(),)).judge(authority.issue((ORG, "甲公司")), at=NOW)
    assert judged.reason == "certificate-without-credit-code"
    known = Licensed("Known extension", SubjectRule(SubjectSource.EXTENSION, "2.5.29.19"))
    judged = TrustStore((known.trusted(),)).judge(known.issue((ORG, "甲公司")), at=NOW)
    assert judged.reason == "certificate-without-credit-code"


def test_an_answer_counts_without_a_responder_address(ca: DemoAuthority, tmp_path: Path) -> None:
    """The library ignores OCSP for certificates without AIA; a responder may be agreed on by contract."""
    authority = Licensed("No AIA CA", SubjectRule(oid=OU))
    certificate = authority.issue((ORG, "甲公司"), (OU, CODE))
    parsed, root = (x509.load_der_x509_certificate(der) for der in (certificate, authority.root))

    def answer(status: x509.ocsp.OCSPCertStatus, at: timedelta) -> RevocationEvidence:
        revoked = NOW - timedelta(hours=1) if status is x509.ocsp.OCSPCertStatus.REVOKED else None
        builder = x509.ocsp.OCSPResponseBuilder().add_response(
            parsed, root, hashes.SHA256(), status, NOW + at, NOW + at + DAY, revoked, None
        )
        builder = builder.responder_id(x509.ocsp.OCSPResponderEncoding.NAME, root)
        return RevocationEvidence(
            ocsps=(builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER),)
        )

    trust = TrustStore((authority.trusted(),), RevocationPolicy(DAY, Missing.HARD))
    good, revoked = x509.ocsp.OCSPCertStatus.GOOD, x509.ocsp.OCSPCertStatus.REVOKED
    judge = lambda lists: trust.judge(certificate, at=NOW, evidence=lists)  # noqa: E731
    assert judge(answer(good, timedelta())).verdict is Verdict.VALID
    assert judge(answer(good, timedelta(hours=2))).verdict is Verdict.VALID
    assert judge(answer(good, -3 * DAY)).reason == "revocation-unknown"
    assert judge(answer(revoked, timedelta())).reason == "certificate-revoked"
    forged = RevocationEvidence(ocsps=(answer(good, timedelta()).ocsps[0][:-1] + b"\x00",))
    assert judge(forged).reason == "revocation-unknown"


def test_an_answer_of_the_demonstration_responder_counts(ca: DemoAuthority) -> None:
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - DAY)
    parsed, issuer = (x509.load_der_x509_certificate(der) for der in (certificate, ca.intermediate))
    asked = x509.ocsp.OCSPRequestBuilder().add_certificate(parsed, issuer, hashes.SHA256()).build()
    answer = ca.ocsp(asked.public_bytes(Encoding.DER), at=NOW)
    lists = RevocationEvidence((ca.crl("root", at=NOW),), (answer,))
    judged = store(ca, missing=Missing.HARD).judge(certificate, at=NOW, evidence=lists)
    assert judged.verdict is Verdict.VALID
    assert judged.evidence == lists


def test_a_pair_belongs_to_one_holder(ca: DemoAuthority) -> None:
    lists = evidence(ca, NOW)
    _, signing = ca.issue(ORGANISATION, CODE, at=NOW - DAY, usage=Usage.SIGN)
    _, encryption = ca.issue(ORGANISATION, CODE, at=NOW - DAY, usage=Usage.ENCRYPT)
    _, foreign = ca.issue("别的公司", code(2), at=NOW - DAY, usage=Usage.ENCRYPT)
    trust = store(ca)
    first, second = trust.verify_pair(signing, encryption, at=NOW, evidence=lists)
    assert first.credit_code == second.credit_code == CODE
    with pytest.raises(Invalid, match="pair-differs"):
        trust.verify_pair(signing, foreign, at=NOW, evidence=lists)
    with pytest.raises(Invalid, match="certificate-key-usage"):
        trust.verify_pair(encryption, signing, at=NOW, evidence=lists)


def test_a_swarm_of_certificates_that_sign_each_other_costs_nothing(ca: DemoAuthority) -> None:
    """Only what an anchor stands behind is searched for a path."""
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - DAY)
    swarm = [replace(Licensed("Swarm", SubjectRule()).trusted()).anchors[0] for _ in range(9)]
    judged = store(ca).judge(certificate, swarm, at=NOW, evidence=evidence(ca, NOW))
    assert judged.path == (certificate, ca.intermediate, ca.root)
