"""An officer (开标人员): registers an opening key, then releases shares in phase 0 and phase B."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bidding.client.closed import log_key
from bidding.client.errors import ClientError
from bidding.client.hall import Hall
from bidding.client.lot import fetch_lot
from bidding.client.officer import make_opening_key
from bidding.client.officer_acts import Desk
from bidding.rehearse.agents.party import Party
from bidding.rehearse.forgery import CHEAP
from bidding.rehearse.report import Report
from crypto.canonical import b64, unb64

OVER = frozenset({"RECORDED", "FAILED", "ABORTED"})
PUBLISH_SECONDS = 300.0


@dataclass(slots=True)
class Officer:
    """One officer of one lot."""

    party: Party
    desk: Desk
    false_shares: int

    def act(self, hall: Hall) -> None:
        """Do what the hall lets this officer do now."""
        hall.take_seat()
        if "ReleaseIdentityShares" in hall.may:
            shares = self.desk.identity_shares(hall)
            for bid in sorted(shares)[: self.false_shares]:
                shares[bid] = false_share(shares[bid])
            self._do(hall, "ReleaseIdentityShares", "IdentitySharesReleased", shares=shares)
        if "SignAdmitted" in hall.may and hall.view.get("admittedHash"):
            digest, cms = hall.view["admittedHash"], self.desk.sign_admitted(hall)
            self._do(hall, "SignAdmitted", "AdmittedSigned", hash=digest, cms=cms)
        if "ReleaseHallShares" in hall.may:
            part, shares = hall.view["part"], self.desk.hall_shares(hall)
            self._do(hall, "ReleaseHallShares", "HallSharesReleased", part=part, shares=shares)

    def _do(self, hall: Hall, command: str, event: str, **body: Any) -> None:
        if self.party.keep_trying(hall, command, **body) is not None:
            self.party.report.acknowledged(event, {"by": self.desk.key.seat}, lot=self.desk.lot)


def false_share(share: str) -> str:
    """Another share with the same place: what an officer who lies, or whose storage rotted, hands in."""
    genuine = unb64(share)
    return b64(secrets.token_bytes(len(genuine) - 1) + genuine[-1:])


def run(directory: Path, config: Mapping[str, Any], report: Report) -> None:
    """Be one officer from the opening key to the end of the hall."""
    party = Party(directory, config, report)
    tender, lot = config["tender"], config["lot"]
    key = make_opening_key(
        party.account.api,
        tender,
        lot,
        config["seat"],
        party.signer,
        directory / "opening-key.json",
        party.passphrase,
        cost=CHEAP,
    )
    report.tell("key-registered")
    known = log_key(party.api, path=directory / "logs.json")
    desk = Desk(party.account.api, lot, key, party.signer, known)
    officer = Officer(party, desk, int(config["falseShares"]))
    party.sleep_until(_published(party, lot))
    with party.hall(party.account.api, lot, wanted=config["seat"]) as hall:
        while hall.phase not in OVER:
            officer.act(hall)
            hall.next(30.0)
    report.flush(lot)
    report.tell("done", bytes_sent=party.api.traffic.sent, bytes_received=party.api.traffic.received)


def _published(party: Party, lot: str) -> Any:
    """Wait for the notice; the lot's deadline."""
    end = time.monotonic() + PUBLISH_SECONDS
    while True:
        try:
            return fetch_lot(party.api, lot).deadline
        except ClientError as exc:
            if exc.code not in ("not-found", "http-404") or time.monotonic() > end:
                raise
        time.sleep(0.5)
