"""The frame of every page: languages, 关怀版, what is not there, and that the policy holds."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from web.conftest import ContextFactory, both_engines
from web.harness import PHONE, Platform, axe, no_sideways_scroll


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
