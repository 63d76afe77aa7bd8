"""Certificates judged by many threads at once get the verdicts one thread gives them.

asn1crypto parses lazily and is not made for threads; a race would turn an honest bidder's certificate into
`certificate-path-invalid`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crypto import path_validation
from crypto.authority import DemoAuthority
from crypto.revocation import RevocationEvidence
from crypto.timestamps import EmbeddedAuthority, verify_token
from crypto.trust import TrustedAuthority, TrustStore, Verdict

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def quick_switches() -> Iterator[None]:
    """Threads change places as often as the interpreter can, so that a race shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("quick_switches")
def test_threads_judge_alike(tmp_path: Path) -> None:
    authority = DemoAuthority.create(tmp_path / "ca", at=AT - timedelta(days=1))
    crls = (authority.crl("root", at=AT), authority.crl("intermediate", at=AT))
    evidence = RevocationEvidence(crls=crls, ocsps=())
    store = TrustStore((TrustedAuthority("demo", "演示", (authority.root,), (authority.intermediate,)),))
    codes = ["91350100M000100Y43"] * 12
    holders = [authority.issue(f"单位{n}", code, at=AT)[1] for n, code in enumerate(codes)]

    def judge(certificate: bytes) -> tuple[Verdict, str]:
        judgement = store.judge(certificate, authority.chain, at=AT, evidence=evidence)
        return judgement.verdict, judgement.reason + judgement.detail

    for _ in range(4):
        # Nothing parsed yet: everybody meets the same fresh objects at once.
        path_validation._parsed.cache_clear()
        path_validation._parsed_list.cache_clear()
        with ThreadPoolExecutor(6) as pool:
            assert set(pool.map(judge, holders)) == {(Verdict.VALID, "")}


@pytest.mark.usefixtures("quick_switches")
def test_threads_stamp_alike(tmp_path: Path) -> None:
    authority = DemoAuthority.create(tmp_path / "ca", at=AT - timedelta(days=1))
    own = authority.time_stamp_identity
    for _ in range(4):
        tsa = EmbeddedAuthority(own.der, own.key, authority.chain, clock=lambda: AT)
        digests = [bytes([n]) * 32 for n in range(12)]
        with ThreadPoolExecutor(6) as pool:
            for digest, token in zip(digests, pool.map(tsa.stamp, digests), strict=True):
                assert (
                    verify_token(token, digest, (authority.root,), intermediates=(authority.intermediate,))
                    == AT
                )
