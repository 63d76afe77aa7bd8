"""Who may read what of an opened lot: those who run, commission or supervise it, and each bidder its own."""

from __future__ import annotations

from bidding.deps import Deps
from bidding.people.roles import OPERATORS
from bidding.people.sessions import Session
from ceremony.errors import Refusal
from opening_hall.entrance import fills
from opening_hall.prepare import Caller
from opening_hall.seats import BidId, LotId, Role
from opening_hall.state import State

#: Technical support, witnesses and officers as such read nothing: their duties need no content.
READERS = frozenset({Role.HOST, Role.DEPUTY, Role.TENDERER, Role.SUPERVISOR})


def verify_may_read(deps: Deps, lot: LotId, bid: BidId, session: Session) -> None:
    """Refuses `not-found` to everybody else and before Closed, so that nothing can be tried out."""
    _, state = deps.halls.state(f"hall:{lot}")
    caller = caller_of(session)
    known = bid in state.bids and not session.roles & OPERATORS
    if not known or not (_official(state, caller) or _own(state, bid, caller)):
        raise Refusal("not-found")


def caller_of(session: Session) -> Caller:
    """The person of a session as the hall knows people."""
    return Caller(
        person=session.person,
        name=session.name,
        credit_code=session.credit_code,
        certificate_sha256=session.certificate_sha256,
    )


def _official(state: State, caller: Caller) -> bool:
    return any(entry.seat.role in READERS and fills(entry, caller) for entry in state.entries.values())


def _own(state: State, bid: BidId, caller: Caller) -> bool:
    found = state.bids.get(bid)
    identity = found.identity if found is not None else None
    return identity is not None and identity.ok and identity.credit_code == caller.credit_code
