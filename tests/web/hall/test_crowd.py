"""A thousand seats and five thousand lines: all there for the keys and the eye, few of them in the page."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from web.conftest import ContextFactory
from web.hall.crowd import LOT, Crowd
from web.harness import DESKTOP, PHONE, Platform, axe

#: Elements of a page that holds what a screen shows and a little more.
MOST_NODES = 2_600
NODES = "document.getElementsByTagName('*').length"


def nodes(page: Page) -> int:
    return int(page.evaluate(NODES))


def test_a_thousand_bidders(platform: Platform, new_context: ContextFactory) -> None:
    crowd = Crowd(1_000)
    crowd.to_decryption()
    page = new_context(viewport=DESKTOP).new_page()
    crowd.serve(page)
    page.goto(f"{platform.base}/halls/{LOT}")
    expect(page.get_by_text("已解密 0/1000 · 失败 0").first).to_be_visible()
    assert nodes(page) < MOST_NODES

    # One tab stop, arrow keys, and the ends within reach.
    seats = page.get_by_role("grid", name="投标人")
    expect(seats).to_have_attribute("aria-rowcount", re.compile(r"\d+"))
    assert seats.locator("button[tabindex='0']").count() == 1
    seats.locator("button[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("*:focus")).to_have_accessible_name(re.compile("^2 "))
    page.keyboard.press("Control+End")
    expect(page.locator("*:focus")).to_have_accessible_name(re.compile("^1000 "))
    page.keyboard.press("Control+Home")
    expect(page.locator("*:focus")).to_have_accessible_name(re.compile("^1 "))
    page.keyboard.press("Enter")
    details = page.get_by_role("dialog")
    expect(details).to_contain_text("统一社会信用代码")
    page.keyboard.press("Escape")
    expect(details).to_be_hidden()
    expect(page.locator("*:focus")).to_have_accessible_name(re.compile("^1 "))
    page.get_by_role("button", name="列表").click()
    expect(seats).to_have_attribute("aria-rowcount", "1000")
    axe(page)

    # Everybody acts: five thousand lines, and the page stays as small.
    crowd.everybody_releases(but=0)
    crowd.tell()
    expect(page.get_by_text("已解密 1000/1000 · 失败 0").first).to_be_visible()
    log = page.get_by_role("log")
    expect(log).to_have_attribute("aria-label", re.compile(r"动态 3,?\d\d\d"))
    crowd.read_all()
    crowd.tell()
    for _ in range(1_000):
        crowd.hall.tick()
    crowd.tell()
    expect(page.get_by_text("唱标完毕，共 1000 家")).to_be_visible()
    crowd.hall.tick()
    crowd.tell()
    count = int(re.sub(r"\D", "", str(log.get_attribute("aria-label"))))
    assert count >= 5_000
    assert nodes(page) < MOST_NODES

    # The log shows its newest line, scrolls to its first, and comes back at a press.
    expect(log.get_by_role("listitem").last).to_have_attribute("aria-posinset", str(count))
    log.evaluate("(box) => box.scrollTo(0, 0)")
    expect(log.get_by_role("listitem").first).to_have_attribute("aria-posinset", "1")
    log.evaluate("(box) => box.scrollTo(0, box.scrollHeight / 2)")
    expect(log.get_by_role("listitem").first).not_to_have_attribute("aria-posinset", "1")
    assert nodes(page) < MOST_NODES
    page.get_by_role("button", name="回到最新").click()
    expect(log.get_by_role("listitem").last).to_have_attribute("aria-posinset", str(count))

    # Prices: the table counts all rows and holds few.
    table = page.get_by_role("table").filter(has_text="投标人确认")
    expect(table).to_have_attribute("aria-rowcount", "1001")
    prices = page.get_by_role("region", name=re.compile("唱标 已唱标"))
    prices.evaluate("(box) => box.scrollTo(0, box.scrollHeight)")
    expect(table.get_by_role("row").last).to_have_attribute("aria-rowindex", "1001")
    assert nodes(page) < MOST_NODES


def test_a_hundred_and_fifty_on_a_phone(platform: Platform, new_context: ContextFactory) -> None:
    crowd = Crowd(150)
    crowd.to_decryption()
    crowd.everybody_releases(but=57)
    page = new_context(viewport=PHONE, has_touch=True).new_page()
    crowd.serve(page)
    page.goto(f"{platform.base}/halls/{LOT}")
    expect(page.get_by_text("已解密 93/150 · 失败 0").first).to_be_visible()
    assert nodes(page) < MOST_NODES
    page.get_by_role("button", name="席位").click()
    seat = page.get_by_role("grid", name="投标人").get_by_role("button", name=re.compile("^7 "))
    box = seat.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24
    axe(page)
