"""What must be there before a tender is published, as data: every gap at once, each with its rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bidding.tenders.calendar import Calendar, local_date
from bidding.tenders.codec import Fen
from bidding.tenders.notice import hall_rules
from bidding.tenders.periods import earliest
from bidding.tenders.rulebook import Case, ProjectType, Regime, Rule, RuleBook, Ruleset
from bidding.tenders.state import Lot, Tender
from bidding.tenders.terms import Mode
from crypto.canonical import iso


@dataclass(frozen=True, slots=True)
class Finding:
    """One gap. It blocks unless its rule only warns; without a rule it is a need of the protocol itself."""

    code: str
    lot: str = ""
    rule: Rule | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    warning: bool = False

    @property
    def blocks(self) -> bool:
        return not self.warning and (self.rule is None or self.rule.blocks)

    def encode(self) -> dict[str, Any]:
        found: dict[str, Any] = {"code": self.code, "facts": self.facts, "blocks": self.blocks}
        if self.lot:
            found["lot"] = self.lot
        if self.rule:
            found |= {"citation": self.rule.cite(), "zh": self.rule.zh, "en": self.rule.en}
        return found


def ruleset_for(state: Tender, book: RuleBook, now: datetime) -> Ruleset:
    """The rules in force for this tender today."""
    head = state.head
    return book.ruleset(
        Case(Regime(head.regime), ProjectType(head.kind), head.region, head.tenant, local_date(now))
    )


def findings(state: Tender, rules: Ruleset, calendar: Calendar, now: datetime) -> tuple[Finding, ...]:
    """Everything that stands against publishing the lots that are still drafts, or is worth a warning."""
    drafts = drafted(state)
    found: list[Finding] = [] if drafts else [Finding("no-lots")]
    for lot in drafts:
        found += _seats(lot, rules)
        found += _periods(lot, rules, calendar, now)
        found += _windows(state, lot, rules)
        found += _deposit(lot, rules)
        found += _invited(state, lot, rules)
        found += _documents(state, lot, rules)
    if state.published_at is None:
        found += _approvals(state, rules, now)
    return tuple(found)


def drafted(state: Tender) -> tuple[Lot, ...]:
    """The lots that the next tender notice publishes."""
    lots = (lot for lot in state.lots.values() if lot.state == "draft")
    return tuple(sorted(lots, key=lambda lot: lot.number))


def _seats(lot: Lot, rules: Ruleset) -> Iterator[Finding]:
    terms, n = lot.terms, len(lot.terms.officers)
    if lot.missing_keys:
        yield Finding("keyset-incomplete", lot.id, facts={"seats": list(lot.missing_keys)})
    if not 1 <= terms.k <= n:
        yield Finding("quorum-impossible", lot.id, facts={"k": terms.k, "n": n})
    minimum = rules.get("quorum-minimum")
    if terms.k < (int(minimum.value) if minimum else 2):
        yield Finding("quorum-too-small", lot.id, minimum, {"k": terms.k})
    if terms.k == n:
        yield Finding("no-officer-to-spare", lot.id, facts={"k": terms.k, "n": n}, warning=True)
    for seat, key in sorted(lot.keys.items()):
        if key.not_after < terms.opens_at:
            facts = {"seat": seat, "notAfter": iso(key.not_after)}
            yield Finding("officer-certificate-expires", lot.id, facts=facts, warning=True)
    if not any(seat.role == "host" for seat in terms.seats):
        yield Finding("host-missing", lot.id)


def _periods(lot: Lot, rules: Ruleset, calendar: Calendar, now: datetime) -> Iterator[Finding]:
    opens_at = lot.terms.opens_at
    if opens_at <= now:
        yield Finding("deadline-in-the-past", lot.id, facts={"opensAt": iso(opens_at)})
    # A later round follows talks with bidders who are known: its window is as the documents say.
    minima = lot.terms.round == 1
    for rule in rules.every("documents-to-deadline") if minima else ():
        if opens_at < (first := earliest(now, rule.period, calendar)):
            facts: dict[str, Any] = {"opensAt": iso(opens_at), "earliest": iso(first)}
            yield Finding("period-too-short", lot.id, rule, facts)
    until = lot.terms.supply_until or opens_at
    for rule in rules.every("supply-of-documents") if minima else ():
        if until < (first := earliest(now, rule.period, calendar)):
            facts = {"supplyUntil": iso(until), "earliest": iso(first)}
            yield Finding("supply-too-short", lot.id, rule, facts)
    if not calendar.is_published(local_date(opens_at)):
        facts = {"year": local_date(opens_at).year}
        yield Finding("calendar-provisional", lot.id, facts=facts, warning=True)


def _windows(state: Tender, lot: Lot, rules: Ruleset) -> Iterator[Finding]:
    """The opening's windows as the documents lay them down: none may be missing, each has its floor."""
    if state.head.regime == Regime.REHEARSAL:
        return
    stated = hall_rules(lot, rules)
    for name in ("phase_a_seconds", "confirmation_seconds", "objection_seconds"):
        seconds = int(stated.get(name, 1))
        if seconds == 0:
            yield Finding("window-missing", lot.id, facts={"window": name})
        for rule in rules.every(f"hall-floor.{name.replace('_', '-')}") if seconds else ():
            if seconds < int(rule.value):
                found = {"window": name, "seconds": seconds}
                yield Finding("window-too-short", lot.id, rule, found)
    if not stated.get("witness_quorum"):
        yield Finding("no-witness", lot.id, rules.get("hall.witness-quorum"), warning=True)


def deposit_cap(estimate: Fen, rules: Ruleset) -> Fen | None:
    """The highest deposit that the rows allow for an estimate, binding or not; None where no row caps it.

    Worked example: 45,000,000 yuan → 2 % = 900,000 → works cap → 800,000 yuan (条例 art. 26).
    """
    caps = [cap for _, cap in _caps(estimate, rules)]
    return min(caps, default=None)


def _caps(estimate: Fen, rules: Ruleset) -> Iterator[tuple[Rule, Fen]]:
    for ratio in rules.every("deposit-cap-ratio"):
        yield ratio, Fen(estimate * int(ratio.value) // 10_000)
    for amount in rules.every("deposit-cap-amount"):
        yield amount, Fen(int(amount.value))


def _deposit(lot: Lot, rules: Ruleset) -> Iterator[Finding]:
    deposit, estimate = lot.terms.deposit, lot.terms.estimate
    if not deposit:
        return
    if estimate is None:
        yield Finding("estimate-missing", lot.id, rules.get("deposit-cap-ratio"))
        return
    for rule, cap in _caps(estimate, rules):
        if deposit > cap:
            yield Finding(
                "deposit-too-high", lot.id, rule, {"deposit": str(deposit), "cap": str(cap), "unit": "fen"}
            )


def _invited(state: Tender, lot: Lot, rules: Ruleset) -> Iterator[Finding]:
    rule = rules.get("invited-minimum")
    if state.head.mode is Mode.INVITED and rule and len(lot.terms.invited) < int(rule.value):
        yield Finding("too-few-invited", lot.id, rule, {"invited": len(lot.terms.invited)})


def _documents(state: Tender, lot: Lot, rules: Ruleset) -> Iterator[Finding]:
    rule = rules.get("documents")
    if rule and len(state.documents_next(lot.id)) < int(rule.value):
        yield Finding("documents-missing", lot.id, rule)


def _approvals(state: Tender, rules: Ruleset, now: datetime) -> Iterator[Finding]:
    if rules.flag("fair-competition-review") and not state.review:
        yield Finding("review-missing", rule=rules.get("fair-competition-review"))
    if not rules.flag("pre-publication-check"):
        return
    rule, check = rules.get("pre-publication-check"), state.check
    if check is None:
        yield Finding("check-missing", rule=rule)
    elif check.open:
        defects = [check.defects[number - 1] for number in check.open]
        yield Finding("defects-open", rule=rule, facts={"defects": defects})
    # 逾期未告知的视为通过: silence after the clock ran out must not hold a tender up.
    elif not check.passed and now < check.due_at:
        yield Finding("check-pending", rule=rule, facts={"dueAt": iso(check.due_at)})
