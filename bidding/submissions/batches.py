"""Sealed batches: one log leaf every few minutes, busy or not, so that nothing counts bids before T.

A batch commits to what arrived without telling how much: a tree whose root alone is logged. Receipts get
their proof and time-stamp token from their batch. After Closed a lot's part of every batch is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from bidding.submissions import batch_tree, store
from bidding.submissions.batch_tree import DEPTH, Item
from bidding.submissions.desk import Desk
from bidding.submissions.store import GateState
from bidding.submissions.tables import batch_items, batches
from crypto.canonical import b64, iso
from crypto.errors import StaleVersion, Unavailable
from crypto.timestamps import read_token
from crypto.translog.store import NewEvent, Stored

log = structlog.get_logger()

STREAM = "batches"
EVENT = "SealedBatch"
PLATFORM = "platform:"


@dataclass(frozen=True, slots=True)
class Batch:
    """One sealed batch; `batch` is also its version in the stream."""

    batch: int
    #: Root of each lot's subtree.
    lots: Mapping[str, bytes]
    depth: int
    seed: bytes
    root: bytes
    at: datetime
    token: bytes | None
    stamped_at: datetime | None


class _Taken(Exception):
    """Another process sealed these items first."""


def add_item(tx: sa.Connection, desk: Desk, lot: str, kind: str, digest: str) -> None:
    """Put something into the next batch, in the transaction that makes it true."""
    tx.execute(batch_items.insert().values(item=desk.random(16).hex(), lot=lot, type=kind, hash=digest))


def seal_due(desk: Desk) -> Batch | None:
    """Seal the batch of the current interval unless that was done, by whichever process."""
    interval = int(desk.clock.now().timestamp() // desk.batch_seconds)
    with store.reading(desk.engine) as tx:
        done = tx.execute(sa.select(batches.c.batch).where(batches.c.interval == interval)).one_or_none()
    return None if done is not None else seal(desk, interval)


def seal_lot(desk: Desk, lot: str) -> None:
    """Seal until nothing of the lot waits any more: its last batch."""
    while _waiting(desk, lot):
        seal(desk, None)


def seal(desk: Desk, interval: int | None) -> Batch | None:
    """Seal one batch of all lots that take or decide bids; None when another process was faster."""
    seed = desk.random(32)
    with store.reading(desk.engine) as tx:
        lots = [gate.lot for gate in store.gates_in(tx, GateState.OPEN, GateState.CLOSING)]
        chosen = {lot: _choose(tx, lot) for lot in lots}
    version = desk.log.version(STREAM)
    roots, places = _plant(desk, seed, chosen)
    root = batch_tree.upper_levels(roots)[-1][0]
    number = version + 1

    def within(tx: sa.Connection) -> None:
        if [gate.lot for gate in store.gates_in(tx, GateState.OPEN, GateState.CLOSING)] != lots:
            # A lot was published or closed meanwhile: every batch holds exactly the lots open at its leaf.
            raise _Taken
        for item, position in places.items():
            free = sa.and_(batch_items.c.item == item, batch_items.c.batch.is_(None))
            placed = tx.execute(batch_items.update().where(free).values(batch=number, position=position))
            if placed.rowcount != 1:
                raise _Taken
        at = desk.clock.now_in(tx)
        row = {"batch": number, "interval": interval, "depth": DEPTH, "seed": seed, "root": root.hex()}
        hexed = {lot: lot_root.hex() for lot, lot_root in roots.items()}
        if not store.insert_if_new(tx, batches, **row, lots=hexed, at=store.to_ms(at)):
            raise _Taken

    body = {"label": batch_tree.LABEL, "batch": number, "lots": len(lots), "depth": DEPTH, "root": root.hex()}
    try:
        desk.log.append(STREAM, version, [NewEvent(EVENT, PLATFORM, body)], within=within)
    except (_Taken, StaleVersion):
        return None
    stamp_pending(desk)
    return find_batch(desk, number)


def stamp_pending(desk: Desk) -> int:
    """Get tokens for batches that have none. An authority that is away delays them and nothing else."""
    with store.reading(desk.engine) as tx:
        waiting = sa.select(batches.c.batch, batches.c.root).where(batches.c.token.is_(None))
        rows = tx.execute(waiting.order_by(batches.c.batch)).all()
    stamped = 0
    for row in rows:
        try:
            token = desk.tsa.stamp(bytes.fromhex(row.root))
        except Unavailable as error:
            log.warning("no time stamp yet", batch=row.batch, reason=error.detail)
            break
        at = store.to_ms(read_token(token).at)
        unstamped = sa.and_(batches.c.batch == row.batch, batches.c.token.is_(None))
        with store.writing(desk.engine) as tx:
            tx.execute(batches.update().where(unstamped).values(token=token, stamped_at=at))
        stamped += 1
    return stamped


def find_batch(desk: Desk, number: int) -> Batch | None:
    """A batch by number."""
    with store.reading(desk.engine) as tx:
        row = tx.execute(sa.select(batches).where(batches.c.batch == number)).one_or_none()
    return None if row is None else _batch(row)


def token_over(desk: Desk, kind: str, digest: str) -> tuple[bytes, bytes, datetime] | None:
    """Time-stamp token, root and genTime of the batch an item lies in; None while one of them is missing."""
    joined = sa.select(batches).join(batch_items, batch_items.c.batch == batches.c.batch)
    wanted = sa.and_(batch_items.c.type == kind, batch_items.c.hash == digest, batches.c.token.is_not(None))
    with store.reading(desk.engine) as tx:
        row = tx.execute(joined.where(wanted)).first()
    return None if row is None else (bytes(row.token), bytes.fromhex(row.root), store.from_ms(row.stamped_at))


def batch_of(desk: Desk, kind: str, digest: str) -> tuple[Batch, batch_tree.ItemProof] | None:
    """The batch an item lies in with its proof; None while it waits."""
    with store.reading(desk.engine) as tx:
        wanted = sa.and_(
            batch_items.c.type == kind, batch_items.c.hash == digest, batch_items.c.batch.is_not(None)
        )
        row = tx.execute(sa.select(batch_items).where(wanted)).first()
        if row is None:
            return None
        batch = _batch(tx.execute(sa.select(batches).where(batches.c.batch == row.batch)).one())
        items = _items_in(tx, batch.batch, row.lot)
    seed = batch_tree.lot_seed(batch.seed, row.lot)
    levels = batch_tree.lot_levels(seed, items, batch.depth)
    return batch, batch_tree.prove(row.lot, row.position, items[row.position], seed, levels, batch.lots)


def receipt_proof(desk: Desk, submission: str) -> dict[str, Any] | None:
    """Everything that ties a submission to the log and to a time stamp; None until its batch is sealed."""
    found = batch_of(desk, "submission", submission)
    if found is None:
        return None
    batch, proof = found
    event = desk.log.read(STREAM, batch.batch - 1, 1)[0]
    size = desk.log.size()
    return {
        "label": "kaibiao/receipt-proof/v1",
        "submission": submission,
        **_batch_facts(batch),
        "item": _item_facts(proof),
        "event": event_facts(event),
        "inclusion": {"size": size, "path": [b64(node) for node in desk.log.inclusion(event.index, size)]},
        "checkpoint": desk.log.checkpoint(),
    }


def openings(desk: Desk, lot: str, since: int = 0, limit: int = 500) -> dict[str, Any]:
    """The lot's part of every batch after `since`, padding included: everything needed to recompute it."""
    with store.reading(desk.engine) as tx:
        rows = tx.execute(sa.select(batches).where(batches.c.batch > since).order_by(batches.c.batch)).all()
        found = [batch for batch in map(_batch, rows) if lot in batch.lots][:limit]
        opened = [_opening(tx, batch, lot) for batch in found]
    for batch, entry in zip(found, opened, strict=True):
        entry["event"] = event_facts(desk.log.read(STREAM, batch.batch - 1, 1)[0])
    return {"lot": lot, "batches": opened, "next": found[-1].batch if len(found) == limit else None}


def event_facts(event: Stored) -> dict[str, Any]:
    """A log entry with what opens its commitment."""
    return {
        "index": event.index,
        "stream": event.stream,
        "version": event.version,
        "type": event.type,
        "seat": event.seat,
        "at": iso(event.at),
        "body": event.body,
        "salt": None if event.salt is None else b64(event.salt),
    }


def _opening(tx: sa.Connection, batch: Batch, lot: str) -> dict[str, Any]:
    items = _items_in(tx, batch.batch, lot)
    position, path = batch_tree.prove_lot(lot, batch.lots)
    return {
        **_batch_facts(batch),
        "seed": b64(batch_tree.lot_seed(batch.seed, lot)),
        "items": [{"position": p, "type": item.type, "hash": item.hash} for p, item in sorted(items.items())],
        "lotPosition": position,
        "lotPath": [b64(node) for node in path],
    }


def _batch_facts(batch: Batch) -> dict[str, Any]:
    return {
        "batch": batch.batch,
        "depth": batch.depth,
        "lots": len(batch.lots),
        "root": batch.root.hex(),
        "token": None if batch.token is None else b64(batch.token),
        "stampedAt": None if batch.stamped_at is None else iso(batch.stamped_at),
    }


def _item_facts(proof: batch_tree.ItemProof) -> dict[str, Any]:
    return {
        "type": proof.item.type,
        "hash": proof.item.hash,
        "lot": proof.lot,
        "position": proof.position,
        "salt": b64(proof.salt),
        "path": [b64(node) for node in proof.path],
        "lotPosition": proof.lot_position,
        "lotPath": [b64(node) for node in proof.lot_path],
    }


def _waiting(desk: Desk, lot: str) -> bool:
    with store.reading(desk.engine) as tx:
        unsealed = sa.and_(batch_items.c.lot == lot, batch_items.c.batch.is_(None))
        return tx.execute(sa.select(batch_items.c.item).where(unsealed).limit(1)).first() is not None


def _choose(tx: sa.Connection, lot: str) -> dict[str, Item]:
    """As many waiting items as a subtree has places; random ids make their order random."""
    unsealed = sa.and_(batch_items.c.lot == lot, batch_items.c.batch.is_(None))
    rows = tx.execute(sa.select(batch_items).where(unsealed).order_by(batch_items.c.item).limit(1 << DEPTH))
    return {row.item: Item(row.type, row.hash) for row in rows}


def _plant(
    desk: Desk, seed: bytes, chosen: Mapping[str, Mapping[str, Item]]
) -> tuple[dict[str, bytes], dict[str, int]]:
    """The root of each lot's subtree, and where each item went in it."""
    roots: dict[str, bytes] = {}
    places: dict[str, int] = {}
    for lot, items in chosen.items():
        free = list(range(1 << DEPTH))
        here: dict[int, Item] = {}
        for item, value in items.items():
            position = free.pop(int.from_bytes(desk.random(8), "big") % len(free))
            places[item] = position
            here[position] = value
        roots[lot] = batch_tree.lot_levels(batch_tree.lot_seed(seed, lot), here, DEPTH)[-1][0]
    return roots, places


def _items_in(tx: sa.Connection, number: int, lot: str) -> dict[int, Item]:
    wanted = sa.and_(batch_items.c.batch == number, batch_items.c.lot == lot)
    return {
        row.position: Item(row.type, row.hash) for row in tx.execute(sa.select(batch_items).where(wanted))
    }


def _batch(row: sa.Row[Any]) -> Batch:
    return Batch(
        batch=row.batch,
        lots={lot: bytes.fromhex(root) for lot, root in row.lots.items()},
        depth=row.depth,
        seed=bytes(row.seed),
        root=bytes.fromhex(row.root),
        at=store.from_ms(row.at),
        token=None if row.token is None else bytes(row.token),
        stamped_at=None if row.stamped_at is None else store.from_ms(row.stamped_at),
    )
