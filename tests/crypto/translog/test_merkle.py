"""The tree against RFC 6962's own definition and the vectors of the reference implementation."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import Invalid
from crypto.translog.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

#: Leaves and roots of certificate-transparency's merkletree tests.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


def tree(leaves: list[bytes]):
    def node(level: int, index: int) -> bytes:
        part = leaves[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "only complete subtrees are read"
        return naive_root(part)

    return node


def test_the_roots_of_the_reference_vectors() -> None:
    assert root(0, tree([])) == EMPTY_ROOT == naive_root([])
    for size, expected in enumerate(ROOTS, 1):
        assert root(size, tree(LEAVES)).hex() == expected


@given(st.integers(0, 200))
def test_a_frontier_grows_to_the_same_root(size: int) -> None:
    leaves = [bytes([i]) for i in range(size)]
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf_hash(leaf))
    assert frontier.root() == naive_root(leaves)
    assert Frontier.read(size, tree(leaves)).root() == frontier.root()


def test_a_frontier_needs_a_peak_for_every_bit() -> None:
    with pytest.raises(ValueError, match="peak"):
        Frontier(3, [EMPTY_ROOT])


@given(st.integers(1, 150).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))))
def test_inclusion(case: tuple[int, int]) -> None:
    size, index = case
    leaves = [bytes([i]) for i in range(size)]
    proof = inclusion_proof(index, size, tree(leaves))
    verify_inclusion(leaves[index], index, size, proof, naive_root(leaves))
    wrong = [
        (b"other", index, size, proof),
        (leaves[index], index, size, [*proof, EMPTY_ROOT]),
        (leaves[index], size, size, proof),
    ]
    if proof:
        wrong.append((leaves[index], index, size, proof[:-1]))
        wrong.append((leaves[index], index, size, [bytes(32), *proof[1:]]))
    for leaf, at, of, steps in wrong:
        with pytest.raises(Invalid):
            verify_inclusion(leaf, at, of, steps, naive_root(leaves))


@given(st.integers(1, 150).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))))
def test_consistency(case: tuple[int, int]) -> None:
    first, second = case
    leaves = [bytes([i]) for i in range(second)]
    older, newer = naive_root(leaves[:first]), naive_root(leaves)
    proof = consistency_proof(first, second, tree(leaves))
    verify_consistency(first, second, older, newer, proof)
    wrong = [
        (first, second, bytes(32), newer, proof),
        (first, second, older, bytes(32), proof),
        (first, second, older, newer, [*proof, bytes(32)]),
        (second + 1, second, older, newer, proof),
    ]
    if proof:
        wrong.append((first, second, older, newer, proof[:-1]))
        wrong.append((first, second, older, newer, [bytes(32), *proof[1:]]))
    for case_ in wrong:
        with pytest.raises(Invalid):
            verify_consistency(*case_)


def test_an_empty_proof_shows_nothing() -> None:
    with pytest.raises(Invalid):
        verify_consistency(3, 5, naive_root(LEAVES[:3]), naive_root(LEAVES[:5]), [])


def test_everything_extends_the_empty_tree() -> None:
    verify_consistency(0, 5, EMPTY_ROOT, naive_root(LEAVES[:5]), [])
    with pytest.raises(Invalid):
        verify_consistency(0, 5, bytes(32), naive_root(LEAVES[:5]), [])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_proof_beyond_the_tree(index: int, size: int) -> None:
    with pytest.raises(Invalid):
        inclusion_proof(index, size, tree(LEAVES))


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3), (-1, 3)])
def test_no_consistency_proof_of_nonsense(first: int, second: int) -> None:
    with pytest.raises(Invalid):
        consistency_proof(first, second, tree(LEAVES))
