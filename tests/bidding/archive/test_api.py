"""Archives over HTTP: who gets which, that reading is logged, and what a record's QR code says."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from archive_world import Exported
from opened_world import OpenedWorld, opened_world
from tender_world import Person, credit_code, refused

from bidding.archive import api
from bidding.archive import desk as desk_module
from bidding.archive.desk import AT_ONCE, ExportDesk
from bidding.archive.export import ended_lot
from bidding.archive.manifest import Right
from bidding.archive.rights import Viewer
from bidding.people import register
from bidding.people.roles import Role
from bidding.verify.record import sessions
from bidding.verify.run import verify_archive
from crypto.errors import Unavailable
from opening_hall.record.minutes import minutes
from opening_hall.record.printed import record_code


def serve(world: OpenedWorld) -> None:
    """The platform of these tests serves archives as well."""
    app: Any = world.world.client.app
    if not any(getattr(route, "path", "") == "/api/verify/{code}" for route in app.routes):
        app.include_router(api.router(world.world.deps), prefix="/api")
        app.include_router(api.pages(world.world.deps))


@pytest.fixture
def world(exported: Exported) -> OpenedWorld:
    serve(exported.world)
    return exported.world


def get(person: Person, world: OpenedWorld, **query: str) -> Any:
    person.sign_in()  # the opening took longer than an idle session lives
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return person.call("GET", f"/lots/{world.lot}/archive?{asked}")


def verified(answer: Any, folder: Path) -> Path:
    assert answer.status_code == 200, answer.text
    path = folder / "archive.zip"
    path.write_bytes(answer.content)
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert verify_archive(path).wrong == ()
    return path


def test_anybody_gets_the_public_archive(world: OpenedWorld, tmp_path: Path) -> None:
    verified(world.world.anonymous("GET", f"/lots/{world.lot}/archive"), tmp_path)


def test_other_rights_need_a_session(world: OpenedWorld) -> None:
    for right in ("party", "supervisor", "court"):
        answer = world.world.anonymous("GET", f"/lots/{world.lot}/archive?right={right}")
        refused(answer, "sign-in-needed")


def test_bidder_gets_its_own_box(world: OpenedWorld, tmp_path: Path) -> None:
    bidder = world.bidders[1]
    path = verified(get(bidder.person, world, right="party", ciphertext="true"), tmp_path)
    assert f"bids/{bidder.bid}/part-main.ct".encode() in path.read_bytes()
    refused(get(bidder.person, world, right="supervisor"), "not-allowed")


def test_outsider_is_no_party(world: OpenedWorld) -> None:
    outsider = world.world.signed_in("路人", "无关有限公司", credit_code(900))
    refused(get(outsider, world, right="party"), "not-allowed")


def test_agency_is_a_party_but_sees_no_box(world: OpenedWorld, tmp_path: Path) -> None:
    path = verified(get(world.published.agency, world, right="party"), tmp_path)
    assert b"identity.box" not in path.read_bytes()


def test_supervisor_of_the_lot_reads_and_it_is_logged(world: OpenedWorld, tmp_path: Path) -> None:
    before = world.world.deps.log.version(f"reads:{world.lot}")
    verified(get(world.supervisor, world, right="supervisor"), tmp_path)
    logged = world.world.deps.log.read(f"reads:{world.lot}", before)
    assert [event.body["what"] for event in logged if event.body] == ["archive:supervisor"]


def test_court_needs_an_auditor_and_a_case(world: OpenedWorld, tmp_path: Path) -> None:
    refused(get(world.supervisor, world, right="court", case="2026-1"), "not-allowed")
    auditor = world.world.person("赵审计", "平台运营单位", credit_code(901))
    grant(world, auditor, Role.AUDIT)
    refused(get(auditor, world, right="court"), "case-missing")
    verified(get(auditor, world, right="court", ciphertext="true", case="2026-1"), tmp_path)
    last = world.world.deps.log.read(f"reads:{world.lot}")[-1]
    assert last.body is not None
    assert last.body["what"] == "archive:court 2026-1"


def grant(world: OpenedWorld, person: Person, role: Role) -> None:
    facts = person.sign_in()
    register.grant(
        world.world.deps.log,
        credit_code=person.credit_code,
        name=person.organisation,
        person=facts["person"]["id"],
        role=role,
        by="test:grant",
        now=world.world.clock.now(),
    )


def test_archive_waits_for_the_sealed_record(tmp_path: Path) -> None:
    with opened_world(tmp_path) as running:
        serve(running)
        refused(running.world.anonymous("GET", f"/lots/{running.lot}/archive"), "archive-not-ready")
        refused(running.world.anonymous("GET", "/lots/l_unknown/archive"), "not-found")


def test_qr_code_leads_to_the_digests(world: OpenedWorld, exported: Exported) -> None:
    (session,) = sessions(list(ended_lot(world.world.deps, world.lot).events))
    code = record_code(minutes(session.before))
    answer = world.world.anonymous("GET", f"/verify/{code}").json()
    pdf = exported.entries(Right.PUBLIC)["record/1/record.pdf"]
    assert answer["sealedSha256"] == hashlib.sha256(pdf).hexdigest()
    assert answer["minutesSha256"].startswith(code.rpartition(".")[2])
    assert world.world.client.get(f"/verify/{code}").json() == answer, "as it stands in the QR code"
    assert [one["seat"].split(":")[0] for one in answer["sealed"]] == ["host", "tenderer", "supervisor"]


CODES = ["x", "l_a.main.0123456789abcdef", "{lot}.main.0000000000000000", "{lot}.other.0"]


@pytest.mark.parametrize("code", CODES)
def test_guessed_codes_are_not_found(world: OpenedWorld, code: str) -> None:
    refused(world.world.anonymous("GET", f"/verify/{code.format(lot=world.lot)}"), "not-found")


def test_public_archive_is_made_once_a_minute(world: OpenedWorld) -> None:
    """Ten thousand viewers cost one archive; a newer checkpoint comes with the next minute."""
    desk = ExportDesk(world.world.deps)
    lot = ended_lot(world.world.deps, world.lot)
    viewer = Viewer(Right.PUBLIC)
    first = desk.pack(lot, viewer, ciphertext=False)
    assert desk.pack(lot, viewer, ciphertext=False) is first
    world.later(61)
    assert desk.pack(lot, viewer, ciphertext=False) is not first


def test_exports_take_turns(world: OpenedWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "PATIENCE", 0.0)
    desk = ExportDesk(world.world.deps)
    lot = ended_lot(world.world.deps, world.lot)
    held = [desk._turns.acquire(blocking=False) for _ in range(AT_ONCE)]
    assert all(held)
    with pytest.raises(Unavailable) as busy:
        desk.pack(lot, Viewer(Right.SUPERVISOR), ciphertext=False)
    assert busy.value.code == "archive-busy"
