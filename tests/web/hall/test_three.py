"""The hall in 3D: asked for, drawn from the same data, left again; and a browser that cannot draw it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect
from web.conftest import ContextFactory
from web.harness import DESKTOP, Platform, axe
from web.staging import Staged, stage

from scripts import browsers

SOFTWARE = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
#: How many colours a picture of the canvas holds, looked at through a coarse grid.
COLOURS = """async (png) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob())
    const pen = new OffscreenCanvas(60, 40).getContext('2d')
    pen.drawImage(image, 0, 0, 60, 40)
    const { data } = pen.getImageData(0, 0, 60, 40)
    return new Set(Array.from({ length: 2400 }, (_, i) => data.slice(i * 4, i * 4 + 3).join())).size
}"""


@pytest.fixture(scope="module")
def staged(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return stage(platform, tmp_path_factory.mktemp("lot"), 40, number=7_300)


@pytest.fixture
def drawing(playwright: Playwright) -> Iterator[Browser]:
    """A browser that draws WebGL by software."""
    arguments = [*(each for each in browsers.ARGUMENTS if each != "--disable-gpu"), *SOFTWARE]
    browser = playwright.chromium.launch(
        executable_path=browsers.chromium(), args=arguments, env=browsers.environment()
    )
    yield browser
    browser.close()


def colours(page: Page) -> int:
    """In a page of its own: the hall's policy allows no such address."""
    png = base64.b64encode(page.locator("canvas").screenshot()).decode()
    blank = page.context.new_page()
    found = blank.evaluate(COLOURS, png)
    blank.close()
    return int(found)


def test_the_hall_in_three_dimensions(staged: Staged, drawing: Browser, tmp_path: Path) -> None:
    page = drawing.new_context(locale="zh-CN", viewport=DESKTOP).new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(staged.base + staged.path)
    staged.reach("IDENTIFYING")
    staged.identify()
    staged.reach("DECRYPTING")
    staged.release("甲")
    expect(page.get_by_text("已解密 1/3").first).to_be_visible()
    page.get_by_role("button", name="三维大厅").click()
    picture = page.get_by_role("img", name="已解密 1/3")
    expect(picture).to_be_visible()
    expect(page.get_by_role("group", name="视角").get_by_role("button", name="大屏")).to_be_visible()
    page.wait_for_timeout(1500)
    page.screenshot(path=tmp_path / "hall.png")
    assert colours(page) > 40
    axe(page)
    picture.focus()
    for key in ("ArrowLeft", "ArrowUp", "+"):
        page.keyboard.press(key)
    page.get_by_role("button", name="大屏", exact=True).click()
    page.get_by_role("button", name="全景").click()
    picture.focus()
    page.keyboard.press("Escape")
    expect(picture).to_have_count(0)
    expect(page.get_by_role("tab", name="唱标")).to_be_visible()
    assert not failures


def test_a_browser_without_webgl_stays_with_the_flat_hall(
    staged: Staged, new_context: ContextFactory
) -> None:
    context = new_context(lang="en")
    context.add_init_script(
        "HTMLCanvasElement.prototype.getContext = new Proxy(HTMLCanvasElement.prototype.getContext, {"
        " apply: (get, canvas, [kind, ...rest]) =>"
        " kind.startsWith('webgl') ? null : Reflect.apply(get, canvas, [kind, ...rest]) })"
    )
    page = context.new_page()
    page.goto(staged.base + staged.path)
    page.get_by_role("button", name="3D hall").click()
    expect(
        page.get_by_text("This computer cannot show the hall in 3D; here is the flat view.")
    ).to_be_visible()
    expect(page.locator("canvas")).to_have_count(0)
    expect(page.get_by_role("button", name="3D hall")).to_be_visible()
