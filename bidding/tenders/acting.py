"""Who a signed-in person is to a tender, and what it signs."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

from bidding.deps import Deps
from bidding.people.certificates import verify_signature
from bidding.people.ids import person_id
from bidding.people.register import Holder
from bidding.people.roles import OPERATORS
from bidding.people.sessions import Session
from bidding.people.store import last_valid_at
from bidding.tenders.actor import Actor, ActorRole
from bidding.tenders.commands import Signed
from bidding.tenders.desk import tender_state
from bidding.tenders.preconditions import Finding, drafted
from bidding.tenders.state import Tender
from ceremony.errors import Refusal
from crypto.canonical import iso
from crypto.translog.engine import reading

#: A client that repeats a lost request sends the same key and gets the first answer.
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", max_length=100, pattern=r"^[\w.:-]+$")]
#: A warning of the trust catalogue.
ENDS_BEFORE = "certificate-ends-before-opening"


def command_id(deps: Deps, key: str | None) -> str:
    return key or f"once:{deps.random(12).hex()}"


def agency_of(session: Session) -> Actor:
    """The session as the agency of a tender; the rules decide whether it is this tender's."""
    if session.roles & OPERATORS:
        # 三员: whoever runs the platform has no part in a tender, whatever organisation it belongs to.
        raise Refusal("not-found")
    return Actor(ActorRole.AGENCY, session.credit_code, session.person)


def officer_of(session: Session) -> Actor:
    if session.roles & OPERATORS:
        raise Refusal("not-found")
    return Actor(ActorRole.OFFICER, session.credit_code, session.person)


def own_tender(deps: Deps, tender: str, session: Session) -> tuple[int, Tender]:
    """A tender that the session's organisation runs. Raises `Refusal("not-found")`."""
    agency_of(session)
    version, state = tender_state(deps, tender)
    if session.credit_code not in (state.agency.credit_code, state.head.tenderer.credit_code):
        raise Refusal("not-found")
    return version, state


def ending_seats(deps: Deps, state: Tender) -> tuple[Finding, ...]:
    """Warnings about people of the hall whose known certificates will all have ended by the opening."""
    found = []
    with reading(deps.engine) as tx:
        for lot in drafted(state):
            for seat in lot.terms.seats:
                ends_at = last_valid_at(tx, person_id(seat.credit_code, seat.name))
                if ends_at is not None and ends_at < lot.terms.opens_at:
                    facts = {"role": seat.role, "name": seat.name, "notAfter": iso(ends_at)}
                    found.append(
                        Finding("certificate-ends-before-opening", lot.id, facts=facts, warning=True)
                    )
    return tuple(found)


def signed(deps: Deps, body: bytes, cms: bytes) -> tuple[Signed, Holder]:
    """Bytes with a verified signature by a trusted certificate. Raises `Invalid`."""
    holder = verify_signature(deps.trust, cms, body, deps.clock.now())
    return Signed(body, cms, holder.credit_code), holder


def signed_by(deps: Deps, session: Session, body: bytes, cms: bytes) -> Signed:
    """As `signed`, by the very organisation that is signed in. Raises `Refusal("signed-by-another")`."""
    value, holder = signed(deps, body, cms)
    if holder.credit_code != session.credit_code:
        raise Refusal("signed-by-another", "the signature is by another organisation than the one signed in")
    return value
