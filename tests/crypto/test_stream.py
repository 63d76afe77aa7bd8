"""The ciphertext: buckets, segments in any order, damage, and its Merkle root however it arrives."""

from __future__ import annotations

import hashlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.errors import Invalid
from crypto.stream import (
    MAX_SEGMENTS,
    SEGMENT,
    RootHasher,
    StreamOpener,
    StreamSealer,
    bucket_segments,
    ciphertext_root,
    is_bucket,
    leaf_hash,
    plaintext_size,
)
from crypto.suite import DEFAULT_SUITE

KEY, AD = bytes(range(32)), b"here"


def sealed(plain: bytes, segments: int, chunk: int = 700_001) -> tuple[bytes, bytes]:
    out = io.BytesIO()
    sealer = StreamSealer(DEFAULT_SUITE, KEY, AD, out, segments=segments, salt=bytes(32), prefix=bytes(7))
    for at in range(0, len(plain), chunk):
        sealer.write(plain[at : at + chunk])
    root = sealer.close()
    return out.getvalue(), root


def opener(data: bytes, key: bytes = KEY, associated: bytes = AD) -> StreamOpener:
    return StreamOpener(DEFAULT_SUITE, key, associated, data, size=len(data))


def rfc_6962(leaves: list[bytes]) -> bytes:
    """The RFC's own recursive definition."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + rfc_6962(leaves[:k]) + rfc_6962(leaves[k:])).digest()


@pytest.mark.parametrize(
    "size", [0, 1, plaintext_size(1), plaintext_size(1) + 1, plaintext_size(2), 3_000_000]
)
def test_segments_open_in_any_order(size: int) -> None:
    plain = (b"0123456789" * (size // 10 + 1))[:size]
    count = bucket_segments(size)
    data, root = sealed(plain, count)
    assert len(data) == count * SEGMENT
    segments = [data[i * SEGMENT : (i + 1) * SEGMENT] for i in range(count)]
    assert root == rfc_6962([hashlib.sha256(b"\x00" + s).digest() for s in segments])
    reader = opener(data)
    opened = {i: bytes(reader.open(i, segments[i])) for i in reversed(range(count))}
    whole = b"".join(opened[i] for i in range(count))
    assert whole[:size] == plain
    assert not any(whole[size:])


def test_damage_is_refused() -> None:
    data, _ = sealed(b"x" * 2_000_000, 3)
    reader = opener(data)
    second = data[SEGMENT : 2 * SEGMENT]
    for at in (0, SEGMENT // 2, SEGMENT - 1):
        changed = bytearray(second)
        changed[at] ^= 1
        with pytest.raises(Invalid, match="bad-ciphertext"):
            reader.open(1, bytes(changed))
    for index, segment in ((2, second), (0, second), (1, second[:-1]), (-1, second), (3, second)):
        with pytest.raises(Invalid, match="bad-ciphertext"):
            reader.open(index, segment)
    for at in (0, 1, 20, 39, 40):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(Invalid, match="bad-ciphertext"):
            opener(bytes(changed)).open(0, bytes(changed[:SEGMENT]))
    with pytest.raises(Invalid, match="bad-ciphertext"):  # a stream cut at a segment's end
        opener(data[: 2 * SEGMENT]).open(1, second)
    with pytest.raises(Invalid, match="bad-ciphertext"):
        opener(data, key=bytes(32)).open(1, second)
    with pytest.raises(Invalid, match="bad-ciphertext"):
        opener(data, associated=b"there").open(1, second)
    for short in (b"", b"\x28" * 39, b"\x28" * 55):
        with pytest.raises(Invalid, match="bad-ciphertext"):
            opener(short)
    with pytest.raises(Invalid, match="bad-ciphertext"):
        StreamOpener(DEFAULT_SUITE, KEY, AD, data[:40], size=SEGMENT + 8).open(1, bytes(8))


def test_sealer_keeps_to_what_was_announced() -> None:
    with pytest.raises(ValueError):
        sealed(bytes(plaintext_size(1) + 1), 1)
    with pytest.raises(ValueError):
        sealed(bytes(plaintext_size(2) + 1), 1)
    for salt, prefix in ((bytes(31), bytes(7)), (bytes(32), bytes(8))):
        with pytest.raises(ValueError):
            StreamSealer(DEFAULT_SUITE, KEY, AD, io.BytesIO(), segments=1, salt=salt, prefix=prefix)


@given(st.integers(0, 40 << 30))
def test_buckets_hold_their_payload_and_waste_little(size: int) -> None:
    count = bucket_segments(size)
    assert plaintext_size(count) >= size
    assert is_bucket(count)
    needed = max(1, -(-(size + 40) // (SEGMENT - 16)))
    assert count <= needed * 1.12 + 1


def test_bucket_bounds() -> None:
    assert [n for n in range(1, 41) if is_bucket(n)] == [
        *range(1, 9),
        *range(10, 17, 2),
        *range(18, 33, 2),
        36,
        40,
    ]
    assert not is_bucket(0)
    assert not is_bucket(MAX_SEGMENTS + 1)
    with pytest.raises(Invalid, match="part-too-large"):
        bucket_segments(65 << 30)


@given(st.integers(0, 40))
def test_root_is_the_rfcs(count: int) -> None:
    leaves = [bytes([i]) * 32 for i in range(count)]
    assert ciphertext_root(leaves) == rfc_6962(leaves)


@given(st.lists(st.integers(0, 3 * SEGMENT // 2), max_size=4))
@settings(max_examples=25, deadline=None)
def test_root_does_not_depend_on_how_the_bytes_arrive(sizes: list[int]) -> None:
    data = bytes(sum(sizes))
    hasher, at = RootHasher(), 0
    for size in sizes:
        hasher.update(memoryview(data)[at : at + size])
        hasher.root()
        at += size
    assert hasher.size == len(data)
    leaves = [leaf_hash(data[i : i + SEGMENT]) for i in range(0, len(data), SEGMENT)]
    assert hasher.root() == rfc_6962(leaves)


def test_root_of_pieces_that_straddle_segments() -> None:
    data = bytes(range(256)) * 12_000
    hasher = RootHasher()
    for size in (1000, SEGMENT, SEGMENT - 1000, 5):
        hasher.update(data[hasher.size : hasher.size + size])
    whole = RootHasher()
    whole.update(data[: hasher.size])
    assert hasher.root() == whole.root()
