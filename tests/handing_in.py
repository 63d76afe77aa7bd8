"""A process of its own that hands in a bid and is killed before it can decide it.

`python -m handing_in FOLDER CA PACKAGE MILLISECONDS` prints the state once the last piece is durable,
then waits to be killed.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lot_world import hand_in
from submission_world import DEADLINE, HandClock, Random, make_desk

from crypto.authority import DemoAuthority
from crypto.envelope import load_package


def main(folder: str, authority: str, package: str, milliseconds: str) -> None:
    clock = HandClock(DEADLINE - timedelta(milliseconds=int(milliseconds)))
    desk = make_desk(Path(folder), clock, DemoAuthority.open(Path(authority)), random=Random("child"))
    loaded = load_package(Path(package))
    sealed: Any = SimpleNamespace(
        manifest=loaded.manifest_bytes, box=loaded.box, ciphertexts=dict(loaded.ciphertexts)
    )
    print(hand_in(desk, loaded.manifest.ctx.lot, sealed, decide=False).value, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
