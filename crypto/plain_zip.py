"""The ZIP inside a payload: one archive, one reading.

Stored entries only, contiguous, in order, no comments, no extra fields but ZIP64's, local and central
headers equal. The writer is a pure function of names, sizes and checksums, so the reader regenerates every
header and compares bytes: an archive that two programs could read in two ways is never accepted. Any
ordinary ``unzip`` reads these archives.
"""

from __future__ import annotations

import struct
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from crypto.errors import Invalid

MAX_ENTRIES = 10_000
MAX_NAME = 240
MAX_DIRECTORY = 16 << 20
_CHUNK = 1 << 20
_32 = 0xFFFFFFFF
_UTF8 = 0x0800
_DAY = 0x0021  # 1980-01-01, the earliest date the format has: files carry no times
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{i}" for i in range(1, 10)), *(f"lpt{i}" for i in range(1, 10))]
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: relative name with ``/``, bytes, CRC-32."""

    name: str
    size: int
    crc: int


def check_names(names: Sequence[str]) -> None:
    """``bad-file-name`` unless the names are safe, and distinct, on every system a bid is unpacked on."""
    if len(names) > MAX_ENTRIES:
        raise Invalid("bad-zip", f"more than {MAX_ENTRIES} files")
    seen: set[str] = set()
    folders: set[str] = set()
    for name in names:
        _check_name(name)
        folded = name.casefold()
        if folded in seen:
            raise Invalid("bad-file-name", "two files have the same name", name=name)
        seen.add(folded)
        steps = folded.split("/")
        folders.update("/".join(steps[:depth]) for depth in range(1, len(steps)))
    if seen & folders:
        raise Invalid("bad-file-name", "a name is both a file and a folder", name=min(seen & folders))


def _check_name(name: str) -> None:
    def refuse(why: str) -> Invalid:
        return Invalid("bad-file-name", why, name=name[:80])

    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise Invalid("bad-file-name", "the name holds half a character") from error
    if not 0 < size <= MAX_NAME:
        raise refuse(f"a name has 1 to {MAX_NAME} bytes")
    if not unicodedata.is_normalized("NFC", name):
        raise refuse("the name is not in NFC")
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in name):
        raise refuse("the name holds an invisible character")
    if any(c in '\\:*?"<>|' for c in name):
        raise refuse("the name holds a character that some systems give a meaning")
    for step in name.split("/"):
        if step in ("", ".", "..") or step != step.strip() or step.endswith("."):
            raise refuse("the name leaves its folder, or a step of it is empty or ends in a dot or space")
        if step.split(".")[0].casefold() in _RESERVED:
            raise refuse("the name is reserved on some systems")


def local_header(entry: Entry) -> bytes:
    name = entry.name.encode("utf-8")
    big = entry.size >= _32
    extra = struct.pack("<HHQQ", 1, 16, entry.size, entry.size) if big else b""
    size = _32 if big else entry.size
    version = 45 if big else 20
    head = (0x04034B50, version, _UTF8, 0, 0, _DAY, entry.crc, size, size, len(name), len(extra))
    return struct.pack("<IHHHHHIIIHH", *head) + name + extra


def _central_header(entry: Entry, offset: int) -> bytes:
    name = entry.name.encode("utf-8")
    wide = [entry.size, entry.size] if entry.size >= _32 else []
    wide += [offset] if offset >= _32 else []
    extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    version = 45 if wide else 20
    size, place = min(entry.size, _32), min(offset, _32)
    lengths = (len(name), len(extra), 0, 0, 0, 0, place)
    head = (0x02014B50, version, version, _UTF8, 0, 0, _DAY, entry.crc, size, size, *lengths)
    return struct.pack("<IHHHHHHIIIHHHHHII", *head) + name + extra


def directory(entries: Sequence[Entry]) -> bytes:
    """Everything behind the last file: central directory and end records."""
    offset, central = 0, bytearray()
    for entry in entries:
        central += _central_header(entry, offset)
        offset += len(local_header(entry)) + entry.size
    count, size = len(entries), len(central)
    end = b""
    if offset >= _32:
        end += struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, size, offset)
        end += struct.pack("<IIQI", 0x07064B50, 0, offset + size, 1)
    shown = (count, count, size, min(offset, _32))
    return bytes(central) + end + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, *shown, 0)


def archive_size(entries: Sequence[Entry]) -> int:
    """The bytes of the whole archive."""
    return sum(len(local_header(e)) + e.size for e in entries) + len(directory(entries))


def scan(name: str, path: Path) -> Entry:
    """Read a file once for its size and checksum."""
    size, crc = 0, 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            crc = zlib.crc32(chunk, crc)
    return Entry(name, size, crc)


def archive_chunks(files: Sequence[tuple[Entry, Path]]) -> Iterator[bytes]:
    """The archive in pieces; ``file-changed`` when a file is no longer what was scanned."""
    for entry, path in files:
        yield local_header(entry)
        size, crc = 0, 0
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                crc = zlib.crc32(chunk, crc)
                if size > entry.size:
                    break
                yield chunk
        if (size, crc) != (entry.size, entry.crc):
            raise Invalid("file-changed", "a file changed while it was being sealed", name=entry.name)
    yield directory([entry for entry, _ in files])


def read_entries(archive: BinaryIO, size: int) -> list[Entry]:
    """The entries of an archive that is exactly what this module writes; ``bad-zip`` otherwise."""
    entries = _claimed_entries(archive, size)
    check_names([entry.name for entry in entries])
    if archive_size(entries) != size:
        raise Invalid("bad-zip", "the directory does not account for every byte of the archive")
    tail = directory(entries)
    archive.seek(size - len(tail))
    if archive.read(len(tail)) != tail:
        raise Invalid("bad-zip", "the directory is not in the plain form")
    offset = 0
    for entry in entries:
        header = local_header(entry)
        archive.seek(offset)
        if archive.read(len(header)) != header:
            raise Invalid("bad-zip", "a file's own header disagrees with the directory", name=entry.name)
        offset += len(header) + entry.size
    return entries


def _claimed_entries(archive: BinaryIO, size: int) -> list[Entry]:
    """What the directory claims, not yet compared with anything."""
    if size < 22:
        raise Invalid("bad-zip", "shorter than an empty archive")
    archive.seek(max(0, size - 98))
    end = archive.read(98)
    signature, *_, count, length, offset, comment = struct.unpack("<IHHHHIIH", end[-22:])
    if signature != 0x06054B50 or comment:
        raise Invalid("bad-zip", "the archive does not end with its directory")
    if offset == _32:
        if len(end) < 98:
            raise Invalid("bad-zip", "a ZIP64 record is missing")
        count, length, offset = struct.unpack("<32xQQQ", end[:56])
    if count > MAX_ENTRIES or length > MAX_DIRECTORY or offset + length > size:
        raise Invalid("bad-zip", "the directory claims more than there may be")
    archive.seek(offset)
    return _parse_directory(archive.read(length), count)


def _parse_directory(data: bytes, count: int) -> list[Entry]:
    entries, at = [], 0
    for _ in range(count):
        if len(data) - at < 46 or not data.startswith(b"PK\x01\x02", at):
            raise Invalid("bad-zip", "the directory is cut short or not where the archive says")
        crc, _, size, name_length, extra_length = struct.unpack("<16xIIIHH", data[at : at + 32])
        name = data[at + 46 : at + 46 + name_length]
        extra = data[at + 46 + name_length : at + 46 + name_length + extra_length]
        if size == _32:
            if len(extra) < 12:
                raise Invalid("bad-zip", "a ZIP64 size is missing")
            size = struct.unpack("<4xQ", extra[:12])[0]
        try:
            entries.append(Entry(name.decode("utf-8"), size, crc))
        except UnicodeDecodeError as error:
            raise Invalid("bad-zip", "a name is not UTF-8") from error
        at += 46 + name_length + extra_length
    return entries


def extract_files(archive: Path, into: Path) -> list[Entry]:
    """Unpack a payload's archive into a folder, which must be new or empty; all is checked first.

    ``bad-zip``: not the plain form (two readings, compressed, encrypted, overlapping …) or a checksum is
    wrong; ``bad-file-name``: a name that leaves the folder or means two things.
    """
    with archive.open("rb") as source:
        entries = read_entries(source, archive.stat().st_size)
        into.mkdir(parents=True, exist_ok=True)
        if any(into.iterdir()):
            raise Invalid("folder-not-empty", "files are only unpacked into an empty folder")
        source.seek(0)
        for entry in entries:
            source.seek(len(local_header(entry)), 1)
            _extract(source, entry, into / entry.name)
    return entries


def _extract(source: BinaryIO, entry: Entry, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    left, crc = entry.size, 0
    with target.open("xb") as out:
        while left:
            chunk = source.read(min(left, _CHUNK))
            if not chunk:
                raise Invalid("bad-zip", "the archive ends early", name=entry.name)
            crc = zlib.crc32(chunk, crc)
            out.write(chunk)
            left -= len(chunk)
    if crc != entry.crc:
        raise Invalid("bad-zip", "a file's checksum is wrong", name=entry.name)
