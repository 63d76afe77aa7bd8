"""Tiles of the log as in C2SP tlog-tiles: 256 hashes wide, eight tree levels high. Pure.

Tile ``(level, n)`` holds up to 256 hashes; entry ``i`` of it is the root of the complete subtree over
``256 ** level`` leaves that starts at leaf ``(n * 256 + i) * 256 ** level``. Level 0 are leaf hashes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crypto.errors import Invalid
from crypto.translog.merkle import HASH_SIZE, Node, subtree_hash

WIDTH = 256
HEIGHT = 8
#: The longest leaf that an entry bundle can frame: its length is an unsigned 16-bit number.
MAX_ENTRY = 0xFFFF
#: Tile levels up to 63 address 2^504 leaves; more is not a log but an attack on a path parser.
MAX_LEVEL = 63
#: Tile numbers stay within what JSON and every database can hold.
MAX_NUMBER = 2**53

_NUMBER = r"(?:x\d{3}/)*\d{3}(?:\.p/(?P<width>[1-9]\d{0,2}))?"
_TILE = re.compile(rf"tile/(?P<level>0|[1-9]\d?|entries)/(?P<number>{_NUMBER})", re.ASCII)


@dataclass(frozen=True, slots=True)
class TileRef:
    """One tile: ``level`` is None for an entry bundle; ``width`` < 256 names a partial tile."""

    level: int | None
    number: int
    width: int = WIDTH

    def path(self) -> str:
        """The path below the log's prefix, e.g. ``tile/0/x001/234`` or ``tile/entries/000.p/7``."""
        parts = [f"{self.number % 1000:03d}"]
        rest = self.number // 1000
        while rest:
            parts.append(f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level is None else str(self.level)
        suffix = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(parts))}{suffix}"


def parse_tile_path(path: str) -> TileRef:
    """Read :meth:`TileRef.path`; any other spelling is Invalid ``bad-tile-path``."""
    match = _TILE.fullmatch(path)
    if match is None:
        raise Invalid("bad-tile-path", path[:80])
    level = None if match["level"] == "entries" else int(match["level"])
    digits = match["number"].split(".p/")[0].replace("x", "").replace("/", "")
    ref = TileRef(level, int(digits), int(match["width"] or WIDTH))
    if ref.path() != path or ref.number >= MAX_NUMBER or (level is not None and level > MAX_LEVEL):
        raise Invalid("bad-tile-path", path[:80])
    return ref


def tile_width(level: int, number: int, size: int) -> int:
    """How many hashes tile ``(level, number)`` holds in a tree of ``size`` leaves."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - number * WIDTH))


def tiles_of(size: int) -> list[TileRef]:
    """Every tile of a tree, partial ones last of their level, levels bottom-up."""
    found = []
    level = 0
    while size >> (HEIGHT * level):
        count = size >> (HEIGHT * level)
        found += [TileRef(level, n) for n in range(count // WIDTH)]
        if count % WIDTH:
            found.append(TileRef(level, count // WIDTH, count % WIDTH))
        level += 1
    return found


def node_reader(read: Callable[[int, int], bytes]) -> Node:
    """Tree nodes out of tiles; ``read(level, number)`` gives the bytes of a tile at any width."""

    def node(level: int, index: int) -> bytes:
        row, inside = divmod(level, HEIGHT)
        first = index << inside
        data = read(row, first // WIDTH)
        start = first % WIDTH * HASH_SIZE
        part = data[start : start + (HASH_SIZE << inside)]
        if len(part) != HASH_SIZE << inside:
            raise Invalid("bad-tile", f"tile {row}/{first // WIDTH} is too narrow for this tree")
        return subtree_hash([part[i : i + HASH_SIZE] for i in range(0, len(part), HASH_SIZE)])

    return node


class Edge:
    """The unfinished tiles at the right edge of the log, one per level, and what appending changes."""

    __slots__ = ("_changed", "_tiles")

    def __init__(self, tiles: Sequence[tuple[int, bytes]] = ()) -> None:
        """``tiles``: per level the number of its last tile and that tile's bytes."""
        self._tiles = [(number, bytearray(data)) for number, data in tiles]
        self._changed: dict[tuple[int, int], bytes] = {}

    def append(self, hashed: bytes) -> None:
        """Add the hash of one leaf, closing tiles upwards as they fill."""
        level = 0
        while True:
            if level == len(self._tiles):
                self._tiles.append((0, bytearray()))
            number, data = self._tiles[level]
            if len(data) == WIDTH * HASH_SIZE:
                number, data = number + 1, bytearray()
                self._tiles[level] = (number, data)
            data += hashed
            if len(data) < WIDTH * HASH_SIZE:
                return
            full = bytes(data)
            self._changed[level, number] = full
            hashed = subtree_hash([full[i : i + HASH_SIZE] for i in range(0, len(full), HASH_SIZE)])
            level += 1

    def take_changed(self) -> dict[tuple[int, int], bytes]:
        """The tiles to store since the last call: those that filled, and the unfinished ones as they are."""
        changed, self._changed = self._changed, {}
        for level, (number, data) in enumerate(self._tiles):
            if len(data) < WIDTH * HASH_SIZE:
                changed[level, number] = bytes(data)
        return changed


def entry_bundle(entries: Sequence[bytes]) -> bytes:
    """Leaves one after another, each behind its length as a big-endian 16-bit number."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_entry_bundle(data: bytes) -> list[bytes]:
    """The leaves of a bundle; Invalid ``bad-entry-bundle`` when it is cut or has bytes left over."""
    entries = []
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise Invalid("bad-entry-bundle", "cut inside a length")
        length = int.from_bytes(data[at : at + 2], "big")
        at += 2
        if at + length > len(data):
            raise Invalid("bad-entry-bundle", "cut inside an entry")
        entries.append(data[at : at + length])
        at += length
    return entries
