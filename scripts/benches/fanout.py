"""One event to thousands of viewers: a whole durable command through the product, against a C send loop.

The viewers are one C process. Their clock runs from sending the command to the last viewer's receipt; ours
includes parsing, deciding and the commit to disk, the baseline only sends.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

HERE = Path(__file__).parent
GOAL = 1.3
HELLO = '{"hello":{"since":null}}'
COMMAND = '{"id":"c-#","do":"Say"}'


def run(quick: bool) -> list[dict[str, Any]]:
    """Rounds of both servers take turns; lower quartiles count, as other work here only ever adds time."""
    viewers, (rounds, events) = 5_000, (1, 8) if quick else (4, 12)
    with tempfile.TemporaryDirectory(prefix="kaibiao-bench-") as folder:
        home = Path(folder)
        for name in ("sendloop", "fanload"):
            _compile(name, home)
        ours: list[float] = []
        baseline: list[float] = []
        with _server([sys.executable, "-m", "scripts.benches._hall", str(home / "log.db")]) as hall:
            _, size = _load(home, hall, "/ws", 20, 3, HELLO)
            with _server([str(home / "sendloop"), str(size)]) as loop:
                for _ in range(rounds):
                    ours += _load(home, hall, "/ws", viewers, events, HELLO)[0]
                    baseline += _load(home, loop, "/", viewers, events, "")[0]
    figure, limit = quantiles(ours)[0], quantiles(baseline)[0]
    ratio = figure / limit
    return [
        {
            "name": f"one event to {viewers:,} viewers",
            "figure": figure,
            "unit": "ms",
            "baseline": limit,
            "ratio": ratio,
            "goal": f"<= {GOAL:g} x a C send loop",
            "ok": ratio <= GOAL,
        }
    ]


def _compile(name: str, home: Path) -> None:
    subprocess.run(["cc", "-O2", "-o", home / name, HERE / f"{name}.c"], check=True)


@contextmanager
def _server(command: list[str]) -> Iterator[int]:
    """Runs a server that prints its port first."""
    server = subprocess.Popen(command, cwd=HERE.parents[1], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline())
    finally:
        server.kill()
        server.wait()


def _load(home: Path, port: int, path: str, viewers: int, events: int, hello: str) -> tuple[list[float], int]:
    """Milliseconds to the last receipt of every event but the first two, and the bytes of a frame."""
    command = [home / "fanload", str(port), path, str(viewers), str(events), hello, COMMAND]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return [float(ms) for ms, _ in rows][2:], int(rows[-1][1])
