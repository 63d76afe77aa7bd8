"""What the holders of opening keys do: register a key, hand the seat over, state its destruction."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from bidding import handover
from bidding.auth import SignedIn
from bidding.deps import Deps
from bidding.people.wire import SignedBody
from bidding.tenders import commands as cmd
from bidding.tenders import store, views, wire
from bidding.tenders.acting import IdempotencyKey, command_id, officer_of, signed
from bidding.tenders.actor import Actor, ActorRole
from bidding.tenders.changes import holder_code
from bidding.tenders.desk import carry_out, lot_state
from bidding.tenders.notice import keyset_of
from bidding.tenders.rulebook import Regime
from bidding.tenders.state import Lot, Tender
from bidding.tenders.statements import parse_destruction, parse_seat_handover
from bidding.tenders.terms import LotState, OpeningKey, Party
from ceremony.errors import Refusal
from crypto.canonical import b64, iso, parse_canonical
from crypto.certificates import certificate_facts
from crypto.keyset import OfficerSeat, opening_key_statement, verify_opening_key
from crypto.signing import verify_detached
from crypto.translog.engine import reading


def router(deps: Deps) -> APIRouter:
    routes = APIRouter(tags=["officers"])
    _keys(routes, deps)
    _handover(routes, deps)
    return routes


def _keys(routes: APIRouter, deps: Deps) -> None:
    @routes.get("/tenders/{tender}/lots/{lot}/opening-keys")
    def opening_keys(tender: str, lot: str, session: SignedIn) -> dict[str, Any]:
        state, one = _seen_by(deps, tender, lot, session)
        return _answer(state, one)

    @routes.post("/tenders/{tender}/lots/{lot}/opening-keys")
    def register(
        tender: str, lot: str, body: wire.OpeningKeyBody, session: SignedIn, key: IdempotencyKey = None
    ) -> dict[str, Any]:
        state, one = _seen_by(deps, tender, lot, session)
        officer = next((o for o in one.terms.officers if o.seat == body.seat), None)
        if officer is None or officer.credit_code != session.credit_code:
            raise Refusal("not-found")
        certificate = _signing_certificate(deps, state, one, officer.index, body, session.credit_code)
        command = cmd.RegisterOpeningKey(
            lot,
            body.seat,
            OpeningKey(certificate, body.openingKey, body.cms, certificate_facts(certificate).not_after),
        )
        state = carry_out(deps, tender, officer_of(session), command, command_id=command_id(deps, key))
        return _answer(state, state.lots[lot])


def _signing_certificate(
    deps: Deps, state: Tender, lot: Lot, index: int, body: wire.OpeningKeyBody, credit_code: str
) -> bytes:
    """The trusted certificate that signed an opening key, of the organisation that fills the seat.

    Raises `Invalid` or `Refusal("signed-by-another")`.
    """
    statement = opening_key_statement(state.id, lot.id, body.seat, index, body.openingKey)
    by = verify_detached(body.cms, data=statement)
    verify_opening_key(
        state.id, lot.id, OfficerSeat(body.seat, index, by.certificate, body.openingKey, body.cms)
    )
    _, holder = signed(deps, statement, body.cms)
    if holder.credit_code != credit_code:
        raise Refusal("signed-by-another", "the opening key is signed by another organisation")
    return by.certificate


def _handover(routes: APIRouter, deps: Deps) -> None:
    @routes.post("/tenders/{tender}/lots/{lot}/officers/{seat}/handover")
    def hand_over(
        tender: str, lot: str, seat: str, body: wire.SeatHandoverBody, session: SignedIn
    ) -> dict[str, Any]:
        state, one = lot_state(deps, lot)
        if state.id != tender:
            raise Refusal("not-found")
        statement = parse_seat_handover(parse_canonical(body.statement, limit=16_384))
        statement.verify_place(tender, lot, seat)
        leaving, from_holder = signed(deps, body.statement, body.cmsFrom)
        _, to_holder = signed(deps, body.statement, body.cmsTo)
        # Both signed the whole of it, so that either may bring it; anybody else learns nothing.
        coming = from_holder.credit_code == holder_code(one, seat) and to_holder.credit_code
        if officer_of(session).credit_code not in {*_insiders(state, one), coming}:
            raise Refusal("not-found")
        statement.verify_signers(one, seat, from_holder, to_holder)
        command = cmd.HandOverSeat(
            lot=lot,
            seat=seat,
            statement=leaving,
            signature_to=body.cmsTo,
            to=Party(to_holder.organisation, to_holder.credit_code),
            person=to_holder.person_id,
            name=to_holder.name,
            certificate_sha256=to_holder.certificate_sha256,
        )
        by = Actor(ActorRole.OFFICER, from_holder.credit_code, from_holder.person_id)
        state = carry_out(deps, tender, by, command, command_id=command_id(deps, None))
        handover.schedule(deps, lot)
        return _answer(state, state.lots[lot])

    @routes.post("/tenders/{tender}/lots/{lot}/officers/{seat}/destroyed")
    def destroyed(tender: str, lot: str, seat: str, body: SignedBody, session: SignedIn) -> dict[str, Any]:
        _seen_by(deps, tender, lot, session)
        parse_destruction(parse_canonical(body.statement, limit=16_384), tender, lot, seat)
        statement, holder = signed(deps, body.statement, body.cms)
        if holder.credit_code != session.credit_code:
            raise Refusal("signed-by-another")
        command = cmd.DestroyKey(lot, seat, statement)
        state = carry_out(deps, tender, officer_of(session), command, command_id=command_id(deps, None))
        return {"destroyed": sorted(state.lots[lot].destroyed)}

    @routes.get("/lots/{lot}/contacts")
    def contacts(lot: str, session: SignedIn) -> dict[str, Any]:
        """Who left a contact, sealed; served to officers once the lot is closed."""
        _, one = lot_state(deps, lot)
        held = {o.seat for o in one.terms.officers if holder_code(one, o.seat) == session.credit_code}
        if not held or one.state is LotState.DRAFT or one.receiving:
            raise Refusal("not-found")
        with reading(deps.engine) as tx:
            return {"contacts": [b64(blob) for blob in store.contacts(tx, lot)]}


def seat_line(state: Tender, lot: Lot, seat: str) -> dict[str, Any]:
    """One officer's seat in the list of who fills it."""
    officer = next(o for o in lot.terms.officers if o.seat == seat)
    return {
        "tender": state.id,
        "tenderTitle": state.head.title,
        "rehearsal": state.head.regime == Regime.REHEARSAL,
        "lot": lot.id,
        "title": lot.terms.title,
        "state": lot.state.value,
        "opensAt": iso(lot.terms.opens_at),
        "seat": seat,
        "index": officer.index,
        "k": lot.terms.k,
        "n": len(lot.terms.officers),
        "name": lot.holders[seat].name if seat in lot.holders else officer.name,
        "registered": seat in lot.keys,
        "openingKey": b64(lot.keys[seat].opening_key) if seat in lot.keys else None,
        "certificateNotAfter": iso(lot.keys[seat].not_after) if seat in lot.keys else None,
        "destroyed": seat in lot.destroyed,
    }


def _seen_by(deps: Deps, tender: str, lot: str, session: SignedIn) -> tuple[Tender, Lot]:
    """A lot as its agency and its officers may see it, drafts included. Raises `Refusal("not-found")`."""
    officer_of(session)
    state, one = lot_state(deps, lot)
    if state.id != tender or session.credit_code not in _insiders(state, one):
        raise Refusal("not-found")
    return state, one


def _insiders(state: Tender, lot: Lot) -> set[str]:
    """Credit codes of the tender's agency and tenderer and of whoever fills an officer's seat."""
    holders = {holder_code(lot, officer.seat) for officer in lot.terms.officers}
    return {state.agency.credit_code, state.head.tenderer.credit_code, *holders}


def _answer(state: Tender, lot: Lot) -> dict[str, Any]:
    ready = not lot.missing_keys
    return {
        "tender": state.id,
        "lot": lot.id,
        "title": lot.terms.title,
        "k": lot.terms.k,
        "state": lot.state.value,
        "opensAt": iso(lot.terms.opens_at),
        "destroyed": sorted(lot.destroyed),
        "officers": views.officers(lot),
        "keyset": b64(lot.keyset or keyset_of(state, lot).encode()) if ready else None,
    }
