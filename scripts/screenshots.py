"""Plays a demonstration and takes pictures of each role's main page: both languages, wide and on a phone.

Everything in them is demonstration data. Pictures are WebP with few colours: the repository stays small.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from web import harness
from web.harness import DESKTOP, PHONE, Demo

from scripts import browsers

OUT = Path(__file__).parents[1] / "docs/pictures/web"
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
SCREENS = {"wide": DESKTOP, "phone": PHONE}
COLOURS, LARGEST = 96, 60_000
#: A page has come to rest when nothing moves for so long, in milliseconds.
REST = 600
#: What pages show while they wait (design/KbLoading.vue).
LOADING = ".loading"
EVE, DECRYPTING, READING, RECORDED = "SCHEDULED", "DECRYPTING", "READING", "RECORDED"


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as one role sees it, once the hall has come so far; `{lot}` and `{tender}` are their ids."""

    name: str
    who: str
    path: str
    phase: str = EVE
    phone: bool = True


PICTURES = (
    # First those that tell of the eve itself, then those that look the same on any day.
    Picture("officer", "tenderer", "/officer"),
    Picture("officer-lot", "tenderer", "/lots/{lot}/officer"),
    Picture("agency-tenders", "agency", "/agency"),
    Picture("agency-tender", "agency", "/agency/tenders/{tender}"),
    Picture("bidder-desk", "bidder-1", "/desk"),
    Picture("bidder-bid", "bidder-1", "/lots/{lot}/bid"),
    Picture("home", "", "/"),
    Picture("notices", "", "/notices"),
    Picture("lot", "", "/lots/{lot}"),
    Picture("inbox", "bidder-2", "/inbox"),
    Picture("verify", "", "/verify"),
    Picture("sign-in", "", "/sign-in"),
    Picture("guide", "", "/guide"),
    Picture("bidder-selfcheck", "bidder-1", "/selfcheck"),
    Picture("account", "bidder-2", "/account"),
    Picture("supervision", "supervisor", "/supervision", DECRYPTING),
    Picture("hall-host", "agency", "/halls/{lot}", DECRYPTING),
    Picture("hall-bidder", "bidder-2", "/halls/{lot}", DECRYPTING),
    Picture("hall-public", "", "/halls/{lot}", READING),
    Picture("hall-supervisor", "supervisor", "/halls/{lot}", READING),
    Picture("hall-record", "", "/halls/{lot}", RECORDED),
)


@dataclass(slots=True)
class Studio:
    """One browser, and a context with its sessions for every language and screen."""

    browser: Browser
    demo: Demo
    contexts: dict[tuple[str, str], BrowserContext]
    slots: dict[tuple[str, str, str], str]

    def page(self, who: str, lang: str, screen: str) -> tuple[Page, str]:
        """A new tab as somebody, and what its addresses begin with."""
        key = (lang, screen)
        if key not in self.contexts:
            context = self.browser.new_context(
                locale=LANGUAGES[lang],
                timezone_id="Asia/Shanghai",
                viewport=SCREENS[screen],
                reduced_motion="reduce",
            )
            harness.language(context, lang)
            self.contexts[key] = context
        page = self.contexts[key].new_page()
        if not who:
            return page, self.demo.base
        if (who, *key) not in self.slots:
            self.slots[(who, *key)] = harness.sign_in(page, self.demo.base, self.demo.p12(who))
        return page, f"{self.demo.base}/as/{self.slots[(who, *key)]}"

    def take(self, picture: Picture, lang: str, screen: str) -> None:
        page, base = self.page(picture.who, lang, screen)
        page.goto(base + picture.path.format(lot=self.demo.lot, tender=self.demo.tender))
        page.get_by_role("heading", level=1).first.wait_for()
        page.wait_for_timeout(REST)
        expect(page.locator(LOADING)).to_have_count(0, timeout=60_000)
        page.wait_for_timeout(REST)
        shot = page.screenshot(animations="disabled", scale="css")
        path = OUT / f"{picture.name}-{lang}-{screen}.webp"
        path.write_bytes(packed(shot))
        page.close()
        print(f"{path.name} {path.stat().st_size // 1000} kB", flush=True)


def packed(png: bytes) -> bytes:
    """Few colours, then lossless; fewer still where a page is busy."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    colours = COLOURS
    while True:
        out = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).convert("RGB").save(
            out, "WEBP", lossless=True, method=6
        )
        if out.tell() <= LARGEST or colours <= 12:
            return out.getvalue()
        colours //= 2


def until(demo: Demo, page: Page, wanted: Callable[[dict[str, Any]], bool], seconds: int = 180) -> None:
    """Waits for the hall as the public is told of it."""
    for _ in range(seconds * 2):
        view = demo.api().get(f"/halls/{demo.lot}")["view"]
        if wanted(view):
            return
        page.wait_for_timeout(500)
    raise TimeoutError(f"the hall stands at {view['phase']}")


def give_to_companions(demo: Demo, *but: str) -> None:
    """Leave everybody to the companions but those named."""
    cast = demo.api().get("/demo")["cast"]
    body = json.dumps({"keys": [key for key in cast if key not in but]}).encode()
    headers = {"Content-Type": "application/json", "X-Kaibiao": "1", "Origin": demo.base}
    asked = urllib.request.Request(f"{demo.base}/api/demo/companions", body, headers, method="PUT")
    urllib.request.urlopen(asked).close()


@contextmanager
def studio(minutes: float) -> Iterator[Studio]:
    with tempfile.TemporaryDirectory(prefix="kaibiao-pictures-") as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browsers.chromium(), args=browsers.ARGUMENTS, env=browsers.environment()
        )
        with harness.demonstration(Path(name) / "demo", harness.built_client(), minutes) as demo:
            yield Studio(browser, demo, {}, {})
        browser.close()


def main(names: list[str]) -> int:
    wanted = [one for one in PICTURES if not names or one.name in names]
    OUT.mkdir(parents=True, exist_ok=True)
    order = [EVE, DECRYPTING, READING, RECORDED]
    eve = sum(1 for one in wanted if one.phase == EVE)
    # Time enough for every picture of the eve, four of each.
    with studio(1.0 + eve * 0.25) as at:
        waiting, _ = at.page("", "zh", "wide")
        for stage in order:
            here = [one for one in wanted if one.phase == stage]
            if not here:
                continue
            reach(at, waiting, stage)
            for picture in here:
                for lang in LANGUAGES:
                    for screen in SCREENS if picture.phone else ["wide"]:
                        at.take(picture, lang, screen)
    return 0


def reach(at: Studio, page: Page, stage: str) -> None:
    """Bring the hall to a stage and hold it there as long as pictures are taken."""
    if stage == EVE:
        return
    if stage == DECRYPTING:
        # The bidder of the picture has not released yet: the phase stays open.
        give_to_companions(at.demo, "bidder-2")
        until(at.demo, page, lambda view: view["phase"] == DECRYPTING, 900)
    elif stage == READING:
        give_to_companions(at.demo)
        # A reading shows what it is once there is a line behind and one in hand.
        until(at.demo, page, lambda view: view.get("counts", {}).get("read", 0) >= 2)
    else:
        give_to_companions(at.demo)
        until(at.demo, page, lambda view: view["phase"] == RECORDED, 600)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
