"""The demonstration being played (演示): one tender at a time, who plays whom, and whose turn it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.http import Api
from bidding.demo.cast import OFFICERS, PLAYERS, ROLES, VISITOR, Player, person, seats
from bidding.demo.companions import OVER, Cue, companions
from bidding.demo.load import Loaded, Say, load, stage
from bidding.deps import Deps
from bidding.people.register import grant
from ceremony.errors import Malformed, Refusal
from crypto.canonical import iso
from opening_hall.guards import next_seal
from opening_hall.hall import stream
from opening_hall.seats import Seat
from opening_hall.state import State
from opening_hall.view import mine

#: How soon a new demonstration may open, in seconds: sealing a bid by hand takes a while.
SOONEST, LATEST = 30, 3600
#: Left to the visitor at first: the bidder, and two of three officers: nothing opens without the visitor.
TAKEN_FIRST = frozenset({VISITOR.key, OFFICERS[0].key, OFFICERS[2].key})


class Readiness(StrEnum):
    """Whether there is a tender to play with."""

    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"


@dataclass(slots=True)
class Stage:
    """The running demonstration. Thread-safe; one for each `kaibiao demo`."""

    server: Api
    folder: Path
    loaded: Loaded | None = None
    readiness: Readiness = Readiness.PREPARING
    detail: str = ""
    cue: Cue = field(default_factory=Cue)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, lead: timedelta, say: Say) -> Loaded:
        """Load the tender about to open, or publish one, and let the companions in. Raises `ClientError`."""
        return self._prepare(lambda: load(self.server, self.folder, lead, say))

    def begin_anew(self, seconds: int) -> None:
        """Prepare another tender in the background; the one before goes on without companions.

        Raises `Malformed("demo-lead")`, `Refusal("demo-preparing")`.
        """
        if not SOONEST <= seconds <= LATEST:
            raise Malformed("demo-lead", str(seconds), soonest=SOONEST, latest=LATEST)
        with self._lock:
            if self.readiness is Readiness.PREPARING:
                raise Refusal("demo-preparing")
            self.readiness = Readiness.PREPARING
        lead = timedelta(seconds=seconds)

        def prepare() -> None:
            try:
                self._prepare(lambda: stage(self.server, self.folder, lead, self._note))
            except ClientError as error:
                self.readiness, self.detail = Readiness.FAILED, f"{error.code}: {error.detail}"

        threading.Thread(target=prepare, name="demonstration", daemon=True).start()

    def give(self, keys: set[str]) -> None:
        """Leave exactly these players to the companions. Raises `Malformed("demo-player")`."""
        unknown = keys - {player.key for player in PLAYERS}
        if unknown:
            raise Malformed("demo-player", ", ".join(sorted(unknown))[:80])
        self.cue.give(keys)

    def file(self, key: str, name: str) -> Path:
        """A player's own file for the tender being played. Raises `Refusal("not-found")`."""
        if self.loaded is None or key not in {player.key for player in PLAYERS}:
            raise Refusal("not-found")
        folder, lot = self.folder / "people" / key, self.loaded.lot
        known = {
            "certificate.p12": folder / "certificate.p12",
            "opening-key.json": folder / f"opening-key-{lot}.json",
            "bid-key.json": folder / f"package-{lot}" / "bid-key.json",
        }
        path = known.get(name)
        if path is None or not path.exists():
            raise Refusal("not-found")
        return path

    def _prepare(self, prepare: Callable[[], Loaded]) -> Loaded:
        loaded = prepare()
        with self._lock:
            self.cue.end()
            played = {player.key for player in PLAYERS} - TAKEN_FIRST
            self.cue = Cue(played=played)
            self.loaded, self.readiness, self.detail = loaded, Readiness.READY, ""
            companions(loaded.lot, self.server, loaded.people, self.cue)
        return loaded

    def _note(self, text: str) -> None:
        self.detail = text


def appoint(deps: Deps) -> None:
    """Give the cast the roles that a security operator gives at a real installation; once, however often."""
    for player in OFFICERS:
        with suppress(Refusal):  # in force since an earlier start
            grant(
                deps.log,
                credit_code=player.organisation.credit_code,
                name=player.organisation.name,
                person="",
                role=ROLES[player.key],
                by="platform:demonstration",
                now=deps.clock.now(),
            )


def told(stage: Stage, deps: Deps) -> dict[str, Any]:
    """All a visitor needs to play: the cast, the tender, who plays whom and whose turn it is."""
    shown: dict[str, Any] = {
        "readiness": str(stage.readiness),
        "detail": stage.detail,
        "companions": sorted(stage.cue.played),
        "now": iso(local_now()),
        "tender": None,
        "phase": None,
    }
    loaded = stage.loaded
    turns: dict[str, list[str]] = {}
    if loaded is not None:
        shown |= {"tender": loaded.tender, "lot": loaded.lot, "opensAt": iso(loaded.opens_at)}
        _, state = deps.halls.state(stream(loaded.lot))
        shown["phase"] = str(state.phase)
        shown["over"] = str(state.phase) in OVER
        shown["sealFor"] = next_seal(state)
        turns = {
            player.key: sorted(
                {name for seat in seats(player) for name in mine(state, Seat.parse(seat))["may"]}
            )
            for player in PLAYERS
        }
    shown["cast"] = {player.key: _player(player, turns.get(player.key, [])) for player in PLAYERS}
    return shown


def _turns(state: State, player: Player) -> list[str]:
    return sorted({name for seat in seats(player) for name in mine(state, Seat.parse(seat))["may"]})


def _player(player: Player, may: list[str]) -> dict[str, Any]:
    return {
        "kind": "official" if player.seat else "bidder",
        "part": player.seat or "bidder",
        "organisation": player.organisation.name,
        "creditCode": player.organisation.credit_code,
        "person": player.person,
        "personId": person(player),
        "price": player.price or None,
        "visitor": player is VISITOR,
        "seats": list(seats(player)),
        "may": may,
    }
