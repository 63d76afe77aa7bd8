"""What a bidder does on the desk, step by step, and how what it sealed is opened with the Python side."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, FilePayload, Page, Request, expect
from web import harness
from web.harness import Platform, sign_in
from web.staging import Staged

from bidding.client.officer import open_opening_key
from bidding.client.upload import Cargo, verify_receipt
from bidding.demo.cast import PASSWORD
from crypto.envelope import (
    IDENTITY,
    Identity,
    Manifest,
    bidder_part_key,
    content_key,
    decrypt_payload,
    hall_purpose,
    open_identity,
    open_share,
    parse_manifest,
    read_form,
    reconstruct,
)
from crypto.plain_zip import read_entries

PASSPHRASE = "演示口令 Kaibiao 9"
FORM = {
    "投标报价": "4680000.00",
    "工期": "180",
    "质量": "合格",
    "项目经理": "演示项目经理",
    "项目经理证书号": "演示-0001",
}
FORM_EN = {
    "Bid price": "4680000.00",
    "Duration": "180",
    "Quality": "合格",
    "Project manager": "演示项目经理",
    "Project manager's certificate": "演示-0001",
}


@dataclass(frozen=True)
class Words:
    """The names on the buttons and fields a test presses."""

    next: str
    files: str
    passphrase: str
    again: str
    checked: str
    go: str
    replace_go: str
    keep: str
    download_key: str
    saved: str
    submitted: str
    form: dict[str, str]


ZH = Words(
    next="下一步",
    files="选择文件",
    passphrase="为密钥文件设置口令",
    again="再输入一次",
    checked="我已核对投标内容",
    go="加密并上传",
    replace_go="加密并替换原投标",
    keep="保存密钥：开标解密要用",
    download_key="下载密钥文件",
    saved="已保存，恢复码不再显示",
    submitted="投标已递交，回执在此",
    form=FORM,
)
EN = Words(
    next="Continue",
    files="Choose files",
    passphrase="Passphrase for the key file",
    again="Once more",
    checked="I have checked the bid",
    go="Seal and upload",
    replace_go="Seal and replace the earlier bid",
    keep="Keep the keys: the opening needs them",
    download_key="Download the key file",
    saved="Saved; show the code no more",
    submitted="The bid is submitted; here is the receipt",
    form=FORM_EN,
)


def axe(page: Page) -> None:
    """The desk's own part of the page; the frame around it has its own tests."""
    page.locator("main h1").wait_for()
    harness.axe(page, within="main")


def small_file(name: str = "投标函.pdf", text: bytes = b"%PDF-1.7 \xe6\xbc\x94\xe7\xa4\xba") -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": text}


def open_desk(context: BrowserContext, platform: Platform, p12: Path, lot: str) -> Page:
    """Signed in, on the lot's desk."""
    page = context.new_page()
    sign_in(page, platform.base, p12, next_path=f"/lots/{lot}/bid")
    return page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def fill_form(page: Page, values: dict[str, str]) -> None:
    for label, value in values.items():
        page.get_by_label(re.compile(rf"^{re.escape(label)}(（| \(|$)")).fill(value)


def prepare(
    page: Page, files: Iterable[FilePayload] | Path, words: Words = ZH, form: dict[str, str] | None = None
) -> None:
    """From the certificate to the page that seals."""
    press(page, words.next)
    chooser = page.get_by_label(words.files, exact=True)
    chooser.set_input_files(files if isinstance(files, Path) else list(files))
    press(page, words.next)
    fill_form(page, form or words.form)
    press(page, words.next)


def seal(page: Page, words: Words = ZH, go: str = "") -> None:
    """Type the passphrase, confirm, start."""
    page.get_by_label(words.passphrase).fill(PASSPHRASE)
    page.get_by_label(words.again).fill(PASSPHRASE)
    page.get_by_label(words.checked).check()
    press(page, go or words.go)


def keep_keys(page: Page, words: Words = ZH, *, downloads: bool = True) -> tuple[bytes, str]:
    """Download the key file, read the code, type the two groups; (key file, recovery code).

    Where a driver tells nothing of downloads, the file is read from the browser's own store.
    """
    expect(page.get_by_role("heading", name=words.keep)).to_be_visible(timeout=60_000)
    groups = (
        page.get_by_role("list", name=re.compile("恢复码|Recovery code")).locator("code").all_inner_texts()
    )
    key_file = download(page, words.download_key) if downloads else b""
    if not downloads:
        press(page, words.download_key)
        key_file = bytes(page.evaluate(KEY_FILE))
    for field in page.get_by_label(re.compile(r"^(第 \d 组|Group \d)$")).all():
        label = field.locator("xpath=ancestor::div[label]//label").inner_text()
        field.fill(groups[int(re.sub(r"\D", "", label)) - 1].lower())
    press(page, words.saved)
    return key_file, "-".join(groups)


KEY_FILE = """() => new Promise((done) => {
  const open = indexedDB.open('kaibiao-bidder')
  open.onsuccess = () => {
    const all = open.result.transaction('bids').objectStore('bids').getAll()
    all.onsuccess = () => { open.result.close(); done([...all.result[0].keyFile]) }
  }
})"""


def submitted(page: Page, words: Words = ZH, seconds: float = 60) -> None:
    expect(page.get_by_role("heading", name=words.submitted)).to_be_visible(timeout=seconds * 1000)


def download(page: Page, name: str) -> bytes:
    with page.expect_download() as got:
        press(page, name)
    return got.value.path().read_bytes()


def bid_records(page: Page) -> list[dict[str, Any]]:
    """What this browser holds of bids, without what cannot be read out of it."""
    return list(
        page.evaluate(
            """() => new Promise((done, fail) => {
              const open = indexedDB.open('kaibiao-bidder')
              open.onerror = () => fail(open.error)
              open.onsuccess = () => {
                const all = open.result.transaction('bids').objectStore('bids').getAll()
                all.onsuccess = () => {
                  open.result.close()
                  done(all.result.map((one) => ({
                    bid: one.bid, phase: one.phase, submission: one.submission, kept: one.kept,
                    prev: one.prev, receipt: one.receipt, secret: one.secret !== null,
                    extractable: one.receiptKey?.extractable ?? null,
                  })))
                }
              }
            })"""
        )
    )


def kept_files(page: Page) -> list[str]:
    """Folders of ciphertext in the browser's private file system."""
    return list(
        page.evaluate(
            """async () => {
              const root = await navigator.storage.getDirectory()
              const found = []
              try {
                for await (const name of (await root.getDirectoryHandle('bids')).keys()) found.push(name)
              } catch {}
              return found
            }"""
        )
    )


class Watch:
    """Every request of a context, to see what is linked to whom."""

    def __init__(self, context: BrowserContext) -> None:
        self.requests: list[Request] = []
        context.on("request", lambda request: self.requests.append(request))

    def assert_unlinked(self) -> int:
        """Nothing that says who bids carries a slot, a cookie or a referrer; the count of such requests."""
        telling = [one for one in self.requests if TELLING.search(one.url)]
        for one in telling:
            assert "/as/" not in one.url, one.url
            headers = one.all_headers()
            assert "cookie" not in headers, one.url
            assert "/as/" not in headers.get("referer", ""), (one.url, headers.get("referer"))
        return len(telling)


TELLING = re.compile(
    r"/api/(uploads/|receipts/|lots/[^/]+/(uploads|withdraw|checkin|acks|diagnostics)"
    r"|halls/[^/]+/(release|challenge|wraps))"
)


@dataclass(frozen=True)
class Opened:
    """A bid as the officers and its bidder open it together."""

    manifest: Manifest
    identity: Identity
    fields: dict[str, str]
    files: dict[str, bytes]


def open_bid(staged: Staged, bid: str, k_bidder: bytes, part: str = "main") -> Opened:
    """Open a submitted bid from what the platform stores, two officers' keys and the bidder's."""
    upload, manifest = _stored(staged.platform.data, bid)
    keys = {}
    for seat in manifest.seats:
        who = seat.seat.removeprefix("officer:")
        keys[seat.index] = open_opening_key(staged.opening_key(who), PASSWORD).private
    some = sorted(keys)[: manifest.k]

    def secret(purpose: str) -> bytes:
        shares = {index: open_share(manifest, purpose, index, keys[index]) for index in some}
        return reconstruct(manifest, purpose, shares)

    identity = open_identity(manifest, _file(staged.platform.data, upload, "box"), secret(IDENTITY))
    dek = content_key(manifest, part, bidder_part_key(manifest, k_bidder, part), secret(hall_purpose(part)))
    ciphertext = _file(staged.platform.data, upload, part)
    out = BytesIO()
    decrypt_payload(manifest, part, dek, lambda i: ciphertext[i << 20 : (i + 1) << 20], out)
    form = read_form(manifest, part, dek, ciphertext[: 1 << 20])
    read_entries(out, out.tell())
    with zipfile.ZipFile(out) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return Opened(manifest, identity, form.fields, files)


def _stored(data: Path, bid: str) -> tuple[str, Manifest]:
    with closing(sqlite3.connect(f"file:{data / 'kaibiao.db'}?mode=ro", uri=True)) as db:
        upload, manifest = db.execute("select upload, manifest from uploads where bid = ?", (bid,)).fetchone()
    return upload, parse_manifest(bytes(manifest))


def _file(data: Path, upload: str, name: str) -> bytes:
    folder = data / "store/objects/bids" / upload
    pieces = sorted(folder.glob(f"{name}.*"), key=lambda path: int(path.name.split(".")[1]))
    for piece in pieces:
        assert hashlib.sha256(piece.read_bytes()).hexdigest() == piece.name.split(".")[2]
    return b"".join(piece.read_bytes() for piece in pieces)


def check_receipt(staged: Staged, bid: str, receipt: bytes, folder: Path) -> None:
    """The receipt as the command line's client checks it: signature, and that it covers manifest and box."""
    upload, manifest = _stored(staged.platform.data, bid)
    box = folder / "identity.box"
    box.write_bytes(_file(staged.platform.data, upload, "box"))
    verify_receipt(staged.platform.api(), json.loads(receipt), Cargo(manifest.encode(), {"box": box}))


def upload_state(data: Path, bid: str) -> str:
    with closing(sqlite3.connect(f"file:{data / 'kaibiao.db'}?mode=ro", uri=True)) as db:
        return str(db.execute("select state from uploads where bid = ?", (bid,)).fetchone()[0])


def statements(data: Path, bid: str) -> dict[str, dict[str, Any]]:
    """What the receipt key said about a bid, the newest of each type."""
    with closing(sqlite3.connect(f"file:{data / 'kaibiao.db'}?mode=ro", uri=True)) as db:
        query = "select type, body from receipt_statements where bid = ? order by received_at"
        rows = db.execute(query, (bid,)).fetchall()
    return {kind: json.loads(body) for kind, body in rows}
