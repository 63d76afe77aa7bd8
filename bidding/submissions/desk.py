"""What taking in a bid needs of the platform, and nothing that could tell who brings it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.objects import Objects

if TYPE_CHECKING:
    from bidding.deps import Deps
    from crypto.timestamps import TimeStampAuthority
    from crypto.translog.store import Log


class DataKey(Protocol):
    """One generation of a symmetric key."""

    @property
    def id(self) -> str: ...
    @property
    def secret(self) -> bytes: ...


class Keys(Protocol):
    """The platform's keys as far as submissions use them (`bidding.keys.KeyRing`)."""

    @property
    def receipt(self) -> Ed25519PrivateKey: ...
    @property
    def receipt_id(self) -> str: ...
    def receipt_public_keys(self) -> dict[str, bytes]: ...
    @property
    def data(self) -> DataKey: ...
    def data_key(self, key_id: str) -> bytes: ...


class SharedClock(Protocol):
    """The one clock of all server processes (`bidding.clock.Clock`)."""

    def now(self) -> datetime: ...
    def now_in(self, connection: sa.Connection) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk where bids are handed in (收标)."""

    engine: sa.Engine
    objects: Objects
    clock: SharedClock
    keys: Keys
    #: `random(n)` gives n unpredictable bytes.
    random: Callable[[int], bytes]
    log: Log
    tsa: TimeStampAuthority
    batch_seconds: float


def desk_of(deps: Deps) -> Desk:
    """The desk of a running platform."""
    return Desk(
        engine=deps.engine,
        objects=deps.objects,
        clock=deps.clock,
        keys=deps.keys,
        random=deps.random,
        log=deps.log,
        tsa=deps.tsa,
        batch_seconds=deps.settings.batch_seconds,
    )
