"""K_bidder wrapped for a bad day: fixed slots in the manifest that do not tell whether and to whom they wrap.

Every slot is an HPKE message of one length. The recovery code (恢复码) becomes a P-256 key pair by HKDF, a
certificate whose keyUsage allows it is a recipient as it is, trustees get Shamir shares; unused slots are
sealed to keys nobody has. A passphrase is never wrapped here: it could be searched.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from crypto import shares
from crypto.context import Context, Random
from crypto.errors import Invalid
from crypto.hpke import PrivateKey, public_bytes
from crypto.suite import Suite

SLOTS = 8
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
_CODE_BYTES = 16
_CODE_LENGTH = 28  # 128 bits and a 12-bit check
_PLAIN = 2 + 32  # threshold, x coordinate (0 for the whole key), 32 bytes


class Wrapped(Protocol):
    """What of a manifest unwrapping needs."""

    @property
    def ctx(self) -> Context: ...

    @property
    def wraps(self) -> tuple[bytes, ...]: ...


@dataclass(frozen=True, slots=True)
class Trustees:
    """Recovery by trustees named in the tender documents: ``k`` of these public points together."""

    k: int
    points: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """What one slot gives its holder: the whole key (``x`` 0) or a share of which ``k`` are needed."""

    k: int
    x: int
    value: bytes


def slot_size(suite: Suite) -> int:
    """The bytes of one slot."""
    return suite.hpke.overhead + _PLAIN


def new_recovery_code(random: Random = secrets.token_bytes) -> str:
    """A code such as ``3RT9-…``: 128 random bits and a check, seven groups of four."""
    return format_code(random(_CODE_BYTES))


def format_code(secret: bytes) -> str:
    number = int.from_bytes(secret, "big") << 12 | _check(secret)
    symbols = [_ALPHABET[number >> shift & 31] for shift in range(5 * (_CODE_LENGTH - 1), -1, -5)]
    return "-".join("".join(symbols[i : i + 4]) for i in range(0, _CODE_LENGTH, 4))


def parse_recovery_code(code: str) -> bytes:
    """The 16 bytes of a code as typed: case, spaces, hyphens, O for 0 and I or L for 1 do not matter."""
    plain = "".join(c for c in code.upper() if c not in " -\t\r\n　").translate(str.maketrans("OIL", "011"))
    if len(plain) != _CODE_LENGTH or not set(plain) <= set(_ALPHABET):
        raise Invalid("bad-recovery-code", "a recovery code is seven groups of four letters and digits")
    number = 0
    for symbol in plain:
        number = number << 5 | _ALPHABET.index(symbol)
    secret = (number >> 12).to_bytes(_CODE_BYTES, "big")
    if _check(secret) != number & 0xFFF:
        raise Invalid("bad-recovery-code", "the code has a typing error")
    return secret


def _check(secret: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"kaibiao/recovery-code/v1" + secret).digest()[:2], "big") >> 4


def recovery_key(ctx: Context, code: str) -> PrivateKey:
    """The key pair of a recovery code in one context."""
    return ctx.algorithms.hpke.derive_private(ctx.derive(parse_recovery_code(code), "recovery"))


def wrap_slots(
    ctx: Context,
    k_bidder: bytes,
    code: str,
    *,
    recipients: Sequence[bytes] = (),
    trustees: Trustees | None = None,
    random: Random = secrets.token_bytes,
) -> tuple[bytes, ...]:
    """All slots of a manifest, in an order that tells nothing. ``recipients`` are P-256 points."""
    whole = bytes([1, 0]) + k_bidder
    wanted = [(public_bytes(recovery_key(ctx, code)), whole), *((point, whole) for point in recipients)]
    if trustees is not None:
        coefficients = [random(len(k_bidder)) for _ in range(trustees.k - 1)]
        for share, point in zip(
            shares.split(k_bidder, coefficients, range(1, len(trustees.points) + 1)),
            trustees.points,
            strict=True,
        ):
            wanted.append((point, bytes([trustees.k, share[-1]]) + share[:-1]))
    if len(wanted) > SLOTS:
        raise Invalid("too-many-wraps", f"a manifest has {SLOTS} slots")
    hpke = ctx.algorithms.hpke
    while len(wanted) < SLOTS:
        wanted.append((public_bytes(hpke.derive_private(random(32))), random(_PLAIN)))
    order = sorted((random(16), point, plain) for point, plain in wanted)
    return tuple(
        hpke.seal(point, plain, info=_info(ctx, slot), ephemeral_ikm=random(32))
        for slot, (_, point, plain) in enumerate(order)
    )


def _info(ctx: Context, slot: int) -> bytes:
    return ctx.bound("wrap", slot=slot)


def open_wrap(wrapped: Wrapped, private: PrivateKey) -> Piece:
    """What the slots hold for this key; ``no-wrap`` when none opens."""
    hpke = wrapped.ctx.algorithms.hpke
    for slot, sealed in enumerate(wrapped.wraps):
        try:
            plain = hpke.open(private, sealed, info=_info(wrapped.ctx, slot))
        except Invalid:
            continue
        return Piece(plain[0], plain[1], plain[2:])
    raise Invalid("no-wrap", "no slot of this bid opens with this key or code")


def combine_pieces(pieces: Sequence[Piece]) -> bytes:
    """K_bidder from one whole piece, or from as many trustees' pieces as were asked for; ``bad-share``."""
    for piece in pieces:
        if piece.x == 0:
            return piece.value
    if not pieces or len({piece.k for piece in pieces}) != 1 or len(pieces) < pieces[0].k:
        raise Invalid("bad-share", "fewer trustees than the recovery asks for")
    return shares.combine([piece.value + bytes([piece.x]) for piece in pieces])
