"""From a request or a socket to a seat, and from a message to a durable answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection

from ceremony.errors import Refusal
from ceremony.handle import Outcome
from ceremony.patch import prune
from crypto.canonical import b64, iso
from crypto.translog.events import Stored
from opening_hall import wire
from opening_hall.entrance import seats_of, take_seat
from opening_hall.events import Event, ReleaseFailed
from opening_hall.facts import Phase
from opening_hall.hall import HALL_VIEWS, stream
from opening_hall.ports import HallPorts
from opening_hall.prepare import Caller, Desk, Prepared, prepare
from opening_hall.record.incidents import Incident, incidents_of
from opening_hall.record.minutes import Language, Minutes, minutes_of
from opening_hall.seats import OFFICIALS, BidId, LotId, Role, Seat
from opening_hall.state import INITIAL, State
from opening_hall.view import ANYONE, announced, audience

AFTER_OPENING = frozenset(
    {
        Phase.READING,
        Phase.CONFIRMING,
        Phase.OBJECTION,
        Phase.RECORD_SIGN,
        Phase.SEALING,
        Phase.RECORDED,
    }
)
#: Phases whose minutes no further act of the opening changes.
PUBLIC_MINUTES = frozenset({Phase.RECORD_SIGN, Phase.SEALING, Phase.RECORDED, Phase.FAILED, Phase.ABORTED})
BARE = frozenset({Role.PUBLIC, Role.RECEIPT})
"""Seats that no session fills."""
BIDS_A_PAGE = 500
#: Halls whose replay is kept while somebody looks at their records.
FOLDED_HALLS = 16


def disclosed(stored: Stored) -> dict[str, Any] | None:
    """An event with the salt that proves it against its leaf; None once its content was erased."""
    if stored.body is None or stored.salt is None:
        return None
    return {
        "index": stored.index,
        "stream": stored.stream,
        "version": stored.version,
        "type": stored.type,
        "seat": stored.seat,
        "at": iso(stored.at),
        "salt": b64(stored.salt),
        "body": dict(stored.body),
    }


@dataclass(frozen=True, slots=True)
class Place:
    """A seat in a hall at a moment, and the person in it."""

    lot: LotId
    seat: Seat
    caller: Caller | None
    version: int
    state: State


@dataclass(frozen=True, slots=True)
class Told:
    """A hall replayed up to a version, with the incidents met on the way."""

    version: int
    state: State
    incidents: tuple[Incident, ...]


class Door:
    """All that the routes do; methods without `async` block."""

    def __init__(self, ports: HallPorts) -> None:
        self.ports = ports
        self._folded: dict[LotId, Told] = {}

    def hall(self, lot: str) -> tuple[int, State]:
        """Version and state. Raises Refusal("unknown-hall")."""
        version, state = self.ports.halls.state(stream(lot))
        if state.setup is None:
            raise Refusal("unknown-hall")
        return version, state

    def enter(self, connection: HTTPConnection, lot: str) -> Place:
        """The seat that the request asks for and may take; see entrance.take_seat for what it raises."""
        version, state = self.hall(lot)
        query = connection.query_params
        proof = (query.get("challenge", ""), query.get("sig", ""))
        caller = self.ports.caller(connection)
        seat = take_seat(self.ports, LotId(lot), state, caller, query.get("seat", ""), proof)
        return Place(LotId(lot), seat, caller, version, state)

    def snapshot(self, place: Place) -> dict[str, Any]:
        """What a socket would say first."""
        return {
            "v": place.version,
            "at": iso(self.ports.clock()),
            "seat": str(place.seat),
            "view": prune(HALL_VIEWS.view(place.state, HALL_VIEWS.audience(place.state, str(place.seat)))),
            "mine": prune(HALL_VIEWS.mine(place.state, str(place.seat))),
        }

    async def carry_out(
        self, lot: LotId, seat: Seat, message: object, caller: Callable[[], Caller | None]
    ) -> Mapping[str, Any]:
        """Judge a message that arrived now; answers when what it caused is durable."""
        arrived = self.ports.clock()
        command = wire.parse_command(message)
        prepared = await asyncio.to_thread(self._prepare, lot, seat, command, caller)
        outcome = await self.ports.halls.handle_soon(
            stream(lot),
            str(seat),
            prepared.command,
            command_id=command.id,
            now=arrived,
            within=prepared.within(self.ports.vault, lot),
        )
        return await self._answer(lot, outcome)

    def _prepare(
        self, lot: LotId, seat: Seat, command: wire.WireCommand, caller: Callable[[], Caller | None]
    ) -> Prepared:
        _, state = self.hall(lot)
        person = caller()
        if person is None and seat.role not in BARE:
            # The session ended while the socket stayed open: the seat is nobody's any more.
            raise Refusal("sign-in-needed")
        if person is not None and seat.role not in BARE and seat not in seats_of(state, person):
            # It passed to a successor while the predecessor's socket stayed open.
            raise Refusal("seat-taken", seat=str(seat.role))
        return prepare(Desk(self.ports, lot, state, seat, person), command)

    async def _answer(self, lot: LotId, outcome: Outcome[State, Event]) -> Mapping[str, Any]:
        failed = next((event for event in outcome.events if isinstance(event, ReleaseFailed)), None)
        if failed is not None:
            # Logged as evidence, and refused all the same.
            raise Refusal("key-mismatch", bid=failed.bid, version=outcome.version)
        answer: dict[str, Any] = {"v": outcome.version, "at": iso(outcome.at)}
        if outcome.events:
            answer |= await asyncio.to_thread(self._receipt, lot, outcome)
        return answer

    def _receipt(self, lot: LotId, outcome: Outcome[State, Event]) -> dict[str, Any]:
        """What proves an act: its place in the public log, and the event as far as its actor may know it.

        The first event of an outcome is the act itself; what followed from it is others' business.
        """
        since = outcome.version - len(outcome.events)
        stored = self.ports.halls.log.read(stream(lot), since, 1)[0]
        return {"index": stored.index, "receipt": disclosed(stored)}

    # --- what officials, bidders and later everybody may fetch

    def manifests(self, place: Place, after: str) -> dict[str, Any]:
        """A page of the live bids' manifests: for officials from Closed on, for everybody after phase B."""
        state = place.state
        official = place.seat.role in OFFICIALS
        if state.closed_at is None or not (official or state.phase in AFTER_OPENING):
            raise Refusal("bids-sealed")
        page = sorted(bid for bid in state.bids if bid > after)[:BIDS_A_PAGE]
        return {
            "bids": [self.sealed(state, bid) for bid in page],
            "next": page[-1] if len(page) == BIDS_A_PAGE else None,
        }

    def sealed(self, state: State, bid: BidId) -> dict[str, Any]:
        """One bid's manifest with what Closed says of it. Raises Refusal("unknown-bid")."""
        if bid not in state.bids:
            raise Refusal("unknown-bid", bid=bid)
        facts = state.bids[bid].closed
        return {
            "bid": bid,
            "manifest": b64(self.ports.vault.manifest(bid)),
            "submission": facts.submission,
            "receivedAt": iso(facts.received_at),
            "manifestHash": facts.manifest_hash,
            "boxHash": facts.box_hash,
        }

    def closed(self, place: Place) -> dict[str, Any]:
        """The logged event that fixed the live submissions, with its salt: provable against the public log.

        Officials have it from the moment itself, so that officers release nothing to a Closed that is not in
        the
        log; everybody once the list is out or the opening has ended, so that a receipt can be held against
        it.
        Raises Refusal("bids-sealed").
        """
        state = place.state
        open_to_all = announced(state) or state.ending is not None
        if state.closed_at is None or not (place.seat.role in OFFICIALS or open_to_all):
            raise Refusal("bids-sealed")
        for stored in self._stored(place.lot):
            if stored.type == "Closed" and (event := disclosed(stored)):
                return event
        raise Refusal("bids-sealed")

    def opened(self, place: Place) -> dict[str, Any]:
        """What phase B made public: form, nonce and K_hall of every line that was read."""
        return {
            "bids": {
                bid.id: {
                    part: {
                        "form": dict(bid.openings[part].form),
                        "nonce": bid.openings[part].nonce,
                        "kHall": bid.openings[part].k_hall,
                        "formCommit": bid.openings[part].form_commit,
                    }
                    for part in bid.read
                }
                for bid in place.state.bids.values()
                if bid.read
            }
        }

    def evidence(self, place: Place, bid: str) -> dict[str, Any]:
        """All that happened about one bid, for officials who judge a failure; nothing sealed is in it.

        Raises Refusal("unknown-bid"), Refusal("wrong-seat").
        """
        if place.seat.role not in OFFICIALS:
            raise Refusal("wrong-seat", command="evidence", seat=str(place.seat.role))
        if bid not in place.state.bids:
            raise Refusal("unknown-bid", bid=bid)
        told = [s for s in self._stored(place.lot) if s.body is not None and s.body.get("bid") == bid]
        return {
            "bid": bid,
            "events": [
                {"v": s.version, "at": iso(s.at), "type": s.type, "seat": s.seat, "body": s.body}
                for s in told
            ],
        }

    def minutes(self, place: Place, lang: Language) -> Minutes:
        """The record as it stands, for whoever may see names now; for the public once it is final.

        Until then the public has its view (rule book 2.1): deposits, chat and reasons are not in it.
        """
        known = announced(place.state) or place.state.ending is not None
        if place.seat.role not in OFFICIALS and not known:
            raise Refusal("list-not-announced")
        if audience(place.state, place.seat) == ANYONE and place.state.phase not in PUBLIC_MINUTES:
            raise Refusal("no-record")
        told = self._told(place.lot)
        return minutes_of(told.state, told.incidents, lang)

    def _told(self, lot: LotId) -> Told:
        """The hall's state with all incidents; only what came since the last look is folded."""
        told = self._folded.get(lot, Told(0, INITIAL, ()))
        state, incidents = told.state, list(told.incidents)
        fresh = self.ports.halls.log.read(stream(lot), told.version)
        for stored in fresh:
            step = self._step(stored)
            state = self.ports.halls.domain.evolve(state, step)
            incidents += incidents_of(state, step)
        if fresh:
            told = Told(fresh[-1].version, state, tuple(incidents))
            while len(self._folded) >= FOLDED_HALLS:
                self._folded.pop(next(iter(self._folded)), None)
            self._folded[lot] = told
        return told

    def draw(self, place: Place) -> dict[str, Any]:
        """The transcript of the draw with every input. Raises Refusal("not-drawn")."""
        if not place.state.draw.value or (place.seat.role not in OFFICIALS and not announced(place.state)):
            raise Refusal("not-drawn")
        for stored in self._stored(place.lot):
            if stored.type == "CoefficientDrawn" and stored.body is not None:
                return dict(stored.body)
        raise Refusal("not-drawn")

    def _step(self, s: Stored) -> Event:
        return self.ports.halls.domain.decode(s.type, s.body, s.version, s.at, s.seat)

    def _stored(self, lot: LotId) -> list[Stored]:
        return self.ports.halls.log.read(stream(lot))

    def record_pdf(self, place: Place) -> tuple[str, bytes]:
        """Hash and bytes of the newest stage of the record. Raises Refusal("no-record")."""
        record = place.state.record
        newest = list(record.sealed.values())[-1:] or [record.attached or record.rendered]
        sha256 = record.sha256 or newest[0]
        if not sha256 and place.state.records:
            sha256 = place.state.records[-1].sha256
        if not sha256:
            raise Refusal("no-record")
        return sha256, self.ports.record(place.lot, sha256)

    def signing(self, place: Place) -> dict[str, Any]:
        """What is to be signed now: by bidders the rendered PDF's hash, by a seat the prepared digest."""
        state = place.state
        record = state.record
        return {
            "phase": str(state.phase),
            "sha256": record.rendered or None,
            "size": record.size,
            "until": iso(state.deadline) if state.deadline and state.phase is Phase.RECORD_SIGN else None,
            "signingClosed": record.signing_closed,
            "signed": len(record.signatures),
            "missing": list(record.missing),
            "seal": {"seat": record.prepared_for, "digest": record.digest} if record.digest else None,
            "sealed": dict(record.sealed),
        }
