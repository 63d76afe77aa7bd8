"""After publication: notices move deadlines by the rules, everybody learns the same, nobody is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tender_world import (
    AGENCY,
    TENDERER,
    Published,
    TenderWorld,
    clarify,
    credit_code,
    lot_body,
    ok,
    publish,
    published_rehearsal,
    refused,
    register_key,
    tender_world,
)

from bidding.people.register import grant
from bidding.people.roles import Role
from bidding.submissions.store import find_gate
from bidding.tenders.errand import TENDERS
from ceremony.replay import replay
from crypto.canonical import iso, parse_canonical, parse_iso, sha256_hex, unb64
from crypto.translog.engine import reading


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        yield made


@pytest.fixture
def eng(world: TenderWorld) -> Published:
    """Published on Monday 2026-03-02, deadline Monday 03-23, as in the worked example."""
    return published_eng(world)


def published_eng(world: TenderWorld) -> Published:
    now = world.clock.now()
    grant(
        world.deps.log, credit_code=AGENCY, name="代理", person="", role=Role.AGENCY, by="platform:t", now=now
    )
    agency, tenderer = world.agency(), world.tenderer()
    body = {
        "regime": "ENG",
        "type": "works",
        "title": "某道路工程",
        "tenderer": {"name": "测试建设单位", "creditCode": TENDERER},
    }
    tender = agency.post("/tenders", body)["tender"]
    lot = agency.post(f"/tenders/{tender}/lots", lot_body(now + timedelta(days=21)))["lot"]
    register_key(agency, tender, lot, "officer:agency")
    register_key(tenderer, tender, lot, "officer:tenderer")
    agency.put(f"/tenders/{tender}/documents/招标文件.pdf", b"documents")
    publish(agency, tender)
    return Published(tender, lot, agency, tenderer)


def later(world: TenderWorld, done: Published, **passed: Any) -> None:
    world.clock.at += timedelta(**passed)
    done.agency.sign_in(done.agency.slot)


def package(world: TenderWorld, done: Published) -> dict[str, Any]:
    found: dict[str, Any] = ok(world.anonymous("GET", f"/lots/{done.lot}"))
    return found


def test_a_clarification_that_affects_bids_moves_the_deadline(world: TenderWorld, eng: Published) -> None:
    """Worked example: on 03-10 thirteen days are left, so the deadline moves to 03-25, same time of day."""
    later(world, eng, days=8)
    before = package(world, eng)
    answer = clarify(eng.agency, eng.tender, affects=True)
    assert answer["opensAt"] == {eng.lot: "2026-03-25T02:00:00.000Z"}
    after = package(world, eng)
    assert after["state"] == "extended"
    assert after["deadline"] == "2026-03-25T02:00:00.000Z"
    assert after["revision"] == 2
    assert after["accepted"] == [before["docsHash"], after["docsHash"]]
    hall = world.deps.halls.state(f"hall:{eng.lot}")[1].setup
    assert hall is not None
    assert hall.opens_at == parse_iso(after["deadline"])
    with reading(world.deps.engine) as tx:
        gate = find_gate(tx, eng.lot)
    assert gate is not None
    assert gate.deadline_at == hall.opens_at
    assert list(gate.docs) == after["accepted"]


def test_a_clarification_in_time_moves_nothing(world: TenderWorld, eng: Published) -> None:
    later(world, eng, days=5)
    answer = clarify(eng.agency, eng.tender, affects=True)
    assert answer["opensAt"][eng.lot] == "2026-03-23T02:00:00.000Z"
    assert package(world, eng)["state"] == "clarified"


def test_a_clarification_that_affects_nothing_moves_nothing(world: TenderWorld, eng: Published) -> None:
    later(world, eng, days=18)
    clarify(eng.agency, eng.tender, affects=False)
    assert package(world, eng)["deadline"] == "2026-03-23T02:00:00.000Z"


def test_resealing_refuses_earlier_revisions(world: TenderWorld, eng: Published) -> None:
    clarify(eng.agency, eng.tender)
    clarify(eng.agency, eng.tender, reseal=True)
    after = package(world, eng)
    assert after["accepted"] == [after["docsHash"]]
    assert after["revision"] == 3


def test_a_deadline_is_extended_but_never_moved_forward(world: TenderWorld, eng: Published) -> None:
    wanted = world.clock.now() + timedelta(days=30)
    clarify(eng.agency, eng.tender, opensAt={eng.lot: iso(wanted)})
    assert package(world, eng)["deadline"] == iso(wanted)
    body = {"title": "提前", "text": "提前", "opensAt": {eng.lot: iso(wanted - timedelta(days=1))}}
    refused(eng.agency.call("POST", f"/tenders/{eng.tender}/clarifications/draft", body), "deadline-earlier")


def test_nothing_changes_after_the_deadline(world: TenderWorld, eng: Published) -> None:
    later(world, eng, days=21, seconds=-1)
    body = {"title": "澄清", "text": "太晚"}
    answer = eng.agency.call("POST", f"/tenders/{eng.tender}/clarifications/draft", body)
    refused(answer, "deadline-passed")
    later(world, eng, days=1)
    refused(eng.agency.call("POST", f"/tenders/{eng.tender}/clarifications/draft", body), "deadline-passed")


def test_the_signed_change_is_todays(world: TenderWorld, eng: Published) -> None:
    later(world, eng, days=8)
    body = {"title": "澄清", "text": "内容", "affects": True}
    draft = eng.agency.post(f"/tenders/{eng.tender}/clarifications/draft", body)
    signed = {**body, "notice": draft["notice"], "cms": eng.agency.sign(unb64(draft["notice"]))}
    later(world, eng, days=1)  # tomorrow the deadline would have to be a day later
    path = f"/tenders/{eng.tender}/clarifications"
    refused(eng.agency.call("POST", path, signed), "notice-changed")
    stranger = world.signed_in("外人", "外单位", credit_code(70))
    refused(stranger.call("POST", path, signed), "not-found")


def test_notices_form_a_chain(world: TenderWorld, eng: Published) -> None:
    clarify(eng.agency, eng.tender)
    clarify(eng.agency, eng.tender, text="再次澄清")
    listed = ok(world.anonymous("GET", f"/tenders/{eng.tender}/notices"))["notices"]
    bodies = [unb64(one["notice"]) for one in listed]
    assert [one["number"] for one in listed] == [0, 1, 2]
    for before, after in pairwise(bodies):
        assert parse_canonical(after, limit=1 << 20)["previous"] == sha256_hex(before)


def test_new_documents_become_public_with_their_notice(world: TenderWorld, eng: Published) -> None:
    eng.agency.put(f"/tenders/{eng.tender}/documents/图纸.dwg", b"drawing 2")
    assert [d["name"] for d in package(world, eng)["documents"]] == ["招标文件.pdf"]
    path = f"/lots/{eng.lot}/documents/图纸.dwg"
    refused(world.anonymous("GET", path), "not-found")
    clarify(eng.agency, eng.tender)
    assert [d["name"] for d in package(world, eng)["documents"]] == ["图纸.dwg", "招标文件.pdf"]
    assert world.anonymous("GET", path).content == b"drawing 2"


def test_questions_are_anonymous_and_answered_to_all(world: TenderWorld, eng: Published) -> None:
    asker = world.signed_in("投标人", "投标公司", credit_code(33))
    question = ok(asker.call("POST", f"/lots/{eng.lot}/questions", {"text": "我公司某某，桩长多少？"}))[
        "question"
    ]
    stored = world.deps.log.read(f"tender:{eng.tender}")[-1]
    assert stored.seat == "public::"
    assert stored.body == {"question": question, "lot": eng.lot, "text": "我公司某某，桩长多少？"}
    assert ok(world.anonymous("GET", f"/lots/{eng.lot}/questions"))["questions"] == []
    seen = eng.agency.get(f"/tenders/{eng.tender}/questions")["questions"]
    assert seen[0]["text"].startswith("我公司")
    refused(asker.call("GET", f"/tenders/{eng.tender}/questions"), "not-found")

    answers = [{"to": question, "text": "桩长多少？", "answer": "二十米"}]
    clarify(eng.agency, eng.tender, text="", answers=answers)
    public = ok(world.anonymous("GET", f"/lots/{eng.lot}/questions"))["questions"]
    assert public == [{"id": question, "kind": "question", "lot": eng.lot, "notice": 1}]
    notices = ok(world.anonymous("GET", f"/tenders/{eng.tender}/notices"))["notices"]
    said = parse_canonical(unb64(notices[1]["notice"]), limit=1 << 20)
    assert said["answers"] == [{"text": "桩长多少？", "answer": "二十米"}]
    again = {"title": "答疑", "text": "", "answers": answers}
    refused(eng.agency.call("POST", f"/tenders/{eng.tender}/clarifications/draft", again), "no-such-question")


def test_objections_come_ten_days_before_the_deadline(world: TenderWorld, eng: Published) -> None:
    path, body = f"/lots/{eng.lot}/objections", {"text": "评标办法不公平"}
    later(world, eng, days=11, hours=13, minutes=59)  # 03-13, 23:59 in Beijing
    found = ok(world.anonymous("POST", path, body))
    assert found["answerDueAt"] == "2026-03-16T16:00:00.000Z"
    later(world, eng, minutes=1)
    assert (found["late"], found["inTimeUntil"]) == (False, "2026-03-13T16:00:00.000Z")
    late = ok(world.anonymous("POST", path, body))  # registered, but nothing waits for it
    assert late["late"] is True
    state = world.deps.tenders.state(f"tender:{eng.tender}")[1]
    assert state.holding(eng.lot) == (found["objection"],)


def test_time_lost_to_an_objection_is_given_back(world: TenderWorld, eng: Published) -> None:
    objection = ok(world.anonymous("POST", f"/lots/{eng.lot}/objections", {"text": "异议"}))["objection"]
    later(world, eng, days=2, hours=1)
    answers = [{"to": objection, "text": "异议", "answer": "答复"}]
    clarify(eng.agency, eng.tender, text="", objections=answers)
    assert package(world, eng)["deadline"] == "2026-03-26T02:00:00.000Z"


def test_everybody_gets_the_message_and_nobody_is_singled_out(world: TenderWorld, eng: Published) -> None:
    reader = world.signed_in("投标人", "投标公司", credit_code(33))
    clarify(eng.agency, eng.tender, affects=True)
    messages = reader.get("/inbox")["messages"]
    assert {one["kind"] for one in messages} == {"clarification", "tender-published"}
    assert all(one["readAt"] is None for one in messages)
    assert reader.call("POST", f"/inbox/{messages[0]['id']}/read", {}).status_code == 204
    assert reader.get("/inbox")["messages"][0]["readAt"]
    refused(reader.call("POST", "/inbox/m_other/read", {}), "not-found")


def test_a_replay_of_the_log_equals_the_live_state(world: TenderWorld, eng: Published) -> None:
    ok(world.anonymous("POST", f"/lots/{eng.lot}/questions", {"text": "问"}))
    later(world, eng, days=8)
    clarify(eng.agency, eng.tender, affects=True)
    stream = f"tender:{eng.tender}"
    steps = list(replay(world.deps.log.read(stream), TENDERS))
    assert steps[-1].state == world.deps.tenders.state(stream)[1]


def test_a_rehearsal_counts_seconds_and_says_so(world: TenderWorld) -> None:
    done = published_rehearsal(world, opens_in=timedelta(seconds=10))
    world.clock.at += timedelta(seconds=7)
    draft = done.agency.post(
        f"/tenders/{done.tender}/clarifications/draft", {"title": "澄清", "text": "x", "affects": True}
    )
    assert draft["opensAt"][done.lot] == iso(world.clock.now() + timedelta(seconds=3))
    found = package(world, done)
    assert found["rehearsal"] is True
    assert "演示" in parse_canonical(unb64(found["notice"]), limit=1 << 20)["mark"]
