"""Openings that went otherwise, bids ended or too few of them: they verify and say what became of them."""

from __future__ import annotations

import urllib.request
from pathlib import Path

from opened_world import OpenedWorld
from playwright.sync_api import expect
from web.conftest import ContextFactory
from web.harness import axe
from web.verify.conftest import Finished, VerifyPage, finished_opening

from bidding.archive.manifest import Right


def test_bids_ended_by_their_own_keys(tmp_path: Path, client: Path, new_context: ContextFactory) -> None:
    ended: list[str] = []

    def play(world: OpenedWorld) -> None:
        ended.extend(bidder.sealed.submission for bidder in world.bidders[:2])
        world.withdraw(world.bidders[0])
        world.replace(world.bidders[0], 11, "39000000.00")
        world.run()

    with finished_opening(tmp_path, client, play, bidders=5) as finished:
        visit = VerifyPage(new_context().new_page(), finished.base)
        visit.open()
        visit.check(finished.archive(Right.COURT))
        visit.verdict("归档包核验通过")
        expect(visit.step("密封批次", "通过")).to_contain_text("2 份由投标人自己撤回或替换")
        for submission in ended:
            visit.again()
            visit.check(receipt_of(finished, submission))
            visit.verdict("回执核验通过")
            expect(visit.step("截止后计入投标", "通过")).to_contain_text("撤回或替换")


def receipt_of(finished: Finished, submission: str) -> Path:
    with urllib.request.urlopen(f"{finished.base}/api/receipts/{submission}") as answer:
        return finished.kept("ended.json", answer.read())


def test_too_few_bids_to_open(tmp_path: Path, client: Path, new_context: ContextFactory) -> None:
    def play(world: OpenedWorld) -> None:
        world.close()
        world.seal()

    with finished_opening(tmp_path, client, play, bidders=2) as finished:
        page = new_context().new_page()
        page.goto(f"{finished.base}/verify?lot={finished.lot}")
        visit = VerifyPage(page, finished.base)
        visit.verdict("归档包核验通过")
        expect(page.get_by_text("没有唱标的投标")).to_be_visible()
        axe(page)
        visit.again()
        visit.check(finished.kept("record.pdf", finished.record))
        visit.verdict("开标记录核验通过")
