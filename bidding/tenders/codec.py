"""Events and their parts as canonical-JSON values and back, driven by the dataclasses' own type hints."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NewType, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from crypto.canonical import b64, iso, parse_iso, unb64

#: Money in minor units; a decimal string in JSON, for 64-bit numbers do not survive every reader.
Fen = NewType("Fen", int)

T = TypeVar("T")


def encode(value: Any) -> dict[str, Any]:
    """A dataclass as a JSON object with camelCase keys; fields equal to their default are left out."""
    fields = {f.name: f for f in dataclasses.fields(value)}
    hints = _hints(type(value))
    found: dict[str, Any] = {}
    for name, field in fields.items():
        item = getattr(value, name)
        if field.default is not dataclasses.MISSING and item == field.default:
            continue
        found[_camel(name)] = _out(item, hints[name])
    return found


def decode(kind: type[T], body: Mapping[str, Any]) -> T:
    """The dataclass that `encode` wrote; unknown keys are ignored, missing ones take defaults."""
    hints = _hints(kind)
    arguments = {
        field.name: _in(body[_camel(field.name)], hints[field.name])
        for field in dataclasses.fields(cast(Any, kind))
        if _camel(field.name) in body
    }
    return kind(**arguments)


_HINTS: dict[Any, dict[str, Any]] = {}


def _hints(kind: Any) -> dict[str, Any]:
    """The resolved type hints of a dataclass, kept for the next use."""
    if kind not in _HINTS:
        _HINTS[kind] = get_type_hints(kind)
    return _HINTS[kind]


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _out(value: Any, hint: Any) -> Any:
    if value is None or isinstance(value, bool) or hint is Any:
        return value
    if _is_fen(hint):
        return str(value)
    match value:
        case StrEnum():
            return value.value
        case datetime():
            return iso(value)
        case date():
            return value.isoformat()
        case bytes():
            return b64(value)
        case str() | int() | list():
            return value
        case tuple():
            inner = get_args(_bare(hint))[0]
            return [_out(item, inner) for item in value]
        case frozenset():
            return sorted(value)
        case Mapping():
            inner = get_args(_bare(hint))[1]
            return {str(key): _out(item, inner) for key, item in value.items()}
        case _:
            return encode(value)


def _in(value: Any, hint: Any) -> Any:
    if value is None:
        return None
    if _is_fen(hint):
        return Fen(int(value))
    hint = _bare(hint)
    origin = get_origin(hint)
    if origin is tuple:
        inner = get_args(hint)[0]
        return tuple(_in(item, inner) for item in value)
    if origin is frozenset:
        return frozenset(value)
    if origin is not None and issubclass(origin, Mapping):
        inner = get_args(hint)[1]
        return {key: _in(item, inner) for key, item in value.items()}
    if isinstance(hint, type):
        return _scalar(value, hint)
    return value


def _scalar(value: Any, hint: type) -> Any:
    if issubclass(hint, datetime):
        return parse_iso(value)
    if issubclass(hint, date):
        return date.fromisoformat(value)
    if issubclass(hint, bytes):
        return unb64(value)
    if issubclass(hint, StrEnum):
        return hint(value)
    if dataclasses.is_dataclass(hint):
        return decode(hint, value)
    return value


def _bare(hint: Any) -> Any:
    """The hint without `| None`."""
    if get_origin(hint) in (Union, types.UnionType):
        return next(inner for inner in get_args(hint) if inner is not type(None))
    return hint


def _is_fen(hint: Any) -> bool:
    return _bare(hint) is Fen
