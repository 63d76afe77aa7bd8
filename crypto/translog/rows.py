"""The log's SQL: plain functions from a connection to values, used inside the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from crypto.errors import Invalid, Untrusted
from crypto.translog import schema
from crypto.translog.events import Stored, from_ms
from crypto.translog.leaf import commit_head, leaf, preimage_head
from crypto.translog.merkle import EMPTY_ROOT, HASH_SIZE, Frontier, Node
from crypto.translog.tiles import HEIGHT, WIDTH, Edge, node_reader, tile_width

#: Values per IN list; SQLite takes 32,766 and PostgreSQL 65,535 parameters.
CHUNK = 5_000


def _save_tile(insert: postgresql.Insert | sqlite.Insert) -> sa.Executable:
    replaced = {"hashes": insert.excluded.hashes}
    return insert.on_conflict_do_update(index_elements=["level", "number"], set_=replaced)


# The statements of every append, made once.
_READ_HEAD = sa.select(schema.head.c.size, schema.head.c.root, schema.head.c.at).where(schema.head.c.id == 1)
# SQLite ignores FOR UPDATE: there BEGIN IMMEDIATE has locked everything already.
_LOCK_HEAD = _READ_HEAD.with_for_update()
_MOVE_HEAD = sa.update(schema.head).where(schema.head.c.id == 1)
_INSERT = sa.insert(schema.entry)
_SAVE_TILE = {
    "sqlite": _save_tile(sqlite.insert(schema.tile)),
    "postgresql": _save_tile(postgresql.insert(schema.tile)),
}


@dataclass(frozen=True, slots=True)
class Head:
    """What the database says about the whole log; ``at`` in ms since 1970."""

    size: int
    root: bytes
    at: int


class Tip:
    """The growing end of the tree: its unfinished tiles and its frontier."""

    __slots__ = ("_edge", "_frontier")

    def __init__(self, edge: Edge, frontier: Frontier) -> None:
        self._edge = edge
        self._frontier = frontier

    @property
    def size(self) -> int:
        return self._frontier.size

    def root(self) -> bytes:
        return self._frontier.root()

    def append(self, hashed: bytes) -> None:
        self._edge.append(hashed)
        self._frontier.append(hashed)

    def take_changed(self) -> dict[tuple[int, int], bytes]:
        return self._edge.take_changed()


def ensure_head(connection: sa.Connection) -> None:
    """Create the head of an empty log; Untrusted when leaves exist without one."""
    if connection.execute(sa.select(schema.head.c.id)).first() is not None:
        return
    if connection.execute(sa.select(schema.entry.c.leaf_index).limit(1)).first() is not None:
        raise Untrusted("there are leaves but no head")
    statement = _upsert(connection)(schema.head).values(id=1, size=0, root=EMPTY_ROOT, at=0)
    connection.execute(statement.on_conflict_do_nothing())


def read_head(connection: sa.Connection, *, lock: bool = False) -> Head:
    """The head; with ``lock`` nobody else appends until this transaction ends."""
    row = connection.execute(_LOCK_HEAD if lock else _READ_HEAD).first()
    if row is None:
        if lock or connection.execute(sa.select(schema.entry.c.leaf_index).limit(1)).first() is not None:
            raise Untrusted("the log has no head")
        return Head(0, EMPTY_ROOT, 0)
    return Head(row.size, bytes(row.root), row.at)


def load_tip(connection: sa.Connection, head: Head, known: Head | None) -> Tip:
    """The right edge as stored; Untrusted unless it adds up to the head and extends what was ``known``."""
    node = stored_nodes(connection)
    try:
        frontier = Frontier.read(head.size, node)
        before = EMPTY_ROOT if known is None else root_at(connection, head, known.size)
    except Invalid as error:
        raise Untrusted(f"the tiles do not make up the tree: {error}", size=head.size) from error
    if frontier.root() != head.root:
        raise Untrusted("the head of the log does not equal the root of its leaves", size=head.size)
    if known is not None and before != known.root:
        raise Untrusted("the log no longer holds the leaves it had", size=head.size, known=known.size)
    last = []
    level = 0
    while count := head.size >> (HEIGHT * level):
        number = (count - 1) // WIDTH
        last.append((number, read_tile(connection, level, number)))
        level += 1
    return Tip(Edge(last), frontier)


def save_tip(connection: sa.Connection, tip: Tip, at: int) -> None:
    """Store the tiles that changed and move the head."""
    rows = [{"level": lv, "number": n, "hashes": data} for (lv, n), data in tip.take_changed().items()]
    connection.execute(_SAVE_TILE[connection.dialect.name], rows)
    connection.execute(_MOVE_HEAD, {"size": tip.size, "root": tip.root(), "at": at})


def root_at(connection: sa.Connection, head: Head, size: int) -> bytes:
    """The root over the first ``size`` leaves; Invalid when the log has fewer."""
    if size > head.size:
        raise Invalid("bad-log-range", f"the log has {head.size} leaves, not {size}")
    return Frontier.read(size, stored_nodes(connection)).root()


def stored_nodes(connection: sa.Connection) -> Node:
    """Tree nodes out of the tile table, each tile read once."""
    seen: dict[tuple[int, int], bytes] = {}

    def read(level: int, number: int) -> bytes:
        if (level, number) not in seen:
            seen[level, number] = read_tile(connection, level, number)
        return seen[level, number]

    return node_reader(read)


def read_tile(connection: sa.Connection, level: int, number: int) -> bytes:
    """A stored tile at its present width; empty when there is none."""
    key = (schema.tile.c.level == level) & (schema.tile.c.number == number)
    found = connection.execute(sa.select(schema.tile.c.hashes).where(key)).scalar()
    return b"" if found is None else bytes(found)


def cut_tile(data: bytes, level: int, number: int, width: int, size: int) -> bytes:
    """The first ``width`` hashes of a tile; Invalid ``bad-log-range`` beyond a tree of ``size``."""
    if not 0 < width <= tile_width(level, number, size) or len(data) < width * HASH_SIZE:
        raise Invalid("bad-log-range", f"tile {level}/{number} does not have {width} hashes")
    return data[: width * HASH_SIZE]


def versions_of(connection: sa.Connection, streams: Iterable[str]) -> dict[str, int]:
    """How many events each stream has; 0 for unknown ones."""
    wanted = sorted(streams)
    found = dict.fromkeys(wanted, 0)
    c = schema.entry.c
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        query = sa.select(c.stream, sa.func.max(c.version)).where(c.stream.in_(part)).group_by(c.stream)
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def of_commands(connection: sa.Connection, ids: Collection[str]) -> dict[tuple[str, str], list[Stored]]:
    """The events of commands carried out before, by stream and command id."""
    found: dict[tuple[str, str], list[Stored]] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), CHUNK):
        query = sa.select(schema.entry).where(schema.entry.c.command_id.in_(wanted[start : start + CHUNK]))
        for row in connection.execute(query.order_by(schema.entry.c.leaf_index)):
            event = stored(row)
            assert event.command_id is not None  # noqa: S101 - selected by it
            found.setdefault((event.stream, event.command_id), []).append(event)
    return found


def insert_events(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(_INSERT, rows)


def stored(row: sa.Row[Any]) -> Stored:
    """An event out of its row; Untrusted when it is not what its commitment says."""
    body = salt = None
    if row.body is not None and row.salt is not None:
        salt, raw = bytes(row.salt), bytes(row.body)
        head = preimage_head(row.stream, row.type, row.seat, raw)
        if commit_head(salt, head, row.version) != bytes(row.commitment):
            raise Untrusted("an event is not what its leaf committed to", index=row.leaf_index)
        body = json.loads(raw)
    return Stored(
        index=row.leaf_index,
        stream=row.stream,
        version=row.version,
        type=row.type,
        seat=row.seat,
        body=body,
        salt=salt,
        at=from_ms(row.at),
        command_id=row.command_id,
        commitment=bytes(row.commitment),
    )


def _upsert(connection: sa.Connection) -> Callable[[sa.Table], sqlite.Insert | postgresql.Insert]:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


def events_after(
    connection: sa.Connection, stream: str, since: int, limit: int | None = None
) -> list[Stored]:
    """The events of a stream with a version above ``since``; Untrusted if one is missing in between."""
    c = schema.entry.c
    query = sa.select(schema.entry).where(c.stream == stream, c.version > since).order_by(c.version)
    found = [stored(row) for row in connection.execute(query.limit(limit))]
    for place, event in enumerate(found, since + 1):
        if event.version != place:
            raise Untrusted("a stream has lost an event", stream=stream, version=place)
    return found


def events_between(connection: sa.Connection, first: int, stop: int) -> list[Stored]:
    """The events of the leaves ``first`` to ``stop - 1``; Untrusted if one is missing."""
    c = schema.entry.c
    query = sa.select(schema.entry).where(c.leaf_index >= first, c.leaf_index < stop).order_by(c.leaf_index)
    found = [stored(row) for row in connection.execute(query)]
    if len(found) != stop - first:
        raise Untrusted("the log has lost a leaf", first=first, stop=stop)
    return found


def stream_names(connection: sa.Connection, prefix: str) -> list[str]:
    c = schema.entry.c
    query = sa.select(c.stream).where(c.stream.startswith(prefix, autoescape=True), c.version == 1)
    return sorted(connection.execute(query).scalars())


def versions_from(connection: sa.Connection, index: int) -> dict[str, int]:
    """The newest version of every stream that has a leaf at ``index`` or later."""
    c = schema.entry.c
    query = sa.select(c.stream, sa.func.max(c.version)).where(c.leaf_index >= index).group_by(c.stream)
    return {row[0]: row[1] for row in connection.execute(query)}


def leaves(connection: sa.Connection, first: int, stop: int) -> list[bytes]:
    """Leaf bytes in order; Untrusted if one is missing."""
    c = schema.entry.c
    query = sa.select(c.at, c.commitment).where(c.leaf_index >= first, c.leaf_index < stop)
    found = [
        leaf(from_ms(row.at), bytes(row.commitment))
        for row in connection.execute(query.order_by(c.leaf_index))
    ]
    if len(found) != stop - first:
        raise Untrusted("the log has lost a leaf", first=first, stop=stop)
    return found


def newest_cosigned(connection: sa.Connection) -> int | None:
    return connection.execute(sa.select(sa.func.max(schema.cosignature.c.size))).scalar()


def cosignatures(connection: sa.Connection, size: int) -> list[tuple[str, str]]:
    """The signed checkpoint of that size and a cosignature line, for every witness that gave one."""
    c = schema.cosignature.c
    query = sa.select(c.note, c.line).where(c.size == size).order_by(c.witness)
    return [(row.note, row.line) for row in connection.execute(query)]


def save_cosignatures(
    connection: sa.Connection, size: int, note: str, lines: Iterable[tuple[str, str]]
) -> None:
    """Keep one line per witness and size; a later one replaces the earlier."""
    insert = _upsert(connection)(schema.cosignature)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["size", "witness"],
            set_={"note": insert.excluded.note, "line": insert.excluded.line},
        ),
        [{"size": size, "witness": witness, "note": note, "line": line} for witness, line in lines],
    )
