"""People at their pages in the hall: what they see of their own acts, and what they press."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect
from web.harness import sign_in
from web.staging import Staged

from bidding.demo.cast import PASSWORD

ZH = {
    "panel": "您的操作",
    "sign in": "签到",
    "identities": "核对并释放全部份额",
    "admitted": "核对并签署",
    "hall shares": "核对并释放全部份额",
    "sign record": "核对并签署",
    "use file": "选择密钥文件",
    "passphrase": "口令",
    "open key": "打开密钥",
    "release": "立即解密",
    "released": "您已解密",
    "by code": "恢复码",
    "open": "打开",
    "evidence": "查看证据并认定",
    "BIDDER": "投标人原因",
    "reason": "理由",
    "decide": "签名并认定 1 份",
    "fix": "确定开启集合",
    "sure": "确认执行",
    "confirm": "确认无误",
    "object": "提出异议",
    "objection": "异议内容",
    "raise": "签名并提出",
    "answer": "答复",
    "answered": "签名并答复",
    "seal": "签章",
    "suspend": "暂停开标",
    "resume": "恢复开标",
    "reading": "唱标",
    "receipts": "操作回执",
    "verify": "核验",
    "proven": "已在本机核验",
    "sealed as": "唱标内容与您封标时的承诺一致",
    "wait": "您现在无需操作",
    "read only": "只读旁听",
    "chain": "日志完好",
}
EN = {
    "panel": "What you can do",
    "sign in": "Sign in",
    "identities": "Check and release all shares",
    "admitted": "Check and sign",
    "hall shares": "Check and release all shares",
    "sign record": "Check and sign",
    "use file": "Choose the key file",
    "passphrase": "Passphrase",
    "open key": "Unlock the key",
    "release": "Release now",
    "released": "You have released your key",
    "by code": "Recovery code",
    "open": "Open",
    "evidence": "See the evidence and decide",
    "BIDDER": "the bidder's doing",
    "reason": "Reason",
    "decide": "Sign and decide 1",
    "fix": "Fix the admitted set",
    "sure": "Yes, do it",
    "confirm": "It is right: confirm",
    "object": "Object",
    "objection": "Your objection",
    "raise": "Sign and raise it",
    "answer": "Your answer",
    "answered": "Sign and answer",
    "seal": "Seal",
    "suspend": "Suspend the opening",
    "resume": "Resume the opening",
    "reading": "Reading",
    "receipts": "Receipts of your acts",
    "verify": "Verify",
    "proven": "Verified here",
    "sealed as": "What was read is what you sealed",
    "wait": "Nothing for you to do now",
    "read only": "read-only",
    "chain": "The log is sound",
}
#: A step of the hall may take its time on a busy machine.
PATIENCE = 40_000


@dataclass
class Hand:
    """One person at one page of the hall."""

    page: Page
    staged: Staged
    words: dict[str, str]

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("region", name=self.words["panel"], exact=True)

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def button(self, name: str) -> Locator:
        return self.panel.get_by_role("button", name=self.words[name], exact=True)

    def press(self, name: str) -> None:
        expect(self.button(name)).to_be_visible(timeout=PATIENCE)
        self.button(name).click()

    def sees(self, name: str) -> None:
        expect(self.panel.get_by_text(self.words[name]).first).to_be_visible(timeout=PATIENCE)

    # --- officers

    def release_shares(self, who: str, *, first: bool) -> None:
        """All shares with one act; the first time the opening key is unlocked from its file."""
        self.press("identities")
        if first:
            unlock = self.dialog
            unlock.locator("input[type=file]").set_input_files(self.staged.opening_key(who))
            unlock.get_by_label(self.words["passphrase"], exact=True).fill(PASSWORD)
            unlock.get_by_role("button", name=self.words["open key"], exact=True).click()
            expect(unlock).to_be_hidden(timeout=PATIENCE)

    # --- bidders

    def use_key_file(self, path: Path, passphrase: str = PASSWORD) -> None:
        self.dialog.locator("input[type=file]").set_input_files(path)
        self.dialog.get_by_role("textbox", name=self.words["passphrase"], exact=True).fill(passphrase)
        self.dialog.get_by_role("button", name=self.words["open"], exact=True).click()

    def use_recovery_code(self, code: str) -> None:
        self.dialog.get_by_role("radio", name=self.words["by code"], exact=True).check()
        self.dialog.get_by_role("textbox", name=self.words["by code"], exact=True).fill(code)
        self.dialog.get_by_role("button", name=self.words["open"], exact=True).click()

    def object(self, text: str) -> None:
        self.press("object")
        self.dialog.get_by_label(self.words["objection"], exact=True).fill(text)
        self.dialog.get_by_role("button", name=self.words["raise"], exact=True).click()
        expect(self.dialog).to_be_hidden(timeout=PATIENCE)

    # --- the host

    def adjudicate(self, reason: str) -> None:
        self.press("evidence")
        self.dialog.get_by_role("radio", name=self.words["BIDDER"], exact=True).check()
        self.dialog.get_by_label(self.words["reason"], exact=True).fill(reason)
        self.dialog.get_by_role("button", name=self.words["decide"], exact=True).click()
        self.dialog.get_by_role("button", name=self.words["sure"], exact=True).click()
        expect(self.dialog).to_be_hidden(timeout=PATIENCE)

    def answer(self, text: str) -> None:
        expect(self.button("answered")).to_be_visible(timeout=PATIENCE)
        self.panel.get_by_role("textbox", name=self.words["answer"], exact=True).fill(text)
        self.press("answered")

    # --- everybody

    def prove_first_receipt(self) -> None:
        self.panel.get_by_text(self.words["receipts"]).click()
        self.button("verify").first.click()
        expect(self.panel.get_by_text(self.words["proven"])).to_be_visible(timeout=PATIENCE)


def enter(context: BrowserContext, staged: Staged, who: str, words: dict[str, str]) -> Hand:
    """Signed in by certificate, in the hall."""
    page = context.new_page()
    sign_in(page, staged.base, staged.p12(who), next_path=staged.path)
    hand = Hand(page, staged, words)
    expect(hand.panel).to_be_visible(timeout=PATIENCE)
    return hand


def look_on(context: BrowserContext, staged: Staged, words: dict[str, str]) -> Hand:
    """The public, without certificate or session."""
    page = context.new_page()
    page.goto(staged.base + staged.path)
    return Hand(page, staged, words)


def verified_archive(staged: Staged, folder: Path) -> dict[str, Any]:
    """The supervisor's archive as the command line exports and checks it, offline."""
    path = folder / "lot.kaibiao.zip"
    run(
        "export", staged.lot, "--right", "supervisor", "-c", str(staged.p12("supervisor")),
        "--server", staged.base, "--out", str(path),
    )  # fmt: skip
    found: dict[str, Any] = json.loads(run("verify", str(path), "--json"))
    return found


def run(*arguments: str) -> str:
    environment = {**os.environ, "KAIBIAO_P12_PASSWORD": PASSWORD}
    done = subprocess.run(
        [sys.executable, "-m", "bidding", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
