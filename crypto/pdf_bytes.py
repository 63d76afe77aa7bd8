"""The signatures in a PDF, checked from its bytes alone: no PDF library, for the offline verifier.

The parser is conservative. It walks the file once from the first byte to the last as a sequence of objects,
cross-reference sections and revision ends, and refuses whatever does not fit: the records it has to read are
written by this project, incrementally, and a file that needs a lenient reader is not one of them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from crypto.certificates import parsing
from crypto.errors import Invalid
from crypto.signing import verify_detached
from crypto.time_stamp_token import TimeStamp, read_token

MAX_PDF = 512 * 1024 * 1024
MAX_DEPTH = 64

_SPACE = re.compile(rb"(?:[\x00\t\n\x0c\r ]+|%[^\r\n]*)*")
_OBJECT = re.compile(rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+obj\b")
_XREF = re.compile(rb"xref[ ]*\r?\n(?:\d+ \d+[ ]*\r?\n(?:\d{10} \d{5} [fn](?: \r| \n|\r\n))*)+trailer\b")
_END = re.compile(rb"startxref[ ]*\r?\n(\d{1,12})[ ]*\r?\n%%EOF(?:\r\n|\n|\r)?")
_NAME = re.compile(rb"/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*")
_WORD = re.compile(rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]+")
_HEX = re.compile(rb"<[0-9A-Fa-f\x00\t\n\x0c\r ]*>")
_REFERENCE = re.compile(rb"\d+\s+\d+\s+R\b")
_STRING_STEP = re.compile(rb"[^()\\]*(?:\\.[^()\\]*)*", re.DOTALL)
_RANGE = re.compile(rb"\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]")
_STREAM = re.compile(rb"stream\r?\n")
_ENDSTREAM = re.compile(rb"(?:\r\n|\n|\r)?endstream\b")

Span = tuple[int, int]


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
    walk = _Walk(pdf)
    found = [
        _signature(pdf, number, keys)
        for number, keys in walk.dictionaries()
        if pdf[slice(*keys.get(b"/Type", (0, 0)))] == b"/Sig" or b"/ByteRange" in keys
    ]
    # Each signature's range is checked against revision ends after the walk has seen all of them.
    for signature in found:
        if signature.revision_end not in walk.revision_ends:
            raise Invalid("pdf-coverage", "a signature does not cover a whole revision")
    return tuple(sorted(found, key=lambda signature: signature.revision_end))


def revision_ends(pdf: bytes) -> tuple[int, ...]:
    """Lengths of the document after each save, first to last. Raises `Invalid("pdf-malformed")`."""
    walk = _Walk(pdf)
    for _ in walk.dictionaries():
        pass
    return tuple(walk.revision_ends)


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


class _Walk:
    """One pass over the file. `revision_ends` is complete once `dictionaries` is exhausted."""

    def __init__(self, pdf: bytes) -> None:
        self._pdf = pdf
        self.revision_ends: list[int] = []

    def dictionaries(self) -> Iterator[tuple[int, dict[bytes, Span]]]:
        """Number and top-level keys (name to the value's span) of every object that is a dictionary."""
        pdf = self._pdf
        if not pdf.startswith(b"%PDF-"):
            raise Invalid("pdf-malformed", "no PDF header")
        position = self._skip(0)
        while position < len(pdf):
            if match := _OBJECT.match(pdf, position):
                position, keys = self._object(match.end())
                yield int(match.group(1)), keys
            elif match := _XREF.match(pdf, position):
                position, _ = self._value(self._skip(match.end()), 0)
            elif match := _END.match(pdf, position):
                self.revision_ends.append(match.end())
                position = match.end()
            else:
                raise Invalid("pdf-malformed", "unexpected bytes between objects", offset=position)
            position = self._skip(position)
        if not self.revision_ends:
            raise Invalid("pdf-malformed", "the document has no end")

    def _object(self, position: int) -> tuple[int, dict[bytes, Span]]:
        pdf = self._pdf
        position, keys = self._value(self._skip(position), 0)
        position = self._skip(position)
        if match := _STREAM.match(pdf, position):
            length = pdf[slice(*keys.get(b"/Length", (0, 0)))]
            if not length.isdigit() or len(length) > 12:
                raise Invalid("pdf-malformed", "a stream without a plain length", offset=position)
            ended = _ENDSTREAM.match(pdf, match.end() + int(length))
            if ended is None:
                raise Invalid("pdf-malformed", "a stream of another length than stated", offset=position)
            position = self._skip(ended.end())
        if not pdf.startswith(b"endobj", position):
            raise Invalid("pdf-malformed", "an object without its end", offset=position)
        return position + 6, keys

    def _skip(self, position: int) -> int:
        match = _SPACE.match(self._pdf, position)
        return match.end() if match else position

    def _value(self, position: int, depth: int) -> tuple[int, dict[bytes, Span]]:
        """End of the value that starts here, and its keys if it is a dictionary."""
        pdf = self._pdf
        if depth > MAX_DEPTH:
            raise Invalid("pdf-malformed", "nested too deeply", offset=position)
        if pdf.startswith(b"<<", position):
            return self._dictionary(position + 2, depth)
        if pdf.startswith(b"[", position):
            position = self._skip(position + 1)
            while not pdf.startswith(b"]", position):
                position = self._skip(self._value(position, depth + 1)[0])
            return position + 1, {}
        if pdf.startswith(b"(", position):
            return self._string(position + 1), {}
        match = _HEX.match(pdf, position) or _NAME.match(pdf, position) or self._scalar(position)
        if match is None:
            raise Invalid("pdf-malformed", "a value that is none", offset=position)
        return match.end(), {}

    def _scalar(self, position: int) -> re.Match[bytes] | None:
        """A number, a keyword, or a reference `n g R`, taken as one value."""
        return _REFERENCE.match(self._pdf, position) or _WORD.match(self._pdf, position)

    def _dictionary(self, position: int, depth: int) -> tuple[int, dict[bytes, Span]]:
        pdf, keys = self._pdf, dict[bytes, Span]()
        position = self._skip(position)
        while not pdf.startswith(b">>", position):
            name = _NAME.match(pdf, position)
            if name is None or b"#" in name.group() or name.group() in keys:
                raise Invalid("pdf-malformed", "a dictionary key that is none or repeated", offset=position)
            start = self._skip(name.end())
            position, _ = self._value(start, depth + 1)
            keys[name.group()] = (start, position)
            position = self._skip(position)
        return position + 2, keys

    def _string(self, position: int) -> int:
        depth = 1
        while depth:
            match = _STRING_STEP.match(self._pdf, position)
            position = match.end() if match else position
            if position >= len(self._pdf):
                raise Invalid("pdf-malformed", "a string without its end")
            depth += 1 if self._pdf[position : position + 1] == b"(" else -1
            position += 1
        return position
