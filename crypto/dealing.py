"""Dealing a secret to the officers so that anybody who learns it can deal it again and compare.

Polynomial coefficients and the ephemeral key material of every envelope are HKDF outputs of the secret
itself. A dealing that would open for one quorum and not for another therefore cannot equal its own
regeneration, whichever quorum attended. See docs/formats/shares.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crypto import shares
from crypto.context import Context
from crypto.errors import Invalid
from crypto.hpke import PrivateKey
from crypto.keys import check_secret, same


@dataclass(frozen=True, slots=True)
class Seat:
    """An officer's place in a dealing: its index is the share's x coordinate; the key is a public point."""

    index: int
    seat: str
    opening_key: bytes


@dataclass(frozen=True, slots=True)
class DealtShare:
    """What the manifest says of one share: its commitment (hex) and its envelope to the seat."""

    commit: str
    envelope: bytes


def share_commit(ctx: Context, purpose: str, seat: Seat, share: bytes) -> str:
    """The commitment of one seat's share, in hex."""
    return ctx.commit(share, "share", secret=purpose, seat=seat.seat, index=seat.index)


def envelope_info(ctx: Context, purpose: str, seat: Seat) -> bytes:
    """The HPKE info of one seat's envelope: with less, a copied envelope would open elsewhere."""
    return ctx.bound("share-envelope", secret=purpose, seat=seat.seat, index=seat.index)


def deal_shares(ctx: Context, purpose: str, secret: bytes, k: int, seats: Sequence[Seat]) -> list[bytes]:
    """The shares of ``secret`` in the order of ``seats``."""
    check_secret(secret, "a dealt secret")
    coefficients = [
        ctx.derive(secret, "share-coefficient", secret=purpose, power=power, k=k) for power in range(1, k)
    ]
    return shares.split(secret, coefficients, [seat.index for seat in seats])


def deal(ctx: Context, purpose: str, secret: bytes, k: int, seats: Sequence[Seat]) -> dict[int, DealtShare]:
    """The whole dealing of ``secret`` under ``purpose``, by seat index."""
    dealt = {}
    for seat, share in zip(seats, deal_shares(ctx, purpose, secret, k, seats), strict=True):
        ephemeral = ctx.derive(secret, "share-ephemeral", secret=purpose, seat=seat.seat, index=seat.index)
        envelope = ctx.algorithms.hpke.seal(
            seat.opening_key, share, info=envelope_info(ctx, purpose, seat), ephemeral_ikm=ephemeral
        )
        dealt[seat.index] = DealtShare(share_commit(ctx, purpose, seat, share), envelope)
    return dealt


def open_envelope(ctx: Context, purpose: str, seat: Seat, dealt: DealtShare, private: PrivateKey) -> bytes:
    """The share in ``seat``'s envelope; ``envelope-mismatch`` unless it opens to the committed one."""
    try:
        share = ctx.algorithms.hpke.open(private, dealt.envelope, info=envelope_info(ctx, purpose, seat))
    except Invalid as error:
        raise Invalid("envelope-mismatch", error.detail, purpose=purpose, seat=seat.seat) from error
    try:
        check_share(ctx, purpose, seat, dealt, share)
    except Invalid as error:
        raise Invalid("envelope-mismatch", error.detail, purpose=purpose, seat=seat.seat) from error
    return share


def check_share(ctx: Context, purpose: str, seat: Seat, dealt: DealtShare, share: bytes) -> None:
    """``false-share`` unless ``share`` is the one committed to for ``seat``."""
    right_place = len(share) > 1 and share[-1] == seat.index
    if not right_place or not same(share_commit(ctx, purpose, seat, share), dealt.commit):
        raise Invalid(
            "false-share", "the share is not the one the manifest commits to", purpose=purpose, seat=seat.seat
        )


def check_dealing(
    ctx: Context, purpose: str, secret: bytes, k: int, seats: Sequence[Seat], dealt: Mapping[int, DealtShare]
) -> None:
    """``dealing-mismatch`` unless dealing ``secret`` again gives exactly ``dealt``, envelopes included."""
    if deal(ctx, purpose, secret, k, seats) != dict(dealt):
        raise Invalid(
            "dealing-mismatch",
            "the bidder did not deal this secret to all seats by the rule; every quorum refuses it",
            purpose=purpose,
        )
