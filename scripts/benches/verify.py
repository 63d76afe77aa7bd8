"""Verifying archives: the marginal rate between two sizes against `openssl dgst -sha256`, and the fixed part.

One real opening (tests/opened_world.py) whose bids are a quarter of the larger size each; the smaller
archive holds one ciphertext, the larger all four, everything else is the same. Both programs read files that
were just written, so neither waits for the disk.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
GOAL = 0.7
FIXED_SECONDS, SECONDS_A_SIGNATURE = 5.0, 0.020
BIDS = 4


def run(quick: bool) -> list[dict[str, Any]]:
    """Seal, open, export, then time whole processes."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    quarter = (64 if quick else 256) << 20
    with tempfile.TemporaryDirectory(prefix="kaibiao-bench-") as name:
        small, large, bare = _archives(Path(name), quarter)
        difference = (large.stat().st_size - small.stat().st_size) / 2**20
        rounds = 2 if quick else 3
        ours = difference / _marginal([_verify(small), _verify(large)], rounds)
        theirs = difference / _marginal([_dgst(small), _dgst(large)], rounds)
        cpu, signatures = _fixed(bare)
    allowed = FIXED_SECONDS + SECONDS_A_SIGNATURE * signatures
    return [
        {
            "name": f"verify, {quarter >> 20} to {quarter >> 18} MiB", "figure": round(ours), "unit": "MiB/s",
            "baseline": round(theirs), "ratio": round(ours / theirs, 2), "goal": f">= {GOAL} x openssl dgst",
            "ok": ours / theirs >= GOAL,
        },
        {
            "name": f"verify, fixed part, {signatures} signatures", "figure": round(cpu, 2), "unit": "CPU s",
            "baseline": None, "ratio": None, "goal": f"<= {allowed:.2f} CPU s", "ok": cpu <= allowed,
        },
    ]  # fmt: skip


def _archives(folder: Path, quarter: int) -> tuple[Path, Path, Path]:
    """The same supervisor's archive with one ciphertext, with all, with none."""
    from opened_world import opened_world

    from bidding.archive.collect import collect
    from bidding.archive.container import pack
    from bidding.archive.export import ended_lot, sources_of
    from bidding.archive.manifest import Right
    from bidding.archive.rights import Viewer
    from crypto.translog.checkpoint import sign_note

    with opened_world(folder, bidders=BIDS, payload=quarter - (1 << 20)) as world:
        world.run()
        deps = world.world.deps
        lot = ended_lot(deps, world.lot)
        items = list(collect(sources_of(deps, lot), lot, Viewer(Right.SUPERVISOR), ciphertext=True))
        sealed = sorted(item.name for item in items if item.tree)
        paths = []
        for label, left_out in (("small", sealed[1:]), ("large", []), ("bare", sealed)):
            packed = pack(
                [item for item in items if item.name not in left_out],
                tender=lot.tender, lot=lot.lot, origin=deps.log.origin, right=Right.SUPERVISOR,
                issued_at=deps.clock.now(),
                sign=lambda text: sign_note(text, deps.log.origin, deps.keys.log).encode(),
            )  # fmt: skip
            path = folder / f"{label}.zip"
            with path.open("wb") as file:
                for piece in packed.stream():
                    file.write(piece)
            paths.append(path)
    return paths[0], paths[1], paths[2]


def _verify(path: Path) -> list[str]:
    return [sys.executable, "-m", "bidding", "verify", "--json", str(path)]


def _dgst(path: Path) -> list[str]:
    return ["openssl", "dgst", "-sha256", str(path)]


def _marginal(commands: Sequence[list[str]], rounds: int) -> float:
    """Seconds that the second command takes longer than the first, best of some rounds each."""
    best = [float("inf")] * len(commands)
    for _ in range(rounds):
        for n, command in enumerate(commands):
            start = time.perf_counter()
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
            best[n] = min(best[n], time.perf_counter() - start)
    return best[1] - best[0]


def _fixed(path: Path) -> tuple[float, int]:
    """CPU seconds of a whole verification without ciphertext, and how many signatures it checked."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(_verify(path), cwd=ROOT, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    steps = {step["name"]: step["detail"] for step in json.loads(done.stdout)["steps"]}
    counted = (
        "receipts",
        "identities",
        "signed acts",
        "record signatures",
        "time stamps",
        "keyset and documents",
    )
    signatures = sum(int(number) for name in counted for number in re.findall(r"\b\d+\b", steps[name])[:1])
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, signatures
