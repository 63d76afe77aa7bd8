"""Writing an archive: measure every entry, sign the manifest, then stream the canonical container."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from bidding.archive import layout
from bidding.archive.layout import MANIFEST, SIGNATURE, Entry
from bidding.archive.manifest import LEAF, Described, Manifest, Right, statement

MEASURING = 4
"""Threads that read and hash entries before the first byte is sent."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry to be written; `read` starts from the beginning whenever it is called.

    A `tree` is covered by the hashes of its 1 MiB leaves, for large ciphertexts.
    """

    name: str
    read: Callable[[], Iterable[bytes]]
    tree: bool = False


@dataclass(frozen=True, slots=True)
class Packed:
    """A measured archive, ready to be streamed: its exact size is known before its first byte is sent."""

    manifest: Manifest
    size: int
    stream: Callable[[], Iterator[bytes]]


def of_bytes(name: str, data: bytes) -> Item:
    """An entry held in memory."""
    return Item(name, lambda: (data,))


def measure(item: Item) -> Described:
    """Read an item once for its size, CRC-32 and digest."""
    crc = size = 0
    whole = hashlib.sha256()
    leaves: list[bytes] = []
    for block in _blocks(item.read()) if item.tree else item.read():
        crc = zlib.crc32(block, crc)
        size += len(block)
        if item.tree:
            leaf = hashlib.sha256(b"\x00")
            leaf.update(block)
            leaves.append(leaf.digest())
        else:
            whole.update(block)
    entry = Entry(item.name, size, crc)
    return Described(entry, leaves=tuple(leaves)) if item.tree else Described(entry, sha256=whole.hexdigest())


def pack(
    items: Iterable[Item],
    *,
    tender: str,
    lot: str,
    origin: str,
    right: Right,
    issued_at: datetime,
    sign: Callable[[str], str],
) -> Packed:
    """Measure and sign; `sign` turns a text into a C2SP signed note under the log's key."""
    ordered = sorted(items, key=lambda item: item.name)
    with ThreadPoolExecutor(MEASURING, thread_name_prefix="archive") as pool:
        described = tuple(pool.map(measure, ordered))
    manifest = Manifest(tender, lot, origin, right, issued_at, described)
    data = manifest.encode()
    head = (
        of_bytes(MANIFEST, data),
        of_bytes(SIGNATURE, sign(statement(data, origin, lot)).encode("utf-8")),
    )
    entries = [measure(item).entry for item in head] + [one.entry for one in described]
    return Packed(manifest, layout.total_size(entries), lambda: _stream([*head, *ordered], entries))


def _stream(items: Sequence[Item], entries: Sequence[Entry]) -> Iterator[bytes]:
    for item, entry in zip(items, entries, strict=True):
        yield layout.local_header(entry)
        sent = crc = 0
        for block in item.read():
            crc, sent = zlib.crc32(block, crc), sent + len(block)
            yield block
        if (sent, crc) != (entry.size, entry.crc32):
            raise OSError(f"{item.name} changed while the archive was written")
    yield from layout.directory(entries)


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes cut at multiples of `LEAF`."""
    kept = bytearray()
    for piece in pieces:
        kept += piece
        while len(kept) >= LEAF:
            yield bytes(kept[:LEAF])
            del kept[:LEAF]
    if kept:
        yield bytes(kept)
