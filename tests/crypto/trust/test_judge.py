"""Who counts, and as of when."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from crypto.authority import DemoAuthority
from crypto.authority_profile import Usage, Validity
from crypto.authority_register import RevocationReason
from crypto.errors import Invalid
from crypto.revocation import RevocationEvidence
from crypto.trust import (
    Missing,
    Purpose,
    Revocation,
    RevocationPolicy,
    TrustedAuthority,
    TrustStore,
    Verdict,
)

from .authorities import CODE, DAY, HOUR, NOW, ORGANISATION, evidence, store


def serial(der: bytes) -> int:
    return x509.load_der_x509_certificate(der).serial_number


@pytest.mark.parametrize("rsa_bits", [0, 2048])
def test_a_good_certificate_speaks_for_its_organisation(ca: DemoAuthority, rsa_bits: int) -> None:
    _, certificate = ca.issue(ORGANISATION, CODE, "张三", at=NOW - DAY, rsa_bits=rsa_bits)
    lists = evidence(ca, NOW)
    judged = store(ca).judge(certificate, ca.chain, at=NOW, evidence=lists)
    assert (judged.verdict, judged.reason, judged.revocation) == (Verdict.VALID, "", Revocation.GOOD)
    assert (judged.organisation, judged.credit_code) == (ORGANISATION, CODE)
    assert judged.path == (certificate, ca.intermediate, ca.root)
    assert set(judged.evidence.crls) == set(lists.crls)


def test_the_chain_need_not_be_sent_when_the_store_knows_the_issuer(ca: DemoAuthority) -> None:
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - DAY)
    assert store(ca).judge(certificate, at=NOW, evidence=evidence(ca, NOW)).verdict is Verdict.VALID


def test_revocation_counts_from_its_date_on(ca: DemoAuthority) -> None:
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - 2 * DAY)
    ca.revoke(serial(certificate), RevocationReason.KEY_COMPROMISE, at=NOW)
    later = evidence(ca, NOW + HOUR)
    before = store(ca).judge(certificate, at=NOW - HOUR, evidence=later)
    after = store(ca).judge(certificate, at=NOW + HOUR, evidence=later)
    assert (before.verdict, before.revocation) == (Verdict.VALID, Revocation.GOOD)
    assert (after.verdict, after.reason) == (Verdict.INVALID, "certificate-revoked")
    assert after.revoked_at == NOW


def test_an_invalidity_date_before_the_signature_goes_to_a_person(ca: DemoAuthority) -> None:
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - 2 * DAY)
    since = NOW - 3 * HOUR
    ca.revoke(serial(certificate), RevocationReason.KEY_COMPROMISE, at=NOW, invalid_since=since)
    judged = store(ca).judge(certificate, at=NOW - HOUR, evidence=evidence(ca, NOW + HOUR))
    assert (judged.verdict, judged.reason) == (Verdict.ADJUDICATE, "certificate-invalidity-date")
    assert judged.invalid_since == since


@pytest.mark.parametrize(
    ("missing", "verdict"),
    [
        (Missing.SOFT, Verdict.VALID),
        (Missing.HARD, Verdict.INVALID),
        (Missing.ADJUDICATE, Verdict.ADJUDICATE),
    ],
)
def test_without_fresh_evidence_the_stated_policy_decides(
    ca: DemoAuthority, missing: Missing, verdict: Verdict
) -> None:
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - 9 * DAY)
    stale = RevocationEvidence((ca.crl("root", at=NOW), ca.crl("intermediate", at=NOW - 3 * DAY)))
    for lists in (RevocationEvidence(), stale):
        judged = store(ca, missing=missing).judge(certificate, at=NOW, evidence=lists)
        assert (judged.verdict, judged.revocation) == (verdict, Revocation.UNKNOWN)
        assert judged.reason == "revocation-unknown"


def test_a_rule_row_may_accept_older_lists(ca: DemoAuthority) -> None:
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - 9 * DAY)
    lists = RevocationEvidence((ca.crl("root", at=NOW), ca.crl("intermediate", at=NOW - 3 * DAY)))
    judged = store(ca).judge(certificate, at=NOW, evidence=lists, max_age=7 * DAY)
    assert judged.verdict is Verdict.VALID


def test_an_old_list_that_says_revoked_is_believed(ca: DemoAuthority) -> None:
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - 9 * DAY)
    ca.revoke(serial(certificate), RevocationReason.UNSPECIFIED, at=NOW - 5 * DAY)
    lists = RevocationEvidence((ca.crl("intermediate", at=NOW - 4 * DAY),))
    judged = store(ca, missing=Missing.SOFT).judge(certificate, at=NOW, evidence=lists)
    assert judged.reason == "certificate-revoked"


def test_a_list_of_another_authority_proves_nothing(ca: DemoAuthority, tmp_path: Path) -> None:
    other = DemoAuthority.create(tmp_path / "other", at=NOW - 30 * DAY)
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - DAY)
    judged = store(ca, other).judge(certificate, at=NOW, evidence=evidence(other, NOW))
    assert judged.reason == "revocation-unknown"
    assert judged.evidence.crls == ()


def test_the_certificates_own_time_rules(ca: DemoAuthority) -> None:
    validity = Validity(NOW - 2 * DAY, NOW)
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - 2 * DAY, validity=validity)
    judge = store(ca).judge
    assert judge(certificate, at=NOW - HOUR, evidence=evidence(ca, NOW - HOUR)).verdict is Verdict.VALID
    assert judge(certificate, at=NOW + HOUR, evidence=evidence(ca, NOW)).reason == "certificate-expired"
    early = judge(certificate, at=NOW - 3 * DAY, evidence=evidence(ca, NOW))
    assert early.reason == "certificate-not-yet-valid"


def test_a_list_made_after_the_certificates_end_does_not_clear_it(ca: DemoAuthority) -> None:
    validity = Validity(NOW - 2 * DAY, NOW)
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - 2 * DAY, validity=validity)
    judged = store(ca).judge(certificate, at=NOW - HOUR, evidence=evidence(ca, NOW + HOUR))
    assert judged.reason == "revocation-unknown"


def test_strangers_are_refused(ca: DemoAuthority, tmp_path: Path) -> None:
    other = DemoAuthority.create(tmp_path / "other", at=NOW - 30 * DAY)
    _, certificate = other.issue(ORGANISATION, CODE, at=NOW - DAY)
    judged = store(ca).judge(certificate, other.chain, at=NOW, evidence=evidence(other, NOW))
    # The other authority has the same names: only its signatures differ.
    assert judged.verdict is Verdict.INVALID
    assert judged.reason in {"certificate-untrusted", "certificate-path-invalid"}


@pytest.mark.parametrize("junk", [b"", b"\x30\x03\x02\x01\x01", b"\x00" * 40_000])
def test_junk_is_a_verdict_not_an_exception(ca: DemoAuthority, junk: bytes) -> None:
    assert store(ca).judge(junk, [junk], at=NOW).reason == "bad-certificate"


def test_junk_in_the_chain_and_in_the_evidence_harms_nothing(ca: DemoAuthority) -> None:
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - DAY)
    lists = evidence(ca, NOW) + RevocationEvidence((b"junk",), (b"junk",))
    assert store(ca).judge(certificate, [b"junk"], at=NOW, evidence=lists).verdict is Verdict.VALID


def test_pairs_have_one_purpose_each(ca: DemoAuthority) -> None:
    lists = evidence(ca, NOW)
    for usage, good, bad in (
        (Usage.SIGN, Purpose.SIGN, Purpose.ENCRYPT),
        (Usage.ENCRYPT, Purpose.ENCRYPT, Purpose.SIGN),
    ):
        _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - DAY, usage=usage)
        judged = store(ca).judge(certificate, at=NOW, evidence=lists, purpose=good)
        refused = store(ca).judge(certificate, at=NOW, evidence=lists, purpose=bad)
        assert (judged.verdict, refused.reason) == (Verdict.VALID, "certificate-key-usage")


def test_verify_raises_what_judge_says(ca: DemoAuthority) -> None:
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - DAY)
    with pytest.raises(Invalid, match="revocation-unknown"):
        store(ca).verify_certificate(certificate, at=NOW)
    good = store(ca).verify_certificate(certificate, at=NOW, evidence=evidence(ca, NOW))
    assert good.authority == "demo-0"


def test_a_wrong_check_digit_is_refused(ca: DemoAuthority) -> None:
    wrong = CODE[:-1] + ("0" if CODE[-1] != "0" else "1")
    _, certificate = ca.issue(ORGANISATION, wrong, at=NOW - DAY)
    assert store(ca).judge(certificate, at=NOW, evidence=evidence(ca, NOW)).reason == "credit-code"


def test_evidence_made_a_moment_later_is_welcome(ca: DemoAuthority) -> None:
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - DAY)
    judged = store(ca).judge(certificate, at=NOW, evidence=evidence(ca, NOW + timedelta(days=5)))
    assert judged.verdict is Verdict.VALID


def test_a_chain_counts_where_an_anchor_vouches_for_it(ca: DemoAuthority, tmp_path: Path) -> None:
    anchored = TrustStore((TrustedAuthority("demo", "演示", (ca.root,)),), RevocationPolicy(DAY))
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - DAY)
    stranger = DemoAuthority.create(tmp_path / "stranger", at=NOW - 30 * DAY)
    lists = evidence(ca, NOW)
    with_chain = anchored.judge(certificate, ca.chain, at=NOW, evidence=lists)
    assert (with_chain.verdict, with_chain.path[1]) == (Verdict.VALID, ca.intermediate)
    mixed = anchored.judge(certificate, (*stranger.chain, *ca.chain), at=NOW, evidence=lists)
    assert mixed.verdict is Verdict.VALID
    for chain in ((), (b"junk",), stranger.chain):
        judged = anchored.judge(certificate, chain, at=NOW, evidence=lists)
        assert judged.verdict is Verdict.INVALID
        assert judged.reason in {"certificate-untrusted", "certificate-path-invalid"}
