"""From the deadline on, seats that change hands, rounds, several parts, and what crashes leave behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tender_world import (
    AGENCY,
    TENDERER,
    Person,
    Published,
    TenderWorld,
    credit_code,
    lot_body,
    ok,
    publish,
    published_rehearsal,
    refused,
    register_key,
    tender_world,
)

from bidding import handover
from bidding.submissions.store import GateState, find_gate
from bidding.tenders import commands as cmd
from bidding.tenders.actor import PLATFORM
from bidding.tenders.desk import carry_out
from bidding.tenders.forms import default_form
from bidding.tenders.rulebook import ProjectType
from ceremony.errors import Refusal
from crypto.canonical import b64, canon, iso, sha256_hex
from crypto.translog.engine import reading
from opening_hall.commands import Close, Tick


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        yield made


@pytest.fixture
def done(world: TenderWorld) -> Published:
    return published_rehearsal(world)


def signed(person: Person, value: dict[str, Any]) -> dict[str, str]:
    body = canon(value)
    return {"notice": b64(body), "cms": person.sign(body)}


def award(done: Published, **changes: str) -> dict[str, Any]:
    winner = credit_code(40)
    said = {"label": "kaibiao/award/v1", "tender": done.tender, "lot": done.lot, "winner": winner}
    notice = signed(done.agency, {**said, "price": "1.00", **changes})
    return {**notice, "winner": {"name": "中标公司", "creditCode": winner}, "price": "1.00"}


def state(world: TenderWorld, done: Published) -> str:
    found: str = ok(world.anonymous("GET", f"/lots/{done.lot}"))["state"]
    return found


def platform(world: TenderWorld, done: Published, command: cmd.Command) -> None:
    key = f"test:{type(command).__name__}:{iso(world.clock.now())}"
    carry_out(world.deps, done.tender, PLATFORM, command, command_id=key)


def hall(world: TenderWorld, done: Published, command: Any) -> None:
    world.deps.halls.handle(f"hall:{done.lot}", "platform:", command, command_id=type(command).__name__)


def opened(world: TenderWorld, done: Published) -> None:
    world.clock.at += timedelta(hours=1)
    done.agency.sign_in(done.agency.slot)
    platform(world, done, cmd.ReportOpened(done.lot, "ab" * 32))


def test_a_hall_that_fails_fails_its_lot(world: TenderWorld, done: Published) -> None:
    world.clock.at += timedelta(hours=1)
    hall(world, done, Tick())
    handover.follow(world.deps, done.lot)
    assert state(world, done) == "published"  # closing: uploads are still being decided
    hall(world, done, Close({}))
    for _ in range(2):
        handover.follow(world.deps, done.lot)
    found = ok(world.anonymous("GET", f"/tenders/{done.tender}"))
    assert found["state"] == "failed"
    assert found["lots"][0]["code"] == "LT3_AT_DEADLINE"


def test_only_the_platform_reports_and_only_after_the_deadline(world: TenderWorld, done: Published) -> None:
    with pytest.raises(Refusal, match="deadline-not-reached"):
        platform(world, done, cmd.CloseLot(done.lot))
    refused(
        done.agency.call("POST", f"/tenders/{done.tender}/lots/{done.lot}/fail", {"code": "all-rejected"}),
        "lot-not-opened",
    )


def test_an_opened_lot_is_awarded(world: TenderWorld, done: Published) -> None:
    path = f"/tenders/{done.tender}/lots/{done.lot}/award"
    body = award(done)
    refused(done.agency.call("POST", path, body), "lot-not-opened")
    opened(world, done)
    assert state(world, done) == "opened"
    for wrong in (award(done, price="2.00"), award(done, lot="l_other"), award(done, winner=AGENCY)):
        refused(done.agency.call("POST", path, wrong), "statement-misplaced")
    assert done.agency.post(path, body)["state"] == "awarded"
    refused(done.agency.call("POST", path, body), "lot-not-opened")


def test_an_open_objection_holds_the_award(world: TenderWorld, done: Published) -> None:
    ok(world.anonymous("POST", f"/lots/{done.lot}/objections", {"text": "异议"}))
    opened(world, done)
    body = award(done)
    path = f"/tenders/{done.tender}/lots/{done.lot}/award"
    refused(done.agency.call("POST", path, body), "objection-open")


def test_a_terminated_lot_takes_no_bids_and_its_hall_ends(world: TenderWorld, done: Published) -> None:
    said = {"label": "kaibiao/termination/v1", "tender": done.tender, "lot": done.lot, "reason": "规划调整"}
    body = {**signed(done.agency, said), "code": "termination", "reason": "规划调整"}
    path = f"/tenders/{done.tender}/lots/{done.lot}/terminate"
    foreign = {**body, **signed(done.agency, {**said, "tender": "t_other"})}
    refused(done.agency.call("POST", path, foreign), "statement-misplaced")
    refused(
        done.agency.call("POST", path, {**body, **signed(done.agency, {"label": "x"})}), "statement-malformed"
    )
    assert done.agency.post(path, body)["state"] == "terminated"
    with reading(world.deps.engine) as tx:
        gate = find_gate(tx, done.lot)
    assert gate is not None
    assert gate.state is GateState.ENDED
    ending = world.deps.halls.state(f"hall:{done.lot}")[1].ending
    assert ending is not None
    assert ending.aborted == "tender-terminated"
    refused(done.agency.call("POST", path, body), "lot-finished")
    refused(world.anonymous("POST", f"/lots/{done.lot}/questions", {"text": "问"}), "deadline-passed")


def test_a_failed_tender_is_repeated_and_counted(world: TenderWorld, done: Published) -> None:
    world.clock.at += timedelta(hours=1)
    done.agency.sign_in(done.agency.slot)
    platform(world, done, cmd.FailLot(done.lot, "LT3_AT_DEADLINE"))
    body = {
        "regime": "REHEARSAL",
        "type": "works",
        "title": "二次招标",
        "tenderer": {"name": "测试建设单位", "creditCode": TENDERER},
        "repeats": done.tender,
    }
    second = done.agency.post("/tenders", body)["tender"]
    found = done.agency.get(f"/tenders/{second}")
    assert (found["attempt"], found["repeats"]) == (2, done.tender)
    stranger = world.signed_in("外人", "外单位", credit_code(70))
    refused(stranger.call("POST", "/tenders", body), "not-found")


def handing(done: Published, leaving: Person, coming: Person, seat: str, lot: str = "") -> dict[str, str]:
    statement = canon(
        {
            "label": "kaibiao/seat-handover/v1",
            "tender": done.tender,
            "lot": lot or done.lot,
            "seat": seat,
            "from": sha256_hex(leaving.signer.certificate),
            "to": sha256_hex(coming.signer.certificate),
        }
    )
    return {"statement": b64(statement), "cmsFrom": leaving.sign(statement), "cmsTo": coming.sign(statement)}


def test_a_seat_is_handed_over_and_the_keyset_stays(world: TenderWorld, done: Published) -> None:
    successor = world.signed_in("周接任", "接任单位", credit_code(41))
    seat = "officer:tenderer"
    path = f"/tenders/{done.tender}/lots/{done.lot}/officers/{seat}/handover"
    before = ok(world.anonymous("GET", f"/lots/{done.lot}"))
    thief = world.signed_in("贼", "贼单位", credit_code(42))
    refused(thief.call("POST", path, handing(done, thief, successor, seat)), "not-found")
    foreign = handing(done, done.tenderer, successor, seat, lot="l_other")
    refused(done.tenderer.call("POST", path, foreign), "statement-misplaced")
    wrong = {**handing(done, done.tenderer, successor, seat), "cmsTo": thief.sign(b"x")}
    refused(done.tenderer.call("POST", path, wrong), "bad-signature")

    found = done.tenderer.post(path, handing(done, done.tenderer, successor, seat))
    assert found["officers"][1]["holder"]["creditCode"] == credit_code(41)
    after = ok(world.anonymous("GET", f"/lots/{done.lot}"))
    assert after["keysetHash"] == before["keysetHash"]
    assert after["docsHash"] == before["docsHash"]
    setup = world.deps.halls.state(f"hall:{done.lot}")[1].setup
    assert setup is not None
    entry = next(one for one in setup.seats if str(one.seat) == seat)
    assert entry.name == "周接任"
    assert entry.certificate_sha256 == sha256_hex(successor.signer.certificate)
    assert entry.person == successor.get("/auth/session")["person"]["id"]
    again = handing(done, done.tenderer, thief, seat)  # the seat is not theirs any more
    assert done.tenderer.call("POST", path, again).status_code in (404, 409)


def test_destroyed_keys_are_stated_after_the_opening(world: TenderWorld, done: Published) -> None:
    statement = canon(
        {
            "label": "kaibiao/opening-key-destroyed/v1",
            "tender": done.tender,
            "lot": done.lot,
            "seat": "officer:agency",
        }
    )
    body = {"statement": b64(statement), "cms": done.agency.sign(statement)}
    path = f"/tenders/{done.tender}/lots/{done.lot}/officers/officer:agency/destroyed"
    refused(done.agency.call("POST", path, body), "lot-not-opened")
    opened(world, done)
    assert done.agency.post(path, body) == {"destroyed": ["officer:agency"]}


def test_two_envelopes_keep_the_price_in_the_second(world: TenderWorld) -> None:
    done = published_rehearsal(world, parts=["technical", "price"])
    package = ok(world.anonymous("GET", f"/lots/{done.lot}"))
    parts = {field["name"]: field["part"] for field in package["form"]}
    assert parts["price"] == "price"
    assert parts["duration_days"] == "technical"
    setup = world.deps.halls.state(f"hall:{done.lot}")[1].setup
    assert setup is not None
    assert setup.parts == ("technical", "price")


@pytest.mark.parametrize("kind", list(ProjectType))
def test_every_type_has_its_form(kind: ProjectType) -> None:
    for parts in (("main",), ("technical", "price")):
        form = default_form(kind.value, parts)
        assert [f.name for f in form if f.name == "price"] == ["price"]
        assert {f.part for f in form} <= set(parts)


def test_a_second_round_follows_the_first(world: TenderWorld, done: Published) -> None:
    path = f"/tenders/{done.tender}/lots"
    body = lot_body(world.clock.now() + timedelta(hours=3), round=2, previous=done.lot)
    refused(done.agency.call("POST", path, body), "round-out-of-order")
    opened(world, done)
    done.tenderer.sign_in(done.tenderer.slot)
    lot = done.agency.post(path, body)["lot"]
    register_key(done.agency, done.tender, lot, "officer:agency")
    register_key(done.tenderer, done.tender, lot, "officer:tenderer")
    publish(done.agency, done.tender)
    package = ok(world.anonymous("GET", f"/lots/{lot}"))
    assert package["round"] == 2
    assert package["notices"][0]["number"] == 1
    first = ok(world.anonymous("GET", f"/lots/{done.lot}"))
    assert first["state"] == "opened"
    assert first["keysetHash"] != package["keysetHash"]


def test_lots_are_opened_each_on_their_own(world: TenderWorld) -> None:
    agency, tenderer = world.agency(), world.tenderer()
    body = {
        "regime": "REHEARSAL",
        "type": "goods",
        "title": "两个标段",
        "tenderer": {"name": "测试建设单位", "creditCode": TENDERER},
    }
    tender = agency.post("/tenders", body)["tender"]
    lots = []
    for hours in (1, 2):
        made = agency.post(
            f"/tenders/{tender}/lots",
            lot_body(world.clock.now() + timedelta(hours=hours), title=f"{hours}标段"),
        )
        lots.append(made["lot"])
        register_key(agency, tender, lots[-1], "officer:agency")
        register_key(tenderer, tender, lots[-1], "officer:tenderer")
    publish(agency, tender)
    world.clock.at += timedelta(hours=1)
    first = Published(tender, lots[0], agency, tenderer)
    platform(world, first, cmd.FailLot(lots[0], "LT3_AT_DEADLINE"))
    found = ok(world.anonymous("GET", f"/tenders/{tender}"))
    assert [lot["state"] for lot in found["lots"]] == ["failed", "published"]
    assert found["state"] == "published"


def test_a_hall_that_missed_its_tender_is_brought_in_line(
    world: TenderWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash between the tender's commit and the hall's."""
    with monkeypatch.context() as broken:
        broken.setattr(handover, "schedule", lambda deps, lot: None)
        done = published_rehearsal(world)
    assert world.deps.halls.state(f"hall:{done.lot}")[1].setup is None
    for _ in range(2):
        handover.settle(world.deps)
    setup = world.deps.halls.state(f"hall:{done.lot}")[1].setup
    assert setup is not None
    assert world.deps.log.version(f"hall:{done.lot}") == 1


def test_the_agency_names_the_halls_seats_and_rules(world: TenderWorld) -> None:
    seats = [
        {"role": "host", "name": "陈代理", "creditCode": AGENCY},
        {"role": "deputy", "name": "副手", "creditCode": AGENCY},
        {"role": "tenderer", "name": "林业主", "creditCode": TENDERER},
    ]
    rules = {
        "phase_a_seconds": 45,
        "reading": "stepwise",
        "duplicates": "reject-all",
        "automatic": ["start-decryption"],
        "draw": {"label": "coefficient", "candidates": ["0.95", "0.96"]},
    }
    done = published_rehearsal(world, seats=seats, rules=rules)
    setup = world.deps.halls.state(f"hall:{done.lot}")[1].setup
    assert setup is not None
    assert [one.seat.role for one in setup.seats] == ["host", "deputy", "tenderer", "officer", "officer"]
    assert setup.rules.phase_a_seconds == 45
    assert setup.rules.draw is not None
    assert setup.rules.draw.candidates == ("0.95", "0.96")
    package = ok(world.anonymous("GET", f"/lots/{done.lot}"))
    assert package["rules"]["phase_a_seconds"] == 45
    assert package["deadline"] == iso(setup.opens_at)
