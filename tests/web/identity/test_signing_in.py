"""Signing in with a .p12: every kind of file opens in the page, and what is wrong with one is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web.conftest import ContextFactory
from web.harness import PHONE, Guard, Platform, axe, no_sideways_scroll, sign_in
from web.identity import acting
from web.identity.acting import CHINESE, open_file

KINDS = {
    "pbes2": ("ec", ()),
    "pbes2-rsa": ("rsa", ()),
    "legacy-rc2": ("ec", ("-legacy",)),
    "legacy-3des-rsa": ("rsa", ("-legacy", "-descert")),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_signs_in(platform: Platform, page: Page, tmp_path: Path, name: str) -> None:
    """With a Chinese password; neither it nor the key is in anything sent."""
    key, options = KINDS[name]
    holder = acting.registrar(platform, tmp_path).holder("持证人", kind=key)
    path = acting.openssl_p12(holder, *options) if options else holder.p12
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    sign_in(page, platform.base, path, CHINESE, next_path="/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("账户")
    expect(page.get_by_text(holder.organisation.credit_code).first).to_be_visible()
    assert any("challenge" in each for each in sent)
    assert not any(CHINESE in each or "PRIVATE" in each for each in sent)


def test_the_key_cannot_be_read_out(platform: Platform, page: Page) -> None:
    person = platform.person("a")
    slot = sign_in(page, platform.base, person.p12)
    assert acting.held_slots(page) == [slot]
    extractable = page.evaluate(
        """() => new Promise((resolve) => {
            const asked = indexedDB.open('kaibiao-identity')
            asked.onsuccess = () => {
                const all = asked.result.transaction('held').objectStore('held').getAll()
                all.onsuccess = () => resolve(all.result.map(({ material }) => [
                    material.key.extractable, material.encryption.key.extractable, material.key.usages.join(),
                ]))
            }
        })"""
    )
    assert extractable == [[False, False, "sign"]]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_who_it_is_is_shown_before_anything_is_signed(
    platform: Platform, new_context: ContextFactory, tmp_path: Path, lang: str
) -> None:
    holder = acting.registrar(platform, tmp_path).holder("过目人")
    page = new_context(lang=lang, viewport=PHONE).new_page()
    page.goto(f"{platform.base}/sign-in")
    expect(page.get_by_role("heading", level=1)).to_have_text("登录" if lang == "zh" else "Sign in")
    axe(page)
    no_sideways_scroll(page)
    signed: list[str] = []
    page.on("request", lambda request: signed.append(request.url) if "/auth/" in request.url else None)
    open_file(page, holder.p12, CHINESE, lang)
    expect(page.get_by_text(holder.organisation.credit_code)).to_be_visible()
    expect(page.get_by_text("无法律效力" if lang == "zh" else "without legal effect").first).to_be_visible()
    axe(page)
    no_sideways_scroll(page)
    assert not [url for url in signed if "/auth/challenge" in url]


def test_a_wrong_password_can_be_tried_again(platform: Platform, page: Page, tmp_path: Path) -> None:
    holder = acting.registrar(platform, tmp_path).holder("忘记人")
    page.goto(f"{platform.base}/sign-in")
    open_file(page, holder.p12, "不对")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("密码不正确")
    expect(alert).to_contain_text("p12-password")
    expect(page.get_by_label("证书密码", exact=True)).to_be_focused()
    axe(page)
    page.keyboard.type(CHINESE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="以此身份登录")).to_be_visible()
    expect(alert).to_be_hidden()


def test_files_that_are_no_certificate(platform: Platform, page: Page, tmp_path: Path) -> None:
    page.goto(f"{platform.base}/sign-in")
    page.get_by_role("button", name="打开证书").click()
    expect(page.get_by_text("请选择证书文件")).to_be_visible()
    text = tmp_path / "notes.p12"
    text.write_text("不是证书", "utf-8")
    open_file(page, text, "x")
    expect(page.get_by_role("alert")).to_contain_text("p12-unreadable")
    large = tmp_path / "video.pfx"
    large.write_bytes(bytes(3 << 20))
    open_file(page, large, "x")
    expect(page.get_by_role("alert")).to_contain_text("p12-too-large")


def test_certificates_that_may_not_sign_in(
    platform: Platform, page: Page, guard: Guard, tmp_path: Path
) -> None:
    """Expired, not yet valid, of an authority nobody trusts: three different answers."""
    office = acting.registrar(platform, tmp_path)
    cases = [
        (office.holder("过期人", validity=acting.expired()), "certificate-expired"),
        (office.holder("未生效人", validity=acting.not_yet()), "certificate-not-yet-valid"),
        (acting.stranger(tmp_path).holder("外人"), "certificate-untrusted"),
    ]
    for holder, code in cases:
        page.goto(f"{platform.base}/sign-in")
        open_file(page, holder.p12, CHINESE)
        page.get_by_role("button", name="以此身份登录").click()
        expect(page.get_by_role("alert")).to_contain_text(code)
        axe(page)
    assert acting.held_slots(page) == []


def test_one_of_several_certificates_is_chosen(platform: Platform, page: Page, tmp_path: Path) -> None:
    office = acting.registrar(platform, tmp_path)
    first, second = office.holder("甲方"), office.holder("乙方")
    path = acting.several_in_one(tmp_path / "two.p12", first, second)
    page.goto(f"{platform.base}/sign-in?next=/account")
    open_file(page, path, CHINESE)
    expect(page.get_by_role("group", name="2 份")).to_be_visible()
    axe(page)
    page.get_by_role("radio", name="演示乙方").check()
    page.get_by_role("button", name="以此身份登录").click()
    page.wait_for_url("**/as/**/account")
    expect(page.get_by_text(second.organisation.credit_code).first).to_be_visible()


def test_a_challenge_of_another_site_is_not_signed(
    platform: Platform, page: Page, guard: Guard, tmp_path: Path
) -> None:
    """A server that relays somebody else's challenge gets no signature."""
    holder = acting.registrar(platform, tmp_path).holder("被骗人")
    asked: list[str] = []

    def relay(route: object) -> None:
        answer = route.fetch()  # type: ignore[attr-defined]
        body = answer.json()
        import base64

        statement = base64.urlsafe_b64decode(body["statement"] + "==").decode()
        foreign = statement.replace(platform.base, "https://kaibiao.example.cn")
        body["statement"] = base64.urlsafe_b64encode(foreign.encode()).decode().rstrip("=")
        body["origin"] = "https://kaibiao.example.cn"
        route.fulfill(response=answer, json=body)  # type: ignore[attr-defined]

    page.route("**/api/auth/challenge", relay)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{platform.base}/sign-in")
    open_file(page, holder.p12, CHINESE)
    page.get_by_role("button", name="以此身份登录").click()
    expect(page.get_by_role("alert")).to_contain_text("challenge-foreign")
    assert not [url for url in asked if url.endswith("/auth/session") and "/as/" not in url]


def test_a_certificate_about_to_end_is_mentioned(platform: Platform, page: Page, tmp_path: Path) -> None:
    holder = acting.registrar(platform, tmp_path).holder("将到期", validity=acting.ending_soon())
    sign_in(page, platform.base, holder.p12, CHINESE, next_path="/account")
    expect(page.get_by_text("请及时办理更新").first).to_be_visible()
    expect(page.get_by_text("还有 9 天").first).to_be_visible()
    axe(page)
