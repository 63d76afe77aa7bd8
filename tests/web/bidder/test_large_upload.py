"""500 MB, interrupted twice: the line goes and comes back, the page is reloaded; every byte arrives once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web.bidder.bidding import (
    bid_records,
    keep_keys,
    kept_files,
    prepare,
    press,
    seal,
    submitted,
    upload_state,
)
from web.bidder.line import line
from web.conftest import ContextFactory
from web.harness import Guard, Platform, sign_in
from web.staging import Staged, stage

SIZE = 500_000_000
#: Bytes a second that the line lets through: the interruptions must fall into the upload.
LINE = 24 << 20


@pytest.fixture(scope="module")
def staged(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return stage(platform, tmp_path_factory.mktemp("tender"), 3600, bidders=("戊",), sealed=())


def test_a_large_upload_survives_a_lost_line_and_a_reload(
    platform: Platform, staged: Staged, persistent_context: ContextFactory, guard: Guard, tmp_path: Path
) -> None:
    large = tmp_path / "大文件.bin"
    with large.open("wb") as file:
        file.write(b"KAIBIAO" * 100_000)
        file.truncate(SIZE)
    guard.allow("net::ERR_")
    with line(platform.base, LINE) as between:
        page = persistent_context().new_page()
        sign_in(page, between.base, staged.p12("戊"), next_path=f"/lots/{staged.lot}/bid")
        prepare(page, large)
        seal(page)
        confirmed = page.get_by_text(re.compile("平台已确认"))
        expect(confirmed).to_be_visible(timeout=120_000)
        _wait_for_share(page, 0.05)

        between.cut()
        expect(page.get_by_text(re.compile("网络不通，正在自动重试"))).to_be_visible()
        before = _share(page)
        assert before < 0.9
        between.mend()
        expect(page.get_by_text(re.compile("网络不通"))).to_be_hidden(timeout=60_000)
        expect(page.get_by_text("中断过 1 次，均已续上。")).to_be_visible()
        assert _share(page) >= before

        page.on("dialog", lambda dialog: dialog.accept())
        page.reload()
        expect(confirmed).to_be_visible(timeout=60_000)
        assert before <= _share(page) < 1
        _finish(platform, page)


def _finish(platform: Platform, page: Page) -> None:
    keep_keys(page)
    submitted(page, seconds=180)
    [record] = bid_records(page)
    assert (record["phase"], upload_state(platform.data, record["bid"])) == ("live", "live")
    assert kept_files(page) == []
    press(page, "下载回执（JSON）")


def _share(page: Page) -> float:
    """How much the platform has confirmed, of 1; 1 when the progress is gone because all is done."""
    bar = page.get_by_role("progressbar")
    if bar.count() == 0:
        return 1.0
    return int(bar.get_attribute("aria-valuenow") or 0) / 100


def _wait_for_share(page: Page, share: float) -> None:
    page.wait_for_function(
        "share => Number(document.querySelector('[role=progressbar]')?.ariaValueNow) >= share * 100",
        arg=share,
    )
