"""What clients are told about tenders. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bidding.tenders.codec import Fen
from bidding.tenders.forms import form_sha256
from bidding.tenders.money import yuan
from bidding.tenders.notice import hall_rules, party
from bidding.tenders.rulebook import Regime
from bidding.tenders.state import Check, Lot, Tender
from bidding.tenders.terms import Document, LotState
from crypto.canonical import b64, iso, sha256_hex


def tender_facts(state: Tender, *, version: int, drafts: bool) -> dict[str, Any]:
    """The tender as everybody sees it; with `drafts` as its agency does."""
    head = state.head
    lots = [lot for lot in state.lots.values() if drafts or lot.state is not LotState.DRAFT]
    found: dict[str, Any] = {
        "tender": state.id,
        "title": head.title,
        "code": head.code,
        "dealCode": head.deal_code,
        "attempt": head.attempt,
        "repeats": head.repeats,
        "regime": head.regime,
        "type": head.kind,
        "region": head.region,
        "mode": head.mode.value,
        "state": state.state.value,
        "rehearsal": head.regime == Regime.REHEARSAL,
        "tenderer": party(head.tenderer),
        "agency": party(state.agency),
        "publishedAt": iso(state.published_at) if state.published_at else None,
        "citations": state.rules.citations(),
        "rulebook": rulebook(state),
        "lots": [lot_line(lot) for lot in sorted(lots, key=lambda lot: lot.number)],
    }
    if drafts:
        found |= {
            "version": version,
            "staged": [document_line(d) for d in state.staged],
            "documents": [document_line(d) for d in state.documents],
            "review": state.review or None,
            "check": check_facts(state.check),
            "tenant": head.tenant,
        }
    return found


def rulebook(state: Tender) -> list[dict[str, Any]]:
    """The rules pinned when the tender was published, each with its source and in words."""
    return [
        {
            "key": key,
            "value": rule.value,
            "unit": rule.unit,
            "law": rule.law,
            "mark": rule.mark.value,
            "zh": rule.zh,
            "en": rule.en,
        }
        for key, rule in sorted(state.rules.rules.items())
    ]


def tender_line(state: Tender, created_at: datetime) -> dict[str, Any]:
    """A tender in the list of its agency."""
    head = state.head
    open_questions = sum(q.answered_in is None for q in state.questions.values())
    open_objections = sum(o.answered_in is None for o in state.objections.values())
    return {
        "tender": state.id,
        "title": head.title,
        "state": state.state.value,
        "regime": head.regime,
        "type": head.kind,
        "rehearsal": head.regime == Regime.REHEARSAL,
        "createdAt": iso(created_at),
        "publishedAt": iso(state.published_at) if state.published_at else None,
        "lots": [lot_line(lot) for lot in sorted(state.lots.values(), key=lambda lot: lot.number)],
        "questions": open_questions,
        "objections": open_objections,
        "check": check_facts(state.check),
        "keysMissing": sum(len(lot.missing_keys) for lot in state.lots.values() if lot.state == "draft"),
    }


def check_line(state: Tender) -> dict[str, Any]:
    """A draft in the list of who checks before publication."""
    return {
        "tender": state.id,
        "title": state.head.title,
        "regime": state.head.regime,
        "type": state.head.kind,
        "region": state.head.region,
        "agency": party(state.agency),
        "tenderer": party(state.head.tenderer),
        "check": check_facts(state.check),
    }


def check_facts(check: Check | None) -> dict[str, Any] | None:
    if check is None:
        return None
    return {
        "dueAt": iso(check.due_at),
        "defects": list(check.defects),
        "open": list(check.open),
        "passed": check.passed,
        "answered": check.answered,
    }


def draft_lot(lot: Lot) -> dict[str, Any]:
    """A lot with its terms as PATCH takes them, and where its officers' keys stand."""
    terms = lot.terms
    return {
        **lot_line(lot),
        "terms": {
            "title": terms.title,
            "opensAt": iso(terms.opens_at),
            "k": terms.k,
            "officers": [
                {"seat": o.seat, "name": o.name, "creditCode": o.credit_code, "organisation": o.organisation}
                for o in terms.officers
            ],
            "seats": [
                {
                    "role": s.role,
                    "name": s.name,
                    "creditCode": s.credit_code,
                    "organisation": s.organisation,
                    "certificateSha256": s.certificate_sha256 or None,
                }
                for s in terms.seats
            ],
            "parts": list(terms.parts),
            "form": [field.encode() for field in terms.form],
            "estimate": _money(terms.estimate) or None,
            "ceiling": _money(terms.ceiling) or None,
            "deposit": _money(terms.deposit) or None,
            "benchmark": _money(terms.benchmark) or None,
            "supplyUntil": iso(terms.supply_until) if terms.supply_until else None,
            "evaluation": terms.evaluation,
            "invited": [party(one) for one in terms.invited],
            "rules": dict(terms.hall_rules),
            "round": terms.round,
            "previous": terms.previous,
        },
        "officers": officers(lot),
    }


def lot_line(lot: Lot) -> dict[str, Any]:
    return {
        "lot": lot.id,
        "number": lot.number,
        "round": lot.terms.round,
        "title": lot.terms.title,
        "state": lot.state.value,
        "opensAt": iso(lot.terms.opens_at),
        "revision": lot.revision,
        "code": lot.code,
        "report": abnormality(lot),
    }


def abnormality(lot: Lot) -> dict[str, Any] | None:
    """The 招标异常报告 of a lot that came to no result; codes of the national data standard."""
    if lot.state is LotState.TERMINATED:
        kind, name = 3, "公告撤销"
    elif lot.state is LotState.FAILED:
        kind, name = (2, "终止开标") if lot.code.startswith("aborted") else (1, "流标")
    else:
        return None
    at = iso(lot.ended_at) if lot.ended_at else None
    return {"code": kind, "name": name, "reason": lot.reason or lot.code, "at": at}


def lot_package(state: Tender, lot: Lot, now: datetime) -> dict[str, Any]:
    """All that a bidder needs to check the notice and seal a bid; public and the same for everybody."""
    terms, head = lot.terms, state.head
    newest = state.notices[lot.notices[-1]]
    chain = [state.notices[number] for number in lot.notices]
    return {
        "tender": state.id,
        "lot": lot.id,
        "number": lot.number,
        "round": terms.round,
        "title": terms.title,
        "tenderTitle": head.title,
        "code": head.code,
        "dealCode": head.deal_code,
        "regime": head.regime,
        "type": head.kind,
        "region": head.region,
        "rehearsal": head.regime == Regime.REHEARSAL,
        "state": lot.state.value,
        "deadline": iso(terms.opens_at),
        "keyset": b64(lot.keyset),
        "keysetHash": sha256_hex(lot.keyset),
        "officers": officers(lot),
        "k": terms.k,
        "revision": lot.revision,
        "docsHash": lot.docs_hash,
        "accepted": list(lot.accepted),
        "notice": b64(newest.body),
        "noticeCms": b64(newest.signature),
        "notices": [{"number": n.number, "kind": n.kind, "sha256": sha256_hex(n.body)} for n in chain],
        "form": [field.encode() for field in terms.form],
        "formSha256": form_sha256(terms.form),
        "parts": list(terms.parts),
        "documents": [
            {**document_line(d), "url": f"/api/lots/{lot.id}/documents/{d.name}"}
            for d in state.documents_of(lot.id)
        ],
        "rules": hall_rules(lot, state.rules),
        "ceiling": _money(terms.ceiling),
        "deposit": _money(terms.deposit),
        "evaluation": terms.evaluation,
        "citations": state.rules.citations(),
        "rulebook": rulebook(state),
        "tenderer": party(head.tenderer),
        "agency": party(state.agency),
        "now": iso(now),
    }


def officers(lot: Lot) -> list[dict[str, Any]]:
    """Who holds the opening keys, the present holder included."""
    listed = []
    for officer in lot.terms.officers:
        holder = lot.holders.get(officer.seat)
        line: dict[str, Any] = {
            "seat": officer.seat,
            "index": officer.index,
            "name": officer.name,
            "organisation": officer.organisation,
            "creditCode": officer.credit_code,
            "registered": officer.seat in lot.keys,
        }
        if holder:
            line["holder"] = {**party(holder.to), "certificate": holder.certificate_sha256}
        listed.append(line)
    return listed


def document_line(document: Document) -> dict[str, Any]:
    return {
        "name": document.name,
        "size": document.size,
        "sha256": document.sha256,
        "lot": document.lot or None,
    }


def notices(state: Tender) -> list[dict[str, Any]]:
    """Every signed notice, oldest first."""
    return [
        {
            "number": notice.number,
            "kind": notice.kind,
            "notice": b64(notice.body),
            "cms": b64(notice.signature),
            "signer": notice.signer,
            "sha256": sha256_hex(notice.body),
            "at": iso(notice.at),
        }
        for notice in state.notices
    ]


def questions(state: Tender, *, lot: str = "") -> list[dict[str, Any]]:
    """Questions and objections of a tender, or of one lot; who asked is nowhere known."""
    asked = [
        {
            "id": key,
            "kind": "question",
            "lot": q.lot,
            "text": q.text,
            "askedAt": iso(q.asked_at),
            "notice": q.answered_in,
        }
        for key, q in state.questions.items()
    ]
    raised = [
        {
            "id": key,
            "kind": "objection",
            "lot": o.lot,
            "text": o.text,
            "askedAt": iso(o.raised_at),
            "answerDueAt": iso(o.answer_due_at),
            "late": o.late,
            "notice": o.answered_in,
        }
        for key, o in state.objections.items()
    ]
    return [one for one in (*asked, *raised) if not lot or one["lot"] == lot]


def _money(value: Fen | None) -> str:
    return "" if value is None else yuan(value)
