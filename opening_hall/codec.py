"""Events to and from the bodies of the log, with versions; the offline verifier decodes with this.

A body is canonical JSON with camelCase keys; instants are ISO strings in UTC with milliseconds. The event's
version stands in the log's type, `KeyReleased` for the first, `KeyReleased/2` from the second on; `UPCASTS`
lifts old bodies step by step. No pydantic here, so that clients and the verifier stay light.
Fields that hold their default are left out, so adding an optional field needs no new version.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from crypto.canonical import iso, parse_iso
from crypto.errors import Invalid
from opening_hall import events as _events
from opening_hall.events import Erased, Event

Body = Mapping[str, Any]
Code = Callable[[Any], Any]

VERSIONS: Mapping[str, int] = {}
"""Current version of each event type that has more than the first."""
UPCASTS: Mapping[tuple[str, int], Callable[[Body], Body]] = {}
"""(type, version) to the function that lifts such a body to the next version."""


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def _same(value: Any) -> Any:
    return value


def _compile(kind: Any) -> tuple[Code, Code]:
    """Encoder and decoder of one annotated type."""
    kind = getattr(kind, "__supertype__", kind)
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        return _optional(next(arm for arm in typing.get_args(kind) if arm is not type(None)))
    if origin is tuple:
        return _sequence(typing.get_args(kind)[0])
    if origin is not None:
        return _mapping(typing.get_args(kind)[1])
    if kind is datetime:
        return iso, parse_iso
    if dataclasses.is_dataclass(kind):
        return _record(cast("type[Any]", kind))
    if issubclass(kind, StrEnum):
        return str, kind
    return _same, _checked(kind)


def _checked(kind: type) -> Code:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise Invalid("event-malformed", f"expected {kind.__name__}")
        return value

    return read


def _optional(kind: Any) -> tuple[Code, Code]:
    write, read = _compile(kind)
    return (
        lambda value: None if value is None else write(value),
        lambda value: None if value is None else read(value),
    )


def _sequence(kind: Any) -> tuple[Code, Code]:
    write, read = _compile(kind)
    return lambda value: [write(item) for item in value], lambda value: tuple(read(item) for item in value)


def _mapping(kind: Any) -> tuple[Code, Code]:
    write, read = _compile(kind)
    return (
        lambda value: {str(key): write(item) for key, item in value.items()},
        lambda value: {key: read(item) for key, item in value.items()},
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Field:
    name: str
    key: str
    write: Code
    read: Code
    default: Any


def _record(kind: type[Any]) -> tuple[Code, Code]:
    hints = typing.get_type_hints(kind)
    fields = [_field(f, hints[f.name]) for f in dataclasses.fields(kind) if f.name != "at"]

    def write(value: Any) -> dict[str, Any]:
        body = {}
        for f in fields:
            item = getattr(value, f.name)
            if item != f.default:
                body[f.key] = f.write(item)
        return body

    def read(body: Any) -> Any:
        known = {f.name: f.read(body[f.key]) for f in fields if f.key in body}
        if len(known) != len(body):
            raise Invalid("event-malformed", f"unknown member in {kind.__name__}")
        return kind(**known)

    return write, read


def _field(f: dataclasses.Field[Any], hint: Any) -> _Field:
    default: Any = dataclasses.MISSING
    if f.default is not dataclasses.MISSING:
        default = f.default
    elif f.default_factory is not dataclasses.MISSING:
        default = f.default_factory()
    return _Field(f.name, _camel(f.name), *_compile(hint), default)


EVENTS: Mapping[str, type[Event]] = {
    name: kind
    for name, kind in vars(_events).items()
    if isinstance(kind, type) and issubclass(kind, Event) and kind not in (Event, Erased)
}
_CODES: Mapping[str, tuple[Code, Code]] = {name: _compile(kind) for name, kind in EVENTS.items()}


def type_name(kind: type[Event]) -> str:
    """The log's type string for an event, with its current version."""
    version = VERSIONS.get(kind.__name__, 1)
    return kind.__name__ if version == 1 else f"{kind.__name__}/{version}"


def encode(event: Event) -> tuple[str, dict[str, Any]]:
    """(type, body) for the log."""
    write, _ = _CODES[type(event).__name__]
    return type_name(type(event)), write(event)


def decode(type_: str, body: Body | None, version: int, at: datetime, seat: str = "") -> Event:
    """The event of a log row; `body` is None where it was erased.

    Raises Invalid("event-unknown") for a type this release does not know, Invalid("event-malformed").
    """
    name, _, number = type_.partition("/")
    if name not in EVENTS:
        raise Invalid("event-unknown", type_, version=version)
    if body is None:
        return Erased(name, at=at)
    lifted = _lift(name, int(number) if number.isascii() and number.isdigit() else 1, body)
    try:
        event: Event = _CODES[name][1](lifted)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise Invalid("event-malformed", type_, version=version) from error
    # The log's time is the event's time; frozen dataclasses are only set here, before anybody sees the event.
    object.__setattr__(event, "at", at)
    return event


def _lift(name: str, version: int, body: Body) -> Body:
    current = VERSIONS.get(name, 1)
    if version > current:
        raise Invalid("event-unknown", f"{name}/{version}")
    while version < current:
        body = UPCASTS[name, version](body)
        version += 1
    return body
