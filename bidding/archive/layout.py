"""The container of an archive: a ZIP in which no byte is free.

Every entry is stored (method 0), carries its sizes in ZIP64 fields whether it needs them or not, and
has fixed times, flags and attributes; local headers, data, central directory and end records follow
each other without gaps. The bytes around the data are therefore a function of the list of (name, size,
CRC-32) alone, so that a verifier recomputes them instead of trusting them.

Source: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.14-16, 4.5.3.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MANIFEST = "MANIFEST.json"
SIGNATURE = "MANIFEST.sig"

LOCAL_MAGIC = b"PK\x03\x04"
CENTRAL_MAGIC = b"PK\x01\x02"
END64_MAGIC = b"PK\x06\x06"
LOCATOR_MAGIC = b"PK\x06\x07"
END_MAGIC = b"PK\x05\x06"

_VERSION = 45
"""Version needed: ZIP64."""
_MADE_BY = 3 << 8 | _VERSION
_MODE = 0o100644 << 16
_DATE, _TIME = 0x0021, 0
"""1980-01-01 00:00:00, the zero of the format; real times stand in the events."""
_ALL = 0xFFFFFFFF

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_LOCAL_EXTRA = struct.Struct("<HHQQ")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_CENTRAL_EXTRA = struct.Struct("<HHQQQ")
_END64 = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR = struct.Struct("<4sIQI")
_END = struct.Struct("<4sHHHHIIH")
END_SIZE = _END64.size + _LOCATOR.size + _END.size

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*(?:/[A-Za-z0-9][A-Za-z0-9._+-]*)*")
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """What the headers of one entry say: its name, its size in bytes, the CRC-32 of its bytes."""

    name: str
    size: int
    crc32: int


def name_is_allowed(name: str) -> bool:
    """Whether a name may stand in an archive: ASCII path segments without dots in front, at most 200."""
    return len(name) <= MAX_NAME and _NAME.fullmatch(name) is not None


def local_header(entry: Entry) -> bytes:
    """The local file header with its ZIP64 field."""
    name = entry.name.encode("ascii")
    head = _LOCAL.pack(
        LOCAL_MAGIC, _VERSION, 0, 0, _TIME, _DATE, entry.crc32, _ALL, _ALL, len(name), _LOCAL_EXTRA.size
    )
    return head + name + _LOCAL_EXTRA.pack(1, 16, entry.size, entry.size)


def local_header_size(name: str) -> int:
    """How many bytes `local_header` takes for a name."""
    return _LOCAL.size + len(name) + _LOCAL_EXTRA.size


def central_header(entry: Entry, offset: int) -> bytes:
    """The central directory's header of an entry whose local header starts at `offset`."""
    name = entry.name.encode("ascii")
    head = _CENTRAL.pack(
        CENTRAL_MAGIC, _MADE_BY, _VERSION, 0, 0, _TIME, _DATE, entry.crc32, _ALL, _ALL,
        len(name), _CENTRAL_EXTRA.size, 0, 0, 0, _MODE, _ALL,
    )  # fmt: skip
    return head + name + _CENTRAL_EXTRA.pack(1, 24, entry.size, entry.size, offset)


def end_records(count: int, directory_size: int, directory_offset: int) -> bytes:
    """ZIP64 end record, its locator and the end record."""
    end64 = _END64.pack(
        END64_MAGIC,
        _END64.size - 12,
        _MADE_BY,
        _VERSION,
        0,
        0,
        count,
        count,
        directory_size,
        directory_offset,
    )
    locator = _LOCATOR.pack(LOCATOR_MAGIC, 0, directory_offset + directory_size, 1)
    return end64 + locator + _END.pack(END_MAGIC, 0, 0, 0xFFFF, 0xFFFF, _ALL, _ALL, 0)


def offsets(entries: Sequence[Entry]) -> Iterator[int]:
    """Where each entry's local header starts."""
    at = 0
    for entry in entries:
        yield at
        at += local_header_size(entry.name) + entry.size


def directory(entries: Sequence[Entry]) -> Iterator[bytes]:
    """Everything after the last entry's data, one piece per header, the end records last."""
    size = 0
    for entry, offset in zip(entries, offsets(entries), strict=True):
        piece = central_header(entry, offset)
        size += len(piece)
        yield piece
    yield end_records(len(entries), size, data_size(entries))


def data_size(entries: Iterable[Entry]) -> int:
    """Bytes of all local headers and data: the offset of the central directory."""
    return sum(local_header_size(entry.name) + entry.size for entry in entries)


def total_size(entries: Sequence[Entry]) -> int:
    """Bytes of the whole archive."""
    central = sum(_CENTRAL.size + len(entry.name) + _CENTRAL_EXTRA.size for entry in entries)
    return data_size(entries) + central + END_SIZE


@dataclass(frozen=True, slots=True)
class Found:
    """A local or central header as it was read, trusted in nothing."""

    name: str
    size: int
    offset: int


def parse_local(data: bytes, at: int) -> Found | None:
    """The local header at the start of `data` (read from offset `at`), or None where there is none."""
    if len(data) < _LOCAL.size or data[:4] != LOCAL_MAGIC:
        return None
    *_, name_size, extra_size = _LOCAL.unpack_from(data)
    end = _LOCAL.size + name_size
    if extra_size != _LOCAL_EXTRA.size or len(data) < end + extra_size:
        return None
    _, _, size, _ = _LOCAL_EXTRA.unpack_from(data, end)
    return Found(data[_LOCAL.size : end].decode("ascii", "replace"), size, at)


def parse_directory(data: bytes) -> list[Found]:
    """The headers of a central directory in their order, until the first byte that is none."""
    found: list[Found] = []
    at = 0
    while at + _CENTRAL.size <= len(data) and data[at : at + 4] == CENTRAL_MAGIC:
        fields = _CENTRAL.unpack_from(data, at)
        size, name_size, extra_size, comment_size, offset = fields[9], *fields[10:13], fields[16]
        name_end = at + _CENTRAL.size + name_size
        extra = data[name_end : name_end + extra_size]
        if extra[:4] == b"\x01\x00\x18\x00" and len(extra) >= _CENTRAL_EXTRA.size:
            _, _, size, _, offset = _CENTRAL_EXTRA.unpack_from(extra)
        found.append(Found(data[at + _CENTRAL.size : name_end].decode("ascii", "replace"), size, offset))
        at = name_end + extra_size + comment_size
    return found


@dataclass(frozen=True, slots=True)
class End:
    """Where the central directory is, by position and by what the end record says."""

    offset: int
    recorded_offset: int
    size: int
    file_end: int
    """First offset behind the last end record."""


def parse_end(tail: bytes, tail_offset: int) -> End | None:
    """The end records within the file's last bytes, or None where there are none."""
    at = tail.rfind(END64_MAGIC)
    if at >= 0 and len(tail) >= at + _END64.size:
        fields = _END64.unpack_from(tail, at)
        size, recorded, behind = int(fields[8]), int(fields[9]), at + END_SIZE
    else:
        at = tail.rfind(END_MAGIC)
        if at < 0 or len(tail) < at + _END.size:
            return None
        fields = _END.unpack_from(tail, at)
        size, recorded, behind = int(fields[5]), int(fields[6]), at + _END.size
    offset = tail_offset + at - size
    return End(offset, recorded, size, tail_offset + behind) if offset >= 0 else None
