"""授权委托 and 联合体: signed by those who give them, valid where and while they say, silent before T."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tender_world import AGENCY, TENDERER, Person, TenderWorld, credit_code, refused, tender_world

from bidding.people.ids import person_id
from crypto.canonical import b64, canon, parse_canonical
from crypto.consortium import Consortium, Member, parse_consortium, verify_consortium
from crypto.errors import Invalid
from crypto.mandate import Mandate, parse_mandate, revocation_statement, verify_mandate
from crypto.signing import sign_detached

BIDDER = credit_code(30)
OTHER = credit_code(31)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        yield made


def mandate(world: TenderWorld, grantor: str = BIDDER, **changes: Any) -> Mandate:
    now = world.clock.now()
    values: dict[str, Any] = {
        "id": "m_" + "a" * 26,
        "grantor": grantor,
        "person": person_id(grantor, "受托人"),
        "name": "受托人",
        "role": "bidder",
        "lots": (),
        "valid_from": now,
        "valid_to": now + timedelta(days=30),
        **changes,
    }
    return Mandate(**values)


def register(person: Person, value: Mandate) -> Any:
    data = value.encode()
    return person.call("POST", "/people/mandates", {"statement": b64(data), "cms": person.sign(data)})


def test_a_mandate_is_registered_listed_and_taken_back(world: TenderWorld) -> None:
    person = world.signed_in("法人", "投标公司", BIDDER)
    given = mandate(world)
    assert register(person, given).status_code == 201
    refused(register(person, given), "mandate-exists")
    listed = person.get("/people/mandates")["mandates"]
    assert [one["mandate"] for one in listed] == [given.id]
    assert world.signed_in("旁人", "别家", OTHER).get("/people/mandates")["mandates"] == []
    cms = person.sign(revocation_statement(given.id))
    assert person.post(f"/people/mandates/{given.id}/revoke", {"cms": cms})["mandate"] == given.id
    assert person.get("/people/mandates")["mandates"][0]["revokedAt"]


def test_nothing_that_tells_who_bids_is_registered(world: TenderWorld) -> None:
    person = world.signed_in("法人", "投标公司", BIDDER)
    before = len(world.deps.log.read("people"))
    refused(register(person, mandate(world, lots=("l_x",))), "mandate-would-tell")
    assert len(world.deps.log.read("people")) == before
    assert person.get("/people/mandates")["mandates"] == []


def test_only_the_grantor_gives_and_takes_back(world: TenderWorld) -> None:
    person, stranger = world.signed_in("法人", "投标公司", BIDDER), world.signed_in("旁人", "别家", OTHER)
    refused(register(stranger, mandate(world)), "mandate-signer")
    given = mandate(world)
    register(person, given)
    cms = stranger.sign(revocation_statement(given.id))
    refused(stranger.call("POST", f"/people/mandates/{given.id}/revoke", {"cms": cms}), "not-found")
    refused(person.call("POST", f"/people/mandates/{given.id}/revoke", {"cms": cms}), "mandate-signer")


def test_a_mandate_holds_only_where_and_while_it_says(world: TenderWorld) -> None:
    given, now = mandate(world, lots=("l_a",)), world.clock.now()
    given.check_covers("bidder", "l_a", now)
    for role, lot, at in (
        ("bidder", "l_b", now),
        ("agency", "l_a", now),
        ("bidder", "l_a", now - timedelta(milliseconds=1)),
        ("bidder", "l_a", given.valid_to),
    ):
        with pytest.raises(Invalid, match="mandate-not-valid"):
            given.check_covers(role, lot, at)


def test_a_sealed_mandate_is_checked_in_phase_0(world: TenderWorld) -> None:
    person = world.person("法人", "投标公司", BIDDER)
    data = mandate(world, lots=("l_a",)).encode()
    cms = sign_detached(data, person.signer)
    found, signed = verify_mandate(data, cms)
    assert found.lots == ("l_a",)
    assert signed.certificate == person.signer.certificate
    with pytest.raises(Invalid):
        verify_mandate(data.replace(b"l_a", b"l_b"), cms)


@pytest.mark.parametrize(
    "change",
    [
        {"label": "other"},
        {"mandate": "x"},
        {"role": "operator:system"},
        {"role": "nobody"},
        {"grantor": "91350100M000100Y44"},
        {"validTo": "2026-01-01T00:00:00.000Z"},
        {"lots": "l_a"},
        {"lots": [1]},
        {"name": ""},
        {"extra": "x"},
    ],
)
def test_malformed_mandates(world: TenderWorld, change: dict[str, Any]) -> None:
    value = parse_canonical(mandate(world).encode(), limit=10_000)
    with pytest.raises(Invalid, match="mandate-malformed"):
        parse_mandate(canon({**value, **change}))


def consortium(world: TenderWorld) -> tuple[Consortium, list[Person]]:
    people = [world.person("牵头", "牵头公司", BIDDER), world.person("成员", "成员公司", OTHER)]
    members = tuple(Member(p.organisation, p.credit_code, "土建") for p in people)
    return Consortium("t_x", "l_x", members), people


def test_every_member_signs_lead_first(world: TenderWorld) -> None:
    agreement, people = consortium(world)
    data = agreement.encode()
    signatures = [sign_detached(data, p.signer) for p in people]
    found, signers = verify_consortium(data, signatures, tender="t_x", lot="l_x")
    assert found.lead.credit_code == BIDDER
    assert len(signers) == 2
    for wrong in (signatures[:1], signatures[::-1], [signatures[0], signatures[0]]):
        with pytest.raises(Invalid, match="consortium-unsigned"):
            verify_consortium(data, wrong, tender="t_x", lot="l_x")
    with pytest.raises(Invalid, match="statement-misplaced"):
        verify_consortium(data, signatures, tender="t_x", lot="l_other")


@pytest.mark.parametrize(
    "change",
    [
        {"label": "x"},
        {"members": []},
        {"members": [{"name": "a", "creditCode": AGENCY, "work": ""}]},
        {"members": [{"name": "a", "creditCode": AGENCY, "work": ""}] * 2},
        {"members": [{"name": "a", "creditCode": AGENCY}, {"name": "b", "creditCode": TENDERER}]},
        {"members": [{"name": "a", "creditCode": c, "work": ""} for c in (AGENCY, "123")]},
        {"members": [{"name": "a", "creditCode": c, "work": "x" * 301} for c in (AGENCY, TENDERER)]},
        {"tender": 1},
    ],
)
def test_malformed_consortia(world: TenderWorld, change: dict[str, Any]) -> None:
    value = parse_canonical(consortium(world)[0].encode(), limit=10_000)
    with pytest.raises(Invalid, match="consortium-malformed"):
        parse_consortium(canon({**value, **change}))
