"""A bidder before and beside its name: signed in and seated by the receipt key, and heard without sockets."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Request, WebSocketRoute, expect
from web.bidder import bidding
from web.conftest import ContextFactory
from web.harness import Guard, Platform, axe, goto_as, no_sideways_scroll
from web.staging import Staged, slowness, stage
from web.story.playing import PATIENCE, ZH, Hand

SOCKETS = "**/ws*"


def test_a_receipt_sits_checks_in_and_releases_over_plain_http(
    platform: Platform, new_context: ContextFactory, guard: Guard, tmp_path: Path
) -> None:
    guard.allow("WebSocket")
    staged = stage(platform, tmp_path / "lot", 40 * slowness(), sealed=("乙", "丙"), number=7_600)
    context = new_context()
    page = bidding.open_desk(context, platform, staged.p12("甲"), staged.lot)
    bidding.prepare(page, [bidding.small_file()])
    bidding.seal(page)
    bidding.keep_keys(page)
    bidding.submitted(page)
    bid = str(bidding.bid_records(page)[0]["bid"])
    hand = Hand(page, staged, ZH)

    # 签到 before the list: without a name.
    goto_as(page, staged.path)
    hand.panel.get_by_role("button", name="不记名签到", exact=True).click()
    expect(hand.panel.get_by_text("已签到：")).to_be_visible(timeout=PATIENCE)
    axe(page)

    # The receipt's own seat, where no socket comes through.
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "receipt%3A" in request.url else None)
    page.route_web_socket(SOCKETS, lambda socket: refuse(socket))
    goto_as(page, f"{staged.path}?seat=receipt:{bid}")
    expect(page.get_by_text("您的席位：投标人（凭回执）")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("已连接（每 2 秒刷新）")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("名单公布前不显示任何投标人")).to_be_visible()
    axe(page)
    released_over_http(staged, hand)
    assert any(request.method == "POST" for request in asked)
    for request in asked:
        assert "/as/" not in request.url and "cookie" not in request.all_headers(), request.url


def refuse(socket: WebSocketRoute) -> None:
    socket.close()


def released_over_http(staged: Staged, hand: Hand) -> None:
    staged.reach("IDENTIFYING", 300)
    staged.identify()
    staged.reach("DECRYPTING")
    hand.press("release")
    hand.sees("released")
    expect(hand.page.get_by_text("已解密 1/3").first).to_be_visible(timeout=PATIENCE)
    axe(hand.page)
    no_sideways_scroll(hand.page)
