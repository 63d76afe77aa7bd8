"""A coefficient is drawn: numbers committed to and revealed, and the result computed again by anybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256

import pytest
from playwright.sync_api import Page, Route, expect
from web.conftest import ContextFactory
from web.hall.pace import lead
from web.harness import PHONE, Guard, Person, Platform, axe, no_sideways_scroll
from web.staging import OFFICIALS, Staged, stage
from web.story.playing import EN, PATIENCE, ZH, Hand, enter, look_on

from bidding.people.ids import person_id

CANDIDATES = ["0.95", "0.96", "0.97", "0.98"]
NUMBER = 7_300
TRANSCRIPT = "**/api/halls/*/draw*"


@pytest.fixture(scope="module")
def seats(platform: Platform) -> dict[str, str]:
    """The seats that put a number into the draw."""
    people = {
        key: platform.person(key, name, NUMBER + n) for n, (key, (name, _)) in enumerate(OFFICIALS.items())
    }
    return {key: seat_of(key, people[key]) for key in ("tenderer", "supervisor")}


def seat_of(role: str, person: Person) -> str:
    return f"{role}:{person_id(person.organisation.credit_code, person.name)}"


@pytest.fixture(scope="module")
def staged(
    platform: Platform, seats: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Staged]:
    draw = {"label": "kaibiao/coefficient/v1", "candidates": CANDIDATES, "seats": list(seats.values())}
    rules = {"draw": draw, "confirmation_seconds": 300}
    yield stage(platform, tmp_path_factory.mktemp("lot"), lead() + 15, rules=rules, number=NUMBER)


def draw_tab(hand: Hand, name: str) -> None:
    hand.page.get_by_role("tab", name=name, exact=True).click()


def test_numbers_are_committed_and_revealed(
    staged: Staged, seats: dict[str, str], new_context: ContextFactory
) -> None:
    commitment = sha256(bytes(32)).hexdigest()
    staged.do("supervisor", "CommitDraw", seats["supervisor"], commitment=commitment)
    tenderer = enter(new_context(viewport=PHONE), staged, "tenderer", ZH)
    tenderer.press("sign in")
    panel = tenderer.panel
    expect(panel.get_by_text("为“评标基准价系数”提交随机数承诺")).to_be_visible(timeout=PATIENCE)
    axe(tenderer.page, within="main")
    panel.get_by_role("button", name="生成并提交承诺", exact=True).click()
    expect(panel.get_by_role("button", name="生成并提交承诺", exact=True)).to_have_count(0, timeout=PATIENCE)
    staged.reach("IDENTIFYING", 120)
    # What waits first is the officer's own act; the number is one press away.
    panel.get_by_role("button", name="公布抽取随机数", exact=True).click()
    axe(tenderer.page, within="main")
    panel.get_by_role("button", name="公布随机数", exact=True).click()
    expect(panel.get_by_text("公布抽取随机数")).to_have_count(0, timeout=PATIENCE)
    staged.identify("agency", "supervisor")
    staged.reach("DECRYPTING")


def test_the_draw_before_it_is_made(staged: Staged, new_context: ContextFactory) -> None:
    public = look_on(new_context("en", viewport=PHONE), staged, EN)
    draw_tab(public, "Draw")
    expect(public.page.get_by_text("All opening keys decide it at the moment")).to_be_visible()
    tenderer = public.page.get_by_role("listitem").filter(has_text="演示招标人").last
    expect(tenderer).to_contain_text("revealed")
    expect(public.page.get_by_role("listitem").filter(has_text="演示监督").last).to_contain_text("committed")
    expect(public.page.get_by_role("button", name="Compute it again here")).to_have_count(0)
    axe(public.page)
    no_sideways_scroll(public.page)


def test_the_draw_as_everybody_computes_it(staged: Staged, new_context: ContextFactory, guard: Guard) -> None:
    staged.release("甲", "乙", "丙")
    staged.open_all("agency", "supervisor")
    staged.wait(lambda hall: bool(hall.view["draw"].get("value")))
    value = staged.view()["draw"]["value"]
    host = enter(new_context(), staged, "agency", ZH)
    expect(host.page.get_by_role("log").get_by_text(f"抽取结果：{value}")).to_be_attached(timeout=PATIENCE)
    draw_tab(host, "抽取")
    candidates = host.page.get_by_role("list", name="招标文件公布的备选值").get_by_role("listitem")
    expect(candidates).to_have_text(CANDIDATES)
    expect(candidates.and_(host.page.locator("[aria-current=true]"))).to_have_text(value)
    host.page.get_by_role("button", name="在本机重新计算", exact=True).click()
    expect(host.page.get_by_text("重新计算的结果与大厅宣布的一致")).to_be_visible()
    expect(host.page.get_by_text(f"算得 {value}")).to_be_visible()
    # The hall goes on; who looks at the draw is left there.
    staged.reach("CONFIRMING")
    tab = host.page.get_by_role("tab", name="抽取", exact=True)
    expect(host.page.get_by_role("timer", name="确认剩余时间")).to_be_visible()
    expect(tab).to_have_attribute("aria-selected", "true")
    # By keyboard: captions of the reading move the board meanwhile.
    host.page.get_by_text("全部 4 项输入").press("Enter")
    expect(host.page.get_by_text("演示甲有限公司 · 开启密钥")).to_be_visible()
    axe(host.page)

    public = look_on(new_context("en", viewport=PHONE), staged, EN)
    draw_tab(public, "Draw")
    check_tampered(public.page)
    public.page.unroute(TRANSCRIPT)
    public.page.get_by_role("button", name="Compute it again here", exact=True).click()
    expect(public.page.get_by_text("The same result as the hall announced")).to_be_visible()
    no_sideways_scroll(public.page)


def check_tampered(page: Page) -> None:
    """A transcript one of whose inputs was changed on the way is named, and may be kept as evidence."""

    def change(route: Route) -> None:
        told = route.fetch().json()
        seat = next(iter(told["reveals"]))
        told["reveals"][seat] = "B" + told["reveals"][seat][1:-1] + "A"
        route.fulfill(json=told)

    page.route(TRANSCRIPT, change)
    page.get_by_role("button", name="Compute it again here", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("do not give the draw that the hall announced")
    axe(page)
    with page.expect_download() as kept:
        page.get_by_role("button", name="Save the raw data", exact=True).click()
    assert json.loads(kept.value.path().read_bytes())["reveals"]
