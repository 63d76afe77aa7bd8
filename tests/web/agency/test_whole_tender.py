"""A tender from nothing to published in browsers, opening keys included; then the command line bids on it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from web.agency.drafting import add_lot, add_officer, draft_tender, save, section
from web.conftest import ContextFactory
from web.harness import PHONE, Person, Platform, as_person, axe, goto_as, no_sideways_scroll
from web.officer.keymaking import make_key

from bidding.client.bidder import cargo_of
from bidding.client.lot import fetch_lot
from bidding.client.officer import open_opening_key
from bidding.client.seal import read_folder, seal
from bidding.client.signin import sign_in
from bidding.client.tickets import draw_tickets, take_ticket
from bidding.client.upload import upload_package
from bidding.demo.cast import PASSWORD
from crypto.hpke import public_bytes
from crypto.keyset import verify_keyset

TITLE = "演示：东江路绿化工程"


def bid(platform: Platform, person: Person, lot: str, folder: Path) -> None:
    """Seal and hand in as the command line does, to the keyset made in browsers."""
    offer = folder / "offer"
    offer.mkdir()
    form = {"price": "4680000.00", "duration_days": "180", "quality": "合格", "manager": "演示"}
    form |= {"manager_certificate": "演示-1"}
    (offer / "form.json").write_text(json.dumps(form, ensure_ascii=False), "utf-8")
    (offer / "投标文件.txt").write_text("演示投标文件", "utf-8")
    api = platform.api()
    facts = fetch_lot(api, lot)
    verify_keyset(facts.keyset)
    package = folder / "package"
    seal(facts, read_folder(offer, facts), person.signer, package, PASSWORD)
    tickets = folder / "tickets.json"
    draw_tickets(sign_in(api, person.signer).api, tickets)
    upload_package(api, lot, package, cargo_of(package), lambda: take_ticket(tickets))


def test_from_nothing_to_published_and_bid_on(
    platform: Platform, new_context: ContextFactory, tmp_path: Path
) -> None:
    agency, tenderer = platform.person("agency", "主持人"), platform.person("tenderer", "招标人")
    page = as_person(new_context(), platform.base, agency.p12, "/agency")
    expect(page.get_by_text("还没有招标项目")).to_be_visible()
    axe(page, within="main")

    tender = draft_tender(page, TITLE, tenderer)
    axe(page, within="main")
    lot = add_lot(page, datetime.now(UTC) + timedelta(hours=2), "一标段")
    page.get_by_label("最高投标限价").fill("500万")
    page.get_by_label("最高投标限价").blur()
    expect(page.get_by_text("伍佰万元整")).to_be_visible()
    axe(page, within="main")
    page.reload()  # nothing typed is lost
    expect(page.get_by_text("已恢复您上次未保存的内容")).to_be_visible()
    save(page)

    section(page, "人员与密钥")
    add_officer(page, "招标人席", tenderer)
    axe(page, within="main")
    save(page)
    mine = make_key(page, lot, tmp_path)
    axe(page, within="main")

    other = as_person(new_context(lang="en"), platform.base, tenderer.p12, "/officer")
    expect(other.get_by_text("Key wanted")).to_be_visible()
    axe(other, within="main")
    theirs = make_key(other, lot, tmp_path, "en")
    for made in (mine, theirs):
        held = open_opening_key(made.file, made.passphrase)  # the command line opens what the browser made
        assert held.lot == lot

    goto_as(page, f"/agency/tenders/{tender}/documents")
    document = tmp_path / "演示招标文件.txt"
    document.write_text("演示招标文件，不构成要约邀请。" * 4000, "utf-8")
    page.get_by_label("选择文件").set_input_files(document)
    expect(page.get_by_role("row", name="演示招标文件.txt")).to_be_visible()
    axe(page, within="main")
    section(page, "概览")
    expect(page.get_by_text("发布条件已全部满足")).to_be_visible()
    axe(page, within="main")

    page.get_by_role("link", name="预览公告并发布").click()
    expect(page.get_by_text("密钥组已在本机核对：2 个席位的签名全部有效")).to_be_visible()
    page.get_by_role("button", name="签名并发布").click()
    expect(page.get_by_text("请先核对并勾选")).to_be_visible()
    axe(page, within="main")
    page.get_by_label("我已核对公告内容").check()
    page.get_by_role("button", name="签名并发布").click()
    expect(page.get_by_text("公告已签名发布")).to_be_visible()
    axe(page, within="main")

    facts = fetch_lot(platform.api(), lot)
    assert facts.keyset.k == 2
    points = {officer.opening_key for officer in facts.keyset.officers}
    assert points == {public_bytes(open_opening_key(m.file, m.passphrase).private) for m in (mine, theirs)}
    bid(platform, platform.person("bidder", "投标人"), lot, tmp_path)

    page.get_by_role("link", name="概览").first.click()
    expect(page.get_by_text("目前没有要办的事")).to_be_visible()
    assert "1 份" not in page.get_by_role("main").inner_text()  # no number of bids before the deadline


@pytest.mark.long
def test_every_page_of_a_draft_on_a_phone_and_in_english(
    platform: Platform, new_context: ContextFactory
) -> None:
    agency, tenderer = platform.person("agency", "主持人"), platform.person("tenderer", "招标人")
    page = as_person(new_context(viewport=PHONE), platform.base, agency.p12, "/agency")
    tender = draft_tender(page, "演示：手机起草", tenderer)
    lot = add_lot(page, datetime.now(UTC) + timedelta(hours=2))
    english = as_person(
        new_context(lang="en", viewport=PHONE, care=True), platform.base, agency.p12, "/agency"
    )
    base = f"/agency/tenders/{tender}"
    parts = ("", "/basics", f"/lots/{lot}", f"/lots/{lot}/officers", "/documents", "/review", "/publish")
    for path in ("/agency", *(base + part for part in parts), "/officer", f"/lots/{lot}/officer", "/rules"):
        for one in (page, english):
            goto_as(one, path)
            one.wait_for_load_state("networkidle")
            expect(one.get_by_role("heading", level=1)).to_be_visible()
            no_sideways_scroll(one)
            axe(one, within="main")
