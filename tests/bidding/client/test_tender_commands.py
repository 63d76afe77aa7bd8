"""The agency's, the centre's and the operators' commands against a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509 import load_der_x509_certificate
from servers import serving
from tender_world import AGENCY, CENTRE, TENDERER, credit_code
from typer.testing import CliRunner, Result

from bidding.app import create_app
from bidding.client.agency import opening_keys
from bidding.client.http import Api
from bidding.client.operator_commands import operator
from bidding.client.signin import open_certificate, sign_in
from bidding.client.tender_commands import tender
from bidding.people.ids import person_id
from bidding.settings import Settings
from crypto.authority import DemoAuthority
from crypto.canonical import b64, iso, sha256_hex
from crypto.keyset import new_opening_key, sign_opening_key

PASSWORD = "口令"


@dataclass
class Site:
    """A running server, certificates as files, and the command line."""

    url: str
    folder: Path
    authority: DemoAuthority

    def certificate(self, name: str, organisation: str, code: str) -> Path:
        path = self.folder / f"{name}.p12"
        if not path.exists():
            path.write_bytes(p12(self.authority, name, organisation, code))
        return path

    def run(self, app: Any, certificate: Path | None, *arguments: str) -> Result:
        options = ["--server", self.url] + (["-c", str(certificate)] if certificate else [])
        return CliRunner(env={"KAIBIAO_P12_PASSWORD": PASSWORD}).invoke(app, [*arguments, *options])

    def done(self, app: Any, certificate: Path | None, *arguments: str) -> str:
        result = self.run(app, certificate, *arguments)
        assert result.exit_code == 0, result.output
        return result.stdout


def p12(authority: DemoAuthority, name: str, organisation: str, code: str) -> bytes:
    key, der = authority.issue(organisation, code, name, at=datetime.now(UTC))
    chain = [load_der_x509_certificate(one) for one in authority.chain]
    return pkcs12.serialize_key_and_certificates(
        name.encode(), key, load_der_x509_certificate(der), chain, BestAvailableEncryption(PASSWORD.encode())
    )


OPERATORS = {"system": "系统员", "security": "安全员", "audit": "审计员"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    data = tmp_path / "data"
    authority = DemoAuthority.create(data / "demo-ca", at=datetime.now(UTC))
    files = {kind: p12(authority, name, "平台", credit_code(9)) for kind, name in OPERATORS.items()}
    operators = []
    for kind, file in files.items():
        (tmp_path / f"{OPERATORS[kind]}.p12").write_bytes(file)
        signer = open_certificate(tmp_path / f"{OPERATORS[kind]}.p12", PASSWORD)
        operators.append(f"{kind}={sha256_hex(signer.certificate)}")
    settings = Settings(data_dir=data, rehearsal=True, operators=tuple(operators))
    with serving(create_app(settings)) as url:
        yield Site(url, tmp_path, authority)


def description(site: Site, **changes: Any) -> Path:
    (site.folder / "招标文件.pdf").write_bytes(b"documents" * 300_000)
    path = site.folder / "tender.json"
    lot = {
        "title": "一标段",
        "opensAt": iso(datetime.now(UTC) + timedelta(days=40)),
        "k": 1,
        "officers": [{"seat": "officer:agency", "name": "陈代理", "creditCode": AGENCY}],
    }
    facts = {
        "regime": "REHEARSAL",
        "type": "works",
        "title": "命令行项目",
        "tenderer": {"name": "业主", "creditCode": TENDERER},
        "documents": ["招标文件.pdf"],
        **changes,
    }
    path.write_text(json.dumps({**facts, "lot": [{**lot, **changes.pop("lot", {})}]}), "utf-8")
    return path


def register_key(site: Site, certificate: Path, tender_id: str, lot: str) -> None:
    signer = open_certificate(certificate, PASSWORD)
    api = sign_in(Api.to(site.url), signer).api
    assert opening_keys(api, tender_id, lot)["keyset"] is None
    seat = sign_opening_key(tender_id, lot, "officer:agency", 1, new_opening_key(), signer)
    body = {"seat": seat.seat, "openingKey": b64(seat.opening_key), "cms": b64(seat.signature)}
    api.post(f"/tenders/{tender_id}/lots/{lot}/opening-keys", body)


def test_a_tender_from_its_description_to_its_end(site: Site) -> None:
    agency = site.certificate("陈代理", "代理公司", AGENCY)
    made = json.loads(site.done(tender, agency, "new", str(description(site)), "--json"))
    tender_id, (lot,) = made["tender"], made["lots"]
    status = site.done(tender, agency, "status", tender_id)
    assert "officer:agency" in status
    assert "keyset-incomplete" in status
    refused = site.run(tender, agency, "publish", tender_id)
    assert refused.exit_code == 1
    assert "preconditions-missing" in refused.output
    register_key(site, agency, tender_id, lot)
    assert lot in site.done(tender, agency, "publish", tender_id)

    question = Api.to(site.url).post(f"/lots/{lot}/questions", {"text": "何时现场踏勘？"})["question"]
    assert "何时现场踏勘？" in site.done(tender, agency, "questions", tender_id)
    extra = site.folder / "图纸.dwg"
    extra.write_bytes(b"drawing")
    site.done(tender, agency, "upload", tender_id, str(extra))
    later = iso(datetime.now(UTC) + timedelta(days=50))
    site.done(
        tender,
        agency,
        "clarify",
        tender_id,
        "答疑",
        "--answer",
        f"{question}=周一上午",
        "--extend",
        f"{lot}={later}",
    )
    package = Api.to(site.url).get(f"/lots/{lot}")
    assert package["deadline"] == later
    assert [one["name"] for one in package["documents"]] == ["图纸.dwg", "招标文件.pdf"]
    assert site.done(tender, agency, "questions", tender_id) == ""
    wrong = site.run(tender, agency, "clarify", tender_id, "答疑", "--answer", "q_x=y")
    assert wrong.exit_code == 1
    site.done(tender, agency, "terminate", tender_id, lot, "规划调整")
    assert Api.to(site.url).get(f"/lots/{lot}")["state"] == "terminated"


def test_operators_and_the_checking_centre(site: Site) -> None:
    system, security, audit = (site.folder / f"{name}.p12" for name in OPERATORS.values())
    agency = site.certificate("陈代理", "代理公司", AGENCY)
    centre = site.certificate("王见证", "交易中心", CENTRE)
    refused = site.run(tender, agency, "new", str(description(site, regime="ENG")))
    assert "may-not-create" in refused.output
    grant = site.done(operator, security, "grant", AGENCY, "agency").strip()
    site.done(operator, security, "grant", CENTRE, "witness")
    site.done(operator, system, "confirm-rule", "ENG/pre-publication-check")
    made = json.loads(site.done(tender, agency, "new", str(description(site, regime="ENG")), "--json"))[
        "tender"
    ]
    site.done(tender, agency, "review", made, "符合公平竞争要求")
    site.done(tender, agency, "check", made)
    site.done(tender, centre, "defects", made, "工期缺失")
    assert "defects-open" in site.done(tender, agency, "status", made)
    site.done(tender, agency, "check", made)
    site.done(tender, centre, "remain", made, "1")
    site.done(tender, agency, "check", made)
    site.done(tender, centre, "pass", made)
    assert "defects-open" not in site.done(tender, agency, "status", made)

    site.done(operator, security, "end", grant)
    assert "RoleEnded" in site.done(operator, audit, "audit")
    assert "RuleConfirmed" in site.done(operator, audit, "audit", "--stream", "platform")
    assert "agency" not in site.done(operator, security, "roles")


def test_two_operators_appoint_a_third(site: Site) -> None:
    system, security, _ = (site.folder / f"{name}.p12" for name in OPERATORS.values())
    subject = f"{CENTRE}:{person_id(CENTRE, '替补')}"
    act = site.done(
        operator, security, "ask", "grant-operator", subject, "operator:audit", "审计员离职"
    ).strip()
    assert "second-person-same" in site.run(operator, security, "confirm", act).output
    assert "审计员离职" in site.done(operator, system, "confirm", act)
    assert act in site.done(operator, system, "acts")
    assert "not-found" in site.run(operator, system, "confirm", "a_unknown").output


def test_local_rules_and_days(site: Site) -> None:
    system, security, _ = (site.folder / f"{name}.p12" for name in OPERATORS.values())
    row = site.folder / "row.toml"
    row.write_text(
        'id = "local-7"\nkey = "documents-to-deadline"\nvalue = 7\nunit = "days"\nmark = "L"\n'
        'law = "本市规定"\nzh = "七日"\nen = "seven days"\nfrom = 2026-01-01\n',
        "utf-8",
    )
    assert site.done(operator, system, "put-rule", "SMALL", str(row)).strip() == "local-7"
    assert "second-person-same" in site.run(operator, system, "confirm-rule", "local-7").output
    site.done(operator, security, "confirm-rule", "local-7")
    assert "已确认" in site.done(operator, None, "rules", "--regime", "SMALL")
    site.done(operator, system, "day", "2031-03-03", "本市放假通知", "--rest")
    assert Api.to(site.url).get("/calendar/2031-03-03")["working"] is False
    assert site.run(operator, system, "put-rule", "SMALL", str(site.folder / "none")).exit_code == 2
