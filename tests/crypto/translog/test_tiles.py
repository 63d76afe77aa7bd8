"""Tiles: names as C2SP writes them, contents that give back every node."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import Invalid
from crypto.translog.merkle import Frontier, leaf_hash, root
from crypto.translog.tiles import (
    HEIGHT,
    Edge,
    TileRef,
    entry_bundle,
    node_reader,
    parse_entry_bundle,
    parse_tile_path,
    tile_width,
    tiles_of,
)

NAMES = [
    (TileRef(0, 0), "tile/0/000"),
    (TileRef(0, 1234067), "tile/0/x001/x234/067"),
    (TileRef(1, 0, 7), "tile/1/000.p/7"),
    (TileRef(None, 999, 255), "tile/entries/999.p/255"),
    (TileRef(63, 1000), "tile/63/x001/000"),
]


@pytest.mark.parametrize(("ref", "path"), NAMES)
def test_names(ref: TileRef, path: str) -> None:
    assert ref.path() == path
    assert parse_tile_path(path) == ref


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 10**12), st.integers(1, 256))
def test_every_name_reads_back(level: int | None, number: int, width: int) -> None:
    ref = TileRef(level, number, width)
    assert parse_tile_path(ref.path()) == ref


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/../000",
        "tile/data/000",
        "/tile/0/000",
        "tile/0/\u0661\u0661\u0661",
        "",
    ],
)
def test_other_spellings_are_refused(path: str) -> None:
    with pytest.raises(Invalid):
        parse_tile_path(path)


@given(st.integers(1, 70_000), st.lists(st.integers(0, 69_999), max_size=3))
def test_tiles_give_back_the_tree(size: int, cuts: list[int]) -> None:
    """However the leaves arrive in groups, the stored tiles hold the same tree."""
    hashes = [leaf_hash(i.to_bytes(4, "big")) for i in range(min(size, 700))]
    size = len(hashes)
    edge, frontier = Edge(), Frontier()
    stored: dict[tuple[int, int], bytes] = {}
    for i, hashed in enumerate(hashes):
        edge.append(hashed)
        frontier.append(hashed)
        if i % 701 in [cut % 701 for cut in cuts]:
            stored.update(edge.take_changed())
    stored.update(edge.take_changed())
    assert set(stored) == {(ref.level, ref.number) for ref in tiles_of(size)}
    for (level, number), data in stored.items():
        assert len(data) == 32 * tile_width(level, number, size)
    node = node_reader(lambda level, number: stored[level, number])
    assert root(size, node) == frontier.root()
    last = [
        (((size >> (HEIGHT * level)) - 1) // 256, stored[level, ((size >> (HEIGHT * level)) - 1) // 256])
        for level in range(2)
        if size >> (HEIGHT * level)
    ]
    again = Edge(last)
    again.append(hashes[0])
    edge.append(hashes[0])
    assert again.take_changed() == edge.take_changed(), "reloading the edge continues where it was"


def test_a_narrow_tile_is_noticed() -> None:
    node = node_reader(lambda level, number: bytes(32))
    with pytest.raises(Invalid):
        node(1, 0)


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_entry_bundles_read_back(entries: list[bytes]) -> None:
    bundle = entry_bundle(entries)
    assert parse_entry_bundle(bundle) == entries
    if bundle:
        with pytest.raises(Invalid):
            parse_entry_bundle(bundle[:-1])


def test_a_bundle_cut_in_a_length_is_refused() -> None:
    with pytest.raises(Invalid):
        parse_entry_bundle(b"\x00")
