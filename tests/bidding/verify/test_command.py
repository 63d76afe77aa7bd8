"""`kaibiao verify` as a process: exit codes, JSON, and what it does not load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from archive_world import Exported
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from bidding.archive.manifest import Right
from bidding.verify.run import STEPS

ROOT = Path(__file__).parents[3]
HEAVY = {
    "fastapi",
    "sqlalchemy",
    "uvicorn",
    "pyhanko",
    "redis",
    "reportlab",
    "obstore",
    "pydantic",
    "alembic",
}


def kaibiao(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bidding", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_verified_archive_exits_0_and_names_every_step(exported: Exported) -> None:
    done = kaibiao("verify", exported.paths[Right.PUBLIC])
    assert done.returncode == 0, done.stdout + done.stderr
    for number, (name, _, _) in enumerate(STEPS, 1):
        assert f"{number:>3} ok  {name}: " in done.stdout
    assert "taken from the archive itself" in done.stdout


def test_json_is_one_object_on_standard_output(exported: Exported) -> None:
    done = kaibiao("verify", exported.paths[Right.COURT], "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert report["verified"] is True
    assert report["wrong"] == []
    assert [step["n"] for step in report["steps"]] == list(range(1, len(STEPS) + 1))
    assert len(report["facts"]["read"]) == 3


def test_changed_archive_exits_1_and_names_the_place(exported: Exported, tmp_path: Path) -> None:
    data = bytearray(exported.paths[Right.PUBLIC].read_bytes())
    at = data.index(b"log/leaves.jsonl", len(data) // 4) + 60
    data[at] ^= 1
    path = tmp_path / "changed.zip"
    path.write_bytes(data)
    done = kaibiao("verify", path, "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert report["verified"] is False
    assert report["wrong"][0]["path"]
    assert {"path", "reason"} <= set(report["wrong"][0])
    assert kaibiao("verify", path).returncode == 1


def test_pages_can_be_printed_again(exported: Exported) -> None:
    done = kaibiao("verify", exported.paths[Right.PUBLIC], "--reprint")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "printed pages: 1 records printed again" in done.stdout


def test_what_is_no_archive_exits_2(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("nothing to see")
    for arguments in ([path], [path, "--json"], [tmp_path / "absent.zip"]):
        assert kaibiao("verify", *arguments).returncode == 2
    assert json.loads(kaibiao("verify", path, "--json").stdout)["verified"] is False


def test_anchors_and_key_may_come_from_outside(exported: Exported, tmp_path: Path) -> None:
    entries = exported.entries(Right.PUBLIC)
    anchors, key = tmp_path / "anchors.pem", tmp_path / "log.vkey"
    anchors.write_bytes(entries["trust/anchors.pem"])
    key.write_bytes(entries["log/key"])
    done = kaibiao("verify", exported.paths[Right.PUBLIC], "--trust", anchors, "--log-key", key)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "given from outside" in done.stdout
    assert "taken from the archive" not in done.stdout
    assert kaibiao("verify", exported.paths[Right.PUBLIC], "--trust", tmp_path / "absent").returncode == 2


def test_verifier_loads_no_server_and_no_pdf_library(exported: Exported) -> None:
    program = (
        "import sys; from pathlib import Path; from bidding.verify.command import verify_archive; "
        f"assert verify_archive(Path({str(exported.paths[Right.COURT])!r})).verified; "
        "print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(done.stdout.split())


def test_help_stands_alone() -> None:
    text = kaibiao("verify", "--help").stdout
    for word in ("--trust", "--log-key", "--json", "Exit code 0"):
        assert word in text


def test_log_key_in_the_archive_is_plain_ed25519(exported: Exported) -> None:
    """What docs/verify/openssl.md relies on."""
    import base64

    line = exported.entries(Right.PUBLIC)["log/key"].decode().strip()
    raw = base64.b64decode(line.split("+", 2)[2])[1:]
    der = base64.b64decode("MCowBQYDK2VwAyEA") + raw
    pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(der) + b"\n-----END PUBLIC KEY-----\n"
    assert load_pem_public_key(pem).public_bytes(Encoding.Raw, PublicFormat.Raw) == raw
