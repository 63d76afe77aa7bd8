"""The rules of a tender before there is one: what regime, type and region bring along, counted from now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bidding.tenders.calendar import Calendar, local_date
from bidding.tenders.notice import HALL_KEYS
from bidding.tenders.periods import due, earliest
from bidding.tenders.rulebook import Case, ProjectType, Regime, Rule, RuleBook
from crypto.canonical import iso

#: Minimum periods that start with publication: what follows may happen from an instant on.
FROM_NOW = frozenset({"documents-to-deadline", "supply-of-documents", "clarification-before-deadline"})
#: Periods within which somebody answers, counted from now.
WITHIN = frozenset({"objection-answer", "pre-publication-check-answer"})


def applying(
    book: RuleBook, days: Calendar, regime: Regime, kind: ProjectType, region: str, tenant: str, now: datetime
) -> dict[str, Any]:
    """Every governing rule with its citation, what is advised beyond it, and the hall's usual windows."""
    rules = book.ruleset(Case(regime, kind, region, tenant, local_date(now)))
    usual = {name: rules.rules[key].value for key, name in HALL_KEYS.items() if key in rules.rules}
    return {
        "now": iso(now),
        "rules": [_line(rule, days, now) for _, rule in sorted(rules.rules.items())],
        "advice": [_line(rule, days, now) for _, rule in sorted(rules.advice.items())],
        "hall": usual,
    }


def _line(rule: Rule, days: Calendar, now: datetime) -> dict[str, Any]:
    found: dict[str, Any] = {
        "key": rule.key,
        "citation": rule.cite(),
        "zh": rule.zh,
        "en": rule.en,
        "effect": rule.effect.value,
    }
    if rule.key in FROM_NOW:
        first = earliest(now, rule.period, days)
        found |= {"earliest": iso(first), "provisional": not days.is_published(local_date(first))}
    if rule.key in WITHIN:
        found["due"] = iso(due(now, rule.period, days))
    return found
