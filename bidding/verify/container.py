"""The archive as a file: open it, find and parse its manifest."""

from __future__ import annotations

import threading
import zlib
from dataclasses import dataclass
from pathlib import Path

from bidding.archive import layout
from bidding.archive.layout import MANIFEST, SIGNATURE, End, Entry, Found
from bidding.archive.manifest import LEAF, MAX_MANIFEST, Described, Manifest, parse_manifest
from bidding.verify.report import Failed, Unreadable, Wrong
from crypto.errors import Invalid

MAX_SIGNATURE = 64 << 10
MAX_SMALL = 256 << 20
"""Entries that a step reads whole (events, PDF, evidence) may have so many bytes."""
_TAIL = 128 << 10


class Container:
    """An archive opened for reading: portable, any thread, no mapping of the file into memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        try:
            self.size = path.stat().st_size
            self.read_at(0, 1)
        except OSError as error:
            raise Unreadable(f"{path}: {error.strerror}") from error

    def read_at(self, offset: int, size: int) -> bytes:
        """At most `size` bytes from `offset` on; nothing outside the file."""
        size = min(size, self.size - offset)
        if offset < 0 or size <= 0:
            return b""
        return bytes(self.read_into(memoryview(bytearray(size)), offset))

    def read_into(self, buffer: memoryview, offset: int) -> memoryview:
        """Fill the buffer from `offset` on; the part of it that the file could fill."""
        if offset < 0:
            # A directory that was tampered with can point to before the file.
            return buffer[:0]
        handle = getattr(self._local, "handle", None)
        if handle is None:
            handle = self._local.handle = self._path.open("rb", buffering=0)
        handle.seek(offset)
        filled = 0
        while filled < len(buffer) and (more := handle.readinto(buffer[filled:])):
            filled += more
        return buffer[:filled]


@dataclass(frozen=True, slots=True)
class Opened:
    """An archive with its manifest read; nothing in it is verified yet."""

    container: Container
    manifest_bytes: bytes
    signature: bytes
    manifest: Manifest
    entries: dict[str, Described]
    data_offsets: dict[str, int]

    def has(self, name: str) -> bool:
        """Whether the manifest lists an entry of this name."""
        return name in self.entries

    def names(self, prefix: str) -> list[str]:
        """The entries under a prefix, in their order."""
        return [name for name in self.entries if name.startswith(prefix)]

    def read(self, name: str) -> bytes:
        """A small entry whole; `Failed` where it is missing."""
        described = self.entries.get(name)
        if described is None:
            raise Failed(Wrong(name, "entry-missing", "a step needs it"))
        if described.entry.size > MAX_SMALL:
            raise Failed(Wrong(name, "entry-too-large"))
        return self.container.read_at(self.data_offsets[name], described.entry.size)

    def segment(self, name: str, number: int) -> bytes:
        """One 1 MiB leaf of a large entry."""
        size = self.entries[name].entry.size
        return self.container.read_at(
            self.data_offsets[name] + number * LEAF, min(LEAF, size - number * LEAF)
        )


def open_archive(path: Path) -> Opened:
    """Find and parse the manifest, from the front or by the central directory."""
    container = Container(path)
    found = _front(container) or _by_directory(container)
    if found is None:
        raise Unreadable(f"{path}: no {MANIFEST} in it; this is not an archive")
    head, signature_head = found
    if head.size > MAX_MANIFEST or signature_head.size > MAX_SIGNATURE:
        raise Failed(Wrong(MANIFEST, "manifest-malformed", "too large"))
    data = _content(container, head)
    signature = _content(container, signature_head)
    try:
        manifest = parse_manifest(data)
    except Invalid as error:
        raise Failed(Wrong(MANIFEST, error.code, error.detail, offset=head.offset)) from error
    entries = expected(manifest, data, signature)
    starts = {
        entry.name: at + layout.local_header_size(entry.name)
        for entry, at in zip(entries, layout.offsets(entries), strict=True)
    }
    by_name = {described.entry.name: described for described in manifest.entries}
    return Opened(container, data, signature, manifest, by_name, starts)


def _front(container: Container) -> tuple[Found, Found] | None:
    head = layout.parse_local(container.read_at(0, 256), 0)
    if head is None or head.name != MANIFEST:
        return None
    at = layout.local_header_size(MANIFEST) + head.size
    signature = layout.parse_local(container.read_at(at, 256), at)
    return (head, signature) if signature is not None and signature.name == SIGNATURE else None


def _by_directory(container: Container) -> tuple[Found, Found] | None:
    end = find_end(container)
    if end is None:
        return None
    shift = end.offset - end.recorded_offset
    found = {one.name: one for one in read_directory(container, end)}
    if MANIFEST not in found or SIGNATURE not in found:
        return None
    head, signature = (
        Found(one.name, one.size, one.offset + shift) for one in (found[MANIFEST], found[SIGNATURE])
    )
    return head, signature


def _content(container: Container, found: Found) -> bytes:
    return container.read_at(found.offset + layout.local_header_size(found.name), found.size)


def expected(manifest: Manifest, data: bytes, signature: bytes) -> list[Entry]:
    """All entries in their order, manifest and signature first."""
    head = [
        Entry(MANIFEST, len(data), zlib.crc32(data)),
        Entry(SIGNATURE, len(signature), zlib.crc32(signature)),
    ]
    return head + [described.entry for described in manifest.entries]


def find_end(container: Container) -> End | None:
    """The end records, wherever in the last bytes they are."""
    start = max(0, container.size - _TAIL)
    return layout.parse_end(container.read_at(start, _TAIL), start)


def read_directory(container: Container, end: End) -> list[Found]:
    """The central directory as it stands in the file."""
    return layout.parse_directory(container.read_at(end.offset, min(end.size, MAX_MANIFEST)))
