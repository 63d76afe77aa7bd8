"""The hall's connection: a server that dies, a version that is lost, a network without sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from web.conftest import ContextFactory, both_engines
from web.hall.pace import lead
from web.harness import Guard, Platform, sign_in
from web.staging import Staged, stage

SOCKETS = "**/ws*"


@pytest.fixture(scope="module")
def staged(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    made = stage(platform, tmp_path_factory.mktemp("lot"), lead(), rules={"phase_a_seconds": 900})
    made.reach("IDENTIFYING")
    made.identify()
    made.reach("DECRYPTING")
    yield made


@pytest.fixture
def page(new_context: ContextFactory) -> Page:
    return new_context().new_page()


def released(page: Page, count: int) -> None:
    expect(page.get_by_text(f"已解密 {count}/3 · 失败 0").first).to_be_visible(timeout=30_000)


@both_engines
def test_a_hall_in_either_engine(page: Page, staged: Staged) -> None:
    page.goto(staged.base + staged.path)
    released(page, 0)
    expect(page.get_by_text("实时连接正常")).to_be_visible()


def test_a_lost_version_is_noticed_and_made_up(page: Page, staged: Staged) -> None:
    lost: list[str] = []
    hellos: list[Any] = []

    def through(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def down(text: str | bytes) -> None:
            # The first patch of the first connection is lost on the way.
            if not lost and len(hellos) == 1 and '"since":' in str(text):
                lost.append(str(text))
            else:
                route.send(text)

        def up(text: str | bytes) -> None:
            message = json.loads(text)
            if "hello" in message:
                hellos.append(message["hello"]["since"])
            server.send(text)

        server.on_message(down)
        route.on_message(up)

    page.route_web_socket(SOCKETS, through)
    page.goto(staged.base + staged.path)
    released(page, 0)
    staged.release("甲")
    staged.do("supervisor", "Say", text="核对完毕")
    released(page, 1)
    assert lost
    assert hellos == [None, None], "what follows a hole is a whole view"


def test_a_server_that_dies_in_the_middle(page: Page, staged: Staged, guard: Guard) -> None:
    guard.allow(r"WebSocket connection|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET")
    page.goto(staged.base + staged.path)
    # Played again, it finds what it did before.
    before = staged.view()["counts"]["released"]
    released(page, before)
    staged.platform.server.kill()
    if before == 1:
        staged.release("乙")
    expect(page.get_by_text("实时连接正常")).to_be_visible(timeout=60_000)
    released(page, 2)
    fresh = page.context.new_page()
    fresh.goto(staged.base + staged.path)
    released(fresh, 2)
    labels = [one.get_by_role("log").get_attribute("aria-label") for one in (page, fresh)]
    assert labels[0] == labels[1], "resumed and fresh tell the same"


def test_offline_says_so_and_comes_back(page: Page, staged: Staged) -> None:
    page.goto(staged.base + staged.path)
    released(page, 2)
    page.context.set_offline(True)
    expect(page.get_by_text("与大厅的连接已断开", exact=False)).to_be_visible()
    expect(page.get_by_text("连接已断开").first).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("实时连接正常")).to_be_visible(timeout=30_000)


def test_where_sockets_are_blocked_the_hall_is_polled(page: Page, staged: Staged) -> None:
    page.add_init_script("""
        window.WebSocket = class extends EventTarget {
            readyState = 3
            constructor() { super(); setTimeout(() => this.onclose?.(new Event('close')), 20) }
            send() {}
            close() {}
        }
    """)
    page.goto(staged.base + staged.path)
    released(page, 2)
    expect(page.get_by_text("已连接（每 2 秒刷新）")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("当前网络不支持实时连接", exact=False)).to_be_visible()
    # Commands go over HTTP then.
    slot = sign_in(page, staged.base, staged.p12("supervisor"), next_path=staged.path)
    assert slot
    expect(page.get_by_text("已连接（每 2 秒刷新）")).to_be_visible(timeout=30_000)
    page.get_by_role("tab", name="发言").click()
    page.get_by_role("textbox", name="发言").fill("收到，继续")
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_role("log", name="发言")).to_contain_text("收到，继续")
    assert any("收到，继续" in message["text"] for message in staged.view()["chat"].values())


def test_a_pause_stands_still_for_everybody(page: Page, staged: Staged) -> None:
    page.goto(staged.base + staged.path)
    released(page, 2)
    staged.do("supervisor", "Suspend", code="supervisor", reason="核查投诉线索")
    notice = page.get_by_role("status").filter(has_text="所有计时已停止")
    expect(notice).to_contain_text("监督部门要求")
    expect(notice).to_contain_text("核查投诉线索")
    timer = page.get_by_role("timer", name="解密剩余时间")
    expect(page.get_by_text("暂停计时")).to_be_visible()
    left = timer.inner_text()
    page.wait_for_timeout(1_500)
    assert timer.inner_text() == left
    staged.do("supervisor", "Resume", reason="线索不实")
    expect(page.get_by_text("暂停计时")).to_be_hidden()
    expect(page.get_by_text("已顺延", exact=False).first).to_be_visible()
    expect(page.get_by_role("log").get_by_text("开标恢复", exact=False)).to_be_visible()


@pytest.mark.parametrize(
    ("path", "text"),
    [("/halls/l_aaaaaaaaaaaaaaaa", "没有这个开标大厅"), ("{hall}?seat=host:p_nobody", "不能以这个席位进入")],
)
def test_outside_the_hall(page: Page, staged: Staged, guard: Guard, path: str, text: str) -> None:
    guard.allow(r"WebSocket connection")
    page.goto(staged.base + path.replace("{hall}", staged.path))
    expect(page.get_by_text(text)).to_be_visible()
