"""What stands in the log: a commitment per event that tells nothing but a time. Pure.

``c = SHA-256(salt || canonical{stream, version, type, seat, body})`` with 32 random bytes of salt; the leaf
is ``canonical{v, at, c}``. Leaves are public from the first day; stream, type, seat, body and salt are
disclosed by right and at their time. See docs/formats/log.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from crypto.canonical import canon, iso, parse_canonical, parse_iso, unhex
from crypto.errors import Invalid

LEAF_VERSION = 1
SALT_SIZE = 32
MAX_LEAF = 256


@dataclass(frozen=True, slots=True)
class Leaf:
    """The public face of one event: log time (UTC, ms) and commitment."""

    at: datetime
    commitment: bytes


def commitment(
    salt: bytes, stream: str, version: int, type_: str, seat: str, body: Mapping[str, Any]
) -> bytes:
    """The commitment to one event."""
    value: dict[str, Any] = {"stream": stream, "version": version, "type": type_, "seat": seat, "body": body}
    return hashlib.sha256(salt + canon(value)).digest()


def leaf(at: datetime, commitment_: bytes) -> bytes:
    """The leaf bytes that the tree hashes."""
    return b'{"at":"%s","c":"%s","v":%d}' % (_instant(at), commitment_.hex().encode(), LEAF_VERSION)


def parse_leaf(data: bytes) -> Leaf:
    """Read :func:`leaf`; Invalid ``bad-leaf`` for anything else."""
    value = parse_canonical(data, limit=MAX_LEAF)
    if not isinstance(value, dict) or set(value) != {"v", "at", "c"} or value["v"] != LEAF_VERSION:
        raise Invalid("bad-leaf", "not a leaf of a known version")
    return Leaf(parse_iso(value["at"]), unhex(value["c"], 32))


@lru_cache(1024)
def _instant(at: datetime) -> bytes:
    """All leaves of a group share their time."""
    return iso(at).encode()


def preimage_head(stream: str, type_: str, seat: str, body: bytes) -> bytes:
    """All of the committed JSON up to the version, from a body already in canonical form.

    The writer knows the version only under the lock; everything before it is encoded by the caller's thread.
    """
    return b'{"body":%s,"seat":%s,"stream":%s,"type":%s,"version":' % (
        body,
        canon(seat),
        canon(stream),
        canon(type_),
    )


def commit_head(salt: bytes, head: bytes, version: int) -> bytes:
    """The commitment from :func:`preimage_head`."""
    return hashlib.sha256(salt + head + b"%d}" % version).digest()
