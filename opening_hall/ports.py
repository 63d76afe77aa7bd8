"""What the hall needs of the platform around it, handed in by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import HTTPConnection

from ceremony.handle import Ceremony
from ceremony.live import Live
from crypto.envelope import Manifest
from opening_hall.commands import Command
from opening_hall.events import Event
from opening_hall.prepare import Caller
from opening_hall.seats import BidId, LotId
from opening_hall.state import State
from opening_hall.vault import Vault


@dataclass(frozen=True, slots=True)
class HallPorts:
    """Everything the hall's routes call that is not the hall itself."""

    halls: Ceremony[State, Command, Event]
    live: Live
    clock: Callable[[], datetime]
    vault: Vault
    manifest: Callable[[BidId], Manifest]
    """Parsed manifest of a live bid from Closed on; remembers. Raises Refusal("unknown-bid")."""
    receipt_key: Callable[[LotId, BidId], bytes]
    """Receipt key of an accepted bid of the lot, also before Closed. Raises Refusal("unknown-bid")."""
    caller: Callable[[HTTPConnection], Caller | None]
    """Who asks, by session. Raises Refusal("cross-site-request"). Blocking."""
    record: Callable[[LotId, str], bytes]
    """PDF of the record by its SHA-256. Blocking; raises Invalid("object-missing"), Unavailable."""
    challenge_key: bytes
    """MAC key of the seat challenges; the same in every process."""
    random: Callable[[int], bytes]
