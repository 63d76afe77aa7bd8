"""Whether whoever signed something was, by a trusted authority, who the log says it was."""

from __future__ import annotations

from datetime import datetime

from bidding.verify.trust import Trust
from crypto.errors import Invalid
from crypto.signing import SignedBy
from crypto.trust import Verdict


def check_signer(trust: Trust, by: SignedBy, at: datetime, *credit_codes: str) -> None:
    """The certificate was good at `at` and speaks for one of the organisations; none given: for anybody.

    Anybody can make a certificate that names an organisation: only the path to an anchor says who vouches for
    it. Raises `Invalid` with the judgement's reason or `signature-of-somebody-else`.
    """
    judged = trust.store.judge(by.certificate, by.chain, at=at, evidence=trust.evidence)
    if judged.verdict is Verdict.INVALID:
        raise Invalid(judged.reason, judged.detail)
    if credit_codes and judged.credit_code not in credit_codes:
        raise Invalid("signature-of-somebody-else", f"the certificate speaks for {judged.credit_code}")
