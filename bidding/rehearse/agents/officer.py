"""An officer (开标人员): registers an opening key, then releases shares in phase 0 and phase B."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.hall import Hall
from bidding.client.host import signed
from bidding.client.lot import fetch_lot
from bidding.client.officer import (
    admitted_bids,
    encoded,
    make_opening_key,
    own_shares,
    sealed_bids,
    verify_closed,
)
from bidding.rehearse.agents.party import Party
from bidding.rehearse.forgery import CHEAP
from bidding.rehearse.report import Report
from crypto.canonical import b64, unb64
from crypto.context import IDENTITY, hall_purpose
from crypto.key_file import OpeningKey
from crypto.manifest import Manifest
from opening_hall import statements

OVER = frozenset({"RECORDED", "FAILED", "ABORTED"})
PUBLISH_SECONDS = 300.0


@dataclass(slots=True)
class Officer:
    """One officer of one lot."""

    party: Party
    lot: str
    key: OpeningKey
    manifests: dict[str, Manifest]
    false_shares: int

    @property
    def seat(self) -> str:
        return self.key.seat

    def act(self, hall: Hall) -> None:
        """Do what the hall lets this officer do now."""
        if "SignIn" in hall.may:
            self.party.keep_trying(hall, "SignIn")
        if "ReleaseIdentityShares" in hall.may:
            self._release_identities(hall)
        if "SignAdmitted" in hall.may and hall.view.get("admittedHash"):
            self._sign_admitted(hall)
        if "ReleaseHallShares" in hall.may:
            self._release_hall(hall)

    def _release_identities(self, hall: Hall) -> None:
        keyset = fetch_lot(self.party.api, self.lot).keyset
        self.manifests = sealed_bids(self.party.account.api, self.lot, keyset)
        verify_closed(self.manifests, hall.view)
        purposes = [IDENTITY, *(hall_purpose(part) for part in hall.view["hall"]["parts"])]
        shares = {purpose: own_shares(self.manifests, purpose, self.key) for purpose in purposes}
        for purpose, found in shares.items():
            for bid, reason in found.bad.items():
                self.party.keep_trying(hall, "ReportDealing", bid=bid, purpose=purpose, reason=reason)
        sent = encoded(shares[IDENTITY].sound)
        if self.false_shares:
            for bid in sorted(sent)[: self.false_shares]:
                sent[bid] = false_share(sent[bid])
        if self.party.keep_trying(hall, "ReleaseIdentityShares", shares=sent) is not None:
            self._journal("IdentitySharesReleased")

    def _sign_admitted(self, hall: Hall) -> None:
        admitted_bids(hall.view)
        digest = hall.view["admittedHash"]
        cms = signed(statements.admitted(self.lot, hall.view["part"], digest), self.party.signer)
        if self.party.keep_trying(hall, "SignAdmitted", hash=digest, cms=cms) is not None:
            self._journal("AdmittedSigned")

    def _release_hall(self, hall: Hall) -> None:
        part = hall.view["part"]
        admitted = admitted_bids(hall.view)
        chosen = {bid: self.manifests[bid] for bid in admitted}
        shares = own_shares(chosen, hall_purpose(part), self.key)
        sent = encoded(shares.sound)
        if self.party.keep_trying(hall, "ReleaseHallShares", part=part, shares=sent) is not None:
            self._journal("HallSharesReleased", part=part)

    def _journal(self, event_type: str, **match: str) -> None:
        self.party.report.acknowledged(event_type, {"by": self.seat, **match}, lot=self.lot)


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
    officer = Officer(party, lot, key, {}, int(config["falseShares"]))
    deadline = _published(party, lot)
    while (left := (deadline - local_now()).total_seconds()) > 0:
        time.sleep(min(left, 5.0))
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
