"""Several identities side by side in one browser, and what is left when they sign out."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect
from web.harness import Platform, as_person, axe, goto_as, sign_in, slot_of
from web.identity.acting import held_slots


def name_shown(page: Page) -> str:
    return page.get_by_role("banner").get_by_role("button", name="演示").inner_text().strip()


def test_identities_do_not_touch_one_another(platform: Platform, context: BrowserContext) -> None:
    """Two tabs act in turn, each as its own person; a third is a visitor all along."""
    visitor = context.new_page()
    visitor.goto(f"{platform.base}/sign-in")
    first = as_person(context, platform.base, platform.person("one", "壹").p12, "/account")
    second = as_person(context, platform.base, platform.person("two", "贰").p12, "/account")
    assert slot_of(first) != slot_of(second)
    for _ in range(2):
        for page, name, other in ((first, "演示壹", "演示贰"), (second, "演示贰", "演示壹")):
            page.bring_to_front()
            page.get_by_label("电子邮箱").fill(f"{name.encode().hex()}@example.cn")
            page.get_by_role("button", name="保存").click()
            expect(page.get_by_text("已保存").first).to_be_visible()
            page.reload()
            expect(page.get_by_label("电子邮箱")).to_have_value(f"{name.encode().hex()}@example.cn")
            assert name in name_shown(page) and other not in name_shown(page)
    visitor.reload()
    expect(visitor.get_by_role("link", name="登录", exact=True)).to_be_visible()


def test_switching_and_signing_out_one(platform: Platform, context: BrowserContext) -> None:
    first = as_person(context, platform.base, platform.person("one", "壹").p12, "/account")
    slot = slot_of(first)
    second = as_person(context, platform.base, platform.person("two", "贰").p12, "/account")
    other = slot_of(second)
    assert sorted(held_slots(second)) == sorted([slot, other])
    menu = second.get_by_role("banner").get_by_role("button", name="演示贰")
    menu.click()
    second.get_by_role("menuitem", name="切换到 演示壹").click()
    second.wait_for_url(f"**/as/{slot}/**")
    goto_as(second, "/account")
    expect(second.get_by_role("banner").get_by_role("button", name="演示壹")).to_be_visible()
    second.get_by_role("banner").get_by_role("button", name="演示壹").click()
    second.get_by_role("menuitem", name="退出登录").click()
    second.wait_for_url(f"{platform.base}/")
    assert held_slots(second) == [other]
    first.wait_for_url(f"{platform.base}/")  # every tab of that identity leaves


def test_signing_out_all(platform: Platform, context: BrowserContext) -> None:
    first = as_person(context, platform.base, platform.person("one", "壹").p12, "/account")
    second = as_person(context, platform.base, platform.person("two", "贰").p12, "/account")
    slots = [slot_of(first), slot_of(second)]
    second.get_by_role("banner").get_by_role("button", name="演示贰").click()
    axe(second, within="[role=menu]")
    second.get_by_role("menuitem", name="退出全部身份").click()
    second.wait_for_url(f"{platform.base}/")
    first.wait_for_url(f"{platform.base}/")
    assert held_slots(second) == []
    cookies = context.cookies([f"{platform.base}/as/{slot}/api" for slot in slots])
    assert cookies == []


def test_the_menu_by_keyboard(platform: Platform, page: Page) -> None:
    sign_in(page, platform.base, platform.person("one", "壹").p12, next_path="/account")
    menu = page.get_by_role("banner").get_by_role("button", name="演示壹")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()


def test_a_page_of_an_identity_sends_a_visitor_to_sign_in_and_back(platform: Platform, page: Page) -> None:
    page.goto(f"{platform.base}/mandates")
    page.wait_for_url("**/sign-in?next=/mandates")
    person = platform.person("one", "壹")
    page.get_by_label("选择 .p12 或 .pfx 文件").set_input_files(person.p12)
    page.get_by_label("证书密码", exact=True).fill(person.password)
    page.get_by_role("button", name="打开证书").click()
    page.get_by_role("button", name="以此身份登录").click()
    page.wait_for_url("**/as/*/mandates")
    expect(page.get_by_role("heading", level=1)).to_have_text("授权委托")


def test_a_key_without_a_session_is_forgotten(platform: Platform, page: Page) -> None:
    """The browser was closed: its cookies are gone, and so are the keys, at the next visit."""
    sign_in(page, platform.base, platform.person("one", "壹").p12)
    assert held_slots(page)
    page.context.clear_cookies()
    page.goto(f"{platform.base}/sign-in")
    expect(page.get_by_role("link", name="登录", exact=True)).to_be_visible()
    page.wait_for_function("document.readyState === 'complete'")
    page.wait_for_timeout(500)
    assert held_slots(page) == []
