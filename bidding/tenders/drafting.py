"""Commands on a draft: header, lots, documents, opening keys, review and check."""

from __future__ import annotations

import re
from datetime import datetime

from bidding.tenders import commands as cmd
from bidding.tenders import events as ev
from bidding.tenders.actor import Actor, ActorRole
from bidding.tenders.calendar import local_date
from bidding.tenders.forms import check_form
from bidding.tenders.periods import due
from bidding.tenders.preconditions import ruleset_for
from bidding.tenders.rulebook import Case, ProjectType, Regime
from bidding.tenders.state import Lot, Tender
from bidding.tenders.terms import LotState, LotTerms
from ceremony.errors import Malformed, Refusal

MAX_LOTS = 100
MAX_OFFICERS = 15
PART = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
MAX_PARTS = 4
DOCUMENT = re.compile(r"[^\x00-\x1f/\\:*?\"<>|]{1,200}")


def draft(state: Tender, by: Actor, command: cmd.DraftTender, now: datetime) -> tuple[ev.Event, ...]:
    if state.id:
        raise Refusal("tender-exists", "this tender was drafted already")
    head = command.header
    case = Case(Regime(head.regime), ProjectType(head.kind), head.region, head.tenant, local_date(now))
    rules = command.book.ruleset(case)
    allowed = rules.text("who-may-create", "agency,tenderer").split(",")
    if "*" not in allowed and not command.roles & set(allowed):
        rule = rules.get("who-may-create")
        raise Refusal(
            "may-not-create",
            f"one of the roles {', '.join(allowed)} is needed",
            **(rule.cite() if rule else {}),
        )
    return (ev.TenderDrafted(command.tender, head, command.agency),)


def require_agency(state: Tender, by: Actor) -> None:
    """Only the organisation that drafted a tender, or the tenderer named in it, acts on it.

    Raises `Refusal("not-found")`: whoever may not act learns nothing.
    """
    owners = {state.agency.credit_code, state.header.tenderer.credit_code if state.header else ""}
    if not state.id or by.role is not ActorRole.AGENCY or by.credit_code not in owners - {""}:
        raise Refusal("not-found")


def require_draft(lot: Lot | None) -> Lot:
    if lot is None:
        raise Refusal("not-found")
    if lot.state is not LotState.DRAFT:
        raise Refusal("already-published", "what is published changes only by a notice", lot=lot.id)
    return lot


def change_header(state: Tender, by: Actor, command: cmd.ChangeHeader) -> tuple[ev.Event, ...]:
    require_agency(state, by)
    if state.published_at is not None:
        raise Refusal("already-published", "what is published changes only by a notice")
    return (ev.HeaderChanged(command.header),)


def add_lot(state: Tender, by: Actor, command: cmd.AddLot) -> tuple[ev.Event, ...]:
    require_agency(state, by)
    if len(state.lots) >= MAX_LOTS:
        raise Refusal("too-many-lots", f"at most {MAX_LOTS}", limit=MAX_LOTS)
    if command.lot in state.lots:
        raise Refusal("lot-exists")
    check_terms(command.terms)
    if command.terms.round > 1:
        _follows(state, command.terms)
    elif state.published_at is not None:
        raise Refusal("already-published", "lots are added before publication")
    number = 1 + max((lot.number for lot in state.lots.values()), default=0)
    return (ev.LotAdded(command.lot, number, command.terms),)


def _follows(state: Tender, terms: LotTerms) -> None:
    """A later round follows an opened one, and only where the procedure has rounds (财库〔2014〕214号)."""
    before = state.lots.get(terms.previous)
    if state.head.regime not in (Regime.GP_N, Regime.REHEARSAL):
        raise Refusal("no-rounds", "this procedure has a single round")
    if before is None or before.state is not LotState.OPENED or before.terms.round + 1 != terms.round:
        raise Refusal("round-out-of-order", "a round follows the opening of the one before")


def change_lot(state: Tender, by: Actor, command: cmd.ChangeLot) -> tuple[ev.Event, ...]:
    require_agency(state, by)
    require_draft(state.lots.get(command.lot))
    check_terms(command.terms)
    return (ev.LotChanged(command.lot, command.terms),)


def remove_lot(state: Tender, by: Actor, command: cmd.RemoveLot) -> tuple[ev.Event, ...]:
    require_agency(state, by)
    require_draft(state.lots.get(command.lot))
    return (ev.LotRemoved(command.lot),)


def check_terms(terms: LotTerms) -> None:
    """Whether a lot's terms hold together. Raises `Malformed`."""
    parts, seats = terms.parts, [officer.seat for officer in terms.officers]
    if (
        not 1 <= len(parts) <= MAX_PARTS
        or len(set(parts)) != len(parts)
        or not all(map(PART.fullmatch, parts))
    ):
        raise Malformed("lot-parts", f"1 to {MAX_PARTS} parts with different plain names expected")
    if not 1 <= len(seats) <= MAX_OFFICERS or len(set(seats)) != len(seats):
        raise Malformed("lot-officers", f"1 to {MAX_OFFICERS} officers with different seats expected")
    if not all(re.fullmatch(r"officer:[a-z][a-z0-9-]{0,31}", seat, re.ASCII) for seat in seats):
        raise Malformed("lot-officers", "an officer's seat is written officer:<name>")
    if not 1 <= terms.k <= len(seats):
        raise Malformed("lot-officers", "the quorum lies between 1 and the number of officers", k=terms.k)
    check_form(terms.form, parts)


def store_document(state: Tender, by: Actor, command: cmd.StoreDocument) -> tuple[ev.Event, ...]:
    require_agency(state, by)
    if not DOCUMENT.fullmatch(command.document.name) or command.document.name.startswith("."):
        raise Malformed("bad-document-name", "a plain file name expected")
    if command.document.lot and command.document.lot not in state.lots:
        raise Refusal("not-found")
    return (ev.DocumentStored(command.document, command.object_key),)


def remove_document(state: Tender, by: Actor, command: cmd.RemoveDocument) -> tuple[ev.Event, ...]:
    require_agency(state, by)
    pool = state.documents if state.published_at is None else state.staged
    if not any((d.name, d.lot) == (command.name, command.lot) for d in pool):
        raise Refusal("not-found")
    return (ev.DocumentRemoved(command.name, command.lot),)


def register_key(state: Tender, by: Actor, command: cmd.RegisterOpeningKey) -> tuple[ev.Event, ...]:
    """The officer's organisation must be the one named. The signature over key, seat and lot was verified."""
    lot = state.lots.get(command.lot)
    officer = next((o for o in lot.terms.officers if o.seat == command.seat), None) if lot else None
    if lot is None or officer is None or by.credit_code != officer.credit_code:
        raise Refusal("not-found")
    require_draft(lot)
    key = command.key
    others = [other for name, other in lot.keys.items() if name != command.seat]
    if any(other.opening_key == key.opening_key for other in others):
        raise Refusal("opening-key-twice", "another seat has this opening key")
    return (ev.OpeningKeyRegistered(lot.id, command.seat, key),)


def sign_review(state: Tender, by: Actor, command: cmd.SignReview) -> tuple[ev.Event, ...]:
    require_agency(state, by)
    if state.published_at is not None:
        raise Refusal("already-published")
    signed = command.statement
    return (ev.ReviewSigned(signed.body, signed.signature, signed.signer),)


def request_check(state: Tender, by: Actor, command: cmd.RequestCheck, now: datetime) -> tuple[ev.Event, ...]:
    require_agency(state, by)
    if state.published_at is not None:
        raise Refusal("already-published")
    if state.check and not state.check.answered and now < state.check.due_at:
        raise Refusal("check-pending", "the check is under way")
    rule = ruleset_for(state, command.book, now).get("pre-publication-check-answer")
    return (ev.CheckRequested(due(now, rule.period, command.calendar) if rule else now),)


def answer_check(
    state: Tender, by: Actor, command: cmd.NoticeDefects | cmd.NameOpenDefects | cmd.PassCheck, now: datetime
) -> tuple[ev.Event, ...]:
    """The checker names all defects once, within the clock; later only which of them remain."""
    check = state.check
    if by.role is not ActorRole.CHECKER or check is None or state.published_at is not None:
        raise Refusal("not-found")
    if check.answered:
        raise Refusal("check-answered", "the agency has not asked again")
    if isinstance(command, cmd.PassCheck):
        return (ev.CheckPassed(),)
    if now >= check.due_at:
        raise Refusal("check-overdue", "the time for naming defects has passed: silence counted as passed")
    if isinstance(command, cmd.NoticeDefects):
        if check.defects:
            raise Refusal("defects-noticed-before", "all defects are named at once (一次性告知)")
        if not command.defects:
            raise Malformed("no-defects", "name at least one defect, or pass the check")
        return (ev.DefectsNoticed(command.defects),)
    if not command.numbers or not set(command.numbers) <= set(range(1, len(check.defects) + 1)):
        raise Malformed("no-defects", "only defects of the first notice may remain")
    return (ev.DefectsRemain(tuple(sorted(set(command.numbers)))),)
