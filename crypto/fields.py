"""A strict reader of parsed canonical JSON: exactly the named members, each of its type, or ``Invalid``."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from crypto.canonical import unb64, unhex
from crypto.errors import Invalid


class Fields:
    """One JSON object being read. ``code`` is the refusal when its shape is wrong."""

    __slots__ = ("_code", "_value")

    def __init__(self, value: object, code: str, required: Collection[str] | None = None) -> None:
        if not isinstance(value, dict):
            raise Invalid(code, "an object is expected")
        self._value = cast("dict[str, Any]", value)
        self._code = code
        if required is not None and self._value.keys() != set(required):
            wrong = sorted(self._value.keys() ^ set(required))
            raise Invalid(code, f"missing or unknown members: {', '.join(wrong)[:200]}")

    def keys(self) -> list[str]:
        return list(self._value)

    def _get(self, name: str) -> Any:
        if name not in self._value:
            raise Invalid(self._code, f"{name} is missing")
        return self._value[name]

    def _wrong(self, name: str, wanted: str) -> Invalid:
        return Invalid(self._code, f"{name} is not {wanted}")

    def label(self, name: str, expected: str) -> None:
        """The member must be exactly ``expected``: the purpose and version of the object."""
        if self._get(name) != expected:
            raise self._wrong(name, expected)

    def text(self, name: str, *, limit: int = 512) -> str:
        value = self._get(name)
        if not isinstance(value, str) or not 0 < len(value) <= limit:
            raise self._wrong(name, f"a string of 1 to {limit} characters")
        return value

    def integer(self, name: str, low: int, high: int) -> int:
        value = self._get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._wrong(name, f"an integer from {low} to {high}")
        return value

    def decimal(self, name: str, high: int) -> int:
        """A whole number written as a decimal string without leading zeros."""
        value = self._get(name)
        digits = isinstance(value, str) and len(value) < 20 and value.isascii() and value.isdigit()
        if not digits or str(int(value)) != value or int(value) > high:
            raise self._wrong(name, f"a decimal string up to {high}")
        return int(value)

    def hash(self, name: str) -> str:
        """A 32-byte hash, in hex."""
        value = self._get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "a hash")
        unhex(value, 32)
        return value

    def optional_hash(self, name: str) -> str | None:
        return None if self._get(name) is None else self.hash(name)

    def data(self, name: str, *, size: int | None = None, limit: int = 1 << 20) -> bytes:
        """Binary, base64url; exactly ``size`` bytes if given."""
        value = self._get(name)
        if not isinstance(value, str) or len(value) > limit * 2:
            raise self._wrong(name, "base64url")
        data = unb64(value)
        if (size is not None and len(data) != size) or len(data) > limit:
            raise self._wrong(name, f"{size} bytes" if size is not None else f"at most {limit} bytes")
        return data

    def items(self, name: str, low: int, high: int) -> list[Any]:
        value = self._get(name)
        if not isinstance(value, list) or not low <= len(value) <= high:
            raise self._wrong(name, f"a list of {low} to {high}")
        return value

    def inner(self, name: str, required: Collection[str] | None = None) -> Fields:
        return Fields(self._get(name), self._code, required)

    def raw(self, name: str) -> Any:
        return self._get(name)
