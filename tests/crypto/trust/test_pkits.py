"""NIST's Public Key Interoperability Test Suite: 250 outside opinions about paths and revocation lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import cryptography_vectors
import pytest

from crypto.revocation import RevocationEvidence
from crypto.trust import Missing, RevocationPolicy, TrustedAuthority, TrustStore, Verdict

DATA = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data"
ANCHOR = "TrustAnchorRootCertificate"
AT = datetime(2015, 6, 1, tzinfo=UTC)
LISTS = RevocationEvidence(tuple(path.read_bytes() for path in sorted((DATA / "crls").glob("*.crl"))))
CERTIFICATES = {path.stem: path.read_bytes() for path in sorted((DATA / "certs").glob("*.crt"))}

#: What we do otherwise, knowingly: on the left the part of a test's name, on the right why.
OTHERWISE = {
    "DSA": "DSA is not in the suite",
    "NameChaining": "names are compared byte for byte",
    "CaseInsensitiveMatch": "names are compared byte for byte",
    "NegativeSerialNumber": "refused, as RFC 5280 section 4.1.2.2 wants it",
    "NameUIDs": "unique identifiers left X.509 practice long ago",
}
#: Lists past their nextUpdate are refused by age: see `test_old_lists`.
BY_AGE = ("InvalidOldCRLnextUpdateTest11EE", "Invalidpre2000CRLnextUpdateTest12EE", "InvaliddeltaCRLTest10EE")
#: Not valid although not called so: their paths share no policy (PKITS 4.8).
NO_COMMON_POLICY = {f"DifferentPoliciesTest{number}EE" for number in (4, 5, 7, 8, 9, 12)}
NAMES = [
    name
    for name in CERTIFICATES
    if name.endswith("EE") and name not in BY_AGE and not any(part in name for part in OTHERWISE)
]


class AnyHolder:
    """PKITS knows no credit codes."""

    def credit_code(self, certificate: object) -> str:
        return "none"

    def organisation(self, certificate: object) -> str:
        return ""


def store(max_age: timedelta) -> TrustStore:
    authorities = tuple(
        der for name, der in CERTIFICATES.items() if not name.endswith("EE") and name != ANCHOR
    )
    authority = TrustedAuthority(
        "pkits", "PKITS", (CERTIFICATES[ANCHOR],), authorities, subject_rule=cast(Any, AnyHolder())
    )
    return TrustStore((authority,), RevocationPolicy(max_age, Missing.HARD))


@pytest.mark.parametrize("name", NAMES)
def test_the_suite(name: str) -> None:
    judged = store(timedelta(days=10_000)).judge(CERTIFICATES[name], at=AT, evidence=LISTS)
    expected = not name.startswith("Invalid") and name not in NO_COMMON_POLICY
    assert (judged.verdict is Verdict.VALID) == expected, f"{judged.reason}: {judged.detail}"


@pytest.mark.parametrize("name", BY_AGE)
def test_old_lists(name: str) -> None:
    judged = store(timedelta(days=365)).judge(CERTIFICATES[name], at=AT, evidence=LISTS)
    assert judged.reason == "revocation-unknown"
