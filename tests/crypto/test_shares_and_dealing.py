"""Sharing a secret: any k of n get it, fewer get nothing, and a dealing equals its own regeneration."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import shares
from crypto.context import Context, new_context
from crypto.dealing import Seat, check_dealing, deal, deal_shares, open_envelope
from crypto.errors import Invalid
from crypto.hpke import public_bytes
from crypto.keyset import new_opening_key

CTX: Context = new_context("t_x", "l_1", keyset_hash="00" * 32, docs_hash="11" * 32)


@st.composite
def dealt(draw: st.DrawFn) -> tuple[bytes, int, list[bytes], list[int]]:
    n = draw(st.integers(1, 12))
    k = draw(st.integers(1, n))
    secret = draw(st.binary(min_size=1, max_size=40))
    coefficients = [draw(st.binary(min_size=len(secret), max_size=len(secret))) for _ in range(k - 1)]
    xs = draw(st.lists(st.integers(1, 255), min_size=n, max_size=n, unique=True))
    chosen = draw(st.permutations(range(n)))
    return secret, k, shares.split(secret, coefficients, xs), list(chosen)


@given(dealt())
def test_any_quorum_combines(case: tuple[bytes, int, list[bytes], list[int]]) -> None:
    secret, k, given_shares, order = case
    assert shares.combine([given_shares[i] for i in order[:k]]) == secret
    assert shares.combine(given_shares) == secret


def test_fewer_than_the_quorum_are_consistent_with_every_secret() -> None:
    """For one share of two, each value of the secret's byte has exactly one coefficient that explains it."""
    share = shares.split(b"\x2a", [b"\x17"], [1, 2])[0]
    explanations = [
        (secret, coefficient)
        for secret in range(256)
        for coefficient in range(256)
        if shares.split(bytes([secret]), [bytes([coefficient])], [1, 2])[0] == share
    ]
    assert sorted(secret for secret, _ in explanations) == list(range(256))


def test_field_is_that_of_aes() -> None:
    """FIPS 197 section 4.2: {57} * {83} = {c1}, {57} * {13} = {fe}."""
    assert shares.split(b"\x00", [b"\x57"], [0x83, 1])[0][0] == 0xC1
    assert shares.split(b"\x00", [b"\x57"], [0x13, 1])[0][0] == 0xFE


@pytest.mark.parametrize(
    ("secret", "coefficients", "xs"),
    [
        (b"x", [], [0]),
        (b"x", [], [256]),
        (b"x", [], [1, 1]),
        (b"x", [b"y"], [1]),
        (b"x", [b"yy"], [1, 2]),
        (b"", [], [1]),
    ],
)
def test_impossible_splits(secret: bytes, coefficients: list[bytes], xs: list[int]) -> None:
    with pytest.raises(ValueError):
        shares.split(secret, coefficients, xs)


@pytest.mark.parametrize(
    "given_shares", [[], [b""], [b"\x01"], [b"a\x01", b"bb\x02"], [b"a\x00"], [b"a\x01", b"b\x01"]]
)
def test_impossible_combinations(given_shares: list[bytes]) -> None:
    with pytest.raises(Invalid, match="bad-share"):
        shares.combine(given_shares)


@given(n=st.integers(1, 5), data=st.data())
@settings(max_examples=15, deadline=None)
def test_every_seat_opens_its_envelope_and_the_dealing_regenerates(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, n))
    secret = data.draw(st.binary(min_size=32, max_size=32))
    privates = [new_opening_key() for _ in range(n)]
    seats = [Seat(i, f"s{i}", public_bytes(p)) for i, p in enumerate(privates, start=1)]
    made = deal(CTX, "identity", secret, k, seats)
    opened = [
        open_envelope(CTX, "identity", seat, made[seat.index], p)
        for seat, p in zip(seats, privates, strict=True)
    ]
    assert opened == deal_shares(CTX, "identity", secret, k, seats)
    assert shares.combine(opened[n - k :]) == secret
    check_dealing(CTX, "identity", secret, k, seats, made)
    if k > 1:
        assert shares.combine(opened[: k - 1]) != secret


def test_a_dealt_secret_has_one_size() -> None:
    with pytest.raises(Invalid, match="bad-key"):
        deal(CTX, "identity", b"short", 1, [])
