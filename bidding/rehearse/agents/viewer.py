"""A member of the public: watches the hall from outside, with nothing but the address."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bidding.rehearse.agents.party import Party
from bidding.rehearse.report import Report

OVER = frozenset({"RECORDED", "FAILED", "ABORTED"})


def run(directory: Path, config: Mapping[str, Any], report: Report) -> None:
    """Watch one lot's hall to its end."""
    party = Party(directory, config, report)
    lot = config["lot"]
    with party.hall(party.api, lot) as hall:
        while hall.phase not in OVER:
            hall.next(30.0)
    report.flush(lot)
    report.tell("done", bytes_sent=party.api.traffic.sent, bytes_received=party.api.traffic.received)
