"""Questions without names, one notice for several answers, the computed extension, and an early end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import expect
from web import staging
from web.agency.drafting import beijing, section
from web.conftest import ContextFactory
from web.harness import PHONE, Platform, as_person, axe, no_sideways_scroll


def test_question_clarification_extension_termination(
    platform: Platform, new_context: ContextFactory, tmp_path: Path
) -> None:
    staged = staging.stage(platform, tmp_path / "staged", 3600, sealed=("甲",))
    api = platform.api()
    for text in ("投标保证金可以用保函吗？", "图纸第三页看不清"):
        api.post(f"/lots/{staged.lot}/questions", {"text": text})
    api.post(f"/lots/{staged.lot}/objections", {"text": "工期要求过短"})

    page = as_person(new_context(), platform.base, staged.p12("agency"), "/agency")
    page.get_by_role("link", name="答复 1 条异议").click()
    expect(page.get_by_text("未答复时，开标会停在开启之前")).to_be_visible()
    axe(page, within="main")
    for _ in range(3):
        page.get_by_role("checkbox", name="选中答复", checked=False).first.check()
    page.get_by_role("button", name="起草澄清公告（已选 3 条）").click()

    page.get_by_role("button", name="预览公告").click()
    expect(page.get_by_role("alert").filter(has_text="处需要修改")).to_be_focused()
    axe(page, within="main")
    page.get_by_label("公告标题").fill("第一次答疑")
    for n, answer in enumerate(("不变", "可以", "已重新上传")):
        page.get_by_label("答复", exact=True).nth(n).fill(answer)
    page.reload()  # answers being written are not lost
    expect(page.get_by_label("答复", exact=True).first).to_have_value("不变")
    page.get_by_label("延长投标截止时间").fill(beijing(staged.opens_at - timedelta(minutes=30)))
    page.get_by_role("button", name="预览公告").click()
    expect(page.get_by_text("新的时间应晚于现在的截止时间").first).to_be_visible()
    page.get_by_label("延长投标截止时间").fill(beijing(staged.opens_at + timedelta(hours=2)))
    page.get_by_label("可能影响投标文件编制").check()
    page.get_by_role("button", name="预览公告").click()
    expect(page.get_by_role("cell", name="延期")).to_be_visible()
    axe(page, within="main")
    page.get_by_role("button", name="签名并发布").click()
    expect(page.get_by_text("第 1 号公告已发布")).to_be_visible()
    package = api.get(f"/lots/{staged.lot}")
    assert package["revision"] == 2
    assert package["deadline"] > f"{staged.opens_at:%Y-%m-%dT%H:%M}"

    section(page, "提问与异议")
    expect(page.get_by_text("第 1 号公告已答复")).to_have_count(3)
    section(page, "结果与终止")
    expect(page.get_by_text("标段尚未开标")).to_be_visible()
    page.get_by_role("button", name="终止招标").click()
    expect(page.get_by_role("alert").filter(has_text="终止理由")).to_be_focused()
    page.get_by_label("终止理由").fill("规划调整")
    page.get_by_role("button", name="终止招标").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("永不开启")
    axe(page, within="dialog")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="终止招标")).to_be_focused()
    page.get_by_role("button", name="终止招标").click()
    dialog.get_by_role("button", name="签名并终止").click()
    expect(page.get_by_text("公告撤销（代码 3）：规划调整")).to_be_visible()
    axe(page, within="main")
    assert api.get(f"/lots/{staged.lot}")["state"] == "terminated"


def test_published_pages_on_a_phone(platform: Platform, new_context: ContextFactory, tmp_path: Path) -> None:
    staged = staging.stage(platform, tmp_path / "phone", 3600, sealed=())
    for lang in ("zh", "en"):
        page = as_person(
            new_context(lang=lang, viewport=PHONE), platform.base, staged.p12("agency"), "/agency"
        )
        base = page.url.rsplit("/agency", 1)[0] + f"/agency/tenders/{staged.tender}"
        for part in ("", "/questions", "/change", "/documents", f"/lots/{staged.lot}/outcome"):
            page.goto(base + part)
            page.wait_for_load_state("networkidle")
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            no_sideways_scroll(page)
            axe(page, within="main")
