"""What anybody may read and do without signing in: notices, lots, documents, questions, sealed contacts.

None of these routes takes a session, so that nothing here can tell who looked at what (办法 art. 21).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from bidding.auth import MaybeSignedIn
from bidding.deps import Deps
from bidding.people.wire import nfc
from bidding.tenders import commands as cmd
from bidding.tenders import listing, store, views, wire
from bidding.tenders.actor import ANYBODY
from bidding.tenders.changes import objection_limit
from bidding.tenders.contacts import parse_contact
from bidding.tenders.desk import carry_out, law, public_lot, tender_state
from bidding.tenders.documents import send
from bidding.tenders.state import Tender
from bidding.tenders.terms import LotState
from ceremony.errors import Refusal
from crypto.canonical import iso
from crypto.context import new_id
from crypto.translog.engine import reading


def router(deps: Deps) -> APIRouter:
    routes = APIRouter(tags=["public"])
    _reading(routes, deps)
    _asking(routes, deps)
    return routes


def _reading(routes: APIRouter, deps: Deps) -> None:
    @routes.get("/notices")
    def listed(asked: Annotated[wire.NoticeQuery, Query()]) -> dict[str, Any]:
        now = deps.clock.now()
        skip = (asked.page - 1) * asked.size
        with reading(deps.engine) as tx:
            rows, total = listing.find(tx, asked.value(), now, skip=skip, limit=asked.size)
            regions = list(listing.regions(tx))
        return {
            "notices": [_line(row, now) for row in rows],
            "page": asked.page,
            "pages": -(-total // asked.size),
            "total": total,
            "regions": regions,
            "now": iso(now),
        }

    @routes.get("/tenders/{tender}")
    def tender_facts(tender: str, session: MaybeSignedIn) -> dict[str, Any]:
        version, state = tender_state(deps, tender)
        inside = session is not None and session.credit_code in (
            state.agency.credit_code,
            state.head.tenderer.credit_code,
        )
        if state.published_at is None and not inside:
            raise Refusal("not-found")
        return views.tender_facts(state, version=version, drafts=inside)

    @routes.get("/tenders/{tender}/notices")
    def tender_notices(tender: str) -> dict[str, Any]:
        return {"notices": views.notices(_published(deps, tender))}

    @routes.get("/lots/{lot}")
    def lot_package(lot: str) -> dict[str, Any]:
        state, one = public_lot(deps, lot)
        _, days = law(deps)
        package = views.lot_package(state, one, deps.clock.now())
        return {**package, "objectionsInTimeUntil": iso(objection_limit(state, one, days))}

    @routes.get("/lots/{lot}/questions")
    def answered(lot: str) -> dict[str, Any]:
        state, _ = public_lot(deps, lot)
        shown = [one for one in views.questions(state, lot=lot) if one["notice"] is not None]
        # The text as asked may show who asked; what was published of it stands in the notice.
        return {"questions": [{key: one[key] for key in ("id", "kind", "lot", "notice")} for one in shown]}

    @routes.api_route("/lots/{lot}/documents/{name}", methods=["GET", "HEAD"])
    def download(lot: str, name: str, request: Request) -> Response:
        state, _ = public_lot(deps, lot)
        document = next((d for d in state.documents_of(lot) if d.name == nfc(name)), None)
        if document is None:
            raise Refusal("not-found")
        return send(deps.objects, state.objects[document.sha256], document, request)


def _asking(routes: APIRouter, deps: Deps) -> None:
    @routes.post("/lots/{lot}/questions", status_code=201)
    def ask(lot: str, body: wire.QuestionBody) -> dict[str, Any]:
        state, _ = public_lot(deps, lot)
        question = new_id("q", deps.random)
        carry_out(deps, state.id, ANYBODY, cmd.AskQuestion(question, lot, body.text), command_id=question)
        return {"question": question}

    @routes.post("/lots/{lot}/objections", status_code=201)
    def object_to(lot: str, body: wire.ObjectionBody) -> dict[str, Any]:
        state, one = public_lot(deps, lot)
        if body.contact:
            parse_contact(body.contact, one)
        _, days = law(deps)
        objection = new_id("x", deps.random)
        command = cmd.RaiseObjection(objection, lot, body.text, body.contact, days)
        after = carry_out(deps, state.id, ANYBODY, command, command_id=objection)
        raised = after.objections[objection]
        return {
            "objection": objection,
            "answerDueAt": iso(raised.answer_due_at),
            "late": raised.late,
            "inTimeUntil": iso(objection_limit(after, after.lots[lot], days)),
        }

    @routes.post("/lots/{lot}/contacts", status_code=204)
    def leave_contact(lot: str, body: wire.ContactBody) -> None:
        _, one = public_lot(deps, lot)
        if not one.receiving or one.state is LotState.DRAFT:
            raise Refusal("deadline-passed", "the lot receives no more bids")
        envelopes = parse_contact(body.sealed, one)
        contact = new_id("c", deps.random)
        deps.log.transact(lambda tx: store.add_contact(tx, contact, lot, envelopes))


def _published(deps: Deps, tender: str) -> Tender:
    _, state = tender_state(deps, tender)
    if state.published_at is None:
        raise Refusal("not-found")
    return state


def _line(row: listing.Listed, now: datetime) -> dict[str, Any]:
    return {
        "tender": row.tender,
        "lot": row.lot,
        "number": row.number,
        "title": row.title,
        "tenderTitle": row.tender_title,
        "regime": row.regime,
        "type": row.kind,
        "region": row.region,
        "state": row.state,
        "stage": listing.stage_of(row.state, row.opens_at, now).value,
        "tenderer": row.tenderer,
        "deadline": iso(row.opens_at),
        "publishedAt": iso(row.published_at),
        "rehearsal": row.regime == "REHEARSAL",
    }
