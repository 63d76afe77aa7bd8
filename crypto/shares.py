"""Shamir's secret sharing over GF(2^8), in the layout of npm ``shamir-secret-sharing``.

A share is one byte of polynomial value for each byte of the secret, then the x coordinate. The field is
that of AES (x^8 + x^4 + x^3 + x + 1). The polynomials come from the caller: dealing is deterministic here
(see :mod:`crypto.dealing`), which no library offers. See docs/formats/shares.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from crypto.errors import Invalid

MAX_SEATS = 64


def _tables() -> tuple[tuple[int, ...], tuple[int, ...]]:
    exp, log = [0] * 510, [0] * 256
    value = 1
    for power in range(255):
        exp[power] = exp[power + 255] = value
        log[value] = power
        doubled = value << 1
        value ^= doubled ^ (0x11B if doubled & 0x100 else 0)  # times the generator x + 1
    return tuple(exp), tuple(log)


_EXP, _LOG = _tables()


@lru_cache(maxsize=256)
def _multiples(factor: int) -> bytes:
    """The products of every byte with ``factor`` (not 0), as a translation table."""
    return bytes([0]) + bytes(_EXP[_LOG[value] + _LOG[factor]] for value in range(1, 256))


def _times(data: bytes, factor: int) -> bytes:
    return data.translate(_multiples(factor))


def _plus(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")


def split(secret: bytes, coefficients: Sequence[bytes], xs: Sequence[int]) -> list[bytes]:
    """The shares of ``secret`` at the points ``xs`` (1..255, distinct).

    ``coefficients`` are those of the powers 1, 2, … k-1, each as long as the secret: k = len + 1.
    """
    if len(set(xs)) != len(xs) or not all(0 < x < 256 for x in xs) or len(xs) <= len(coefficients):
        raise ValueError("points must be distinct, within 1..255, and as many as the threshold")
    if not secret or any(len(coefficient) != len(secret) for coefficient in coefficients):
        raise ValueError("the secret and its coefficients must have one length")
    shares = []
    for x in xs:
        value = bytes(len(secret))
        for coefficient in reversed((secret, *coefficients)):  # Horner
            value = _plus(_times(value, x), coefficient)
        shares.append(value + bytes([x]))
    return shares


def combine(shares: Sequence[bytes]) -> bytes:
    """The secret on the polynomial through ``shares``; wrong if they are fewer than were needed.

    ``bad-share`` when lengths differ or two shares stand at one point.
    """
    xs = [share[-1] for share in shares if len(share) > 1]
    if len(xs) != len(shares) or not xs or len({len(share) for share in shares}) != 1:
        raise Invalid("bad-share", "shares must be present and of one length")
    if 0 in xs or len(set(xs)) != len(xs):
        raise Invalid("bad-share", "two shares stand at the same point")
    secret = bytes(len(shares[0]) - 1)
    for share, x in zip(shares, xs, strict=True):
        # Lagrange's basis polynomial at 0: the product over the others of x_j / (x_j + x_i)
        power = sum(_LOG[other] - _LOG[other ^ x] for other in xs if other != x) % 255
        secret = _plus(secret, _times(share[:-1], _EXP[power]))
    return secret
