"""An officer's key from the seat to its end: made, proven, checked, handed over, stated as destroyed."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import expect
from web import staging
from web.conftest import ContextFactory
from web.harness import PHONE, Platform, as_person, axe, goto_as, no_sideways_scroll
from web.officer.keymaking import make_key, prove

from bidding.client.agency import add_lot, create_tender
from bidding.client.clock import local_now
from bidding.client.officer import open_opening_key
from bidding.client.signin import sign_in as api_sign_in
from bidding.client.tender_desk import terminate
from bidding.demo.cast import PASSWORD
from crypto.canonical import iso
from crypto.hpke import public_bytes


def holder(platform: Platform, key: str, name: str) -> dict[str, str]:
    person = platform.person(key, name)
    return {"name": person.name, "creditCode": person.organisation.credit_code}


def draft(platform: Platform) -> str:
    """A drafted lot that wants one key of the tenderer; its id."""
    agency = platform.person("agency", "主持人")
    api = api_sign_in(platform.api(), agency.signer).api
    party = platform.person("tenderer", "招标人").organisation
    tender = create_tender(
        api,
        {
            "regime": "REHEARSAL",
            "type": "goods",
            "title": "演示：密钥",
            "tenderer": {"name": party.name, "creditCode": party.credit_code},
        },
    )
    lot = {"title": "一标段", "opensAt": iso(local_now() + timedelta(days=60)), "k": 1}
    return add_lot(
        api,
        tender,
        {**lot, "officers": [{"seat": "officer:tenderer", **holder(platform, "tenderer", "招标人")}]},
    )


def test_weak_passphrases_wrong_files_and_a_key_made_anew(
    platform: Platform, new_context: ContextFactory, tmp_path: Path
) -> None:
    lot = draft(platform)
    tenderer = platform.person("tenderer", "招标人")
    page = as_person(new_context(viewport=PHONE), platform.base, tenderer.p12, f"/lots/{lot}/officer")
    page.get_by_label("口令", exact=True).fill("kaibiao-demo")
    page.get_by_role("button", name="生成密钥", exact=True).click()
    expect(page.get_by_text("这个口令太容易猜")).to_be_visible()
    axe(page, within="main")
    no_sideways_scroll(page)

    page.get_by_role("button", name="替我生成口令").click()
    page.get_by_role("button", name="生成密钥", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="保存密钥文件").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    prove(page, file, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("口令不正确")
    axe(page, within="main")
    foreign = tmp_path / "foreign.json"
    text = json.loads(file.read_text("utf-8"))
    foreign.write_text(file.read_text("utf-8").replace(text["facts"]["lot"], "l_other"), "utf-8")
    prove(page, foreign, "any")
    expect(page.get_by_role("alert")).to_contain_text("另一个席位或标段")
    foreign.write_text("{}", "utf-8")
    prove(page, foreign, "any")
    expect(page.get_by_role("alert")).to_contain_text("bad-key-file")

    page.reload()  # not registered yet: start again
    first = make_key(page, lot, tmp_path / "1")
    axe(page, within="main")
    second = make_key(page, lot, tmp_path / "2", again=True)
    points = [public_bytes(open_opening_key(one.file, one.passphrase).private) for one in (first, second)]
    assert points[0] != points[1]
    page.get_by_label("口令", exact=True).first.fill(second.passphrase)
    page.get_by_role("button", name="检查密钥文件").click()
    expect(page.get_by_text("可以参加开标")).to_be_visible()
    axe(page, within="main")
    page.evaluate("indexedDB.deleteDatabase('kaibiao-officer')")
    page.reload()
    page.get_by_label("选择密钥文件").first.set_input_files(first.file)
    page.get_by_label("口令", exact=True).first.fill(first.passphrase)
    page.get_by_role("button", name="检查密钥文件").click()
    expect(page.get_by_role("alert")).to_contain_text("不是平台登记的那一把")


def test_a_seat_is_handed_over_and_its_end_is_stated(
    platform: Platform, new_context: ContextFactory, tmp_path: Path
) -> None:
    staged = staging.stage(platform, tmp_path / "staged", 3600, sealed=())
    successor = platform.person("successor", "接任人")
    leaving = as_person(new_context(), platform.base, staged.p12("tenderer"), f"/lots/{staged.lot}/officer")
    coming = as_person(new_context(lang="en"), platform.base, successor.p12, "/officer/takeover")
    fingerprint = coming.get_by_text(re.compile("^[0-9a-f]{64}$")).inner_text()
    axe(coming, within="main")

    leaving.get_by_text("移交席位").first.click()
    form = leaving.get_by_role("group").filter(has=leaving.get_by_label("接任人证书指纹"))
    form.get_by_label("接任人证书指纹").fill(fingerprint)
    form.get_by_label("选择密钥文件").set_input_files(staged.opening_key("tenderer"))
    form.get_by_label("口令", exact=True).fill(PASSWORD)
    form.get_by_role("button", name="替我生成口令").click()
    told = form.get_by_text(re.compile(r"^([2-9a-z]{4}-){4}[2-9a-z]{4}$")).inner_text()
    axe(leaving, within="main")
    with leaving.expect_download() as download:
        form.get_by_role("button", name="签名并保存移交文件").click()
    file = tmp_path / "handover.json"
    download.value.save_as(file)

    coming.get_by_label("Choose a file").set_input_files(file)
    coming.get_by_label("Passphrase of the handover").fill(told)
    coming.get_by_role("button", name="Make one for me").click()
    axe(coming, within="main")
    with coming.expect_download() as kept:
        coming.get_by_role("button", name="Sign and take over").click()
    expect(coming.get_by_text("The seat is yours")).to_be_visible()
    assert json.loads(Path(kept.value.path()).read_text("utf-8"))["facts"]["seat"] == "officer:tenderer"
    officers = platform.api().get(f"/lots/{staged.lot}")["officers"]
    assert (
        next(one for one in officers if one["seat"] == "officer:tenderer")["holder"]["creditCode"]
        == successor.organisation.credit_code
    )
    goto_as(leaving, "/officer")
    nothing = leaving.get_by_text("目前没有需要您持有密钥的标段")
    expect(nothing.or_(leaving.get_by_role("table", name="待办与将要开标"))).to_be_visible()
    expect(leaving.get_by_role("row").filter(has_text="河西路改造工程")).to_have_count(0)

    agency = staged.account("agency").api
    terminate(agency, staged.tender, staged.lot, "演示结束", staged.officials["agency"].signer)
    goto_as(coming, f"/lots/{staged.lot}/officer")
    coming.get_by_role("button", name="Delete the copy in this browser and sign").click()
    expect(coming.get_by_text("Tick this first")).to_be_visible()
    coming.get_by_label("I deleted the key file and all its copies").check()
    coming.get_by_role("button", name="Delete the copy in this browser and sign").click()
    expect(coming.get_by_text("Stated as destroyed")).to_be_visible()
    axe(coming, within="main")
