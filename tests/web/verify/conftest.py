"""A platform whose opening is over, with its archives, record and receipts, and what forgers make of them."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from archive_world import Exported, export
from opened_world import OpenedWorld, opened_world
from playwright.sync_api import Locator, Page, expect
from web import harness
from web.harness import Platform

from bidding import db
from bidding.archive.manifest import Right
from crypto.canonical import canon

ORIGIN = "test/log"
CHECKED = 60_000


@dataclass
class Finished:
    """An ended opening on a running server."""

    platform: Platform
    exported: Exported
    folder: Path
    lot: str
    code: str

    @property
    def base(self) -> str:
        return self.platform.base

    def archive(self, right: Right = Right.PUBLIC) -> Path:
        return self.exported.paths[right]

    def kept(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def entry(self, name: str, right: Right = Right.COURT) -> bytes:
        return self.exported.entries(right)[name]

    @property
    def record(self) -> bytes:
        return self.entry("record/1/record.pdf")

    @property
    def receipt(self) -> dict[str, Any]:
        entries = self.exported.entries(Right.COURT)
        name = next(name for name in entries if name.endswith("receipt.json"))
        found: dict[str, Any] = json.loads(entries[name])
        return found

    def receipt_file(self, name: str, **changes: str) -> Path:
        return self.kept(name, canon({**self.receipt, **changes}))


def stamp(world: OpenedWorld) -> None:
    """The tests' world makes its tables at once: say so to the migrations."""
    head = ScriptDirectory(str(db.MIGRATIONS)).get_current_head()
    with world.world.deps.engine.begin() as tx:
        tx.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        tx.execute(sa.text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})


@contextmanager
def finished_opening(
    folder: Path, client: Path, play: Callable[[OpenedWorld], None], bidders: int = 3
) -> Iterator[Finished]:
    with opened_world(folder, bidders=bidders) as world:
        play(world)
        stamp(world)
        rights = {
            right: export(world, folder, right, ciphertext=right is not Right.PUBLIC) for right in Right
        }
        exported = Exported(world, folder, rights)
        lot = str(world.lot)
        minutes = exported.entries(Right.PUBLIC)["record/1/minutes.json"]
        server = folder / "server"
        server.mkdir()
        world.world.deps.engine.dispose()
        (folder / "platform").rename(server / "data")
        with harness.platform(server, client, origin=ORIGIN) as platform:
            code = f"{lot}.main.{sha256(minutes).hexdigest()[:16]}"
            yield Finished(platform, exported, folder, lot, code)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, client: Path) -> Iterator[Finished]:
    with finished_opening(tmp_path_factory.mktemp("finished"), client, lambda world: world.run()) as made:
        yield made


def flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def in_archive(path: Path, name: str) -> int:
    """Where an entry's data starts in the archive's file."""
    with zipfile.ZipFile(path) as opened:
        info = opened.getinfo(name)
    data = path.read_bytes()
    lengths = info.header_offset + 26
    name_size, extra = (int.from_bytes(data[lengths + n : lengths + n + 2], "little") for n in (0, 2))
    return info.header_offset + 30 + name_size + extra


class VerifyPage:
    """The page as a visitor uses it."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base

    def open(self) -> None:
        self.page.goto(f"{self.base}/verify")
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    def check(self, path: Path) -> None:
        """Choose a file; done when the verdict stands."""
        self.page.get_by_label("选择回执、开标记录（PDF）或归档包（ZIP）").set_input_files(path)
        expect(self.page.get_by_role("button", name="核验另一份")).to_be_visible(timeout=CHECKED)

    def again(self) -> None:
        self.page.get_by_role("button", name="核验另一份").click()

    def verdict(self, text: str) -> None:
        expect(self.page.get_by_text(text, exact=True)).to_be_visible(timeout=CHECKED)

    def step(self, title: str, outcome: str) -> Locator:
        """A step of the check, which must have come out like this."""
        steps = self.page.get_by_role("list", name="核验步骤", exact=True).get_by_role("listitem")
        found = steps.filter(has=self.page.get_by_text(title, exact=True)).first
        expect(found.get_by_text(re.compile(rf"^\W?{outcome}$")).first).to_be_visible()
        return found

    def wrong(self) -> str:
        """Everything that stands in the list of steps."""
        return self.page.get_by_role("list", name="核验步骤", exact=True).inner_text()
