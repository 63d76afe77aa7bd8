"""Signing the record: bidders' detached signatures inside it, then one time-stamped seal after the other.

    rendered PDF            bidders sign its SHA-256 (detached CMS, in parallel)
    + attachments           an incremental save; the rendered PDF stays a byte prefix
    + host, tenderer …      PAdES B-T each, one revision after the other

Every revision is a prefix of the next, so each signature's document can be cut out of the final file.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crypto.certificates import certificate_facts
from crypto.errors import Invalid
from crypto.pdf_signature import Prepared, attach_files, complete_signature, prepare_signature
from crypto.signing import verify_detached
from crypto.timestamps import TimeStampAuthority

REASON = "开标记录签章 seal of the opening record"
DESCRIPTION = "投标人对本记录的电子签名 bidder's signature over the record"


def verify_bidder_signature(cms: bytes, record_sha256: str, credit_code: str) -> None:
    """That a bidder signed exactly this record: detached CMS over its SHA-256, by its own certificate.

    Raises `Invalid` (`bad-cms`, `bad-signature`, `signature-of-somebody-else`).
    """
    signed = verify_detached(cms, digest=bytes.fromhex(record_sha256))
    facts = certificate_facts(signed.certificate)
    if facts.credit_code != credit_code:
        raise Invalid("signature-of-somebody-else", f"the certificate speaks for {facts.credit_code}")


def attach_signatures(pdf: bytes, signatures: Mapping[str, bytes], *, at: datetime) -> bytes:
    """The record with the bidders' signatures attached, by credit code; unchanged where nobody signed."""
    if not signatures:
        return pdf
    files = {f"{code}.p7s": signatures[code] for code in sorted(signatures)}
    signed = attach_files(pdf, files, at=at, description=DESCRIPTION)
    if not signed.startswith(pdf):
        raise AssertionError("an incremental save kept no prefix")
    return signed


def prepare_seal(pdf: bytes, *, seat: str, name: str, certificate: bytes, at: datetime) -> Prepared:
    """Room for one seat's seal, and the digest its holder signs (`sign_digest(…, pades=True)`).

    Raises `Invalid` where the certificate cannot be read.
    """
    return prepare_signature(
        pdf, field=field_name(seat), certificate=certificate, at=at, reason=REASON, name=name
    )


def complete_seal(prepared: Prepared, cms: bytes, tsa: TimeStampAuthority) -> bytes:
    """The sealed revision, its signature time-stamped. Raises `Invalid` for a CMS that does not fit,
    `Unavailable` while the time-stamp authority is away: only the record waits for it."""
    return complete_signature(prepared, cms, tsa)


def field_name(seat: str) -> str:
    """The signature field of a seat: letters, digits and underscores, no dots (they would mean nesting)."""
    return "Seal_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in seat)
