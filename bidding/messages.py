"""What each error code means to a user, in Chinese and English, read once from `bidding/catalog/*.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CATALOG = Path(__file__).with_name("catalog")


@dataclass(frozen=True, slots=True)
class Text:
    """The three things a user needs: what happened, what it means for the bid, what to do next."""

    what: str
    meaning: str
    do: str


@dataclass(frozen=True, slots=True)
class Message:
    """One code of the catalog with its HTTP status."""

    code: str
    area: str
    status: int
    zh: Text
    en: Text


@cache
def messages() -> dict[str, Message]:
    """The whole catalog by code. Raises `ValueError` where an entry is incomplete."""
    found: dict[str, Message] = {}
    for path in sorted(CATALOG.glob("*.toml")):
        for code, entry in tomllib.loads(path.read_text("utf-8")).items():
            # A code defined twice must not turn every answer into an error: the first one stands.
            found.setdefault(code, _message(code, path.stem, entry))
    return found


def message(code: str) -> Message:
    """The entry of a code; a code without an entry answers with the general one."""
    return messages().get(code) or messages()["internal"]


def _message(code: str, area: str, entry: dict[str, Any]) -> Message:
    try:
        texts = {language: Text(**entry[language]) for language in ("zh", "en")}
        return Message(code=code, area=area, status=int(entry["status"]), zh=texts["zh"], en=texts["en"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"{area}.toml: {code} is incomplete ({error})") from error
