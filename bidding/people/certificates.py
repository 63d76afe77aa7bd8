"""What a signature made by somebody's certificate says about that somebody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bidding.people.register import Holder
from crypto.canonical import iso
from crypto.certificates import certificate_facts
from crypto.errors import Invalid
from crypto.signing import SignedBy, verify_detached
from crypto.trust import Purpose, TrustStore, Verdict

#: A certificate that ends within this time is mentioned at every sign-in.
SOON = timedelta(days=30)


def judge_signer(trust: TrustStore, signed: SignedBy, now: datetime) -> tuple[Holder, str]:
    """The holder of a signer's certificate, and why its revocation is unclear, if it is.

    Stated policy: missing revocation data warns and does not keep a bidder out; a known revocation, an
    expired or untrusted certificate does. Raises `Invalid` with the judgement's reason.
    """
    judgement = trust.judge(
        signed.certificate,
        signed.chain,
        at=now,
        evidence=trust.evidence(now=now),
        purpose=Purpose.SIGN,
    )
    if judgement.verdict is Verdict.INVALID or judgement.credit_code is None:
        raise Invalid(judgement.reason, judgement.detail, subject=judgement.subject)
    facts = certificate_facts(signed.certificate)
    holder = Holder(
        credit_code=judgement.credit_code,
        organisation=judgement.organisation or facts.organisation or facts.common_name,
        name=facts.common_name or judgement.organisation,
        certificate=signed.certificate,
        certificate_sha256=facts.sha256,
        subject=judgement.subject,
        authority=judgement.authority or "",
        not_after=facts.not_after,
    )
    return holder, judgement.reason


def verify_signature(trust: TrustStore, cms: bytes, data: bytes, now: datetime) -> Holder:
    """Who signed `data` with a trusted certificate. Raises `Invalid`."""
    holder, _ = judge_signer(trust, verify_detached(cms, data=data), now)
    return holder


def warnings_about(holder: Holder, now: datetime, unclear: str) -> list[dict[str, Any]]:
    """What the holder should know: an end that comes soon, revocation data that could not be had."""
    found: list[dict[str, Any]] = []
    if unclear:
        found.append({"code": unclear})
    if holder.not_after - now < SOON:
        found.append({"code": "certificate-ends-soon", "notAfter": iso(holder.not_after)})
    return found
