"""Sessions: one path each, fresh at sign-in, limited, listed, ended, and useless to other sites."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tender_world import AGENCY, BASE, TENDERER, TenderWorld, ok, refused, tender_world

from bidding.people import sessions, store
from crypto.canonical import unb64
from crypto.translog.engine import reading


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        yield made


def test_the_cookie_is_for_one_path_and_out_of_reach_of_scripts(world: TenderWorld) -> None:
    person = world.person("张三", "某某公司", AGENCY)
    made = person.challenge()
    body = {"challenge": made["challenge"], "cms": person.sign(unb64(made["statement"]))}
    answered = person.call("POST", "/auth/session", body)
    cookie = answered.headers["set-cookie"].lower()
    assert f"path=/as/{answered.json()['slot'].lower()}" in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie  # loopback, http


def test_beyond_loopback_the_cookie_is_secure(tmp_path: Path) -> None:
    with tender_world(tmp_path, tls_certificate=tmp_path / "c") as world:
        object.__setattr__(world.deps.settings, "public_url", "https://testserver")
        person = world.person("张三", "某某公司", AGENCY)
        made = person.challenge()
        body = {"challenge": made["challenge"], "cms": person.sign(unb64(made["statement"]))}
        answered = person.call("POST", "/auth/session", body)
        assert "secure" in answered.headers["set-cookie"].lower()


def test_one_browser_holds_several_identities(world: TenderWorld) -> None:
    """One cookie jar, as in a browser: the path decides whose cookie goes along."""
    jar = world.client
    slots = {}
    for name, code in (("张三", AGENCY), ("李四", TENDERER)):
        person = world.person(name, f"{name}公司", code)
        made = ok(jar.post("/api/auth/challenge", json={}))
        body = {"challenge": made["challenge"], "cms": person.sign(unb64(made["statement"]))}
        slots[name] = ok(jar.post("/api/auth/session", json=body))["slot"]
    for name, slot in slots.items():
        assert ok(jar.get(f"/as/{slot}/api/auth/session"))["person"]["name"] == name
    refused(jar.get("/api/auth/session"), "sign-in-needed")


def test_a_cookie_is_worth_nothing_in_another_slot(world: TenderWorld) -> None:
    person = world.signed_in("张三", "某某公司", AGENCY)
    person.slot = "somebody-else"
    refused(person.call("GET", "/auth/session"), "sign-in-needed")


def test_a_planted_cookie_is_not_adopted(world: TenderWorld) -> None:
    person = world.person("张三", "某某公司", AGENCY)
    person.slot, person.cookie = "planted-slot", "x" * 43
    person.sign_in()
    assert person.cookie != "x" * 43


def test_signing_in_again_ends_the_session_before(world: TenderWorld) -> None:
    person = world.signed_in("张三", "某某公司", AGENCY)
    old = person.cookie
    person.sign_in(person.slot)
    assert person.cookie != old
    person.cookie, fresh = old, person.cookie
    refused(person.call("GET", "/auth/session"), "sign-in-needed")
    person.cookie = fresh
    person.get("/auth/session")


def test_idle_sessions_end_and_used_ones_go_on(world: TenderWorld) -> None:
    person = world.signed_in("张三", "某某公司", AGENCY)
    for _ in range(5):
        world.clock.at += timedelta(minutes=20)
        person.get("/auth/session")
    world.clock.at += timedelta(minutes=31)
    refused(person.call("GET", "/auth/session"), "sign-in-needed")


def test_no_session_outlives_the_absolute_limit(world: TenderWorld) -> None:
    person = world.signed_in("张三", "某某公司", AGENCY)
    for _ in range(12 * 3 - 1):
        world.clock.at += timedelta(minutes=20)
        person.get("/auth/session")
    world.clock.at += timedelta(minutes=20)
    refused(person.call("GET", "/auth/session"), "sign-in-needed")


def test_own_sessions_are_listed_and_ended(world: TenderWorld) -> None:
    first = world.signed_in("张三", "某某公司", AGENCY)
    second = world.signed_in("张三", "某某公司", AGENCY)
    listed = first.get("/auth/sessions")["sessions"]
    assert sorted(one["current"] for one in listed) == [False, True]
    other = next(one["id"] for one in listed if not one["current"])
    ok(first.call("DELETE", f"/auth/sessions/{other}"))
    refused(second.call("GET", "/auth/session"), "sign-in-needed")
    ok(first.call("DELETE", "/auth/session"))
    refused(first.call("GET", "/auth/session"), "sign-in-needed")


def test_nobody_ends_somebody_elses_session(world: TenderWorld) -> None:
    mine = world.signed_in("张三", "某某公司", AGENCY)
    stranger = world.signed_in("李四", "别的公司", TENDERER)
    session = mine.get("/auth/session")["session"]
    unknown = refused(stranger.call("DELETE", "/auth/sessions/s_unknown"), "not-found")
    forbidden = refused(stranger.call("DELETE", f"/auth/sessions/{session}"), "not-found")
    assert unknown == forbidden
    mine.get("/auth/session")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": BASE},
        {"X-Kaibiao": "1"},
        {"X-Kaibiao": "1", "Origin": "https://evil.example"},
        {"X-Kaibiao": "1", "Origin": "null"},
        {"X-Kaibiao": "0", "Origin": BASE},
        {"X-Kaibiao": "1", "Origin": f"{BASE}.evil.example"},
    ],
)
def test_other_sites_cannot_act_with_a_session(world: TenderWorld, headers: dict[str, str]) -> None:
    person = world.signed_in("张三", "某某公司", AGENCY)
    world.client.cookies.clear()
    answered = world.client.put(
        f"/as/{person.slot}/api/people/me",
        json={"email": "evil@example.com", "notify": True},
        headers={**headers, "Cookie": f"kb={person.cookie}"},
    )
    refused(answered, "cross-site-request")
    assert person.get("/people/me")["email"] == ""


def test_tokens_are_not_stored(world: TenderWorld) -> None:
    person = world.signed_in("张三", "某某公司", AGENCY)
    with reading(world.deps.engine) as tx:
        rows = [tuple(row) for row in tx.execute(store.session.select())]
    assert person.cookie not in str(rows)


def test_ended_sessions_are_forgotten(world: TenderWorld) -> None:
    person = world.signed_in("张三", "某某公司", AGENCY)
    ok(person.call("DELETE", "/auth/session"))
    later = world.clock.now() + timedelta(days=1)
    assert world.deps.log.transact(lambda tx: sessions.purge(tx, later)) == 1
