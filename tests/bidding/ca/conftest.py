"""The counter over HTTP, with a log on disk and whoever is said to be signed in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bidding import problems
from bidding.auth import maybe_signed_in, signed_in
from bidding.ca import api
from bidding.ca import store as ca_store
from bidding.people.roles import Role
from ceremony.errors import Refusal
from crypto.authority import DemoAuthority
from crypto.canonical import b64, unb64
from crypto.credit_code import credit_code_check
from crypto.csr import PrivateKey, make_csr
from crypto.revocation_cache import RevocationCache
from crypto.timestamps import EmbeddedAuthority
from crypto.translog.engine import open_engine
from crypto.translog.schema import metadata
from crypto.translog.store import Log
from crypto.trust import TrustStore
from crypto.trust_files import demo_authority, demo_lists

#: Now: openssl judges OCSP answers by the real clock.
START = datetime.now(UTC).replace(microsecond=0)
BODY = "91370211000000001"
CODE = BODY + credit_code_check(BODY)
ORGANISATION = "青岛演示建设有限公司"


@dataclass
class Clock:
    at: datetime = START

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at


@dataclass
class Office:
    """The running counter and what a test changes about it."""

    client: TestClient
    authority: DemoAuthority
    log: Log
    clock: Clock
    engine: sa.Engine
    settings: SimpleNamespace
    trust: TrustStore
    roles: set[Role] = field(default_factory=set)

    def apply(self, key: PrivateKey | None = None, **more: Any) -> tuple[PrivateKey, dict[str, Any]]:
        key = key or ec.generate_private_key(ec.SECP256R1())
        names = {"organisation": ORGANISATION, "credit_code": CODE, "person": "张三"}
        csr = make_csr(key, **{name: more.pop(name, value) for name, value in names.items()})
        answer = self.client.post("/api/ca/applications", json={"csr": b64(csr), **more})
        assert answer.status_code == 201, answer.text
        return key, answer.json()

    def review(self, application: str, *, approve: bool = True, reason: str = "") -> Any:
        path = f"/api/ca/applications/{application}/review"
        return self.client.post(path, json={"approve": approve, "reason": reason})

    def issued(self) -> tuple[PrivateKey, dict[str, Any]]:
        key, applied = self.apply()
        self.roles.add(Role.SYSTEM)
        answer = self.review(applied["application"])
        assert answer.status_code == 200, answer.text
        self.roles.clear()
        return key, answer.json()

    def events(self) -> list[str]:
        return [stored.type for stored in self.log.read("platform")]


def certificate(body: dict[str, Any]) -> bytes:
    return unb64(body["certificate"])


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = Clock()
    engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    assert ca_store.application.metadata is metadata
    metadata.create_all(engine)
    log = Log(engine, origin="test/log", signing_key=Ed25519PrivateKey.generate(), clock=clock.now)
    authority = DemoAuthority.create(tmp_path / "ca", at=START - timedelta(days=1), url="http://ca.test")
    own = authority.time_stamp_identity
    trust = TrustStore(
        (demo_authority(authority),), source=RevocationCache(tmp_path / "crl", local=demo_lists(authority))
    )
    settings = SimpleNamespace(rehearsal=False)
    deps: Any = SimpleNamespace(
        authority=authority,
        engine=engine,
        log=log,
        clock=clock,
        random=os.urandom,
        settings=settings,
        trust=trust,
        tsa=EmbeddedAuthority(own.der, own.key, authority.chain, clock=clock.now),
    )
    app = FastAPI()
    problems.install(app)
    app.include_router(api.router(deps), prefix="/api")
    roles: set[Role] = set()

    def session() -> Any:
        return SimpleNamespace(person="p_operator", roles=frozenset(roles)) if roles else None

    def required() -> Any:
        found = session()
        if found is None:
            raise Refusal("sign-in-needed", "")
        return found

    app.dependency_overrides[maybe_signed_in] = session
    app.dependency_overrides[signed_in] = required
    with TestClient(app) as client:
        yield Office(client, authority, log, clock, engine, settings, trust, roles)
    log.close()
    engine.dispose()
