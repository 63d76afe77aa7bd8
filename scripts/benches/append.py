"""Durable appends through SQLAlchemy Core: group commit against one commit each, on a real disk."""

from __future__ import annotations

import tempfile
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.translog.engine import open_engine
from crypto.translog.store import Log, NewEvent, metadata

#: Appends that wait at the same time, as those of 64 clients would.
CLIENTS = 64
ROUNDS = 3
GOAL = 8.0
EVENT = NewEvent(
    "LineRead",
    "platform:",
    {
        "bidder": "某某建设工程集团有限公司",
        "no": 17,
        "price": "123456789.00",
        "period": "365日历天",
        "quality": "合格",
        "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
)


def run(quick: bool) -> list[dict[str, Any]]:
    """Rounds of both kinds take turns on one log; the medians count."""
    single, grouped = (300, 4_000) if quick else (1_000, 20_000)
    with tempfile.TemporaryDirectory(prefix="kaibiao-bench-") as home:
        engine = open_engine(f"sqlite:///{Path(home) / 'log.db'}")
        metadata.create_all(engine)
        log = Log(
            engine,
            origin="bench.test/log",
            signing_key=Ed25519PrivateKey.generate(),
            clock=lambda: datetime.now(UTC),
        )
        _one_by_one(log, 50)
        each, group = [], []
        for _ in range(ROUNDS):
            each.append(_one_by_one(log, single // ROUNDS))
            group.append(_grouped(log, grouped // ROUNDS))
        log.audit()
        log.close()
        engine.dispose()
    ratio = median(group) / median(each)
    return [
        {
            "name": f"append, {CLIENTS} clients in groups",
            "figure": median(group),
            "unit": "/s",
            "baseline": median(each),
            "ratio": ratio,
            "goal": f">= {GOAL:g} x one commit each",
            "ok": ratio >= GOAL,
        }
    ]


def _one_by_one(log: Log, count: int) -> float:
    """Events per second when each waits for its own commit."""
    start = time.perf_counter()
    for _ in range(count):
        log.append("hall:bench", None, [EVENT])
    return count / (time.perf_counter() - start)


def _grouped(log: Log, count: int) -> float:
    """Events per second when a client appends again as soon as its last append is durable."""
    start = time.perf_counter()
    waiting = deque(log.submit("hall:bench", None, [EVENT]) for _ in range(CLIENTS))
    for _ in range(count - CLIENTS):
        waiting.popleft().result()
        waiting.append(log.submit("hall:bench", None, [EVENT]))
    for future in waiting:
        future.result()
    return count / (time.perf_counter() - start)
