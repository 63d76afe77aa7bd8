"""What all shapes share."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

closed = with_config(ConfigDict(extra="forbid", use_attribute_docstrings=True))
#: A value of the rule book: a number, a decimal as text, or yes and no.
RuleValue = int | str | bool


@closed
class Party(TypedDict):
    """An organisation (统一社会信用代码 in `creditCode`)."""

    name: str
    creditCode: str


@closed
class LoggedEvent(TypedDict):
    """A logged event with the salt that proves it against its leaf (docs/formats/log.md)."""

    index: int
    stream: str
    version: int
    type: str
    seat: str
    at: str
    salt: str
    body: dict[str, Any]
