"""Openings that end before their time (流标, 终止): everybody reads why, and what becomes of the bids."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect
from web.conftest import ContextFactory
from web.hall.pace import lead
from web.harness import PHONE, Platform, axe, no_sideways_scroll
from web.staging import slowness, stage
from web.story.playing import EN, PATIENCE, ZH, Hand, enter, look_on


def told(page: Page, title: str, *more: str) -> None:
    """What stands above everything else in the hall, to whoever looks."""
    notice = page.get_by_role("alert").filter(has_text=title)
    expect(notice).to_be_visible(timeout=PATIENCE)
    for text in more:
        expect(notice).to_contain_text(text)
    stages = page.get_by_role("region", name=re.compile("开标进程|Stages of the opening"))
    expect(stages.get_by_role("timer")).to_have_count(0)


def ends_with_its_foot(page: Page) -> None:
    """Nothing hidden makes the page longer than what stands on it."""
    foot = "document.querySelector('footer').getBoundingClientRect().bottom + scrollY"
    over = page.evaluate(f"document.scrollingElement.scrollHeight - Math.max(innerHeight, {foot})")
    assert over <= 1, f"{over} px of nothing below the page's foot"


def nothing_of_bids(hand: Hand) -> None:
    """No name and no price of anybody, and nothing to press that would open one."""
    for word in ("演示甲有限公司", "演示乙有限公司", "4,680,000", "4,725,500"):
        expect(hand.page.get_by_text(word)).to_have_count(0)
    expect(hand.button("release")).to_have_count(0)


def test_too_few_bids_at_the_deadline(
    platform: Platform, new_context: ContextFactory, tmp_path: Path
) -> None:
    staged = stage(platform, tmp_path / "lot", lead(), sealed=("甲", "乙"), number=7_400)
    public = look_on(new_context("en", viewport=PHONE), staged, EN)
    bidder = enter(new_context(), staged, "甲", ZH)
    host = enter(new_context(), staged, "agency", ZH)
    host.press("sign in")
    told(public.page, "This lot has failed", "fewer bids than the minimum at the deadline", "stay sealed")
    told(bidder.page, "本标段流标", "投标截止时投标人不足法定数量，不得开标", "所有投标文件保持加密")
    told(host.page, "本标段流标")
    nothing_of_bids(public)
    nothing_of_bids(bidder)
    expect(public.page.get_by_role("tab", name="Record", exact=True)).to_be_visible()
    expect(public.page.get_by_role("link", name="see the file")).to_be_visible()
    axe(public.page)
    no_sideways_scroll(public.page)
    expect(bidder.page.get_by_text("没有公布投标人名单")).to_be_visible()
    expect(bidder.page.get_by_role("log").get_by_text("流标：", exact=False)).to_contain_text(
        "2 家，至少 3 家"
    )
    axe(bidder.page)
    ends_with_its_foot(bidder.page)
    # The ending is recorded and sealed like any other.
    expect(host.button("seal")).to_be_visible(timeout=PATIENCE)
    axe(host.page)
    host.press("seal")
    expect(host.button("seal")).to_have_count(0, timeout=PATIENCE)


def test_too_few_bids_were_released(platform: Platform, new_context: ContextFactory, tmp_path: Path) -> None:
    rules = {"phase_a_seconds": int(12 * slowness())}
    staged = stage(platform, tmp_path / "lot", lead(), rules=rules, number=7_400)
    staged.reach("IDENTIFYING")
    staged.identify()
    staged.reach("DECRYPTING")
    staged.release("甲", "乙")
    host = enter(new_context(), staged, "agency", ZH)
    bidder = enter(new_context(viewport=PHONE), staged, "甲", ZH)
    public = look_on(new_context("en"), staged, EN)
    staged.reach("ADJUDICATING", 90)
    host.adjudicate("解密时限内始终未出现，平台全程可达。")
    expect(host.panel.get_by_text("已解密不足 3 家：按本项目规则将流标，全部投标保持密封。")).to_be_visible(
        timeout=PATIENCE
    )
    axe(host.page)
    host.panel.get_by_role("button", name="确定流标", exact=True).click()
    host.press("sure")
    told(host.page, "本标段流标", "解密后投标文件不足法定数量，停止开标")
    told(bidder.page, "本标段流标", "未进行二次解密")
    told(public.page, "This lot has failed", "fewer released bids than the minimum", "no second decryption")
    for page in (host.page, bidder.page, public.page):
        axe(page)
    no_sideways_scroll(bidder.page)


def pause_and_go_on(host: Hand, bidder: Hand) -> None:
    """A suspension stops the bidder's clock and its button; the time comes back."""
    host.panel.get_by_role("button", name="暂停开标", exact=True).click()
    host.dialog.get_by_label("事由", exact=True).select_option(label="网络故障")
    host.dialog.get_by_label("理由", exact=True).fill("机房网络中断，核查。")
    host.dialog.get_by_role("button", name="暂停开标", exact=True).click()
    host.dialog.get_by_role("button", name=ZH["sure"], exact=True).click()
    paused = bidder.page.get_by_role("status").filter(has_text="Suspended")
    expect(paused.first).to_contain_text("network failure", timeout=PATIENCE)
    expect(bidder.button("release")).to_have_count(0)
    axe(bidder.page)
    axe(host.page)
    host.press("resume")
    expect(bidder.button("release")).to_be_visible(timeout=PATIENCE)
    expect(bidder.page.get_by_text("given back").first).to_be_visible()


def test_the_host_ends_an_opening(platform: Platform, new_context: ContextFactory, tmp_path: Path) -> None:
    staged = stage(platform, tmp_path / "lot", lead(), rules={"phase_a_seconds": 900}, number=7_400)
    staged.reach("IDENTIFYING")
    staged.identify()
    staged.reach("DECRYPTING")
    staged.release("乙")
    host = enter(new_context(), staged, "agency", ZH)
    bidder = enter(new_context("en", viewport=PHONE), staged, "甲", EN)
    public = look_on(new_context(), staged, ZH)
    expect(bidder.button("release")).to_be_visible(timeout=PATIENCE)
    pause_and_go_on(host, bidder)
    host.panel.get_by_role("button", name="终止开标", exact=True).click()
    abort = host.dialog
    abort.get_by_role("button", name="终止开标", exact=True).click()
    expect(abort.get_by_text("请写明理由。")).to_be_visible()
    abort.get_by_label("事由", exact=True).select_option(label="招标终止")
    abort.get_by_label("理由", exact=True).fill("用地规划调整，招标终止。")
    axe(host.page, within="dialog[open]")
    abort.get_by_role("button", name="终止开标", exact=True).click()
    abort.get_by_role("button", name=ZH["sure"], exact=True).click()
    told(public.page, "开标已终止 · 招标终止", "用地规划调整，招标终止。")
    told(bidder.page, "the tender was terminated", "用地规划调整，招标终止。")
    expect(bidder.button("release")).to_have_count(0)
    expect(public.page.get_by_role("log").get_by_text("终止开标（招标终止）", exact=False)).to_be_attached()
    for page in (public.page, bidder.page):
        axe(page)
    no_sideways_scroll(bidder.page)
    expect(host.button("seal")).to_be_visible(timeout=PATIENCE)
    axe(host.page)
