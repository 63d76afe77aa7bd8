"""A lot that opens in two parts: each session has its own record, and one archive holds both."""

from __future__ import annotations

from pathlib import Path

from archive_world import export
from opened_world import opened_world

from bidding.archive.manifest import Right
from bidding.verify.run import verify_archive
from opening_hall import commands as c
from opening_hall import statements
from opening_hall.facts import Phase
from opening_hall.seats import Role


def test_double_envelope_has_two_records_in_one_archive(tmp_path: Path) -> None:
    with opened_world(tmp_path, parts=["technical", "price"]) as world:
        world.run()
        assert world.state.phase is Phase.RECORDED
        admitted = tuple(world.state.order[:2])
        reason = "技术评审通过"
        signature, kept = world.act(world.published.agency, statements.reconvene(world.lot, admitted, reason))
        world.later()
        world.do(world.seat(Role.HOST), c.Reconvene(admitted, reason, signature), [kept])
        world.bidders = [bidder for bidder in world.bidders if bidder.bid in admitted]
        world.open_part()
        assert world.state.phase is Phase.RECORDED
        report = verify_archive(export(world, tmp_path, Right.COURT, ciphertext=True))
        assert report.wrong == ()
        assert [
            (line["part"], line["price"]) for line in report.facts["read"] if line["part"] == "price"
        ] == [("price", bidder.price) for bidder in world.bidders]
        details = {step.name: step.detail for step in report.steps}
        assert details["minutes and record"].startswith("2 records")
        assert details["record signatures"] == "4 bidders signed, 6 seals"
