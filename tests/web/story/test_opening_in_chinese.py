"""A whole opening, everybody in a browser of their own at once, from sealed bids to the signed record.

Host, two officers, three bidders (one reloads in phase A, one uses the recovery code on a fresh browser, one
never appears), supervisor and public; the archive of it is verified by the command line afterwards.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect
from web.bidder import bidding
from web.conftest import ContextFactory
from web.harness import PHONE, Platform
from web.staging import slowness, stage
from web.story.playing import PATIENCE, ZH, enter, look_on, verified_archive


def rules(slow: float) -> dict[str, object]:
    """Windows that people at real browsers can keep, and no longer: 丙 lets two of them run out."""
    return {
        "after_release_below_minimum": "go-on",
        "phase_a_seconds": int(30 * slow),
        "confirmation_seconds": int(60 * slow),
        "objection_seconds": 4,
        "signing_seconds": int(12 * slow),
    }


def test_an_opening_from_sealed_bids_to_the_signed_record(
    platform: Platform, new_context: ContextFactory, tmp_path: Path
) -> None:
    slow = slowness()
    staged = stage(platform, tmp_path / "lot", 50 * slow, sealed=("乙", "丙"), rules=rules(slow))
    # 甲 seals in the browser; 乙 and 丙 did with the command line.
    first = new_context()
    desk = bidding.open_desk(first, platform, staged.p12("甲"), staged.lot)
    bidding.prepare(desk, [bidding.small_file()])
    bidding.seal(desk)
    bidding.keep_keys(desk)
    bidding.submitted(desk)
    host = enter(new_context(), staged, "agency", ZH)
    tenderer = enter(new_context(), staged, "tenderer", ZH)
    supervisor = enter(new_context(), staged, "supervisor", ZH)
    public = look_on(new_context(viewport=PHONE), staged, ZH)
    jia = enter(first, staged, "甲", ZH)
    yi = enter(new_context(viewport=PHONE), staged, "乙", ZH)
    for one in (host, tenderer, supervisor):
        one.press("sign in")
    supervisor.sees("read only")
    # Before the list nobody from outside sees a name or a number, whatever they bid.
    for outside in (public.page, jia.page):
        expect(outside.get_by_text("截止之前，任何人（包括平台）都看不到投标文件的内容")).to_be_visible()
        expect(outside.get_by_text("演示乙有限公司")).to_have_count(0)

    # Phase 0: two officers open the identities, each with one act for all bids.
    staged.reach("IDENTIFYING", 300)
    tenderer.release_shares("tenderer", first=True)
    host.release_shares("agency", first=True)

    # Phase A: 甲 reloads and goes on; 乙 has nothing but certificate and recovery sheet; 丙 never appears.
    expect(jia.button("release")).to_be_visible(timeout=PATIENCE)
    jia.page.reload()
    jia.press("release")
    jia.sees("released")
    yi.press("release")
    yi.use_recovery_code(staged.recovery("乙")[1])
    yi.sees("released")
    expect(public.page.get_by_text("已解密 2/3").first).to_be_visible(timeout=PATIENCE)

    # The host decides on the evidence, and goes on below the minimum, as the rules of this lot allow.
    staged.reach("ADJUDICATING", 200)
    host.adjudicate("解密时限内始终未出现，平台全程可达。")
    host.press("fix")
    host.press("sure")
    for one in (tenderer, host):
        one.press("admitted")
    tenderer.release_shares("tenderer", first=False)
    host.release_shares("agency", first=False)

    # The reading; 甲 objects and is answered; both confirm their own lines.
    jia.sees("sealed as")
    jia.object("请核对唱标工期。")
    host.answer("已核对：工期 180 日历天，与密封内容一致。")
    jia.press("confirm")
    yi.press("confirm")

    # The record: signed by the bidders, sealed by host, tenderer, supervisor in turn.
    jia.press("sign record")
    yi.press("sign record")
    staged.reach("SEALING", 120)
    for one in (host, tenderer, supervisor):
        one.press("seal")
    expect(host.page.get_by_text("开标已结束").first).to_be_visible(timeout=PATIENCE)
    jia.prove_first_receipt()
    supervisor.sees("chain")
    expect(public.page.get_by_text("演示甲有限公司").first).to_be_visible()
    assert verified_archive(staged, tmp_path)["verified"] is True
