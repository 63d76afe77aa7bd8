"""Agreements and mandates in an identity box: what does not hold is remarked, nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crypto.authority import DemoAuthority
from crypto.canonical import b64
from crypto.certificates import certificate_facts
from crypto.consortium import Consortium, Member
from crypto.credit_code import credit_code_check
from crypto.identity import Identity
from crypto.mandate import Mandate
from crypto.signing import SignedBy, Signer, sign_detached
from opening_hall.papers import CONSORTIUM_UNSIGNED, MANDATE_INVALID, remark_on

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
LEAD, MEMBER = (f"{body}{credit_code_check(body)}" for body in ("91350100M00000001", "91350100M00000002"))


@dataclass(frozen=True)
class People:
    lead: Signer
    member: Signer


@pytest.fixture
def people(tmp_path: Path) -> People:
    authority = DemoAuthority.create(tmp_path / "ca", at=NOW)

    def signer(code: str) -> Signer:
        key, certificate = authority.issue("公司", code, "受托人", at=NOW)
        return Signer(certificate, authority.chain, key)

    return People(signer(LEAD), signer(MEMBER))


def code_of(signed: SignedBy) -> str | None:
    return certificate_facts(signed.certificate).credit_code


def identity(members: tuple[str, ...] = (), **papers: str) -> Identity:
    facts: dict[str, Any] = {
        "organisation": {"name": "公司", "creditCode": LEAD},
        "members": [{"name": "公司", "creditCode": code} for code in members],
        "representative": {"name": "受托人", **papers},
    }
    return Identity(facts, b"", (), (), (), b"", None, "", b"", (), b"")


def remark(box: Identity, code: Any = code_of) -> str:
    return remark_on(box, tender="t_1", lot="l_1", at=NOW, code_of=code)


def agreement(people: People, *codes: str, lot: str = "l_1") -> dict[str, str]:
    members = tuple(Member("公司", code, "土建") for code in codes)
    data = Consortium("t_1", lot, members).encode()
    signatures = [b64(sign_detached(data, signer)) for signer in (people.lead, people.member)]
    return {"consortium": b64(data), "consortiumSignatures": " ".join(signatures)}


def mandate(people: People, signer: Signer | None = None, **changes: Any) -> dict[str, str]:
    values: dict[str, Any] = {
        "id": "m_" + "a" * 26,
        "grantor": LEAD,
        "person": "p_x",
        "name": "受托人",
        "role": "bidder",
        "lots": ("l_1",),
        "valid_from": NOW - timedelta(days=1),
        "valid_to": NOW + timedelta(days=1),
        **changes,
    }
    data = Mandate(**values).encode()
    return {"mandate": b64(data), "mandateSignature": b64(sign_detached(data, signer or people.lead))}


def test_papers_that_hold(people: People) -> None:
    assert remark(identity()) == ""
    papers = {**agreement(people, LEAD, MEMBER), **mandate(people)}
    assert remark(identity((LEAD, MEMBER), **papers)) == ""


def test_members_that_did_not_sign(people: People) -> None:
    named = (LEAD, MEMBER)
    good = agreement(people, LEAD, MEMBER)
    alone = good["consortiumSignatures"].split()[0]
    for papers in (
        {},
        {"consortium": "!", "consortiumSignatures": "!"},
        {**good, "consortiumSignatures": alone},
        {**good, "consortiumSignatures": f"{alone} {alone}"},
        agreement(people, LEAD, MEMBER, lot="l_2"),
        agreement(people, MEMBER, LEAD),
    ):
        assert remark(identity(named, **papers)) == CONSORTIUM_UNSIGNED
    assert remark(identity((MEMBER, LEAD), **good)) == CONSORTIUM_UNSIGNED
    assert remark(identity(named, **good), lambda _signed: None) == CONSORTIUM_UNSIGNED


def test_mandates_that_do_not_hold(people: People) -> None:
    for papers in (
        {"mandate": "!"},
        {"mandate": mandate(people)["mandate"]},
        mandate(people, signer=people.member),
        mandate(people, grantor=MEMBER, signer=people.member),
        mandate(people, name="别人"),
        mandate(people, lots=("l_2",)),
        mandate(people, role="agency"),
        mandate(people, valid_from=NOW - timedelta(days=2), valid_to=NOW),
    ):
        assert remark(identity(**papers)) == MANDATE_INVALID
