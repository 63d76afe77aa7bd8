"""What a desk needs beyond the acts: drafts as they were sent, checks that wait, seats to be filled."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from bidding.auth import SignedIn, require_role
from bidding.deps import Deps
from bidding.people.ids import person_id
from bidding.people.roles import Role
from bidding.people.sessions import Session
from bidding.people.wire import nfc
from bidding.tenders import store, views
from bidding.tenders.acting import agency_of, officer_of, own_tender
from bidding.tenders.desk import tender_state
from bidding.tenders.documents import send
from bidding.tenders.officer_api import seat_line
from bidding.tenders.state import Lot, Tender
from ceremony.errors import Refusal
from crypto.canonical import iso
from crypto.translog.engine import reading

#: Who checks before publication.
CHECKING = (Role.WITNESS, Role.SUPERVISOR)


def router(deps: Deps) -> APIRouter:
    routes = APIRouter()
    _agency(routes, deps)
    _checks(routes, deps)
    _officers(routes, deps)
    return routes


def _agency(routes: APIRouter, deps: Deps) -> None:
    @routes.get("/tenders", tags=["tenders"])
    def mine(session: SignedIn) -> dict[str, Any]:
        """The organisation's tenders, newest first, each with its lots and what waits for an answer."""
        agency_of(session)
        with reading(deps.engine) as tx:
            rows = store.tenders_of(tx, session.credit_code)
        found = []
        for row in rows:
            _, state = tender_state(deps, row.tender)
            found.append(views.tender_line(state, row.created_at))
        return {"tenders": found, "now": iso(deps.clock.now())}

    @routes.get("/tenders/{tender}/lots/{lot}", tags=["tenders"])
    def lot_terms(tender: str, lot: str, session: SignedIn) -> dict[str, Any]:
        """A lot as its agency, or who checks it, reads it: the terms as PATCH takes them."""
        state = _inside(deps, tender, session)
        one = state.lots.get(lot)
        if one is None:
            raise Refusal("not-found")
        return views.draft_lot(one)

    @routes.api_route("/tenders/{tender}/documents/{name}", methods=["GET", "HEAD"], tags=["tenders"])
    def document(tender: str, name: str, request: Request, session: SignedIn, lot: str = "") -> Response:
        """A file of a draft, or one that waits for the next notice."""
        state = _inside(deps, tender, session)
        stored = (*state.staged, *state.documents)
        found = next((d for d in stored if (d.name, d.lot) == (nfc(name), lot)), None)
        if found is None:
            raise Refusal("not-found")
        answer = send(deps.objects, state.objects[found.sha256], found, request)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer


def _checks(routes: APIRouter, deps: Deps) -> None:
    @routes.get("/checks", tags=["tenders"])
    def checks(session: SignedIn) -> dict[str, Any]:
        """Drafts whose check was asked for, those that wait longest first."""
        require_role(session, *CHECKING)
        with reading(deps.engine) as tx:
            drafts = store.drafts(tx)
        asked = [state for _, state in (tender_state(deps, tender) for tender in drafts) if state.check]
        asked.sort(key=lambda state: (state.check is not None and state.check.answered, _due(state)))
        return {"checks": [views.check_line(state) for state in asked], "now": iso(deps.clock.now())}


def _officers(routes: APIRouter, deps: Deps) -> None:
    @routes.get("/officer/seats", tags=["officers"])
    def seats(session: SignedIn) -> dict[str, Any]:
        """Every lot in which the organisation fills an officer's seat; drafts are there to register a key."""
        officer_of(session)
        with reading(deps.engine) as tx:
            held = store.seats_of(tx, session.credit_code)
        found = []
        for tender, lot, seat in held:
            _, state = tender_state(deps, tender)
            one = state.lots.get(lot)
            if one is not None:
                found.append({**seat_line(state, one, seat), "own": _is_own(one, seat, session)})
        found.sort(key=lambda line: (line["opensAt"], line["lot"], line["seat"]))
        return {"seats": found, "now": iso(deps.clock.now())}


def _inside(deps: Deps, tender: str, session: Session) -> Tender:
    """A tender as its agency sees it, or who was asked to check it. Raises `Refusal("not-found")`."""
    if session.roles & set(CHECKING):
        _, state = tender_state(deps, tender)
        if state.check is not None:
            return state
    _, state = own_tender(deps, tender, session)
    return state


def _due(state: Tender) -> str:
    return iso(state.check.due_at) if state.check else ""


def _is_own(lot: Lot, seat: str, session: Session) -> bool:
    """Whether the seat is this very person's, as named by the agency or by the handover."""
    if seat in lot.holders:
        return lot.holders[seat].person == session.person
    named = next((o for o in lot.terms.officers if o.seat == seat), None)
    return named is not None and person_id(named.credit_code, named.name) == session.person
