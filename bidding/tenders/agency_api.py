"""What an agency (or the tenderer itself) does with its tender, from the draft to the outcome."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from bidding import handover
from bidding.auth import SignedIn, require_role
from bidding.deps import Deps
from bidding.people.roles import Role
from bidding.people.wire import SignedBody, nfc
from bidding.tenders import commands as cmd
from bidding.tenders import views, wire
from bidding.tenders.acting import IdempotencyKey, agency_of, command_id, ending_seats, own_tender, signed_by
from bidding.tenders.actor import Actor, ActorRole
from bidding.tenders.announce import (
    announce_change,
    announce_publication,
    announce_seats,
    announce_termination,
)
from bidding.tenders.changes import plan_change
from bidding.tenders.desk import carry_out, law, tender_state
from bidding.tenders.documents import receive
from bidding.tenders.errand import Also
from bidding.tenders.notice import tender_notice
from bidding.tenders.preconditions import drafted, findings, ruleset_for
from bidding.tenders.rulebook import Regime
from bidding.tenders.state import Tender
from bidding.tenders.statements import AWARD_LABEL, REVIEW_LABEL, TERMINATION_LABEL, verify_about
from bidding.tenders.terms import Document, Party
from ceremony.errors import Malformed, Refusal
from crypto.canonical import b64, iso, sha256_hex
from crypto.context import new_id


def router(deps: Deps) -> APIRouter:
    routes = APIRouter(prefix="/tenders", tags=["tenders"])
    _drafting(routes, deps)
    _documents(routes, deps)
    _checking(routes, deps)
    _publishing(routes, deps)
    _outcome(routes, deps)
    return routes


def _drafting(routes: APIRouter, deps: Deps) -> None:
    @routes.post("", status_code=201)
    def create(body: wire.TenderBody, session: SignedIn, key: IdempotencyKey = None) -> dict[str, Any]:
        if body.regime is Regime.REHEARSAL and not (deps.settings.rehearsal or deps.settings.demo):
            raise Refusal("rehearsals-off", "this installation takes no rehearsals")
        tender = new_id("t", deps.random)
        book, _ = law(deps)
        header = body.value(_attempt(deps, body.repeats, session.credit_code))
        agency = Party(session.org_name, session.credit_code)
        command = cmd.DraftTender(tender, header, agency, frozenset(session.roles), book)
        state = carry_out(deps, tender, agency_of(session), command, command_id=command_id(deps, key))
        return {"tender": tender, "state": state.state.value, "version": 1, "code": header.code}

    @routes.patch("/{tender}")
    def change_header(
        tender: str, body: wire.TenderBody, session: SignedIn, key: IdempotencyKey = None
    ) -> dict[str, Any]:
        _, state = own_tender(deps, tender, session)
        if body.regime.value != state.head.regime:
            raise Refusal("regime-fixed", "a tender keeps the regime it was drafted under")
        command = cmd.ChangeHeader(body.value(state.head.attempt))
        state = carry_out(deps, tender, agency_of(session), command, command_id=command_id(deps, key))
        return views.tender_facts(state, version=0, drafts=True)

    @routes.post("/{tender}/lots", status_code=201)
    def add_lot(
        tender: str, body: wire.LotBody, session: SignedIn, key: IdempotencyKey = None
    ) -> dict[str, Any]:
        _, state = own_tender(deps, tender, session)
        lot = new_id("l", deps.random)
        command = cmd.AddLot(lot, body.value(state.head.kind, session))
        also, once = (announce_seats(deps.clock.now()),), command_id(deps, key)
        state = carry_out(deps, tender, agency_of(session), command, command_id=once, also=also)
        return _lot_answer(state, lot)

    @routes.patch("/{tender}/lots/{lot}")
    def change_lot(
        tender: str, lot: str, body: wire.LotBody, session: SignedIn, key: IdempotencyKey = None
    ) -> dict[str, Any]:
        _, state = own_tender(deps, tender, session)
        command = cmd.ChangeLot(lot, body.value(state.head.kind, session))
        also, once = (announce_seats(deps.clock.now()),), command_id(deps, key)
        state = carry_out(deps, tender, agency_of(session), command, command_id=once, also=also)
        return _lot_answer(state, lot)

    @routes.delete("/{tender}/lots/{lot}", status_code=204)
    def remove_lot(tender: str, lot: str, session: SignedIn, key: IdempotencyKey = None) -> None:
        own_tender(deps, tender, session)
        carry_out(deps, tender, agency_of(session), cmd.RemoveLot(lot), command_id=command_id(deps, key))


def _documents(routes: APIRouter, deps: Deps) -> None:
    @routes.put("/{tender}/documents/{name}")
    async def store_document(
        tender: str, name: str, request: Request, session: SignedIn, lot: str = ""
    ) -> dict[str, Any]:
        await run_in_threadpool(own_tender, deps, tender, session)
        received = await receive(deps.objects, request, tender)
        document = Document(nfc(name), received.size, received.sha256, lot)
        command = cmd.StoreDocument(document, received.key)
        await run_in_threadpool(
            carry_out, deps, tender, agency_of(session), command, command_id=command_id(deps, None)
        )
        return views.document_line(document)

    @routes.delete("/{tender}/documents/{name}", status_code=204)
    def remove_document(tender: str, name: str, session: SignedIn, lot: str = "") -> None:
        own_tender(deps, tender, session)
        command = cmd.RemoveDocument(nfc(name), lot)
        carry_out(deps, tender, agency_of(session), command, command_id=command_id(deps, None))


def _checking(routes: APIRouter, deps: Deps) -> None:
    @routes.post("/{tender}/fair-competition-review")
    def review(tender: str, body: SignedBody, session: SignedIn) -> dict[str, Any]:
        own_tender(deps, tender, session)
        verify_about(body.statement, REVIEW_LABEL, tender=tender)
        command = cmd.SignReview(signed_by(deps, session, body.statement, body.cms))
        state = carry_out(deps, tender, agency_of(session), command, command_id=command_id(deps, None))
        return views.tender_facts(state, version=0, drafts=True)

    @routes.post("/{tender}/check")
    def request_check(tender: str, session: SignedIn) -> dict[str, Any]:
        own_tender(deps, tender, session)
        command = cmd.RequestCheck(*law(deps))
        state = carry_out(deps, tender, agency_of(session), command, command_id=command_id(deps, None))
        return views.tender_facts(state, version=0, drafts=True)

    @routes.get("/{tender}/check")
    def look_at_draft(tender: str, session: SignedIn) -> dict[str, Any]:
        checker = _checker(session)
        version, state = tender_state(deps, tender)
        if state.check is None or checker is None:
            raise Refusal("not-found")
        return views.tender_facts(state, version=version, drafts=True)

    @routes.post("/{tender}/check/defects")
    def notice_defects(tender: str, body: wire.DefectsBody, session: SignedIn) -> dict[str, Any]:
        return _answer_check(deps, tender, session, cmd.NoticeDefects(body.defects))

    @routes.post("/{tender}/check/open")
    def name_open_defects(tender: str, body: wire.OpenDefectsBody, session: SignedIn) -> dict[str, Any]:
        return _answer_check(deps, tender, session, cmd.NameOpenDefects(body.numbers))

    @routes.post("/{tender}/check/passed")
    def pass_check(tender: str, session: SignedIn) -> dict[str, Any]:
        return _answer_check(deps, tender, session, cmd.PassCheck())

    @routes.get("/{tender}/preconditions")
    def preconditions(tender: str, session: SignedIn) -> dict[str, Any]:
        _, state = own_tender(deps, tender, session)
        book, days = law(deps)
        now = deps.clock.now()
        found = (*findings(state, ruleset_for(state, book, now), days, now), *ending_seats(deps, state))
        return {
            "missing": [finding.encode() for finding in found if finding.blocks],
            "warnings": [finding.encode() for finding in found if not finding.blocks],
            "now": iso(now),
        }


def _publishing(routes: APIRouter, deps: Deps) -> None:
    @routes.get("/{tender}/notice")
    def notice(tender: str, session: SignedIn) -> dict[str, Any]:
        _, state = own_tender(deps, tender, session)
        book, _ = law(deps)
        body = tender_notice(state, ruleset_for(state, book, deps.clock.now()), drafted(state))
        return {"notice": b64(body), "sha256": sha256_hex(body)}

    @routes.post("/{tender}/publish")
    def publish(
        tender: str, body: wire.PublishBody, session: SignedIn, key: IdempotencyKey = None
    ) -> dict[str, Any]:
        own_tender(deps, tender, session)
        command = cmd.Publish(signed_by(deps, session, body.notice, body.cms), *law(deps))
        state = carry_out(
            deps,
            tender,
            agency_of(session),
            command,
            command_id=command_id(deps, key),
            also=(announce_publication,),
        )
        # From the state, so that the same request again finishes what was cut short.
        lots = [lot.id for lot in state.lots.values() if lot.notices and _is_of(state, lot.notices[0], body)]
        for lot in lots:
            handover.schedule(deps, lot)
        now = deps.clock.now()
        return {
            "tender": tender,
            "state": state.state.value,
            "lots": {lot: views.lot_package(state, state.lots[lot], now) for lot in lots},
        }

    @routes.post("/{tender}/clarifications/draft")
    def draft_change(tender: str, body: wire.ChangeBody, session: SignedIn) -> dict[str, Any]:
        _, state = own_tender(deps, tender, session)
        _, days = law(deps)
        plan = plan_change(state, body.value(), days, deps.clock.now())
        return {
            "notice": b64(plan.notice),
            "sha256": sha256_hex(plan.notice),
            "opensAt": {lot: iso(at) for lot, at in plan.opens_at.items()},
            "extended": [lot for lot in plan.lots if plan.opens_at[lot] > state.lots[lot].terms.opens_at],
        }

    @routes.post("/{tender}/clarifications")
    def clarify(
        tender: str, body: wire.SignedChangeBody, session: SignedIn, key: IdempotencyKey = None
    ) -> dict[str, Any]:
        own_tender(deps, tender, session)
        _, days = law(deps)
        command = cmd.NoticeChange(body.value(), signed_by(deps, session, body.notice, body.cms), days)
        state = carry_out(
            deps,
            tender,
            agency_of(session),
            command,
            command_id=command_id(deps, key),
            also=(announce_change,),
        )
        number = len(state.notices) - 1
        lots = [lot for lot in state.lots.values() if number in lot.notices]
        for lot in lots:
            handover.schedule(deps, lot.id)
        return {
            "number": number,
            "opensAt": {lot.id: iso(lot.terms.opens_at) for lot in lots},
            "revision": {lot.id: lot.revision for lot in lots},
            "docsHash": {lot.id: lot.docs_hash for lot in lots},
        }

    @routes.get("/{tender}/questions")
    def questions(tender: str, session: SignedIn) -> dict[str, Any]:
        _, state = own_tender(deps, tender, session)
        return {"questions": views.questions(state)}


def _outcome(routes: APIRouter, deps: Deps) -> None:
    @routes.post("/{tender}/lots/{lot}/terminate")
    def terminate(tender: str, lot: str, body: wire.OutcomeBody, session: SignedIn) -> dict[str, Any]:
        own_tender(deps, tender, session)
        verify_about(body.notice, TERMINATION_LABEL, tender=tender, lot=lot)
        notice = signed_by(deps, session, body.notice, body.cms)
        command = cmd.TerminateLot(lot, body.code or "terminated", body.reason, notice)
        answer = _ended(deps, tender, session, command, lot, announce_termination)
        handover.terminate(deps, lot)
        return answer

    @routes.post("/{tender}/lots/{lot}/fail")
    def fail(tender: str, lot: str, body: wire.FailBody, session: SignedIn) -> dict[str, Any]:
        own_tender(deps, tender, session)
        return _ended(deps, tender, session, cmd.FailLot(lot, body.code), lot)

    @routes.post("/{tender}/lots/{lot}/award")
    def award(tender: str, lot: str, body: wire.OutcomeBody, session: SignedIn) -> dict[str, Any]:
        own_tender(deps, tender, session)
        if body.winner is None:
            raise Malformed("malformed-request", "an award names its winner")
        winner = body.winner.value()
        place = {"tender": tender, "lot": lot, "winner": winner.credit_code, "price": body.price}
        verify_about(body.notice, AWARD_LABEL, **place)
        notice = signed_by(deps, session, body.notice, body.cms)
        command = cmd.AwardLot(lot, winner, body.price, notice)
        return _ended(deps, tender, session, command, lot)


def _ended(
    deps: Deps, tender: str, session: SignedIn, command: cmd.Command, lot: str, *also: Also
) -> dict[str, Any]:
    by, key = agency_of(session), command_id(deps, None)
    state = carry_out(deps, tender, by, command, command_id=key, also=also)
    return views.lot_line(state.lots[lot])


def _checker(session: SignedIn) -> Actor | None:
    require_role(session, Role.WITNESS, Role.SUPERVISOR)
    return Actor(ActorRole.CHECKER, session.credit_code, session.person)


def _answer_check(deps: Deps, tender: str, session: SignedIn, command: cmd.Command) -> dict[str, Any]:
    checker = _checker(session)
    if checker is None:
        raise Refusal("not-found")
    tender_state(deps, tender)
    state = carry_out(deps, tender, checker, command, command_id=command_id(deps, None))
    return views.tender_facts(state, version=0, drafts=True)


def _attempt(deps: Deps, repeats: str, credit_code: str) -> int:
    """招标次数: one more than the tender that is repeated, which must be one's own."""
    if not repeats:
        return 1
    _, before = tender_state(deps, repeats)
    if credit_code not in (before.agency.credit_code, before.head.tenderer.credit_code):
        raise Refusal("not-found")
    return before.head.attempt + 1


def _is_of(state: Tender, number: int, body: wire.PublishBody) -> bool:
    """Whether a lot was published by this very notice."""
    return state.notices[number].body == body.notice


def _lot_answer(state: Tender, lot: str) -> dict[str, Any]:
    one = state.lots[lot]
    return {
        **views.lot_line(one),
        "form": [field.encode() for field in one.terms.form],
        "officers": views.officers(one),
    }
