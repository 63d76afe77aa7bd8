"""A PDF read strictly, from its first byte to its last: objects, cross-reference tables, ends of revisions.

The parser is conservative: the records it has to read are written by this project, incrementally, and a file
that needs a lenient reader is not one of them. Nothing is decoded; what follows is about spans of bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from crypto.errors import Invalid

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
_STREAM = re.compile(rb"stream\r?\n")
_ENDSTREAM = re.compile(rb"(?:\r\n|\n|\r)?endstream\b")

Span = tuple[int, int]


class Kind(StrEnum):
    """What a part of the file is."""

    OBJECT = "object"
    TABLE = "table"
    END = "end"


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of the file, in the order of its bytes.

    `keys` maps the top-level keys of an object's dictionary, or of the trailer after a table, to their
    values. `number` is an object's number, or the offset that an end (`startxref`) states.
    """

    kind: Kind
    start: int
    end: int
    number: int
    keys: dict[bytes, Span]
    stream: bool
    pdf: bytes

    def value(self, key: bytes) -> bytes:
        """The bytes of a value; empty where the key is missing."""
        return self.pdf[slice(*self.keys.get(key, (0, 0)))]


def walk(pdf: bytes) -> tuple[Part, ...]:
    """Every part of the file. Raises `Invalid("pdf-malformed")` for bytes that are none."""
    if not pdf.startswith(b"%PDF-"):
        raise Invalid("pdf-malformed", "no PDF header")
    found, reader = list[Part](), _Reader(pdf)
    position = reader.skip(0)
    while position < len(pdf):
        found.append(reader.part(position))
        position = reader.skip(found[-1].end)
    if not any(part.kind is Kind.END for part in found):
        raise Invalid("pdf-malformed", "the document has no end")
    return tuple(found)


def tokens(pdf: bytes, span: Span) -> tuple[bytes, ...]:
    """A value without its spaces and comments, so that two spellings of it compare equal."""
    reader, found = _Reader(pdf), list[bytes]()
    position = reader.skip(span[0])
    while position < span[1]:
        end = reader.token(position)
        raw = pdf[position:end]
        found.append(_plain(raw) if raw.startswith(b"(") else b" ".join(raw.split()))
        position = reader.skip(end)
    return tuple(found)


def _plain(literal: bytes) -> bytes:
    """A literal string with its escapes resolved (ISO 32000-1 section 7.3.4.2)."""
    named = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b""}

    def resolve(match: re.Match[bytes]) -> bytes:
        escaped = match.group(1)
        return bytes((int(escaped, 8) & 0xFF,)) if escaped.isdigit() else named.get(escaped, escaped)

    return b"(" + _ESCAPE.sub(resolve, literal[1:-1]) + b")"


_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)


class _Reader:
    """Where things end."""

    def __init__(self, pdf: bytes) -> None:
        self._pdf = pdf

    def part(self, position: int) -> Part:
        pdf = self._pdf
        if match := _OBJECT.match(pdf, position):
            end, keys, stream = self._object(match.end())
            return Part(Kind.OBJECT, position, end, int(match.group(1)), keys, stream, pdf)
        if match := _XREF.match(pdf, position):
            end, keys = self._value(self.skip(match.end()), 0)
            return Part(Kind.TABLE, position, end, 0, keys, False, pdf)
        if match := _END.match(pdf, position):
            return Part(Kind.END, position, match.end(), int(match.group(1)), {}, False, pdf)
        raise Invalid("pdf-malformed", "unexpected bytes between objects", offset=position)

    def token(self, position: int) -> int:
        """End of the bracket or simple value that starts here."""
        for bracket in (b"<<", b">>", b"[", b"]"):
            if self._pdf.startswith(bracket, position):
                return position + len(bracket)
        return self._value(position, 0)[0]

    def _object(self, position: int) -> tuple[int, dict[bytes, Span], bool]:
        pdf, stream = self._pdf, False
        position, keys = self._value(self.skip(position), 0)
        position = self.skip(position)
        if match := _STREAM.match(pdf, position):
            length = pdf[slice(*keys.get(b"/Length", (0, 0)))]
            if not length.isdigit() or len(length) > 12:
                raise Invalid("pdf-malformed", "a stream without a plain length", offset=position)
            ended = _ENDSTREAM.match(pdf, match.end() + int(length))
            if ended is None:
                raise Invalid("pdf-malformed", "a stream of another length than stated", offset=position)
            position, stream = self.skip(ended.end()), True
        if not pdf.startswith(b"endobj", position):
            raise Invalid("pdf-malformed", "an object without its end", offset=position)
        return position + 6, keys, stream

    def skip(self, position: int) -> int:
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
            position = self.skip(position + 1)
            while not pdf.startswith(b"]", position):
                position = self.skip(self._value(position, depth + 1)[0])
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
        position = self.skip(position)
        while not pdf.startswith(b">>", position):
            name = _NAME.match(pdf, position)
            if name is None or b"#" in name.group() or name.group() in keys:
                raise Invalid("pdf-malformed", "a dictionary key that is none or repeated", offset=position)
            start = self.skip(name.end())
            position, _ = self._value(start, depth + 1)
            keys[name.group()] = (start, position)
            position = self.skip(position)
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
