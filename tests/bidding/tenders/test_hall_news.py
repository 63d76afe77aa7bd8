"""What passes between a hall and its tender: the opening waits for answers, people hear what happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tender_world import (
    Published,
    TenderWorld,
    clarify,
    credit_code,
    ok,
    published_rehearsal,
    refused,
    tender_world,
)

from bidding import handover
from bidding.bulletins import bulletins, post_bulletins
from bidding.tenders import commands as cmd
from bidding.tenders.actor import PLATFORM
from bidding.tenders.desk import carry_out
from crypto.canonical import b64, canon
from opening_hall.commands import Close, Tick
from opening_hall.facts import ClosedBid, Phase


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        yield made


@pytest.fixture
def done(world: TenderWorld) -> Published:
    return published_rehearsal(world)


def hall(world: TenderWorld, done: Published) -> Any:
    return world.deps.halls.state(f"hall:{done.lot}")[1]


def act(world: TenderWorld, done: Published, command: Any, seat: str = "platform:") -> None:
    key = f"{type(command).__name__}:{world.deps.log.version(f'hall:{done.lot}')}"
    world.deps.halls.handle(f"hall:{done.lot}", seat, command, command_id=key)


def closed(world: TenderWorld, done: Published, bids: int = 3) -> None:
    """The deadline passes with so many live submissions."""
    received = world.clock.now()
    world.clock.at += timedelta(hours=1)
    done.agency.sign_in(done.agency.slot)
    act(world, done, Tick())
    act(
        world,
        done,
        Close({_bid(n): ClosedBid(f"{n:064x}", received, f"{n:064x}", f"{n:064x}", {}) for n in range(bids)}),
    )
    handover.follow(world.deps, done.lot)


def _bid(number: int) -> Any:
    return "b_" + "abcdefghij"[number] * 26


def kinds(person: Any) -> list[str]:
    return [one["kind"] for one in person.get("/inbox")["messages"]]


def test_an_unanswered_objection_holds_the_opening(world: TenderWorld, done: Published) -> None:
    objection = ok(world.anonymous("POST", f"/lots/{done.lot}/objections", {"text": "异议"}))["objection"]
    closed(world, done)
    suspended = hall(world, done).suspended
    assert suspended is not None
    assert objection in suspended.reason
    assert "第22条" in suspended.reason
    version = world.deps.log.version(f"hall:{done.lot}")
    handover.settle(world.deps)
    assert world.deps.log.version(f"hall:{done.lot}") == version

    answers = [{"to": objection, "text": "异议", "answer": "答复"}]
    answer = clarify(done.agency, done.tender, text="", objections=answers)
    assert answer["opensAt"] == {}  # the lot has closed: its documents and deadline stay as they were
    state = world.deps.tenders.state(f"tender:{done.tender}")[1]
    assert state.holding(done.lot) == ()
    assert state.lots[done.lot].revision == 1
    assert len(ok(world.anonymous("GET", f"/tenders/{done.tender}/notices"))["notices"]) == 2


def test_a_late_objection_holds_nothing(world: TenderWorld, done: Published) -> None:
    world.clock.at += timedelta(minutes=59, seconds=59)
    late = ok(world.anonymous("POST", f"/lots/{done.lot}/objections", {"text": "异议"}))
    assert late["late"] is True
    world.clock.at -= timedelta(minutes=59, seconds=59)
    closed(world, done)
    assert hall(world, done).suspended is None


def test_answered_objections_hold_nothing(world: TenderWorld, done: Published) -> None:
    objection = ok(world.anonymous("POST", f"/lots/{done.lot}/objections", {"text": "异议"}))["objection"]
    answers = [{"to": objection, "text": "异议", "answer": "答复"}]
    clarify(done.agency, done.tender, text="", objections=answers)
    closed(world, done)
    assert hall(world, done).suspended is None


def test_answers_stand_in_a_notice_of_their_lot(world: TenderWorld) -> None:
    first, second = published_rehearsal(world), published_rehearsal(world)
    question = ok(world.anonymous("POST", f"/lots/{first.lot}/questions", {"text": "问"}))["question"]
    body = {
        "title": "答疑",
        "text": "",
        "lots": [first.lot],
        "answers": [{"to": question, "text": "问", "answer": "答"}],
    }
    path = f"/tenders/{first.tender}/clarifications/draft"
    ok(first.agency.call("POST", path, body))
    refused(first.agency.call("POST", path, {**body, "lots": [second.lot]}), "not-found")


def test_a_pause_is_told_to_everybody_before_the_list(world: TenderWorld, done: Published) -> None:
    reader = world.signed_in("路人", "路人公司", credit_code(55))
    ok(world.anonymous("POST", f"/lots/{done.lot}/objections", {"text": "异议"}))
    closed(world, done)
    handover.follow(world.deps, done.lot)
    reader.sign_in(reader.slot)
    assert kinds(reader).count("hall-suspended") == 1
    handover.follow(world.deps, done.lot)
    assert kinds(reader).count("hall-suspended") == 1


def test_a_failed_lot_is_announced_with_its_report(world: TenderWorld, done: Published) -> None:
    reader = world.signed_in("路人", "路人公司", credit_code(55))
    closed(world, done, bids=2)
    handover.follow(world.deps, done.lot)
    reader.sign_in(reader.slot)
    message = reader.get("/inbox")["messages"][0]
    assert message["kind"] == "lot-failed"
    assert "LT3_AT_DEADLINE" in message["body"]
    report = ok(world.anonymous("GET", f"/tenders/{done.tender}"))["lots"][0]["report"]
    assert (report["code"], report["name"], report["reason"]) == (1, "流标", "LT3_AT_DEADLINE")


def test_a_terminated_lot_is_announced_with_its_report(world: TenderWorld, done: Published) -> None:
    said = canon(
        {"label": "kaibiao/termination/v1", "tender": done.tender, "lot": done.lot, "reason": "规划调整"}
    )
    body = {"notice": b64(said), "cms": done.agency.sign(said), "reason": "规划调整"}
    found = done.agency.post(f"/tenders/{done.tender}/lots/{done.lot}/terminate", body)
    assert (found["report"]["code"], found["report"]["reason"]) == (3, "规划调整")
    assert "lot-terminated" in kinds(done.agency)


def test_an_aborted_opening_is_reported_as_such(world: TenderWorld, done: Published) -> None:
    world.clock.at += timedelta(hours=1)
    command = cmd.FailLot(done.lot, "aborted-data-loss")
    carry_out(world.deps, done.tender, PLATFORM, command, command_id="aborted")
    report = ok(world.anonymous("GET", f"/tenders/{done.tender}"))["lots"][0]["report"]
    assert (report["code"], report["name"]) == (2, "终止开标")


def test_from_the_list_on_messages_go_to_those_on_it(world: TenderWorld, done: Published) -> None:
    tender = world.deps.tenders.state(f"tender:{done.tender}")[1]
    lot = tender.lots[done.lot]
    codes = {credit_code(60): _bid(1)}
    listed = replace(
        hall(world, done), phase=Phase.DECRYPTING, order=(_bid(1),), by_code=codes, deadline=world.clock.now()
    )
    (decrypt,) = bulletins(tender, lot, listed)
    assert decrypt.kind == "decryption-started"
    assert decrypt.codes == {credit_code(60)}
    assert len(decrypt.people) == 2  # host and officer are one person here, and the tenderer's officer
    for phase, kind in (
        (Phase.LIST_ANNOUNCED, ["list-announced"]),
        (Phase.RECORDED, ["list-announced", "record-ready"]),
        (Phase.ABORTED, ["list-announced", "hall-aborted"]),
        (Phase.SCHEDULED, []),
    ):
        found = bulletins(tender, lot, replace(listed, phase=phase))
        assert [one.kind for one in found] == kind


def test_messages_after_the_list_reach_their_people_only(world: TenderWorld, done: Published) -> None:
    bidder = world.signed_in("投标人", "投标公司", credit_code(60))
    reader = world.signed_in("路人", "路人公司", credit_code(55))
    tender = world.deps.tenders.state(f"tender:{done.tender}")[1]
    listed = replace(
        hall(world, done), phase=Phase.LIST_ANNOUNCED, order=(_bid(1),), by_code={credit_code(60): _bid(1)}
    )
    for _ in range(2):
        post_bulletins(world.deps, tender, tender.lots[done.lot], listed)
    assert kinds(bidder).count("list-announced") == 1
    assert kinds(done.agency).count("list-announced") == 1
    assert "list-announced" not in kinds(reader)
