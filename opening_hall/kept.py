"""Remember what was built from a value for as long as the value itself is the same object.

States share what an event did not touch, so a view made of remembered pieces costs what changed, and equal
pieces of two views are the same object, which a differ can skip.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Calls `build(*parts)` once per identity of the parts (strings by value); forgets the oldest.

    Each entry holds its parts, so an identity cannot be reused while it is remembered. Safe from any thread:
    at worst something is built twice.
    """

    __slots__ = ("_build", "_found", "_limit")

    def __init__(self, build: Callable[..., T], limit: int) -> None:
        self._build = build
        self._limit = limit
        self._found: dict[tuple[Any, ...], tuple[tuple[Any, ...], T]] = {}

    def __call__(self, *parts: Any) -> T:
        key = tuple(part if isinstance(part, str) else id(part) for part in parts)
        found = self._found.get(key)
        if found is not None:
            return found[1]
        made = self._build(*parts)
        if len(self._found) >= self._limit:
            self._found.pop(next(iter(self._found)), None)
        self._found[key] = (parts, made)
        return made
