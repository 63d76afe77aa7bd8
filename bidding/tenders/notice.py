"""The notices an agency signs, as canonical JSON. See docs/formats/tender.md.

A notice carries the whole keyset, so that a bidder seals to the officers that the agency named and to nobody
the platform might slip in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bidding.tenders.codec import Fen
from bidding.tenders.commands import Change
from bidding.tenders.forms import form_sha256
from bidding.tenders.money import yuan
from bidding.tenders.rulebook import Regime, Ruleset
from bidding.tenders.state import Lot, Tender
from bidding.tenders.terms import Document, Party
from crypto.canonical import Json, b64, canon, iso, sha256_hex
from crypto.keyset import Keyset, OfficerSeat, documents_hash

NOTICE_LABEL = "kaibiao/notice/v1"
CHANGE_LABEL = "kaibiao/change-notice/v1"
#: Largest notice read back, in bytes.
MAX_NOTICE = 8 << 20
REHEARSAL_MARK = "演示/模拟，无法律效力"

#: Rule keys that become fields of the hall's rules.
HALL_KEYS: Mapping[str, str] = {
    "bids-minimum": "minimum",
    "after-release-below-minimum": "after_release_below_minimum",
    "hall.phase-a-seconds": "phase_a_seconds",
    "hall.confirmation-seconds": "confirmation_seconds",
    "hall.objection-seconds": "objection_seconds",
    "hall.signing-seconds": "signing_seconds",
    "hall.sign-in-opens-seconds": "sign_in_opens_seconds",
    "hall.duplicates": "duplicates",
    "hall.missing-confirmation": "missing_confirmation",
    "hall.witness-quorum": "witness_quorum",
}


def keyset_of(state: Tender, lot: Lot) -> Keyset:
    """The keyset of a lot whose officers all registered their opening keys."""
    officers = tuple(
        OfficerSeat(
            seat=officer.seat,
            index=officer.index,
            certificate=lot.keys[officer.seat].certificate,
            opening_key=lot.keys[officer.seat].opening_key,
            signature=lot.keys[officer.seat].signature,
        )
        for officer in sorted(lot.terms.officers, key=lambda officer: officer.index)
    )
    return Keyset(state.id, lot.id, lot.terms.k, officers)


def hall_rules(lot: Lot, rules: Ruleset) -> dict[str, Any]:
    """The hall's rules: the rows that apply, then what the documents lay down themselves."""
    rows = {name: rules.rules[key].value for key, name in HALL_KEYS.items() if key in rules.rules}
    return {**rows, **lot.terms.hall_rules}


def tender_notice(state: Tender, rules: Ruleset, lots: tuple[Lot, ...]) -> bytes:
    """The notice that publishes `lots`: the tender's first, or a later round."""
    head = state.head
    return canon(
        {
            "label": NOTICE_LABEL,
            "number": len(state.notices),
            "previous": previous_hash(state),
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
            "mark": REHEARSAL_MARK if head.regime == Regime.REHEARSAL else "",
            "tenderer": party(head.tenderer),
            "agency": party(state.agency),
            "citations": rules.citations(),
            "lots": [_lot(state, lot, rules) for lot in lots],
        }
    )


def _lot(state: Tender, lot: Lot, rules: Ruleset) -> dict[str, Json]:
    terms = lot.terms
    return {
        "lot": lot.id,
        "number": lot.number,
        "round": terms.round,
        "title": terms.title,
        "opensAt": iso(terms.opens_at),
        "supplyUntil": iso(terms.supply_until or terms.opens_at),
        "keyset": b64(keyset_of(state, lot).encode()) if not lot.missing_keys else "",
        "k": terms.k,
        "officers": [
            {
                "seat": o.seat,
                "index": o.index,
                "name": o.name,
                "organisation": o.organisation,
                "creditCode": o.credit_code,
            }
            for o in terms.officers
        ],
        "seats": [
            {"role": s.role, "name": s.name, "organisation": s.organisation, "creditCode": s.credit_code}
            for s in terms.seats
        ],
        "parts": list(terms.parts),
        "form": [field.encode() for field in terms.form],
        "estimate": _money(terms.estimate),
        "ceiling": _money(terms.ceiling),
        "deposit": _money(terms.deposit),
        "evaluation": terms.evaluation,
        # Only how many: names of potential bidders are nobody's to know (招标投标法 art. 22).
        "invited": len(terms.invited),
        "rules": hall_rules(lot, rules),
        "documents": [document(d) for d in state.documents_next(lot.id)],
    }


def change_notice(
    state: Tender, change: Change, lots: tuple[str, ...], opens_at: Mapping[str, datetime]
) -> bytes:
    """The notice of a clarification, change or extension; `opens_at` holds each lot's new deadline."""
    return canon(
        {
            "label": CHANGE_LABEL,
            "number": len(state.notices),
            "previous": previous_hash(state),
            "tender": state.id,
            "title": change.title,
            "text": change.text,
            "mark": REHEARSAL_MARK if state.head.regime == Regime.REHEARSAL else "",
            "affects": change.affects,
            "reseal": change.reseal,
            "lots": {
                lot: {"opensAt": iso(opens_at[lot]), "revision": state.lots[lot].revision + 1} for lot in lots
            },
            "answers": [_answer(a.text, a.answer) for a in change.answers],
            "objections": [_answer(a.text, a.answer) for a in change.objections],
            "documents": [document(d) for d in state.staged if lots and d.lot in ("", *lots)],
        }
    )


def docs_hash(state: Tender, lot: Lot, notice: bytes, revision: int) -> str:
    """The hash that names a revision of a lot's documents: newest notice, form and files."""
    files = [(d.name, d.size, d.sha256) for d in state.documents_next(lot.id)]
    return documents_hash(state.id, lot.id, revision, sha256_hex(notice), form_sha256(lot.terms.form), files)


def previous_hash(state: Tender) -> str:
    """SHA-256 of the notice before, so that the notices of a tender form a chain."""
    return sha256_hex(state.notices[-1].body) if state.notices else ""


def party(value: Party) -> dict[str, Json]:
    return {"name": value.name, "creditCode": value.credit_code}


def document(value: Document) -> dict[str, Json]:
    """Sizes are 64-bit numbers and travel as strings."""
    return {"name": value.name, "size": str(value.size), "sha256": value.sha256, "lot": value.lot}


def _answer(text: str, answer: str) -> dict[str, Json]:
    return {"text": text, "answer": answer}


def _money(value: Fen | None) -> str:
    return "" if value is None else yuan(value)
