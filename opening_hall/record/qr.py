"""QR codes (GB/T 18284) as rows of dark spans."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from itertools import groupby
from pathlib import Path
from typing import Any


@cache
def _encoder() -> Any:
    """reportlab's encoder alone: importing its package brings all of platypus, half of a record's time."""
    found = find_spec("reportlab")
    if found is None or found.origin is None:
        raise ImportError("reportlab is not installed")
    path = Path(found.origin).parent / "graphics" / "barcode" / "qrencoder.py"
    spec = spec_from_file_location("opening_hall.record._qrencoder", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def qr_rows(text: str) -> list[list[tuple[int, int]]]:
    """Per row the dark modules as (start, stop); error correction M, no quiet zone."""
    encoder = _encoder()
    code = encoder.QRCode(None, encoder.QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    count = code.getModuleCount()
    return [list(_spans([code.isDark(row, column) for column in range(count)])) for row in range(count)]


def _spans(dark: list[bool]) -> Iterator[tuple[int, int]]:
    at = 0
    for value, run in groupby(dark):
        length = len(list(run))
        if value:
            yield at, at + length
        at += length
