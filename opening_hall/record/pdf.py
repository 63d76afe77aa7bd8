"""Printing a record: A4 landscape, Noto Sans SC embedded, the same sheet always giving the same bytes.

The page operators are written directly (reportlab's tables take three times as long for 5,000 rows);
reportlab subsets the font and writes the file. `minutes.json` is embedded uncompressed, so that a verifier
finds it byte for byte without a PDF library.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from reportlab import rl_config
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFName,
    PDFStream,
    PDFString,
)
from reportlab.pdfgen.canvas import Canvas

from opening_hall.record.fonts import BOLD, FONT, REGULAR, Typesetter, record_font
from opening_hall.record.minutes import Minutes
from opening_hall.record.printed import printed, record_code
from opening_hall.record.qr import qr_rows
from opening_hall.record.sheet import Column, Sheet, Table

MINUTES = "minutes.json"
__all__ = ["MINUTES", "record_code", "render", "render_sheet"]
# Base-85 armour is for mail of the last century; it doubles the time and adds a quarter to the size.
rl_config.useA85 = 0
_WIDTH, _HEIGHT = landscape(A4)
_LEFT, _TOP, _BOTTOM = 28.0, 30.0, 40.0
_BODY = _WIDTH - 2 * _LEFT
_SIZE, _LEADING, _PAD = 7.0, 8.8, 2.5
_QR = 74.0


def render(minutes: Minutes, *, verify_url: str, code: str) -> bytes:
    """The PDF of a session's minutes; the same minutes give the same bytes.

    `verify_url` goes into the QR code, `code` (see `printed.record_code`) beside it.
    """
    return render_sheet(printed(minutes, verify_url=verify_url, code=code), minutes.encode())


def render_sheet(sheet: Sheet, data: bytes, attachment: str = MINUTES) -> bytes:
    """The PDF of a sheet; what it was made from is attached under the name `attachment`."""
    record_font()
    out = io.BytesIO()
    canvas = Canvas(
        out, pagesize=(_WIDTH, _HEIGHT), invariant=1, pageCompression=1, initialFontName=FONT, lang="zh-CN"
    )
    canvas.setTitle(f"{sheet.title.zh} {sheet.title.en} · {sheet.subtitle}")
    canvas.setSubject(sheet.footer)
    canvas.setKeywords(sheet.qr)
    canvas.setCreator("Kaibiao")
    canvas.setProducer("Kaibiao / ReportLab")
    _attach(canvas, attachment, data)
    pages = _Pages(Typesetter(canvas._doc))
    _lay_out(pages, sheet)
    finished = pages.done()
    count = len(finished)
    for number in range(1, count + 1):
        canvas.addLiteral(finished[number - 1] + _foot(pages.type, sheet.footer, number, count))
        finished[number - 1] = ""
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@dataclass(slots=True)
class _Pages:
    """Operators page by page; `y` is the distance of the next line's top from the paper's lower edge."""

    type: Typesetter
    finished: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    y: float = _HEIGHT - _TOP
    edges: Sequence[float] = ()
    table_top: float = 0.0

    def put(self, x: float, y: float, text: str, size: float = _SIZE, weight: float = REGULAR) -> None:
        """One line of text with its baseline at y."""
        if text:
            self.text.append(
                f"{size * weight:.3f} w 1 0 0 1 {x:.2f} {y:.2f} Tm {self.type.show(text, size)}\n"
            )

    def rule(self, x: float, y: float, x2: float, y2: float) -> None:
        """A thin grey line."""
        self.lines.append(f"{x:.2f} {y:.2f} m {x2:.2f} {y2:.2f} l S\n")

    def open_table(self, edges: Sequence[float]) -> None:
        """From here down to `close_table` the table's vertical lines run."""
        self.edges, self.table_top = edges, self.y

    def close_table(self) -> None:
        """Draw them."""
        for edge in self.edges:
            self.rule(edge, self.y, edge, self.table_top)
        self.edges = ()

    def fill(self, x: float, y: float, width: float, height: float) -> None:
        """A light grey box."""
        self.lines.append(f"{x:.2f} {y:.2f} {width:.2f} {height:.2f} re f\n")

    def room(self, height: float) -> bool:
        """Whether so much is left on this page."""
        return self.y - height >= _BOTTOM

    def turn(self) -> None:
        """Finish this page."""
        self.finished.append(
            "q 0.94 g 0.6 G 0.4 w\n" + "".join(self.lines) + "Q\n"
            "q 0 g 0 G 1 j 1 J BT 2 Tr\n" + "".join(self.text) + "ET Q\n"
        )
        self.text, self.lines, self.y = [], [], _HEIGHT - _TOP

    def done(self) -> list[str]:
        """All pages."""
        if self.text or self.lines:
            self.turn()
        return self.finished


def _lay_out(pages: _Pages, sheet: Sheet) -> None:
    _head(pages, sheet)
    for table in sheet.tables:
        _table(pages, table)
    for note in sheet.notes:
        _paragraph(pages, note)


def _head(pages: _Pages, sheet: Sheet) -> None:
    top = pages.y
    _qr(pages, sheet)
    for mark in sheet.marks:
        pages.put(_LEFT, pages.y - 10, mark, 10, BOLD)
        pages.y -= 15
    pages.put(_LEFT, pages.y - 16, sheet.title.zh, 17, BOLD)
    pages.put(_LEFT + pages.type.width(sheet.title.zh, 17) + 10, pages.y - 16, sheet.title.en, 10)
    pages.y -= 26
    width = _BODY - _QR - 16
    for line in pages.type.lines(sheet.subtitle, width / 9):
        pages.put(_LEFT, pages.y - 9, line, 9)
        pages.y -= 12
    pages.y -= 3
    _facts(pages, sheet, width / 2)
    pages.y = min(pages.y, top - _QR - 24)


def _facts(pages: _Pages, sheet: Sheet, width: float) -> None:
    for pair in _pairs(sheet.facts, 2):
        columns = [
            pages.type.lines(f"{fact.label.zh} {fact.label.en}: {fact.value or '/'}", (width - 8) / 7.5)
            for fact in pair
        ]
        deepest = max(map(len, columns))
        if not pages.room(deepest * 10.0):
            pages.turn()
        for number, lines in enumerate(columns):
            for line, text in enumerate(lines):
                pages.put(_LEFT + number * width, pages.y - 8 - line * 10, text, 7.5)
        pages.y -= deepest * 10.0


def _table(pages: _Pages, table: Table) -> None:
    edges = _edges(table.columns)
    heads = [f"{column.label.zh}\n{column.label.en}" for column in table.columns]
    title = f"{table.title.zh} {table.title.en}"
    if not pages.room(70):
        pages.turn()
    pages.put(_LEFT, pages.y - 14, title, 9, BOLD)
    pages.y -= 20
    pages.open_table(edges)
    _row(pages, table.columns, edges, heads, head=True)
    for row in table.rows:
        cells = _cells(pages.type, table.columns, edges, row)
        height = max(map(len, cells)) * _LEADING + 2 * _PAD
        if not pages.room(height):
            pages.close_table()
            pages.turn()
            pages.open_table(edges)
            _row(pages, table.columns, edges, heads, head=True)
        _draw_row(pages, table.columns, edges, cells, height, REGULAR)
    pages.close_table()
    pages.y -= 8


def _row(
    pages: _Pages, columns: Sequence[Column], edges: Sequence[float], texts: Sequence[str], *, head: bool
) -> None:
    cells = _cells(pages.type, columns, edges, texts)
    height = max(map(len, cells)) * _LEADING + 2 * _PAD
    if head:
        pages.fill(edges[0], pages.y - height, edges[-1] - edges[0], height)
        pages.rule(edges[0], pages.y, edges[-1], pages.y)
    _draw_row(pages, columns, edges, cells, height, BOLD if head else REGULAR)


def _cells(
    type_: Typesetter, columns: Sequence[Column], edges: Sequence[float], texts: Sequence[str]
) -> list[tuple[str, ...]]:
    return [
        type_.lines(text, (edges[i + 1] - edges[i] - 2 * _PAD) / _SIZE)
        for i, (_, text) in enumerate(zip(columns, texts, strict=True))
    ]


def _draw_row(
    pages: _Pages,
    columns: Sequence[Column],
    edges: Sequence[float],
    cells: Sequence[tuple[str, ...]],
    height: float,
    weight: float,
) -> None:
    base = pages.y - _PAD - _SIZE + 0.8
    for i, lines in enumerate(cells):
        for line, text in enumerate(lines):
            if text:
                x = edges[i] + _PAD
                if columns[i].right:
                    x = edges[i + 1] - _PAD - pages.type.width(text, _SIZE)
                pages.put(x, base - line * _LEADING, text, _SIZE, weight)
    pages.y -= height
    pages.rule(edges[0], pages.y, edges[-1], pages.y)


def _paragraph(pages: _Pages, text: str) -> None:
    for line in pages.type.lines(text, _BODY / _SIZE):
        if not pages.room(_LEADING + 1):
            pages.turn()
        pages.put(_LEFT, pages.y - _SIZE, line)
        pages.y -= _LEADING + 1
    pages.y -= 3


def _qr(pages: _Pages, sheet: Sheet) -> None:
    """The QR code at the upper right, its modules as filled boxes."""
    rows = qr_rows(sheet.qr)
    side = _QR / len(rows)
    left, top = _WIDTH - _LEFT - _QR, pages.y
    pages.lines.append("0 g\n")
    for row, spans in enumerate(rows):
        for start, stop in spans:
            y = top - (row + 1) * side
            pages.lines.append(
                f"{left + start * side:.3f} {y:.3f} {(stop - start) * side:.3f} {side:.3f} re f\n"
            )
    pages.lines.append("0.94 g\n")
    for number, line in enumerate(pages.type.lines(sheet.qr_caption, _QR / 6.5)):
        pages.put(left, top - _QR - 9 - 8 * number, line, 6.5)


def _foot(type_: Typesetter, footer: str, number: int, count: int) -> str:
    """The foot of a page; pages are counted only when all are laid out."""
    line = _Pages(type_)
    place = f"第 {number} 页 共 {count} 页 · Page {number} of {count}"
    line.put(_LEFT, 22, footer, 6.5)
    line.put(_WIDTH - _LEFT - type_.width(place, 6.5), 22, place, 6.5)
    return line.done()[0]


def _edges(columns: Sequence[Column]) -> list[float]:
    whole = sum(column.share for column in columns)
    edges = [_LEFT]
    for column in columns:
        edges.append(edges[-1] + column.share / whole * _BODY)
    return edges


def _pairs(items: Sequence[Any], width: int) -> Iterator[Sequence[Any]]:
    for at in range(0, len(items), width):
        yield items[at : at + width]


def _attach(canvas: Any, name: str, data: bytes) -> None:
    """Embed a file (ISO 32000-1, 7.11.4) as it is, without a filter."""
    document = canvas._doc
    kind = PDFDictionary({"Type": PDFName("EmbeddedFile"), "Subtype": "/application#2Fjson"})
    stream = PDFStream(kind, data, filters=[])
    file = document.Reference(stream, "kaibiao-attachment")
    specification = PDFDictionary(
        {
            "Type": PDFName("Filespec"), "F": PDFString(name), "UF": PDFString(name),
            "AFRelationship": PDFName("Data"), "EF": PDFDictionary({"F": file}),
        }
    )  # fmt: skip
    names = PDFDictionary({"Names": PDFArray([PDFString(name), document.Reference(specification)])})
    document.Catalog.Names = PDFDictionary({"EmbeddedFiles": names})
