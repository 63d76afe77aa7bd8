"""The commands on the pages of docs/verify, run as they stand, on the archive of a real opening."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from archive_world import Exported

from bidding.archive.manifest import Right

PAGES = Path(__file__).parents[2] / "docs" / "verify"
_BLOCK = re.compile(
    r"^(?:`(?P<file>[\w.]+)`[^\n]*\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


def script_of(page: str) -> str:
    """The page's code blocks in their order as one script; Go and Python blocks become files."""
    parts = []
    for number, match in enumerate(_BLOCK.finditer((PAGES / page).read_text("utf-8"))):
        kind, text = match["kind"], match["text"]
        if kind == "sh":
            parts.append(text)
        elif kind == "go":
            parts.append(_file("check.go", text))
        elif kind == "python":
            parts.append(
                f"cat > block{number}.py <<'END_OF_FILE'\n{text}END_OF_FILE\npython3 block{number}.py\n"
            )
    return "\n".join(parts)


def _file(name: str, text: str) -> str:
    return f"cat > {name} <<'END_OF_FILE'\n{text}END_OF_FILE\n"


def run(page: str, archive: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    shutil.copyfile(archive, folder / "archive.zip")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GOCACHE": str(folder / "go-cache"),
        "LC_ALL": "C.UTF-8",
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script_of(page)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md") if path.name != "steps.md"))
def test_commands_of_the_page_verify_a_real_archive(page: str, exported: Exported, tmp_path: Path) -> None:
    done = run(page, exported.paths[Right.COURT], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", ["openssl.md", "go-tlog.md", "pdfsig.md"])
def test_commands_also_work_on_the_public_archive(page: str, exported: Exported, tmp_path: Path) -> None:
    done = run(page, exported.paths[Right.PUBLIC], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("openssl.md", "bids/{bid}/statement.json"),
        ("openssl.md", "record/1/record.pdf"),
        ("pdfsig.md", "record/1/record.pdf"),
        ("go-tlog.md", "events/hall.jsonl"),
        ("tink.md", "bids/{bid}/part-main.ct"),
    ],
)
def test_outside_tools_notice_a_change(page: str, name: str, exported: Exported, tmp_path: Path) -> None:
    """A changed byte under a newly signed manifest: the tools find it without the manifest's help."""
    entries = exported.entries()
    path = name.format(bid=exported.world.bidders[0].bid)
    data = bytearray(entries[path])
    data[len(data) // 16] ^= 1
    entries[path] = bytes(data)
    assert run(page, exported.resigned(entries), tmp_path).returncode != 0
