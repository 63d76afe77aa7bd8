"""Recomputing the log from its rows: the whole of it on demand, its unfinished end at every start."""

from __future__ import annotations

import sqlalchemy as sa

from crypto.errors import Untrusted
from crypto.translog import rows, schema
from crypto.translog.merkle import HASH_SIZE, Frontier, leaf_hash
from crypto.translog.rows import Head
from crypto.translog.tiles import WIDTH, Edge

BATCH = 5_000


def audit_end(connection: sa.Connection, head: Head) -> None:
    """The last, unfinished tile against the leaves it stands for; Untrusted when they differ."""
    first = head.size // WIDTH * WIDTH
    beyond = sa.select(sa.func.max(schema.entry.c.leaf_index))
    last = connection.execute(beyond).scalar()
    if (-1 if last is None else last) != head.size - 1:
        raise Untrusted("the head of the log does not count its leaves", size=head.size)
    if first == head.size:
        return
    hashes = b"".join(leaf_hash(leaf) for leaf in rows.leaves(connection, first, head.size))
    if rows.read_tile(connection, 0, first // WIDTH)[: len(hashes)] != hashes:
        raise Untrusted("the last tile is not the hash of its leaves", size=head.size)


def audit(connection: sa.Connection) -> int:
    """Every event against its commitment, every leaf against every tile, all of it against the head.

    Returns the size. Raises Untrusted at the first row that disagrees.
    """
    head = rows.read_head(connection)
    frontier = Frontier()
    edge = Edge()
    for first in range(0, head.size, BATCH):
        for event in rows.events_between(connection, first, min(head.size, first + BATCH)):
            hashed = leaf_hash(event.leaf())
            frontier.append(hashed)
            edge.append(hashed)
        for (level, number), hashes in edge.take_changed().items():
            stored = rows.read_tile(connection, level, number)
            if stored[: len(hashes)] != hashes or len(stored) % HASH_SIZE:
                raise Untrusted(f"tile {level}/{number} is not the hash of its leaves", size=head.size)
    if frontier.root() != head.root:
        raise Untrusted("the head of the log does not equal the root of its leaves", size=head.size)
    audit_end(connection, head)
    return head.size
