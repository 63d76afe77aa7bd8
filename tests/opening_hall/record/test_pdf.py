"""The printed record: legible, complete, repeatable."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from dataclasses import replace

import pytest
from pypdf import PdfReader

from opening_hall.record.fonts import printable, record_font
from opening_hall.record.pdf import render_sheet
from opening_hall.record.sheet import Column, Fact, Label, Sheet, Table

MINUTES = b'{"label":"kaibiao/minutes/v1","text":"\xe5\xbc\x80\xe6\xa0\x87"}'


def sheet(rows: int = 3) -> Sheet:
    """A record with so many lines."""
    columns = (
        Column(Label("序号", "No."), 2),
        Column(Label("投标人", "Bidder"), 10),
        Column(Label("报价", "Price"), 6, right=True),
    )
    lines = [[str(n + 1), f"某某建设工程集团有限公司{n}\n91420{n:013d}", f"{n},000.00"] for n in range(rows)]
    return Sheet(
        title=Label("开标记录表", "Record of Bid Opening"),
        subtitle="城市快速路工程施工 第一标段",
        marks=("演示 DEMONSTRATION",),
        facts=(Fact(Label("最高投标限价", "Ceiling"), "45,000,000.00"),) * 3,
        tables=(Table(Label("唱标", "Bids read"), columns, lines),),
        notes=("本记录由日志生成。",),
        footer="minutes SHA-256 " + "0" * 64,
        qr="https://example.org/verify/ABCD",
        qr_caption="扫码核验",
    )


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_every_line_is_printed_and_headings_repeat() -> None:
    pdf = render_sheet(sheet(139), MINUTES)
    reader = PdfReader(io.BytesIO(pdf))
    text = text_of(pdf)
    for n in range(139):
        assert f"有限公司{n}" in text
        assert f"91420{n:013d}" in text
    count = len(reader.pages)
    assert count > 3
    for number, page in enumerate(reader.pages, 1):
        assert f"第 {number} 页 共 {count} 页" in page.extract_text()
        assert "投标人" in page.extract_text()


def test_same_sheet_gives_same_bytes_in_another_process() -> None:
    here = hashlib.sha256(render_sheet(sheet(50), MINUTES)).hexdigest()
    assert hashlib.sha256(render_sheet(sheet(50), MINUTES)).hexdigest() == here
    program = (
        "import hashlib; from tests.opening_hall.record.test_pdf import *; "
        "print(hashlib.sha256(render_sheet(sheet(50), MINUTES)).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == here


def test_minutes_are_embedded_byte_for_byte() -> None:
    pdf = render_sheet(sheet(), MINUTES)
    assert pdf.count(MINUTES) == 1
    assert PdfReader(io.BytesIO(pdf)).attachments == {"minutes.json": [MINUTES]}


def test_all_fonts_are_embedded() -> None:
    reader = PdfReader(io.BytesIO(render_sheet(sheet(), MINUTES)))
    fonts = reader.pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]
    for font in fonts:
        assert "/FontFile2" in font.get_object()["/FontDescriptor"]


def test_every_character_of_gbk_can_be_printed() -> None:
    known = record_font().face.charToGlyph
    characters = {
        c
        for high in range(0x81, 0xFF)
        for low in range(0x40, 0xFF)
        if len(c := bytes([high, low]).decode("gbk", "ignore")) == 1
    }
    assert len(characters) > 21_000
    assert {c for c in characters if ord(c) not in known and c.isprintable()} <= {"≒"}


@pytest.mark.parametrize(
    ("text", "shown"), [("王\U00030010", "王[U+30010]"), ("a\tb", "a b"), ("王\U0002b5af", "王\U0002b5af")]
)
def test_characters_the_font_lacks_are_spelled_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_rare_characters_beyond_the_first_plane_can_be_copied() -> None:
    rare = replace(sheet(), subtitle="王\U0002b5af建设")
    assert "王\U0002b5af建设" in text_of(render_sheet(rare, MINUTES))


def test_poppler_reads_it() -> None:
    pdf = render_sheet(sheet(60), MINUTES)
    shown = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    assert "某某建设工程集团有限公司59" in shown.stdout.decode()
