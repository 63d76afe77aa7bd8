"""Draws anybody can recompute: benchmark coefficients, experts, order of lots (抽取).

The seed is fixed at sealing and unknown to all until the hall keys are open; an index is ten lines of any
language. See docs/formats/sealed-bid.md, section draws.
"""

from __future__ import annotations

from collections.abc import Mapping

from crypto.canonical import b64, canon
from crypto.suite import DEFAULT_SUITE, Suite

DRAW_LABEL = "kaibiao/draw/v1"
_WORD = 1 << 64


def draw_seed(
    label: str, reveals: Mapping[str, bytes], k_halls: Mapping[str, bytes], suite: Suite = DEFAULT_SUITE
) -> bytes:
    """SHA-256 over the canonical label, reveals by seat and K_hall of the admitted set by bid id."""
    return suite.digest(
        canon(
            {
                "label": DRAW_LABEL,
                "draw": label,
                "reveals": {seat: b64(value) for seat, value in reveals.items()},
                "kHalls": {bid: b64(value) for bid, value in k_halls.items()},
            }
        )
    )


def draw_index(seed: bytes, label: str, n: int, counter: int = 0, suite: Suite = DEFAULT_SUITE) -> int:
    """The ``counter``-th draw of a number in 0..n-1, every number equally likely.

    64-bit big-endian words of HMAC(seed, label || counter), then of counter + 2^32 and so on: the first
    below floor(2^64 / n) * n counts, modulo n.
    """
    if not 0 < n <= _WORD or not 0 <= counter < 1 << 32:
        raise ValueError("n is 1 to 2^64, a counter below 2^32")
    bound = _WORD // n * n
    block = counter
    while True:
        words = suite.mac(seed, label.encode("utf-8") + block.to_bytes(8, "big"))
        for at in range(0, len(words), 8):
            word = int.from_bytes(words[at : at + 8], "big")
            if word < bound:
                return word % n
        block += 1 << 32
