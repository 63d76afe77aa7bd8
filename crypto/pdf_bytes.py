"""The signatures in a PDF, checked from its bytes alone: no PDF library, for the offline verifier.

What is not as `crypto.pdf_walk` expects it is refused.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from crypto.certificates import parsing
from crypto.errors import Invalid
from crypto.pdf_walk import Kind, Span, walk
from crypto.signing import verify_detached
from crypto.time_stamp_token import TimeStamp, read_token

MAX_PDF = 512 * 1024 * 1024

_RANGE = re.compile(rb"\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]")
_HEX = re.compile(rb"<[0-9A-Fa-f\x00\t\n\x0c\r ]*>")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature dictionary: what it covers and the CMS it holds.

    `revision_end` is the length of the document it was made for: the signature covers those bytes but for the
    hole with the CMS itself. `digest` is the SHA-256 over them.
    """

    object_number: int
    hole: Span
    revision_end: int
    digest: bytes
    cms: bytes


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A signature that verifies over its revision; whether its certificate counts `crypto.trust` judges.

    `stamp` is the signature time stamp (PAdES B-T); its path is to be verified with
    `crypto.time_stamp_token.verify_time_stamp_path`.
    """

    signature: Signature
    certificate: bytes
    chain: tuple[bytes, ...]
    stamp: TimeStamp | None

    @property
    def at(self) -> datetime | None:
        """The time the time-stamp authority vouches for."""
        return self.stamp.at if self.stamp else None


def verify_pdf_signatures(pdf: bytes, *, time_stamped: bool = True) -> tuple[VerifiedSignature, ...]:
    """Every signature in the order made: digest, CMS, time-stamp imprint and coverage.

    `time_stamped`: a signature without a time stamp is refused (`pdf-without-time-stamp`).

    Each covers a whole revision, each revision is a prefix of the next, the last covers the whole file.
    Raises `Invalid` with `pdf-malformed`, `pdf-unsigned`, `pdf-coverage`, `bad-cms`, `bad-signature` or a
    time-stamp code.
    """
    signatures = read_signatures(pdf)
    if not signatures:
        raise Invalid("pdf-unsigned", "the document holds no signature")
    ends = [signature.revision_end for signature in signatures]
    if ends != sorted(set(ends)):
        raise Invalid("pdf-coverage", "two signatures claim the same revision")
    if ends[-1] != len(pdf):
        raise Invalid("pdf-coverage", "bytes follow the last signature", covered=ends[-1], size=len(pdf))
    verified = tuple(_verified(signature) for signature in signatures)
    if time_stamped and not all(each.stamp for each in verified):
        raise Invalid("pdf-without-time-stamp", "a signature carries no time stamp")
    return verified


def read_signatures(pdf: bytes) -> tuple[Signature, ...]:
    """The signatures in the order of the revisions they cover, parsed but not verified.

    Raises `Invalid("pdf-malformed")` or `Invalid("pdf-coverage")`.
    """
    if len(pdf) > MAX_PDF:
        raise Invalid("pdf-malformed", "too large", limit=MAX_PDF)
    parts = walk(pdf)
    found = [
        _signature(pdf, part.number, part.keys)
        for part in parts
        if part.kind is Kind.OBJECT and (part.value(b"/Type") == b"/Sig" or b"/ByteRange" in part.keys)
    ]
    ends = {part.end for part in parts if part.kind is Kind.END}
    for signature in found:
        if signature.revision_end not in ends:
            raise Invalid("pdf-coverage", "a signature does not cover a whole revision")
    return tuple(sorted(found, key=lambda signature: signature.revision_end))


def revision_ends(pdf: bytes) -> tuple[int, ...]:
    """Lengths of the document after each save, first to last. Raises `Invalid("pdf-malformed")`."""
    return tuple(part.end for part in walk(pdf) if part.kind is Kind.END)


def _verified(signature: Signature) -> VerifiedSignature:
    signed = verify_detached(signature.cms, digest=signature.digest)
    token, value = _time_stamp(signature.cms)
    stamp = None
    if token is not None:
        stamp = read_token(token)
        if stamp.digest != hashlib.sha256(value).digest():
            raise Invalid("time-stamp-mismatch", "the time stamp covers another signature")
    return VerifiedSignature(signature, signed.certificate, signed.chain, stamp)


def _time_stamp(der: bytes) -> tuple[bytes | None, bytes]:
    from asn1crypto import cms

    with parsing("bad-cms", "the signature"):
        info = cms.ContentInfo.load(der, strict=True)["content"]["signer_infos"][0]
        value = bytes(info["signature"].native)
        unsigned = list(info["unsigned_attrs"])
        # What nobody signed could be anything: only the time stamp, which carries its own proof, is let in.
        if any(attribute["type"].native != "signature_time_stamp_token" for attribute in unsigned):
            raise Invalid("bad-cms", "an unsigned attribute other than a time stamp")
        tokens = [bytes(each.dump()) for attribute in unsigned for each in attribute["values"]]
    if len(tokens) > 1:
        raise Invalid("bad-cms", "more than one signature time stamp")
    return (tokens[0] if tokens else None), value


def _signature(pdf: bytes, number: int, keys: dict[bytes, Span]) -> Signature:
    match = _RANGE.fullmatch(pdf, *keys.get(b"/ByteRange", (0, 0)))
    hole = keys.get(b"/Contents")
    if match is None or hole is None:
        raise Invalid("pdf-malformed", "a signature without ByteRange or Contents")
    start, first, second, rest = (int(value) for value in match.groups())
    if start != 0 or (first, second) != hole or not _HEX.fullmatch(pdf, *hole):
        raise Invalid("pdf-coverage", "a signature leaves out more than itself")
    end = second + rest
    if end > len(pdf):
        raise Invalid("pdf-coverage", "a signature claims bytes beyond the end")
    digest = hashlib.sha256(memoryview(pdf)[:first])
    digest.update(memoryview(pdf)[second:end])
    return Signature(number, hole, end, digest.digest(), _unpadded(pdf[first + 1 : second - 1]))


def _unpadded(hexadecimal: bytes) -> bytes:
    """The CMS without the zeros that fill the reserved room: DER states its own length."""
    try:
        raw = bytes.fromhex(hexadecimal.decode("ascii"))
    except ValueError as error:
        raise Invalid("pdf-malformed", "Contents is not hexadecimal") from error
    if len(raw) < 2 or raw[0] != 0x30:
        raise Invalid("bad-cms", "the signature is empty")
    length, header = raw[1], 2
    if length & 0x80:
        count = length & 0x7F
        header += count
        length = int.from_bytes(raw[2:header], "big")
    if not 1 <= header <= 6 or header + length > len(raw) or any(raw[header + length :]):
        raise Invalid("bad-cms", "the signature does not fill its room as it should")
    return raw[: header + length]
