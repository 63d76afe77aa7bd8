"""An agency's clicks on the way to a published tender."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from playwright.sync_api import Page, expect
from web.harness import Person, goto_as

BEIJING = timezone(timedelta(hours=8))


def beijing(at: datetime) -> str:
    """An instant as a datetime-local control takes it."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M")


def draft_tender(page: Page, title: str, tenderer: Person, regime: str = "REHEARSAL") -> str:
    """From the list to the empty draft; the id of the tender."""
    goto_as(page, "/agency")
    page.get_by_role("link", name="新建招标项目").click()
    page.get_by_label("采购方式").select_option(regime)
    page.get_by_label("项目名称").fill(title)
    page.get_by_label("单位名称").fill(tenderer.organisation.name)
    page.get_by_label("统一社会信用代码").fill(tenderer.organisation.credit_code)
    page.get_by_role("button", name="创建草稿").click()
    page.wait_for_url(re.compile(r"/lots/new$"))
    found = re.search(r"/tenders/(t_[a-z0-9]+)/", page.url)
    assert found
    return found.group(1)


def add_lot(page: Page, opens_at: datetime, title: str = "") -> str:
    """On the page of a new lot; the lot's id."""
    if title:
        page.get_by_label("标段名称").fill(title)
    page.get_by_label("投标截止（开标）时间").fill(beijing(opens_at))
    page.get_by_role("button", name="添加标段").click()
    page.wait_for_url(re.compile(r"/lots/l_[a-z0-9]+$"))
    return page.url.rsplit("/", 1)[1]


def save(page: Page) -> None:
    button = page.get_by_role("button", name="保存", exact=True)
    button.click()
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).not_to_have_attribute("aria-busy", "true")


def add_officer(page: Page, seat: str, person: Person) -> None:
    """One more holder of an opening key, on the page of people; the seat is the next usual one."""
    page.get_by_role("button", name="添加持有人").click()
    group = page.get_by_role("group", name=seat)
    group.get_by_label("姓名（与证书一致）").fill(person.name)
    group.get_by_label("单位统一社会信用代码").fill(person.organisation.credit_code)


def section(page: Page, name: str) -> None:
    """One of the tender's parts, by the list beside the page."""
    page.get_by_role("navigation", name="项目内容").get_by_role("link", name=name).click()
    page.wait_for_load_state("networkidle")
