"""Archives in the browser: those of every right hold; what a platform changes is found as Python finds it."""

from __future__ import annotations

import pytest
from archive_changes import CHANGES
from playwright.sync_api import expect
from web.conftest import ContextFactory
from web.harness import axe
from web.verify.conftest import Finished, VerifyPage, flipped, in_archive

from bidding.archive.manifest import Right

RIGHTS = {
    Right.PUBLIC: "公开",
    Right.PARTY: "当事人",
    Right.SUPERVISOR: "监督部门",
    Right.COURT: "司法、审计",
}


@pytest.mark.parametrize("right", list(Right))
def test_archives_of_every_right_hold(finished: Finished, new_context: ContextFactory, right: Right) -> None:
    page = new_context().new_page()
    visit = VerifyPage(page, finished.base)
    visit.open()
    visit.check(finished.archive(right))
    visit.verdict("归档包核验通过")
    expect(page.get_by_text(f"导出权限 {RIGHTS[right]}")).to_be_visible()
    for title in ("日志条目的包含证明", "唱标内容与密封时一致", "与平台今天展示的日志一致"):
        visit.step(title, "通过")
    visit.step("按规则重演全过程", "未核验")
    if right is Right.COURT:
        visit.step("整份投标文件解密", "通过")
        axe(page)


def test_the_archive_of_a_lot_is_fetched_and_checked(finished: Finished, new_context: ContextFactory) -> None:
    page = new_context(lang="en").new_page()
    page.goto(f"{finished.base}/verify?lot={finished.lot}")
    expect(page.get_by_text("The archive verifies", exact=True)).to_be_visible(timeout=60_000)
    axe(page)


def test_a_flipped_byte_is_named_by_entry_and_leaf(finished: Finished, new_context: ContextFactory) -> None:
    visit = VerifyPage(new_context().new_page(), finished.base)
    visit.open()
    archive = finished.archive(Right.COURT)
    name = next(name for name in finished.exported.entries(Right.COURT) if name.endswith(".ct"))
    at = in_archive(archive, name) + 500_000
    visit.check(finished.kept("flipped.zip", flipped(archive.read_bytes(), at)))
    visit.verdict("归档包有问题")
    found = visit.step("每个文件的内容", "不符")
    expect(found).to_contain_text(name)
    expect(found).to_contain_text("第 0 块")


def test_bytes_behind_the_end_are_found(finished: Finished, new_context: ContextFactory) -> None:
    visit = VerifyPage(new_context().new_page(), finished.base)
    visit.open()
    visit.check(finished.kept("longer.zip", finished.archive().read_bytes() + b"more"))
    visit.verdict("归档包有问题")
    assert "bytes-after" in visit.step("归档包每个字节的位置", "不符").inner_text()


def test_what_a_platform_changes_and_signs_is_found_as_python_finds_it(
    finished: Finished, new_context: ContextFactory
) -> None:
    visit = VerifyPage(new_context().new_page(), finished.base)
    visit.open()
    missed = []
    for name, change, path, reason in CHANGES:
        entries = finished.exported.entries()
        change(entries)
        visit.check(finished.exported.resigned(entries))
        told = visit.wrong()
        if path not in told or reason not in told:
            missed.append(f"{name}: {path} {reason} not in {told}")
        visit.again()
    assert not missed, "\n".join(missed)
