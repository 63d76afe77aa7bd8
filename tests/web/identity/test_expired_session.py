"""A session that ends in the middle of something is renewed in place; the page and what is typed stay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from web.conftest import ContextFactory
from web.harness import Platform, axe, sign_in, slot_of
from web.identity import acting
from web.identity.acting import CHINESE, held_slots, open_file

from bidding.client.signin import sign_in as sign_in_elsewhere

#: Long enough to sign in on a busy machine, short enough to wait for.
IDLE = 15

Start = Callable[..., Platform]
TYPED = "waits@example.cn"


def typed_on_account(page: Page) -> Locator:
    field = page.get_by_label("电子邮箱")
    field.fill(TYPED)
    return field


def asked(page: Page, title: str) -> Locator:
    dialog = page.get_by_role("dialog", name=title)
    expect(dialog).to_be_visible()
    return dialog


def test_one_click_goes_on_where_one_was(start_platform: Start, page: Page) -> None:
    """Dismissed, the page stays as it is; then one click, and what was refused is done."""
    platform = start_platform(session_idle_seconds=str(IDLE))
    person = platform.person("idle", "走开")
    slot = sign_in(page, platform.base, person.p12, next_path="/account")
    field = typed_on_account(page)
    page.wait_for_timeout((IDLE + 2) * 1000)
    save = page.get_by_role("button", name="保存")
    save.click()
    dialog = asked(page, "登录已到期")
    expect(dialog).to_contain_text("页面上的内容都还在")
    expect(dialog).to_contain_text("演示走开")
    axe(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("alert")).to_contain_text("sign-in-needed")
    expect(field).to_have_value(TYPED)
    expect(save).to_be_focused()
    save.click()
    asked(page, "登录已到期").get_by_role("button", name="继续使用该证书登录").click()
    expect(page.get_by_text("已保存").first).to_be_visible()
    expect(dialog).to_be_hidden()
    expect(field).to_have_value(TYPED)
    assert slot_of(page) == slot


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_session_ended_elsewhere_needs_the_file(
    platform: Platform, new_context: ContextFactory, tmp_path: Path, lang: str
) -> None:
    """A lost device: whoever holds it cannot go on by a click; only the same person goes on here."""
    office = acting.registrar(platform, tmp_path)
    holder, other = office.holder("本人"), office.holder("别人")
    page = new_context(lang=lang).new_page()
    slot = sign_in(page, platform.base, holder.p12, CHINESE, next_path="/account")
    save = page.get_by_role("button", name="保存" if lang == "zh" else "Save")
    expect(save).to_be_visible()
    elsewhere = sign_in_elsewhere(platform.api(), holder.signer).api
    sessions = elsewhere.get("/auth/sessions")["sessions"]
    lost = next(one["id"] for one in sessions if one["slot"] == slot)
    elsewhere.delete(f"/auth/sessions/{lost}")
    save.click()
    dialog = asked(page, "登录已到期" if lang == "zh" else "Your session has ended")
    assert held_slots(page) == []
    again = "以此身份继续" if lang == "zh" else "Go on as this person"
    open_file(page, other.p12, CHINESE, lang, within=dialog)
    dialog.get_by_role("button", name=again).click()
    expect(dialog.get_by_role("alert")).to_contain_text("signed-by-another")
    axe(page)
    dialog.get_by_role("button", name="更换文件" if lang == "zh" else "Choose another file").click()
    open_file(page, holder.p12, CHINESE, lang, within=dialog)
    dialog.get_by_role("button", name=again).click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("已保存" if lang == "zh" else "Saved").first).to_be_visible()
    assert held_slots(page) == [slot]


def test_a_lost_key_is_asked_for_when_something_is_signed(
    platform: Platform, page: Page, tmp_path: Path
) -> None:
    """The browser's data was cleared, the session lives: the file is asked for at the first signature."""
    holder = acting.registrar(platform, tmp_path).holder("清理人")
    sign_in(page, platform.base, holder.p12, CHINESE, next_path="/mandates")
    page.evaluate("indexedDB.deleteDatabase('kaibiao-identity')")
    page.reload()
    page.get_by_label("被授权人姓名").fill("演示受托人")
    page.get_by_role("button", name="签署并登记").click()
    dialog = asked(page, "需要您的证书来签名")
    dialog.get_by_role("button", name="取消").click()
    expect(page.get_by_role("alert")).to_contain_text("signing-cancelled")
    page.get_by_role("button", name="签署并登记").click()
    open_file(page, holder.p12, CHINESE, within=asked(page, "需要您的证书来签名"))
    page.get_by_role("dialog").get_by_role("button", name="使用这份证书").click()
    expect(page.get_by_role("row", name="演示受托人")).to_be_visible()
