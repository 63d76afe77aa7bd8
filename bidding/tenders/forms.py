"""Fields of the opening form (开标一览表) by project type, as data (rule book 2.5)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from ceremony.errors import Malformed
from crypto.canonical import Json, canon, sha256_hex

FORMS = Path(__file__).with_name("forms.toml")
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
MAX_FIELDS = 60


class FieldKind(StrEnum):
    """How a field's text is to be read."""

    MONEY = "money"  # yuan, decimal, at most two places
    RATIO = "ratio"  # decimal fraction or percentage as `unit` says
    TEXT = "text"
    INTEGER = "integer"
    DATE = "date"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class FieldDef:
    """One field a bidder fills in. `part` is the sealed part whose form carries it."""

    name: str
    zh: str
    en: str
    kind: FieldKind
    required: bool = True
    unit: str = ""
    choices: tuple[str, ...] = ()
    part: str = "main"

    def encode(self) -> dict[str, Json]:
        """As served to clients and hashed: every key present."""
        return {
            "name": self.name,
            "zh": self.zh,
            "en": self.en,
            "kind": self.kind.value,
            "required": self.required,
            "unit": self.unit,
            "choices": list(self.choices),
            "part": self.part,
        }


def form_sha256(form: Sequence[FieldDef]) -> str:
    """The hash under which the documents' hash names the form."""
    return sha256_hex(canon([field.encode() for field in form]))


def default_form(kind: str, parts: Sequence[str]) -> tuple[FieldDef, ...]:
    """The fields of a project type; price fields go into the part "price", the others into the first part.

    With a single part everything is in it.
    """
    price_part = "price" if "price" in parts else parts[0]
    return tuple(
        FieldDef(
            name=row["name"],
            zh=row["zh"],
            en=row["en"],
            kind=FieldKind(row["kind"]),
            required=row.get("required", True),
            unit=row.get("unit", ""),
            choices=tuple(row.get("choices", ())),
            part=price_part if row.get("priced", False) else parts[0],
        )
        for row in _shipped()[kind]
    )


def check_form(form: Sequence[FieldDef], parts: Sequence[str]) -> None:
    """A usable form: unique names, known parts, one money or ratio field named `price`.

    Raises `Malformed("lot-form")`.
    """
    names = [field.name for field in form]
    if not 1 <= len(form) <= MAX_FIELDS or len(set(names)) != len(names):
        raise Malformed("lot-form", f"1 to {MAX_FIELDS} fields with different names expected")
    for field in form:
        if not NAME.fullmatch(field.name) or not field.zh.strip() or not field.en.strip():
            raise Malformed(
                "lot-form", f"{field.name!r} needs a plain name and both labels", field=field.name
            )
        if field.part not in parts:
            raise Malformed("lot-form", f"field {field.name!r} is in no part of the lot", field=field.name)
        if (field.kind is FieldKind.CHOICE) != bool(field.choices):
            raise Malformed("lot-form", f"field {field.name!r}: choices belong to a choice", field=field.name)
    price = next((field for field in form if field.name == "price"), None)
    if price is None or price.kind not in (FieldKind.MONEY, FieldKind.RATIO) or not price.required:
        raise Malformed("lot-form", "a required field named price, of kind money or ratio, is needed")
    if "price" in parts and price.part != "price":
        raise Malformed("lot-form", "with a price part the price may not stand in another envelope")


@cache
def _shipped() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(FORMS.read_text("utf-8"))
