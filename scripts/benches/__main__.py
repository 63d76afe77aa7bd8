"""Runs the benchmarks named on the command line, all without names, and prints ratios against baselines.

Every module beside this one offers `run(quick) -> list[dict]` with name, figure, unit, baseline, ratio, goal
and ok; absolute figures depend on the machine, ratios to a baseline of the same run much less.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def main() -> int:
    names = sorted(path.stem.replace("_", "-") for path in HERE.glob("[!_]*.py"))
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of: {', '.join(names)}")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--quick", action="store_true", help="smaller loads; the ratios are rougher")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(names):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    disk = fdatasync_rate(Path(os.environ.get("TMPDIR", tempfile.gettempdir())))
    if not arguments.json:
        print(f"disk: {disk:.0f} fdatasync/s in {tempfile.gettempdir()}, {os.cpu_count()} cores\n")
        print(f"{'benchmark':<34} {'ours':>12} {'baseline':>12} {'ratio':>7}  goal")
    rows: list[dict[str, Any]] = []
    for name in arguments.names or names:
        for row in importlib.import_module(f"scripts.benches.{name.replace('-', '_')}").run(arguments.quick):
            rows.append(row)
            if not arguments.json:
                print(line(row), flush=True)
    if arguments.json:
        print(json.dumps({"fdatasync_per_s": round(disk), "cores": os.cpu_count(), "benchmarks": rows}))
    return 0 if all(row["ok"] for row in rows) else 1


def line(row: dict[str, Any]) -> str:
    baseline = "" if row["baseline"] is None else f"{row['baseline']:.4g}"
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
    mark = "✓" if row["ok"] else "✗"
    ours = f"{row['figure']:>8.4g} {row['unit']:<6}"
    return f"{row['name']:<34} {ours} {baseline:>9} {ratio:>7}  {mark} {row['goal']}"


def fdatasync_rate(directory: Path, seconds: float = 0.5) -> float:
    """How many small writes a second this disk makes durable: what every acknowledgement waits for."""
    with tempfile.NamedTemporaryFile(dir=directory) as file:
        count, end = 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            os.write(file.fileno(), b"x" * 512)
            os.fdatasync(file.fileno())
            count += 1
    return count / seconds


if __name__ == "__main__":
    sys.exit(main())
