"""The log's part of an archive: checkpoints, leaves with their proofs, tiles, and disclosed events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from bidding.archive import names
from bidding.archive.container import Item, of_bytes
from crypto.canonical import b64, canon, iso
from crypto.translog import merkle
from crypto.translog.checkpoint import parse_checkpoint, parse_note
from crypto.translog.leaf import commitment, leaf
from crypto.translog.store import Log, Stored
from crypto.translog.tiles import TileRef, node_reader, tile_width

Streams = Mapping[str, tuple[Sequence[Stored], Callable[[Stored], bool]]]
"""Entry name to the events of a stream and whether each is disclosed."""


def log_items(log: Log, streams: Streams, earlier: Sequence[str], witnesses: Sequence[str]) -> Iterator[Item]:
    """Everything under log/ and events/. `earlier` are signed notes that the lot's events speak of."""
    encoded = log.checkpoint()
    checkpoint = parse_checkpoint(parse_note(encoded).text)
    tiles = _Tiles(log, checkpoint.size)
    yield of_bytes(names.CHECKPOINT, encoded.encode("utf-8"))
    yield of_bytes(names.LOG_KEY, f"{log.verifier.encode()}\n".encode("ascii"))
    if witnesses:
        yield of_bytes(names.WITNESSES, "".join(f"{vkey}\n" for vkey in witnesses).encode("ascii"))
    events = sorted((one for logged, _ in streams.values() for one in logged), key=lambda one: one.index)
    leaves = dict(zip((one.index for one in events), _leaves(log, events), strict=True))
    proven = [
        {
            "index": index,
            "leaf": data.decode("ascii"),
            "proof": [b64(node) for node in merkle.inclusion_proof(index, checkpoint.size, tiles.node)],
        }
        for index, data in leaves.items()
    ]
    yield of_bytes(names.LEAVES, b"".join(_line(value) for value in proven))
    for size, note in _checkpoints(earlier, checkpoint.size).items():
        proof = [b64(node) for node in merkle.consistency_proof(size, checkpoint.size, tiles.node)]
        yield of_bytes(f"{names.EARLIER}{size}.json", canon({"note": note, "proof": proof}))
    yield from tiles.items()
    for name, (logged, disclosed) in streams.items():
        lines = b"".join(_line(_event(one, disclosed(one))) for one in logged)
        yield of_bytes(name, lines)


class _Tiles:
    """Reads tiles at the checkpoint's size and remembers which: exactly these go into the archive."""

    def __init__(self, log: Log, size: int) -> None:
        self._log, self._size = log, size
        self._used: dict[TileRef, bytes] = {}
        self.node = lru_cache(maxsize=1 << 16)(node_reader(self._read))

    def items(self) -> Iterator[Item]:
        """The tiles that the proofs needed."""
        for ref, data in self._used.items():
            yield of_bytes(f"log/{ref.path()}", data)

    def _read(self, level: int, number: int) -> bytes:
        ref = TileRef(level, number, tile_width(level, number, self._size))
        if ref not in self._used:
            self._used[ref] = self._log.tile(level, number, ref.width)
        return self._used[ref]


def _leaves(log: Log, events: Sequence[Stored]) -> Iterator[bytes]:
    """The leaf bytes of events; those of erased ones only the log still has."""
    for one in events:
        if one.body is None or one.salt is None:
            yield log.entries(one.index, one.index + 1)[0]
        else:
            yield leaf(one.at, commitment(one.salt, one.stream, one.version, one.type, one.seat, one.body))


def _checkpoints(notes: Sequence[str], size: int) -> dict[int, str]:
    """The richest note of each earlier size: cosignatures were added one by one."""
    found: dict[int, str] = {}
    for note in notes:
        at = parse_checkpoint(parse_note(note).text).size
        if 0 < at <= size and len(note) > len(found.get(at, "")):
            found[at] = note
    return found


def _line(value: Any) -> bytes:
    return canon(value) + b"\n"


def _event(one: Stored, disclosed: bool) -> dict[str, Any]:
    head = {"index": one.index, "stream": one.stream, "version": one.version}
    if one.body is None or one.salt is None:
        return head | {"state": "erased"}
    if not disclosed:
        return head | {"state": "withheld"}
    shown = {"at": iso(one.at), "type": one.type, "seat": one.seat, "body": one.body}
    return head | shown | {"salt": b64(one.salt)}
