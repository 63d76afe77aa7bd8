"""The tenders' rules as the ceremony runs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from datetime import datetime

import sqlalchemy as sa

from bidding.tenders import commands as cmd
from bidding.tenders import domain
from bidding.tenders import events as ev
from bidding.tenders.state import Tender
from ceremony.handle import Domain

Also = Callable[[sa.Connection, Tender, Tender], None]


@dataclass(slots=True)
class Errand:
    """A command on its way, with room for what it came to: rows of the same transaction are made from that.

    `also` writes further rows in that transaction.
    """

    command: cmd.Command
    also: Sequence[Also] = ()
    before: Tender = field(default_factory=Tender)
    after: Tender = field(default_factory=Tender)
    at: datetime = ev.EPOCH


def _decide(state: Tender, seat: str, errand: Errand, now: datetime) -> Sequence[ev.Event]:
    events = domain.decide(state, seat, errand.command, now)
    errand.before, errand.at, after = state, now, state
    for event in events:
        after = domain.evolve(after, replaced(event, at=now, by=seat))
    errand.after = after
    return events


#: The tenders' rules as the ceremony runs them; streams are `tender:<t>`.
TENDERS: Domain[Tender, Errand, ev.Event] = Domain(
    initial=Tender,
    decide=_decide,
    evolve=domain.evolve,
    encode=ev.encode_event,
    decode=ev.decode_event,
)
