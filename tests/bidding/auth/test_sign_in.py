"""Signing in: only with a fresh challenge and a trusted certificate, and then always."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tender_world import AGENCY, BASE, Person, TenderWorld, credit_code, ok, refused, tender_world

from bidding import auth
from bidding.people.sign_in import LIFETIME
from crypto.authority import DemoAuthority
from crypto.authority_register import RevocationReason
from crypto.canonical import b64, canon, parse_canonical, unb64
from crypto.certificates import certificate_facts
from crypto.signing import Signer, sign_detached


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        yield made


def answer(person: Person, made: dict[str, str], **changes: str) -> dict[str, str]:
    body = {"challenge": made["challenge"], "cms": person.sign(unb64(made["statement"]))}
    return {**body, **changes}


def test_an_unknown_certificate_registers_itself_and_may_bid(world: TenderWorld) -> None:
    person = world.person("新来者", "某某公司", credit_code(77))
    found = person.sign_in()
    assert found["roles"] == ["bidder"]
    assert found["organisation"]["creditCode"] == credit_code(77)
    assert found["warnings"] == []
    again = person.sign_in()
    assert again["person"]["id"] == found["person"]["id"]
    assert len(world.deps.log.read("people")) == 1


def test_a_renewed_certificate_is_the_same_person(world: TenderWorld) -> None:
    first = world.signed_in("张三", "某某公司", credit_code(78))
    second = world.signed_in("张三", "某某公司", credit_code(78))
    assert first.get("/auth/session")["person"] == second.get("/auth/session")["person"]
    other = world.signed_in("李四", "某某公司", credit_code(78))
    assert other.get("/auth/session")["person"] != first.get("/auth/session")["person"]


def test_a_challenge_signs_in_once(world: TenderWorld) -> None:
    person = world.person("张三", "某某公司", AGENCY)
    body = answer(person, person.challenge())
    ok(person.call("POST", "/auth/session", body))
    refused(person.call("POST", "/auth/session", body), "challenge-used")


def test_a_challenge_expires(world: TenderWorld) -> None:
    person = world.person("张三", "某某公司", AGENCY)
    body = answer(person, person.challenge())
    world.clock.at += LIFETIME
    refused(person.call("POST", "/auth/session", body), "challenge-expired")


@pytest.mark.parametrize("forged", ["", "AAAA", "A" * 76, "!", b64(b"\xff" * 56)])
def test_a_challenge_of_another_maker_is_unknown(world: TenderWorld, forged: str) -> None:
    person = world.person("张三", "某某公司", AGENCY)
    body = answer(person, person.challenge(), challenge=forged)
    refused(person.call("POST", "/auth/session", body), "challenge-unknown")


def test_a_challenge_belongs_to_the_origin_it_was_asked_from(world: TenderWorld) -> None:
    person = world.person("张三", "某某公司", AGENCY)
    object.__setattr__(world.deps.settings, "public_url", "")
    local = {"Origin": "http://localhost:8420", "Host": "localhost:8420"}
    made = ok(world.client.post("/api/auth/challenge", json={}, headers=local))
    assert parse_canonical(unb64(made["statement"]), limit=1000)["origin"] == "http://localhost:8420"
    object.__setattr__(world.deps.settings, "public_url", BASE)
    refused(person.call("POST", "/auth/session", answer(person, made)), "challenge-unknown")


def test_a_relay_that_names_itself_gets_no_challenge_for_its_own_address(world: TenderWorld) -> None:
    """Host and Origin are the relay's to choose: a victim's client would sign for the relay's address."""
    relay = {"Origin": "https://evil.example", "Host": "evil.example"}
    made = ok(world.client.post("/api/auth/challenge", json={}, headers=relay))
    assert parse_canonical(unb64(made["statement"]), limit=1000)["origin"] == BASE
    person = world.signed_in("张三", "某某公司", AGENCY)
    refused(person.call("DELETE", "/auth/session", headers=relay), "cross-site-request")
    object.__setattr__(world.deps.settings, "public_url", "")
    made = ok(world.client.post("/api/auth/challenge", json={}, headers=relay))
    assert parse_canonical(unb64(made["statement"]), limit=1000)["origin"] != relay["Origin"]


def test_a_page_of_another_site_gets_our_own_origin_to_show(world: TenderWorld) -> None:
    made = ok(world.client.post("/api/auth/challenge", json={}, headers={"Origin": "https://phish.example"}))
    assert made["origin"] == BASE


def test_a_signature_over_anything_else_is_refused(world: TenderWorld) -> None:
    person = world.person("张三", "某某公司", AGENCY)
    made = person.challenge()
    other = canon({"label": "kaibiao/sign-in/v1", "challenge": made["challenge"]})
    answered = person.call("POST", "/auth/session", answer(person, made, cms=person.sign(other)))
    refused(answered, "bad-signature")


@pytest.mark.parametrize("cms", ["", "AAAA", b64(b"\x30\x80" * 500), "=="])
def test_malformed_signatures_are_refused_clearly(world: TenderWorld, cms: str) -> None:
    person = world.person("张三", "某某公司", AGENCY)
    answered = person.call("POST", "/auth/session", answer(person, person.challenge(), cms=cms))
    assert answered.status_code == 422
    assert answered.json()["zh"]["do"]


def test_an_untrusted_certificate_stays_out(world: TenderWorld, tmp_path: Path) -> None:
    stranger = DemoAuthority.create(tmp_path / "stranger", at=world.clock.now())
    key, der = stranger.issue("某某公司", AGENCY, "张三", at=world.clock.now())
    person = Person(world, "张三", "某某公司", AGENCY, Signer(der, stranger.chain, key))
    body = answer(person, person.challenge())
    answered = person.call("POST", "/auth/session", body)
    assert answered.status_code in (403, 422)
    assert "certificate" in answered.json()["code"]


def test_a_revoked_certificate_stays_out_and_its_successor_comes_in(world: TenderWorld) -> None:
    person = world.person("张三", "某某公司", AGENCY)
    serial = certificate_facts(person.signer.certificate).serial
    world.authority.revoke(serial, RevocationReason.KEY_COMPROMISE, at=world.clock.now())
    world.clock.at += timedelta(minutes=2)
    answered = person.call("POST", "/auth/session", answer(person, person.challenge()))
    refused(answered, "certificate-revoked")
    world.signed_in("张三", "某某公司", AGENCY)


def test_an_expired_certificate_stays_out(world: TenderWorld) -> None:
    person = world.person("张三", "某某公司", AGENCY)
    world.clock.at += timedelta(days=800)
    answered = person.call("POST", "/auth/session", answer(person, person.challenge()))
    refused(answered, "certificate-expired")


def test_missing_revocation_data_warns_and_keeps_nobody_out(world: TenderWorld) -> None:
    person = world.person("张三", "某某公司", AGENCY)
    blind = replace(world.deps, trust=replace(world.deps.trust, source=None))
    with _app(blind) as client:
        made = client.post("/api/auth/challenge", json={}).json()
        answered = client.post("/api/auth/session", json=answer(person, made))
    assert answered.status_code == 201
    assert answered.json()["warnings"] == [{"code": "revocation-unknown"}]


def test_a_certificate_that_ends_soon_is_mentioned(world: TenderWorld) -> None:
    person = world.person("张三", "某某公司", AGENCY)
    world.clock.at += timedelta(days=710)
    assert [w["code"] for w in person.sign_in()["warnings"]] == ["certificate-ends-soon"]


def test_failures_lock_nobody_out(world: TenderWorld) -> None:
    person = world.person("张三", "某某公司", AGENCY)
    for _ in range(50):
        body = answer(person, person.challenge(), cms=b64(sign_detached(b"wrong", person.signer)))
        refused(person.call("POST", "/auth/session", body), "bad-signature")
    person.sign_in()


def _app(deps: object) -> object:
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    from bidding import problems
    from bidding.app import SlotPaths
    from bidding.deps import Deps

    assert isinstance(deps, Deps)
    app = FastAPI()
    app.add_middleware(SlotPaths)
    app.state.deps = deps
    problems.install(app)
    app.include_router(auth.router(deps), prefix="/api")
    return TestClient(app, base_url=BASE)
