"""Bids that are not there at the deadline: ended by their own key, or dropped by the platform."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from archive_world import Exported, export
from opened_world import opened_world

from bidding.archive.manifest import Right
from bidding.submissions.closing import LotClosing
from bidding.verify.report import Report
from bidding.verify.run import verify_archive
from crypto.canonical import canon


@pytest.fixture(scope="module")
def changed_minds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    """Five bids were handed in; one was withdrawn, one replaced."""
    folder = tmp_path_factory.mktemp("endings")
    with opened_world(folder, bidders=5) as world:
        world.withdraw(world.bidders[0])
        world.replace(world.bidders[0], 11, "39000000.00")
        world.run()
        yield Exported(world, folder, {Right.COURT: export(world, folder, Right.COURT, ciphertext=False)})


def test_withdrawn_and_replaced_bids_are_accounted_for(changed_minds: Exported) -> None:
    report = verify_archive(changed_minds.paths[Right.COURT])
    assert report.wrong == ()
    details = {step.name: step.detail for step in report.steps}
    assert "2 withdrawn or replaced by their own receipt keys" in details["sealed batches"]
    assert report.facts["closed"] == 4


def reasons(report: Report) -> set[str]:
    return {wrong.reason for wrong in report.wrong}


def test_ending_without_the_bidders_statement_is_a_dropped_bid(changed_minds: Exported) -> None:
    def drop(entries: dict[str, bytes]) -> None:
        for name in [name for name in entries if name.startswith("ended/")]:
            del entries[name]

    assert reasons(changed_minds.changed(drop)) == {"submission-dropped"}


@pytest.mark.parametrize("field", ["signature", "boxHash"])
def test_ending_must_be_signed_by_that_bids_key(changed_minds: Exported, field: str) -> None:
    def change(entries: dict[str, bytes]) -> None:
        name = next(name for name in entries if name.startswith("ended/") and name.endswith("statement.json"))
        told = json.loads(entries[name])
        first = told[field][0]
        told[field] = ("1" if first == "0" else "0") + told[field][1:]  # always another value, never a no-op
        entries[name] = canon(told)

    report = changed_minds.changed(change)
    assert not report.verified
    assert all(wrong.path.startswith("ended/") for wrong in report.wrong)


def test_platform_that_drops_a_bid_at_the_deadline_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch held it, the receipt says so, Closed does not, and nobody withdrew it."""
    live = LotClosing.live

    def without_one(self: LotClosing, lot: str) -> dict[str, object]:
        return dict(list(live(self, lot).items())[1:])  # type: ignore[arg-type]

    with opened_world(tmp_path, bidders=4) as world:
        monkeypatch.setattr(LotClosing, "live", without_one)
        world.close()
        kept = set(world.state.bids)
        world.bidders = [bidder for bidder in world.bidders if bidder.bid in kept]
        world.open_all()
        report = verify_archive(export(world, tmp_path, Right.PUBLIC, ciphertext=False))
        assert reasons(report) == {"submission-dropped"}
