"""授权委托书 and 联合体协议 in an identity box: what a bid's representative and members are entitled by.

They stand in the box's `representative`: `mandate` and `mandateSignature`; `consortium` and
`consortiumSignatures` (one for each member, in order, separated by spaces); base64url each. What is missing
or does not hold is a remark for the committee, never a reason not to open (招标投标法 art. 31, 36).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from crypto.canonical import unb64
from crypto.consortium import verify_consortium
from crypto.errors import Invalid
from crypto.identity import Identity
from crypto.mandate import BIDDER, verify_mandate
from crypto.signing import SignedBy

CONSORTIUM_UNSIGNED = "consortium-unsigned"
MANDATE_INVALID = "mandate-invalid"

CodeOf = Callable[[SignedBy], str | None]
"""The credit code of a signer whose certificate is trusted, else None."""


def remark_on(identity: Identity, *, tender: str, lot: str, at: datetime, code_of: CodeOf) -> str:
    """What is to be remarked about the papers in a box; empty when they hold or none are needed."""
    papers: dict[str, str] = identity.facts["representative"]
    try:
        _check_consortium(identity, papers, tender, lot, code_of)
    except Invalid:
        return CONSORTIUM_UNSIGNED
    try:
        _check_mandate(identity, papers, lot, at, code_of)
    except Invalid:
        return MANDATE_INVALID
    return ""


def _check_consortium(
    identity: Identity, papers: dict[str, str], tender: str, lot: str, code_of: CodeOf
) -> None:
    if not identity.members:
        return
    signatures = [unb64(text) for text in papers.get("consortiumSignatures", "").split()]
    data = unb64(papers.get("consortium", ""))
    agreement, _ = verify_consortium(data, signatures, tender=tender, lot=lot, credit_code_of=code_of)
    if [one.credit_code for one in agreement.members] != [one["creditCode"] for one in identity.members]:
        raise Invalid(CONSORTIUM_UNSIGNED, "the agreement is between others")


def _check_mandate(
    identity: Identity, papers: dict[str, str], lot: str, at: datetime, code_of: CodeOf
) -> None:
    if "mandate" not in papers:
        return
    data, cms = unb64(papers["mandate"]), unb64(papers.get("mandateSignature", ""))
    mandate, _ = verify_mandate(data, cms, credit_code_of=code_of)
    mandate.check_covers(BIDDER, lot, at)
    if mandate.grantor != identity.organisation["creditCode"] or mandate.name != papers.get("name"):
        raise Invalid(MANDATE_INVALID, "the mandate is for another person or by another organisation")
