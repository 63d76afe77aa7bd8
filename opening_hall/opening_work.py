"""A whole lot at once: identities in phase 0, forms in phase B, what lies behind them, certificates again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

import sqlalchemy as sa
import structlog

from crypto.canonical import unb64
from crypto.envelope import parse_keyset
from crypto.errors import Invalid, Unavailable
from crypto.payload import open_stream
from crypto.trust import TrustStore, Verdict
from opening_hall.commands import RejudgeCertificates, ReportIdentities, ReportOpenings
from opening_hall.draw_nonce import Sending
from opening_hall.facts import Cause, Opening, Rejudgement
from opening_hall.opening import (
    Examination,
    Identified,
    OpenedPart,
    SealedBids,
    content_key_of,
    identify,
    judge_again,
    open_part,
    usable_shares,
)
from opening_hall.rules import Setup
from opening_hall.seats import BidId, LotId, Role
from opening_hall.state import Bid, State
from opening_hall.vault import BIDDER_KEY, HALL_SHARE, IDENTITY_SHARE, Vault

log = structlog.get_logger()
T = TypeVar("T")
R = TypeVar("R")


class Sink(Protocol):
    """Takes a part's plaintext, segment by segment, and keeps it encrypted at rest."""

    def take(self, index: int, plain: memoryview) -> None: ...
    def close(self) -> None: ...
    def discard(self) -> None: ...


class OpeningVault(Vault, SealedBids, Protocol):
    """The vault as the worker needs it."""

    def put_evidence(
        self, tx: sa.Connection, lot: LotId, bid: BidId, evidence: Mapping[str, bytes]
    ) -> None: ...
    def opened_parts(self, lot: LotId) -> dict[tuple[BidId, str], str]: ...
    def payload_sink(self, lot: LotId, bid: BidId, part: str, segments: int) -> Sink: ...
    def payload_failed(self, lot: LotId, bid: BidId, part: str, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What judging the certificates again came to; `waiting` while a time stamp is missing."""

    sending: Sending | None = None
    waiting: bool = False


class Opener:
    """Opens bids in threads: hashing, decryption and signatures run without the interpreter lock."""

    def __init__(
        self,
        vault: OpeningVault,
        trust: TrustStore,
        docs: Callable[[LotId], frozenset[str]],
        now: Callable[[], datetime],
        *,
        threads: int = 2,
        failed: Callable[[LotId, BidId, str, str], None] = lambda lot, bid, part, reason: None,
    ) -> None:
        """`docs` gives the revisions that count; `failed` is told of payloads that do not decrypt whole."""
        self._vault = vault
        self._trust = trust
        self._docs = docs
        self._now = now
        self._failed = failed
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="open")
        self._behind = ThreadPoolExecutor(threads, thread_name_prefix="decrypt")
        self._lock = threading.Lock()
        self._decrypting: set[tuple[LotId, BidId, str]] = set()
        self._running: set[Future[None]] = set()
        # Asked after every event of a hall; what is done stays done.
        self._decrypted: set[tuple[BidId, str]] = set()

    def identities(self, lot: LotId, state: State) -> Sending | None:
        """Phase 0 for every bid that has no result yet; None when nothing new can be said."""
        setup = state.setup
        if setup is None or len(state.identity_released) < setup.quorum:
            return None
        pending = [bid for bid in state.bids.values() if bid.identity is None and bid.failure is None]
        if not pending:
            return None
        by = self._examination(lot, state, setup)
        shares = usable_shares(self._vault.secrets(lot, IDENTITY_SHARE), officer_indices(setup))
        # One after the other: reading certificates holds the interpreter lock anyway.
        found = {bid.id: self._identify(bid, shares.get(bid.id, {}), by) for bid in pending}
        results = {bid: each.result for bid, each in found.items() if each.result is not None}
        waiting = {bid: each.waiting for bid, each in found.items() if each.result is None}
        if not results and all(state.bids[bid].waiting == why for bid, why in waiting.items()):
            return None
        return Sending(ReportIdentities(results, waiting), lambda tx: self._keep(tx, lot, found))

    def openings(self, lot: LotId, state: State) -> ReportOpenings | None:
        """Phase B for every admitted bid without a result; None when nothing new can be said."""
        setup = state.setup
        if setup is None or len(state.hall_released) < setup.quorum:
            return None
        part = state.part
        pending = [
            bid
            for bid in state.admitted
            if part not in state.bids[bid].openings and state.bids[bid].failure is None
        ]
        if not pending:
            return None
        opened = dict(zip(pending, self._open(lot, setup, part, pending), strict=True))
        results = {bid: each.opening for bid, each in opened.items() if each.opening is not None}
        waiting = {bid: each.waiting for bid, each in opened.items() if each.opening is None}
        if not results and all(state.bids[bid].waiting == why for bid, why in waiting.items()):
            return None
        return ReportOpenings(results, waiting)

    def decrypt_behind(self, lot: LotId, state: State) -> bool:
        """Decrypt in the background what was opened as far as its form; True when none of it is left."""
        wanted = [
            (bid.id, part)
            for bid in state.bids.values()
            for part, opening in bid.openings.items()
            if opening.ok and (bid.id, part) not in self._decrypted
        ]
        if not wanted:
            return True
        done = self._vault.opened_parts(lot)
        self._decrypted.update(done)
        left = [place for place in wanted if place not in done]
        for bid, part in left:
            with self._lock:
                if (lot, bid, part) in self._decrypting:
                    continue
                self._decrypting.add((lot, bid, part))
            opening = state.bids[bid].openings[part]
            running = self._behind.submit(self._decrypt, lot, bid, part, opening)
            with self._lock:
                self._running.add(running)
            running.add_done_callback(self._ran)
        return not left

    def wait(self) -> None:
        """Return when nothing is being decrypted behind any more."""
        with self._lock:
            running = list(self._running)
        for each in running:
            each.result()

    def rejudge(self, lot: LotId, state: State) -> Rejudged:
        """Before the record is signed: every certificate once more, with lists issued since."""
        setup = state.setup
        pending = [
            bid
            for bid in state.bids.values()
            if bid.identity is not None and bid.identity.ok and bid.rejudged is None
        ]
        if setup is None or not pending:
            return Rejudged()
        by = self._examination(lot, state, setup)
        results = {bid.id: self._again(bid, by) for bid in pending}
        # A time-stamp authority that is away holds up the record, and nothing else.
        judged = {bid: result for bid, result in results.items() if result is not None}
        if len(judged) < len(results):
            return Rejudged(waiting=True)
        return Rejudged(Sending(RejudgeCertificates(judged)))

    def _identify(self, bid: Bid, shares: Mapping[int, bytes], by: Examination) -> Identified:
        found = identify(self._vault, bid, shares, by)
        if found.result is None or found.result.ok:
            return found
        # Nobody is put out by one look: what is wrong with a bid is wrong with it twice.
        return identify(self._vault, bid, shares, by)

    def _again(self, bid: Bid, by: Examination) -> Rejudgement | None:
        judgement = judge_again(self._vault.evidence(bid.id), bid, self._vault.stamped(bid.id), by)
        if judgement is None:
            return None
        if judgement.verdict is Verdict.VALID:
            return Rejudgement(True, judgement.reason)
        cause = Cause.BIDDER if judgement.verdict is Verdict.INVALID else Cause.UNKNOWN
        return Rejudgement(False, judgement.reason, cause)

    def _examination(self, lot: LotId, state: State, setup: Setup) -> Examination:
        return Examination(
            keyset=parse_keyset(unb64(setup.keyset)),
            docs=self._docs(lot),
            rules=state.rules,
            opens_at=setup.opens_at,
            trust=self._trust,
            lists=self._trust.evidence(now=self._now()),
        )

    def _open(self, lot: LotId, setup: Setup, part: str, bids: Iterable[BidId]) -> list[OpenedPart]:
        shares = usable_shares(self._vault.secrets(lot, HALL_SHARE + part), officer_indices(setup))
        keys = {bid: key for (bid, _), key in self._vault.secrets(lot, BIDDER_KEY + part).items()}
        return self._all(
            lambda bid: open_part(self._vault, bid, part, shares.get(bid, {}), keys.get(bid)), bids
        )

    def _keep(self, tx: sa.Connection, lot: LotId, found: Mapping[BidId, Identified]) -> None:
        for bid, each in found.items():
            if each.evidence:
                self._vault.put_evidence(tx, lot, bid, each.evidence)

    def _all(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        return list(self._pool.map(work, items))

    def _ran(self, future: Future[None]) -> None:
        with self._lock:
            self._running.discard(future)

    def _decrypt(self, lot: LotId, bid: BidId, part: str, opening: Opening) -> None:
        try:
            self._decrypt_part(lot, bid, part, unb64(opening.k_hall))
        except Invalid as error:
            self._vault.payload_failed(lot, bid, part, error.code)
            self._failed(lot, bid, part, error.code)
        except Unavailable as error:
            log.warning("a payload waits", reason=str(error))
        except Exception:
            log.exception("a payload could not be decrypted")
        finally:
            with self._lock:
                self._decrypting.discard((lot, bid, part))

    def _decrypt_part(self, lot: LotId, bid: BidId, part: str, k_hall: bytes) -> None:
        released = self._vault.secrets(lot, BIDDER_KEY + part)
        manifest, dek = content_key_of(self._vault, bid, part, released[bid, ""], k_hall)
        facts = manifest.part(part)
        first = self._vault.segment(bid, part, 0)
        opener = open_stream(manifest.ctx, part, dek, first, facts.size)
        sink = self._vault.payload_sink(lot, bid, part, facts.segments)
        try:
            for index in range(facts.segments):
                data = first if index == 0 else self._vault.segment(bid, part, index)
                sink.take(index, opener.open(index, data))
            sink.close()
        finally:
            sink.discard()


def officer_indices(setup: Setup) -> dict[str, int]:
    """Share index of each officer seat."""
    return {str(entry.seat): entry.index for entry in setup.seats if entry.seat.role is Role.OFFICER}
