"""The server's own verdict on a signed PDF before it is called final.

Bytes, digests and coverage are checked by `crypto.pdf_bytes`, what changed between signatures by pyHanko's
difference analysis, certificates by `crypto.trust`. (pyHanko's own `status.valid` says True for a revoked
signer; nothing here relies on it.)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel, SuspiciousModification
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation.errors import SignatureValidationError

from crypto.errors import Invalid
from crypto.pdf_bytes import VerifiedSignature, verify_pdf_signatures
from crypto.revocation import NO_EVIDENCE, RevocationEvidence
from crypto.time_stamp_token import verify_time_stamp_path
from crypto.trust import Judgement, TrustStore, Verdict


@dataclass(frozen=True, slots=True)
class CheckedSignature:
    """One signature in the order made. `at` is the time-stamped time; the certificate is judged as of it."""

    field: str
    certificate: bytes
    chain: tuple[bytes, ...]
    at: datetime
    revision_end: int
    judgement: Judgement

    @property
    def good(self) -> bool:
        return self.judgement.verdict is Verdict.VALID


def check_pdf_signatures(
    pdf: bytes, trust: TrustStore, *, evidence: RevocationEvidence = NO_EVIDENCE
) -> tuple[CheckedSignature, ...]:
    """Check every signature of the document, each as of its own time stamp.

    Raises `Invalid` when bytes, coverage, revisions or time stamps do not hold; whether each certificate
    counts is in the judgements.
    """
    verified = verify_pdf_signatures(pdf)
    try:
        embedded = PdfFileReader(BytesIO(pdf), strict=True).embedded_signatures
        fields = {_end(each): _unchanged(each) for each in embedded}
    except (PdfError, SigningError, SignatureValidationError, ValueError, TypeError, KeyError) as error:
        raise Invalid("pdf-malformed", f"{type(error).__name__}: {error}") from error
    if set(fields) != {each.signature.revision_end for each in verified}:
        raise Invalid("pdf-coverage", "the document's form does not list the signatures its bytes hold")
    return tuple(_checked(each, fields[each.signature.revision_end], trust, evidence) for each in verified)


def _end(embedded: Any) -> int:
    _, _, second, rest = (int(value) for value in embedded.byte_range)
    return second + rest


def _unchanged(embedded: Any) -> str:
    """The field's name, if nothing but further signatures came after it."""
    embedded.compute_integrity_info()
    name = str(embedded.field_name)
    found = embedded.diff_result
    if isinstance(found, SuspiciousModification):
        raise Invalid("pdf-changed-after-signing", str(found), field=name)
    if found is not None and found.modification_level > ModificationLevel.FORM_FILLING:
        raise Invalid("pdf-changed-after-signing", found.modification_level.name, field=name)
    return name


def _checked(
    verified: VerifiedSignature, field: str, trust: TrustStore, evidence: RevocationEvidence
) -> CheckedSignature:
    stamp = verified.stamp
    if stamp is None:
        raise Invalid("pdf-without-time-stamp", "a signature carries no time stamp", field=field)
    verify_time_stamp_path(stamp, trust.anchors, intermediates=trust.intermediates)
    judgement = trust.judge(verified.certificate, verified.chain, at=stamp.at, evidence=evidence)
    return CheckedSignature(
        field=field,
        certificate=verified.certificate,
        chain=verified.chain,
        at=stamp.at,
        revision_end=verified.signature.revision_end,
        judgement=judgement,
    )
