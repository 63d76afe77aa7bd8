"""Whether a rule row that an operator hands in can be used: what refuses a tender must never be a broken row.

The shipped rows say what each key looks like; a local row of an unknown key would silently do nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from bidding.people.roles import ORDINARY
from bidding.tenders.periods import Unit
from bidding.tenders.rulebook import EVERY, Effect, Mark, ProjectType, Regime, Row
from bidding.tenders.rules import parse_row, shipped
from bidding.tenders.store import dated
from ceremony.errors import Malformed
from opening_hall import rules as hall

TEXTS = ("law", "zh", "en")
SCOPE = ("types", "region", "tenant", "from", "to")
MEMBERS = frozenset({"id", "key", "value", "unit", "mark", "effect", *TEXTS, *SCOPE})
MAX_TEXT = 500
MAX_ID = 100
#: A year in seconds and any sum of money worth a rule lie below.
MAX_NUMBER = 10**15
MAX_SECONDS = 31_536_000
MAX_DAYS = 3650
_ID = re.compile(r"[A-Za-z0-9*][A-Za-z0-9*/._-]{0,99}", re.ASCII)
_REGION = re.compile(r"CN(-[0-9A-Z]{2,6}){0,3}", re.ASCII)
_PERIODS = frozenset(unit.value for unit in Unit)
_CHOICES: Mapping[str, type[StrEnum]] = {
    "after-release-below-minimum": hall.BelowMinimum,
    "hall.duplicates": hall.Duplicates,
    "hall.missing-confirmation": hall.MissingConfirmation,
}


def check_entry(entry: Mapping[str, Any]) -> None:
    """Check a row as it arrives, dates as ISO text. Raises `Malformed("bad-rule")` with the member's name."""
    if unknown := sorted(set(entry) - MEMBERS):
        raise _bad(unknown[0], "no such member")
    for name in ("key", "value", "mark", *TEXTS):
        if name not in entry:
            raise _bad(name, "is missing")
    for name in TEXTS:
        text = entry[name]
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT:
            raise _bad(name, f"1 to {MAX_TEXT} characters expected")
    _member(entry, "mark", {mark.value for mark in Mark})
    _member(entry, "effect", {effect.value for effect in Effect})
    _check_scope(entry)
    _check_days(entry)
    _check_value(entry)


def parse(entry: Mapping[str, Any], regime: Regime) -> Row:
    """The row of an entry that can be used. Raises `Malformed("bad-rule")`."""
    check_entry(entry)
    row = parse_row(dated(dict(entry)), regime)
    if not _ID.fullmatch(row.id):
        raise _bad("id", f"1 to {MAX_ID} plain characters expected")
    return row


def keys() -> dict[str, dict[str, Any]]:
    """Every key with what its values look like: the kind, the units, the words to choose from."""
    return {
        key: {
            "kind": kind.__name__,
            "units": sorted(units),
            "choices": [one.value for one in _CHOICES.get(key, ())],
        }
        for key, (kind, units) in sorted(_shapes().items())
    }


@cache
def _shapes() -> dict[str, tuple[type, frozenset[str]]]:
    found: dict[str, tuple[type, frozenset[str]]] = {}
    for row in shipped().rows:
        units = found.get(row.key, (bool, frozenset()))[1] | {row.unit}
        # Periods may be counted in whatever a period is counted in.
        if units & _PERIODS and not row.key.startswith("hall"):
            units |= _PERIODS
        found[row.key] = (type(row.value), units)
    return found


def _check_scope(entry: Mapping[str, Any]) -> None:
    kinds = {kind.value for kind in ProjectType} | {EVERY}
    types = entry.get("types", [EVERY])
    if not isinstance(types, list) or not types or not all(isinstance(one, str) for one in types):
        raise _bad("types", "a list of project types expected")
    if stray := sorted(set(types) - kinds):
        raise _bad("types", f"no such project type: {stray[0]}")
    region = entry.get("region", EVERY)
    if not isinstance(region, str) or (region != EVERY and not _REGION.fullmatch(region)):
        raise _bad("region", "a region like CN-35-0100 expected")
    tenant = entry.get("tenant", EVERY)
    if not isinstance(tenant, str) or not 0 < len(tenant) <= 40:
        raise _bad("tenant", "1 to 40 characters expected")
    if "id" in entry and (not isinstance(entry["id"], str) or not _ID.fullmatch(entry["id"])):
        raise _bad("id", f"1 to {MAX_ID} plain characters expected")


def _check_days(entry: Mapping[str, Any]) -> None:
    found = {}
    for name in ("from", "to"):
        if name in entry:
            try:
                found[name] = date.fromisoformat(entry[name])
            except (TypeError, ValueError):
                raise _bad(name, "a day like 2027-01-01 expected") from None
    if len(found) == 2 and found["from"] > found["to"]:
        raise _bad("to", "the row ends before it starts")


def _check_value(entry: Mapping[str, Any]) -> None:
    key, value, unit = entry["key"], entry["value"], entry.get("unit", "")
    if not isinstance(key, str) or key not in _shapes():
        raise _bad("key", "no rule asks for this key")
    kind, units = _shapes()[key]
    if not isinstance(unit, str) or unit not in units:
        raise _bad("unit", f"one of {', '.join(sorted(units))} expected")
    if type(value) is not kind:
        raise _bad("value", f"a value of kind {kind.__name__} expected")
    if isinstance(value, int) and not isinstance(value, bool):
        limits = {
            Unit.SECONDS.value: MAX_SECONDS,
            Unit.DAYS.value: MAX_DAYS,
            Unit.WORKING_DAYS.value: MAX_DAYS,
        }
        if not 0 <= value <= limits.get(unit, MAX_NUMBER):
            raise _bad("value", f"0 to {limits.get(unit, MAX_NUMBER)} expected")
    if key in _CHOICES and value not in [one.value for one in _CHOICES[key]]:
        raise _bad("value", f"one of {', '.join(_CHOICES[key])} expected")
    if key == "who-may-create":
        roles = set(str(value).split(","))
        if not roles or roles - {role.value for role in ORDINARY} - {EVERY}:
            raise _bad("value", "roles separated by commas, or *")


def _member(entry: Mapping[str, Any], name: str, allowed: set[str]) -> None:
    if name in entry and entry[name] not in allowed:
        raise _bad(name, f"one of {', '.join(sorted(allowed))} expected")


def _bad(member: str, detail: str) -> Malformed:
    return Malformed("bad-rule", f"{member}: {detail}", member=member)
