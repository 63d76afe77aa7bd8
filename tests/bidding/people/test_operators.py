"""三员: three operators who exclude each other, see no bid, and act over an opening only in twos."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from tender_world import (
    AGENCY,
    CENTRE,
    Person,
    TenderWorld,
    credit_code,
    published_rehearsal,
    refused,
    tender_world,
)

from bidding.hall import find_caller
from bidding.people.acts import Act, ActKind
from bidding.people.ids import person_id
from bidding.people.roles import OPERATORS, ORDINARY, Role, check_grant, effective
from ceremony.errors import Refusal
from crypto.canonical import b64, sha256_hex

PLATFORM_CODE = credit_code(9)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        yield made


def operator(world: TenderWorld, role: Role) -> Person:
    """An operator named in the settings by the certificate."""
    person = world.person(f"运维{role.value[-3:]}", "平台运营单位", PLATFORM_CODE)
    kind = role.value.removeprefix("operator:")
    entry = f"{kind}={sha256_hex(person.signer.certificate)}"
    named = (*world.deps.settings.operators, entry)
    object.__setattr__(world.deps.settings, "operators", named)
    found = person.sign_in()
    assert found["roles"] == [role.value]
    return person


def act(world: TenderWorld, kind: ActKind, subject: str, detail: str, number: int = 1) -> bytes:
    expires = world.clock.now() + timedelta(hours=1)
    return Act(f"a_{number}", kind, subject, detail, "平台故障", expires).encode()


def ask(person: Person, statement: bytes) -> Any:
    return person.call(
        "POST", "/operators/acts", {"statement": b64(statement), "cms": person.sign(statement)}
    )


def confirm(person: Person, number: int, statement: bytes) -> Any:
    return person.call("POST", f"/operators/acts/a_{number}/confirm", {"cms": person.sign(statement)})


def test_roles_exclude_each_other() -> None:
    for role in OPERATORS:
        for other in (OPERATORS | ORDINARY) - {role, Role.BIDDER}:
            with pytest.raises(Refusal, match="roles-exclude-each-other"):
                check_grant({other}, role)
            with pytest.raises(Refusal, match="roles-exclude-each-other"):
                check_grant({role}, other)
    check_grant({Role.AGENCY}, Role.TENDERER)
    assert effective({Role.SYSTEM}) == {Role.SYSTEM}
    assert effective(()) == {Role.BIDDER}


def test_security_grants_and_ends_roles_which_count_at_once(world: TenderWorld) -> None:
    security = operator(world, Role.SECURITY)
    agency = world.agency()
    body = {"creditCode": AGENCY, "role": "agency", "name": "代理公司"}
    number = security.post("/operators/roles", body)["id"]
    assert "agency" in agency.get("/auth/session")["roles"]
    refused(security.call("POST", "/operators/roles", body), "role-held")
    assert security.call("DELETE", f"/operators/roles/{number}").status_code == 204
    assert agency.get("/auth/session")["roles"] == ["bidder"]
    refused(security.call("DELETE", f"/operators/roles/{number}"), "not-found")


def test_only_security_grants(world: TenderWorld) -> None:
    body = {"creditCode": AGENCY, "role": "agency"}
    for person in (operator(world, Role.SYSTEM), operator(world, Role.AUDIT), world.agency()):
        refused(person.call("POST", "/operators/roles", body), "not-allowed")


def test_a_wrong_credit_code_is_refused(world: TenderWorld) -> None:
    security = operator(world, Role.SECURITY)
    body = {"creditCode": "91350100M000100Y44", "role": "agency"}
    refused(security.call("POST", "/operators/roles", body), "malformed-request")


def test_a_role_from_the_settings_that_was_taken_away_stays_away(world: TenderWorld) -> None:
    security, system = operator(world, Role.SECURITY), operator(world, Role.SYSTEM)
    listed = security.get("/operators/roles")["roles"]
    one = next(one for one in listed if one["role"] == "operator:system")
    me = system.get("/auth/session")
    assert (one["organisationName"], one["personName"]) == (me["organisation"]["name"], me["person"]["name"])
    held = one["id"]
    assert security.call("DELETE", f"/operators/roles/{held}").status_code == 204
    assert system.sign_in()["roles"] == ["bidder"]


def test_audit_reads_what_the_others_did(world: TenderWorld) -> None:
    security, audit = operator(world, Role.SECURITY), operator(world, Role.AUDIT)
    security.post("/operators/roles", {"creditCode": AGENCY, "role": "agency"})
    events = audit.get("/operators/audit")["events"]
    assert events[-1]["type"] == "RoleGranted"
    assert events[-1]["body"]["creditCode"] == AGENCY
    refused(security.call("GET", "/operators/audit"), "not-allowed")
    refused(audit.call("GET", "/operators/audit?stream=tender:t_x"), "not-found")


def test_ended_sessions_lock_nobody_out(world: TenderWorld) -> None:
    security, agency = operator(world, Role.SECURITY), world.agency()
    person = agency.get("/auth/session")["person"]["id"]
    assert security.call("DELETE", f"/operators/people/{person}/sessions").json() == {"ended": 1}
    refused(agency.call("GET", "/auth/session"), "sign-in-needed")
    agency.sign_in()


def test_no_operator_has_a_part_in_a_tender(world: TenderWorld) -> None:
    """Not even one whose organisation runs the tender or holds an opening key."""
    done = published_rehearsal(world)
    for role in sorted(OPERATORS):
        insider = world.person(f"内部{role[-3:]}", "测试招标代理有限公司", AGENCY)
        entry = f"{role.removeprefix('operator:')}={sha256_hex(insider.signer.certificate)}"
        object.__setattr__(world.deps.settings, "operators", (entry,))
        assert insider.sign_in()["roles"] == [role]
        lot = f"/tenders/{done.tender}/lots/{done.lot}"
        for method, path in (
            ("GET", f"{lot}/opening-keys"),
            ("GET", f"/tenders/{done.tender}/preconditions"),
            ("GET", f"/tenders/{done.tender}/questions"),
            ("GET", f"/lots/{done.lot}/contacts"),
        ):
            refused(insider.call(method, path), "not-found")
        refused(insider.call("POST", f"{lot}/fail", {"code": "all-rejected"}), "not-found")


def test_two_persons_end_a_damaged_opening_together(world: TenderWorld) -> None:
    done = published_rehearsal(world)
    hall = f"hall:{done.lot}"
    system, security = operator(world, Role.SYSTEM), operator(world, Role.SECURITY)
    statement = act(world, ActKind.ABORT_HALL, done.lot, "data-loss")
    assert ask(system, statement).status_code == 201
    assert world.deps.halls.state(hall)[1].ending is None
    refused(confirm(system, 1, statement), "second-person-same")
    assert confirm(security, 1, statement).status_code == 200
    ending = world.deps.halls.state(hall)[1].ending
    assert ending is not None
    assert ending.aborted == "data-loss"
    version = world.deps.log.version(hall)
    assert confirm(security, 1, statement).status_code == 200
    assert world.deps.log.version(hall) == version
    assert [one["open"] for one in system.get("/operators/acts")["acts"]] == [False]


def test_the_second_signature_must_be_over_the_same_statement(world: TenderWorld) -> None:
    system, security = operator(world, Role.SYSTEM), operator(world, Role.SECURITY)
    statement = act(world, ActKind.SUSPEND_HALL, "l_x", "platform")
    assert ask(system, statement).status_code == 201
    other = act(world, ActKind.SUSPEND_HALL, "l_y", "platform")
    refused(confirm(security, 1, other), "bad-signature")


def test_acts_expire_and_ids_are_used_once(world: TenderWorld) -> None:
    system, security = operator(world, Role.SYSTEM), operator(world, Role.SECURITY)
    statement = act(world, ActKind.SUSPEND_HALL, "l_x", "platform")
    assert ask(system, statement).status_code == 201
    refused(ask(security, statement), "act-expired")
    world.clock.at += timedelta(hours=1)
    security.sign_in(security.slot)
    refused(confirm(security, 1, statement), "act-expired")


def test_operator_roles_need_two(world: TenderWorld) -> None:
    system, security = operator(world, Role.SYSTEM), operator(world, Role.SECURITY)
    subject = f"{CENTRE}:{person_id(CENTRE, '新系统员')}"
    body = {"creditCode": CENTRE, "role": "operator:system", "person": subject.partition(":")[2]}
    refused(security.call("POST", "/operators/roles", body), "second-person-needed")
    statement = act(world, ActKind.GRANT_OPERATOR, subject, "operator:audit")
    assert ask(security, statement).status_code == 201
    assert confirm(system, 1, statement).status_code == 200
    fresh = world.person("新系统员", "中心", CENTRE)
    assert fresh.sign_in()["roles"] == ["operator:audit"]
    # Taken away again, it does not come back by one of the two repeating the confirmation.
    held = next(
        one["id"] for one in security.get("/operators/roles")["roles"] if one["role"] == "operator:audit"
    )
    assert security.call("DELETE", f"/operators/roles/{held}").status_code == 204
    world.clock.at += timedelta(seconds=1)
    assert confirm(system, 1, statement).status_code == 200
    assert fresh.sign_in()["roles"] == ["bidder"]


@pytest.mark.parametrize("broken", [b"{}", b'{"label":"x"}', b"[]", b"nonsense"])
def test_broken_acts_are_refused(world: TenderWorld, broken: bytes) -> None:
    system = operator(world, Role.SYSTEM)
    assert ask(system, broken).json()["code"] in ("act-malformed", "not-canonical")


def test_the_auditor_and_others_do_not_act(world: TenderWorld) -> None:
    statement = act(world, ActKind.SUSPEND_HALL, "l_x", "platform")
    for person in (operator(world, Role.AUDIT), world.agency()):
        refused(ask(person, statement), "not-allowed")


def test_an_operator_looks_into_a_hall_like_the_public(world: TenderWorld) -> None:
    """Even one that a notice names as the host of the hall."""
    done = published_rehearsal(world)
    named = done.agency
    request = Request({**_scope(named), "state": {"slot": named.slot}})
    assert find_caller(world.deps, request) is not None
    entry = f"system={sha256_hex(named.signer.certificate)}"
    object.__setattr__(world.deps.settings, "operators", (entry,))
    named.sign_in(named.slot)
    request = Request({**_scope(named), "state": {"slot": named.slot}})
    assert find_caller(world.deps, request) is None


def _scope(person: Person) -> dict[str, Any]:
    headers = [(b"cookie", f"kb={person.cookie}".encode()), (b"host", b"testserver")]
    return {"type": "http", "method": "GET", "path": "/", "headers": headers, "query_string": b""}
