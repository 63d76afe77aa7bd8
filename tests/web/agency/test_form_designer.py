"""The opening form is designed without a mouse, and bidders' view follows at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect
from web.agency.drafting import add_lot, draft_tender, save, section
from web.conftest import ContextFactory
from web.harness import Platform, as_person, axe, focused


def fields(page: Page) -> list[str]:
    """The labels in their order."""
    rows = page.get_by_role("list", name="字段").get_by_role("listitem")
    return [rows.nth(n).inner_text().replace("⠿", "").strip().split("\n")[0] for n in range(rows.count())]


def test_a_form_is_designed_by_keyboard(platform: Platform, new_context: ContextFactory) -> None:
    agency, tenderer = platform.person("agency", "主持人"), platform.person("tenderer", "招标人")
    page = as_person(new_context(), platform.base, agency.p12, "/agency")
    draft_tender(page, "演示：一览表", tenderer)
    add_lot(page, datetime.now(UTC) + timedelta(hours=2))
    section(page, "开标一览表")
    assert fields(page)[:3] == ["投标报价", "工期", "质量"]
    axe(page, within="main")

    row = page.get_by_role("list", name="字段").get_by_role("button", name="质量 文字")
    row.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_role("status").filter(has_text="“质量”现在是第 2 个")).to_be_attached()
    assert fields(page)[:3] == ["投标报价", "质量", "工期"]
    expect(focused(page)).to_contain_text("质量")  # the focus moves with the field
    page.keyboard.press("ArrowDown")
    expect(focused(page)).to_contain_text("工期")

    page.get_by_role("button", name="删除 暂列金额/暂估价").press("Enter")
    assert "暂列金额/暂估价" not in fields(page)
    page.get_by_role("button", name="添加字段").press("Enter")
    page.get_by_role("menuitem", name="选项 空白字段").press("Enter")
    page.get_by_role("button", name="保存", exact=True).press("Enter")
    summary = page.get_by_role("alert").filter(has_text="修改")
    expect(summary).to_be_focused()
    axe(page, within="main")
    summary.get_by_role("link").first.press("Enter")
    page.get_by_label("名称（中文）").fill("质量等级")
    page.get_by_label("名称（英文）").fill("Quality grade")
    page.get_by_label("名称（英文）").press("Tab")
    expect(page.get_by_label("字段代码")).to_have_value("quality_grade")
    page.get_by_label("选项", exact=True).fill("合格\n优良")
    preview = page.get_by_role("region", name="投标人看到的样子")
    expect(preview.get_by_label("质量等级")).to_have_text("合格优良")
    preview.get_by_label("投标报价").fill("4680000")
    expect(preview.get_by_text("肆佰陆拾捌万元整")).to_be_visible()
    save(page)
    page.reload()
    expect(page.get_by_role("button", name="质量等级 选项")).to_be_visible()
    assert fields(page)[1] == "质量"
    expect(page.get_by_role("button", name="删除 投标报价")).to_have_count(0)


def test_what_was_typed_outlives_a_reload_and_can_be_dropped(
    platform: Platform, new_context: ContextFactory
) -> None:
    agency, tenderer = platform.person("agency", "主持人"), platform.person("tenderer", "招标人")
    page = as_person(new_context(), platform.base, agency.p12, "/agency")
    draft_tender(page, "演示：暂存", tenderer)
    add_lot(page, datetime.now(UTC) + timedelta(hours=2))
    section(page, "开标一览表")
    page.get_by_role("button", name="下移 投标报价").click()
    page.reload()
    expect(page.get_by_text("已恢复您上次未保存的内容")).to_be_visible()
    assert fields(page)[:2] == ["工期", "投标报价"]
    page.get_by_role("button", name="放弃修改").click()
    assert fields(page)[:2] == ["投标报价", "工期"]
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("已恢复您上次未保存的内容")).to_have_count(0)
