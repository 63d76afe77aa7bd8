"""申请 → 审核 → 签发 → 补办/吊销 in two browsers: the applicant's and the operator's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web.conftest import ContextFactory
from web.harness import PHONE, Platform, axe, no_sideways_scroll, sign_in
from web.identity import acting
from web.identity.acting import CHINESE, Staffed

from crypto.certificates import certificate_facts
from crypto.signing import load_p12

CODE = "91350100M000100Y43"


@pytest.fixture
def office(tmp_path: Path, start_platform: Callable[..., Platform]) -> Iterator[Staffed]:
    with acting.staffed(tmp_path, start_platform) as running:
        yield running


def fill(page: Page, organisation: str, code: str, person: str) -> None:
    page.get_by_label("单位名称").fill(organisation)
    page.get_by_label("统一社会信用代码").fill(code)
    page.get_by_label("姓名").fill(person)


def apply(page: Page, base: str, organisation: str, code: str, person: str) -> None:
    page.goto(f"{base}/certificate")
    fill(page, organisation, code, person)
    page.get_by_role("button", name="生成密钥并提交申请").click()
    expect(page.get_by_role("heading", name="等待审核")).to_be_visible()


def test_from_application_to_signing_in(office: Staffed, new_context: ContextFactory, tmp_path: Path) -> None:
    applicant, operator = new_context().new_page(), new_context().new_page()
    applicant.goto(f"{office.platform.base}/certificate")
    expect(applicant.get_by_text("无法律效力").first).to_be_visible()
    axe(applicant)
    fill(applicant, "演示新办建设有限公司", "91350100M000100Y44", "演示新人")
    applicant.get_by_role("button", name="生成密钥并提交申请").click()
    summary = applicant.get_by_role("alert").filter(has_text="1")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("应为 3")
    axe(applicant)
    summary.get_by_role("link").click()
    code = applicant.get_by_label("统一社会信用代码")
    expect(code).to_be_focused()
    code.fill("91350100m000100y43 ")  # as people type it
    applicant.get_by_role("button", name="生成密钥并提交申请").click()
    expect(applicant.get_by_role("heading", name="等待审核")).to_be_visible()
    axe(applicant)
    applicant.reload()  # the page may be closed while one waits
    expect(applicant.get_by_role("heading", name="等待审核")).to_be_visible()

    sign_in(operator, office.platform.base, office.system.p12, CHINESE, next_path="/certificate-desk")
    operator.get_by_role("row", name="演示新人").get_by_role("button", name="审核").click()
    dialog = operator.get_by_role("dialog", name="审核申请")
    axe(operator)
    dialog.get_by_role("button", name="签发证书").click()
    expect(dialog.get_by_label("审核意见")).to_be_focused()
    dialog.get_by_label("审核意见").fill("资料齐全")
    dialog.get_by_role("button", name="签发证书").click()
    expect(operator.get_by_text("没有待审核的申请")).to_be_visible()

    expect(applicant.get_by_role("heading", name="证书已签发")).to_be_visible()
    axe(applicant)
    applicant.get_by_label("设置密码").fill("短")
    applicant.get_by_role("button", name="保存 .p12 文件").click()
    expect(applicant.get_by_text("密码至少 8 个字符").first).to_be_visible()
    applicant.get_by_label("设置密码").fill(CHINESE)
    applicant.get_by_label("再次输入密码").fill(CHINESE)
    with applicant.expect_download() as saving:
        applicant.get_by_role("button", name="保存 .p12 文件").click()
    path = tmp_path / "taken-away.p12"
    saving.value.save_as(path)
    facts = certificate_facts(load_p12(path.read_bytes(), CHINESE).certificate)
    assert (facts.organisation, facts.credit_code) == ("演示新办建设有限公司", CODE)
    assert facts.common_name == "演示新人"
    axe(applicant)
    applicant.get_by_role("button", name="已保存，登录").click()
    applicant.wait_for_url("**/as/**")
    elsewhere = new_context().new_page()
    sign_in(elsewhere, office.platform.base, path, CHINESE, next_path="/account")
    expect(elsewhere.get_by_text(CODE).first).to_be_visible()
    applicant.goto(f"{office.platform.base}/certificate")
    expect(applicant.get_by_label("单位名称")).to_be_visible()  # nothing waits any more


def test_a_rejection_is_explained_and_corrected(office: Staffed, new_context: ContextFactory) -> None:
    applicant, operator = new_context().new_page(), new_context().new_page()
    apply(applicant, office.platform.base, "演示笔误有限公司", CODE, "演示某")
    sign_in(operator, office.platform.base, office.system.p12, CHINESE, next_path="/certificate-desk")
    operator.get_by_role("row", name="演示某").get_by_role("button", name="审核").click()
    operator.get_by_label("审核意见").fill("姓名不完整")
    operator.get_by_role("button", name="不予通过").click()
    expect(applicant.get_by_role("heading", name="申请未通过")).to_be_visible()
    expect(applicant.get_by_text("审核意见：姓名不完整")).to_be_visible()
    axe(applicant)
    applicant.get_by_role("button", name="修改后重新申请").click()
    expect(applicant.get_by_label("单位名称")).to_have_value("演示笔误有限公司")
    operator.get_by_role("tab", name="未通过").click()
    expect(operator.get_by_role("row", name="姓名不完整")).to_be_visible()
    axe(operator)


def test_replacement_and_revocation(office: Staffed, new_context: ContextFactory, tmp_path: Path) -> None:
    """补办 revokes the old certificate; the desk shows it, and the old file signs in no more."""
    held = acting.registrar(office.platform, tmp_path).holder("原证人", number=8_001)
    serial = f"{certificate_facts(held.signer.certificate).serial:x}"
    applicant, operator = new_context().new_page(), new_context().new_page()
    applicant.goto(f"{office.platform.base}/certificate")
    fill(applicant, held.organisation.name, held.organisation.credit_code, held.name)
    applicant.get_by_label("这是补办").check()
    applicant.get_by_label("原证书序列号").fill(serial)
    applicant.get_by_label("补办原因").fill("U 盘遗失")
    applicant.get_by_role("button", name="生成密钥并提交申请").click()
    expect(applicant.get_by_role("heading", name="等待审核")).to_be_visible()
    sign_in(operator, office.platform.base, office.system.p12, CHINESE, next_path="/certificate-desk")
    operator.get_by_role("row", name=held.name).get_by_role("button", name="审核").click()
    expect(operator.get_by_role("dialog")).to_contain_text("U 盘遗失")
    expect(operator.get_by_role("dialog")).to_contain_text(serial)
    operator.get_by_label("审核意见").fill("核对无误")
    operator.get_by_role("button", name="签发证书").click()
    expect(applicant.get_by_role("heading", name="证书已签发")).to_be_visible()
    old = new_context().new_page()
    old.goto(f"{office.platform.base}/sign-in")
    acting.open_file(old, held.p12, CHINESE)
    old.get_by_role("button", name="以此身份登录").click()
    expect(old.get_by_role("alert")).to_contain_text("certificate-revoked")

    operator.get_by_role("tab", name="已签发").click()
    row = operator.get_by_role("row", name=held.name)
    row.get_by_role("button", name="吊销").click()
    dialog = operator.get_by_role("dialog", name="吊销证书？")
    dialog.get_by_label("原因").select_option("keyCompromise")
    dialog.get_by_label("说明").fill("持有人来电")
    axe(operator)
    dialog.get_by_role("button", name="吊销").click()
    expect(row).to_contain_text("私钥可能泄露")
    axe(operator)


def test_the_audit_operator_only_looks_on(office: Staffed, new_context: ContextFactory) -> None:
    applicant, auditor = new_context().new_page(), new_context(lang="en").new_page()
    apply(applicant, office.platform.base, "演示旁观有限公司", CODE, "演示甲")
    sign_in(auditor, office.platform.base, office.audit.p12, CHINESE, next_path="/certificate-desk")
    expect(auditor.get_by_role("row", name="演示甲")).to_be_visible()
    expect(auditor.get_by_role("button", name="Review")).to_have_count(0)
    axe(auditor)


def test_applying_by_phone_in_english(platform: Platform, new_context: ContextFactory) -> None:
    """Where rehearsals are admitted the certificate is there at once."""
    page = new_context(lang="en", viewport=PHONE).new_page()
    page.goto(f"{platform.base}/certificate")
    page.get_by_label("Organisation").fill("演示手机有限公司")
    page.get_by_role("button", name="Make up a code").click()
    page.get_by_label("Person").fill("演示手机")
    no_sideways_scroll(page)
    axe(page)
    page.get_by_role("button", name="Make the key and apply").click()
    expect(page.get_by_role("heading", name="The certificate was issued")).to_be_visible()
    no_sideways_scroll(page)
    axe(page)


def test_giving_up_forgets_the_key(office: Staffed, page: Page) -> None:
    apply(page, office.platform.base, "演示放弃有限公司", CODE, "演示弃")
    page.get_by_role("button", name="放弃申请").click()
    dialog = page.get_by_role("dialog", name="放弃这份申请？")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="放弃申请")).to_be_focused()
    page.get_by_role("button", name="放弃申请").click()
    dialog.get_by_role("button", name="放弃申请").click()
    expect(page.get_by_label("单位名称")).to_have_value("演示放弃有限公司")
    page.reload()
    expect(page.get_by_label("单位名称")).to_have_value("")
