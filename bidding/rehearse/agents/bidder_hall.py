"""A bidder in the opening hall: nameless until the list is announced, then by certificate."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from bidding.client import bidder as acts
from bidding.client.errors import ClientError
from bidding.client.hall import Hall
from bidding.client.http import segment
from bidding.client.lot import Lot
from bidding.client.record import fetch_record, sign_record
from bidding.rehearse.agents.party import Party
from bidding.rehearse.agents.recovery import keep_only_the_code, recovered_key
from bidding.rehearse.misbehaviour import Misbehaviour
from crypto.canonical import b64

#: A station of the hall is waited for at most so long, in seconds; the driver gives up earlier by itself.
HALL_SECONDS = 3600.0
BEFORE_LIST = frozenset({"", "SCHEDULED", "CLOSING", "CLOSED", "IDENTIFYING"})
OVER = frozenset({"RECORDED", "FAILED", "ABORTED"})


@dataclass(slots=True)
class Attendance:
    """One bidder's presence in one hall."""

    party: Party
    lot: Lot
    way: Misbehaviour | None
    held: acts.Held | None
    code: str
    losses: int = 0
    gone: bool = False
    """Will not release any more, whatever the hall offers."""

    def attend(self) -> None:
        """From the deadline to the end of the hall."""
        self._until_list()
        with self.party.hall(self.party.account.api, self.lot.id) as hall:
            self.party.report.tell("attending")
            while hall.phase not in OVER:
                if hall.take_seat():
                    self._journal("SignedIn", by=hall.seat)
                self._tell_losses(hall)
                if self._act(hall):
                    self.party.report.flush(self.lot.id)
                    hall.drop()
                    return
                hall.next(30.0)
        self.party.report.flush(self.lot.id)

    def _until_list(self) -> None:
        """Watch from outside, without a name, until the list is announced."""
        self.party.sleep_until(self.lot.deadline)
        with self.party.hall(self.party.api, self.lot.id) as hall:
            hall.until(lambda seen: seen.phase not in BEFORE_LIST, seconds=HALL_SECONDS)
        self.party.report.flush(self.lot.id)

    def _tell_losses(self, hall: Hall) -> None:
        """Put lost connections into the evidence, once for each time the way back was found."""
        if hall.reconnections > self.losses and "Diagnose" in hall.may and "bid" in hall.mine:
            self.losses = hall.reconnections
            facts = {"reconnections": str(hall.reconnections)}
            self.party.keep_trying(hall, "Diagnose", kind="socket-loss", facts=facts, bid=hall.mine["bid"])

    def _act(self, hall: Hall) -> bool:
        """Do what the hall lets this bidder do now. True when this bidder is gone for good."""
        may, offer = hall.may, hall.mine.get("offer")
        if "ReleaseKey" in may and offer and not self.gone and hall.phase == "DECRYPTING":
            self._release(hall, offer["bid"], offer["part"])
            if self.way is Misbehaviour.LOST_CONNECTION:
                return True
        if "ConfirmLine" in may and self._own_line_read(hall):
            bid = hall.mine["bid"]
            if self.party.keep_trying(hall, "ConfirmLine", bid=bid) is not None:
                self.party.report.tell("confirmed")
                self._journal("LineConfirmed", bid=bid, how="session")
        if "SignRecord" in may and hall.view.get("record", {}).get("rendered"):
            self._sign(hall)
        return False

    def _release(self, hall: Hall, bid: str, part: str) -> None:
        """Take the wrapped key, acknowledge it, release."""
        api = self.party.account.api
        api.get(f"/halls/{segment(self.lot.id)}/wraps/{segment(bid)}")
        if "AcknowledgeWrap" in hall.may:
            self.party.keep_trying(hall, "AcknowledgeWrap", bid=bid)
        if self.way is Misbehaviour.LOST_CONNECTION:
            return
        if self.way is Misbehaviour.WRONG_KEY:
            self.gone = True
            self.party.keep_trying(hall, "ReleaseKey", bid=bid, part=part, key=b64(secrets.token_bytes(32)))
            return
        if self.held is not None:
            key = acts.part_key(self.held, part)
        else:
            key = recovered_key(api, self.lot.id, bid, self.code, part)
        began = time.monotonic()
        done = self.party.keep_trying(hall, "ReleaseKey", bid=bid, part=part, key=b64(key))
        if done is not None:
            self.party.report.tell("released")
            self._journal("KeyReleased", bid=bid, part=part, ms=round((time.monotonic() - began) * 1000, 2))

    def _own_line_read(self, hall: Hall) -> bool:
        own = hall.view.get("bids", {}).get(hall.mine.get("bid"), {})
        line = own.get("parts", {}).get(hall.view.get("part"), {})
        return bool(line.get("readAt")) and not line.get("confirmedAt")

    def _sign(self, hall: Hall) -> None:
        sha256 = hall.view["record"]["rendered"]
        code = self.party.account.credit_code
        if code in hall.view["record"].get("signed", {}):
            return
        try:
            pdf = fetch_record(self.party.account.api, self.lot.id, sha256)
            sign_record(hall, pdf, self.party.signer)
        except ClientError as exc:
            self.party.report.tell(
                "refused", command="SignRecord", code=exc.code, detail=str(exc.detail)[:300]
            )
            return
        self.party.report.tell("signed")
        self._journal("RecordSigned", creditCode=code, sha256=sha256)

    def _journal(self, event_type: str, ms: float | None = None, **match: str) -> None:
        extra = {} if ms is None else {"ms": ms}
        self.party.report.acknowledged(event_type, match, lot=self.lot.id, **extra)


def attend(party: Party, lot: Lot, folder: Path, way: Misbehaviour | None) -> None:
    """Everything from the receipt to the end of the hall."""
    if way is Misbehaviour.NEVER_APPEARS:
        return
    if way is Misbehaviour.RECOVERY_ONLY:
        code = keep_only_the_code(folder)
        Attendance(party, lot, way, None, code).attend()
        return
    held = acts.open_package(folder, party.passphrase)
    acts.diagnose(party.api.stranger(), held, "key-test", {"result": "ok"})
    acts.check_in(party.api.stranger(), held)
    Attendance(party, lot, way, held, "").attend()
