"""The pages that people read are the minutes that the log gives."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace

import pytest
from hall_given import Hall

from crypto.errors import Invalid
from opening_hall.record.minutes import Minutes, minutes
from opening_hall.record.pdf import record_code, render
from opening_hall.record.reprint import parse_minutes, verify_pages


@pytest.fixture(scope="module")
def told() -> Minutes:
    return minutes(Hall().to_record().events)


def printed(told: Minutes) -> bytes:
    code = record_code(told)
    return render(told, verify_url=f"https://example.org/verify/{code}", code=code)


def test_minutes_survive_their_encoding(told: Minutes) -> None:
    assert parse_minutes(told.encode()) == told


def test_pages_print_the_minutes(told: Minutes) -> None:
    verify_pages(printed(told), told.encode())


def test_other_price_on_the_page_is_found(told: Minutes) -> None:
    """A record whose pages were laid out from other figures than the attached minutes tell."""
    first = told.rows[0]
    cells = tuple(cell.replace("46000000.00", "41000000.00") for cell in first.cells)
    lie = replace(told, rows=(replace(first, cells=cells), *told.rows[1:]))
    assert lie != told
    pdf = printed(lie).replace(lie.encode(), told.encode())
    with pytest.raises(Invalid) as found:
        verify_pages(pdf, told.encode())
    assert found.value.code == "printed-pages-differ"


def test_compression_of_another_library_makes_no_difference(told: Minutes) -> None:
    def again(match: re.Match[bytes]) -> bytes:
        packed = zlib.compress(zlib.decompress(match[2]), 1)
        head = re.sub(rb"/Length \d+", b"/Length %d" % len(packed), match[1])
        return head + packed + b"endstream"

    pdf = re.sub(
        rb"(<<[^>]*FlateDecode[^>]*>>\s*stream\r?\n)(.*?)endstream", again, printed(told), flags=re.DOTALL
    )
    assert pdf != printed(told)
    verify_pages(pdf, told.encode())


def test_qr_code_must_lead_to_this_record(told: Minutes) -> None:
    pdf = render(told, verify_url="https://example.org/verify/another", code=record_code(told))
    with pytest.raises(Invalid):
        verify_pages(pdf, told.encode())
