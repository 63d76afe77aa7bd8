"""How long a text takes to say, and which words fit between two lines of the reading. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from opening_hall.domain import Pace, Rules

#: Seconds, as espeak-ng was measured at the pace that engine.py asks of it: a Chinese character (a syllable),
#: an English word, a digit of a number, the pause of a comma.
CHARACTER, WORD, DIGIT, PAUSE = 0.21, 0.34, 0.33, 0.12
_PARTS = re.compile(r"(?P<han>[㐀-䶿一-鿿])|(?P<word>[A-Za-z]+)|(?P<digit>\d)|(?P<pause>[，、；：,;:])")
_COSTS = {"han": CHARACTER, "word": WORD, "digit": DIGIT, "pause": PAUSE}


def seconds(text: str) -> float:
    """About how long a text is spoken, in either language."""
    return sum(_COSTS[found.lastgroup or "pause"] for found in _PARTS.finditer(text))


def room(rules: Rules) -> float | None:
    """Seconds for one line of the reading; None where the host goes on when everybody has heard."""
    timed = rules.reading is Pace.AUTO and rules.line_seconds > 0
    return float(rules.line_seconds) if timed else None


def fitting(must: Sequence[str], may: Sequence[str], within: float | None) -> int:
    """How many of `may` can be said after `must`, in their order; the captions and the table show all."""
    taken = seconds("，".join(must))
    for n, one in enumerate(may):
        taken += PAUSE + seconds(one)
        if within is not None and taken > within:
            return n
    return len(may)
