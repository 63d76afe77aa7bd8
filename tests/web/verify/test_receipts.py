"""A receipt in the browser: signed by the platform, in the log, counted; and what is none of that."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import expect
from web.conftest import ContextFactory
from web.harness import axe
from web.verify.conftest import Finished, VerifyPage


def receipt_pdf(finished: Finished) -> Path:
    address = f"{finished.base}/api/receipts/{finished.receipt['submission']}/pdf"
    with urllib.request.urlopen(address) as answer:
        return finished.kept("receipt.pdf", answer.read())


def test_receipts_hold_as_data_and_on_paper(finished: Finished, new_context: ContextFactory) -> None:
    page = new_context().new_page()
    visit = VerifyPage(page, finished.base)
    visit.open()
    for path in (finished.receipt_file("receipt.json"), receipt_pdf(finished)):
        visit.check(path)
        visit.verdict("回执核验通过")
        for title in ("平台的签名", "已写入公开日志", "时间戳", "截止后计入投标"):
            visit.step(title, "通过")
        axe(page)
        visit.again()


def act_file(finished: Finished, name: str, **changes: Any) -> Path:
    """The receipt of an act as the hall's page keeps it: an event with its salt."""
    with urllib.request.urlopen(f"{finished.base}/api/halls/{finished.lot}/closed") as answer:
        event = json.loads(answer.read())
    kept = {
        "label": "kaibiao/act-receipt/v1",
        "lot": finished.lot,
        "do": "Close",
        "event": {**event, **changes},
    }
    return finished.kept(name, json.dumps(kept, indent=2).encode())


def test_an_acts_receipt_is_held_against_the_log(finished: Finished, new_context: ContextFactory) -> None:
    page = new_context().new_page()
    visit = VerifyPage(page, finished.base)
    visit.open()
    visit.check(act_file(finished, "act.json"))
    visit.verdict("操作回执核验通过")
    visit.step("已写入公开日志，内容一致", "通过")
    expect(page.get_by_role("term").filter(has_text="日志事件")).to_be_visible()
    axe(page)
    visit.again()
    visit.check(act_file(finished, "later.json", at="2026-03-02T01:02:03.004Z"))
    visit.verdict("操作回执有问题")
    assert "body-differs" in visit.step("已写入公开日志，内容一致", "不符").inner_text()
    visit.again()
    visit.check(act_file(finished, "elsewhere.json", stream="hall:l_elsewhere"))
    assert "act-elsewhere" in visit.step("读取操作回执", "不符").inner_text()


def test_a_forged_receipt_is_refused(finished: Finished, new_context: ContextFactory) -> None:
    page = new_context().new_page()
    visit = VerifyPage(page, finished.base)
    visit.open()
    visit.check(finished.receipt_file("forged.json", receivedAt="2026-03-02T01:59:59.000Z"))
    visit.verdict("回执有问题")
    assert "receipt-forged" in visit.step("平台的签名", "不符").inner_text()
    expect(page.get_by_role("heading", name="文件上写的（没有得到证实）")).to_be_visible()
    axe(page)


def test_the_log_is_remembered_and_another_one_is_noticed(
    finished: Finished, new_context: ContextFactory
) -> None:
    page = new_context().new_page()
    visit = VerifyPage(page, finished.base)
    visit.open()
    receipt = finished.receipt_file("receipt.json")
    visit.check(receipt)
    expect(visit.step("日志公钥与上次见到的日志", "通过")).to_contain_text("第一次见到")
    visit.again()
    visit.check(receipt)
    expect(visit.step("日志公钥与上次见到的日志", "通过")).to_contain_text("没有改写")
    page.evaluate(
        """() => {
            const held = JSON.parse(localStorage.getItem('kaibiao-log'))
            const [entry] = Object.values(held)
            entry.note = entry.note.replace(/\\n\\d+\\n/, '\\n999999\\n')
            localStorage.setItem('kaibiao-log', JSON.stringify(held))
        }"""
    )
    visit.again()
    visit.check(receipt)
    visit.verdict("回执有问题")
    visit.step("日志公钥与上次见到的日志", "不符")
    page.get_by_role("button", name="忘记已记住的日志").click()
    visit.again()
    visit.check(receipt)
    visit.verdict("回执核验通过")
