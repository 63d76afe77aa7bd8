"""MANIFEST.json and MANIFEST.sig: what an archive holds, and who says so.

The manifest lists every further entry with its size, CRC-32 and digest; together with `layout` it fixes
every byte of the file. Large ciphertexts carry the hashes of their 1 MiB leaves instead of one SHA-256, so
that a changed byte is narrowed down to its leaf and one pass serves the bid's own Merkle root as well.
MANIFEST.sig is a C2SP signed note under the log's key; its first line keeps it apart from a checkpoint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bidding.archive.layout import MANIFEST, SIGNATURE, Entry, name_is_allowed
from crypto.canonical import b64, canon, iso, parse_canonical, parse_iso, sha256_hex, unb64, unhex
from crypto.errors import Invalid

LABEL = "kaibiao/archive/v1"
MAX_MANIFEST = 256 << 20
LEAF = 1 << 20
"""Bytes under one leaf hash, the segment size of sealed parts."""


class Right(StrEnum):
    """For whom an archive was made; each sees what the one before sees, and more."""

    PUBLIC = "public"
    PARTY = "party"
    SUPERVISOR = "supervisor"
    COURT = "court"


@dataclass(frozen=True, slots=True)
class Described:
    """One entry with its digest: `sha256` of the whole, or the hashes of its leaves."""

    entry: Entry
    sha256: str = ""
    leaves: tuple[bytes, ...] = ()

    @property
    def is_tree(self) -> bool:
        """Whether the entry is covered leaf by leaf."""
        return not self.sha256

    @property
    def root(self) -> str:
        """RFC 6962 root over the leaves, in hex."""
        return tree_root(self.leaves).hex()


@dataclass(frozen=True, slots=True)
class Manifest:
    """The head of an archive and its entries in their order."""

    tender: str
    lot: str
    origin: str
    right: Right
    issued_at: datetime
    entries: tuple[Described, ...]

    def encode(self) -> bytes:
        """The canonical bytes of MANIFEST.json."""
        return canon(
            {
                "label": LABEL,
                "tender": self.tender,
                "lot": self.lot,
                "origin": self.origin,
                "right": str(self.right),
                "issuedAt": iso(self.issued_at),
                "entries": [_encode_entry(described) for described in self.entries],
            }
        )


def parse_manifest(data: bytes) -> Manifest:
    """The manifest in `data`; `Invalid` `manifest-malformed` where it is none of this version."""
    try:
        value = parse_canonical(data, limit=MAX_MANIFEST)
        if not isinstance(value, dict) or value.get("label") != LABEL:
            raise Invalid("manifest-malformed", f"the label is not {LABEL}")
        manifest = Manifest(
            tender=_text(value, "tender"),
            lot=_text(value, "lot"),
            origin=_text(value, "origin"),
            right=Right(value["right"]),
            issued_at=parse_iso(value["issuedAt"]),
            entries=tuple(_parse_entry(item) for item in value["entries"]),
        )
    except Invalid as error:
        raise Invalid("manifest-malformed", error.detail) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid("manifest-malformed", f"a field is missing or wrong: {error}") from error
    if manifest.encode() != data:
        raise Invalid("manifest-malformed", "it holds fields that this version does not know")
    _verify_names(manifest.entries)
    return manifest


def statement(manifest: bytes, origin: str, lot: str) -> str:
    """The text that MANIFEST.sig signs: label, origin, lot and the SHA-256 of MANIFEST.json, a line each."""
    return f"{LABEL}\n{origin}\n{lot}\n{sha256_hex(manifest)}\n"


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """The RFC 6962 root over leaf hashes; SHA-256 of nothing for none."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    row = list(leaves)
    while len(row) > 1:
        pairs = [hashlib.sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
        row = [*pairs, *row[len(row) - len(row) % 2 :]]
    return row[0]


def _verify_names(entries: Sequence[Described]) -> None:
    names = [described.entry.name for described in entries]
    if names != sorted(set(names)):
        raise Invalid("manifest-malformed", "the entries are not sorted, or one stands twice")
    for name in names:
        if not name_is_allowed(name) or name in (MANIFEST, SIGNATURE):
            raise Invalid("manifest-malformed", f"an entry may not be called {name!r}")


def _encode_entry(described: Described) -> dict[str, Any]:
    entry = described.entry
    facts: dict[str, Any] = {"name": entry.name, "size": entry.size, "crc32": f"{entry.crc32:08x}"}
    if described.is_tree:
        facts |= {"leaves": b64(b"".join(described.leaves)), "root": described.root}
    else:
        facts["sha256"] = described.sha256
    return facts


def _parse_entry(item: Any) -> Described:
    entry = Entry(_text(item, "name"), item["size"], int.from_bytes(unhex(item["crc32"], 4), "big"))
    if not isinstance(entry.size, int) or entry.size < 0:
        raise Invalid("manifest-malformed", f"{entry.name} has no size")
    if "sha256" in item:
        unhex(item["sha256"], 32)
        return Described(entry, sha256=item["sha256"])
    joined = unb64(item["leaves"])
    leaves = tuple(joined[at : at + 32] for at in range(0, len(joined), 32))
    if len(joined) % 32 or len(leaves) != -(-entry.size // LEAF):
        raise Invalid("manifest-malformed", f"{entry.name} has the wrong number of leaves")
    return Described(entry, leaves=leaves)


def _text(item: Any, key: str) -> str:
    value = item[key]
    if not isinstance(value, str) or not value or "\n" in value:
        raise Invalid("manifest-malformed", f"{key} is not a line of text")
    return value
