"""What calls people back when it is their turn: title, chime, notification, mail; and the hall's voice."""

from __future__ import annotations

import json
import mailbox
import re
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect
from web.conftest import ContextFactory
from web.hall.pace import lead
from web.harness import Platform, axe, goto_as, wait_until
from web.staging import Staged, slowness, stage
from web.story.playing import PATIENCE, ZH, enter, look_on

#: What a page lets sound and shows outside of itself, in order; `hidden` makes it believe that it is in the
#: background, which a browser without a window never is.
RECORDER = """
window.signals = { tones: 0, sounds: [], notifications: [], hidden: false }
const start = OscillatorNode.prototype.start
OscillatorNode.prototype.start = function (...at) { signals.tones += 1; return start.apply(this, at) }
const play = AudioBufferSourceNode.prototype.start
AudioBufferSourceNode.prototype.start = function (...at) {
    const one = { from: performance.now(), seconds: this.buffer.duration, until: null }
    signals.sounds.push(one)
    this.addEventListener('ended', () => { one.until = performance.now() })
    return play.apply(this, at)
}
window.Notification = class extends Notification {
    constructor(title, options) { super(title, options); signals.notifications.push({ title, ...options }) }
}
const shown = Object.getOwnPropertyDescriptor(Document.prototype, 'visibilityState').get
Object.defineProperty(document, 'visibilityState', {
    get: () => (signals.hidden ? 'hidden' : shown.call(document)),
})
"""
#: A browser without a window lets everything sound; others wait for a touch of the page.
REFUSAL = """
let touched = false
addEventListener('pointerup', () => { touched = true }, true)
const state = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, 'state').get
Object.defineProperty(AudioContext.prototype, 'state', {
    get() { return touched ? state.call(this) : 'suspended' },
})
"""
MAIL = "yan-shi@example.org"


def signals(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("signals")
    return found


def recorded(make: ContextFactory) -> BrowserContext:
    context = make()
    context.add_init_script(RECORDER)
    return context


#: So many lines of the reading were fetched to be said.
SAID_LINES = (
    "() => performance.getEntriesByType('resource').filter((e) => /speech.line-/.test(e.name)).length >= {n}"
)


class Spoken:
    """The sounds that a page fetched from the platform, by the name of the announcement."""

    def __init__(self, page: Page) -> None:
        self.fetched: list[str] = []
        page.on("requestfinished", self._note)

    def _note(self, request: Request) -> None:
        if found := re.search(r"/speech/([^/]+)\.wav\?lang=zh$", request.url):
            self.fetched.append(found.group(1))


def ask_for(page: Page, *wishes: str) -> None:
    """Sounds and alerts are off until a person turns them on."""
    page.get_by_role("button", name="声音与提醒").click()
    for wish in wishes:
        page.get_by_role("checkbox", name=wish, exact=True).check()
    axe(page, within="dialog[open]")
    page.get_by_role("button", name="试听").click()
    expect(page.get_by_text("声音正常")).to_be_visible()
    page.keyboard.press("Escape")
    page.evaluate("signals.tones = 0")


@pytest.fixture
def staged(platform: Platform, tmp_path: Path) -> Staged:
    # The pace of the reading is the default where the machine has nothing else to do.
    rules = {"line_seconds": ceil(5 * slowness()), "phase_a_seconds": 120, "confirmation_seconds": 60}
    return stage(platform, tmp_path / "lot", lead() + 30, rules=rules)


def wants_mail(page: Page) -> None:
    goto_as(page, "/account")
    page.get_by_label(re.compile("^电子邮箱")).fill(MAIL)
    page.get_by_role("checkbox", name="同时发送邮件", exact=True).check()
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已保存").first).to_be_visible()


def test_a_bidder_is_called_and_the_reading_is_heard(staged: Staged, new_context: ContextFactory) -> None:
    context = recorded(new_context)
    context.grant_permissions(["notifications"], origin=staged.base)
    page = enter(context, staged, "甲", ZH).page
    wants_mail(page)
    goto_as(page, staged.path)
    ask_for(page, "语音播报", "轮到我时响铃", "轮到我时发系统通知")
    spoken = Spoken(page)
    quiet = enter(recorded(new_context), staged, "乙", ZH).page
    expect(page).not_to_have_title(re.compile("轮到您了"))

    # The turn comes while the page is in the background.
    page.evaluate("signals.hidden = true")
    staged.reach("IDENTIFYING", 120)
    assert signals(page)["tones"] == 0
    staged.identify()
    expect(page).to_have_title(re.compile("^轮到您了：.*解密"), timeout=PATIENCE)
    wait_until(page, "() => signals.tones === 2 && signals.notifications.length === 1")
    [told] = signals(page)["notifications"]
    assert told["title"] == "轮到您了"
    assert "解密" in told["body"]
    assert "河西路改造工程" in told["body"]
    # Who asked for nothing hears nothing, and still sees it in the title.
    expect(quiet).to_have_title(re.compile("^轮到您了"), timeout=PATIENCE)
    assert signals(quiet)["tones"] == 0
    assert not signals(quiet)["notifications"]

    # Once done the call is over; the next turn calls anew.
    page.evaluate("signals.hidden = false")
    staged.release("甲", "乙", "丙")
    expect(page).not_to_have_title(re.compile("轮到您了"), timeout=PATIENCE)
    staged.reach("ADMITTED")
    staged.open_all()
    the_reading_is_heard(staged, page, spoken)
    expect(page).to_have_title(re.compile("^轮到您了：.*确认"), timeout=PATIENCE)
    wait_until(page, "() => signals.tones === 4")
    assert len(signals(page)["notifications"]) == 1, "nobody is notified of the page before their eyes"
    assert not signals(quiet)["sounds"]
    the_message_and_the_mail(staged, page)


def the_reading_is_heard(staged: Staged, page: Page, spoken: Spoken) -> None:
    captions = page.get_by_role("region", name="字幕").get_by_role("status")
    for price in ("4,680,000.00", "4,725,500.50", "4,599,000.00"):
        expect(captions).to_contain_text(price, timeout=PATIENCE)
        expect(captions).to_contain_text("演示")
    staged.reach("CONFIRMING")
    # The last line is made, fetched and said after it was read.
    wait_until(page, SAID_LINES.format(n=3), 30)
    wait_until(page, "() => signals.sounds.at(-1).until !== null", 30)
    lines = [what for what in spoken.fetched if what.startswith("line-")]
    view = staged.view("agency")
    order = sorted(view["bids"], key=lambda bid: int(view["bids"][bid]["number"]))
    assert lines == [f"line-main-{bid}" for bid in order], "every line, in the order of the reading"
    heard = signals(page)["sounds"]
    assert len(heard) == len(spoken.fetched)
    for one, following in pairwise(heard):
        assert one["until"] <= following["from"], "two announcements never sound at once"


def the_message_and_the_mail(staged: Staged, page: Page) -> None:
    messages = staged.account("甲").api.get("/inbox")["messages"]
    kinds = {one["kind"] for one in messages}
    assert "decryption-started" in kinds, json.dumps(messages, ensure_ascii=False)
    goto_as(page, "/inbox")
    expect(page.get_by_text(re.compile("请在线解密")).first).to_be_visible()
    letters = mailbox.Maildir(staged.platform.data / "mail", create=False)
    sent = [letter for letter in letters if letter["To"] == MAIL]
    assert sent, "the bidder asked for mail"


def test_a_browser_that_refuses_sound_is_explained(
    platform: Platform, new_context: ContextFactory, tmp_path: Path
) -> None:
    waiting = stage(platform, tmp_path / "waiting", 3600, sealed=(), number=7_300)
    context = recorded(new_context)
    wish = json.dumps({"voice": True})
    context.add_init_script(f"try {{ localStorage.setItem('kb-hall-sound', {wish!r}) }} catch {{}}")
    context.add_init_script(REFUSAL)
    # Nobody has touched the page: a browser lets nothing sound.
    page = look_on(context, waiting, ZH).page
    refusal = page.get_by_text("浏览器在您点击本页之前不让它发声")
    expect(refusal).to_be_visible()
    axe(page)
    page.get_by_role("heading", level=1).click()
    expect(refusal).to_be_hidden()


def test_stale_lines_are_passed_over(platform: Platform, new_context: ContextFactory, tmp_path: Path) -> None:
    """Lines that come much faster than they can be said: the voice stays with the board."""
    names = ("甲", "乙", "丙", "丁", "戊")
    fast = stage(
        platform, tmp_path / "fast", lead() + 15, bidders=names, rules={"line_seconds": 1}, number=7_400
    )
    context = recorded(new_context)
    page = look_on(context, fast, ZH).page
    ask_for(page, "语音播报")
    spoken = Spoken(page)
    fast.reach("IDENTIFYING", 120)
    fast.identify()
    fast.reach("DECRYPTING")
    fast.release(*names)
    fast.reach("ADMITTED")
    fast.open_all()
    fast.reach("CONFIRMING")
    expect(page.get_by_role("region", name="字幕")).to_contain_text("唱标结束", timeout=PATIENCE)
    wait_until(page, "() => signals.sounds.at(-1).until !== null", 40)
    lines = [what for what in spoken.fetched if what.startswith("line-")]
    assert len(lines) < len(names)
    order = list(fast.view()["bids"])
    assert len({*lines}) == len(lines)
    assert {line.removeprefix("line-main-") for line in lines} <= set(order)
