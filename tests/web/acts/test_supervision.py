"""The supervisor's first page: what is unusual, the log's verdict, messages; nothing for others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect
from web.conftest import ContextFactory
from web.harness import PHONE, Platform, axe, no_sideways_scroll, sign_in
from web.staging import Staged, slowness, stage

PATIENCE = 30_000


@pytest.fixture(scope="module")
def staged(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    yield stage(platform, tmp_path_factory.mktemp("lot"), 12 * slowness(), rules={"phase_a_seconds": 900})


def open_page(make: ContextFactory, staged: Staged, who: str, **options: object) -> Page:
    page = make(**options).new_page()
    sign_in(page, staged.base, staged.p12(who), next_path="/supervision")
    return page


def test_anomalies_first_and_the_logs_verdict(staged: Staged, new_context: ContextFactory) -> None:
    staged.reach("IDENTIFYING")
    page = open_page(new_context, staged, "supervisor")
    alerts = page.get_by_role("region", name="需要关注")
    expect(alerts.get_by_text("主持人 演示代理 不在线")).to_be_visible(timeout=PATIENCE)
    expect(alerts.get_by_text(re.compile("开标人员不足"))).to_be_visible()
    expect(page.get_by_text("日志完好").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("region", name="正在进行").get_by_role("article")).to_have_count(1)
    axe(page, within="main")
    # Suspended by the host: it shows by itself, worst first.
    staged.do("agency", "Suspend", code="network", reason="网络中断")
    expect(alerts.get_by_role("listitem").first).to_contain_text("已暂停", timeout=PATIENCE)
    staged.do("agency", "Resume", reason="")


def test_a_message_to_the_host_and_the_way_in(staged: Staged, new_context: ContextFactory) -> None:
    page = open_page(new_context, staged, "supervisor", lang="en", viewport=PHONE)
    no_sideways_scroll(page)
    page.get_by_role("button", name="Message to the host").click()
    page.get_by_label("Message to the host", exact=True).fill("Please state why the opening paused.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_label("Message to the host", exact=True)).to_be_hidden(timeout=PATIENCE)
    said = staged.view("agency")["chat"]
    assert [one["text"] for one in said.values()] == ["Please state why the opening paused."]
    axe(page, within="main")
    page.get_by_role("link", name="Enter the hall (read-only)").click()
    panel = page.get_by_role("region", name="What you can do", exact=True)
    expect(panel.get_by_text("read-only").first).to_be_visible(timeout=PATIENCE)


def test_a_log_that_does_not_extend_the_one_seen_is_named(
    staged: Staged, new_context: ContextFactory
) -> None:
    context = new_context()

    def forked(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        told["proof"] = [*told["proof"][1:], "A" * 43 + "="]
        route.fulfill(response=answer, body=json.dumps(told))

    page = context.new_page()
    sign_in(page, staged.base, staged.p12("supervisor"), next_path="/supervision")
    expect(page.get_by_text("日志完好").first).to_be_visible(timeout=PATIENCE)
    staged.do("agency", "Say", text="日志多了一条。")
    page.route("**/api/log/proof/consistency**", forked)
    page.get_by_role("button", name="重新核验").click()
    expect(page.get_by_text("日志核验不通过")).to_be_visible(timeout=PATIENCE)
    axe(page, within="main")


def test_others_have_nothing_to_watch(staged: Staged, new_context: ContextFactory) -> None:
    page = open_page(new_context, staged, "甲")
    expect(page.get_by_text("没有您可以监督的开标")).to_be_visible(timeout=PATIENCE)
    axe(page, within="main")
