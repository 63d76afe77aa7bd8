"""A whole lot through the product's worker, store and log: identities, forms, payloads behind them.

Real sealed bids of 2 MiB and real certificates; only the network is missing. `decryption` beside this one
measures the cipher alone.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from crypto.authority import DemoAuthority
from crypto.envelope import PartInput
from opening_hall.domain import Phase, Rules

sys.path.append(str(Path(__file__).parents[2] / "tests"))
from lot_world import LotWorld, credit_code, lot_world
from sealed_world import IDENTITY_INPUT, seal_in
from submission_world import START

RULES = Rules(minimum=2, phase_a_seconds=600, line_seconds=0, confirmation_seconds=60, objection_seconds=60)


def run(quick: bool) -> list[dict[str, Any]]:
    count, size = (20 if quick else 139), 2 << 20
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority = DemoAuthority.create(folder / "ca", at=START - timedelta(days=1))
        with lot_world(folder, authority, officers=3, quorum=2, rules=RULES) as lot:
            return _measure(lot, count, size)


def _measure(lot: LotWorld, count: int, size: int) -> list[dict[str, Any]]:
    numbers = range(1, count + 1)
    for number in numbers:
        lot.submit(number, _seal(lot, number, size))
    closing = _timed(lot.close)
    for officer in (1, 2):
        lot.release_identity(officer)
    identities = _timed(lot.look)
    assert lot.state.phase is Phase.DECRYPTING, lot.state.phase
    for number in numbers:
        lot.release_key(number)
    for officer in (1, 2):
        lot.sign_admitted(officer)
    for officer in (1, 2):
        lot.release_hall(officer)
    forms = _timed(lot.look)
    assert lot.state.phase is Phase.CONFIRMING, lot.state.phase
    behind = _timed(lot.opener.wait)
    assert set(lot.vault.opened_parts(lot.lot).values()) == {""}
    rate = count * size / 1e6 / max(behind, 1e-9)
    return [
        _row(f"closing, {count} bids of 2 MiB", closing, "s", "", True),
        _row(f"phase 0, {count} identities judged", identities, "s", "", True),
        _row(f"phase B, {count} forms of 2 MiB bids", forms, "s", "≤ 3 s", forms <= 3),
        _row("payloads behind, re-encrypted", rate, "MB/s", "", True),
    ]


def _row(name: str, figure: float, unit: str, goal: str, ok: bool) -> dict[str, Any]:
    row = {"name": name, "figure": figure, "unit": unit, "baseline": None, "ratio": None}
    return {**row, "goal": goal, "ok": ok}


def _seal(lot: LotWorld, number: int, size: int) -> Any:
    source = lot.folder / "source.bin"
    if not source.exists():
        # The ZIP, form and frame around it fill the bucket of exactly 2 MiB.
        source.write_bytes(bytes(size - (64 << 10)))
    organisation = {"name": f"投标单位{number}", "creditCode": credit_code(number)}
    sealed = seal_in(
        replace(lot.world, bidder=lot.signer(number)),
        lot.folder / f"bid-{number}" / "package",
        [PartInput("main", {"price": f"{9_000_000 + number}.00"}, [("file", source)])],
        identity=replace(IDENTITY_INPUT, organisation=organisation),
        at=lot.clock.at,
    )
    lot.sealed[number] = sealed
    return sealed


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
