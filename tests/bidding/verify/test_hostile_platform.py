"""A platform that changes something and signs a new manifest over it: the step that finds it, by name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from archive_changes import CHANGES, Change, Entries, edit
from archive_world import Exported

from bidding.archive import names
from crypto.authority import DemoAuthority
from crypto.canonical import b64
from crypto.translog.checkpoint import Checkpoint, sign_checkpoint

IDS = [one[0] for one in CHANGES]


@pytest.mark.parametrize(("change", "path", "reason"), [one[1:] for one in CHANGES], ids=IDS)
def test_change_is_found_and_named(exported: Exported, change: Change, path: str, reason: str) -> None:
    report = exported.changed(change)
    assert not report.verified
    found = {(wrong.path, wrong.reason) for wrong in report.wrong}
    assert any(path in where and why == reason for where, why in found), found


def test_unchanged_and_signed_again_still_verifies(exported: Exported) -> None:
    report = exported.changed(lambda entries: None)
    assert report.verified


def test_checkpoint_over_another_tree_is_found(exported: Exported) -> None:
    log = exported.world.world.deps.log

    def fork(entries: Entries) -> None:
        note = sign_checkpoint(
            Checkpoint(log.origin, log.size(), bytes(32)), exported.world.world.deps.keys.log
        )
        entries[names.CHECKPOINT] = note.encode().encode()

    report = exported.changed(fork)
    assert {(wrong.path, wrong.reason) for wrong in report.wrong} == {(names.LEAVES, "not-included")}


def test_authority_of_ones_own_does_not_help_with_given_anchors(exported: Exported, tmp_path: Path) -> None:
    """Whoever brings anchors is not fooled by an archive that brings its own."""
    own = DemoAuthority.create(tmp_path / "ca", at=datetime(2026, 1, 1, tzinfo=UTC))
    report = exported.changed(
        edit(names.AUTHORITIES, lambda v: [{**v[0], "anchors": [b64(own.root)], "intermediates": []}])
    )
    assert not report.verified
