"""Rows of the rule book change hands-off: broken ones are refused, binding ones take two operators."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tender_world import Person, TenderWorld, credit_code, ok, refused, tender_world

from bidding.people.acts import Act, ActKind
from bidding.tenders.rule_check import keys, parse
from bidding.tenders.rules import shipped
from crypto.canonical import b64, canon, sha256_hex

LOCAL = {
    "id": "local-25",
    "key": "documents-to-deadline",
    "value": 25,
    "unit": "days",
    "mark": "L",
    "region": "CN-35",
    "law": "本省规定",
    "zh": "不少于25日",
    "en": "At least 25 days",
}
STATUTE = {**LOCAL, "id": "ENG/documents-to-deadline", "value": 10, "mark": "V", "region": "*"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        yield made


def operators(world: TenderWorld) -> tuple[Person, Person]:
    """A system and a security operator."""
    found = []
    for kind in ("system", "security"):
        person = world.person(f"{kind}员", "平台", credit_code(9))
        entry = f"{kind}={sha256_hex(person.signer.certificate)}"
        object.__setattr__(world.deps.settings, "operators", (*world.deps.settings.operators, entry))
        person.sign_in()
        found.append(person)
    return found[0], found[1]


def put(person: Person, entry: dict[str, Any], regime: str = "ENG") -> Any:
    return person.call("PUT", "/rules", {"regime": regime, "entry": entry})


def act(world: TenderWorld, entry: dict[str, Any], *, subject: str = "", number: int = 1) -> bytes:
    expires = world.clock.now() + timedelta(hours=1)
    detail = canon({"regime": "ENG", "entry": entry}).decode()
    made = Act(f"a_{number}", ActKind.PUT_RULE, subject or entry["id"], detail, "法律修改", expires)
    return made.encode()


def ask(person: Person, statement: bytes) -> Any:
    body = {"statement": b64(statement), "cms": person.sign(statement)}
    return person.call("POST", "/operators/acts", body)


def rows(world: TenderWorld) -> dict[str, Any]:
    return {row["id"]: row for row in ok(world.anonymous("GET", "/rules?regime=ENG"))["rules"]}


def test_one_operator_alone_replaces_nothing_that_binds(world: TenderWorld) -> None:
    system, security = operators(world)
    before = rows(world)["ENG/documents-to-deadline"]
    for entry in (STATUTE, {**STATUTE, "mark": "L"}, {**LOCAL, "mark": "V"}, {**LOCAL, "mark": "P"}):
        problem = refused(put(system, entry), "second-person-needed")
        assert problem["facts"]["rule"] == entry["id"]
    ok(put(system, LOCAL))
    security.post("/rules/confirm", {"id": "local-25"})
    # Confirmed it binds: the same person may no longer soften it alone.
    refused(put(system, {**LOCAL, "value": 1}), "second-person-needed")
    assert rows(world)["ENG/documents-to-deadline"] == before


def test_two_operators_replace_a_row_of_the_statute(world: TenderWorld) -> None:
    system, security = operators(world)
    statement = act(world, STATUTE)
    ok(ask(system, statement))
    refused(
        system.call("POST", "/operators/acts/a_1/confirm", {"cms": system.sign(statement)}),
        "second-person-same",
    )
    assert rows(world)["ENG/documents-to-deadline"]["value"] == 20
    for _ in range(2):  # repeated, it happened once
        security.post("/operators/acts/a_1/confirm", {"cms": security.sign(statement)})
    changed = rows(world)["ENG/documents-to-deadline"]
    assert (changed["value"], changed["own"], changed["binds"]) == (10, True, True)
    assert [one.type for one in world.deps.log.read("platform")].count("RulePut") == 1


def test_an_act_holds_a_usable_row_of_its_own_subject(world: TenderWorld) -> None:
    system, _ = operators(world)
    refused(ask(system, act(world, STATUTE, subject="other")), "act-malformed")
    refused(ask(system, act(world, {**STATUTE, "value": "ten"})), "bad-rule")
    refused(ask(system, act(world, {**STATUTE, "zh": "长" * 7000})), "too-large")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("key", "no-such-key"),
        ("value", "ten"),
        ("value", True),
        ("value", -1),
        ("value", 10**9),
        ("unit", "weeks"),
        ("mark", "X"),
        ("effect", "maybe"),
        ("types", ["castles"]),
        ("types", []),
        ("region", "Fuzhou"),
        ("tenant", ""),
        ("from", "next year"),
        ("law", " "),
        ("zh", "长" * 501),
        ("id", "a b"),
        ("id", "x" * 101),
        ("colour", "blue"),
    ],
)
def test_a_malformed_row_is_refused_with_its_member(world: TenderWorld, member: str, value: Any) -> None:
    system, _ = operators(world)
    problem = refused(put(system, {**LOCAL, member: value}), "bad-rule")
    assert problem["facts"]["member"] == member
    assert "local-25" not in rows(world)


def test_rows_that_only_together_make_no_sense(world: TenderWorld) -> None:
    system, _ = operators(world)
    refused(put(system, {**LOCAL, "from": "2026-02-01", "to": "2026-01-01"}), "bad-rule")
    choice = {**LOCAL, "key": "hall.duplicates", "unit": "choice"}
    refused(put(system, {**choice, "value": "first"}), "bad-rule")
    who = {**LOCAL, "key": "who-may-create", "unit": ""}
    refused(put(system, {**who, "value": "operator:system"}), "bad-rule")
    ok(put(system, {**who, "value": "agency"}))
    ok(put(system, {**choice, "id": "other", "value": "reject-all"}))


def test_every_shipped_row_would_be_accepted() -> None:
    for row in shipped().rows:
        entry: dict[str, Any] = {
            "key": row.key,
            "value": row.value,
            "unit": row.unit,
            "mark": row.mark.value,
            "law": row.law,
            "zh": row.zh,
            "en": row.en,
            "types": list(row.types),
        }
        assert parse(entry, row.regime).value == row.value
        assert row.key in keys()


def test_what_applies_before_there_is_a_tender(world: TenderWorld) -> None:
    query = "regime=ENG&type=works&region=CN-35-0100"
    found = ok(world.anonymous("GET", f"/rules/applying?{query}"))
    period = next(one for one in found["rules"] if one["key"] == "documents-to-deadline")
    assert period["earliest"] == "2026-03-22T16:00:00.000Z"
    assert period["citation"]["law"] == "招标投标法 第24条"
    assert found["hall"]["phase_a_seconds"] == 1800
    later = ok(world.anonymous("GET", f"/rules/applying?{query}&at=2026-03-10T02:00:00.000Z"))
    moved = next(one for one in later["rules"] if one["key"] == "clarification-before-deadline")
    assert moved["earliest"] == "2026-03-24T16:00:00.000Z"


def test_the_form_a_type_brings_along(world: TenderWorld) -> None:
    form = ok(world.anonymous("GET", "/forms/works?parts=technical,price"))["form"]
    assert {one["name"]: one["part"] for one in form}["price"] == "price"
    refused(world.anonymous("GET", "/forms/castles"), "malformed-request")
