"""The panel of acts at every station: offered, refused, confirmed; by keyboard too, and readable to all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from web.conftest import ContextFactory
from web.harness import PHONE, Platform, axe, no_sideways_scroll
from web.staging import Staged, slowness, stage
from web.story.playing import EN, PATIENCE, ZH, Hand, enter, look_on

IN_ORDER = True
RULES = {"after_release_below_minimum": "go-on", "confirmation_seconds": 300, "objection_seconds": 3}


@pytest.fixture(scope="module")
def staged(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    slow = slowness()
    rules = {**RULES, "phase_a_seconds": int(60 * slow)}
    yield stage(platform, tmp_path_factory.mktemp("lot"), 30 * slow, rules=rules, deputy=True)


def readable(page: Page) -> None:
    """The page as it stands, panel and hall."""
    axe(page, within="main")


def opened_by(hand: Hand, name: str) -> Locator:
    """A dialog from the panel; Esc closes it and gives the focus back to the button."""
    button = hand.panel.get_by_role("button", name=name, exact=True)
    expect(button).to_be_visible(timeout=PATIENCE)
    button.focus()
    hand.page.keyboard.press("Enter")
    expect(hand.dialog).to_be_visible()
    axe(hand.page, within="dialog[open]")
    hand.page.keyboard.press("Escape")
    expect(hand.dialog).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    return hand.dialog


def test_before_the_deadline(staged: Staged, new_context: ContextFactory) -> None:
    host = enter(new_context(), staged, "agency", ZH)
    readable(host.page)
    host.press("sign in")
    expect(host.panel.get_by_text("操作回执（2）")).to_be_visible(timeout=PATIENCE)
    expect(host.panel.get_by_text("本浏览器没有这把密钥")).to_be_visible()
    deputy = enter(new_context("en", viewport=PHONE), staged, "deputy", EN)
    no_sideways_scroll(deputy.page)
    opened_by(deputy, "Take the host’s duty")
    deputy.page.keyboard.press("Escape")
    bidder = enter(new_context(viewport=PHONE), staged, "甲", ZH)
    expect(bidder.panel.get_by_text("名单公布前，大厅不显示任何人的席位和数量。")).to_be_visible()
    expect(bidder.panel.get_by_role("button", name=ZH["release"])).to_have_count(0)


def test_phase_a_from_every_side(staged: Staged, new_context: ContextFactory) -> None:
    staged.reach("IDENTIFYING", 300)
    staged.identify()
    staged.reach("DECRYPTING")
    # A bidder with a wrong recovery code: refused in words, reported, and free to try again.
    bidder = enter(new_context("en", viewport=PHONE), staged, "甲", EN)
    readable(bidder.page)
    bidder.press("release")
    expect(bidder.dialog).to_be_visible(timeout=PATIENCE)
    axe(bidder.page, within="dialog[open]")
    bidder.use_recovery_code(staged.recovery("乙")[1])
    expect(bidder.dialog.get_by_role("alert")).to_be_visible(timeout=PATIENCE)
    bidder.dialog.get_by_role("button", name="Cancel", exact=True).click()
    expect(bidder.button("release")).to_be_enabled(timeout=PATIENCE)
    report = opened_by(bidder, "Report trouble")
    report.get_by_label("What happened", exact=True).fill("The sheet is from another bid.")
    report.get_by_role("button", name="Send the report", exact=True).click()
    expect(report).to_be_hidden(timeout=PATIENCE)
    bidder.press("release")
    bidder.use_recovery_code(staged.recovery("甲")[1])
    bidder.sees("released")
    # Nobody in particular, with a recovery sheet.
    public = look_on(new_context(), staged, ZH)
    sheet, code = staged.recovery("乙")
    by_code = opened_by(public, "用恢复码解密")
    by_code.get_by_role("button", name="解密", exact=True).click()
    expect(by_code.get_by_text("请填写投标编号和恢复码。").first).to_be_visible()
    by_code.get_by_label("投标编号", exact=True).fill(sheet)
    by_code.get_by_role("textbox", name="恢复码", exact=True).fill(code)
    by_code.get_by_role("button", name="解密", exact=True).click()
    expect(public.page.get_by_text("已解密 2/3").first).to_be_visible(timeout=PATIENCE)


def test_the_hosts_floor(staged: Staged, new_context: ContextFactory) -> None:
    host = enter(new_context(), staged, "agency", ZH)
    extend = opened_by(host, "延长解密时限")
    extend.get_by_role("button", name=re.compile("^延长 10 分钟")).click()
    expect(extend.get_by_text("请写明理由。")).to_be_visible()
    host.page.keyboard.press("Escape")
    suspend = opened_by(host, "暂停开标")
    suspend.get_by_label("理由", exact=True).fill("网络波动，核查。")
    suspend.get_by_role("button", name="暂停开标", exact=True).click()
    # The second press is asked for; Esc takes back the first and nothing else.
    host.page.keyboard.press("Escape")
    expect(suspend.get_by_role("button", name="暂停开标", exact=True)).to_be_focused()
    suspend.get_by_role("button", name="暂停开标", exact=True).click()
    suspend.get_by_role("button", name=ZH["sure"], exact=True).click()
    expect(suspend).to_be_hidden(timeout=PATIENCE)
    expect(host.button("resume")).to_be_visible(timeout=PATIENCE)
    readable(host.page)
    host.press("resume")
    expect(host.button("resume")).to_have_count(0, timeout=PATIENCE)


def test_causes_are_decided_on_the_evidence(staged: Staged, new_context: ContextFactory) -> None:
    staged.reach("ADJUDICATING", 300)
    host = enter(new_context(), staged, "agency", ZH)
    host.press("evidence")
    for side in ("投标人一侧", "平台一侧"):
        expect(host.dialog.get_by_role("heading", name=side)).to_be_visible(timeout=PATIENCE)
    axe(host.page, within="dialog[open]")
    host.dialog.get_by_role("radio", name="原因待查", exact=True).check()
    expect(host.dialog.get_by_text("开标记录不能生成")).to_be_visible()
    host.page.keyboard.press("Escape")
    host.adjudicate("平台全程可达，投标人未出现。")
    expect(host.panel.get_by_text("已解密不足 3 家：按本项目规则继续开标")).to_be_visible(timeout=PATIENCE)
    readable(host.page)
    host.press("fix")
    host.press("sure")
    staged.open_all()


def test_a_line_is_confirmed_and_objected_to(staged: Staged, new_context: ContextFactory) -> None:
    bidder = enter(new_context("en", viewport=PHONE), staged, "甲", EN)
    bidder.sees("sealed as")
    readable(bidder.page)
    no_sideways_scroll(bidder.page)
    bidder.object("Please check the duration that was read.")
    host = enter(new_context(), staged, "agency", ZH)
    readable(host.page)
    host.answer("已核对，与密封内容一致。")
    expect(bidder.page.get_by_text("已核对，与密封内容一致。").first).to_be_attached(timeout=PATIENCE)
    bidder.press("confirm")
    bidder.prove_first_receipt()


def test_the_panel_of_the_record(staged: Staged, new_context: ContextFactory, tmp_path: Path) -> None:
    witness = enter(new_context(care=True), staged, "supervisor", ZH)
    witness.sees("read only")
    witness.sees("chain")
    readable(witness.page)
