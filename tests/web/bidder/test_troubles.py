"""What goes wrong on a bidder's side: each says whether the bid is safe and what to do; nothing is lost."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from web.bidder.bidding import (
    PASSPHRASE,
    ZH,
    Watch,
    axe,
    bid_records,
    keep_keys,
    kept_files,
    open_desk,
    prepare,
    press,
    seal,
    small_file,
    submitted,
    upload_state,
)
from web.bidder.line import line
from web.conftest import ContextFactory
from web.harness import Guard, Platform, sign_in
from web.staging import Staged, stage

from bidding.client.clock import local_now

MIB = 1 << 20


@pytest.fixture(scope="module")
def staged(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return stage(platform, tmp_path_factory.mktemp("tender"), 3600, bidders="甲乙丙丁", sealed=())


def _file(folder: Path, size: int, name: str = "大文件.bin") -> Path:
    path = folder / name
    with path.open("wb") as file:
        file.write(b"KAIBIAO" * 1000)
        file.truncate(size)
    return path


def test_a_file_that_changes_while_it_is_sealed_is_noticed(
    platform: Platform, staged: Staged, new_context: ContextFactory, tmp_path: Path
) -> None:
    page = open_desk(new_context(), platform, staged.p12("甲"), staged.lot)
    large = _file(tmp_path, 64 * MIB)
    prepare(page, large)
    with large.open("r+b") as file:
        file.write(b"another")
    seal(page)
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("大文件.bin", timeout=60_000)
    expect(problem).to_contain_text("什么都没有上传")
    axe(page)
    assert (bid_records(page), kept_files(page)) == ([], [])

    large.unlink()
    seal(page)
    expect(page.get_by_role("alert")).to_contain_text("大文件.bin", timeout=60_000)
    assert bid_records(page) == []


def test_too_little_room_is_said_before_anything_is_sealed(
    platform: Platform, staged: Staged, new_context: ContextFactory, tmp_path: Path
) -> None:
    context = new_context()
    page = open_desk(context, platform, staged.p12("甲"), staged.lot)
    prepare(page, _file(tmp_path, 64 * MIB))
    _allow_room(context, page, platform.base, 16 * MIB)
    seal(page)
    expect(page.get_by_role("alert")).to_contain_text(re.compile("本机给浏览器的空间"))
    axe(page)
    assert bid_records(page) == []
    _allow_room(context, page, platform.base, 1 << 30)
    seal(page)
    keep_keys(page)
    submitted(page)


def _allow_room(context: BrowserContext, page: Page, origin: str, size: int) -> None:
    session = context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": size})


def test_a_second_tab_follows_and_the_session_may_end(
    platform: Platform, staged: Staged, new_context: ContextFactory, guard: Guard, tmp_path: Path
) -> None:
    guard.allow("net::ERR_")
    with line(platform.base, 4 * MIB) as between:
        context = new_context()
        watch = Watch(context)
        page = context.new_page()
        slot = sign_in(page, between.base, staged.p12("乙"), next_path=f"/lots/{staged.lot}/bid")
        prepare(page, _file(tmp_path, 40 * MIB))
        seal(page)
        expect(page.get_by_text(re.compile("平台已确认"))).to_be_visible(timeout=60_000)

        other = context.new_page()
        other.goto(page.url.split("?")[0])
        expect(other.get_by_text(re.compile("另一个标签页正在处理本标段的投标"))).to_be_visible()
        expect(other.get_by_text(re.compile("平台已确认"))).to_be_visible()
        expect(other.get_by_role("button", name="暂停")).to_have_count(0)
        axe(other)

        press(page, "暂停")
        expect(page.get_by_role("heading", name="已暂停")).to_be_visible()
        axe(page)
        # The session ends; the upload runs on a ticket that names nobody.
        gone = context.request.delete(
            f"{between.base}/as/{slot}/api/auth/session", headers={"X-Kaibiao": "1", "Origin": between.base}
        )
        assert gone.status == 204
        page.on("dialog", lambda dialog: dialog.accept())
        page.reload()
        press(page, "继续上传")
        expect(page.get_by_text(re.compile("登录已过期，不影响上传"))).to_be_visible()
        keep_keys(page)
        submitted(page)
        expect(other.get_by_role("heading", name=ZH.submitted)).to_be_visible()
        [record] = bid_records(page)
        assert upload_state(platform.data, record["bid"]) == "live"
        assert watch.assert_unlinked() > 5


def test_the_deadline_comes_in_the_middle_of_an_upload(
    platform: Platform, new_context: ContextFactory, guard: Guard, tmp_path: Path
) -> None:
    guard.allow("net::ERR_")
    staged = stage(platform, tmp_path / "tender", 45, bidders=("丙",), sealed=(), number=7_100)
    with line(platform.base, 1 * MIB) as between:
        page = new_context().new_page()
        sign_in(page, between.base, staged.p12("丙"), next_path=f"/lots/{staged.lot}/bid")
        prepare(page, _file(tmp_path, 60 * MIB))
        seal(page)
        expect(page.get_by_text(re.compile("按目前速度，到截止时间还传不完"))).to_be_visible(timeout=60_000)
        left = (staged.opens_at - local_now()) / timedelta(milliseconds=1)
        late = page.get_by_text(re.compile("最后一个字节没有在截止前到达"))
        expect(late).to_be_visible(timeout=left + 60_000)
        axe(page)
        [record] = bid_records(page)
        assert record["phase"] == "late"
        assert kept_files(page) == []


def test_a_shared_computer_keeps_no_key_and_asks_for_the_key_file(
    platform: Platform, staged: Staged, new_context: ContextFactory, tmp_path: Path
) -> None:
    page = open_desk(new_context(), platform, staged.p12("丁"), staged.lot)
    prepare(page, [small_file()])
    page.get_by_label("这是公用电脑：不在本机保存密钥").check()
    seal(page)
    key_file, _ = keep_keys(page)
    submitted(page)
    [record] = bid_records(page)
    assert (record["secret"], record["extractable"]) == (False, None)
    page.goto(page.url.split("?")[0] + "?step=checkin")
    press(page, "签到")
    dialog = page.get_by_role("dialog", name="需要本投标的密钥")
    expect(dialog.get_by_label(re.compile("^恢复码"))).to_be_disabled()
    axe(page)
    kept = tmp_path / "bid-key.json"
    kept.write_bytes(key_file)
    dialog.get_by_label("选择密钥文件").set_input_files(kept)
    dialog.get_by_label("口令", exact=True).fill("不是这个口令吧")
    dialog.get_by_role("button", name="打开").click()
    expect(dialog.get_by_role("alert")).to_contain_text("密钥文件口令不对")
    dialog.get_by_label("口令", exact=True).fill(PASSPHRASE)
    dialog.get_by_role("button", name="打开").click()
    expect(page.get_by_text(re.compile("^已签到："))).to_be_visible()


def test_keys_that_changed_since_the_last_look_stop_the_sealing(
    platform: Platform, staged: Staged, new_context: ContextFactory
) -> None:
    page = open_desk(new_context(), platform, staged.p12("丙"), staged.lot)
    press(page, ZH.next)
    page.evaluate(
        """lot => new Promise((done) => {
          const open = indexedDB.open('kaibiao-bidder')
          open.onsuccess = () => {
            const write = open.result.transaction('pins', 'readwrite')
            write.objectStore('pins').put({name: `keyset ${lot}`, value: 'f'.repeat(64)})
            write.oncomplete = () => { open.result.close(); done() }
          }
        })""",
        staged.lot,
    )
    page.goto(page.url.split("?")[0] + "?step=seal")
    expect(page.get_by_text("开标密钥与本机上次所见不同")).to_be_visible()
    expect(page.get_by_role("button", name=ZH.go)).to_have_attribute("aria-disabled", "true")
    axe(page)
    press(page, "已核对公告，接受新的开标密钥")
    expect(page.get_by_role("button", name=ZH.go)).not_to_have_attribute("aria-disabled", "true")
