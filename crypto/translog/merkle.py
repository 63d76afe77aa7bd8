"""The Merkle tree of RFC 6962 section 2.1 over SHA-256: roots, inclusion and consistency proofs. Pure.

A tree is read through ``node(level, index)``: the hash of the complete subtree over the leaves
``[index << level, (index + 1) << level)``. Who stores nodes, and how, is not this file's business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from crypto.errors import Invalid

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
Node: TypeAlias = Callable[[int, int], bytes]


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf: SHA-256(0x00 || leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtree_hash(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of sibling hashes."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, largest first.

    Appending costs amortised one hash, the root at most log2(size).
    """

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise ValueError("a tree has one peak for every set bit of its size")

    @classmethod
    def read(cls, size: int, node: Node) -> Frontier:
        """The frontier of the first ``size`` leaves of a stored tree."""
        return cls(size, [node(level, index) for level, index in _peaks(0, size)])

    def append(self, hashed: bytes) -> None:
        """Add the hash of one leaf."""
        size = self.size
        while size & 1:
            hashed = node_hash(self.peaks.pop(), hashed)
            size >>= 1
        self.peaks.append(hashed)
        self.size += 1

    def root(self) -> bytes:
        """The root hash; of the empty tree SHA-256 of nothing."""
        return _bag(self.peaks)


def root(size: int, node: Node) -> bytes:
    """The root over the first ``size`` leaves."""
    return _bag([node(level, index) for level, index in _peaks(0, size)])


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """The audit path of leaf ``index`` in the tree of ``size`` leaves (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size:
        raise Invalid("bad-log-range", f"leaf {index} is not in a tree of {size}")
    return _path(index, 0, size, node)


def consistency_proof(first: int, second: int, node: Node) -> list[bytes]:
    """That the first ``first`` of ``second`` leaves are the older tree (RFC 6962 section 2.1.2)."""
    if not 0 < first <= second:
        raise Invalid("bad-log-range", f"no consistency proof from {first} to {second}")
    return _extension(first, 0, second, True, node)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Check an audit path against a root (RFC 9162 section 2.1.3.2); Invalid ``not-included``."""
    if not 0 <= index < size:
        raise Invalid("not-included", f"leaf {index} cannot be in a tree of {size}")
    position, last, hashed = index, size - 1, leaf_hash(leaf)
    for step in proof:
        if last == 0:
            raise Invalid("not-included", "the proof is too long")
        if position & 1 or position == last:
            hashed = node_hash(step, hashed)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            hashed = node_hash(hashed, step)
        position >>= 1
        last >>= 1
    if last or hashed != expected:
        raise Invalid("not-included", f"leaf {index} is not under this root of {size} leaves")


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that one tree extends the other (RFC 9162 section 2.1.4.2); Invalid ``not-an-extension``."""
    failure = Invalid("not-an-extension", f"the tree of {second} does not extend the tree of {first}")
    if first < 0 or second < first:
        raise failure
    if first in (0, second):
        # Every tree extends the empty one and itself; nothing needs to be proved.
        if (
            proof
            or (first == second and first_root != second_root)
            or (not first and first_root != EMPTY_ROOT)
        ):
            raise failure
        return
    steps = list(proof) if first & (first - 1) else [first_root, *proof]
    if not steps:
        raise failure
    older, last = first - 1, second - 1
    while older & 1:
        older >>= 1
        last >>= 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise failure
        if older & 1 or older == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not older & 1 and older:
                older >>= 1
                last >>= 1
        else:
            new = node_hash(new, step)
        older >>= 1
        last >>= 1
    if last or old != first_root or new != second_root:
        raise failure


def _bag(peaks: Sequence[bytes]) -> bytes:
    if not peaks:
        return EMPTY_ROOT
    hashed = peaks[-1]
    for peak in reversed(peaks[:-1]):
        hashed = node_hash(peak, hashed)
    return hashed


def _peaks(start: int, stop: int) -> list[tuple[int, int]]:
    """The complete subtrees, as (level, index), that make up an aligned range of leaves."""
    found = []
    for level in reversed(range((stop - start).bit_length())):
        if (stop - start) >> level & 1:
            found.append((level, start >> level))
            start += 1 << level
    return found


def _subtree(start: int, stop: int, node: Node) -> bytes:
    return _bag([node(level, index) for level, index in _peaks(start, stop)])


def _split(size: int) -> int:
    """The largest power of two smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _path(index: int, start: int, stop: int, node: Node) -> list[bytes]:
    if stop - start <= 1:
        return []
    middle = start + _split(stop - start)
    if index < middle:
        return [*_path(index, start, middle, node), _subtree(middle, stop, node)]
    return [*_path(index, middle, stop, node), _subtree(start, middle, node)]


def _extension(first: int, start: int, stop: int, whole: bool, node: Node) -> list[bytes]:
    if first == stop - start:
        return [] if whole else [_subtree(start, stop, node)]
    split = _split(stop - start)
    middle = start + split
    if first <= split:
        return [*_extension(first, start, middle, whole, node), _subtree(middle, stop, node)]
    return [*_extension(first - split, middle, stop, False, node), _subtree(start, middle, node)]
