"""The opening record as PDF: CPU seconds and peak memory of a fresh process, for 139 and 5,000 lines."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

#: Rows to (CPU seconds, MiB) that may be used.
GOALS = {139: (1.0, 100), 5000: (3.0, 100)}

_PROGRAM = """
import json, random, resource, sys, time
from datetime import datetime, timezone
from opening_hall.record.minutes import COLUMNS, Fact, Minutes, Row
from opening_hall.record.capital_amount import capital_amount
from opening_hall.record.pdf import record_code, render

made = random.Random(1)
characters = "".join(bytes([h, l]).decode("gb2312") for h in range(0xB0, 0xD7) for l in range(0xA1, 0xFF))
kinds = ("建设工程集团有限公司", "市政工程有限责任公司", "建筑安装股份有限公司")


def row(n):
    price = f"{made.randint(10**9, 2 * 10**9) / 100:.2f}"
    return Row(f"b_{n}", (
        str(n + 1), "".join(made.sample(characters, 4)) + made.choice(kinds),
        f"9142{made.randint(10**13, 10**14)}", f"2026-11-22 08:{n // 60 % 60:02d}:{n % 60:02d}.123",
        "通过", f"成功\\n2026-11-22 09:10:{n % 60:02d}.456",
        "保函\\n800000.00", f"{price}\\n{capital_amount(price)}", "365 日历天", "合格",
        "".join(made.sample(characters, 2)), "—", f"投标人在线确认\\n2026-11-22 09:20:{n % 60:02d}.789", "—",
    ))


facts = tuple(Fact(str(n), "最高投标限价", "Ceiling", "45000000.00") for n in range(17))
rows = tuple(row(n) for n in range(int(sys.argv[1])))
head = ("zh", "l_bench", "城市快速路工程施工总承包", True, "main", facts)
found = Minutes(*head, COLUMNS, rows, (), (), (), (), "")
pdf = render(found, verify_url="https://example.org/verify/x", code=record_code(found))
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"cpu": usage.ru_utime + usage.ru_stime, "mib": usage.ru_maxrss / 1024, "bytes": len(pdf)}))
"""


def run(quick: bool) -> list[dict[str, Any]]:
    """One process per size: imports, font, layout, writing."""
    results = []
    for rows in (139,) if quick else GOALS:
        made = min((_measure(rows) for _ in range(1 if quick else 3)), key=lambda one: float(one["cpu"]))
        seconds, mib = GOALS[rows]
        results += [
            _line(f"record PDF, {rows} rows", round(made["cpu"], 2), "CPU s", seconds),
            _line(f"record PDF, {rows} rows, memory", round(made["mib"]), "MiB", mib),
        ]
    return results


def _measure(rows: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(rows)], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _line(name: str, figure: float, unit: str, goal: float) -> dict[str, Any]:
    return {
        "name": name, "figure": figure, "unit": unit, "baseline": None, "ratio": None,
        "goal": f"<= {goal:g} {unit}", "ok": figure <= goal,
    }  # fmt: skip
