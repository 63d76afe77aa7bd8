"""Yuan as decimal strings on the wire, fen as integers inside."""

from __future__ import annotations

import re

from bidding.tenders.codec import Fen
from ceremony.errors import Malformed

_YUAN = re.compile(r"(\d{1,13})(?:\.(\d{1,2}))?", re.ASCII)


def parse_yuan(text: object) -> Fen:
    """`"45000000.5"` → 4500000050 fen. Raises `Malformed("bad-money")` for other than plain decimals."""
    found = _YUAN.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise Malformed("bad-money", "an amount in yuan with at most two decimals expected")
    whole, cents = found.groups()
    return Fen(int(whole) * 100 + int((cents or "0").ljust(2, "0")))


def yuan(value: Fen) -> str:
    """4500000050 fen → `"45000000.50"`."""
    return f"{value // 100}.{value % 100:02d}"
