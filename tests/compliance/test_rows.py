"""The numbers of the rule book's tables, row by row, as the shipped rule rows state them."""

from __future__ import annotations

from datetime import date

import pytest

from bidding.tenders.rulebook import BINDING, Case, Effect, Mark, ProjectType, Regime, Rule
from bidding.tenders.rules import shipped

ON = date(2026, 11, 22)


def rule(regime: Regime, key: str, kind: ProjectType = ProjectType.WORKS) -> Rule:
    found = shipped().ruleset(Case(regime, kind, "CN", "", ON)).get(key)
    assert found is not None, f"{regime}/{key}"
    return found


@pytest.mark.parametrize(
    ("row", "regime", "key", "value", "unit", "mark"),
    [
        ("T1", Regime.ENG, "documents-to-deadline", 20, "days", Mark.READ),
        ("T1", Regime.GP, "documents-to-deadline", 20, "days", Mark.READ),
        ("T1", Regime.GP_N, "documents-to-deadline", 10, "days", Mark.KNOWN),
        ("T2", Regime.ENG, "supply-of-documents", 5, "days", Mark.READ),
        ("T2", Regime.GP, "supply-of-documents", 5, "working-days", Mark.READ),
        ("T3", Regime.ENG, "clarification-before-deadline", 15, "days", Mark.READ),
        ("T3", Regime.GP, "clarification-before-deadline", 15, "days", Mark.READ),
        ("T3", Regime.GP_N, "clarification-before-deadline", 5, "days", Mark.KNOWN),
        ("T4", Regime.ENG, "prequalification-clarification-before-deadline", 3, "days", Mark.READ),
        ("T5", Regime.ENG, "prequalification-after-supply", 5, "days", Mark.READ),
        ("T5", Regime.GP, "prequalification-after-supply", 5, "working-days", Mark.READ),
        ("T6", Regime.ENG, "objection-before-deadline", 10, "days", Mark.READ),
        ("T6", Regime.ENG, "objection-answer", 3, "days", Mark.READ),
        ("T6", Regime.GP, "objection-from-knowing", 7, "working-days", Mark.READ),
        ("T6", Regime.GP, "objection-answer", 7, "working-days", Mark.READ),
        ("T8", Regime.ENG, "candidate-publicity", 3, "days", Mark.READ),
        ("T8", Regime.GP, "result-notice", 2, "working-days", Mark.READ),
        ("T9", Regime.ENG, "complaint", 10, "days", Mark.READ),
        ("T9", Regime.GP, "complaint", 15, "working-days", Mark.READ),
        ("T11", Regime.ENG, "contract-signing", 30, "days", Mark.READ),
        ("T11", Regime.GP, "contract-signing", 30, "days", Mark.READ),
        ("T12", Regime.ENG, "report-to-supervisor", 15, "days", Mark.READ),
        ("1.2", Regime.ENG, "bids-minimum", 3, "count", Mark.READ),
        ("1.2", Regime.GP, "bids-minimum", 3, "count", Mark.READ),
        ("1.2", Regime.ENG, "after-release-below-minimum", "stop", "choice", Mark.LOCAL),
        ("1.2", Regime.GP, "after-release-below-minimum", "stop", "choice", Mark.LOCAL),
        ("1.2", Regime.ENG, "invited-minimum", 3, "count", Mark.READ),
        ("1.2", Regime.GP, "invited-minimum", 3, "count", Mark.READ),
        ("1.3", Regime.ENG, "deposit-cap-ratio", 200, "basis-points", Mark.READ),
        ("1.3", Regime.GP, "deposit-cap-ratio", 200, "basis-points", Mark.READ),
        ("1.3", Regime.ENG, "deposit-cap-amount", 80_000_000, "fen", Mark.KNOWN),
        ("1.3", Regime.ENG, "performance-bond-cap-ratio", 1000, "basis-points", Mark.READ),
        ("2.3", Regime.ENG, "hall.sign-in-opens-seconds", 3600, "seconds", Mark.LOCAL),
        ("2.3", Regime.ENG, "hall.phase-a-seconds", 1800, "seconds", Mark.LOCAL),
        ("2.3", Regime.ENG, "hall.confirmation-seconds", 600, "seconds", Mark.LOCAL),
        ("2.3", Regime.ENG, "hall.objection-seconds", 600, "seconds", Mark.LOCAL),
    ],
)
def test_a_row_of_the_rule_book(
    row: str, regime: Regime, key: str, value: int | str, unit: str, mark: Mark
) -> None:
    found = rule(regime, key)
    assert (found.value, found.unit, found.mark) == (value, unit, mark), row
    assert found.law
    # What was not read in the statute warns until an operator of the installation confirms it.
    assert not found.blocks or found.mark in BINDING


def test_price_weights_of_government_purchases_are_known_and_not_yet_used() -> None:
    """1.6: goods at least 30 %, services at least 10 %; scoring itself belongs to the evaluation."""
    goods = rule(Regime.GP, "goods-price-weight-minimum", ProjectType.GOODS)
    services = rule(Regime.GP, "services-price-weight-minimum", ProjectType.SERVICES)
    assert [(r.value, r.mark, r.effect) for r in (goods, services)] == [
        (30, Mark.KNOWN, Effect.INFORM),
        (10, Mark.KNOWN, Effect.INFORM),
    ]


def test_voluntary_tenders_keep_the_periods_as_warnings() -> None:
    assert rule(Regime.VOL, "documents-to-deadline").effect is Effect.WARN
    assert rule(Regime.VOL, "bids-minimum").blocks


def test_two_bidders_suffice_for_purchased_services_once_an_operator_confirmed_it() -> None:
    book = shipped()
    case = Case(Regime.GP_N, ProjectType.SERVICES, "CN", "", ON)
    (two,) = [
        row for row in book.rows if row.key == "bids-minimum" and row.regime is Regime.GP_N and row.value == 2
    ]
    assert (two.mark, two.law) == (Mark.KNOWN, "财库〔2015〕124号")
    assert rule(Regime.GP_N, "bids-minimum", ProjectType.SERVICES).value == 3
    assert book.with_rows((), [two.id]).ruleset(case).number("bids-minimum", 0) == 2
