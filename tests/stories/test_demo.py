"""`kaibiao demo`: a first start publishes a tender with its bids, a second one finds them again."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers import free_port

from bidding.client.http import Api

pytestmark = pytest.mark.story


@contextmanager
def demo(data: Path) -> Iterator[tuple[str, list[str]]]:
    """A running demonstration: its address and the lines it printed, up to what to try."""
    port = free_port()
    command = [sys.executable, "-m", "bidding", "demo", "--port", str(port), "--data-dir", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = []
        try:
            for line in process.stdout:
                lines.append(line.rstrip())
                if "rehearse" in line:
                    break
            yield f"http://127.0.0.1:{port}", lines
        finally:
            process.terminate()


def lot_of(lines: list[str]) -> str:
    return next(line.split()[1] for line in lines if line.startswith("标段"))


def test_a_second_start_finds_the_tender_of_the_first(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with demo(data) as (base, lines):
        lot = lot_of(lines)
        public = Api.to(base).get(f"/lots/{lot}")
        assert public["rehearsal"] is True and "无法律效力" in public["title"]
        packages = sorted(data.glob(f"demo/people/bidder-*/package-{lot}/receipt.json"))
        assert len(packages) == 3, "every bid has its receipt"
        assert any(f"officer attend {lot}" in line for line in lines)
        shown = subprocess.run(
            [sys.executable, "-m", "bidding", "lot", lot, "--server", base],
            capture_output=True,
            text=True,
            env={**os.environ, "KAIBIAO_HOME": str(tmp_path / "home")},
            timeout=120,
        )
        assert shown.returncode == 0, shown.stderr
        assert "演示监督员" in shown.stdout + shown.stderr
    with demo(data) as (_, again):
        assert lot_of(again) == lot
