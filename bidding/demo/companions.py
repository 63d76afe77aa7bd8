"""The others in the demonstration: each plays one seat through the public interface, when its turn comes.

A visitor takes whichever roles they like; whoever is left to the companions is played here with the same
client library that the command line uses. A companion knows only its own certificate, key files and package.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bidding.client import bidder as bids
from bidding.client.closed import log_key
from bidding.client.errors import ClientError
from bidding.client.hall import Hall
from bidding.client.host import adjudicate, answer_objection
from bidding.client.http import Api, segment
from bidding.client.inhall import confirm_line
from bidding.client.officer import open_opening_key
from bidding.client.officer_acts import Desk, Step
from bidding.client.record import fetch_record, seal_record, sign_record
from bidding.client.signin import open_certificate, sign_in
from bidding.demo.cast import PASSWORD, PLAYERS, Player, seats
from crypto.canonical import b64
from crypto.signing import Signer

OVER = frozenset({"RECORDED", "FAILED", "ABORTED"})
BEFORE_LIST = frozenset({"", "SCHEDULED", "CLOSING", "CLOSED", "IDENTIFYING"})
#: A visitor should see the seats light up one after the other, in seconds.
PACE = 1.2
#: A companion that lost the platform, or met a refusal, looks again after so long, in seconds.
REST = 2.0
HOST_ACTS = ("StartDecryption", "FixAdmitted", "StartReading", "CloseObjections")
ANSWER = "演示答复：已核对，开标记录如实记载。"
CAUSE = "演示归责：规定时间内未完成解密。"


@dataclass(slots=True)
class Cue:
    """Who is played by companions now. Shared by all of them; thread-safe."""

    played: set[str] = field(default_factory=set)
    over: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def plays(self, key: str) -> bool:
        return not self.over and key in self.played

    def give(self, keys: set[str]) -> None:
        """From now on exactly these players are the companions'."""
        with self._changed:
            self.played = keys
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self.over = True
            self._changed.notify_all()

    def turns(self, key: str) -> Iterator[None]:
        """Yields whenever this player is the companions'; ends with the demonstration."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self.over or key in self.played)
                if self.over:
                    return
            yield

    def rest(self, seconds: float) -> None:
        """Wait, but no longer than to the end."""
        with self._changed:
            self._changed.wait_for(lambda: self.over, timeout=seconds)


@dataclass(slots=True)
class Companion:
    """One player in one seat of one lot's hall."""

    player: Player
    seat: str
    lot: str
    server: Api
    folder: Path
    cue: Cue
    signer: Signer | None = None

    def run(self) -> None:
        """Play whenever it is this companion's turn, until the hall is over."""
        for _ in self.cue.turns(self.player.key):
            # Whatever was refused or lost is looked at afresh: the hall says what may still be done.
            with suppress(ClientError):
                if self._play():
                    return
            self.cue.rest(REST)

    def _play(self) -> bool:
        """True once there is nothing left to play."""
        if not self._list_announced():
            return False
        # Opening a .p12 is slow on purpose: once, and not before there is something to do.
        self.signer = self.signer or open_certificate(self.folder / "certificate.p12", PASSWORD)
        signer = self.signer
        api = sign_in(self.server, signer).api
        with Hall(api, self.lot, wanted=self.seat) as hall:
            desk = self._desk(api, signer) if self.seat.startswith("officer:") else None
            while self.cue.plays(self.player.key):
                if hall.phase in OVER:
                    return True
                if hall.take_seat():
                    self.cue.rest(PACE)
                if desk is not None:
                    self._officer(hall, desk)
                elif self.seat.startswith("bidder:"):
                    self._bidder(hall, api, signer)
                else:
                    self._official(hall, signer)
                hall.next(1.0)
        return False

    def _list_announced(self) -> bool:
        """A bidder has no seat before the list: until then it only looks from outside, without a name."""
        if not self.seat.startswith("bidder:"):
            return True
        seen = self.server.get(f"/halls/{segment(self.lot)}")
        return seen["view"]["phase"] not in BEFORE_LIST

    def _desk(self, api: Api, signer: Signer) -> Desk:
        key = open_opening_key(self.folder / f"opening-key-{self.lot}.json", PASSWORD)
        return Desk(api, self.lot, key, signer, log_key(self.server, path=self.folder / "logs.json"))

    def _officer(self, hall: Hall, desk: Desk) -> None:
        for step in Step:
            if step not in hall.may or (step is Step.ADMITTED and not hall.view.get("admittedHash")):
                continue
            self.cue.rest(PACE)
            if self.cue.plays(self.player.key) and step in hall.may:
                desk.do(hall, step)

    def _bidder(self, hall: Hall, api: Api, signer: Signer) -> None:
        offer = hall.mine.get("offer")
        package = self.folder / f"package-{self.lot}"
        if offer and "ReleaseKey" in hall.may and hall.phase == "DECRYPTING" and package.exists():
            self.cue.rest(PACE)
            api.get(f"/halls/{segment(self.lot)}/wraps/{segment(offer['bid'])}")
            if "AcknowledgeWrap" in hall.may:
                hall.do("AcknowledgeWrap", bid=offer["bid"])
            key = bids.part_key(bids.open_package(package, PASSWORD), offer["part"])
            hall.do("ReleaseKey", bid=offer["bid"], part=offer["part"], key=b64(key))
        if "ConfirmLine" in hall.may and _own_line_read(hall):
            self.cue.rest(PACE)
            confirm_line(hall, signer)
        record = hall.view.get("record") or {}
        unsigned = self.player.organisation.credit_code not in record.get("signed", {})
        if "SignRecord" in hall.may and record.get("rendered") and unsigned:
            sign_record(hall, fetch_record(api, self.lot, record["rendered"]), signer)

    def _official(self, hall: Hall, signer: Signer) -> None:
        for name in HOST_ACTS:
            if name in hall.may and (name != "CloseObjections" or not _unanswered(hall)):
                self.cue.rest(PACE)
                if self.cue.plays(self.player.key) and name in hall.may:
                    hall.do(name)
        if "AnswerObjection" in hall.may:
            for objection in _unanswered(hall):
                answer_objection(hall, objection, ANSWER, "answered", signer)
        undecided = hall.view.get("undecided")
        if "Adjudicate" in hall.may and undecided and hall.phase not in ("LIST_ANNOUNCED", "DECRYPTING"):
            adjudicate(hall, list(undecided), "BIDDER", CAUSE, signer)
        record = hall.view.get("record") or {}
        if (
            "SealRecord" in hall.may
            and record.get("preparedFor") == hall.seat
            and not record.get("sealSigned")
        ):
            seal_record(hall, record["digest"], signer)


def _own_line_read(hall: Hall) -> bool:
    own = hall.view.get("bids", {}).get(hall.mine.get("bid"), {})
    line = own.get("parts", {}).get(hall.view.get("part"), {})
    return bool(line.get("readAt")) and not line.get("confirmedAt")


def _unanswered(hall: Hall) -> list[str]:
    return [key for key, o in (hall.view.get("objections") or {}).items() if not o.get("answer")]


def companions(lot: str, server: Api, people: Path, cue: Cue) -> list[threading.Thread]:
    """One started thread for each seat of the cast; they end with the hall, or with `cue.end()`."""
    threads = []
    for player in PLAYERS:
        for seat in seats(player):
            one = Companion(player, seat, lot, server, people / player.key, cue)
            threads.append(threading.Thread(target=one.run, name=f"companion {seat}", daemon=True))
    for thread in threads:
        thread.start()
    return threads
