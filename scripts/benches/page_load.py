"""The hall's first load beside a page of the same content put together from Element Plus, in the same run.

Both come from one server and take their facts from the same socket; Chromium's processor is slowed down four
times and the line is 10 Mbit/s with 40 ms a round trip. Every load begins with an empty cache, the two take
turns, medians count. Then 5,000 rows of the hall's log scroll by, and late frames are counted.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from scripts import browsers, web_build, web_size

ROOT = Path(__file__).parents[2]
LCP_GOAL, TBT_GOAL = 0.6, 0.5
SLOWDOWN = 4
LINE = {"latency": 40, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8, "offline": False}
#: How long a load is watched. The page is not asked anything meanwhile: looking at it would be work for it.
WATCH_SECONDS = 6
#: Runs in the page before anything else: what the browser itself says about paint and long tasks.
OBSERVE = """
window.seen = { paints: [], tasks: [], first: 0 }
const watch = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take))
  .observe({ type, buffered: true })
watch('largest-contentful-paint', (entry) => seen.paints.push(entry.startTime))
watch('paint', (entry) => { if (entry.name === 'first-contentful-paint') seen.first = entry.startTime })
watch('longtask', (entry) => seen.tasks.push([entry.startTime, entry.duration]))
"""
LOG = "[role=log]"
#: A frame at 60 Hz is 16.7 ms; one that took longer than this was seen late.
LATE_MS = 25
#: Scrolls the log from end to end and back; gives the times between frames.
SCROLL = """
async (selector) => {
  const box = document.querySelector(selector)
  const rows = Number(box.querySelector('[aria-setsize]').getAttribute('aria-setsize'))
  const frames = []
  let last = performance.now()
  for (let n = 0; n < 240; n += 1) {
    const way = n < 120 ? n / 120 : (240 - n) / 120
    box.scrollTop = way * (box.scrollHeight - box.clientHeight)
    await new Promise((done) => requestAnimationFrame(done))
    const now = performance.now()
    frames.push(now - last)
    last = now
  }
  return { frames, rows }
}
"""


def run(quick: bool) -> list[dict[str, Any]]:
    rounds = 3 if quick else 7
    with tempfile.TemporaryDirectory(prefix="kaibiao-bench-") as name, sync_playwright() as playwright:
        folder = Path(name)
        client, peer = build(folder)
        browser = playwright.chromium.launch(
            executable_path=browsers.chromium(), args=browsers.ARGUMENTS, env=browsers.environment()
        )
        with serving(150, folder, client, peer) as base:
            ours, theirs = [], []
            for n in range(rounds + 1):
                first, second = (
                    load(browser, f"{base}/halls/l_bench"),
                    load(browser, f"{base}/peer/index.html?lot=l_bench"),
                )
                if n:  # the first loads pay for the start of the browser and of the server
                    ours.append(first)
                    theirs.append(second)
        with serving(1_250, folder, client, peer) as base:
            late, rows = scroll(browser, f"{base}/halls/l_bench")
        browser.close()
    size = web_size.kilobytes(web_size.first_load(client, web_size.HALL))
    return [
        compared(
            "hall: largest contentful paint",
            [one["lcp"] for one in ours],
            [one["lcp"] for one in theirs],
            LCP_GOAL,
        ),
        compared(
            "hall: total blocking time",
            [one["tbt"] for one in ours],
            [one["tbt"] for one in theirs],
            TBT_GOAL,
        ),
        row(
            "hall: JS and CSS of the first load",
            size,
            "kB gz",
            None,
            f"<= {web_size.BUDGET_KB} kB",
            size <= web_size.BUDGET_KB,
        ),
        row(f"{rows:,} log rows scroll: late frames", late, "%", None, "<= 5 %", late <= 5),
    ]


def compared(name: str, ours: list[float], theirs: list[float], goal: float) -> dict[str, Any]:
    figure, baseline = median(ours), median(theirs)
    return row(name, figure, "ms", baseline, f"<= {goal} x Element Plus", figure <= goal * baseline)


def row(name: str, figure: float, unit: str, baseline: float | None, goal: str, ok: bool) -> dict[str, Any]:
    ratio = None if baseline is None else figure / max(baseline, 1e-9)
    return {
        "name": name,
        "figure": round(figure, 1),
        "unit": unit,
        "baseline": baseline and round(baseline, 1),
        "ratio": ratio,
        "goal": goal,
        "ok": ok,
    }


def build(folder: Path) -> tuple[Path, Path]:
    """The client as it is handed out, and the page it is compared with."""
    web_build.install()
    client = Path(web_build.OUT)
    web_build.build(client)
    peer = folder / "peer"
    command = [str(web_build.node()), "node_modules/vite/bin/vite.js", "build", "-c", "bench/vite.config.ts"]
    web_build.run(
        [*command, "--logLevel", "error", "--outDir", str(peer), "--emptyOutDir"], "no page to compare with"
    )
    return client, peer


@contextmanager
def serving(bids: int, folder: Path, client: Path, peer: Path) -> Iterator[str]:
    data = folder / f"data-{bids}"
    data.mkdir()
    command = [
        sys.executable,
        "-m",
        "scripts.benches._hall_page",
        str(bids),
        str(data),
        str(client),
        str(peer),
    ]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.kill()
        server.wait()


def load(browser: Browser, address: str) -> dict[str, float]:
    """One visit with an empty cache: when the largest thing was painted, how long clicks had to wait."""
    context = browser.new_context(viewport={"width": 1366, "height": 800}, locale="zh-CN")
    page = context.new_page()
    page.add_init_script(OBSERVE)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", LINE)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    page.goto(address, wait_until="commit")
    page.wait_for_timeout(WATCH_SECONDS * 1000)
    page.get_by_role("tab").first.wait_for(timeout=1_000)
    seen = page.evaluate("window.seen")
    context.close()
    blocking = sum(max(0.0, length - 50) for start, length in seen["tasks"] if start + length > seen["first"])
    return {"lcp": seen["paints"][-1], "tbt": blocking}


def scroll(browser: Browser, address: str) -> tuple[float, int]:
    """Share of frames that came more than half a frame late, and how many rows the log has."""
    context = browser.new_context(viewport={"width": 1366, "height": 800}, locale="zh-CN")
    page = context.new_page()
    page.goto(address)
    page.locator(LOG).wait_for()
    page.wait_for_timeout(1_000)
    told = page.evaluate(SCROLL, LOG)
    context.close()
    frames = told["frames"][5:]
    return 100 * sum(1 for length in frames if length > LATE_MS) / len(frames), told["rows"]
