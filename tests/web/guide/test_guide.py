"""What `./scripts/run` opens on: a visitor plays every role in one browser, guided to the end."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from web.harness import PHONE, Demo, axe, no_sideways_scroll

PASSWORD = "kaibiao-demo"
BIDDER, HOST, SUPERVISOR = "演示授权代表1号", "演示主持人", "演示监督员"
#: Longest wait for the hall to come to a step, in milliseconds.
PATIENCE = 90_000
FORM = {
    "投标报价（元）": "4650000.00",
    "工期（日历天）": "175",
    "质量": "合格",
    "项目经理": "演示项目经理",
    "项目经理证书号": "演示-0002",
}


def take_turn(page: Page, who: str) -> None:
    """Follow the guide's bar to whoever's turn it is."""
    bar = page.get_by_role("complementary", name="演示")
    bar.get_by_role("button", name=f"以“{who}”的身份去做").click(timeout=PATIENCE)
    expect(page.get_by_role("button", name=who, exact=True)).to_be_visible(timeout=PATIENCE)


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click(timeout=PATIENCE)


def unlock(page: Page) -> None:
    """The opening key is opened with its passphrase when a page first needs it."""
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(PASSWORD)).to_be_visible(timeout=PATIENCE)
    dialog.get_by_label("口令", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="打开密钥").click()


def hand_in_a_bid(page: Page) -> None:
    press(page, "下一步")
    page.locator("input[type=file]").first.set_input_files(
        [{"name": "投标文件.txt", "mimeType": "text/plain", "buffer": "演示投标文件".encode()}]
    )
    press(page, "下一步")
    for label, value in FORM.items():
        page.get_by_label(label, exact=True).fill(value)
    press(page, "下一步")
    page.get_by_label("为密钥文件设置口令").fill(PASSWORD)
    page.get_by_label("再输入一次").fill(PASSWORD)
    page.get_by_role("checkbox", name=re.compile("我已核对")).check()
    press(page, "加密并上传")
    expect(page.get_by_text("投标已递交")).to_be_visible(timeout=PATIENCE)


def test_a_visitor_plays_every_role_to_the_signed_record(
    demonstration: Callable[[float], Demo], page: Page
) -> None:
    demo = demonstration(1.0)
    page.goto(f"{demo.base}/guide")
    expect(page.get_by_role("heading", level=1)).to_have_text("走完一次不见面开标")
    axe(page)
    page.get_by_role("button", name=f"以“{BIDDER}”的身份去做").click()
    hand_in_a_bid(page)

    take_turn(page, HOST)
    press(page, "核对并释放全部份额")
    unlock(page)
    take_turn(page, BIDDER)
    press(page, "立即解密")
    take_turn(page, HOST)
    press(page, "核对并签署")
    press(page, "核对并释放全部份额")
    unlock(page)
    take_turn(page, BIDDER)
    press(page, "确认无误")
    # Nobody objects; the hall goes on by itself, and the bidder still sits in it.
    press(page, "核对并签署")
    take_turn(page, HOST)
    press(page, "签章")
    take_turn(page, SUPERVISOR)
    press(page, "签到")
    press(page, "签章")

    page.get_by_role("link", name="向导").click()
    expect(page.get_by_role("heading", name="核验：谁都可以")).to_be_visible(timeout=PATIENCE)
    axe(page)
    told = demo.api().get("/demo")
    assert told["phase"] == "RECORDED"
    record = demo.api().get(f"/halls/{told['lot']}")["view"]["record"]
    assert len(record["signed"]) == 4 and len(record["sealed"]) == 3


def test_the_guide_fits_a_phone_and_gives_roles_to_companions(
    demonstration: Callable[[float], Demo], new_context: Callable[..., object]
) -> None:
    demo = demonstration(20)
    page = new_context(lang="en", viewport=PHONE).new_page()  # type: ignore[attr-defined]
    page.goto(f"{demo.base}/guide")
    expect(page.get_by_role("heading", level=1)).to_have_text("Play a remote bid opening")
    no_sideways_scroll(page)
    axe(page)
    page.get_by_role("button", name=f"Leave to a companion {HOST}").click()
    expect(page.get_by_role("button", name=f"I play this one {HOST}")).to_be_visible()
    assert "agency" in demo.api().get("/demo")["companions"]
