"""What this client saw before: the opening keys of a lot do not change silently between two looks."""

from __future__ import annotations

import os
from pathlib import Path

from bidding.client.errors import ClientError
from bidding.client.upload import alone, load, save


def home() -> Path:
    """Where this user's client keeps what it remembers; `KAIBIAO_HOME` moves it."""
    given = os.environ.get("KAIBIAO_HOME")
    return Path(given) if given else Path.home() / ".kaibiao"


def pins_file() -> Path:
    """Keysets seen before, by lot."""
    return home() / "keysets.json"


def pin_keyset(lot: str, keyset_hash: str, *, accept: bool = False, path: Path | None = None) -> bool:
    """Remember a lot's keyset; True when it is the one seen before.

    Raises `ClientError("keyset-changed")` for another one, unless the user accepts it: a new keyset is an
    amendment that asks every bidder to seal again.
    """
    where = path or pins_file()
    with alone(where):
        pins = load(where)
        seen = pins.get(lot)
        if seen is not None and seen != keyset_hash and not accept:
            facts = f"seen before: {seen[:16]}…, now: {keyset_hash[:16]}…"
            raise ClientError("keyset-changed", facts, lot=lot)
        if seen != keyset_hash:
            save(where, {**pins, lot: keyset_hash})
    return seen == keyset_hash
