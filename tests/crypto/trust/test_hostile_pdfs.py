"""Signature dictionaries that claim what is not so."""

from __future__ import annotations

import re

import pytest

from crypto.authority import DemoAuthority
from crypto.errors import Invalid
from crypto.pdf_bytes import read_signatures, verify_pdf_signatures
from crypto.pdf_signature import Prepared, prepare_signature
from crypto.signing import Signer, sign_digest

from .authorities import CODE, DAY, NOW, ORGANISATION
from .documents import record


def filled(ca: DemoAuthority, edit: bytes = b"") -> tuple[Prepared, bytes, bytes]:
    """A prepared document, its CMS in hexadecimal without a time stamp, and both put together."""
    key, certificate = ca.issue(ORGANISATION, CODE, at=NOW - DAY)
    waiting = prepare_signature(record(), field="host", certificate=certificate, at=NOW, reason="")
    cms = sign_digest(waiting.digest, Signer(certificate, ca.chain, key), pades=True).hex().encode()
    return waiting, cms, _fill(waiting, cms + edit)


def _fill(waiting: Prepared, contents: bytes) -> bytes:
    room = waiting.end - waiting.start - 2
    start = waiting.pdf[: waiting.start]
    return start + b"<" + contents.ljust(room, b"0") + b">" + waiting.pdf[waiting.end :]


def test_without_a_time_stamp_it_counts_only_where_none_is_asked_for(ca: DemoAuthority) -> None:
    _, _, pdf = filled(ca)
    (found,) = verify_pdf_signatures(pdf, time_stamped=False)
    assert (found.at, found.stamp) == (None, None)
    with pytest.raises(Invalid, match="pdf-without-time-stamp"):
        verify_pdf_signatures(pdf)


def test_an_unfilled_or_overfilled_hole_is_no_signature(ca: DemoAuthority) -> None:
    waiting, cms, _ = filled(ca)
    for contents in (b"", b"00", b"30", b"3084ffffffff", b"3080", cms + b"01", b"31" + cms[2:], cms[:-2]):
        with pytest.raises(Invalid, match=r"bad-cms|bad-signature"):
            verify_pdf_signatures(_fill(waiting, contents))
    odd = _fill(waiting, cms)
    assert odd[waiting.end - 2 : waiting.end] == b"0>"
    with pytest.raises(Invalid, match="pdf-"):
        verify_pdf_signatures(odd[: waiting.end - 2] + b" >" + odd[waiting.end :])


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (rb"/ByteRange \[0 ", b"/ByteRange [1 "),
        (rb"/ByteRange \[", b"/ByteRangf ["),
        (rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", rb"/ByteRange [0 \1 \2 9\3]"),
        (rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", rb"/ByteRange [0 \1 \2 1]  "),
        (rb"/ByteRange \[0 (\d+)", rb"/ByteRange [0 1"),
        (rb"/Contents <", b"/Contentt <"),
    ],
)
def test_a_range_that_covers_something_else_is_refused(
    ca: DemoAuthority, pattern: bytes, replacement: bytes
) -> None:
    _, _, pdf = filled(ca)
    changed = re.sub(pattern, replacement, pdf)
    assert changed != pdf
    with pytest.raises(Invalid, match="pdf-"):
        read_signatures(changed)


def test_two_signatures_over_one_revision_are_refused(ca: DemoAuthority) -> None:
    _, _, pdf = filled(ca)
    dictionary = re.search(rb"\d+ 0 obj\s*<<\s*/Contents.*?endobj", pdf, re.DOTALL)
    assert dictionary
    with pytest.raises(Invalid, match="pdf-"):
        verify_pdf_signatures(pdf + dictionary.group() + b"\nstartxref\n0\n%%EOF\n")


@pytest.mark.parametrize(
    "body",
    [
        b"1 0 obj\n<< /A 1 /A 2 >>\nendobj\n",
        b"1 0 obj\n<< /A#42 1 >>\nendobj\n",
        b"1 0 obj\n<< 1 2 >>\nendobj\n",
        b"1 0 obj\n(no end\nendobj\n",
        b"1 0 obj\n<< /Length 3 >>\nstream\nabcdef\nendstream\nendobj\n",
        b"1 0 obj\n<< /Length 2 0 R >>\nstream\nabc\nendstream\nendobj\n",
        b"1 0 obj\n" + b"[" * 100 + b"]" * 100 + b"\nendobj\n",
        b"1 0 obj\n}\nendobj\n",
        b"1 0 obj\n1\n",
        b"xref\n0 1\n0000000000 65535 f\ntrailer\n<< >>\n",
        b"junk\n",
        b"",
    ],
)
def test_a_file_that_needs_a_lenient_reader_is_refused(body: bytes) -> None:
    end = b"startxref\n9\n%%EOF\n" if body else b""
    with pytest.raises(Invalid, match="pdf-malformed"):
        read_signatures(b"%PDF-1.7\n" + body + end)
