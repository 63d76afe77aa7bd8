"""One value, one encoding: canonical JSON (RFC 8785), narrowed to what every language reads the same.

Only strings in NFC, booleans, null, integers below 2^53 in magnitude, lists, and objects with ASCII keys.
No floats: money, ratios and 64-bit numbers travel as decimal strings. See docs/formats/canonical.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeAlias

from crypto.errors import Invalid

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"

MAX_DEPTH = 32
_MAX_INT = 2**53
_B64 = re.compile(r"[A-Za-z0-9_-]*")
_HEX = re.compile(r"(?:[0-9a-f]{2})*")
_INSTANT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z", re.ASCII)


def canon(value: Json) -> bytes:
    """The canonical bytes of ``value``; :class:`Invalid` ``not-canonical`` when it has none."""
    _check(value, 0)
    try:
        return json.dumps(
            value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
        ).encode("utf-8")
    except UnicodeEncodeError as error:
        raise Invalid("not-canonical", "a string holds half a character") from error


def _check(value: Json, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Invalid("not-canonical", f"nested deeper than {MAX_DEPTH}")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if not value.isascii() and not unicodedata.is_normalized("NFC", value):
            raise Invalid("not-canonical", "a string is not in NFC")
    elif isinstance(value, int):
        if not -_MAX_INT < value < _MAX_INT:
            raise Invalid("not-canonical", "an integer needs more than 53 bits; send it as a string")
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise Invalid("not-canonical", "an object key is not ASCII")
            _check(item, depth + 1)
    else:
        raise Invalid("not-canonical", f"a value of type {type(value).__name__} has no canonical form")


def parse_canonical(data: bytes, *, limit: int) -> Any:
    """The value whose canonical encoding is exactly ``data`` (at most ``limit`` bytes).

    Whatever else parses (another key order, spaces, a repeated key, a float) is ``not-canonical``.
    """
    if len(data) > limit:
        raise Invalid("too-large", f"{len(data)} bytes where at most {limit} are read", limit=limit)
    try:
        value = json.loads(data.decode("utf-8"), parse_float=_refuse_number, parse_constant=_refuse_number)
    except (ValueError, RecursionError) as error:
        raise Invalid("not-canonical", "not JSON in UTF-8") from error
    if canon(value) != data:
        raise Invalid("not-canonical", "the bytes are not the canonical encoding of their value")
    return value


def _refuse_number(text: str) -> NoReturn:
    raise Invalid("not-canonical", f"the number {text[:40]} is not an integer")


def b64(data: bytes) -> str:
    """base64url without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64(text: str) -> bytes:
    """The bytes of :func:`b64`; any other spelling of them is ``bad-base64``."""
    if not isinstance(text, str) or not _B64.fullmatch(text):
        raise Invalid("bad-base64", "not base64url without padding")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise Invalid("bad-base64", "not base64url without padding") from error
    if b64(data) != text:
        raise Invalid("bad-base64", "unused bits are not zero")
    return data


def unhex(text: str, size: int | None = None) -> bytes:
    """The bytes of a lower-case hex string, exactly ``size`` of them if given; else ``bad-hex``."""
    if not isinstance(text, str) or not _HEX.fullmatch(text) or (size is not None and len(text) != 2 * size):
        raise Invalid("bad-hex", "not a lower-case hexadecimal string of the right length")
    return bytes.fromhex(text)


def sha256_hex(*parts: bytes) -> str:
    """SHA-256 over the concatenation of ``parts``, in lower-case hex."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def iso(at: datetime) -> str:
    """``2026-11-22T08:00:00.000Z``: an aware instant in UTC, cut to milliseconds."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def parse_iso(text: str) -> datetime:
    """The aware UTC instant of :func:`iso`; any other spelling is ``bad-instant``."""
    match = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise Invalid("bad-instant", "not an instant such as 2026-11-22T08:00:00.000Z")
    year, month, day, hour, minute, second, milli = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, milli * 1000, tzinfo=UTC)
    except ValueError as error:
        raise Invalid("bad-instant", "no such day or time") from error
