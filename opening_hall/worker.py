"""The platform's own part of every hall: what is due by time, by arithmetic or by decryption.

Nothing here is anyone's decision.

A worker looks at a hall's state, does the one outstanding thing, and looks again. Every act is a command
whose id comes from the state it was decided on, so a worker may be killed anywhere and another one, in this
process or beside it, goes on; doing something twice changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
import structlog

from ceremony.errors import Refusal
from ceremony.handle import Ceremony
from crypto.errors import StaleVersion, Unavailable
from opening_hall.commands import Close, Command, Cosign, Diagnose, Tick
from opening_hall.draw_nonce import Sending, Within, commit_nonce, reveal_nonce
from opening_hall.events import Event
from opening_hall.facts import ClosedBid, Phase
from opening_hall.opening_work import Opener
from opening_hall.recording import Recording
from opening_hall.seats import PLATFORM, BidId, LotId
from opening_hall.state import State
from opening_hall.vault import Vault

log = structlog.get_logger()

Halls = Ceremony[State, Command, Event]
HALL = "hall:"
#: Pause before something that could not be done is tried again, in seconds.
RETRY = 1.0
#: How often a hall is looked at when nothing wakes the worker: wake-ups may be lost, in seconds.
LOOK_EVERY = 5.0
#: More steps than a hall ever takes at one moment; beyond it something goes in circles.
MAX_STEPS = 64


class Closing(Protocol):
    """The desk where bids are handed in, as far as closing a lot needs it."""

    def due(self, now: datetime) -> Sequence[LotId]:
        """Lots past their deadline whose hall is not finished."""

    def next_deadline(self) -> datetime | None:
        """The earliest deadline of a lot that still takes bids."""

    def shut(self, lot: LotId) -> bool:
        """Let nobody in any more; False while the deadline has not passed."""

    def settle(self, lot: LotId) -> None:
        """Decide every upload that arrived in time and seal the last batch. Raises `Unavailable`."""

    def live(self, lot: LotId) -> Mapping[BidId, ClosedBid]:
        """All live submissions."""

    def close(self, tx: sa.Connection, lot: LotId) -> None:
        """In the transaction that appends Closed."""

    def finish(self, lot: LotId) -> None:
        """Nothing is left to do for this hall."""

    def reachable(self, since: datetime, until: datetime) -> bool:
        """Whether the platform could be reached all that time, as its own log shows."""


class Leases(Protocol):
    """Which of several processes does the work of a hall."""

    def hold(self, name: str) -> bool:
        """Take or renew; False while another living process has it."""

    def seconds(self) -> float:
        """How long a lease lasts without renewal."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker works with."""

    halls: Halls
    closing: Closing
    vault: Vault
    opener: Opener
    recording: Recording
    leases: Leases
    #: The newest cosigned checkpoint over the log up to an index: (witness, SHA-256 of the note) pairs.
    cosignatures: Callable[[str], Mapping[str, str]]
    random: Callable[[int], bytes]
    now: Callable[[], datetime]


class HallWorker:
    """Looks after all halls of one process."""

    def __init__(self, parts: Parts, threads: int = 3) -> None:
        self._parts = parts
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="hall-worker")
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._dirty: set[LotId] = set()
        self._busy: set[LotId] = set()
        self._again: dict[LotId, datetime] = {}

    def hear(self, stream: str, version: int) -> None:
        """A wake-up from the bus; returns at once."""
        if stream.startswith(HALL):
            with self._lock:
                self._dirty.add(LotId(stream.removeprefix(HALL)))
            self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`. Whatever was left undone by a process that died is found here first."""
        threading.Thread(target=self._wake_at, args=(stop,), daemon=True).start()
        looked = self._parts.now() - timedelta(seconds=LOOK_EVERY)
        while not stop.is_set():
            now = self._parts.now()
            if (now - looked).total_seconds() >= LOOK_EVERY or self._closing_due(now):
                looked = now
                with self._lock:
                    self._dirty.update(self._parts.closing.due(now))
            for lot in self._ready(now):
                self._pool.submit(self._work, lot)
            self._wake.wait(self._pause(now, looked))
            self._wake.clear()
        self._pool.shutdown(cancel_futures=True)

    def look(self, lot: LotId) -> datetime | None:
        """Do all that is outstanding in one hall now; when to look again, if time can bring something."""
        if not self._parts.leases.hold(HALL + lot):
            return self._parts.now() + timedelta(seconds=self._parts.leases.seconds())
        for _ in range(MAX_STEPS):
            version, state = self._parts.halls.state(HALL + lot)
            if state.setup is None:
                return None
            turn = Turn(self._parts, lot, version, state)
            if not turn.step():
                return turn.again
        log.error("a hall's worker goes in circles", lot=lot)
        return self._parts.now() + timedelta(seconds=LOOK_EVERY)

    def _wake_at(self, stop: threading.Event) -> None:
        stop.wait()
        self._wake.set()

    def _work(self, lot: LotId) -> None:
        again: datetime | None = self._parts.now() + timedelta(seconds=RETRY)
        try:
            again = self.look(lot)
        except (Unavailable, StaleVersion) as error:
            log.warning("a hall's work waits", lot=lot, reason=str(error))
        except Refusal as error:
            # Somebody acted between our look and our command; the next look sees it.
            log.info("a hall's work was overtaken", lot=lot, code=error.code)
        except Exception:
            log.exception("a hall's work failed", lot=lot)
        with self._lock:
            self._busy.discard(lot)
            if again is None:
                self._again.pop(lot, None)
            else:
                self._again[lot] = again
        self._wake.set()

    def _ready(self, now: datetime) -> list[LotId]:
        with self._lock:
            due = {lot for lot, at in self._again.items() if at <= now}
            ready = (self._dirty | due) - self._busy
            self._dirty -= ready
            self._busy |= ready
            for lot in ready:
                self._again.pop(lot, None)
        return sorted(ready)

    def _closing_due(self, now: datetime) -> bool:
        at = self._parts.closing.next_deadline()
        return at is not None and at <= now

    def _pause(self, now: datetime, looked: datetime) -> float:
        with self._lock:
            times = list(self._again.values())
        times.append(looked + timedelta(seconds=LOOK_EVERY))
        deadline = self._parts.closing.next_deadline()
        if deadline is not None:
            times.append(deadline)
        return max((min(times) - now).total_seconds(), 0.001)


class Turn:
    """One look at one hall: does the first thing that is outstanding in this state."""

    def __init__(self, parts: Parts, lot: LotId, version: int, state: State) -> None:
        self._parts = parts
        self._lot = lot
        self._version = version
        self._state = state
        #: When to look again, once nothing is outstanding.
        self.again: datetime | None = None

    def step(self) -> bool:
        """Whether something was done, so that the hall looks different now."""
        state = self._state
        if self._tick():
            return True
        match state.phase:
            case Phase.SCHEDULED:
                return self._commit_draw()
            case Phase.CLOSING:
                return self._close()
            case Phase.CLOSED:
                return self._cosign()
            case Phase.IDENTIFYING:
                return self._identify()
            case Phase.LIST_ANNOUNCED:
                return self._reveal_draw()
            case Phase.OPENING:
                return self._open()
            case Phase.RECORD_SIGN | Phase.SEALING | Phase.FAILED | Phase.ABORTED:
                return self._record() or self._rest()
            case Phase.RECORDED:
                return self._rest()
            case _:
                self._decrypt_behind()
                return False

    # --- time

    def _tick(self) -> bool:
        """What is due by the clock. At the deadline for bids the desk shuts first, then the hall hears."""
        due = self._state.next_deadline()
        if due is None:
            return False
        if self._parts.now() < due:
            self.again = due
            return False
        if self._state.phase is Phase.SCHEDULED and not self._parts.closing.shut(self._lot):
            # The tender was extended and the hall is about to hear of it.
            self.again = self._parts.now() + timedelta(seconds=RETRY)
            return False
        if self._state.phase is Phase.DECRYPTING:
            self._report_reachability(due)
        return self._send("tick", Tick())

    def _report_reachability(self, until: datetime) -> None:
        stream = HALL + self._lot
        # From the very beginning: extensions and pauses make the window longer than its rule row.
        begun = [s.at for s in self._parts.halls.log.read(stream) if s.type == "DecryptionStarted"]
        facts = {"reachable": "yes" if self._parts.closing.reachable(begun[-1], until) else "no"}
        command = Diagnose("reachability", facts)
        self._parts.halls.handle(
            stream,
            str(PLATFORM),
            command,
            command_id=f"reachability:{until.isoformat()}",
            now=self._parts.now(),
        )

    # --- closing

    def _close(self) -> bool:
        self._parts.closing.shut(self._lot)
        self._parts.closing.settle(self._lot)
        bids = self._parts.closing.live(self._lot)
        return self._send("close", Close(bids), within=lambda tx: self._parts.closing.close(tx, self._lot))

    def _cosign(self) -> bool:
        given = self._parts.cosignatures(HALL + self._lot)
        for witness, checkpoint in sorted(given.items()):
            if witness not in self._state.cosigned:
                return self._send(f"cosign:{witness}", Cosign(witness, checkpoint))
        self.again = self._parts.now() + timedelta(seconds=RETRY)
        return False

    # --- opening

    def _identify(self) -> bool:
        return self._send_found("identities", self._parts.opener.identities(self._lot, self._state))

    def _open(self) -> bool:
        command = self._parts.opener.openings(self._lot, self._state)
        if command is not None:
            return self._send("openings", command)
        self._decrypt_behind()
        return False

    def _decrypt_behind(self) -> None:
        self._parts.opener.decrypt_behind(self._lot, self._state)

    # --- draws

    def _commit_draw(self) -> bool:
        parts = self._parts
        return self._send_found(
            "commit-draw", commit_nonce(parts.vault, self._lot, self._state, parts.random)
        )

    def _reveal_draw(self) -> bool:
        command = reveal_nonce(self._parts.vault, self._lot, self._state)
        return command is not None and self._send("reveal-draw", command)

    # --- record

    def _record(self) -> bool:
        if not self._state.record.rendered and self._state.undecided():
            # Somebody has to attribute a failure first (归责).
            return False
        if self._state.phase is Phase.RECORD_SIGN and not self._state.record.rendered:
            self._decrypt_behind()
            again = self._parts.opener.rejudge(self._lot, self._state)
            if again.waiting:
                self.again = self._parts.now() + timedelta(seconds=RETRY)
                return False
            if again.sending is not None:
                return self._send_found("rejudge", again.sending)
        found = self._parts.recording.next(self._lot, self._version, self._state)
        if found is None:
            return False
        return self._send("record", found.sending.command, found.sending.within, found.expected)

    def _rest(self) -> bool:
        """Nothing is left but what runs behind; a further part may still reconvene (复会)."""
        state = self._state
        assert state.setup is not None  # noqa: S101 - look() returned otherwise
        last = state.phase is not Phase.RECORDED or state.stage + 1 == len(state.setup.parts)
        over = state.phase is Phase.RECORDED or bool(state.record.sha256)
        if self._parts.opener.decrypt_behind(self._lot, state) and last and over:
            self._parts.closing.finish(self._lot)
        return False

    def _send_found(self, name: str, found: Sending | None) -> bool:
        return found is not None and self._send(name, found.command, within=found.within)

    def _send(
        self, name: str, command: Command, within: Within | None = None, expected: int | None = None
    ) -> bool:
        outcome = self._parts.halls.handle(
            HALL + self._lot,
            str(PLATFORM),
            command,
            command_id=f"{name}:{self._version}",
            now=self._parts.now(),
            expected=expected,
            within=within,
        )
        return outcome.version > self._version
