"""Every refusal is explained in both languages, and the pages about them are current."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

from bidding.messages import CATALOG, messages
from scripts.generate_docs import pages

ROOT = Path(__file__).parents[2]
PACKAGES = ("crypto", "ceremony", "opening_hall", "evaluation", "bidding")
RAISED = {"Invalid", "Refusal", "Malformed", "Unavailable"}


def raised_codes() -> Iterator[tuple[str, str]]:
    """The literal code of every domain error constructed in product code, with its place."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                match node:
                    case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=code), *_]) if (
                        name in RAISED
                    ):
                        yield str(code), f"{path.relative_to(ROOT)}:{node.lineno}"


def test_every_code_that_is_raised_has_an_entry() -> None:
    missing = {f"{code} ({place})" for code, place in raised_codes() if code not in messages()}
    assert not missing


def test_no_code_is_defined_twice() -> None:
    codes = [
        code for path in sorted(CATALOG.glob("*.toml")) for code in tomllib.loads(path.read_text("utf-8"))
    ]
    assert sorted(set(codes)) == sorted(codes)


def test_every_entry_speaks_both_languages_in_full() -> None:
    for code, entry in messages().items():
        for text in (entry.zh, entry.en):
            assert all((text.what, text.meaning, text.do)), code
        assert any("\u4e00" <= letter <= "\u9fff" for letter in entry.zh.what), code
        assert 400 <= entry.status < 600, code


def test_the_pages_of_all_problems_are_current() -> None:
    wanted = pages()
    stale = [
        path.name for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text
    ]
    extra = [path.name for path in (ROOT / "docs/problems").glob("*.md") if path not in wanted]
    assert not stale, "run: python -m scripts.generate_docs"
    assert not extra, "run: python -m scripts.generate_docs"
