"""Printing a record again and comparing: what the signed pages show is what the minutes say.

The minutes inside a record follow from the log, but people read the pages. Here they are laid out once more
from the minutes, and every object of the file is compared: fonts, pages, QR code. Streams are compared
unpacked, for compression libraries differ; the release of reportlab must be the one that printed it.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from crypto.canonical import parse_canonical
from crypto.errors import Invalid
from opening_hall.record.minutes import Column, Exchange, Fact, Line, Minutes, Row, Signatory
from opening_hall.record.pdf import record_code, render

MAX_MINUTES = 64 << 20
MAX_STREAM = 64 << 20
SAME, DIFFERENT = 0, 1

_KEYWORDS = re.compile(rb"/Keywords \(([^()\\\\]*)\)")
_STREAM = re.compile(rb"/Length (\d+)([^>]*)>>\s*stream\r?\n")
_XREF = re.compile(rb"xref\n.*?(?=trailer)", re.DOTALL)


def verify_pages(rendered: bytes, minutes: bytes) -> None:
    """Raises `Invalid("printed-pages-differ")` unless the rendered record prints exactly these minutes."""
    told = parse_minutes(minutes)
    code = record_code(told)
    again = render(told, verify_url=_address(rendered, code), code=code)
    for number, (theirs, ours) in enumerate(zip_longest(_pieces(rendered), _pieces(again))):
        if theirs != ours:
            raise Invalid("printed-pages-differ", f"from its piece {number} on it is another document")


def parse_minutes(data: bytes) -> Minutes:
    """Minutes from their canonical bytes; `Invalid("minutes-malformed")` for anything else."""
    value = parse_canonical(data, limit=MAX_MINUTES)
    try:
        told = Minutes(
            lang=value["lang"],
            lot=value["lot"],
            title=value["title"],
            demonstration=value["demonstration"],
            part=value["part"],
            header=tuple(Fact(*fact) for fact in value["header"]),
            columns=tuple(Column(*column) for column in value["columns"]),
            rows=tuple(Row(bid, tuple(cells)) for bid, cells in value["rows"]),
            objections=tuple(_exchange(one) for one in value["objections"]),
            incidents=tuple(Line(*line) for line in value["incidents"]),
            chat=tuple(Line(*line) for line in value["chat"]),
            signatories=tuple(Signatory(*one) for one in value["signatories"]),
            admitted_hash=value["admittedHash"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("minutes-malformed", str(error)) from error
    if told.encode() != data:
        raise Invalid("minutes-malformed", "members that this version does not know")
    return told


def _exchange(value: Mapping[str, Any]) -> Exchange:
    return Exchange(
        number=value["number"],
        by=value["by"],
        at=value["at"],
        text=value["text"],
        answer=value["answer"],
        answered_by=value["answeredBy"],
        answered_at=value["answeredAt"],
        resolution=value["resolution"],
    )


def _address(rendered: bytes, code: str) -> str:
    """Where the QR code says it leads; it must name this very record."""
    match = _KEYWORDS.search(rendered)
    address = match[1].decode("ascii", "replace") if match else ""
    if not address.endswith(f"/verify/{code}"):
        raise Invalid("printed-pages-differ", "its QR code leads to another record")
    return address


def main() -> int:
    """`python -m opening_hall.record.reprint RENDERED.pdf minutes.json`: 0 the same, 1 different."""
    rendered, minutes = (Path(name).read_bytes() for name in sys.argv[1:3])
    try:
        verify_pages(rendered, minutes)
    except Invalid as error:
        sys.stderr.write(f"{error}\n")
        return DIFFERENT
    return SAME


def _pieces(pdf: bytes) -> Iterator[bytes]:
    """What stands between streams, and the streams unpacked; lengths and offsets left out."""
    at = 0
    while match := _STREAM.search(pdf, at):
        yield _XREF.sub(b"", pdf[at : match.start()]) + match[2]
        start = match.end()
        data = pdf[start : start + int(match[1])]
        yield _unpacked(data) if b"FlateDecode" in pdf[max(at, match.start() - 200) : start] else data
        at = start + int(match[1])
    yield re.sub(rb"startxref\n\d+", b"", _XREF.sub(b"", pdf[at:]))


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, MAX_STREAM)
    except zlib.error as error:
        raise Invalid("printed-pages-differ", "a stream does not unpack") from error


if __name__ == "__main__":
    sys.exit(main())
