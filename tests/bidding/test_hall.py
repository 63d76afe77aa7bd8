"""The hall inside the platform: seats by session, and no socket for other sites' pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import WebSocketDenialResponse
from tender_world import BASE, Person, Published, TenderWorld, published_rehearsal, tender_world

from bidding import hall, handover, my_halls


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        for part in (my_halls, hall):
            made.client.app.include_router(part.router(made.deps), prefix="/api")  # type: ignore[attr-defined]
        yield made


@pytest.fixture
def lot(world: TenderWorld) -> Published:
    published = published_rehearsal(world)
    handover.schedule(world.deps, published.lot)
    return published


def refusal(world: TenderWorld, person: Person, path: str, origin: str) -> dict[str, Any]:
    """The problem in the answer to a socket's handshake."""
    world.client.cookies.clear()
    headers = {"Cookie": f"kb={person.cookie}", **({"Origin": origin} if origin else {})}
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        world.client.websocket_connect(f"/as/{person.slot}/api{path}", headers=headers),
    ):
        pass
    found: dict[str, Any] = refused.value.json()
    return found


def test_a_session_gets_the_seats_of_its_person(world: TenderWorld, lot: Published) -> None:
    seen = lot.agency.get(f"/halls/{lot.lot}")
    assert seen["mine"]["role"] in ("host", "officer")
    officer = lot.agency.get(f"/halls/{lot.lot}?seat=officer:agency")
    assert officer["mine"]["index"] == 1
    assert lot.tenderer.get(f"/halls/{lot.lot}?seat=officer:tenderer")["mine"]["index"] == 2
    assert lot.tenderer.call("GET", f"/halls/{lot.lot}?seat=officer:agency").json()["code"] == "seat-taken"
    assert world.anonymous("GET", f"/halls/{lot.lot}").json()["seat"] == "public:"


def test_before_the_list_a_stranger_with_a_certificate_sees_what_everybody_sees(
    world: TenderWorld, lot: Published
) -> None:
    stranger = world.signed_in("某人", "某公司", "91350100M000100Y43")
    seen = stranger.get(f"/halls/{lot.lot}")
    assert seen["seat"] == "bidder:91350100M000100Y43"
    assert seen["view"] == world.anonymous("GET", f"/halls/{lot.lot}").json()["view"]


def test_commands_need_our_own_pages(world: TenderWorld, lot: Published) -> None:
    body = {"id": "c1", "do": "Say", "text": "欢迎"}
    path = f"/halls/{lot.lot}/commands"
    foreign = {"Origin": "https://elsewhere.example"}
    assert lot.agency.call("POST", path, body, headers=foreign).json()["code"] == "cross-site-request"
    assert lot.agency.post(path, body)["ok"]


def test_a_page_of_another_site_opens_no_socket_with_our_cookie(world: TenderWorld, lot: Published) -> None:
    path = f"/halls/{lot.lot}/ws"
    foreign = refusal(world, lot.agency, path, "https://elsewhere.example")
    assert foreign["code"] == "cross-site-request"
    for origin in (BASE, ""):
        taken = refusal(world, lot.agency, f"{path}?seat=supervisor:p_x", origin)
        assert taken["code"] == "seat-taken"


def test_receipt_keys_of_unknown_bids_open_nothing(world: TenderWorld, lot: Published) -> None:
    challenge = world.anonymous("GET", f"/halls/{lot.lot}/challenge").json()["challenge"]
    query = f"?seat=receipt:b_aaaa&challenge={challenge}&sig=AAAA"
    assert world.anonymous("GET", f"/halls/{lot.lot}{query}").json()["code"] == "unknown-bid"


def test_the_halls_of_a_person_with_what_needs_attention(world: TenderWorld, lot: Published) -> None:
    found = lot.agency.get("/halls")
    (hall_,) = found["halls"]
    assert hall_["lot"] == lot.lot
    assert hall_["phase"] == "SCHEDULED"
    assert {"host", "officer"} == {seat["role"] for seat in hall_["mine"]}
    assert {person["present"] for person in hall_["people"]} == {False}
    assert hall_["counts"]["live"] is None
    assert hall_["alerts"] == []


def test_nobody_else_is_told_more_of_a_hall_than_the_public(world: TenderWorld, lot: Published) -> None:
    stranger = world.signed_in("某人", "某公司", "91350100M000100Y43")
    assert stranger.get("/halls")["halls"] == []
    assert world.anonymous("GET", "/halls").status_code == 401
