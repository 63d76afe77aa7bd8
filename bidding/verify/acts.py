"""Step on signed acts: whoever decided something in the hall signed exactly that."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bidding.archive import names
from bidding.verify.case import Case, LogEvent
from bidding.verify.report import Findings
from bidding.verify.signers import check_signer
from bidding.verify.trust import Trust
from crypto.errors import Invalid
from crypto.signing import verify_detached
from opening_hall import events as e
from opening_hall import statements
from opening_hall.domain import INITIAL, evolve
from opening_hall.seats import Role, Seat
from opening_hall.state import State


@dataclass(frozen=True, slots=True)
class Act:
    """A signature that an event speaks of."""

    index: int
    seat: str
    signature: str
    """SHA-256 of the CMS in hex."""
    statement: bytes
    state: State
    at: datetime


def check_acts(case: Case, trust: Trust, findings: Findings) -> None:
    """Every signed act has its CMS in the archive, over the statement that its event tells."""
    count = 0
    for act in signed_acts(case.opened.manifest.lot, case.hall):
        path = names.act_path(act.signature)
        count += 1
        if not act.signature:
            findings.add(names.HALL_EVENTS, "signature-missing", f"by {act.seat}", leaf=act.index)
            continue
        try:
            cms = case.opened.read(path) if case.opened.has(path) else b""
            if hashlib.sha256(cms).hexdigest() != act.signature:
                raise Invalid("signature-differs", "not the signature that was logged")
            signed = verify_detached(cms, data=act.statement)
            check_signer(trust, signed, act.at, _speaks_for(act))
        except Invalid as error:
            findings.add(path, error.code, error.detail, leaf=act.index)
    findings.note(f"{count} signed acts")


def signed_acts(lot: str, hall: list[tuple[LogEvent, e.Event]]) -> Iterator[Act]:
    """The signatures of a hall with what they must cover; several findings may share one signature."""
    state = INITIAL
    found: dict[str, list[str]] = {}
    for _, event in hall:
        if isinstance(event, e.Adjudicated):
            found.setdefault(event.signature, []).append(event.bid)
    told: set[tuple[str, str, bytes]] = set()
    for entry, event in hall:
        statement = _statement(lot, state, event, found)
        signature = getattr(event, "signature", "")
        if statement is not None and (signature or not _may_be_unsigned(entry, event)):
            if (signature, entry.seat, statement) not in told:
                yield Act(entry.index, entry.seat, signature, statement, state, entry.at)
            told.add((signature, entry.seat, statement))
        state = evolve(state, event)


def _statement(lot: str, state: State, event: e.Event, found: dict[str, list[str]]) -> bytes | None:
    match event:
        case e.AdmittedSigned():
            return statements.admitted(lot, state.part, event.hash)
        case e.Adjudicated():
            return statements.adjudication(lot, found[event.signature], event.cause, event.reason)
        case e.LineConfirmed():
            opening = state.bids[event.bid].openings.get(state.part)
            form = opening.form if opening is not None else {}
            return statements.line(lot, event.bid, state.part, form)
        case e.ObjectionRaised():
            return statements.objection(lot, event.id, event.text)
        case e.ObjectionAnswered():
            return statements.answer(lot, event.id, event.text, event.resolution)
        case e.Aborted():
            return statements.abort(lot, event.code, event.reason)
        case e.Reconvened():
            return statements.reconvene(lot, event.bids, event.reason)
        case e.HostHandedOver():
            return statements.handover(lot, event.to, event.reason)
        case _:
            return None


def _may_be_unsigned(entry: LogEvent, event: e.Event) -> bool:
    """A line may be confirmed by the session alone; an abort by two operators is signed in their own log."""
    return isinstance(event, e.LineConfirmed) or (
        isinstance(event, e.Aborted) and Seat.parse(entry.seat).role is Role.PLATFORM
    )


def _speaks_for(act: Act) -> str:
    """The organisation whose seat acted. Raises `Invalid("no-such-seat")`."""
    seat = Seat.parse(act.seat)
    entry = act.state.person(seat)
    if entry is None and seat.role is not Role.BIDDER:
        raise Invalid("no-such-seat", f"nobody was named for {act.seat}")
    return entry.credit_code if entry is not None else seat.id
