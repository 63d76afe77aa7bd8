"""SIGKILL between the stamp and the decision: what was acknowledged as in time is in Closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from lot_world import lot_world
from submission_world import DEADLINE, START

from crypto.authority import DemoAuthority

ROOT = Path(__file__).parents[2]


def test_a_process_killed_in_the_gap_loses_no_bid(tmp_path: Path) -> None:
    authority = DemoAuthority.create(tmp_path / "ca", at=START - timedelta(days=1))
    with lot_world(tmp_path, authority) as lot:
        lot.submit(1)
        sealed = lot.seal(2)
        package = sealed.ciphertexts["main"].parent
        process = subprocess.Popen(
            [sys.executable, "-m", "handing_in", str(tmp_path), str(tmp_path / "ca"), str(package), "1"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"accepted\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        state = lot.close()
        assert set(state.bids) == {lot.bid(1), lot.bid(2)}
        assert state.bids[lot.bid(2)].closed.received_at == DEADLINE - timedelta(milliseconds=1)
        state = lot.identify()
        assert state.order == (lot.bid(1), lot.bid(2))
