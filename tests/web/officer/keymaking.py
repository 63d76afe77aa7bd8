"""An officer's opening key as it is made in a browser, for tests of agencies and officers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect
from web.harness import goto_as

WORDS = {
    "zh": {
        "suggest": "替我生成口令",
        "make": "生成密钥",
        "save": "保存密钥文件",
        "choose": "选择刚保存的文件",
        "passphrase": "口令",
        "check": "核对文件",
        "sign": "签名并登记",
        "done": "密钥已登记",
        "again": "重新生成并登记",
    },
    "en": {
        "suggest": "Make one for me",
        "make": "Make the key",
        "save": "Save the key file",
        "choose": "Choose the file you saved",
        "passphrase": "Passphrase",
        "check": "Check the file",
        "sign": "Sign and register",
        "done": "The key is registered",
        "again": "Make and register another",
    },
}


@dataclass(frozen=True, slots=True)
class Made:
    """What the officer keeps apart: the file and the passphrase."""

    file: Path
    passphrase: str


def make_key(page: Page, lot: str, folder: Path, lang: str = "zh", again: bool = False) -> Made:
    """From the seat's page to the registered key: suggested passphrase, saved file, proof, signature."""
    say = WORDS[lang]
    goto_as(page, f"/lots/{lot}/officer")
    if again:
        page.get_by_role("button", name=say["again"]).click()
    page.get_by_role("button", name=say["suggest"]).click()
    passphrase = page.get_by_text(re.compile(r"^([2-9a-z]{4}-){4}[2-9a-z]{4}$")).inner_text()
    page.get_by_role("button", name=say["make"], exact=True).click()
    saved = page.get_by_role("button", name=say["save"])
    with page.expect_download() as download:
        saved.click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    prove(page, file, passphrase, lang)
    page.get_by_role("button", name=say["sign"]).click()
    expect(page.get_by_text(say["done"], exact=True)).to_be_visible()
    return Made(file, passphrase)


def prove(page: Page, file: Path, passphrase: str, lang: str = "zh") -> None:
    """Choose the saved file again and open it."""
    say = WORDS[lang]
    page.get_by_label(say["choose"]).set_input_files(file)
    page.get_by_label(say["passphrase"], exact=True).fill(passphrase)
    page.get_by_role("button", name=say["check"]).click()
