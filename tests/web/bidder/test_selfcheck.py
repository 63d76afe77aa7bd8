"""Before the day: the self-check with its plain verdict, and the list of one's own bids."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from web.bidder.bidding import (
    PASSPHRASE,
    Watch,
    axe,
    bid_records,
    keep_keys,
    open_desk,
    prepare,
    press,
    seal,
    small_file,
    statements,
    submitted,
)
from web.conftest import ContextFactory
from web.harness import PHONE, Guard, Platform, goto_as, no_sideways_scroll, sign_in
from web.staging import Staged, stage

CHECKS = 8


@pytest.fixture(scope="module")
def staged(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return stage(platform, tmp_path_factory.mktemp("tender"), 3600, bidders=("甲", "乙"), sealed=())


def test_a_visitor_can_check_the_computer_and_a_bidder_the_certificate(
    platform: Platform, staged: Staged, new_context: ContextFactory
) -> None:
    page = new_context(lang="en", viewport=PHONE).new_page()
    page.goto(f"{platform.base}/selfcheck?lot={staged.lot}")
    press(page, "Start the check")
    verdict = page.get_by_role("main").get_by_role("status")
    expect(verdict).to_contain_text("The computer is fine", timeout=60_000)
    axe(page)
    no_sideways_scroll(page)

    sign_in(page, platform.base, staged.p12("乙"), next_path="/selfcheck")
    page.goto(page.url.split("/selfcheck")[0] + f"/selfcheck?lot={staged.lot}")
    press(page, "Start the check")
    expect(verdict).to_contain_text("Ready", timeout=60_000)
    expect(page.get_by_role("list", name="Self-check").get_by_role("listitem")).to_have_count(CHECKS)


def test_what_fails_is_named_and_the_verdict_is_plain(
    platform: Platform, staged: Staged, new_context: ContextFactory, guard: Guard
) -> None:
    guard.allow("net::ERR_")
    context = new_context()
    # Ten minutes slow, and a network that lets no upload through.
    context.add_init_script("const real = Date.now.bind(Date); Date.now = () => real() - 600_000")
    context.route("**/api/selfcheck/bandwidth", lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{platform.base}/selfcheck")
    press(page, "开始自检")
    expect(page.get_by_role("alert")).to_contain_text("现在还不行：有 1 项未通过", timeout=60_000)
    row = page.get_by_role("listitem").filter(has=page.get_by_text("电脑时钟", exact=True))
    expect(row).to_contain_text("与平台相差 600")
    expect(row).to_contain_text("注意")
    axe(page)


def test_my_bids_are_kept_here_and_can_be_taken_to_another_computer(
    platform: Platform, staged: Staged, new_context: ContextFactory, tmp_path: Path
) -> None:
    context = new_context()
    watch = Watch(context)
    page = open_desk(context, platform, staged.p12("甲"), staged.lot)
    prepare(page, [small_file()])
    seal(page)
    key_file, _ = keep_keys(page)
    submitted(page)
    with page.expect_download() as got:
        press(page, "下载回执（JSON）")
    receipt = tmp_path / "receipt.json"
    receipt.write_bytes(got.value.path().read_bytes())
    [record] = bid_records(page)

    goto_as(page, f"/selfcheck?lot={staged.lot}")
    press(page, "开始自检")
    expect(page.get_by_text("已用回执密钥上报本次自检结果")).to_be_visible(timeout=60_000)
    facts = statements(platform.data, record["bid"])["diagnostic"]["facts"]
    assert facts["result"] == "good"

    goto_as(page, "/bids")
    mine = page.get_by_role("table", name="我的投标")
    expect(mine.get_by_role("row")).to_have_count(2)
    expect(mine).to_contain_text("已递交")
    axe(page)
    watch.assert_unlinked()
    # Nothing tells the platform's interface who looked for what: public reads carry no session either.
    assert not [one.url for one in watch.requests if re.search(r"/as/[^/]+/api/(lots|notices)", one.url)]

    key = tmp_path / "bid-key.json"
    key.write_bytes(key_file)
    other = new_context(viewport=PHONE).new_page()
    sign_in(other, platform.base, staged.p12("甲"), next_path="/bids")
    expect(other.get_by_text("本机还没有投标记录")).to_be_visible()
    press(other, "导入在其他电脑上的投标")
    dialog = other.get_by_role("dialog")
    dialog.get_by_label("选择密钥文件").set_input_files(key)
    dialog.get_by_label("选择回执（可选）").set_input_files(receipt)
    dialog.get_by_label("密钥文件口令").fill(PASSPHRASE)
    axe(other)
    dialog.get_by_role("button", name="导入").click()
    other.wait_for_url(re.compile(f"/lots/{staged.lot}/bid"))
    [taken] = bid_records(other)
    assert (taken["bid"], taken["submission"]) == (
        record["bid"],
        json.loads(receipt.read_bytes())["submission"],
    )
    other.goto(other.url.split("?")[0] + "?step=checkin")
    press(other, "签到")
    expect(other.get_by_text(re.compile("^已签到："))).to_be_visible()
    no_sideways_scroll(other)
