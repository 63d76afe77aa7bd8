"""What the parts of the platform share, put together once by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from bidding.clock import Clock
from bidding.keys import KeyRing
from bidding.objects import Objects
from bidding.settings import Settings
from bidding.tenders.errand import Errand
from bidding.tenders.events import Event as TenderEvent
from bidding.tenders.state import Tender
from ceremony.bus import Bus
from ceremony.handle import Ceremony
from ceremony.live import Live
from crypto.authority import DemoAuthority
from crypto.timestamps import TimeStampAuthority
from crypto.translog.store import Log
from crypto.trust import TrustStore
from opening_hall.domain import Command, Event, State


@dataclass(frozen=True, slots=True)
class Deps:
    """Handed to every `router(deps)` and `tasks(deps)`; nothing else is global."""

    settings: Settings
    engine: sa.Engine
    log: Log
    clock: Clock
    objects: Objects
    trust: TrustStore
    #: The embedded demonstration CA; None where the installation trusts licensed CAs only.
    authority: DemoAuthority | None
    tsa: TimeStampAuthority
    bus: Bus
    keys: KeyRing
    #: `random(n)` gives n unpredictable bytes.
    random: Callable[[int], bytes]
    halls: Ceremony[State, Command, Event]
    tenders: Ceremony[Tender, Errand, TenderEvent]
    live: Live
