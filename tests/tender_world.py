"""People with certificates, an agency, officers and a platform whose clock is moved by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from submission_world import HandClock, Random

from bidding import auth, problems
from bidding.app import SlotPaths
from bidding.db import all_tables
from bidding.deps import Deps
from bidding.inbox import api as inbox_api
from bidding.keys import KeyRing
from bidding.objects import LocalObjects
from bidding.people import api as people_api
from bidding.settings import Settings
from bidding.tenders import api as tenders_api
from bidding.tenders.errand import TENDERS
from bidding.trust import open_trust
from ceremony.bus import MemoryBus
from ceremony.handle import Ceremony
from ceremony.live import Live
from crypto.authority import DemoAuthority
from crypto.canonical import b64, iso, unb64
from crypto.credit_code import credit_code_check
from crypto.hpke import PrivateKey
from crypto.keyset import new_opening_key, sign_opening_key
from crypto.signing import Signer, sign_detached
from crypto.translog.engine import open_engine
from crypto.translog.store import Log
from opening_hall.hall import HALL, HALL_VIEWS

#: Monday, 10:00 in Beijing: the start of the rule book's worked example.
START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
BASE = "http://testserver"


def credit_code(number: int) -> str:
    body = f"91350100M{number:08d}"
    return body + credit_code_check(body)


AGENCY, TENDERER, SUPERVISOR, CENTRE = map(credit_code, (1, 2, 3, 4))


@dataclass
class Person:
    """Somebody with a certificate, and (once signed in) a slot and a cookie of their own."""

    world: TenderWorld
    name: str
    organisation: str
    credit_code: str
    signer: Signer
    slot: str = ""
    cookie: str = ""
    opening_keys: dict[str, PrivateKey] = field(default_factory=dict)

    def headers(self) -> dict[str, str]:
        found = {"X-Kaibiao": "1", "Origin": BASE}
        if self.cookie:
            found["Cookie"] = f"kb={self.cookie}"
        return found

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        prefix = f"/as/{self.slot}" if self.slot else ""
        headers = {**self.headers(), **options.pop("headers", {})}
        self.world.client.cookies.clear()
        return self.world.client.request(method, f"{prefix}/api{path}", json=body, headers=headers, **options)

    def get(self, path: str) -> Any:
        return ok(self.call("GET", path))

    def post(self, path: str, body: Any = None) -> Any:
        return ok(self.call("POST", path, body if body is not None else {}))

    def put(self, path: str, data: bytes, **headers: str) -> Any:
        return ok(self.call("PUT", path, content=data, headers=headers))

    def sign(self, data: bytes) -> str:
        return b64(sign_detached(data, self.signer))

    def challenge(self) -> dict[str, str]:
        found: dict[str, str] = self.post("/auth/challenge")
        return found

    def sign_in(self, slot: str = "") -> dict[str, Any]:
        """Answer a fresh challenge and keep slot and cookie."""
        if slot:
            self.slot = slot
        made = self.challenge()
        body = {"challenge": made["challenge"], "cms": self.sign(unb64(made["statement"]))}
        answer = self.call("POST", "/auth/session", body)
        found: dict[str, Any] = ok(answer)
        self.slot = found["slot"]
        self.cookie = answer.cookies["kb"] if "kb" in answer.cookies else _cookie(answer)
        return found


def _cookie(answer: Any) -> str:
    header = answer.headers["set-cookie"]
    return str(header.split(";")[0].removeprefix("kb="))


def ok(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def refused(answer: Any, code: str) -> dict[str, Any]:
    """The problem of an answer that must carry a code."""
    assert answer.status_code >= 400, answer.text
    body: dict[str, Any] = answer.json()
    assert body["code"] == code, body
    return body


@dataclass
class TenderWorld:
    """A platform in one process; time stands still until a test moves it."""

    deps: Deps
    clock: HandClock
    client: TestClient
    authority: DemoAuthority

    def person(self, name: str, organisation: str, code: str, **options: Any) -> Person:
        key, certificate = self.authority.issue(organisation, code, name, at=self.clock.now(), **options)
        chain = self.authority.chain
        return Person(self, name, organisation, code, Signer(certificate, chain, key))

    def signed_in(self, name: str, organisation: str, code: str, **options: Any) -> Person:
        person = self.person(name, organisation, code, **options)
        person.sign_in()
        return person

    def agency(self) -> Person:
        return self.signed_in("陈代理", "测试招标代理有限公司", AGENCY)

    def tenderer(self) -> Person:
        return self.signed_in("林业主", "测试建设单位", TENDERER)

    def anonymous(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        self.client.cookies.clear()
        return self.client.request(method, f"/api{path}", json=body, **options)


@contextmanager
def tender_world(
    folder: Path, *, start: datetime = START, database: str = "", **settings: Any
) -> Iterator[TenderWorld]:
    clock = HandClock(start)
    configured = Settings(
        data_dir=folder,
        database_url=database,
        public_url=BASE,
        rehearsal=True,
        **settings,
    )
    engine = open_engine(configured.database)
    all_tables().create_all(engine)
    keys = KeyRing.open(folder / "keys")
    bus = MemoryBus()
    log = Log(engine, origin="test/log", signing_key=keys.log, clock=clock.now, wake=bus.publish)
    trusted = open_trust(configured, clock=clock.now)
    halls = Ceremony(log, HALL)
    tenders = Ceremony(log, TENDERS)
    assert trusted.authority is not None
    deps = Deps(
        settings=configured,
        engine=engine,
        log=log,
        clock=clock,  # type: ignore[arg-type]
        objects=LocalObjects(folder / "store"),
        trust=trusted.store,
        authority=trusted.authority,
        tsa=trusted.tsa,
        bus=bus,
        keys=keys,
        random=Random(),
        halls=halls,
        tenders=tenders,
        live=Live(halls, HALL_VIEWS, clock=clock.now, problem=problems.problem),
    )
    app = FastAPI()
    app.add_middleware(SlotPaths)
    app.state.deps = deps
    problems.install(app)
    for module in (auth, people_api, tenders_api, inbox_api):
        app.include_router(module.router(deps), prefix="/api")
    with log_open(log), TestClient(app, base_url=BASE) as client:
        yield TenderWorld(deps, clock, client, trusted.authority)
    halls.close()
    tenders.close()
    engine.dispose()


@contextmanager
def log_open(log: Log) -> Iterator[None]:
    log.open()
    try:
        yield
    finally:
        log.close()


def rehearsal(title: str = "演示项目") -> dict[str, Any]:
    return {
        "regime": "REHEARSAL",
        "type": "works",
        "title": title,
        "tenderer": {"name": "测试建设单位", "creditCode": TENDERER},
    }


def lot_body(opens_at: datetime, **changes: Any) -> dict[str, Any]:
    return {
        "title": "一标段",
        "opensAt": iso(opens_at),
        "estimate": "45000000.00",
        "ceiling": "44000000.00",
        "k": 2,
        "officers": [
            {"seat": "officer:agency", "name": "陈代理", "creditCode": AGENCY},
            {"seat": "officer:tenderer", "name": "林业主", "creditCode": TENDERER},
        ],
        **changes,
    }


def register_key(person: Person, tender: str, lot: str, seat: str) -> Any:
    """Make an opening key for a seat, keep its private half, post its public half."""
    listed = person.get(f"/tenders/{tender}/lots/{lot}/opening-keys")
    index = next(o["index"] for o in listed["officers"] if o["seat"] == seat)
    private = new_opening_key()
    person.opening_keys[seat] = private
    signed = sign_opening_key(tender, lot, seat, index, private, person.signer)
    return person.post(
        f"/tenders/{tender}/lots/{lot}/opening-keys",
        {"seat": seat, "openingKey": b64(signed.opening_key), "cms": b64(signed.signature)},
    )


def publish(agency: Person, tender: str) -> Any:
    notice = agency.get(f"/tenders/{tender}/notice")["notice"]
    return agency.post(f"/tenders/{tender}/publish", {"notice": notice, "cms": agency.sign(unb64(notice))})


def clarify(agency: Person, tender: str, **change: Any) -> Any:
    """Draft a change notice, sign it, publish it."""
    body = {"title": "澄清", "text": "图纸以本次为准", **change}
    draft = agency.post(f"/tenders/{tender}/clarifications/draft", body)
    return agency.post(
        f"/tenders/{tender}/clarifications",
        {**body, "notice": draft["notice"], "cms": agency.sign(unb64(draft["notice"]))},
    )


@dataclass(frozen=True)
class Published:
    tender: str
    lot: str
    agency: Person
    tenderer: Person


def published_rehearsal(
    world: TenderWorld, *, opens_in: timedelta = timedelta(hours=1), **changes: Any
) -> Published:
    """A rehearsal tender with one lot, from nothing to the signed notice."""
    agency, tenderer = world.agency(), world.tenderer()
    tender = agency.post("/tenders", rehearsal())["tender"]
    lot = agency.post(f"/tenders/{tender}/lots", lot_body(world.clock.now() + opens_in, **changes))["lot"]
    register_key(agency, tender, lot, "officer:agency")
    register_key(tenderer, tender, lot, "officer:tenderer")
    agency.put(f"/tenders/{tender}/documents/招标文件.pdf", b"%PDF-1.7 " + b"x" * 5000)
    publish(agency, tender)
    return Published(tender, lot, agency, tenderer)
