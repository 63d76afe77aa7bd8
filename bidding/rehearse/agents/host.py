"""The host (主持人), or its deputy: decides what a person must decide, follows the phases, exports the
archive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bidding.client.errors import ClientError
from bidding.client.hall import Frame, Hall
from bidding.client.host import adjudicate, hand_over
from bidding.client.http import Api, segment
from bidding.client.record import seal_record
from bidding.rehearse.agents.party import Party, finished, milliseconds, milliseconds_of
from bidding.rehearse.report import Report
from crypto.canonical import parse_iso

#: Where the rehearsed host hands over, if it does: in the middle of the opening.
HANDOVER = frozenset({"DECRYPTING", "ADJUDICATING", "ADMITTED", "OPENING", "CONFIRMING", "OBJECTION"})
#: Whose doing a missing share is, by the officer who gave a false one.
#: So long is nothing heard before a missing share is laid at an officer's door, in seconds.
SETTLED = 5.0
OFFICER_CAUSES = {"officer:agency": "AGENCY", "officer:tenderer": "TENDERER"}
REASONS = {
    "BIDDER": "投标人未在规定时间内完成解密，或其文件无效（模拟）",
    "AGENCY": "开标人员的份额与承诺不符，且无其他份额可用（模拟）",
    "TENDERER": "开标人员的份额与承诺不符，且无其他份额可用（模拟）",
}


@dataclass(slots=True)
class Host:
    """One host of one lot's hall."""

    party: Party
    lot: str
    opens_at: str
    phase: str = ""
    hands_over: bool = False
    settled: bool = False
    """Nothing came from the hall for a while: what the platform had to examine is examined."""
    acts: int = 0
    moments: list[list[int]] = field(default_factory=list)

    def note(self, frame: Frame) -> None:
        """Tell the driver when versions were logged and when they arrived here."""
        if frame.live:
            self.party.report.frame(self.lot, frame.version, milliseconds(self.party.now()))
        self.moments.append([frame.version, milliseconds_of(frame.at)])
        if len(self.moments) >= 100:
            self.flush()

    def flush(self) -> None:
        self.party.report.flush(self.lot)
        moments, self.moments = self.moments, []
        if moments:
            self.party.report.tell("moments", lot=self.lot, moments=moments)

    def follow(self, hall: Hall) -> bool:
        """Act until the hall is over; False when the duty passed to the deputy before that."""
        while True:
            on_duty = hall.view.get("host") == hall.seat.partition(":")[2]
            if on_duty and hall.phase != self.phase:
                self.phase = hall.phase
                self.party.report.tell("phase", lot=self.lot, phase=self.phase)
            if finished(hall):
                return on_duty
            if on_duty:
                self.act(hall)
                if self.hands_over and hall.phase in HANDOVER and self._hand_over(hall):
                    return False
            self.settled = hall.next(SETTLED if waiting(hall.view) else 30.0) is None

    def _hand_over(self, hall: Hall) -> bool:
        """Pass the duty to the deputy of the notice; True once the hall has it so."""
        deputy = next((key for key in hall.view["seats"] if key.startswith("deputy:")), "")
        to, reason = deputy.partition(":")[2], "主持人临时离席（模拟）"
        done = self._attempt("HandOverHost", lambda: hand_over(hall, to, reason, self.party.signer))
        if done:
            self.party.report.acknowledged("HostHandedOver", {"to": to}, lot=self.lot)
        return done

    def act(self, hall: Hall) -> None:
        """Do what only the host can do now."""
        may = hall.may
        if hall.take_seat():
            self.acts += 1
        if "Adjudicate" in may and hall.phase not in ("LIST_ANNOUNCED", "DECRYPTING"):
            for cause, bids in to_decide(hall.view, settled=self.settled).items():
                self._adjudicate(hall, bids, cause)
        for command in ("StartDecryption", "FixAdmitted", "StartReading", "CloseObjections"):
            if command in hall.may:
                self._attempt(command, partial(hall.do, command))
        record = hall.view.get("record", {})
        mine = record.get("preparedFor") == hall.seat and not record.get("sealSigned")
        if "SealRecord" in hall.may and mine:
            self._attempt("SealRecord", lambda: seal_record(hall, record["digest"], self.party.signer))

    def _adjudicate(self, hall: Hall, bids: list[str], cause: str) -> None:
        reason, signer = REASONS[cause], self.party.signer
        self._attempt("Adjudicate", lambda: adjudicate(hall, bids, cause, reason, signer))

    def _attempt(self, name: str, act: Callable[[], object]) -> bool:
        """Act once; a refusal means that the hall has moved on."""
        try:
            act()
        except ClientError as exc:
            self.party.report.tell("refused", command=name, code=exc.code, detail=str(exc.detail)[:300])
            return False
        self.acts += 1
        self.party.report.tell("act", lot=self.lot, command=name)
        return True


def waiting(view: Mapping[str, Any]) -> list[str]:
    """Bids that lack sound shares."""
    return [bid for bid, row in view.get("bids", {}).items() if row.get("waiting")]


def to_decide(view: Mapping[str, Any], *, settled: bool) -> dict[str, list[str]]:
    """Undecided failures by the cause this host finds in the evidence (rule book 2.4).

    A bid that waits for a sound share is nobody's to decide while an officer may still give one, or while the
    platform still examines the last one that was given.
    """
    false = {entry["bid"]: entry["by"] for entry in view.get("falseShares") or ()}
    found: dict[str, list[str]] = {}
    for bid in view.get("undecided") or ():
        found.setdefault("BIDDER", []).append(bid)
    officers = [seat for seat in view.get("seats", {}) if seat.startswith("officer:")]
    released = view.get("hallReleased" if view["phase"] == "OPENING" else "identityReleased") or ()
    if settled and len(released) >= len(officers):
        for bid in waiting(view):
            cause = OFFICER_CAUSES.get(false.get(bid, ""), "AGENCY")
            found.setdefault(cause, []).append(bid)
    return found


def run(directory: Path, config: Mapping[str, Any], report: Report) -> None:
    """Host one lot's opening from the deadline to the exported archive."""
    party = Party(directory, config, report)
    host = Host(party, config["lot"], config["opensAt"], hands_over=bool(config.get("handsOver")))
    opens_at = parse_iso(config["opensAt"])
    api = party.account.api
    party.sleep_until(opens_at - timedelta(seconds=1))
    hall = Hall(api, host.lot, on_frame=host.note, patience=120.0)
    with hall:
        stayed = host.follow(hall)
    host.flush()
    if not stayed:
        report.tell("done", bytes_sent=api.traffic.sent, bytes_received=api.traffic.received)
        return
    ended = hall.last_at
    wall = (parse_iso(ended) - opens_at).total_seconds()
    report.tell("recorded", lot=host.lot, phase=host.phase, wall_s=wall, acts=host.acts)
    archive, record = directory / "archive.zip", directory / "record.pdf"
    export(api, host.lot, archive)
    record.write_bytes(api.get_bytes(f"/halls/{segment(host.lot)}/record.pdf"))
    report.tell("exported", lot=host.lot, archive=str(archive), record=str(record))
    report.tell("done", bytes_sent=api.traffic.sent, bytes_received=api.traffic.received)


def export(api: Api, lot: str, path: Path) -> None:
    """Fetch the archive; begun anew when the server cannot go on where it was interrupted."""
    while True:
        try:
            with path.open("wb") as file:
                for piece in api.download(f"/lots/{segment(lot)}/archive?right=party&ciphertext=1"):
                    file.write(piece)
            return
        except ClientError as exc:
            if exc.code != "connection-lost":
                raise
