"""The typeface of printed records: Noto Sans SC, embedded as a subset, any weight from one file.

The file (SIL Open Font License 1.1, from the package justmytype-intl-cjk) is a variable TrueType font whose
default instance is the thinnest. Instead of instantiating it (16 s and 400 MB for the characters of GBK),
text is filled *and stroked*: a stroke of 3 % of the size gives the regular weight, 6 % the bold one.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT = "KaibiaoSansSC"
REGULAR, BOLD = 0.028, 0.055
"""Stroke widths as fractions of the font size."""

_KEPT = 4096
"""Strings whose encoding and breaks are remembered; most cells of a column repeat."""

_REGISTER = threading.Lock()
_BEYOND_BMP = re.compile(r"<([0-9A-F]{5,6})>")


class _RecordFont(TTFont):  # type: ignore[misc]
    """reportlab's font with text that can be copied beyond the first plane (rare characters of names)."""

    def addObjects(self, doc: Any) -> None:
        super().addObjects(doc)
        for name, stream in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                stream.content = _BEYOND_BMP.sub(_surrogates, stream.content)


def _surrogates(match: re.Match[str]) -> str:
    """A ToUnicode target as UTF-16BE (ISO 32000-1, 9.10.3)."""
    return f"<{chr(int(match[1], 16)).encode('utf-16-be').hex().upper()}>"


@cache
def record_font() -> Any:
    """The parsed font, registered with reportlab once per process."""
    with _REGISTER:
        path = files("justmytype_intl_cjk") / "fonts" / "ofl" / "notosanssc" / "NotoSansSC[wght].ttf"
        font = _RecordFont(FONT, str(path))
        pdfmetrics.registerFont(font)
    return font


_SEEN: set[str] = set()
"""Characters met before that the font shows."""


class _Widths(dict[str, float]):
    """Advance widths by character, in thousandths of the font size."""

    def __missing__(self, character: str) -> float:
        face = record_font().face
        width = self[character] = float(face.charWidths.get(ord(character), face.defaultWidth))
        return width


_WIDTHS = _Widths()


def printable(text: str) -> str:
    """The text with characters that the font lacks spelled as `[U+9FFF]`, control characters as spaces."""
    new = set(text) - _SEEN
    if not new:
        return text
    known = record_font().face.charToGlyph
    if all(ord(c) in known for c in new):
        _SEEN.update(new)
        return text
    return "".join(c if ord(c) in known else " " if c < " " else f"[U+{ord(c):04X}]" for c in text)


@dataclass(slots=True)
class Typesetter:
    """Measures, breaks and encodes text for one document; a string that repeats only once."""

    document: Any
    """reportlab's PDFDocument: it owns the subsets."""
    _runs: dict[tuple[str, float], str] = field(default_factory=dict)
    _lines: dict[tuple[str, float], tuple[str, ...]] = field(default_factory=dict)

    def show(self, text: str, size: float) -> str:
        """PDF operators that show one line at the current text position."""
        key = (text, size)
        found = self._runs.get(key)
        if found is None:
            if len(self._runs) > _KEPT:
                self._runs.clear()
            font = record_font()
            found = self._runs[key] = "".join(
                f"{font.getSubsetInternalName(subset, self.document)} {size:g} Tf<{chunk.hex()}>Tj "
                for subset, chunk in font.splitString(printable(text), self.document)
            )
        return found

    def width(self, text: str, size: float) -> float:
        """Width of a line in points."""
        return sum(map(_WIDTHS.__getitem__, printable(text))) * size / 1000

    def lines(self, text: str, ems: float) -> tuple[str, ...]:
        """The text broken to a width in multiples of its size; words and numbers stay whole if they fit."""
        key = (text, ems)
        found = self._lines.get(key)
        if found is None:
            if len(self._lines) > _KEPT:
                self._lines.clear()
            found = self._lines[key] = tuple(
                line for paragraph in text.split("\n") for line in _broken(printable(paragraph), ems * 1000)
            )
        return found


def _broken(text: str, limit: float) -> list[str]:
    """Break one paragraph; widths in thousandths of the font size."""
    widths = list(map(_WIDTHS.__getitem__, text))
    if sum(widths) <= limit:
        return [text]
    lines: list[str] = []
    start = last = 0
    used = since = 0.0
    for at, (c, width) in enumerate(zip(text, widths, strict=True)):
        if used + width > limit and at > start:
            cut = last if last > start else at
            lines.append(text[start:cut].rstrip())
            used, start = (since if last > start else 0.0), cut
            last, since = start, used
        used += width
        since += width
        if c in " -/,，、；。" or ord(c) >= 0x2E80:
            last, since = at + 1, 0.0
    lines.append(text[start:].rstrip())
    return [line for line in lines if line] or [""]
