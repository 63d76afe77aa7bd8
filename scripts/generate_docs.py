"""Writes what comes from the catalog: docs/problems, one page a code, and the web client's words.

`--check` only compares.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bidding.messages import Message, messages

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
#: Areas whose refusals a browser finds by itself, without a server to put them into words.
FOUND_IN_BROWSER = ("crypto", "client", "trust", "verification")


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    found = {DOCS / "problems" / f"{entry.code}.md": problem_page(entry) for entry in messages().values()}
    found[DOCS / "problems" / "README.md"] = index()
    found[ROOT / "webclient" / "src" / "wire" / "messages.json"] = client_words()
    return found


def problem_page(entry: Message) -> str:
    parts = [f"# {entry.code}\n\nHTTP {entry.status} · area: {entry.area}\n"]
    for heading, text in (("中文", entry.zh), ("English", entry.en)):
        parts.append(f"## {heading}\n\n**{text.what}**\n\n{text.meaning}\n\n{text.do}\n")
    return "\n".join(parts)


def client_words() -> str:
    """code -> {zh, en}, each {what, meaning, do}."""
    found = {
        code: {
            language: {"what": text.what, "meaning": text.meaning, "do": text.do}
            for language, text in (("zh", entry.zh), ("en", entry.en))
        }
        for code, entry in sorted(messages().items())
        if entry.area in FOUND_IN_BROWSER
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def index() -> str:
    lines = ["# Problems\n"]
    lines += ["What each refusal means and what to do, generated from `bidding/catalog/*.toml`.\n"]
    lines += ["| code | HTTP | 中文 | English |", "|---|---|---|---|"]
    for code in sorted(messages()):
        entry = messages()[code]
        lines.append(f"| [{code}]({code}.md) | {entry.status} | {entry.zh.what} | {entry.en.what} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    wanted = pages()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    extra = [path for path in (DOCS / "problems").glob("*.md") if path not in wanted]
    if "--check" in sys.argv:
        for path in stale + extra:
            print(f"not current: {path.relative_to(DOCS.parent)}")
        return 1 if stale or extra else 0
    for path in extra:
        path.unlink()
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
