"""What each audience sees of a hall, and what each seat may do. Pure; nothing sealed reaches this module.

Three audiences after the list is announced: `official` (people of the notice), `bidder` (whoever has a live
bid) and `public`. Before that everybody from outside sees the same: the hall, its phase and the clock, no
seat, name or number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from crypto.canonical import iso
from opening_hall import events as e
from opening_hall.facts import Effect, Phase
from opening_hall.guards import all_opened, may, next_seal
from opening_hall.kept import Kept
from opening_hall.kin import kin, with_kin
from opening_hall.rules import DrawRule, Rules, Setup
from opening_hall.seats import OFFICIALS, BidId, Role, Seat, SeatEntry
from opening_hall.state import Bid, Draw, Failure, Message, Objection, Present, Record, State, Turn

View = dict[str, Any]
OFFICIAL, BIDDER, ANYONE = "official", "bidder", "public"
AUDIENCES = (OFFICIAL, BIDDER, ANYONE)
ALL_SEATS = "*"
CHAT_SHOWN = 100
"""Messages a view carries; the record has all."""

BEFORE_LIST = frozenset({Phase.SCHEDULED, Phase.CLOSING, Phase.CLOSED, Phase.IDENTIFYING})


@lru_cache(maxsize=50_000)
def _iso(at: datetime | None) -> str | None:
    return iso(at) if at is not None else None


def announced(state: State) -> bool:
    """Whether names may be shown: the list was announced, whatever came after."""
    return bool(state.order)


def audience(state: State, seat: Seat) -> str:
    """The audience class of a seat."""
    if seat.role in OFFICIALS or seat.role is Role.PLATFORM:
        return OFFICIAL if seat.role is Role.PLATFORM or state.knows(seat) else ANYONE
    if seat.role is Role.PUBLIC or (announced(state) and not state.knows(seat)):
        return ANYONE
    return BIDDER


# --- pieces


def _hall(setup: Setup) -> View:
    return {
        "lot": setup.lot,
        "tender": setup.tender,
        "title": setup.title,
        "lotTitle": setup.lot_title,
        "code": setup.code,
        "dealCode": setup.deal_code,
        "opensAt": iso(setup.opens_at),
        "place": setup.place,
        "regime": setup.regime,
        "evaluation": setup.evaluation,
        "ceiling": setup.ceiling,
        "parts": list(setup.parts),
        "docsHash": setup.docs_hash,
        "quorum": setup.quorum,
        "demonstration": setup.demonstration,
        "form": {
            str(number): {
                "name": f.name,
                "zh": f.zh,
                "en": f.en,
                "kind": f.kind,
                "unit": f.unit,
                "part": f.part,
            }
            for number, f in enumerate(setup.form, 1)
        },
        "rules": _rules(setup.rules),
    }


def _rules(rules: Rules) -> View:
    return {
        "minimum": rules.minimum,
        "afterReleaseBelowMinimum": str(rules.after_release_below_minimum),
        "duplicates": str(rules.duplicates),
        "phaseASeconds": rules.phase_a_seconds,
        "confirmationSeconds": rules.confirmation_seconds,
        "objectionSeconds": rules.objection_seconds,
        "signingSeconds": rules.signing_seconds,
        "reading": str(rules.reading),
        "missingConfirmation": str(rules.missing_confirmation),
        "citations": dict(rules.citations),
    }


def _seats(entries: Mapping[str, SeatEntry], sign_ins: Mapping[str, Present], host: str) -> View:
    return {
        key: {
            "role": str(entry.seat.role),
            "name": entry.name,
            "organisation": entry.organisation,
            "host": entry.seat.role in (Role.HOST, Role.DEPUTY) and entry.seat.id == host,
            "signedInAt": _iso(sign_ins[key].at) if key in sign_ins else None,
        }
        for key, entry in entries.items()
    }


def _failure(failure: Failure) -> View:
    return {
        "stage": str(failure.stage),
        "reason": failure.reason,
        "proposed": str(failure.proposed),
        "cause": str(failure.cause) if failure.cause else None,
        "effect": str(failure.effect),
        "decidedReason": failure.decided_reason or None,
        "decidedBy": failure.decided_by or None,
        "decidedAt": _iso(failure.decided_at),
        "at": iso(failure.at),
    }


def status(bid: Bid) -> str:
    """Where a bid stands, in one word."""
    if bid.superseded is not None:
        return "superseded"
    if bid.failure is not None:
        # A bid that was read stays read: only its certificate was questioned afterwards.
        return "read" if bid.read else "revoked" if bid.failure.effect is Effect.REVOKED else "failed"
    if bid.waiting:
        return "waiting"
    if bid.read:
        return "read"
    if bid.released:
        return "released"
    return "listed" if bid.listed else "sealed"


def _line(bid: Bid, part: str) -> View:
    """One part of one bid; the form only once its line was read."""
    read = bid.read.get(part)
    confirmed = bid.confirmed.get(part)
    opening = bid.openings.get(part)
    return {
        "fetchedAt": _iso(bid.wrap_at.get(part)),
        "releasedAt": _iso(bid.released.get(part)),
        "channel": bid.channels.get(part),
        "readAt": _iso(read[0]) if read else None,
        "flags": list(read[1]) if read else None,
        "form": dict(opening.form) if read and opening else None,
        "formCommit": opening.form_commit if read and opening else None,
        "confirmedAt": _iso(confirmed[0]) if confirmed else None,
        "confirmed": str(confirmed[1]) if confirmed else None,
    }


def _row(bid: Bid, kind: str) -> View:
    identity = bid.identity if bid.identity is not None and bid.identity.ok else None
    parts = {*bid.wrap_at, *bid.released, *bid.read, *bid.confirmed}
    row: View = {
        "number": bid.number or None,
        "name": identity.name if identity else None,
        "creditCode": identity.credit_code if identity else None,
        "receivedAt": iso(bid.closed.received_at),
        "submission": bid.closed.submission,
        "status": status(bid),
        "presentAt": _iso(bid.present_at),
        "parts": {part: _line(bid, part) for part in sorted(parts)},
        "failure": _failure(bid.failure) if bid.failure else None,
    }
    if kind != ANYONE:
        row |= {
            "members": [{"name": m.name, "creditCode": m.credit_code} for m in identity.members]
            if identity
            else None,
            "representative": identity.representative if identity else None,
            "deposit": dict(identity.deposit) if identity else None,
            "superseded": {"by": bid.superseded.by, "rule": bid.superseded.rule} if bid.superseded else None,
            "attempts": len(bid.attempts),
        }
    if kind == OFFICIAL:
        row |= {
            "waiting": bid.waiting or None,
            "remark": identity.reason or None if identity else None,
            "troubles": bid.troubles,
            "dealing": [{"by": by, "purpose": p, "reason": why} for by, p, why in bid.dealing] or None,
        }
    return row


def _rows(bids: Mapping[BidId, Bid], kind: str) -> View:
    if kind == ANYONE:
        return {id_: bid.memo.get(kind) or _remember(bid, kind) for id_, bid in bids.items() if bid.number}
    return {id_: bid.memo.get(kind) or _remember(bid, kind) for id_, bid in bids.items()}


def _remember(bid: Bid, kind: str) -> View:
    """Rows live as long as their bid: an event about one bid leaves the other rows the same objects."""
    row = bid.memo[kind] = _row(bid, kind)
    return row


def _message(message: Message) -> View:
    return {"by": message.by, "text": message.text, "at": iso(message.at)}


def _chat(chat: tuple[Message, ...]) -> View:
    return {str(message.number): MESSAGE(message) for message in chat[-CHAT_SHOWN:]}


def _objections(objections: Mapping[str, Objection]) -> View:
    return {
        o.id: {
            "number": o.number,
            "by": o.by,
            "text": o.text,
            "at": iso(o.at),
            "answer": o.answer or None,
            "answeredBy": o.answered_by or None,
            "answeredAt": _iso(o.answered_at),
            "resolution": str(o.resolution) if o.resolution else None,
        }
        for o in objections.values()
    }


def _draw(draw: Draw, rule: DrawRule) -> View:
    return {
        "label": rule.label,
        "zh": rule.zh,
        "en": rule.en,
        "when": str(rule.when),
        "candidates": list(rule.candidates),
        "commitments": dict(sorted(draw.commitments.items())),
        "revealed": sorted(draw.reveals),
        "value": draw.value or None,
        "seed": draw.seed or None,
    }


def _turn(turn: Turn) -> View:
    return {"kind": turn.kind, "at": iso(turn.at), **turn.facts}


def _course(course: tuple[Turn, ...]) -> View:
    return {str(number): TURN(turn) for number, turn in enumerate(course, 1)}


def _record(record: Record, next_: str) -> View:
    return {
        "sha256": record.sha256 or None,
        "rendered": record.rendered or None,
        "size": record.size,
        "minutesSha256": record.minutes_sha256 or None,
        "signed": {code: _iso(at) for code, at in record.signatures.items()},
        "signingClosed": record.signing_closed,
        "missing": list(record.missing),
        "attached": record.attached or None,
        "sealFor": next_ or None,
        "preparedFor": record.prepared_for or None,
        "digest": record.digest or None,
        "sealSigned": bool(record.seal_signed),
        "sealed": dict(record.sealed),
    }


HALL: Kept[View] = Kept(_hall, 1_000)
SEATS: Kept[View] = Kept(_seats, 1_000)
ROWS: Kept[View] = Kept(_rows, 200)
MESSAGE: Kept[View] = Kept(_message, 10_000)
CHAT: Kept[View] = Kept(_chat, 1_000)
OBJECTIONS: Kept[View] = Kept(_objections, 1_000)
DRAW: Kept[View] = Kept(_draw, 1_000)
RECORD: Kept[View] = Kept(_record, 1_000)
TURN: Kept[View] = Kept(_turn, 10_000)
COURSE: Kept[View] = Kept(_course, 1_000)


# --- the view


def view(state: State, kind: str) -> View:
    """What an audience sees. Members that are None are absent."""
    if state.setup is None:
        return {"phase": str(state.phase)}
    seen = _outside(state, state.setup)
    # An opening that ended before its list keeps no names back: how it ended, and its record, are public.
    if kind == OFFICIAL or announced(state) or state.ending is not None:
        seen |= _named(state, state.setup, kind)
    if kind == OFFICIAL:
        seen |= _official(state)
    return {key: value for key, value in seen.items() if value is not None}


def _outside(state: State, setup: Setup) -> View:
    ending = state.ending
    return {
        "phase": str(state.phase),
        "hall": HALL(setup),
        "deadline": _iso(state.deadline),
        "suspended": {
            "since": iso(state.suspended.since),
            "code": str(state.suspended.code),
            "reason": state.suspended.reason,
        }
        if state.suspended
        else None,
        "lostMs": state.lost_ms,
        "ending": {
            "at": iso(ending.at),
            "failed": str(ending.failed) if ending.failed else None,
            "aborted": str(ending.aborted) if ending.aborted else None,
            "reason": ending.reason or None,
        }
        if ending
        else None,
    }


def _named(state: State, setup: Setup, kind: str) -> View:
    seen: View = {
        "host": state.host,
        "seats": SEATS(state.entries, state.sign_ins, state.host),
        "stage": state.stage,
        "part": state.part,
        "draw": DRAW(state.draw, setup.rules.draw) if setup.rules.draw else None,
        "objections": OBJECTIONS(state.objections),
        "record": RECORD(state.record, next_seal(state) or ""),
        "benchmark": state.announced_benchmark or None,
        "course": COURSE(state.course),
    }
    if announced(state):
        seen |= {
            "bids": ROWS(state.bids, kind),
            "counts": {
                "listed": len(state.order),
                "contenders": len(state.contenders),
                "released": state.released,
                "admitted": len(state.admitted),
                "lines": len(state.reading),
                "read": state.lines,
                "confirmed": state.confirmed,
                "allOpened": state.phase is not Phase.OPENING or all_opened(state),
            },
            # Before a later part everybody listed takes part; from then on the committee's choice does.
            "contenders": list(state.contenders) if state.stage else None,
            "admittedHash": state.admitted_hash or None,
            "admittedSigned": list(state.admitted_signed),
            "hallReleased": list(state.hall_released),
        }
    if kind != ANYONE:
        seen["chat"] = CHAT(state.chat)
    return seen


def _official(state: State) -> View:
    seen: View = {
        "cosigned": dict(state.cosigned),
        "identityReleased": list(state.identity_released),
        "falseShares": [{"by": by, "bid": bid, "reason": why} for by, bid, why in state.false_shares] or None,
        "reachable": state.reachable,
        "live": len(state.bids) if state.closed_at else None,
    }
    if state.closed_at and not announced(state):
        seen["bids"] = ROWS(state.bids, OFFICIAL)
        seen["undecided"] = None
    seen["undecided"] = list(state.undecided()) or None
    return seen


def mine(state: State, seat: Seat) -> View:
    """What only this seat sees: who it is, its own bid, and the commands it may give now."""
    seen: View = {"seat": str(seat), "role": str(state.role_of(seat)), "may": list(may(state, seat))}
    entry = state.person(seat)
    if entry is not None:
        seen["name"] = entry.name
        if entry.index:
            seen["index"] = entry.index
        others = kin(state, seat)
        if others:
            seen["seats"] = {str(other): _other(state, other) for other in others}
    bid = state.bid_of(seat)
    if bid is not None:
        seen |= _own(state, bid)
    return seen


def _other(state: State, seat: Seat) -> View:
    """Another seat of the same person: with this a client serves all of them at once."""
    entry = state.person(seat)
    return {
        "role": str(state.role_of(seat)),
        "may": list(may(state, seat)),
        "index": (entry.index if entry else 0) or None,
    }


def _own(state: State, bid: Bid) -> View:
    seen: View = {"bid": bid.id, "submission": bid.closed.submission}
    if announced(state) and state.part not in bid.released and bid.id in state.contenders:
        seen["offer"] = {"bid": bid.id, "part": state.part}
    return seen


# --- whose `mine` an event may change

_NOBODY: frozenset[str] = frozenset()


def _owners(state: State, bid: BidId | None) -> frozenset[str]:
    found = state.bids.get(bid) if bid else None
    if found is None:
        return _NOBODY
    owners = {str(Seat(Role.RECEIPT, found.id))}
    if found.identity is not None and found.identity.credit_code:
        owners.add(str(Seat(Role.BIDDER, found.identity.credit_code)))
    return frozenset(owners)


_OF_BID = frozenset({e.WrapAcknowledged, e.KeyReleased, e.ReleaseFailed, e.LineConfirmed})
_OF_BID_ALONE = frozenset({e.LineRead, e.DiagnosticReported})
_OF_SEAT = frozenset(
    {e.DrawCommitted, e.DrawRevealed, e.DealingReported, e.SignedIn, e.Said, e.ObjectionRaised}
)
_OF_HOST = frozenset({e.CertificatesRejudged, e.Adjudicated})


def touched(state: State, event: e.Event) -> Collection[str]:
    """Seats whose `mine` may differ after `event`; ALL_SEATS when it may be anybody's."""
    seats = _touched(state, event)
    return seats if ALL_SEATS in seats else with_kin(state, seats)


def _touched(state: State, event: e.Event) -> Collection[str]:
    kind = type(event)
    if kind in _OF_BID:
        return _owners(state, getattr(event, "bid", None)) | _hosts(state)
    if kind in _OF_BID_ALONE:
        return _owners(state, getattr(event, "bid", None))
    if kind in _OF_HOST:
        return _hosts(state)
    if kind in _OF_SEAT and len(state.chat) < state.rules.chat_total:
        return {getattr(event, "by", "")} | _hosts(state)
    return _NOBODY if kind is e.Erased else {ALL_SEATS}


def _hosts(state: State) -> frozenset[str]:
    """Host duties depend on what everybody else has done."""
    return frozenset({str(state.host_seat())})
