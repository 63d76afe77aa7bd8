"""Account, devices, letters, mandates, inbox, the desk one lands at, and the operators' pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web.conftest import ContextFactory
from web.harness import PHONE, Demo, Platform, axe, goto_as, no_sideways_scroll, sign_in
from web.identity import acting
from web.identity.acting import CHINESE, Staffed

from bidding.client.signin import sign_in as sign_in_elsewhere
from crypto.canonical import unb64
from crypto.mandate import verify_mandate


def test_devices_are_listed_and_ended(platform: Platform, page: Page) -> None:
    person = platform.person("device", "设备")
    others = [sign_in_elsewhere(platform.api(), person.signer).api for _ in range(3)]
    sign_in(page, platform.base, person.p12, next_path="/account")
    rows = page.get_by_role("row", name="kaibiao")
    expect(rows).to_have_count(3)
    axe(page)
    rows.first.get_by_role("button", name="结束").click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="结束其他全部登录").click()
    expect(rows).to_have_count(0)
    codes = []
    for each in others:
        with pytest.raises(Exception, match="sign-in-needed") as caught:
            each.get("/auth/session")
        codes.append(str(caught.value))
    assert len(codes) == 3


def test_letters_need_an_address(platform: Platform, new_context: ContextFactory) -> None:
    page = new_context(viewport=PHONE, care=True).new_page()
    sign_in(page, platform.base, platform.person("mail", "邮件").p12, next_path="/account")
    no_sideways_scroll(page)
    axe(page)
    page.get_by_label("同时发送邮件").check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_label("电子邮箱")).to_be_focused()
    page.get_by_label("电子邮箱").fill("不是邮箱")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("请填写一个完整的邮箱地址")).to_be_visible()
    page.get_by_label("电子邮箱").fill("bid@example.cn")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存").first).to_be_visible()
    page.reload()
    expect(page.get_by_label("同时发送邮件")).to_be_checked()


def test_a_holder_revokes_its_own_certificate(platform: Platform, page: Page, tmp_path: Path) -> None:
    holder = acting.registrar(platform, tmp_path).holder("失窃人")
    sign_in(page, platform.base, holder.p12, CHINESE, next_path="/account")
    page.get_by_role("button", name="吊销这份证书").click()
    dialog = page.get_by_role("dialog", name="吊销这份证书")
    expect(dialog).to_contain_text("不可恢复")
    axe(page)
    dialog.get_by_role("button", name="签名并吊销").click()
    page.wait_for_url(f"{platform.base}/")
    page.goto(f"{platform.base}/sign-in")
    acting.open_file(page, holder.p12, CHINESE)
    page.get_by_role("button", name="以此身份登录").click()
    expect(page.get_by_role("alert")).to_contain_text("certificate-revoked")


def test_mandates_are_given_and_taken_back(
    platform: Platform, new_context: ContextFactory, tmp_path: Path
) -> None:
    page = new_context().new_page()
    person = platform.person("grantor", "授权")
    sign_in(page, platform.base, person.p12, next_path="/mandates")
    expect(page.get_by_text("还没有授权")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="签署并登记").click()
    expect(page.get_by_role("alert")).to_contain_text("请填写被授权人姓名")
    page.get_by_label("被授权人姓名").fill("演示受托人")
    page.get_by_label("授权事项").select_option("agency")
    page.get_by_role("button", name="签署并登记").click()
    row = page.get_by_role("row", name="演示受托人")
    expect(row).to_contain_text("招标代理机构")
    expect(row).to_contain_text("有效")
    axe(page)
    row.get_by_role("button", name="撤销").click()
    page.get_by_role("dialog").get_by_role("button", name="签名并撤销").click()
    expect(row).to_contain_text("已撤销")
    # To bid for one lot: never registered, for that would tell who bids.
    page.get_by_label("被授权人姓名").fill("演示投标代表")
    page.get_by_label("授权事项").select_option("bidder")
    page.get_by_label("只限指定标段").check()
    page.get_by_label("限于标段").fill("l_aaaaaaaaaaaaaaaaaaaaaaaaaa")
    with page.expect_download() as saving:
        page.get_by_role("button", name="签署并下载").click()
    path = tmp_path / "mandate.json"
    saving.value.save_as(path)
    made = json.loads(path.read_text("utf-8"))
    mandate, _ = verify_mandate(unb64(made["statement"]), unb64(made["cms"]))
    assert (mandate.name, mandate.lots) == ("演示投标代表", ("l_aaaaaaaaaaaaaaaaaaaaaaaaaa",))
    assert mandate.tells_who_bids and mandate.grantor == person.organisation.credit_code
    page.reload()
    expect(page.get_by_role("row", name="演示投标代表")).to_have_count(0)


def test_the_desk_and_the_inbox_of_a_demonstration(
    demonstration: Callable[[float], Demo], new_context: ContextFactory
) -> None:
    demo = demonstration(30)
    page = new_context().new_page()
    sign_in(page, demo.base, demo.p12("agency"))
    expect(page.get_by_role("heading", name="您要做什么？")).to_be_visible()
    for name in ("招标代理", "开标密钥", "投标"):
        expect(page.get_by_role("main").get_by_role("link", name=name).first).to_be_visible()
    expect(page.get_by_role("link", name="进入开标厅")).to_be_visible()
    axe(page)
    expect(page.get_by_role("link", name="条未读")).to_be_visible()
    page.get_by_role("link", name="条未读").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("消息")
    axe(page)
    page.get_by_role("button", name="全部标为已读").click()
    expect(page.get_by_role("link", name="消息", exact=True)).to_be_visible()
    page.get_by_label("只看未读").check()
    expect(page.get_by_text("没有未读消息")).to_be_visible()
    page.get_by_label("只看未读").uncheck()
    page.get_by_role("link", name="查看标段").or_(page.get_by_role("button", name="查看标段")).first.click()
    page.wait_for_url(f"**/lots/{demo.lot}")
    bidder = new_context(lang="en", viewport=PHONE).new_page()
    sign_in(bidder, demo.base, demo.p12("bidder-1"))
    bidder.wait_for_url("**/bids")  # the only desk there is
    goto_as(bidder, "/inbox")
    expect(bidder.get_by_role("heading", level=1)).to_have_text("Inbox")
    no_sideways_scroll(bidder)
    axe(bidder)


@pytest.fixture
def office(tmp_path: Path, start_platform: Callable[..., Platform]) -> Iterator[Staffed]:
    with acting.staffed(tmp_path, start_platform) as running:
        yield running


def test_operators_grant_ask_confirm_and_audit(
    office: Staffed, new_context: ContextFactory, tmp_path: Path
) -> None:
    base = office.platform.base
    security = new_context().new_page()
    sign_in(security, base, office.security.p12, CHINESE)
    security.wait_for_url("**/operators")
    agency = acting.registrar(office.platform, tmp_path).holder("代理", number=8_100)
    security.get_by_label("统一社会信用代码").fill(agency.organisation.credit_code)
    security.get_by_label("单位名称").fill(agency.organisation.name)
    security.get_by_label("只授予此人").fill(agency.name)
    security.get_by_role("button", name="授予").click()
    row = security.get_by_role("row", name=agency.organisation.name)
    expect(row).to_contain_text("招标代理机构")
    axe(security)
    holder = new_context().new_page()
    sign_in(holder, base, agency.p12, CHINESE)
    expect(holder.get_by_role("main").get_by_role("link", name="招标代理").first).to_be_visible()

    new = acting.registrar(office.platform, tmp_path).holder("新审计", number=8_101)
    security.get_by_role("tab", name="双人操作").click()
    form = security.get_by_role("region", name="提出操作")
    form.get_by_label("操作", exact=True).select_option("grant-operator")
    form.get_by_label("统一社会信用代码").fill(new.organisation.credit_code)
    form.get_by_label("被任命人姓名").fill(new.name)
    form.get_by_label("角色").select_option("operator:audit")
    form.get_by_label("理由").fill("增设审计员")
    form.get_by_role("button", name="签名并提出").click()
    expect(security.get_by_text("须由另一名管理员确认").first).to_be_visible()
    axe(security)

    system = new_context().new_page()
    sign_in(system, base, office.system.p12, CHINESE, next_path="/operators")
    system.get_by_role("tab", name="双人操作").click()
    system.get_by_role("button", name="核对并确认").click()
    dialog = system.get_by_role("dialog", name="确认执行这项操作？")
    expect(dialog).to_contain_text("增设审计员")
    axe(system)
    dialog.get_by_role("button", name="签名并执行").click()
    expect(system.get_by_text("已执行")).to_be_visible()

    audit = new_context(lang="en").new_page()
    sign_in(audit, base, new.p12, CHINESE)
    audit.wait_for_url("**/operators")
    audit.get_by_role("tab", name="Audit").click()
    expect(audit.get_by_role("row", name="RoleGranted").first).to_be_visible()
    axe(audit)


def test_operators_pages_are_for_operators(platform: Platform, page: Page) -> None:
    sign_in(page, platform.base, platform.person("plain", "普通").p12, next_path="/operators")
    expect(page.get_by_role("alert")).to_contain_text("not-allowed")
