"""The frame of every page: languages, 关怀版, what is not there, and that the policy holds."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from web.conftest import ContextFactory, both_engines
from web.harness import PHONE, Guard, Platform, axe, no_sideways_scroll


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_that_is_not_there_says_so(platform: Platform, new_context: ContextFactory, lang: str) -> None:
    page = new_context(lang=lang).new_page()
    page.goto(f"{platform.base}/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "没有这个页面" if lang == "zh" else re.compile("no such page|not here|does not exist", re.I)
    )
    axe(page)


@both_engines
def test_the_other_language_is_one_click_away_and_remembered(
    platform: Platform, new_context: ContextFactory
) -> None:
    context = new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(f"{platform.base}/nowhere")
    no_sideways_scroll(page)
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    axe(page)


NO_DATABASE = "indexedDB.open = () => { throw new DOMException('denied', 'SecurityError') }"
NO_STORAGE = """
const denied = { get() { throw new DOMException('denied', 'SecurityError') } }
Object.defineProperty(window, 'localStorage', denied)
Object.defineProperty(window, 'sessionStorage', denied)
"""


@pytest.mark.parametrize(
    ("lacking", "said", "in_english"),
    [
        ("delete window.HTMLDialogElement", "这个浏览器太旧", "too old to seal bids"),
        (
            "Object.defineProperty(window, 'isSecureContext', { value: false })",
            "本页不是通过 https 打开的",
            "not opened over https",
        ),
        (NO_DATABASE, "浏览器不允许本站保存数据", "does not let this site keep data"),
        (NO_DATABASE + NO_STORAGE, "浏览器不允许本站保存数据", "does not let this site keep data"),
    ],
    ids=["old browser", "insecure origin", "no database", "no storage at all"],
)
def test_a_browser_that_cannot_do_the_work_is_told_plainly(
    platform: Platform, new_context: ContextFactory, guard: Guard, lacking: str, said: str, in_english: str
) -> None:
    guard.allow("denied|WebSocket")
    context = new_context(viewport=PHONE)
    context.add_init_script(lacking)
    page = context.new_page()
    # A hall begins before the rest of the page does.
    page.goto(f"{platform.base}/halls/l_nowhere")
    expect(page.get_by_role("heading", level=1)).to_contain_text(said)
    expect(page.get_by_role("heading", level=2)).to_contain_text(in_english)
    expect(page.get_by_text("已收到回执的投标文件都安全地保存在平台上。")).to_be_visible()
    axe(page)
    no_sideways_scroll(page)
