"""The rule rows that ship with the product, in TOML files; read once."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from bidding.tenders.rulebook import EVERY, Effect, Mark, Regime, Row, RuleBook

FOLDER = Path(__file__).parent


@cache
def shipped() -> RuleBook:
    """The shipped book. Raises `ValueError` where a file repeats an id or lacks a field."""
    rows: dict[str, Row] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        content = tomllib.loads(path.read_text("utf-8"))
        for entry in content["row"]:
            for regime in entry.get("regimes", content["regimes"]):
                row = parse_row(entry, Regime(regime))
                if row.id in rows:
                    raise ValueError(f"{path.name}: row {row.id} stands twice")
                rows[row.id] = row
    return RuleBook(tuple(rows.values()))


def parse_row(entry: dict[str, Any], regime: Regime) -> Row:
    """A row as it stands in a file or arrives from an operator. Raises `ValueError`."""
    try:
        return Row(
            id=entry.get("id") or _id(entry, regime),
            key=entry["key"],
            regime=regime,
            value=entry["value"],
            unit=entry.get("unit", ""),
            mark=Mark(entry["mark"]),
            law=entry["law"],
            zh=entry["zh"],
            en=entry["en"],
            effect=Effect(entry.get("effect", "block")),
            types=tuple(entry.get("types", (EVERY,))),
            region=entry.get("region", EVERY),
            tenant=entry.get("tenant", EVERY),
            starts_on=entry.get("from", date.min),
            ends_on=entry.get("to", date.max),
        )
    except KeyError as error:
        raise ValueError(f"rule row without {error}") from error


def _id(entry: dict[str, Any], regime: Regime) -> str:
    parts = [regime.value, entry["key"], *entry.get("types", ())]
    parts += [entry[name] for name in ("region", "tenant") if name in entry]
    if "from" in entry:
        parts.append(entry["from"].isoformat())
    return "/".join(parts)
