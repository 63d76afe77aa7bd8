"""The agency's clerk (招标代理): drafts the tender, waits for the opening keys, publishes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from bidding.client.agency import (
    add_lot,
    create_tender,
    missing_preconditions,
    opening_keys,
    publish,
    put_document,
)
from bidding.client.errors import ClientError
from bidding.rehearse.agents.party import Party
from bidding.rehearse.report import Report
from crypto.canonical import iso, parse_iso

KEYS_SECONDS = 120.0
POLL_SECONDS = 0.2


def run(directory: Path, config: Mapping[str, Any], report: Report) -> None:
    """Draft, report the ids to the driver, wait for the officers, publish, report the deadline."""
    party = Party(directory, config, report)
    api = party.account.api
    tender = create_tender(api, config["tender"])
    put_document(api, tender, "zhaobiao-wenjian.txt", config["document"].encode())
    drafts = [dict(lot) for lot in config["lots"]]
    opens_at = _deadline(party, config["prepareSeconds"])
    lots = [add_lot(api, tender, {**lot, "opensAt": opens_at}) for lot in drafts]
    report.tell("drafted", tender=tender, lots=lots)
    _wait_for_keys(party, tender, lots)
    missing = missing_preconditions(api, tender)
    if missing:
        codes = ", ".join(str(item["code"]) for item in missing)
        raise ClientError("not-publishable", codes, missing=missing)
    publish(api, tender, party.signer)
    report.tell("published", tender=tender, lots=lots, opensAt=opens_at)


def _deadline(party: Party, seconds: float) -> str:
    """The opening instant, by the server's clock."""
    now = parse_iso(party.api.get("/selfcheck/clock")["now"])
    return iso(now + timedelta(seconds=seconds))


def _wait_for_keys(party: Party, tender: str, lots: list[str]) -> None:
    end = time.monotonic() + KEYS_SECONDS
    for lot in lots:
        while not opening_keys(party.account.api, tender, lot).get("keyset"):
            if time.monotonic() > end:
                raise ClientError("keys-missing", "not every officer has registered an opening key")
            time.sleep(POLL_SECONDS)
