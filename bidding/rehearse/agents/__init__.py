"""The parties of a rehearsal. Each runs the client library in a process of its own and acts by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from bidding.rehearse.report import Report

#: role of an agent -> module with `run(directory, config, report)`.
ROLES = {
    "agency": "bidding.rehearse.agents.agency",
    "officer": "bidding.rehearse.agents.officer",
    "host": "bidding.rehearse.agents.host",
    "deputy": "bidding.rehearse.agents.host",
    "sealer": "bidding.rehearse.agents.sealer",
    "bidder": "bidding.rehearse.agents.bidder",
    "viewer": "bidding.rehearse.agents.viewer",
}


def run_agent(role: str, directory: Path, config: Mapping[str, Any], report: Report) -> None:
    """Be this agent until its part is over."""
    run: Callable[[Path, Mapping[str, Any], Report], None] = import_module(ROLES[role]).run
    run(directory, config, report)
