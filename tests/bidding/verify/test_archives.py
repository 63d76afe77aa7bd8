"""Archives of a real opening: what each right sees, and that every step holds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from archive_world import Exported, export
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from opened_world import opened_world

from bidding.archive.manifest import Right
from bidding.verify.run import STEPS, verify_archive
from crypto.canonical import parse_canonical
from crypto.translog.checkpoint import verifier_of
from opening_hall.facts import Phase


@pytest.mark.parametrize("right", Right)
def test_archive_of_every_right_verifies(exported: Exported, right: Right) -> None:
    report = verify_archive(exported.paths[right])
    assert report.wrong == ()
    assert report.verified
    assert [(step.n, step.ok) for step in report.steps] == [(n, True) for n in range(1, len(STEPS) + 1)]


def test_facts_tell_what_was_read(exported: Exported) -> None:
    facts = verify_archive(exported.paths[Right.PUBLIC]).facts
    assert facts["phase"] == "RECORDED"
    assert facts["closed"] == 3
    assert [(line["bidder"], line["price"]) for line in facts["read"]] == [
        (bidder.person.organisation, bidder.price) for bidder in exported.world.bidders
    ]


def test_public_sees_no_box_no_receipt_and_no_key(exported: Exported) -> None:
    entries = exported.entries(Right.PUBLIC)
    assert not [name for name in entries if name.endswith((".box", "receipt.json", ".ct", "signature.p7s"))]
    secrets = [
        parse_canonical(entries[name], limit=1 << 20) for name in entries if name.endswith("secrets.json")
    ]
    assert {key for one in secrets for key in one} == {"hallShares"}


def test_party_sees_its_own_box_alone(exported: Exported) -> None:
    entries = exported.entries(Right.PARTY)
    own = exported.world.bidders[0].bid
    for suffix in ("identity.box", "receipt.json", "part-main.ct"):
        assert [name for name in entries if name.endswith(suffix)] == [f"bids/{own}/{suffix}"]


def test_supervisor_sees_boxes_but_no_bidder_key(exported: Exported) -> None:
    entries = exported.entries(Right.SUPERVISOR)
    assert len([name for name in entries if name.endswith("identity.box")]) == 3
    assert b"bidderKeys" not in b"".join(entries[name] for name in entries if name.endswith("secrets.json"))


def test_court_can_decrypt_everything(exported: Exported) -> None:
    report = verify_archive(exported.paths[Right.COURT])
    details = {step.name: step.detail for step in report.steps}
    assert details["released keys"] == "3 released keys, 3 forms decrypted"
    assert details["whole files"] == "3 whole files decrypted"
    assert details["identities"] == "3 boxes opened and signatures checked"


def test_report_says_what_it_rests_on(exported: Exported) -> None:
    own = verify_archive(exported.paths[Right.PUBLIC])
    assert any("taken from the archive itself" in sentence for sentence in own.trusted)
    deps = exported.world.world.deps
    given = verify_archive(
        exported.paths[Right.PUBLIC], anchors=deps.trust.anchors, vkey=deps.log.verifier.encode()
    )
    assert given.verified
    assert not any("taken from the archive" in sentence for sentence in given.trusted)


def test_another_logs_key_is_refused(exported: Exported) -> None:
    origin = exported.world.world.deps.log.origin
    for name in (origin, "another.example/log"):
        vkey = verifier_of(name, Ed25519PrivateKey.generate()).encode()
        assert not verify_archive(exported.paths[Right.PUBLIC], vkey=vkey).verified


def test_foreign_anchors_do_not_verify(exported: Exported, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from crypto.authority import DemoAuthority

    other = DemoAuthority.create(tmp_path / "ca", at=datetime(2026, 1, 1, tzinfo=UTC))
    report = verify_archive(exported.paths[Right.COURT], anchors=(other.root,))
    failed = {step.name for step in report.steps if step.ok is False}
    assert {"time stamps", "record signatures"} <= failed


def test_flipped_bytes_anywhere_are_found_and_named(exported: Exported, tmp_path: Path) -> None:
    """A sample over the whole file, from headers to the last end record; tests of the container try all."""
    data = exported.paths[Right.PUBLIC].read_bytes()
    names = set(exported.entries(Right.PUBLIC)) | {"MANIFEST.json", "MANIFEST.sig", ""}
    path = tmp_path / "flipped.zip"
    made = random.Random(5)
    step = len(data) // 120
    for at in [made.randrange(start, start + step) for start in range(0, len(data) - step, step)]:
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << made.randrange(8)]) + data[at + 1 :])
        report = verify_archive(path)
        assert not report.verified, at
        assert report.wrong, at
        assert {wrong.path for wrong in report.wrong} <= names


def test_failed_opening_is_archived_too(tmp_path: Path) -> None:
    with opened_world(tmp_path, bidders=2) as world:
        world.close()
        assert world.state.phase is Phase.FAILED
        world.seal()
        report = verify_archive(export(world, tmp_path, Right.PUBLIC, ciphertext=False))
        assert report.wrong == ()
        assert report.facts["ending"] == "LT3_AT_DEADLINE"
        assert report.facts["read"] == []


def test_erased_personal_data_leaves_a_verifiable_gap(tmp_path: Path) -> None:
    with opened_world(tmp_path) as world:
        world.run()
        tender = f"tender:{world.published.tender}"
        world.world.deps.log.erase(tender, [1])
        report = verify_archive(export(world, tmp_path, Right.COURT, ciphertext=False))
        assert report.wrong == ()
        assert "1 withheld or erased" in next(s.detail for s in report.steps if s.name.startswith("event"))
