"""After publication: an addendum is acknowledged or asks for a new sealing; several bid as one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web.bidder.bidding import (
    PASSPHRASE,
    axe,
    bid_records,
    keep_keys,
    open_bid,
    open_desk,
    prepare,
    press,
    seal,
    small_file,
    statements,
    submitted,
)
from web.conftest import ContextFactory
from web.harness import Platform, sign_in
from web.staging import Staged, stage

from bidding.client.tender_desk import publish_change
from crypto.canonical import unb64
from crypto.consortium import verify_consortium
from crypto.envelope import unwrap_key_file


@pytest.fixture(scope="module")
def staged(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return stage(platform, tmp_path_factory.mktemp("tender"), 3600, bidders="甲乙丙", sealed=())


def test_a_consortium_signs_and_an_addendum_is_acknowledged(
    platform: Platform, staged: Staged, new_context: ContextFactory, tmp_path: Path
) -> None:
    lead, member = staged.bidders["甲"], staged.bidders["乙"]
    page = open_desk(new_context(), platform, lead.p12, staged.lot)
    page.get_by_label("以联合体投标（两个以上单位共同投标）").check()
    second = page.get_by_role("group", name=re.compile("^成员 2"))
    second.get_by_label("单位名称").fill(member.organisation.name)
    second.get_by_label("统一社会信用代码").fill(member.organisation.credit_code)
    second.get_by_label("统一社会信用代码").blur()
    axe(page)
    press(page, "用本单位证书签名")
    expect(page.get_by_role("group", name=re.compile("^牵头人（本单位） · 已签名"))).to_be_visible()
    with page.expect_download() as got:
        press(page, "下载联合体协议")
    agreement = tmp_path / "consortium.json"
    agreement.write_bytes(got.value.path().read_bytes())

    other = new_context().new_page()
    signature = tmp_path / "signature.json"
    _sign_agreement(other, platform, member.p12, agreement, signature)
    page.get_by_label("导入签名文件").set_input_files(signature)
    expect(page.get_by_role("group", name=re.compile("^成员 2 · 已签名"))).to_be_visible()
    prepare(page, [small_file()])
    seal(page)
    key_file, _ = keep_keys(page)
    submitted(page)
    [record] = bid_records(page)
    opened = open_bid(staged, record["bid"], unwrap_key_file(key_file, PASSPHRASE).k_bidder)
    facts = opened.identity.facts["representative"]
    signatures = [unb64(one) for one in facts["consortiumSignatures"].split()]
    place = {"tender": staged.tender, "lot": staged.lot}
    found, _ = verify_consortium(unb64(facts["consortium"]), signatures, **place)
    codes = [one.credit_code for one in found.members]
    assert codes == [lead.organisation.credit_code, member.organisation.credit_code]
    assert [one["creditCode"] for one in opened.identity.members] == codes

    _change(staged, "补遗一", reseal=False)
    page.reload()
    expect(page.get_by_text("招标文件已更新到第 2 版，您的投标依据的是第 1 版")).to_be_visible()
    press(page, "签收第 2 版")
    expect(page.get_by_text(re.compile("已签收第 2 版"))).to_be_visible()
    said = statements(platform.data, record["bid"])["ack-addendum"]
    assert said["revision"] == 2

    _change(staged, "补遗二", reseal=True)
    page.reload()
    expect(page.get_by_text(re.compile("本次变更要求重新加密"))).to_be_visible()
    axe(page)


def _sign_agreement(page: Page, platform: Platform, p12: Path, agreement: Path, target: Path) -> None:
    sign_in(page, platform.base, p12, next_path="/bids")
    press(page, "签署联合体协议")
    dialog = page.get_by_role("dialog", name="签署联合体协议")
    dialog.get_by_label("选择协议文件").set_input_files(agreement)
    expect(dialog.get_by_role("table")).to_contain_text("演示甲有限公司")
    axe(page)
    with page.expect_download() as got:
        dialog.get_by_role("button", name="签名并下载签名文件").click()
    target.write_bytes(got.value.path().read_bytes())
    assert json.loads(target.read_bytes())["label"] == "kaibiao/consortium-signature/v1"


def _change(staged: Staged, title: str, *, reseal: bool) -> None:
    change = {"title": title, "text": "工期说明", "lots": [staged.lot], "affects": False, "reseal": reseal}
    publish_change(staged.account("agency").api, staged.tender, change, staged.officials["agency"].signer)
