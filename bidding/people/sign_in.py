"""Signing in with a certificate: a challenge bound to the server's origin, answered once by a signature.

Challenges are not stored when they are made, only when they are used, so that asking for many costs the
platform nothing, and there is no counter of failures that could keep the holder of a key out.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bidding.people import store
from ceremony.errors import Refusal
from crypto.canonical import b64, canon, iso, unb64
from crypto.errors import Invalid

SIGN_IN_LABEL = "kaibiao/sign-in/v1"
LIFETIME = timedelta(minutes=2)
_NONCE, _TIME, _MAC = 16, 8, 32


@dataclass(frozen=True, slots=True)
class Challenge:
    """`token` goes to the client and comes back; `statement` is what the certificate's key signs."""

    token: str
    origin: str
    expires_at: datetime

    @property
    def statement(self) -> bytes:
        return canon(
            {
                "label": SIGN_IN_LABEL,
                "origin": self.origin,
                "challenge": self.token,
                "expiresAt": iso(self.expires_at),
            }
        )


def make_challenge(key: bytes, nonce: bytes, origin: str, now: datetime) -> Challenge:
    """A challenge for clients that see the server at `origin`. `nonce` is 16 random bytes."""
    milliseconds = int((now + LIFETIME).timestamp() * 1000)
    expires = milliseconds.to_bytes(_TIME, "big")
    token = nonce + expires + _mac(key, nonce + expires, origin)
    return Challenge(b64(token), origin, _instant(expires))


def parse_challenge(key: bytes, token: str, origin: str, now: datetime) -> Challenge:
    """The challenge that this installation made for `origin` and that is still fresh.

    Raises `Refusal("challenge-unknown")` or `Refusal("challenge-expired")`.
    """
    try:
        raw = unb64(token)
    except Invalid:
        raw = b""
    head = raw[: _NONCE + _TIME]
    if len(raw) != _NONCE + _TIME + _MAC or not hmac.compare_digest(
        raw[_NONCE + _TIME :], _mac(key, head, origin)
    ):
        raise Refusal("challenge-unknown", "this server made no such challenge for this address")
    expires_at = _instant(head[_NONCE:])
    if now >= expires_at:
        raise Refusal("challenge-expired", "ask for a new challenge", expiredAt=iso(expires_at))
    return Challenge(token, origin, expires_at)


def use_challenge(tx: sa.Connection, challenge: Challenge, now: datetime) -> None:
    """Mark a challenge as used. Raises `Refusal("challenge-used")` the second time."""
    table = store.used_challenge
    tx.execute(sa.delete(table).where(table.c.expires_at < now))
    nonce = hashlib.sha256(challenge.token.encode("ascii")).hexdigest()
    if tx.execute(sa.select(table.c.nonce).where(table.c.nonce == nonce)).first():
        raise Refusal("challenge-used", "each challenge signs in once")
    tx.execute(sa.insert(table).values(nonce=nonce, expires_at=challenge.expires_at))


def _mac(key: bytes, head: bytes, origin: str) -> bytes:
    return hmac.digest(key, b"kaibiao/challenge/v1\x00" + head + origin.encode("utf-8"), "sha256")


def _instant(raw: bytes) -> datetime:
    milliseconds = int.from_bytes(raw, "big")
    if milliseconds > 253402300799999:  # 9999-12-31
        raise Refusal("challenge-unknown")
    return datetime.fromtimestamp(milliseconds // 1000, UTC) + timedelta(milliseconds=milliseconds % 1000)
