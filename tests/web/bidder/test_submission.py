"""A bid from the certificate to the receipt, replaced and withdrawn; what the browser seals, Python opens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from web.bidder.bidding import (
    EN,
    FORM,
    PASSPHRASE,
    ZH,
    Watch,
    axe,
    bid_records,
    check_receipt,
    download,
    fill_form,
    keep_keys,
    kept_files,
    open_bid,
    open_desk,
    prepare,
    press,
    seal,
    small_file,
    statements,
    submitted,
    upload_state,
)
from web.conftest import ContextFactory, both_engines
from web.harness import PHONE, Platform, no_sideways_scroll
from web.staging import Staged, stage

from crypto.envelope import unwrap_key_file, unwrap_recovery


@pytest.fixture(scope="module")
def staged(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    yield stage(platform, tmp_path_factory.mktemp("tender"), 3600, bidders="甲乙丙丁", sealed=())


@both_engines
def test_a_bid_goes_in_and_opens_on_the_other_side(
    platform: Platform, staged: Staged, new_context: ContextFactory, engine: str, tmp_path: Path
) -> None:
    who = {"chromium": "甲", "firefox": "丁"}[engine]
    # Firefox ESR itself crashes under axe on the page that seals.
    look = axe if engine == "chromium" else bool
    context = new_context()
    watch = Watch(context)
    page = open_desk(context, platform, staged.p12(who), staged.lot)
    look(page)
    text = "演示投标文件，无法律效力\n".encode() * 1000
    prepare(page, [small_file("技术方案.pdf", text), small_file("清单.txt", b"")])
    expect(page.get_by_text("肆佰陆拾捌万元整")).to_be_visible()
    expect(page.get_by_role("table", name="封给这些开标人员").get_by_role("row")).to_have_count(4)
    look(page)
    press(page, "逐一下载核对")
    expect(page.get_by_text("全部文件已下载并与已签名的公告逐字节一致。")).to_be_visible()
    seal(page)
    driven = engine == "chromium"
    key_file, code = keep_keys(page, downloads=driven)
    submitted(page)
    look(page)
    [record] = bid_records(page)
    if driven:
        receipt = download(page, "下载回执（JSON）")
        assert download(page, "下载回执（PDF）").startswith(b"%PDF")
    else:
        press(page, "下载回执（JSON）")
        receipt = record["receipt"].encode()
    assert (record["phase"], record["kept"], record["extractable"]) == ("live", True, False)
    assert kept_files(page) == []
    if driven:
        assert watch.assert_unlinked() > 5
    check_receipt(staged, record["bid"], receipt, tmp_path)
    assert json.loads(receipt)["submission"] == record["submission"]
    held = unwrap_key_file(key_file, PASSPHRASE)
    opened = open_bid(staged, record["bid"], held.k_bidder)
    assert opened.fields == {**_named(FORM)}
    assert opened.files == {"技术方案.pdf": text, "清单.txt": b""}
    assert opened.identity.organisation["creditCode"] == staged.bidders[who].organisation.credit_code
    assert unwrap_recovery(opened.manifest, code) == held.k_bidder
    assert set(statements(platform.data, record["bid"])) == {"diagnostic"}

    press(page, "下一步：签到")
    page.reload()
    press(page, "签到")
    expect(page.get_by_text(re.compile("^已签到："))).to_be_visible()
    assert "checkin" in statements(platform.data, record["bid"])


def test_a_bid_is_replaced_and_then_withdrawn_in_english_on_a_phone(
    platform: Platform, staged: Staged, new_context: ContextFactory
) -> None:
    context = new_context(lang="en", viewport=PHONE)
    watch = Watch(context)
    page = open_desk(context, platform, staged.p12("乙"), staged.lot)
    prepare(page, [small_file("offer.pdf")], EN)
    no_sideways_scroll(page)
    seal(page, EN)
    keep_keys(page, EN)
    submitted(page, EN)
    no_sideways_scroll(page)
    [first] = bid_records(page)

    press(page, "Replace the bid")
    page.get_by_label(EN.files, exact=True).set_input_files([small_file("better.pdf")])
    press(page, EN.next)
    fill_form(page, {"Bid price": "4500000.00"})
    press(page, EN.next)
    expect(page.get_by_text("The earlier bid ends in the moment the new one is accepted")).to_be_visible()
    axe(page)
    seal(page, EN, go=EN.replace_go)
    key_file, _ = keep_keys(page, EN)
    submitted(page, EN)
    records = {one["bid"]: one for one in bid_records(page)}
    second = next(one for bid, one in records.items() if bid != first["bid"])
    assert (records[first["bid"]]["phase"], second["phase"]) == ("replaced", "live")
    assert second["prev"] == first["submission"]
    assert upload_state(platform.data, first["bid"]) == "replaced"
    opened = open_bid(staged, second["bid"], unwrap_key_file(key_file, PASSPHRASE).k_bidder)
    assert (opened.fields["price"], list(opened.files)) == ("4500000.00", ["better.pdf", "offer.pdf"])
    assert list(opened.identity.replaces) == [first["bid"]]

    press(page, "Withdraw the bid")
    dialog = page.get_by_role("dialog", name="Withdraw the bid")
    dialog.get_by_role("button", name="Withdraw this bid").click()
    expect(dialog.get_by_text("Type “withdraw”").last).to_be_visible()
    axe(page)
    dialog.get_by_label("Type “withdraw” to confirm").fill("withdraw")
    with page.expect_download() as got:
        dialog.get_by_role("button", name="Withdraw this bid").click()
    assert json.loads(got.value.path().read_bytes())["submission"] == second["submission"]
    expect(
        page.get_by_text("The earlier bid was withdrawn. Until the deadline you may bid again.")
    ).to_be_visible()
    assert upload_state(platform.data, second["bid"]) == "withdrawn"
    watch.assert_unlinked()


def test_a_wrong_form_says_what_is_wrong_and_leads_there(
    platform: Platform, staged: Staged, new_context: ContextFactory
) -> None:
    page = open_desk(new_context(), platform, staged.p12("丙"), staged.lot)
    press(page, ZH.next)
    page.get_by_label(ZH.files, exact=True).set_input_files(
        [small_file("a.pdf"), small_file("A.PDF"), small_file("con.txt"), small_file(".DS_Store")]
    )
    expect(page.get_by_text("2 个文件没有加入")).to_be_visible()
    expect(page.get_by_text("已有同名文件")).to_be_visible()
    expect(page.get_by_text("这是 Windows 保留的名称")).to_be_visible()
    expect(page.get_by_text("已略去系统临时文件：.DS_Store")).to_be_visible()
    axe(page)
    press(page, ZH.next)
    press(page, ZH.next)
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(5)
    axe(page)
    summary.get_by_role("link", name="请填写“工期”").click()
    expect(page.get_by_label("工期（日历天）")).to_be_focused()
    price = page.get_by_label("投标报价（元）")
    for typed, said in (
        ("12.345", "最多两位小数"),
        ("四百万", "请填写以元为单位的数字"),
        ("468", "不到最高投标限价的十分之一"),
        ("5000000.01", "高于最高投标限价"),
    ):
        price.fill(typed)
        price.blur()
        expect(page.get_by_text(said)).to_be_visible()
    price.fill("￥５,000,000.01")
    price.blur()
    expect(price).to_have_value("5000000.01")
    fill_form(page, {name: value for name, value in FORM.items() if name != "投标报价"})
    press(page, ZH.next)
    # Above the ceiling it can be sealed, but only knowingly.
    page.get_by_label(ZH.passphrase).fill("太短")
    press(page, ZH.go)
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(3)
    expect(page.get_by_role("alert")).to_contain_text("口令至少 10 个字符")
    axe(page)


def _named(form: dict[str, str]) -> dict[str, str]:
    names = {
        "投标报价": "price",
        "工期": "duration_days",
        "质量": "quality",
        "项目经理": "manager",
        "项目经理证书号": "manager_certificate",
    }
    return {names[label]: value for label, value in form.items()}
