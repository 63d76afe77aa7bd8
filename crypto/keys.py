"""Every key and commitment that is derived from a secret of a bid, one function each.

See docs/formats/sealed-bid.md for the table; tests/vectors hold an example of every line.
"""

from __future__ import annotations

import hmac

from crypto.context import Context
from crypto.errors import Invalid

SECRET_SIZE = 32


def check_secret(secret: bytes, what: str) -> None:
    if len(secret) != SECRET_SIZE:
        raise Invalid("bad-key", f"{what} has {len(secret)} bytes, not {SECRET_SIZE}")


def bidder_part_key_in(ctx: Context, k_bidder: bytes, part: str) -> bytes:
    """K_bidder[p]: what the bidder releases for one part, telling nothing about the others."""
    check_secret(k_bidder, "the bidder's key")
    return ctx.derive(k_bidder, "bidder-part", part=part)


def bidder_commit(ctx: Context, part: str, part_key: bytes) -> str:
    """What the manifest says K_bidder[p] is, in hex."""
    check_secret(part_key, "the bidder's key of a part")
    return ctx.commit(part_key, "bidder-commit", part=part)


def _both(bidder: bytes, hall: bytes) -> bytes:
    check_secret(bidder, "the bidder's key of a part")
    check_secret(hall, "the officers' key of a part")
    return bidder + hall


def data_key(ctx: Context, part: str, bidder: bytes, hall: bytes) -> bytes:
    """DEK[p], from K_bidder[p] and K_hall[p]: neither side alone has it."""
    return ctx.derive(_both(bidder, hall), "content", part=part)


def key_commit(ctx: Context, part: str, bidder: bytes, hall: bytes) -> str:
    """keyCommit[p]: AES-GCM does not commit to its key, this does."""
    return ctx.derive(_both(bidder, hall), "content-commit", part=part).hex()


def identity_box_key(ctx: Context, k_identity: bytes) -> bytes:
    """The key of the identity box."""
    check_secret(k_identity, "the identity key")
    return ctx.derive(k_identity, "identity-box")


def identity_commit(ctx: Context, k_identity: bytes) -> str:
    """keyCommit of K_identity, in hex."""
    check_secret(k_identity, "the identity key")
    return ctx.derive(k_identity, "identity-commit").hex()


def same(left: str, right: str) -> bool:
    """Equality of two hex values in constant time."""
    return hmac.compare_digest(left, right)
