"""Rules with sources: what stands against publishing, how a binding row changes, the check by two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web.agency.drafting import add_lot, draft_tender, section
from web.conftest import ContextFactory
from web.harness import Person, Platform, axe, goto_as, sign_in
from web.identity import acting
from web.identity.acting import CHINESE, Staffed

from bidding.client.signin import sign_in as api_sign_in


@pytest.fixture
def office(tmp_path: Path, start_platform: Callable[..., Platform]) -> Iterator[Staffed]:
    with acting.staffed(tmp_path, start_platform) as running:
        yield running


def given(office: Staffed, person: Person, role: str) -> None:
    """A role of the whole organisation, by the security operator."""
    api = api_sign_in(office.platform.api(), office.security.signer).api
    api.post("/operators/roles", {"creditCode": person.organisation.credit_code, "role": role})


def somebody(office: Staffed, folder: Path, who: str) -> Person:
    held = acting.registrar(office.platform, folder).holder(who)
    return Person(held.name, held.organisation, held.p12, held.signer, held.password)


def test_what_is_missing_is_cited_and_mended(
    office: Staffed, new_context: ContextFactory, tmp_path: Path
) -> None:
    agency, tenderer = (somebody(office, tmp_path, who) for who in ("代理", "业主"))
    page = new_context().new_page()
    sign_in(page, office.platform.base, agency.p12, CHINESE, next_path="/agency")
    goto_as(page, "/agency/tenders/new")
    page.get_by_label("项目名称").fill("演示：某道路工程")
    page.get_by_label("单位名称").fill(tenderer.organisation.name)
    page.get_by_label("统一社会信用代码").fill(tenderer.organisation.credit_code)
    expect(page.get_by_text("招标投标法 第24条").first).to_be_visible()
    page.get_by_role("button", name="创建草稿").click()
    expect(page.get_by_role("alert")).to_contain_text("may-not-create")  # what was typed stays
    expect(page.get_by_label("项目名称")).to_have_value("演示：某道路工程")
    given(office, agency, "agency")
    page.get_by_role("button", name="创建草稿").click()
    page.wait_for_url("**/lots/new")

    page.get_by_label("标段名称").fill("一标段")
    lot = add_lot(page, datetime.now(UTC) + timedelta(days=3))
    expect(page.get_by_text("早于规定的最早时间，发布时会被挡下")).to_be_visible()
    section(page, "概览")
    expect(page.get_by_role("link", name="投标截止太早")).to_be_visible()
    expect(page.get_by_text("招标投标法 第24条").first).to_be_visible()
    expect(page.get_by_role("link", name="没有招标文件")).to_be_visible()
    expect(page.get_by_role("link", name="共同开启只需 1 人，太少")).to_be_visible()
    axe(page, within="main")
    page.get_by_role("link", name="投标截止太早").click()
    page.get_by_role("button", name="用最早日期").click()
    page.get_by_label("估算价").fill("4500万")
    page.get_by_label("估算价").blur()
    expect(page.get_by_text("按估算价，上限 800,000.00 元")).to_be_visible()
    page.get_by_role("button", name="保存", exact=True).click()
    section(page, "概览")
    expect(page.get_by_role("link", name="没有招标文件")).to_be_visible()
    expect(page.get_by_role("link", name="投标截止太早")).to_have_count(0)
    assert lot


def test_the_check_names_defects_once(office: Staffed, new_context: ContextFactory, tmp_path: Path) -> None:
    agency, centre = (somebody(office, tmp_path, who) for who in ("代理", "交易中心"))
    given(office, centre, "witness")
    given(office, agency, "agency")
    page, desk = new_context().new_page(), new_context().new_page()
    sign_in(page, office.platform.base, agency.p12, CHINESE, next_path="/agency")
    tender = draft_tender(page, "演示：核验", agency, "ENG")
    add_lot(page, datetime.now(UTC) + timedelta(hours=2))
    section(page, "审查与核验")
    page.get_by_role("button", name="签署审查结论").click()
    expect(page.get_by_role("button", name="重新签署")).to_be_visible()
    axe(page, within="main")
    page.get_by_role("button", name="申请核验").click()

    sign_in(desk, office.platform.base, centre.p12, CHINESE, next_path="/checks")
    expect(desk.get_by_role("link", name="演示：核验")).to_be_visible()
    axe(desk, within="main")
    desk.get_by_role("link", name="演示：核验").click()
    expect(desk.get_by_role("region", name="投标人看到的样子")).to_be_visible()
    axe(desk, within="main")
    desk.get_by_label("问题（每行一个）").fill("工期缺失\n资质要求过高")
    desk.get_by_role("button", name="一次性告知").click()
    axe(desk, within="dialog")
    desk.get_by_role("dialog").get_by_role("button", name="一次性告知").click()
    expect(desk.get_by_text("已答复，等待代理机构再次提交")).to_be_visible()

    page.reload()
    expect(page.get_by_text("工期缺失")).to_be_visible()
    page.get_by_role("button", name="改正后再次提交").click()
    desk.reload()
    desk.get_by_label("工期缺失").uncheck()
    desk.get_by_role("button", name="告知未改正").click()
    expect(desk.get_by_text("已答复，等待代理机构再次提交")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="改正后再次提交").click()
    desk.reload()
    desk.get_by_role("button", name="通过核验").click()
    expect(desk.get_by_text("已通过核验")).to_be_visible()
    page.reload()
    expect(page.get_by_text("核验通过")).to_be_visible()
    assert tender


def test_a_binding_rule_changes_only_by_two(office: Staffed, new_context: ContextFactory) -> None:
    system, security = new_context().new_page(), new_context().new_page()
    sign_in(system, office.platform.base, office.system.p12, CHINESE, next_path="/rules")
    expect(system.get_by_role("table")).to_be_visible()
    axe(system, within="main")
    system.get_by_role("button", name="修改 ENG/documents-to-deadline").click()
    dialog = system.get_by_role("dialog")
    expect(dialog).to_contain_text("须两名操作员共同更改")
    axe(system, within="dialog")
    dialog.get_by_label("取值").fill("二十五")
    dialog.get_by_label("更改理由").fill("法律修改")
    dialog.get_by_role("button", name="签名提出").click()
    expect(dialog.get_by_role("alert")).to_contain_text("bad-rule")  # no broken row gets in
    dialog.get_by_label("取值").fill("25")
    dialog.get_by_role("button", name="签名提出").click()
    expect(system.get_by_text("由您提出，须由另一名操作员确认")).to_be_visible()
    row = system.get_by_role("row").filter(has_text="ENG/documents-to-deadline")
    expect(row).to_contain_text("20 日")

    sign_in(security, office.platform.base, office.security.p12, CHINESE, next_path="/rules")
    expect(security.get_by_text("25 日").first).to_be_visible()
    axe(security, within="main")
    security.get_by_role("button", name="核对后签名确认").click()
    expect(security.get_by_role("row").filter(has_text="ENG/documents-to-deadline")).to_contain_text("25 日")

    anybody = as_visitor(new_context, office)
    expect(anybody.get_by_role("row").filter(has_text="ENG/documents-to-deadline")).to_contain_text("25 days")
    expect(anybody.get_by_role("button", name="Change")).to_have_count(0)
    axe(anybody, within="main")


def as_visitor(new_context: ContextFactory, office: Staffed) -> Page:
    page = new_context(lang="en").new_page()
    page.goto(f"{office.platform.base}/rules")
    return page
