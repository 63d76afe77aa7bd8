"""A record in the browser: the true one holds, a changed one is told exactly where; the QR code's page."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from playwright.sync_api import expect
from web.conftest import ContextFactory, both_engines
from web.harness import PHONE, axe, no_sideways_scroll
from web.verify.conftest import Finished, VerifyPage, flipped


@both_engines
def test_the_sealed_record_holds(finished: Finished, new_context: ContextFactory) -> None:
    page = new_context().new_page()
    visit = VerifyPage(page, finished.base)
    visit.open()
    axe(page)
    visit.check(finished.kept("record.pdf", finished.record))
    visit.verdict("开标记录核验通过")
    for title in (
        "文件上的签章完好",
        "文件指纹与日志一致",
        "记录内容与日志一致",
        "签章人与证书",
        "投标人签名",
    ):
        visit.step(title, "通过")
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows.filter(has_text="北京甲建设有限公司")).to_contain_text("40,000,000.00")
    axe(page)


def test_a_changed_price_is_shown_beside_the_proven_one(
    finished: Finished, new_context: ContextFactory
) -> None:
    page = new_context(viewport=PHONE).new_page()
    visit = VerifyPage(page, finished.base)
    visit.open()
    forged = finished.record.replace(b'"40000000.00\\n', b'"39000000.00\\n')
    assert forged != finished.record
    visit.check(finished.kept("price.pdf", forged))
    visit.verdict("开标记录有问题")
    visit.step("文件上的签章完好", "不符")
    cell = visit.step("记录内容与日志一致", "不符")
    expect(cell).to_contain_text("北京甲建设有限公司")
    expect(cell.get_by_role("definition").nth(0)).to_contain_text("39000000.00")
    expect(cell.get_by_role("definition").nth(1)).to_contain_text("40000000.00")
    expect(visit.step("文件指纹与日志一致", "不符")).to_contain_text("记录数据被改动过")
    axe(page)
    no_sideways_scroll(page)


@pytest.mark.parametrize(
    ("at", "where"), [(30_000, "印出的页面被改动过"), (-40, "签名和附件部分被改动过")], ids=["page", "seal"]
)
def test_one_changed_byte_is_located(
    finished: Finished, new_context: ContextFactory, at: int, where: str
) -> None:
    visit = VerifyPage(new_context().new_page(), finished.base)
    visit.open()
    visit.check(finished.kept("byte.pdf", flipped(finished.record, at)))
    visit.verdict("开标记录有问题")
    assert where in visit.wrong() or "pdf-malformed" in visit.wrong()


def test_the_code_leads_people_to_the_page_and_programs_to_its_facts(
    finished: Finished, new_context: ContextFactory
) -> None:
    address = f"{finished.base}/verify/{finished.code}"
    with urllib.request.urlopen(address) as answer:
        assert json.load(answer)["lot"] == finished.lot
    page = new_context(lang="en", viewport=PHONE).new_page()
    page.goto(address)
    expect(
        page.get_by_text("The platform has this record, and its log proves the result", exact=True)
    ).to_be_visible(timeout=60_000)
    expect(page.get_by_role("table").get_by_role("row").filter(has_text="深圳")).to_have_count(0)
    expect(page.get_by_role("table").get_by_role("row").filter(has_text="上海乙")).to_contain_text(
        "40,100,000.00"
    )
    axe(page)
    no_sideways_scroll(page)
    page.get_by_label("Choose a receipt, a record (PDF) or an archive (ZIP)").set_input_files(
        finished.kept("record.pdf", finished.record)
    )
    expect(page.get_by_text("The record verifies", exact=True)).to_be_visible(timeout=60_000)


def test_an_unknown_code_says_so(finished: Finished, new_context: ContextFactory) -> None:
    page = new_context().new_page()
    visit = VerifyPage(page, finished.base)
    visit.open()
    page.get_by_label("核验码").fill(f"{finished.base}/verify/{finished.lot}.main.{'0' * 16}")
    page.get_by_role("button", name="按核验码核验").click()
    visit.verdict("这个核验码有问题")
    expect(visit.step("平台认识这个核验码", "不符")).to_contain_text("平台没有这个核验码对应的记录")
    expect(page).to_have_url(re.compile(r"/verify/l_.*0{16}$"))
    axe(page)
    visit.again()
    expect(page.get_by_label("核验码")).to_be_visible()


def test_what_is_neither_is_told(finished: Finished, new_context: ContextFactory) -> None:
    page = new_context().new_page()
    visit = VerifyPage(page, finished.base)
    visit.open()
    visit.check(finished.kept("note.txt", b"hello"))
    expect(page.get_by_role("alert")).to_contain_text("这不是回执、开标记录或归档包")
    axe(page)
