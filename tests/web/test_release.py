"""The built client: small enough at first, packed, and the same from the same sources."""

from __future__ import annotations

import re
from pathlib import Path

from bidding.web.build import read_build
from scripts import web_build, web_size


def test_the_halls_first_load_stays_within_its_budget(client: Path) -> None:
    files = web_size.first_load(client, web_size.HALL)
    assert web_size.kilobytes(files) <= web_size.BUDGET_KB, files


def test_the_same_sources_give_the_same_release(client: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    web_build.build(again)
    first, second = read_build(client), read_build(again)
    assert first is not None and second is not None
    assert second.files == first.files


def test_every_text_file_lies_there_packed(client: Path) -> None:
    build = read_build(client)
    assert build is not None
    for name, asset in build.assets.items():
        if name.endswith((".js", ".css")) and asset.size >= 512:
            assert set(asset.packed) == {"br", "gzip"}, name


def test_the_page_names_nothing_that_is_not_its_own(client: Path) -> None:
    page = (client / "index.html").read_text("utf-8")
    assert re.findall(r'(?:src|href)="(?!/)[^"]*"', page) == []
    assert " style=" not in page and " on" + "load=" not in page
