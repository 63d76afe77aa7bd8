"""The front page and the list: words and filters, which stand in the address; empty and broken states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web import harness
from web.conftest import ContextFactory
from web.harness import PHONE, Platform, axe, no_sideways_scroll
from web.public.conftest import Published
from web.staging import stage


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory, client: Path) -> Iterator[Published]:
    folder = tmp_path_factory.mktemp("several")
    with harness.platform(folder, client) as platform:
        first = Published(stage(platform, folder / "tender", 3600, bidders=()))
        for number in (1, 2):
            stage(platform, folder / f"other-{number}", 3600 + 600 * number, bidders=())
        yield first


def listed(page: Page) -> int:
    return page.get_by_role("list", name="公告列表").get_by_role("article").count()


def test_the_front_page_leads_everywhere(several: Published, new_context: ContextFactory) -> None:
    page = new_context().new_page()
    page.goto(several.base)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    nearest = page.get_by_role("region", name="正在开标和即将开标").get_by_role("article").first
    expect(nearest.get_by_role("link")).to_have_attribute("href", f"/lots/{several.lot}")
    roles = page.get_by_role("navigation", name="我是…")
    expect(roles.get_by_role("link", name=re.compile("投标人"))).to_be_visible()
    axe(page)
    page.get_by_label("核验码").fill("l_a.main.0123456789abcdef")
    page.get_by_role("button", name="核验", exact=True).click()
    expect(page).to_have_url(re.compile("/verify/l_a.main.0123456789abcdef$"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_pages_on_a_phone(several: Published, new_context: ContextFactory, lang: str) -> None:
    page = new_context(lang=lang, viewport=PHONE).new_page()
    for path in ("/", "/notices"):
        page.goto(several.base + path)
        expect(page.get_by_role("article").first).to_be_visible()
        no_sideways_scroll(page)
        axe(page)


def test_words_and_filters_stand_in_the_address(several: Published, new_context: ContextFactory) -> None:
    page = new_context().new_page()
    page.goto(f"{several.base}/notices")
    expect(page.get_by_role("status").filter(has_text="共 3 条")).to_be_visible()
    axe(page)
    page.get_by_label("关键词").fill(several.lot)
    page.get_by_label("关键词").fill(several.tender)
    page.get_by_role("button", name="搜索").click()
    expect(page.get_by_role("status").filter(has_text="共 1 条")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"q={several.tender}"))
    page.get_by_label("阶段").select_option("接收投标")
    expect(page).to_have_url(re.compile("stage=receiving"))
    page.get_by_label("类型").select_option("货物")
    expect(page.get_by_text("没有符合条件的公告")).to_be_visible()
    axe(page)
    page.go_back()
    expect(page.get_by_label("类型")).to_have_value("")
    expect(page.get_by_role("status").filter(has_text="共 1 条")).to_be_visible()
    page.reload()
    expect(page.get_by_label("关键词")).to_have_value(several.tender)
    page.get_by_role("button", name="清除条件").click()
    expect(page.get_by_role("status").filter(has_text="共 3 条")).to_be_visible()
    assert page.url.endswith("/notices")


def test_days_and_order_narrow_the_list(several: Published, new_context: ContextFactory) -> None:
    page = new_context().new_page()
    page.goto(f"{several.base}/notices?until=2020-01-01")
    expect(page.get_by_text("没有符合条件的公告")).to_be_visible()
    page.goto(f"{several.base}/notices?from=2020-01-01&order=opening")
    expect(page.get_by_role("status").filter(has_text="共 3 条")).to_be_visible()
    first = page.get_by_role("list", name="公告列表").get_by_role("article").first
    expect(first.get_by_role("link")).to_have_attribute("href", f"/lots/{several.lot}")
    assert listed(page) == 3


def test_nothing_published_and_no_network_are_told(platform: Platform, new_context: ContextFactory) -> None:
    context = new_context()
    page = context.new_page()
    page.goto(platform.base)
    expect(page.get_by_text("现在没有即将开标的项目")).to_be_visible()
    axe(page)
    page.goto(f"{platform.base}/notices")
    expect(page.get_by_text("还没有公告")).to_be_visible()
    page.get_by_label("关键词").fill("道路")
    context.set_offline(True)
    page.get_by_role("button", name="搜索").click()
    expect(page.get_by_role("alert")).to_contain_text("连不上服务器")
    axe(page)
    context.set_offline(False)
    page.get_by_role("button", name="重试").click()
    expect(page.get_by_text("没有符合条件的公告")).to_be_visible()
