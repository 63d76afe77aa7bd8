"""What the desks of agencies, checkers and officers are served, and to whom it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tender_world import (
    CENTRE,
    TENDERER,
    Person,
    TenderWorld,
    credit_code,
    lot_body,
    ok,
    published_rehearsal,
    refused,
    register_key,
    rehearsal,
    tender_world,
)

from bidding.people.register import grant
from bidding.people.roles import Role
from crypto.canonical import b64, canon, sha256_hex


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        yield made


def drafted(world: TenderWorld, **changes: Any) -> tuple[Person, str, str]:
    agency = world.agency()
    tender = agency.post("/tenders", rehearsal())["tender"]
    body = lot_body(world.clock.now().replace(hour=8), **changes)
    return agency, tender, agency.post(f"/tenders/{tender}/lots", body)["lot"]


def test_the_list_says_what_is_to_be_done(world: TenderWorld) -> None:
    agency, tender, lot = drafted(world)
    line = agency.get("/tenders")["tenders"][0]
    assert (line["tender"], line["keysMissing"], line["questions"]) == (tender, 2, 0)
    assert [one["lot"] for one in line["lots"]] == [lot]
    assert "bids" not in str(line)
    assert world.signed_in("路人", "路人公司", credit_code(50)).get("/tenders")["tenders"] == []


def test_terms_come_back_as_they_are_sent(world: TenderWorld) -> None:
    agency, tender, lot = drafted(world, deposit="800000.00", rules={"phase_a_seconds": 900})
    path = f"/tenders/{tender}/lots/{lot}"
    terms = agency.get(path)["terms"]
    assert terms["deposit"] == "800000.00"
    assert terms["seats"][0]["role"] == "host"
    ok(agency.call("PATCH", path, terms))
    assert agency.get(path)["terms"] == terms
    other = world.signed_in("路人", "路人公司", credit_code(50))
    refused(other.call("GET", path), "not-found")
    refused(agency.call("GET", f"/tenders/{tender}/lots/l_none"), "not-found")


def test_a_drafts_documents_are_its_agencys(world: TenderWorld) -> None:
    agency, tender, _ = drafted(world)
    agency.put(f"/tenders/{tender}/documents/图纸.pdf", b"drawings")
    answer = agency.call("GET", f"/tenders/{tender}/documents/图纸.pdf")
    assert answer.content == b"drawings"
    assert answer.headers["cache-control"] == "private, no-store"
    refused(agency.call("GET", f"/tenders/{tender}/documents/none"), "not-found")
    refused(world.anonymous("GET", f"/tenders/{tender}/documents/图纸.pdf"), "sign-in-needed")
    other = world.signed_in("路人", "路人公司", credit_code(50))
    refused(other.call("GET", f"/tenders/{tender}/documents/图纸.pdf"), "not-found")


def test_who_checks_finds_what_was_asked(world: TenderWorld) -> None:
    agency, tender, lot = drafted(world)
    now = world.clock.now()
    grant(world.deps.log, credit_code=CENTRE, name="", person="", role=Role.WITNESS, by="test", now=now)
    centre = world.signed_in("王见证", "交易中心", CENTRE)
    assert centre.get("/checks")["checks"] == []
    refused(centre.call("GET", f"/tenders/{tender}/lots/{lot}"), "not-found")
    agency.put(f"/tenders/{tender}/documents/图纸.pdf", b"drawings")
    agency.post(f"/tenders/{tender}/check")
    assert [one["tender"] for one in centre.get("/checks")["checks"]] == [tender]
    assert centre.get(f"/tenders/{tender}/lots/{lot}")["terms"]["title"] == "一标段"
    assert centre.call("GET", f"/tenders/{tender}/documents/图纸.pdf").content == b"drawings"
    refused(agency.call("GET", "/checks"), "not-allowed")


def test_officers_find_their_seats_and_are_told(world: TenderWorld) -> None:
    agency, tender, lot = drafted(world)
    tenderer = world.tenderer()
    seats = tenderer.get("/officer/seats")["seats"]
    assert [(one["lot"], one["seat"], one["own"]) for one in seats] == [(lot, "officer:tenderer", True)]
    assert seats[0]["registered"] is False
    kinds = [one["kind"] for one in tenderer.get("/inbox")["messages"]]
    assert kinds == ["opening-key-wanted"]
    assert world.signed_in("路人", "路人公司", credit_code(50)).get("/inbox")["messages"] == []
    register_key(tenderer, tender, lot, "officer:tenderer")
    assert tenderer.get("/officer/seats")["seats"][0]["registered"] is True
    colleague = world.signed_in("林同事", "测试建设单位", TENDERER)
    assert [one["own"] for one in colleague.get("/officer/seats")["seats"]] == [False]
    # A lot without the seat is no longer theirs.
    body = lot_body(world.clock.now().replace(hour=8), k=1)
    body["officers"] = body["officers"][:1]
    ok(agency.call("PATCH", f"/tenders/{tender}/lots/{lot}", body))
    assert tenderer.get("/officer/seats")["seats"] == []
    agency.call("DELETE", f"/tenders/{tender}/lots/{lot}")
    assert agency.get("/officer/seats")["seats"] == []


def test_the_coming_holder_may_bring_the_handover(world: TenderWorld) -> None:
    done = published_rehearsal(world)
    coming = world.signed_in("新业主", "测试建设单位", TENDERER)
    stranger = world.signed_in("路人", "路人公司", credit_code(50))
    said = {
        "label": "kaibiao/seat-handover/v1",
        "tender": done.tender,
        "lot": done.lot,
        "seat": "officer:tenderer",
        "from": sha256_hex(done.tenderer.signer.certificate),
        "to": sha256_hex(coming.signer.certificate),
    }
    statement = canon(said)
    body = {
        "statement": b64(statement),
        "cmsFrom": done.tenderer.sign(statement),
        "cmsTo": coming.sign(statement),
    }
    path = f"/tenders/{done.tender}/lots/{done.lot}/officers/officer:tenderer/handover"
    refused(stranger.call("POST", path, body), "not-found")
    same = {**body, "cmsFrom": body["cmsTo"]}
    refused(coming.call("POST", path, same), "signer-not-holder")
    ok(coming.call("POST", path, body))
    assert [one["own"] for one in coming.get("/officer/seats")["seats"]] == [True]
    assert [one["own"] for one in done.tenderer.get("/officer/seats")["seats"]] == [False]
