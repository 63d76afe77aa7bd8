"""A lot's page: what changed, files read in place, questions without a name, and nowhere a count of bids."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, Request, expect
from web.conftest import ContextFactory, both_engines
from web.harness import PHONE, axe, no_sideways_scroll
from web.public.conftest import LAST, Published
from web.staging import submit

TABS = ("概况", "招标文件", "公告与变更", "答疑与异议", "规则与依据")


def opened(page: Page, published: Published, tab: str = "") -> None:
    page.goto(f"{published.base}/lots/{published.lot}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("河西路")
    if tab:
        page.get_by_role("tab", name=re.compile(tab)).click()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_tab_is_sound(published: Published, new_context: ContextFactory, lang: str) -> None:
    page = new_context(lang=lang, viewport=PHONE).new_page()
    page.goto(f"{published.base}/lots/{published.lot}")
    expect(page.get_by_role("tab")).to_have_count(len(TABS))
    for n in range(len(TABS)):
        page.get_by_role("tab").nth(n).click()
        expect(page.get_by_role("tabpanel")).to_be_visible()
        no_sideways_scroll(page)
        axe(page)


def test_the_lot_tells_its_terms_and_whom_bids_are_sealed_to(
    published: Published, new_context: ContextFactory
) -> None:
    page = new_context().new_page()
    opened(page, published)
    expect(page.get_by_role("navigation", name="进度")).to_contain_text("1 次变更")
    expect(page.get_by_role("complementary", name="开标大厅").get_by_role("timer")).to_be_visible()
    keys = page.get_by_role("table", name="投标文件加密给谁").get_by_role("row")
    expect(keys).to_have_count(4)
    expect(page.get_by_text("已在本浏览器核对")).to_be_visible()
    page.get_by_role("link", name="我要投标").click()
    expect(page).to_have_url(re.compile("/sign-in"))


def test_each_notice_tells_what_it_changed(published: Published, new_context: ContextFactory) -> None:
    page = new_context().new_page()
    opened(page, published, "公告与变更")
    change = page.get_by_role("article", name="变更公告")
    expect(change.get_by_role("deletion")).to_have_count(1)
    expect(change.get_by_role("insertion")).to_have_count(1)
    expect(change).to_contain_text("施工图.pdf（新增")
    expect(change).to_contain_text("演示招标文件.md（替换")
    change.get_by_text("签名单位").first.click()
    expect(change.get_by_text("签名有效：演示代理有限公司")).to_be_visible()
    with page.expect_download() as download:
        change.get_by_role("button", name="下载公告原文（JSON）").click()
    said = json.loads(download.value.path().read_bytes())
    assert said["label"] == "kaibiao/change-notice/v1"


@both_engines
def test_a_file_is_read_in_place(published: Published, new_context: ContextFactory) -> None:
    page = new_context().new_page()
    opened(page, published, "招标文件")
    opener = page.get_by_role("button", name="查看 施工图.pdf")
    opener.click()
    reader = page.get_by_role("region", name="文件阅读：施工图.pdf")
    expect(reader.get_by_text("Demonstration drawing, sheet 1")).to_be_attached(timeout=30_000)
    expect(reader.get_by_text("/ 6 页")).to_be_visible()
    drawn = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v < 128)"
    assert reader.get_by_role("group", name="第 1 页").locator("canvas").evaluate(drawn), "something is drawn"
    axe(page)
    reader.get_by_label("页码").fill("4")
    reader.get_by_label("页码").press("Enter")
    expect(reader.get_by_text("Demonstration drawing, sheet 4")).to_be_attached()
    reader.get_by_role("button", name="放大").click()
    reader.get_by_label("在文件中查找").fill(LAST)
    reader.get_by_role("button", name="查找").click()
    expect(reader.get_by_role("status").filter(has_text="第 6 页")).to_be_visible()
    expect(reader.get_by_text(LAST, exact=True)).to_be_attached()
    page.keyboard.press("Escape")
    expect(reader).to_have_count(0)
    expect(opener).to_be_focused()


def test_a_question_is_asked_without_a_name_and_answered_to_all(
    published: Published, new_context: ContextFactory
) -> None:
    context = new_context()
    page = context.new_page()
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    opened(page, published, "答疑与异议")
    page.get_by_role("button", name="匿名提交", exact=True).click()
    expect(page.get_by_label("您的问题")).to_be_focused()
    expect(page.get_by_label("您的问题")).to_have_attribute("aria-invalid", "true")
    axe(page)
    page.get_by_label("您的问题").fill("第三章的工期从哪一天起算？")
    page.get_by_role("button", name="匿名提交", exact=True).click()
    told = page.get_by_role("status").filter(has_text="问题已提交")
    expect(told).to_be_visible()
    axe(page)
    (request,) = sent
    # The header of our own pages is the same for everybody.
    assert "cookie" not in request.all_headers(), "nothing tells who asked"
    question = re.search(r"q_[a-z2-7]+", told.inner_text())
    assert question is not None
    published.answer(question[0], "工期从哪一天起算？", "自开工令之日起算。")
    other = new_context().new_page()
    opened(other, published, "答疑与异议")
    expect(other.get_by_text("自开工令之日起算。")).to_be_visible()
    axe(other)


def test_an_objection_and_a_sealed_contact(published: Published, new_context: ContextFactory) -> None:
    page = new_context().new_page()
    bodies: list[str] = []
    page.on(
        "request",
        lambda request: bodies.append(request.post_data or "") if request.method == "POST" else None,
    )
    opened(page, published, "答疑与异议")
    page.get_by_role("heading", name="留下联系方式（可不填）").click()
    page.get_by_role("button", name="加密并留下").click()
    expect(page.get_by_label("电话或邮箱").last).to_be_focused()
    page.get_by_label("电话或邮箱").last.fill("010-12345678")
    page.get_by_role("button", name="加密并留下").click()
    expect(page.get_by_role("status").filter(has_text="已留下联系方式")).to_be_visible()
    page.get_by_role("heading", name="对招标文件提出异议").click()
    page.get_by_label("异议内容").fill("资格条件第 2 条限制过严。")
    page.get_by_role("button", name="匿名提交异议").click()
    expect(page.get_by_role("status").filter(has_text="异议已登记")).to_be_visible()
    axe(page)
    assert "010-12345678" not in "".join(bodies), "the contact left the browser only sealed"


def test_a_tender_of_one_lot_shows_all_of_it(published: Published, new_context: ContextFactory) -> None:
    page = new_context().new_page()
    page.goto(f"{published.base}/tenders/{published.tender}")
    expect(page.get_by_role("tab")).to_have_count(len(TABS))
    axe(page)
    for path in ("/tenders/t_unknown", "/lots/l_unknown"):
        page.goto(published.base + path)
        expect(page.get_by_role("alert")).to_be_visible()
        axe(page)


def test_no_page_tells_how_many_have_bid(published: Published, new_context: ContextFactory) -> None:
    """The same words before and after a bid came in, on every public page."""
    page = new_context().new_page()

    def words() -> list[str]:
        found = []
        for path in ("/notices", f"/lots/{published.lot}", f"/tenders/{published.tender}"):
            page.goto(published.base + path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            page.wait_for_load_state("networkidle")
            found.append(re.sub(r"\d+:\d\d(:\d\d)?", "", page.get_by_role("main").inner_text()))
        return found

    before = words()
    staged = published.staged
    staged.bidders["丁"] = staged.platform.person("丁", "丁", 7_050)
    submit(staged, "丁", "4000000.00")
    assert words() == before
