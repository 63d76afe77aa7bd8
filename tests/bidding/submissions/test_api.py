"""The desk's routes on the whole platform: tickets by session, the self-check, reachability, rights."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tender_world import TenderWorld, credit_code, published_rehearsal, refused, tender_world

from bidding.submissions import api
from bidding.submissions.desk import desk_of
from bidding.submissions.heartbeats import beat
from bidding.submissions.selfcheck import ENVELOPE_INFO
from bidding.submissions.wiring import worker_of
from crypto.canonical import b64, iso, sha256_hex, unb64
from crypto.envelope import new_opening_key
from crypto.hpke import public_bytes
from crypto.suite import DEFAULT_SUITE


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        app: Any = made.client.app
        app.include_router(api.router(made.deps), prefix="/api")
        yield made


def test_tickets_need_a_session_of_our_own_pages(world: TenderWorld) -> None:
    refused(world.anonymous("POST", "/tickets", {}), "sign-in-needed")
    person = world.signed_in("王投标", "某建设公司", credit_code(30))
    drawn = person.post("/tickets")
    assert (drawn["month"], len(drawn["tickets"])) == ("2026-03", 32)
    foreign = person.call("POST", "/tickets", {}, headers={"Origin": "https://elsewhere.example"})
    refused(foreign, "cross-site-request")


def test_a_published_lot_has_a_gate_and_a_terminated_one_ends(world: TenderWorld) -> None:
    published = published_rehearsal(world)
    asked = {"ticket": "x", "manifest": "e30", "box": 65536, "parts": {"main": 1}}
    refused(world.anonymous("POST", f"/lots/{published.lot}/uploads", asked), "bad-manifest")
    assert worker_of(world.deps).look(published.lot) == world.clock.at + timedelta(hours=1)


def test_the_clock_and_the_line_can_be_tried(world: TenderWorld) -> None:
    assert world.anonymous("GET", "/selfcheck/clock").json() == {"now": iso(world.clock.at)}
    sent = world.anonymous("POST", "/selfcheck/bandwidth", content=b"x" * 100_000).json()
    assert sent["bytes"] == 100_000
    received = world.anonymous("GET", "/selfcheck/bandwidth?bytes=100001")
    assert len(received.content) == 100_001
    with world.client.websocket_connect("/api/selfcheck/socket") as socket:
        socket.send_text("?")
        assert socket.receive_json() == {"now": iso(world.clock.at)}
    refused(world.anonymous("GET", "/selfcheck/bandwidth?bytes=999999999"), "malformed-request")
    refused(world.anonymous("POST", "/selfcheck/bandwidth", content=b"x" * (9 << 20)), "request-too-large")


def test_a_test_envelope_opens_with_ones_own_key(world: TenderWorld) -> None:
    private = new_opening_key()
    asked = {"publicKey": b64(public_bytes(private))}
    made = world.anonymous("POST", "/selfcheck/envelope", asked).json()
    content = DEFAULT_SUITE.hpke.open(private, unb64(made["envelope"]), info=unb64(made["info"]))
    assert sha256_hex(content) == made["sha256"]
    assert unb64(made["info"]) == ENVELOPE_INFO
    refused(world.anonymous("POST", "/selfcheck/envelope", {"publicKey": "AAAA"}), "bad-point")


def test_a_certificate_is_judged_for_the_day(world: TenderWorld) -> None:
    person = world.person("王投标", "某建设公司", credit_code(30))
    asked = {
        "certificate": b64(person.signer.certificate),
        "chain": [b64(der) for der in person.signer.chain],
        "at": iso(world.clock.at + timedelta(days=20)),
    }
    judged = world.anonymous("POST", "/selfcheck/certificate", asked).json()
    assert (judged["verdict"], judged["validOnTheDay"], judged["creditCode"]) == (
        "valid",
        True,
        credit_code(30),
    )
    asked["at"] = iso(world.clock.at + timedelta(days=3000))
    assert world.anonymous("POST", "/selfcheck/certificate", asked).json()["validOnTheDay"] is False
    refused(
        world.anonymous("POST", "/selfcheck/certificate", {**asked, "certificate": "AAAA"}), "bad-certificate"
    )


def test_the_platform_tells_of_its_own_outages(world: TenderWorld) -> None:
    published = published_rehearsal(world)
    beat(desk_of(world.deps))
    told = world.anonymous("GET", f"/lots/{published.lot}/reachability").json()
    assert told["until"] == iso(world.clock.at)
    refused(world.anonymous("GET", "/lots/l_none/reachability"), "not-found")


def test_payloads_and_statements_are_for_those_with_a_right(world: TenderWorld) -> None:
    published = published_rehearsal(world)
    stranger = world.signed_in("某人", "无关公司", credit_code(77))
    for path in ("payload/main", "statements"):
        place = f"/lots/{published.lot}/bids/b_{'a' * 26}/{path}"
        refused(world.anonymous("GET", place), "sign-in-needed")
        refused(stranger.call("GET", place), "not-found")
        # Not even the host reads what a receipt key said before the lot is Closed, or that it said nothing.
        refused(published.agency.call("GET", place), "not-found")
    assert world.deps.log.streams("reads:") == []
