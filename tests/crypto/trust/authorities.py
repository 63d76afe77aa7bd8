"""A demonstration authority, and a trust store over it, for the tests of this directory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crypto.authority import DemoAuthority
from crypto.credit_code import credit_code_check
from crypto.revocation import RevocationEvidence
from crypto.trust import Missing, RevocationPolicy, TrustedAuthority, TrustStore

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ORGANISATION = "青岛演示建设有限公司"


def code(number: int) -> str:
    """A credit code with a right check digit."""
    body = f"9137021{number:010d}"
    return body + credit_code_check(body)


CODE = code(1)


def trusted(authority: DemoAuthority, name: str = "demo") -> TrustedAuthority:
    return TrustedAuthority(name, "演示", (authority.root,), (authority.intermediate,))


def store(*authorities: DemoAuthority, missing: Missing = Missing.ADJUDICATE) -> TrustStore:
    listed = tuple(trusted(authority, f"demo-{n}") for n, authority in enumerate(authorities))
    return TrustStore(listed, RevocationPolicy(DAY, missing))


def evidence(authority: DemoAuthority, at: datetime) -> RevocationEvidence:
    return RevocationEvidence((authority.crl("root", at=at), authority.crl("intermediate", at=at)))
