"""Two envelopes, the second opened later (复会), read line by line, by a deputy who took over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from web.conftest import ContextFactory
from web.hall.pace import lead
from web.harness import PHONE, Platform, axe, no_sideways_scroll
from web.staging import Staged, stage
from web.story.playing import EN, PATIENCE, ZH, Hand, enter, look_on

from bidding.client.record import digest_bytes
from bidding.people.ids import person_id
from crypto.canonical import b64
from crypto.signing import sign_digest

RULES = {
    "reading": "stepwise",
    "draw": {"label": "kaibiao/k/v1", "candidates": ["0.95", "0.96", "0.97"], "when": "early"},
    "phase_a_seconds": 900,
    "confirmation_seconds": 3,
    "objection_seconds": 2,
    "signing_seconds": 2,
}


@pytest.fixture(scope="module")
def staged(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    folder = tmp_path_factory.mktemp("lot")
    parts = ("technical", "price")
    yield stage(platform, folder, lead(), rules=RULES, number=7_500, deputy=True, parts=parts)


def seal_all(staged: Staged) -> None:
    """The seals of whoever the record waits for, in turn."""
    who = {person_id(p.organisation.credit_code, p.name): key for key, p in staged.officials.items()}
    done: list[str] = []
    while staged.view()["phase"] != "RECORDED":
        staged.wait(lambda hall: hall.phase == "RECORDED" or next_seal(hall.view) not in ("", *done))
        record = staged.view()["record"]
        seat = record.get("preparedFor", "")
        if seat and seat not in done:
            person = staged.officials[who[seat.partition(":")[2]]]
            cms = sign_digest(digest_bytes(record["digest"]), person.signer, pades=True)
            staged.do(who[seat.partition(":")[2]], "SealRecord", seat, digest=record["digest"], cms=b64(cms))
            done.append(seat)


def next_seal(view: dict[str, dict[str, str]]) -> str:
    return view["record"].get("preparedFor", "")


def take_seats(staged: Staged) -> None:
    for who in staged.officials:
        with staged.hall(who) as hall:
            hall.take_seat()


def test_the_deputy_takes_over(staged: Staged, new_context: ContextFactory) -> None:
    take_seats(staged)
    staged.reach("IDENTIFYING", 120)
    staged.identify()
    staged.reach("DECRYPTING")
    host = enter(new_context(), staged, "agency", ZH)
    deputy = enter(new_context("en", viewport=PHONE), staged, "deputy", EN)
    public = look_on(new_context(), staged, ZH)
    # The early draw was made before anybody decrypts.
    public.page.get_by_role("tab", name="抽取", exact=True).click()
    public.page.get_by_role("button", name="在本机重新计算", exact=True).click()
    expect(public.page.get_by_text("重新计算的结果与大厅宣布的一致")).to_be_visible()
    axe(public.page)
    expect(deputy.panel.get_by_role("button", name="Suspend the opening")).to_have_count(0)
    deputy.panel.get_by_role("button", name="Take the host’s duty", exact=True).click()
    deputy.dialog.get_by_label("Reason", exact=True).fill("The host's line is down.")
    deputy.dialog.get_by_role("button", name="Take over", exact=True).click()
    deputy.dialog.get_by_role("button", name=EN["sure"], exact=True).click()
    expect(deputy.panel.get_by_role("button", name="Suspend the opening")).to_be_visible(timeout=PATIENCE)
    axe(deputy.page)
    no_sideways_scroll(deputy.page)
    # Whoever was host stays in the hall without the duty; everybody reads who has it now.
    expect(host.panel.get_by_role("button", name="暂停开标", exact=True)).to_have_count(0, timeout=PATIENCE)
    changed = public.page.get_by_role("log").get_by_text("主持人变更", exact=False)
    expect(changed).to_contain_text("演示副主持", timeout=PATIENCE)
    officials = public.page.get_by_role("list", name="主持与见证").get_by_role("listitem")
    expect(officials.filter(has_text="演示代理")).to_contain_text("副主持人")
    axe(host.page)


def test_the_first_part_is_read_line_by_line(staged: Staged, new_context: ContextFactory) -> None:
    staged.release("甲", "乙", "丙", part="technical")
    staged.open_all()
    deputy = enter(new_context(), staged, "deputy", ZH)
    public = look_on(new_context("en", viewport=PHONE), staged, EN)
    expect(public.page.get_by_text("Waiting for the host to read the next bid").first).to_be_visible(
        timeout=PATIENCE
    )
    for n in (1, 2, 3):
        deputy.panel.get_by_role("button", name="唱下一家", exact=True).click()
        staged.wait(lambda hall, n=n: hall.view["counts"]["read"] == n)  # type: ignore[misc]
        if n == 2:
            expect(public.page.get_by_role("region", name="Now reading · 2 of 3")).to_contain_text(
                "演示乙有限公司"
            )
            axe(public.page)
            axe(deputy.page)
    no_sideways_scroll(public.page)
    # The price is in the other envelope, and no column waits for it.
    expect(public.page.get_by_role("columnheader", name="price")).to_have_count(0)
    expect(public.page.get_by_text("4,725,500.50")).to_have_count(0)


def test_the_second_part_is_opened_later(staged: Staged, new_context: ContextFactory, tmp_path: Path) -> None:
    staged.reach("SEALING", 60)
    seal_all(staged)
    deputy = enter(new_context(), staged, "deputy", ZH)
    public = look_on(new_context("en", viewport=PHONE), staged, EN)
    left_out = enter(new_context(viewport=PHONE), staged, "丙", ZH)
    expect(deputy.panel.get_by_text("复会：开启“价格标”")).to_be_visible(timeout=PATIENCE)
    axe(deputy.page)
    axe(public.page)
    deputy.panel.get_by_role("checkbox", name="演示丙有限公司").uncheck()
    deputy.panel.get_by_label("理由", exact=True).fill("评标委员会结论：甲、乙通过技术评审。")
    deputy.panel.get_by_role("button", name="签名并复会（2 份）", exact=True).click()
    deputy.press("sure")
    expect(public.page.get_by_text("0/2 decrypted").first).to_be_visible(timeout=PATIENCE)
    expect(public.page.get_by_role("table").get_by_text("演示丙有限公司")).to_have_count(0)
    seats = deputy.page.get_by_role("grid", name="投标人")
    expect(seats.get_by_role("button", name="演示丙有限公司 不参加本阶段")).to_be_visible()
    expect(left_out.button("release")).to_have_count(0)
    left_out.press("sign in")
    expect(left_out.panel.get_by_text("您的投标未进入这一部分")).to_be_visible(timeout=PATIENCE)
    axe(public.page)
    axe(left_out.page)
    second_part(staged, deputy, public)


def second_part(staged: Staged, deputy: Hand, public: Hand) -> None:
    staged.release("甲", "乙", part="price")
    staged.open_all()
    for _ in range(2):
        deputy.panel.get_by_role("button", name="唱下一家", exact=True).click()
    expect(public.page.get_by_text("4,725,500.50").first).to_be_visible(timeout=PATIENCE)
    expect(public.page.get_by_text("4,599,000.00")).to_have_count(0)
    axe(public.page)
    axe(deputy.page)
    no_sideways_scroll(public.page)
