"""The tree under a sealed batch, pure: what the platform hides before T and anyone recomputes afterwards.

Every open lot has a subtree of the same fixed depth in every batch, so neither its shape nor its root says
how much it holds. Salts and padding come from a seed per batch and lot; opening a lot means publishing that
seed and the few real items. See docs/formats/sealed-batch.md.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crypto.canonical import canon
from crypto.errors import Invalid

LABEL = "kaibiao/sealed-batch/v1"
#: 2^8 places per lot and batch; what does not fit waits for the next batch.
DEPTH = 8
PADDING = "padding"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in a batch: its type and its SHA-256 in hex."""

    type: str
    hash: str


@dataclass(frozen=True, slots=True)
class ItemProof:
    """How an item leads to a batch's root: salt, place, and the siblings of both trees, leaf upwards."""

    item: Item
    lot: str
    position: int
    salt: bytes
    path: tuple[bytes, ...]
    lot_position: int
    lots: int
    lot_path: tuple[bytes, ...]


def lot_seed(seed: bytes, lot: str) -> bytes:
    """The secret of one lot's subtree; opening it tells nothing about other lots."""
    return hashlib.sha256(b"kaibiao/batch-lot-seed/v1\x00" + seed + lot.encode()).digest()


def salt(seed_of_lot: bytes, position: int) -> bytes:
    """The salt of the leaf at `position`."""
    return hashlib.sha256(b"kaibiao/batch-salt/v1\x00" + seed_of_lot + struct.pack(">I", position)).digest()


def padding(seed_of_lot: bytes, position: int) -> Item:
    """What stands at a position nobody uses."""
    digest = hashlib.sha256(b"kaibiao/batch-padding/v1\x00" + seed_of_lot + struct.pack(">I", position))
    return Item(PADDING, digest.hexdigest())


def leaf(item: Item, leaf_salt: bytes) -> bytes:
    """SHA-256(00 || salt || canonical{hash, type})."""
    return hashlib.sha256(b"\x00" + leaf_salt + canon({"hash": item.hash, "type": item.type})).digest()


def lot_leaf(lot: str, root: bytes) -> bytes:
    """A lot's leaf in the upper tree: SHA-256(00 || canonical{lot, root})."""
    return hashlib.sha256(b"\x00" + canon({"lot": lot, "root": root.hex()})).digest()


def lot_levels(seed_of_lot: bytes, items: Mapping[int, Item], depth: int) -> list[list[bytes]]:
    """The levels of a lot's subtree, leaves first; `items` by position, everything else is padding."""
    if any(not 0 <= position < 1 << depth for position in items):
        raise Invalid("bad-batch", "an item stands outside its batch")
    leaves = [
        leaf(items.get(position) or padding(seed_of_lot, position), salt(seed_of_lot, position))
        for position in range(1 << depth)
    ]
    return _levels(leaves)


def upper_levels(roots: Mapping[str, bytes]) -> list[list[bytes]]:
    """The levels above the lots, leaves first, lots in order of id. No lot open: one empty hash."""
    if not roots:
        return [[hashlib.sha256(b"").digest()]]
    return _levels([lot_leaf(lot, roots[lot]) for lot in sorted(roots)])


def prove(
    lot: str,
    position: int,
    item: Item,
    seed_of_lot: bytes,
    levels: list[list[bytes]],
    roots: Mapping[str, bytes],
) -> ItemProof:
    """The proof of one item of a batch whose lots have these roots."""
    lot_position, lot_path = prove_lot(lot, roots)
    return ItemProof(
        item=item,
        lot=lot,
        position=position,
        salt=salt(seed_of_lot, position),
        path=_path(levels, position),
        lot_position=lot_position,
        lots=len(roots),
        lot_path=lot_path,
    )


def prove_lot(lot: str, roots: Mapping[str, bytes]) -> tuple[int, tuple[bytes, ...]]:
    """A lot's place among the batch's lots and the siblings from its leaf to the root."""
    position = sorted(roots).index(lot)
    return position, _path(upper_levels(roots), position)


def root_of(proof: ItemProof) -> bytes:
    """The batch root a proof leads to; compare it with the logged one."""
    subtree = _climb(leaf(proof.item, proof.salt), proof.position, 1 << len(proof.path), proof.path)
    return _climb(lot_leaf(proof.lot, subtree), proof.lot_position, proof.lots, proof.lot_path)


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """RFC 6962 levels: a last node without a sibling rises as it is."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [_node(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)]
        levels.append(above + below[len(above) * 2 :])
    return levels


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _path(levels: list[list[bytes]], position: int) -> tuple[bytes, ...]:
    path = []
    for level in levels[:-1]:
        sibling = position ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        position //= 2
    return tuple(path)


def _climb(node: bytes, position: int, width: int, path: Sequence[bytes]) -> bytes:
    siblings = iter(path)
    while width > 1:
        if position ^ 1 < width:
            sibling = next(siblings, None)
            if sibling is None:
                raise Invalid("bad-batch", "the proof is too short")
            node = _node(sibling, node) if position & 1 else _node(node, sibling)
        position //= 2
        width = (width + 1) // 2
    if next(siblings, None) is not None:
        raise Invalid("bad-batch", "the proof is too long")
    return node
