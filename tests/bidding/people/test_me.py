"""What a person says about itself, and what is forgotten about it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tender_world import AGENCY, TenderWorld, ok, refused, tender_world

from bidding.people import api, store
from crypto.translog.engine import reading


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        yield made


def test_letters_are_asked_for_with_an_address(world: TenderWorld) -> None:
    person = world.signed_in("张三", "某某公司", AGENCY)
    assert (person.get("/people/me")["email"], person.get("/people/me")["notify"]) == ("", False)
    ok(person.call("PUT", "/people/me", {"email": "zhang@example.cn", "notify": True}))
    found = person.get("/people/me")
    assert (found["email"], found["notify"]) == ("zhang@example.cn", True)
    for wrong in ("no", "a@b, c@d", "a b@c", "<a@b>", "x" * 320 + "@b"):
        answer = person.call("PUT", "/people/me", {"email": wrong, "notify": True})
        refused(answer, "malformed-request")
    refused(world.anonymous("GET", "/people/me"), "sign-in-needed")


def test_old_sessions_are_forgotten_by_themselves(world: TenderWorld) -> None:
    world.signed_in("张三", "某某公司", AGENCY)
    world.clock.at += timedelta(days=60)
    (task,) = api.tasks(world.deps)
    stop = threading.Event()
    stop.set()
    task.run(stop)  # told to stop before it began
    assert sessions(world) == 1
    done = threading.Event()
    done.wait = lambda _seconds=None: done.set() or True  # type: ignore[method-assign,assignment,func-returns-value]
    task.run(done)
    assert sessions(world) == 0


def sessions(world: TenderWorld) -> int:
    with reading(world.deps.engine) as tx:
        return int(tx.execute(sa.select(sa.func.count()).select_from(store.session)).scalar_one())


def test_the_certificate_of_a_session_is_kept(world: TenderWorld) -> None:
    person = world.signed_in("张三", "某某公司", AGENCY)
    sha256 = person.get("/auth/session")["certificate"]["sha256"]
    with reading(world.deps.engine) as tx:
        assert store.certificate_der(tx, sha256) == person.signer.certificate
        assert store.certificate_der(tx, "00") is None
