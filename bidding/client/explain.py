"""An error for people: what happened, what it means for the bid, what to do, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bidding.client.errors import ClientError
from bidding.messages import message


def explain(error: ClientError) -> str:
    """The catalogue's text for the error's code, or the server's own where the catalogue has none."""
    sent: Mapping[str, Any] = error.problem
    lines = [f"kaibiao: {error.code}" + (f" ({error.detail})" if error.detail else "")]
    if isinstance(sent.get("zh"), Mapping) and isinstance(sent.get("en"), Mapping):
        lines += [_sentence(sent["zh"]), _sentence(sent["en"])]
        return "\n".join(lines)
    entry = message(error.code)
    for text in (entry.zh, entry.en):
        lines.append(" ".join(part for part in (text.what, text.meaning, text.do) if part))
    return "\n".join(lines)


def _sentence(text: Mapping[str, Any]) -> str:
    return " ".join(str(text[name]) for name in ("what", "meaning", "do") if text.get(name))
