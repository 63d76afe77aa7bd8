"""Challenges for taking a seat by receipt key: stateless, short-lived, bound to one lot."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ceremony.errors import Refusal
from crypto.canonical import b64, unb64
from crypto.errors import Invalid

LIFETIME = timedelta(minutes=5)
_NONCE = 16
_STAMP = 8
_MAC = 32


def make_challenge(key: bytes, lot: str, now: datetime, random: Callable[[int], bytes]) -> str:
    """A token the receipt key signs: nonce, expiry in ms, HMAC-SHA256 over both and the lot."""
    expires = int((now + LIFETIME).timestamp() * 1000).to_bytes(_STAMP, "big")
    body = random(_NONCE) + expires
    return b64(body + _mac(key, lot, body))


def verify_challenge(key: bytes, lot: str, token: str, now: datetime) -> None:
    """Raises Refusal("seat-challenge-expired") unless the token is ours, of this lot, and still fresh."""
    try:
        data = unb64(token)
    except Invalid as error:
        raise Refusal("seat-challenge-expired") from error
    body, mac = data[: _NONCE + _STAMP], data[_NONCE + _STAMP :]
    if len(data) != _NONCE + _STAMP + _MAC or not hmac.compare_digest(mac, _mac(key, lot, body)):
        raise Refusal("seat-challenge-expired")
    if now >= datetime.fromtimestamp(int.from_bytes(body[_NONCE:], "big") / 1000, UTC):
        raise Refusal("seat-challenge-expired")


def _mac(key: bytes, lot: str, body: bytes) -> bytes:
    return hmac.new(key, b"kaibiao/seat-challenge/v1" + lot.encode() + b"\0" + body, hashlib.sha256).digest()
