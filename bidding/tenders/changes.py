"""After publication: clarifications, extensions, questions and objections, announced to all alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bidding.tenders import commands as cmd
from bidding.tenders import events as ev
from bidding.tenders.actor import Actor, ActorRole
from bidding.tenders.calendar import BEIJING, Calendar, local_date
from bidding.tenders.drafting import require_agency
from bidding.tenders.notice import change_notice, docs_hash
from bidding.tenders.periods import Unit, due, earliest, latest_before, moved_to
from bidding.tenders.state import Lot, Tender
from bidding.tenders.terms import Document, LotState
from ceremony.errors import Malformed, Refusal

MAX_QUESTION = 4000
MAX_OPEN_QUESTIONS = 2000
#: A notice this close to the deadline comes too late: the hall must learn of it before the deadline strikes.
MARGIN = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change comes to today: the notice to sign and every lot's deadline and documents' hash."""

    notice: bytes
    lots: tuple[str, ...]
    opens_at: Mapping[str, datetime]
    docs_hashes: Mapping[str, str]
    documents: tuple[Document, ...]


def plan_change(state: Tender, change: cmd.Change, calendar: Calendar, now: datetime) -> Plan:
    """Compute extensions and the notice. Raises `Refusal` or `Malformed`."""
    lots = _concerned(state, change)
    for lot_id in lots:
        _require_receiving(state, lot_id, now + MARGIN)
    _check_answers(state, change, lots)
    opens_at = {lot: _deadline(state, state.lots[lot], change, calendar, now) for lot in lots}
    if not change.text.strip() and not change.answers and not change.objections:
        raise Malformed("empty-notice", "a notice says something")
    notice = change_notice(state, change, lots, opens_at)
    hashes = {lot: docs_hash(state, state.lots[lot], notice, state.lots[lot].revision + 1) for lot in lots}
    documents = tuple(d for d in state.staged if lots and d.lot in ("", *lots))
    return Plan(notice, lots, opens_at, hashes, documents)


def _concerned(state: Tender, change: cmd.Change) -> tuple[str, ...]:
    """The lots a notice is about. An objection may be answered after its lot closed: it concerns none.

    Raises `Refusal("nothing-receives")`.
    """
    if change.lots:
        return tuple(sorted(set(change.lots)))
    receiving = tuple(sorted(lot_id for lot_id, lot in state.lots.items() if lot.receiving))
    late_answer = change.objections and not (change.answers or change.affects or change.reseal)
    if not receiving and not late_answer:
        raise Refusal("nothing-receives", "no lot of this tender still receives bids")
    return receiving


def notice_change(state: Tender, by: Actor, command: cmd.NoticeChange, now: datetime) -> tuple[ev.Event, ...]:
    require_agency(state, by)
    change = command.change
    plan = plan_change(state, change, command.calendar, now)
    if command.notice.body != plan.notice:
        raise Refusal(
            "notice-changed", "the signed notice is not the one that today's facts give; sign it anew"
        )
    if command.notice.signer not in {state.agency.credit_code, state.head.tenderer.credit_code}:
        raise Refusal("signer-not-agency", "the agency or the tenderer signs its notices")
    return (
        ev.ChangeNoticed(
            number=len(state.notices),
            notice=command.notice.body,
            signature=command.notice.signature,
            signer=command.notice.signer,
            lots=plan.lots,
            opens_at=plan.opens_at,
            docs_hashes=plan.docs_hashes,
            documents=plan.documents,
            answers=tuple(answer.to for answer in change.answers),
            objections=tuple(answer.to for answer in change.objections),
            affects=change.affects,
            reseal=change.reseal,
        ),
    )


def _require_receiving(state: Tender, lot_id: str, now: datetime) -> Lot:
    lot = state.lots.get(lot_id)
    if lot is None:
        raise Refusal("not-found")
    if not lot.receiving or now >= lot.terms.opens_at:
        raise Refusal("deadline-passed", "the lot receives no more bids", lot=lot_id)
    return lot


def _check_answers(state: Tender, change: cmd.Change, lots: tuple[str, ...]) -> None:
    """What is answered is open, and its lot is among the notice's, so that the answer moves its deadline."""
    for answer in change.answers:
        question = state.questions.get(answer.to)
        if question is None or question.answered_in is not None:
            raise Refusal("no-such-question", "an open question of this tender expected", question=answer.to)
        if question.lot not in lots:
            raise Refusal(
                "answer-elsewhere", "the notice must concern the lot that was asked about", lot=question.lot
            )
    for answer in change.objections:
        objection = state.objections.get(answer.to)
        if objection is None or objection.answered_in is not None:
            raise Refusal(
                "no-such-objection", "an open objection of this tender expected", objection=answer.to
            )
        if objection.lot not in lots and state.lots[objection.lot].receiving:
            raise Refusal(
                "answer-elsewhere", "the notice must concern the lot objected to", lot=objection.lot
            )


def _deadline(state: Tender, lot: Lot, change: cmd.Change, calendar: Calendar, now: datetime) -> datetime:
    """The lot's deadline after the change: never earlier, and as much later as the rules ask.

    Worked example: deadline 2026-03-23, clarification on 03-10 → 15 日 run to 03-25 → 03-25 at the same time.
    """
    current = lot.terms.opens_at
    wanted = change.opens_at.get(lot.id, current)
    if wanted < current:
        raise Refusal("deadline-earlier", "a published deadline never moves forward", lot=lot.id)
    rule = state.rules.get("clarification-before-deadline")
    if rule and (change.affects or change.reseal):
        wanted = moved_to(wanted, earliest(now, rule.period, calendar), rule.period)
    if state.rules.flag("objection-gives-back-time"):
        for answer in change.objections:
            objection = state.objections[answer.to]
            if objection.lot == lot.id and not objection.late:
                wanted = max(wanted, _given_back(state, current, now - objection.raised_at, calendar))
    return wanted


def _given_back(state: Tender, deadline: datetime, lost: timedelta, calendar: Calendar) -> datetime:
    """The deadline plus the time a tender stood still, in whole days where days count."""
    rule = state.rules.get("objection-answer")
    if rule and rule.period.unit is Unit.SECONDS:
        return deadline + lost
    local = deadline.astimezone(BEIJING)
    days = math.ceil(lost / timedelta(days=1))
    day = calendar.next_working(local_date(deadline) + timedelta(days=days))
    return datetime.combine(day, time(local.hour, local.minute, local.second, local.microsecond), BEIJING)


def ask(state: Tender, by: Actor, command: cmd.AskQuestion, now: datetime) -> tuple[ev.Event, ...]:
    """Anybody asks, nobody's name is taken (办法 art. 21)."""
    _require_receiving(state, command.lot, now)
    _check_text(command.text)
    if sum(q.answered_in is None for q in state.questions.values()) >= MAX_OPEN_QUESTIONS:
        raise Refusal("too-many-questions", "too many questions await an answer", limit=MAX_OPEN_QUESTIONS)
    return (ev.QuestionAsked(command.question, command.lot, command.text),)


def object_to(state: Tender, by: Actor, command: cmd.RaiseObjection, now: datetime) -> tuple[ev.Event, ...]:
    """异议 to the documents: registered whenever it comes; in time, the opening waits for its answer."""
    lot = _require_receiving(state, command.lot, now)
    _check_text(command.text)
    if sum(o.answered_in is None for o in state.objections.values()) >= MAX_OPEN_QUESTIONS:
        raise Refusal("too-many-questions", "too many objections await an answer", limit=MAX_OPEN_QUESTIONS)
    rule = state.rules.get("objection-answer")
    due_at = due(now, rule.period, command.calendar) if rule else now
    late = now >= objection_limit(state, lot, command.calendar)
    return (ev.ObjectionRaised(command.objection, lot.id, command.text, due_at, command.sealed, late),)


def objection_limit(state: Tender, lot: Lot, calendar: Calendar) -> datetime:
    """Until when an objection to a lot's documents is in time (条例 art. 22; 采购法 art. 52)."""
    limits = [lot.terms.opens_at]
    if rule := state.rules.get("objection-before-deadline"):
        limits.append(latest_before(lot.terms.opens_at, rule.period, calendar))
    if rule := state.rules.get("objection-from-knowing"):
        # What is challenged may stand in the newest notice, which nobody could know before.
        limits.append(due(state.notices[lot.notices[-1]].at, rule.period, calendar))
    return min(limits)


def hand_over(state: Tender, by: Actor, command: cmd.HandOverSeat) -> tuple[ev.Event, ...]:
    """An officer's seat passes to a successor. Both signatures were verified over the same statement."""
    lot = state.lots.get(command.lot)
    if lot is None or command.seat not in lot.keys:
        raise Refusal("not-found")
    if by.role is not ActorRole.OFFICER or by.credit_code != holder_code(lot, command.seat):
        raise Refusal("not-found")
    if not lot.receiving and lot.state is not LotState.CLOSED:
        raise Refusal("lot-finished", "the lot's opening is over", lot=lot.id)
    if command.statement.signer != by.credit_code:
        raise Refusal("signer-not-holder", "the present holder of the seat signs the handover")
    return (
        ev.SeatHandedOver(
            lot=lot.id,
            seat=command.seat,
            to=command.to,
            person=command.person,
            name=command.name,
            certificate_sha256=command.certificate_sha256,
            statement=command.statement.body,
            signature_from=command.statement.signature,
            signature_to=command.signature_to,
        ),
    )


def holder_code(lot: Lot, seat: str) -> str:
    """Credit code of the organisation that fills an officer's seat now; empty for an unknown seat."""
    if seat in lot.holders:
        return lot.holders[seat].to.credit_code
    return next((o.credit_code for o in lot.terms.officers if o.seat == seat), "")


def _check_text(text: str) -> None:
    if not text.strip() or len(text) > MAX_QUESTION:
        raise Malformed("bad-text", f"1 to {MAX_QUESTION} characters expected", limit=MAX_QUESTION)
