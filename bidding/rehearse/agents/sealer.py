"""The tenderer's representative or the supervisor: follows the hall and seals the record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bidding.client.record import seal_record
from bidding.rehearse.agents.party import Party, finished
from bidding.rehearse.report import Report
from crypto.canonical import parse_iso


def run(directory: Path, config: Mapping[str, Any], report: Report) -> None:
    """Attend one lot's hall in a sealing seat."""
    party = Party(directory, config, report)
    lot, opens_at = config["lot"], parse_iso(config["opensAt"])
    api = party.account.api
    party.sleep_until(opens_at)
    with party.hall(api, lot) as hall:
        while not finished(hall):
            hall.take_seat()
            record = hall.view.get("record", {})
            mine = record.get("preparedFor") == hall.seat and not record.get("sealSigned")
            if "SealRecord" in hall.may and mine:
                seal_record(hall, record["digest"], party.signer)
                report.acknowledged("SealSigned", {"by": hall.seat, "digest": record["digest"]}, lot=lot)
            hall.next(30.0)
    report.flush(lot)
    report.tell("done", bytes_sent=party.api.traffic.sent, bytes_received=party.api.traffic.received)
