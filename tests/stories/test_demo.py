"""`kaibiao demo`: a first start publishes a tender with its bids, a second one finds them again."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from servers import free_port

from bidding.client.http import Api

pytestmark = pytest.mark.story


@contextmanager
def demo(data: Path, *options: str) -> Iterator[tuple[str, list[str]]]:
    """A running demonstration: its address and the lines it printed, up to what to try."""
    port = free_port()
    command = [sys.executable, "-m", "bidding", "demo", "--port", str(port), "--data-dir", str(data)]
    command += options
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


def waited(look: Callable[[], Any], good: Callable[[Any], bool], seconds: float = 180.0) -> Any:
    """What is looked at, once it is good; fails loudly when that takes too long."""
    until = time.monotonic() + seconds
    pause = threading.Event()
    while not good(seen := look()):
        assert time.monotonic() < until, seen
        pause.wait(0.5)
    return seen


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


def test_companions_play_whatever_the_visitor_leaves_to_them(tmp_path: Path) -> None:
    """With everybody left to them the opening runs to its signed record without a visitor's hand."""
    with demo(tmp_path / "data", "--opens-in", "0.5") as (base, _):
        api = Api.to(base)
        cast = api.get("/demo")["cast"]
        assert cast["agency"]["person"] == "演示主持人" and cast["bidder-1"]["visitor"]
        body = json.dumps({"keys": list(cast)}).encode()
        headers = {"Content-Type": "application/json", "X-Kaibiao": "1", "Origin": base}
        api.request("PUT", "/demo/companions", body, headers)
        told = waited(lambda: api.get("/demo"), lambda seen: bool(seen.get("over")))
        assert told["phase"] == "RECORDED"
        record = api.get(f"/halls/{told['lot']}")["view"]["record"]
        assert len(record["sealed"]) == 3, "host, tenderer and supervisor sealed it"
        assert len(record["signed"]) == 3, "the three bidders with a bid signed it"


def test_what_the_guide_asks_is_refused_to_other_sites(tmp_path: Path) -> None:
    with demo(tmp_path / "data", "--opens-in", "5") as (base, _):
        for headers in ({}, {"X-Kaibiao": "1"}, {"X-Kaibiao": "1", "Origin": "https://elsewhere.example"}):
            answer = httpx.put(f"{base}/api/demo/companions", json={"keys": []}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "cross-site-request")
        assert Api.to(base).get("/demo")["companions"], "nothing changed"
        assert httpx.get(f"{base}/api/demo/people/nobody/certificate.p12").status_code == 404
