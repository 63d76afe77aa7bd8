"""Pages name only tests and files that exist; every row shows its test or says why there is none."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ("docs/threat-model.md", "docs/compliance.md")
#: A file, perhaps with a test in it, in backticks.
NAMED = re.compile(r"`((?:[\w-]+/)*[\w-]+\.(?:py|toml|md|js|ts|json))(?:::(\w+))?`")
#: What a row without a test must say instead.
EXCUSES = ("later:", "not enforced:", "judgement:")
FEWEST = {"docs/threat-model.md": 20, "docs/compliance.md": 60}


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, functions))


def where(test: str) -> list[str]:
    """Other files that have a test of this name: whoever moves a test changes the pages as well."""
    return [
        str(file.relative_to(ROOT)) for file in (ROOT / "tests").rglob("test_*.py") if test in names_in(file)
    ]


def rows(page: str) -> list[str]:
    """The rows of all tables, without heads."""
    lines = (ROOT / page).read_text("utf-8").splitlines()
    heads = {number - 1 for number, line in enumerate(lines) if line.startswith("|---")}
    return [
        line
        for number, line in enumerate(lines)
        if line.startswith("|") and not line.startswith("|---") and number not in heads
    ]


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_test_that_is_named_exists(page: str) -> None:
    missing = []
    for path, test in NAMED.findall((ROOT / page).read_text("utf-8")):
        file = ROOT / path
        if not file.is_file():
            missing.append(path)
        elif test and test not in names_in(file):
            missing.append(f"{path}::{test}, perhaps moved to {where(test)}")
        elif path.startswith("tests/") and test and not test.startswith("test_"):
            missing.append(f"{path}::{test} is no test")
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_row_shows_a_test_or_says_why_there_is_none(page: str) -> None:
    found = rows(page)
    assert len(found) >= FEWEST[page]
    for row in found:
        shown = any(test for _, test in NAMED.findall(row))
        assert shown or any(excuse in row for excuse in EXCUSES), row


@pytest.mark.parametrize("page", PAGES)
def test_links_inside_the_repository_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    headings = {heading(line) for line in text.splitlines() if line.startswith("#")}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        assert path == "" or (ROOT / page).parent.joinpath(path).exists(), target
        assert path or anchor in headings, target


def heading(line: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower()).replace(" ", "-")
