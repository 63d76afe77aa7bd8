"""What must be there before a tender is published: all gaps at once, each with its source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tender_world import (
    AGENCY,
    CENTRE,
    SUPERVISOR,
    TENDERER,
    Person,
    TenderWorld,
    credit_code,
    lot_body,
    ok,
    publish,
    refused,
    register_key,
    rehearsal,
    tender_world,
)

from bidding.people.register import grant
from bidding.people.roles import Role
from crypto.canonical import b64, canon, iso, parse_canonical, sha256_hex, unb64
from crypto.keyset import new_opening_key, sign_opening_key


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        yield made


def give(world: TenderWorld, code: str, role: Role) -> None:
    now = world.clock.now()
    grant(world.deps.log, credit_code=code, name="单位", person="", role=role, by="platform:test", now=now)


def works(**changes: Any) -> dict[str, Any]:
    return {
        "regime": "ENG",
        "type": "works",
        "title": "某道路工程",
        "tenderer": {"name": "测试建设单位", "creditCode": TENDERER},
        "region": "CN-35-0100",
        **changes,
    }


def deadline(world: TenderWorld, days: int) -> Any:
    return world.clock.now() + timedelta(days=days)


def drafted(world: TenderWorld, days: int = 21, **lot: Any) -> tuple[Person, Person, str, str]:
    """An ENG tender with a lot `days` after today, keys and documents."""
    give(world, AGENCY, Role.AGENCY)
    agency, tenderer = world.agency(), world.tenderer()
    tender = agency.post("/tenders", works())["tender"]
    made = agency.post(f"/tenders/{tender}/lots", lot_body(deadline(world, days), **lot))["lot"]
    register_key(agency, tender, made, "officer:agency")
    register_key(tenderer, tender, made, "officer:tenderer")
    agency.put(f"/tenders/{tender}/documents/招标文件.pdf", b"documents")
    return agency, tenderer, tender, made


def missing(person: Person, tender: str) -> dict[str, Any]:
    return {one["code"]: one for one in person.get(f"/tenders/{tender}/preconditions")["missing"]}


def warnings(person: Person, tender: str) -> dict[str, Any]:
    return {one["code"]: one for one in person.get(f"/tenders/{tender}/preconditions")["warnings"]}


def test_who_may_start_a_tender(world: TenderWorld) -> None:
    agency = world.agency()
    body = refused(agency.call("POST", "/tenders", works()), "may-not-create")
    assert "第12条" in body["facts"]["law"]
    give(world, AGENCY, Role.AGENCY)
    assert agency.post("/tenders", works())["tender"].startswith("t_")
    assert world.signed_in("路人", "路人公司", credit_code(50)).post("/tenders", rehearsal())["tender"]


def test_twenty_days_between_documents_and_deadline(world: TenderWorld) -> None:
    """Worked example: from Monday 2026-03-02 the deadline may be on Monday 03-23, not on Sunday 03-22."""
    agency, _, tender, lot = drafted(world, days=20)
    found = missing(agency, tender)["period-too-short"]
    assert found["facts"]["earliest"] == "2026-03-22T16:00:00.000Z"  # 23 March, 00:00 in Beijing
    assert found["citation"]["law"] == "招标投标法 第24条"
    assert found["citation"]["value"] == 20
    assert "20日" in found["zh"]
    ok(agency.call("PATCH", f"/tenders/{tender}/lots/{lot}", lot_body(deadline(world, 21))))
    assert missing(agency, tender) == {}
    published = publish(agency, tender)
    assert published["state"] == "published"


def test_everything_missing_is_listed_at_once(world: TenderWorld) -> None:
    give(world, AGENCY, Role.AGENCY)
    agency = world.agency()
    tender = agency.post("/tenders", works())["tender"]
    assert set(missing(agency, tender)) == {"no-lots"}
    body = lot_body(deadline(world, 3), k=1, deposit="2000000.00")
    lot = agency.post(f"/tenders/{tender}/lots", body)["lot"]
    expected = {
        "keyset-incomplete",
        "quorum-too-small",
        "period-too-short",
        "supply-too-short",
        "documents-missing",
        "deposit-too-high",
    }
    assert set(missing(agency, tender)) == expected
    assert {"review-missing", "check-missing"} <= set(warnings(agency, tender))
    notice = agency.get(f"/tenders/{tender}/notice")["notice"]
    answer = agency.call(
        "POST", f"/tenders/{tender}/publish", {"notice": notice, "cms": agency.sign(unb64(notice))}
    )
    listed = refused(answer, "preconditions-missing")["facts"]["missing"]
    assert {one["code"] for one in listed} == expected
    assert all(one["lot"] == lot for one in listed)


def test_the_deposit_cap(world: TenderWorld) -> None:
    """45,000,000 → 2 % blocks at 900,000 (read in the statute); the 800,000 of the works rule only warns
    until an operator confirms it."""
    agency, _, tender, lot = drafted(world, deposit="800000.00")
    assert "deposit-too-high" not in {**missing(agency, tender), **warnings(agency, tender)}
    path = f"/tenders/{tender}/lots/{lot}"
    ok(agency.call("PATCH", path, lot_body(deadline(world, 21), deposit="800000.01")))
    warned = warnings(agency, tender)["deposit-too-high"]
    assert warned["facts"]["cap"] == "80000000"
    assert warned["citation"]["mark"] == "M"
    ok(agency.call("PATCH", path, lot_body(deadline(world, 21), deposit="900000.01")))
    assert missing(agency, tender)["deposit-too-high"]["citation"]["law"].endswith("第26条")


def test_an_operator_confirms_a_row_and_it_blocks(world: TenderWorld) -> None:
    agency, _, tender, _ = drafted(world, deposit="800000.01")
    assert missing(agency, tender) == {}
    system = world.person("系统员", "平台", credit_code(9))

    object.__setattr__(world.deps.settings, "operators", (f"system={sha256_hex(system.signer.certificate)}",))
    system.sign_in()
    row = warnings(agency, tender)["deposit-too-high"]["citation"]["rule"]
    refused(agency.call("POST", "/rules/confirm", {"id": row}), "not-allowed")
    system.post("/rules/confirm", {"id": row})
    assert set(missing(agency, tender)) == {"deposit-too-high"}
    refused(system.call("POST", "/rules/confirm", {"id": "nothing"}), "not-found")


def test_local_rows_and_days_of_an_installation(world: TenderWorld) -> None:
    agency, _, tender, _ = drafted(world)
    system = world.person("系统员", "平台", credit_code(9))

    object.__setattr__(world.deps.settings, "operators", (f"system={sha256_hex(system.signer.certificate)}",))
    system.sign_in()
    entry = {
        "id": "fuzhou-30",
        "key": "documents-to-deadline",
        "value": 30,
        "unit": "days",
        "mark": "L",
        "region": "CN-35-0100",
        "law": "本市规定",
        "zh": "不少于30日",
        "en": "At least 30 days",
        "from": "2026-01-01",
    }
    ok(system.call("PUT", "/rules", {"regime": "ENG", "entry": entry}))
    assert "period-too-short" in warnings(agency, tender)
    refused(system.call("POST", "/rules/confirm", {"id": "fuzhou-30"}), "second-person-same")
    security = world.person("安全员", "平台", credit_code(9))
    entered = f"security={sha256_hex(security.signer.certificate)}"
    object.__setattr__(world.deps.settings, "operators", (*world.deps.settings.operators, entered))
    security.sign_in()
    security.post("/rules/confirm", {"id": "fuzhou-30"})
    assert missing(agency, tender)["period-too-short"]["citation"]["law"] == "本市规定"
    refused(system.call("PUT", "/rules", {"regime": "ENG", "entry": {"key": "x"}}), "bad-rule")
    ok(system.call("PUT", "/calendar/2026-03-23", {"worked": False, "source": "本市停电放假"}))
    day = ok(world.anonymous("GET", "/calendar/2026-03-22"))
    assert day["nextWorking"] == "2026-03-24"
    assert [one.type for one in world.deps.log.read("platform")] == [
        "RulePut",
        "RuleConfirmed",
        "CalendarDayPut",
    ]


def test_review_and_check_when_confirmed(world: TenderWorld) -> None:
    agency, _, tender, lot = drafted(world)
    for row in ("ENG/fair-competition-review", "ENG/pre-publication-check"):
        world.deps.log.transact(_confirm(world, row))
    assert set(missing(agency, tender)) == {"review-missing", "check-missing"}
    statement = canon({"label": "kaibiao/fair-competition-review/v1", "tender": tender, "conclusion": "通过"})
    body = {"statement": b64(statement), "cms": agency.sign(statement)}
    agency.post(f"/tenders/{tender}/fair-competition-review", body)
    asked = agency.post(f"/tenders/{tender}/check")
    assert asked["check"]["dueAt"] == "2026-03-05T16:00:00.000Z"  # three working days, to their end
    assert set(missing(agency, tender)) == {"check-pending"}

    give(world, CENTRE, Role.WITNESS)
    centre = world.signed_in("王见证", "交易中心", CENTRE)
    found = centre.post(f"/tenders/{tender}/check/defects", {"defects": ["缺少图纸", "工期矛盾"]})
    assert found["check"]["open"] == [1, 2]
    assert missing(agency, tender)["defects-open"]["facts"]["defects"] == ["缺少图纸", "工期矛盾"]

    agency.put(f"/tenders/{tender}/documents/图纸.dwg", b"drawing")
    assert "review-missing" in missing(agency, tender)  # what changed is reviewed again
    agency.post(f"/tenders/{tender}/fair-competition-review", body)
    agency.post(f"/tenders/{tender}/check")
    second = centre.call("POST", f"/tenders/{tender}/check/defects", {"defects": ["还有一处"]})
    refused(second, "defects-noticed-before")
    remaining = centre.post(f"/tenders/{tender}/check/open", {"numbers": [2]})
    assert remaining["check"]["open"] == [2]
    refused(centre.call("POST", f"/tenders/{tender}/check/passed", {}), "check-answered")
    agency.post(f"/tenders/{tender}/check")
    refused(centre.call("POST", f"/tenders/{tender}/check/open", {"numbers": [3]}), "no-defects")
    centre.post(f"/tenders/{tender}/check/passed")
    assert missing(agency, tender) == {}
    assert lot in publish(agency, tender)["lots"]


def _confirm(world: TenderWorld, row: str) -> Any:
    from bidding.tenders import store

    return lambda tx: store.confirm_rule(tx, row, "test", world.clock.now())


def test_silence_of_the_checker_counts_as_passed(world: TenderWorld) -> None:
    agency, _, tender, _ = drafted(world, days=40)
    world.deps.log.transact(_confirm(world, "ENG/pre-publication-check"))
    agency.post(f"/tenders/{tender}/check")
    give(world, SUPERVISOR, Role.SUPERVISOR)
    world.clock.at += timedelta(days=4)
    agency.sign_in(agency.slot)
    late = world.signed_in("赵监督", "监督局", SUPERVISOR)
    refused(
        late.call("POST", f"/tenders/{tender}/check/defects", {"defects": ["迟到的意见"]}), "check-overdue"
    )
    assert missing(agency, tender) == {}


def test_only_checkers_check(world: TenderWorld) -> None:
    agency, tenderer, tender, _ = drafted(world)
    agency.post(f"/tenders/{tender}/check")
    for person in (agency, tenderer):
        refused(person.call("POST", f"/tenders/{tender}/check/passed", {}), "not-allowed")
        refused(person.call("GET", f"/tenders/{tender}/check"), "not-allowed")


def test_one_missing_officer_is_warned_about(world: TenderWorld) -> None:
    agency, _, tender, _ = drafted(world)
    assert warnings(agency, tender)["no-officer-to-spare"]["facts"] == {"k": 2, "n": 2}


def test_a_certificate_that_will_have_ended(world: TenderWorld) -> None:
    agency, _, tender, lot = drafted(world)
    ok(agency.call("PATCH", f"/tenders/{tender}/lots/{lot}", lot_body(deadline(world, 800))))
    found = warnings(agency, tender)
    assert found["officer-certificate-expires"]["facts"]["seat"] in ("officer:agency", "officer:tenderer")
    assert found["certificate-ends-before-opening"]["facts"]["role"] == "host"
    assert "calendar-provisional" in found


def test_an_invited_tender_invites_three(world: TenderWorld) -> None:
    agency, _, tender, lot = drafted(world)
    ok(agency.call("PATCH", f"/tenders/{tender}", works(mode="invited")))
    assert missing(agency, tender)["too-few-invited"]["citation"]["law"] == "招标投标法 第17条"
    invited = [{"name": f"单位{n}", "creditCode": credit_code(60 + n)} for n in range(3)]
    ok(agency.call("PATCH", f"/tenders/{tender}/lots/{lot}", lot_body(deadline(world, 21), invited=invited)))
    assert missing(agency, tender) == {}


def test_the_notice_is_the_agencys_and_todays(world: TenderWorld) -> None:
    agency, tenderer, tender, lot = drafted(world)
    notice = agency.get(f"/tenders/{tender}/notice")["notice"]
    stranger = world.person("外人", "外单位", credit_code(70))
    path = f"/tenders/{tender}/publish"
    body = {"notice": notice, "cms": stranger.sign(unb64(notice))}
    refused(agency.call("POST", path, body), "signed-by-another")
    body = {"notice": notice, "cms": agency.sign(b"something else")}
    refused(agency.call("POST", path, body), "bad-signature")
    changed = lot_body(deadline(world, 22))
    ok(agency.call("PATCH", f"/tenders/{tender}/lots/{lot}", changed))
    body = {"notice": notice, "cms": agency.sign(unb64(notice))}
    refused(agency.call("POST", path, body), "notice-changed")
    publish(tenderer, tender)  # the tenderer may sign its own notice
    refused(agency.call("PATCH", f"/tenders/{tender}/lots/{lot}", changed), "already-published")
    refused(agency.call("PATCH", f"/tenders/{tender}", works(title="改名")), "already-published")


def test_the_notice_carries_the_keyset_and_one_deadline(world: TenderWorld) -> None:
    agency, _, tender, lot = drafted(world)
    publish(agency, tender)
    package = ok(world.anonymous("GET", f"/lots/{lot}"))
    notice = parse_canonical(unb64(package["notice"]), limit=1 << 20)
    line = notice["lots"][0]
    assert line["keyset"] == package["keyset"]
    assert line["opensAt"] == package["deadline"] == iso(deadline(world, 21))
    assert notice["citations"]["documents-to-deadline"] == "招标投标法 第24条"
    hall = world.deps.halls.state(f"hall:{lot}")[1].setup
    assert hall is not None
    assert hall.opens_at == deadline(world, 21)
    assert hall.rules.minimum == 3
    assert hall.rules.phase_a_seconds == 1800
    assert hall.rules.citations["bids-minimum"].startswith("招标投标法 第28条")


def test_drafts_are_nobody_elses_business(world: TenderWorld) -> None:
    _, _, tender, lot = drafted(world)
    stranger = world.signed_in("外人", "外单位", credit_code(70))
    for person in (stranger,):
        for method, path, body in (
            ("GET", f"/tenders/{tender}", None),
            ("GET", f"/tenders/{tender}/notice", None),
            ("GET", f"/tenders/{tender}/preconditions", None),
            ("GET", f"/tenders/{tender}/lots/{lot}/opening-keys", None),
            ("POST", f"/tenders/{tender}/lots", lot_body(deadline(world, 21))),
            ("PATCH", f"/tenders/{tender}", works()),
            ("GET", f"/lots/{lot}", None),
            ("GET", f"/lots/{lot}/documents/招标文件.pdf", None),
        ):
            real = refused(person.call(method, path, body), "not-found")
            unknown = path.replace(tender, "t_" + "a" * 26).replace(lot, "l_" + "a" * 26)
            assert refused(person.call(method, unknown, body), "not-found") == real
    assert ok(world.anonymous("GET", "/notices"))["notices"] == []


def test_opening_keys_are_signed_for_their_place(world: TenderWorld) -> None:
    give(world, AGENCY, Role.AGENCY)
    agency, tenderer = world.agency(), world.tenderer()
    tender = agency.post("/tenders", works())["tender"]
    lot = agency.post(f"/tenders/{tender}/lots", lot_body(deadline(world, 21)))["lot"]
    path = f"/tenders/{tender}/lots/{lot}/opening-keys"

    def body(person: Person, seat: str, index: int, in_lot: str = "", in_tender: str = "") -> dict[str, str]:
        signed = sign_opening_key(
            in_tender or tender, in_lot or lot, seat, index, new_opening_key(), person.signer
        )
        return {"seat": seat, "openingKey": b64(signed.opening_key), "cms": b64(signed.signature)}

    refused(agency.call("POST", path, body(agency, "officer:tenderer", 2)), "not-found")
    refused(agency.call("POST", path, body(tenderer, "officer:agency", 1)), "signed-by-another")
    for wrong in (
        body(agency, "officer:agency", 2),
        body(agency, "officer:agency", 1, in_lot="l_other"),
        body(agency, "officer:agency", 1, in_tender="t_other"),
    ):
        refused(agency.call("POST", path, wrong), "bad-signature")
    right = body(agency, "officer:agency", 1)
    found = agency.post(path, right)
    assert found["keyset"] is None
    assert [one["registered"] for one in found["officers"]] == [True, False]
    assert tenderer.post(path, body(tenderer, "officer:tenderer", 2))["keyset"]


def test_malformed_requests_are_refused(world: TenderWorld) -> None:
    give(world, AGENCY, Role.AGENCY)
    agency = world.agency()
    for change in (
        {"regime": "XX"},
        {"type": "houses"},
        {"title": ""},
        {"title": "x" * 301},
        {"region": "US"},
        {"tenderer": {"name": "x", "creditCode": "123"}},
        {"unknown": 1},
        {"dealCode": "A08-1"},
    ):
        refused(agency.call("POST", "/tenders", works(**change)), "malformed-request")
    tender = agency.post("/tenders", works())["tender"]
    for lot_change, code in (
        ({"opensAt": "tomorrow"}, "malformed-request"),
        ({"k": 0}, "malformed-request"),
        ({"k": 3}, "lot-officers"),
        ({"parts": []}, "malformed-request"),
        ({"parts": ["main", "main"]}, "lot-parts"),
        ({"ceiling": "1,5"}, "malformed-request"),
        ({"ceiling": 45000000}, "malformed-request"),
        ({"rules": {"minimum": 1}}, "malformed-request"),
        ({"rules": {"phase_a_seconds": -1}}, "malformed-request"),
        ({"rules": {"reading": "fast"}}, "malformed-request"),
        ({"form": [{"name": "x", "zh": "甲", "en": "x", "kind": "text"}]}, "lot-form"),
    ):
        body = {**lot_body(deadline(world, 21)), **lot_change}
        refused(agency.call("POST", f"/tenders/{tender}/lots", body), code)


def test_a_command_with_the_same_key_is_done_once(world: TenderWorld) -> None:
    give(world, AGENCY, Role.AGENCY)
    agency = world.agency()
    tender = agency.post("/tenders", works())["tender"]
    for _ in range(2):
        answer = agency.call(
            "PATCH", f"/tenders/{tender}", works(title="新名称"), headers={"Idempotency-Key": "k-1"}
        )
        assert ok(answer)["title"] == "新名称"
    assert [one.type for one in world.deps.log.read(f"tender:{tender}")] == ["TenderDrafted", "HeaderChanged"]


def test_the_opening_leaves_bidders_their_time(world: TenderWorld) -> None:
    agency, _, tender, lot = drafted(world)
    path = f"/tenders/{tender}/lots/{lot}"
    body = lot_body(deadline(world, 21), rules={"phase_a_seconds": 0, "objection_seconds": 60})
    ok(agency.call("PATCH", path, body))
    assert missing(agency, tender)["window-missing"]["facts"] == {"window": "phase_a_seconds"}
    assert warnings(agency, tender)["window-too-short"]["citation"]["value"] == 300
    assert "no-witness" in warnings(agency, tender)
    witnessed = lot_body(deadline(world, 21), rules={"witness_quorum": 1})
    ok(agency.call("PATCH", path, witnessed))
    assert "no-witness" not in warnings(agency, tender)
    assert missing(agency, tender) == {}


def test_invited_bidders_are_not_named(world: TenderWorld) -> None:
    agency, _, tender, lot = drafted(world)
    ok(agency.call("PATCH", f"/tenders/{tender}", works(mode="invited")))
    invited = [{"name": f"受邀单位{n}", "creditCode": credit_code(60 + n)} for n in range(3)]
    ok(agency.call("PATCH", f"/tenders/{tender}/lots/{lot}", lot_body(deadline(world, 21), invited=invited)))
    publish(agency, tender)
    package = ok(world.anonymous("GET", f"/lots/{lot}"))
    notice = unb64(package["notice"]).decode()
    assert "受邀单位" not in notice + str(package)
    assert parse_canonical(notice.encode(), limit=1 << 20)["lots"][0]["invited"] == 3
