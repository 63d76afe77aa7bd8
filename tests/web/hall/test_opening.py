"""An opening watched by the public, in Chinese and English, by an early and a late visitor."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocket, expect
from web.conftest import ContextFactory
from web.hall.pace import lead
from web.harness import PHONE, Platform, axe, no_sideways_scroll
from web.staging import Staged, stage

PRICES = ("4680000.00", "4725500.50", "4599000.00")
VIEW = """async (lot) => {
    const answer = await fetch(`/api/halls/${lot}`)
    return JSON.stringify((await answer.json()).view)
}"""


class Frames:
    """Everything a page's sockets were told."""

    def __init__(self, page: Page) -> None:
        self.told: list[str] = []
        page.on("websocket", self._watch)

    def _watch(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda text: self.told.append(str(text)))

    def text(self) -> str:
        return "\n".join(self.told)


@pytest.fixture
def staged(platform: Platform, tmp_path: Path) -> Staged:
    rules = {"line_seconds": 3, "objection_seconds": 4, "signing_seconds": 900, "confirmation_seconds": 5}
    return stage(platform, tmp_path / "lot", lead(), rules=rules)


def log_lines(page: Page) -> list[str]:
    """The newest lines of the log, as they stand in the page."""
    return page.get_by_role("log").get_by_role("listitem").all_inner_texts()


def enter(make: ContextFactory, staged: Staged, **options: Any) -> Page:
    page = make(**options).new_page()
    page.goto(staged.base + staged.path)
    return page


def test_before_the_deadline(platform: Platform, new_context: ContextFactory, tmp_path: Path) -> None:
    waiting = stage(platform, tmp_path / "waiting", 3600, sealed=(), number=7_100)
    page = enter(new_context, waiting)
    expect(page.get_by_text("名单公布前不显示任何投标人")).to_be_visible()
    expect(page.get_by_role("timer", name="距投标截止暨开标")).to_be_visible()
    expect(page.get_by_text("实时连接正常")).to_be_visible()
    expect(page.get_by_text(re.compile(r"已校时 ±\d+"))).to_be_visible()
    expect(page.get_by_role("tab", name="唱标")).to_have_count(0)
    axe(page)
    english = enter(new_context, waiting, lang="en", viewport=PHONE, care=True)
    expect(english.get_by_text(re.compile("Live$"))).to_be_visible()
    axe(english)
    no_sideways_scroll(english)


def test_an_opening_as_the_public_sees_it(staged: Staged, new_context: ContextFactory) -> None:
    page = new_context().new_page()
    frames = Frames(page)
    page.goto(staged.base + staged.path)
    english = enter(new_context, staged, lang="en", viewport=PHONE)

    # Before the list: the hall, its phase and the clock, and nothing of anybody else.
    expect(page.get_by_text("名单公布前不显示任何投标人")).to_be_visible()
    assert page.get_by_role("grid").count() == 0
    staged.reach("IDENTIFYING")
    expect(page.get_by_text("等待开标人员解开投标人身份")).to_be_visible()
    before = frames.text()
    for secret in ("b_", *(person.organisation.name for person in staged.bidders.values()), *PRICES):
        assert secret not in before.replace(staged.lot, "")

    # The list, decryption.
    staged.identify()
    staged.reach("DECRYPTING")
    expect(page.get_by_text("已解密 0/3 · 失败 0").first).to_be_visible()
    seats = page.get_by_role("grid", name="投标人")
    expect(seats.get_by_role("button")).to_have_count(3)
    staged.release("甲", "乙")
    expect(page.get_by_text("已解密 2/3 · 失败 0").first).to_be_visible()
    axe(page)
    axe(english)
    staged.release("丙")
    staged.reach("ADMITTED")
    expect(page.get_by_role("listitem").filter(has_text="二次解密").first).to_be_visible()
    assert not any(price in frames.text() for price in PRICES)

    # The reading: the line being read is marked, captioned, and no later one is in the page or the frames.
    staged.open_all()
    staged.wait(lambda hall: hall.view["counts"]["read"] == 1)
    first = page.get_by_role("row").filter(has_text="4,680,000.00")
    expect(first).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("region", name="正在唱标 · 第 1/3 家")).to_contain_text("肆佰陆拾捌万元整")
    captions = page.get_by_role("region", name="字幕").get_by_role("status")
    expect(captions).to_contain_text("投标报价 4,680,000.00 元（肆佰陆拾捌万元整）")
    expect(english.get_by_role("region", name=re.compile("Now reading · 1 of 3"))).to_be_visible()
    assert PRICES[0] in frames.text()
    assert not any(price in frames.text() for price in PRICES[1:])
    axe(page)
    axe(english)
    expect(page.get_by_text("最高投标限价").first).to_be_visible()
    staged.wait(lambda hall: hall.view["counts"]["read"] == 2)
    expect(page.get_by_role("row").filter(has_text="4,725,500.50")).to_have_attribute("aria-current", "true")

    # Confirmation, objections, record.
    staged.reach("OBJECTION")
    expect(page.get_by_role("timer", name="提出异议剩余时间")).to_be_visible()
    axe(page)
    staged.reach("RECORD_SIGN")
    expect(page.get_by_role("tab", name="记录")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text("投标人已签署 0/3")).to_be_visible(timeout=20_000)
    axe(page)
    axe(english)

    # Whoever comes late sees the same as everyone.
    late = enter(new_context, staged)
    expect(late.get_by_text("投标人已签署 0/3")).to_be_visible()
    wanted = log_lines(page)
    assert len(wanted) >= 10
    whole = [json.loads(p.evaluate(VIEW, staged.lot)) for p in (page, late)]
    assert whole[0] == whole[1]
    labels = [p.get_by_role("log").get_attribute("aria-label") for p in (page, late)]
    assert labels[0] == labels[1]
    assert log_lines(late)[-5:] == log_lines(page)[-5:]
