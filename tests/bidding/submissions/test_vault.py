"""The vault gives nothing out before Closed, keeps everything encrypted, and logs who reads."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from lot_world import LotWorld, credit_code, lot_world

from bidding.people.roles import Role
from bidding.people.sessions import Session
from bidding.submissions import store
from bidding.submissions.heartbeats import beat, gaps
from bidding.submissions.rights import verify_may_read
from bidding.submissions.tables import secrets
from bidding.submissions.wiring import receipt_keys_of
from ceremony.errors import Refusal
from crypto.authority import DemoAuthority
from crypto.errors import Unavailable
from opening_hall import domain as d
from opening_hall import vault as kinds


@pytest.fixture
def lot(tmp_path: Path, authority: DemoAuthority) -> Iterator[LotWorld]:
    with lot_world(tmp_path, authority) as made:
        for number in (1, 2):
            made.submit(number)
        yield made


def opened(lot: LotWorld) -> d.State:
    lot.close()
    lot.identify()
    state = lot.open((1, 2))
    lot.opener.wait()
    return state


def test_before_closed_nothing_is_given_out(lot: LotWorld) -> None:
    bid = lot.bid(1)
    for ask in (
        lambda: lot.vault.manifest(bid),
        lambda: lot.vault.box(bid),
        lambda: lot.vault.segment(bid, "main", 0),
        lambda: lot.vault.stamped(bid),
        lambda: lot.vault.evidence(bid),
    ):
        with pytest.raises(Refusal, match="unknown-bid"):
            ask()
    lot.close()
    assert lot.vault.manifest(bid) == lot.sealed[1].manifest
    assert lot.vault.box(bid) == lot.sealed[1].box
    assert lot.vault.segment(bid, "main", 0) == lot.sealed[1].ciphertexts["main"].read_bytes()[: 1 << 20]
    for part, index in (("main", 99), ("main", -1), ("price", 0)):
        with pytest.raises(Refusal, match="no-such-piece"):
            lot.vault.segment(bid, part, index)
    with pytest.raises(Refusal, match="unknown-bid"):
        lot.vault.manifest(d.BidId("b_none"))


def test_a_receipt_key_speaks_for_its_bid_before_closed_too(lot: LotWorld) -> None:
    keys = receipt_keys_of(lot.desk)
    assert len(keys(lot.lot, lot.bid(1))) == 65
    for place in ((d.LotId("l_other"), lot.bid(1)), (lot.lot, d.BidId("b_none"))):
        with pytest.raises(Refusal, match="unknown-bid"):
            keys(*place)


def test_secrets_rest_encrypted_and_survive_a_key_rotation(lot: LotWorld) -> None:
    with store.writing(lot.desk.engine) as tx:
        lot.vault.put_secret(tx, lot.lot, lot.bid(1), "bidder-key:main", "", b"very secret key")
        lot.vault.put_secret(tx, lot.lot, lot.bid(1), "bidder-key:main", "", b"another writing")
    lot.desk.keys.rotate("data")  # type: ignore[attr-defined]
    assert lot.vault.secrets(lot.lot, "bidder-key:main") == {(lot.bid(1), ""): b"very secret key"}
    with store.reading(lot.desk.engine) as tx:
        row = tx.execute(sa.select(secrets)).one()
    assert b"very secret key" not in bytes(row.data)
    # A row moved to another place does not open.
    with store.writing(lot.desk.engine) as tx:
        tx.execute(secrets.update().values(seat="officer:thief"))
    with pytest.raises(Unavailable, match="vault-damaged"):
        lot.vault.secrets(lot.lot, "bidder-key:main")


def test_evidence_of_a_judgement_is_kept_with_long_lists_once(
    lot: LotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bidding.submissions.vault.SHARED", 64)
    lot.close()
    lot.identify()
    evidence = lot.vault.evidence(lot.bid(1))
    assert evidence["certificate"] == lot.signer(1).certificate
    assert evidence["signature"]
    assert evidence["judgement"].startswith(b"{")
    assert any(name.startswith("crl-") for name in evidence)
    with store.reading(lot.desk.engine) as tx:
        kept = tx.execute(sa.select(secrets.c.bid).where(secrets.c.kind == "evidence-list")).scalars().all()
    assert len(kept) == len(set(kept))


def test_payloads_can_be_read_after_a_key_rotation_and_not_before_they_are_opened(lot: LotWorld) -> None:
    lot.close()
    with pytest.raises(Refusal, match="not-opened"):
        lot.vault.read_payload(lot.lot, lot.bid(1), "main", "p_1")
    lot.identify()
    lot.open((1, 2))
    lot.opener.wait()
    lot.desk.keys.rotate("data")  # type: ignore[attr-defined]
    assert b"".join(lot.vault.read_payload(lot.lot, lot.bid(1), "main", "p_1"))[:2] == b"PK"
    lot.vault.payload_failed(lot.lot, lot.bid(2), "other", "bad-ciphertext")
    with pytest.raises(Refusal, match="not-opened"):
        lot.vault.read_payload(lot.lot, lot.bid(2), "other", "p_1")


def session(person: str, code: str, certificate: str = "") -> Session:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return Session(
        id="s",
        slot="slot",
        person=person,
        name="某人",
        org="o_1",
        org_name="某单位",
        credit_code=code,
        certificate_sha256=certificate,
        certificate_subject="",
        certificate_not_after=now,
        roles=frozenset(),
        seen_at=now,
        expires_at=now,
        ends_at=now,
    )


def test_who_may_read_what(lot: LotWorld) -> None:
    opened(lot)
    deps: Any = SimpleNamespace(halls=lot.halls)
    first, second = lot.bid(1), lot.bid(2)
    verify_may_read(deps, lot.lot, first, session("p_host", credit_code(900)))
    verify_may_read(deps, lot.lot, first, session("p_bidder", credit_code(1)))
    for stranger in (
        session("p_bidder", credit_code(2)),  # another bidder
        session("p_1", credit_code(900)),  # an officer of the keyset, as such
        session("p_nobody", credit_code(900)),
        replace(session("p_host", credit_code(900)), roles=frozenset({Role.SYSTEM})),
    ):
        with pytest.raises(Refusal, match="not-found"):
            verify_may_read(deps, lot.lot, first, stranger)
    verify_may_read(deps, lot.lot, second, session("p_bidder", credit_code(2)))


def test_a_payload_that_breaks_behind_its_form_is_a_result(lot: LotWorld) -> None:
    reported: list[tuple[str, str]] = []
    lot.opener._failed = lambda lot_id, bid, part, reason: reported.append((bid, reason))
    segment = lot.vault.segment

    def broken(bid: d.BidId, part: str, index: int) -> bytes:
        data = segment(bid, part, index)
        if bid == lot.bid(1) and lot.state.phase is not d.Phase.OPENING:
            return data[:-1] + bytes([data[-1] ^ 1])
        return data

    lot.vault.segment = broken  # type: ignore[method-assign]
    state = opened(lot)
    lot.look()
    lot.opener.wait()
    assert state.bids[lot.bid(1)].openings["main"].ok
    assert lot.vault.opened_parts(lot.lot) == {
        (lot.bid(1), "main"): "bad-ciphertext",
        (lot.bid(2), "main"): "",
    }
    assert reported == [(lot.bid(1), "bad-ciphertext")]


def test_files_of_several_segments_are_read_back_whole(lot: LotWorld, tmp_path: Path) -> None:
    files = []
    for name, size in (("投标函.pdf", 700_000), ("图纸/总图.dwg", 2_500_000), ("a", 0)):
        path = tmp_path / f"source-{size}"
        path.write_bytes(bytes(number % 251 for number in range(size)))
        files.append((name, path))
    lot.submit(3, lot.seal(3, files=files))
    lot.close()
    lot.identify()
    lot.open((1, 2, 3))
    lot.opener.wait()
    body = b"".join(lot.vault.read_payload(lot.lot, lot.bid(3), "main", "p_1"))
    archive = zipfile.ZipFile(io.BytesIO(body))
    assert archive.testzip() is None
    assert {name: archive.read(name) for name, _ in files} == {
        name: path.read_bytes() for name, path in files
    }


def test_an_archive_that_says_two_things_is_not_kept(
    lot: LotWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"9800000")
    two.write_bytes(b"7100000")
    with monkeypatch.context() as patched:
        patched.setattr("crypto.payload.check_names", lambda names: None)
        sealed = lot.seal(3, files=[("报价.txt", one), ("报价.txt", two)])
    lot.submit(3, sealed)
    reported: list[tuple[str, str]] = []
    lot.opener._failed = lambda lot_id, bid, part, reason: reported.append((bid, reason))
    lot.close()
    lot.identify()
    state = lot.open((1, 2, 3))
    lot.opener.wait()
    # The price was read from the form, where there is only one; the files are nobody's to read.
    assert state.bids[lot.bid(3)].openings["main"].ok
    assert lot.vault.opened_parts(lot.lot)[lot.bid(3), "main"] == "bad-file-name"
    assert reported == [(lot.bid(3), "bad-file-name")]
    assert not [key for key in lot.desk.objects.keys("payloads") if lot.bid(3) in key]


def test_the_platforms_own_outages_are_on_record(lot: LotWorld) -> None:
    began = lot.clock.at
    for seconds in (0, 10, 20, 100, 110):
        lot.clock.at = began + timedelta(seconds=seconds)
        beat(lot.desk)
        beat(lot.desk)
    found = gaps(lot.desk, began, began + timedelta(seconds=115))
    assert [(a >= began + timedelta(seconds=19), b <= began + timedelta(seconds=101)) for a, b in found] == [
        (True, True)
    ]
    assert gaps(lot.desk, began, began + timedelta(seconds=25)) == []
    minutes = [event.body for event in lot.desk.log.read("platform")]
    assert len(minutes) == len({str(minute) for minute in minutes}) == 2


def test_a_key_missing_from_the_vault_is_the_platforms_fault(lot: LotWorld) -> None:
    lot.close()
    lot.identify()
    for number in (1, 2):
        lot.release_key(number)
    with store.writing(lot.desk.engine) as tx:
        lost = sa.and_(secrets.c.bid == lot.bid(1), secrets.c.kind == f"{kinds.BIDDER_KEY}main")
        tx.execute(secrets.delete().where(lost))
    for officer in (1, 2):
        lot.sign_admitted(officer)
    for officer in (1, 2):
        lot.release_hall(officer)
    opening = lot.look().bids[lot.bid(1)].openings["main"]
    assert (opening.ok, opening.reason, opening.cause) == (False, "released-key-missing", d.Cause.PLATFORM)
