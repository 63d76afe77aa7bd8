"""Rules are rows: chosen by what applies, dormant before their day, blocking only when known or confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bidding.tenders.codec import Fen
from bidding.tenders.money import parse_yuan, yuan
from bidding.tenders.preconditions import deposit_cap
from bidding.tenders.rulebook import Case, Effect, Mark, ProjectType, Regime, Row, RuleBook
from bidding.tenders.rules import parse_row, shipped
from ceremony.errors import Malformed

TODAY = date(2026, 3, 2)
WORKS = Case(Regime.ENG, ProjectType.WORKS, "CN-35-0100", "", TODAY)


def row(identity: str, value: int, **changes: object) -> Row:
    base = Row(
        id=identity,
        key="documents-to-deadline",
        regime=Regime.ENG,
        value=value,
        unit="days",
        mark=Mark.READ,
        law="法",
        zh="中",
        en="en",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def chosen(*rows: Row, case: Case = WORKS) -> object:
    rule = RuleBook(rows).ruleset(case).get("documents-to-deadline")
    return None if rule is None else rule.value


def test_the_deposit_of_the_worked_example() -> None:
    rules = shipped().ruleset(WORKS)
    assert deposit_cap(Fen(45_000_000_00), rules) == Fen(800_000_00)
    assert deposit_cap(Fen(10_000_000_00), rules) == Fen(200_000_00)
    survey = shipped().ruleset(replace(WORKS, kind=ProjectType.SUPERVISION))
    assert deposit_cap(Fen(45_000_000_00), survey) == Fen(100_000_00)


def test_the_numbers_of_the_rule_book() -> None:
    eng, gp = shipped().ruleset(WORKS), shipped().ruleset(replace(WORKS, regime=Regime.GP))
    for key, number, unit, law in (
        ("documents-to-deadline", 20, "days", "第24条"),
        ("supply-of-documents", 5, "days", "第16条"),
        ("clarification-before-deadline", 15, "days", "第23条"),
        ("objection-before-deadline", 10, "days", "第22条"),
        ("objection-answer", 3, "days", "第22条"),
        ("bids-minimum", 3, "count", "第28条"),
        ("deposit-cap-ratio", 200, "basis-points", "第26条"),
    ):
        rule = eng.rules[key]
        assert (rule.value, rule.unit) == (number, unit)
        assert law in rule.law
        assert rule.blocks
    assert (gp.rules["supply-of-documents"].value, gp.rules["supply-of-documents"].unit) == (
        5,
        "working-days",
    )
    assert gp.rules["objection-from-knowing"].value == 7


def test_every_shipped_row_has_a_source_and_both_texts() -> None:
    for one in shipped().rows:
        assert one.law.strip() and one.zh.strip() and one.en.strip(), one.id
    assert len({one.id for one in shipped().rows}) == len(shipped().rows)


def test_the_most_specific_row_wins() -> None:
    national = row("a", 20)
    province = row("b", 25, region="CN-35")
    city = row("c", 30, region="CN-35-0100")
    tenant = row("d", 35, tenant="school")
    works = row("e", 21, types=("works",))
    assert chosen(national, works) == 21
    assert chosen(national, works, province) == 25
    assert chosen(city, province, national) == 30
    assert chosen(city, tenant, national) == 30
    assert chosen(city, tenant, case=replace(WORKS, tenant="school")) == 35
    assert chosen(national, province, case=replace(WORKS, region="CN-351")) == 20


def test_future_and_past_rows_are_dormant() -> None:
    old = row("old", 20, ends_on=date(2026, 12, 31))
    new = row("new", 25, starts_on=date(2027, 1, 1))
    assert chosen(old, new) == 20
    assert chosen(old, new, case=replace(WORKS, on=date(2026, 12, 31))) == 20
    assert chosen(old, new, case=replace(WORKS, on=date(2027, 1, 1))) == 25


@pytest.mark.parametrize("mark", [Mark.KNOWN, Mark.SECONDARY, Mark.LOCAL])
def test_unchecked_rows_warn_until_an_operator_confirms_them(mark: Mark) -> None:
    book = RuleBook((row("x", 20, mark=mark),))
    assert book.ruleset(WORKS).rules["documents-to-deadline"].effect is Effect.WARN
    confirmed = book.with_rows((), ("x",))
    assert confirmed.ruleset(WORKS).rules["documents-to-deadline"].blocks


def test_unchecked_rows_ask_for_more_but_never_for_less() -> None:
    national = row("n", 20)
    strict = row("s", 30, region="CN-35", mark=Mark.LOCAL)
    lax = row("l", 10, region="CN-35-0100", mark=Mark.LOCAL)
    book = RuleBook((national, strict, lax))
    rules = book.ruleset(WORKS)
    assert rules.rules["documents-to-deadline"].blocks
    found = [(rule.value, rule.blocks) for rule in rules.every("documents-to-deadline")]
    assert found == [(20, True), (30, False)]
    confirmed = book.with_rows((), ("l",)).ruleset(WORKS)
    assert confirmed.rules["documents-to-deadline"].value == 10
    services = Case(Regime.GP_N, ProjectType.SERVICES, "CN", "", TODAY)
    assert shipped().ruleset(services).rules["bids-minimum"].value == 3
    cap = row("c", 100, key="deposit-cap-ratio")
    lower = row("d", 50, key="deposit-cap-ratio", region="CN-35", mark=Mark.LOCAL)
    advice = RuleBook((cap, lower)).ruleset(WORKS).advice
    assert advice["deposit-cap-ratio"].value == 50


def test_silence_in_procurement_counts_as_accepting() -> None:
    gp = shipped().ruleset(replace(WORKS, regime=Regime.GP))
    assert gp.rules["hall.missing-confirmation"].value == "deemed"
    assert shipped().ruleset(WORKS).rules["hall.missing-confirmation"].value == "noted"


def test_voluntary_tenders_are_only_warned_about_periods() -> None:
    rules = shipped().ruleset(replace(WORKS, regime=Regime.VOL))
    assert not rules.rules["documents-to-deadline"].blocks
    assert rules.rules["quorum-minimum"].blocks


def test_small_tenders_live_by_local_rows() -> None:
    case = replace(WORKS, regime=Regime.SMALL)
    blocking = {rule.key for rule in shipped().ruleset(case).rules.values() if rule.blocks}
    assert blocking == {"quorum-minimum"}  # a need of the protocol
    assert shipped().ruleset(case).rules["quorum-minimum"].value == 2
    one = shipped().with_rows((), ("SMALL/quorum-of-one",)).ruleset(case)
    assert one.rules["quorum-minimum"].value == 1
    local = row("s", 3, regime=Regime.SMALL, mark=Mark.LOCAL, region="CN-35")
    book = shipped().with_rows((local,), ("s",))
    assert book.ruleset(case).rules["documents-to-deadline"].value == 3
    assert book.ruleset(case).rules["documents-to-deadline"].blocks


def test_an_own_row_replaces_the_one_with_its_id() -> None:
    book = RuleBook((row("x", 20),)).with_rows((row("x", 22),), ())
    assert book.ruleset(WORKS).rules["documents-to-deadline"].value == 22


def test_a_row_without_a_source_is_no_rule() -> None:
    with pytest.raises(ValueError, match="law"):
        parse_row({"key": "k", "value": 1, "mark": "V", "zh": "z", "en": "e"}, Regime.ENG)


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0", 0), ("45000000.00", 4_500_000_000), ("1.5", 150), ("0.01", 1), ("9" * 13, 10**15 - 100)],
)
def test_money(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen
    assert parse_yuan(yuan(Fen(fen))) == fen


@pytest.mark.parametrize("text", ["", "1,000", "1.234", "-1", "1e5", "１", ".5", "1.", " 1"])
def test_not_money(text: str) -> None:
    with pytest.raises(Malformed, match="bad-money"):
        parse_yuan(text)
