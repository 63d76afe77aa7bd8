"""What receipt keys say: sign-ins, acknowledgements and diagnostics, and withdrawals.

Before T they go into sealed batches only, under the bid's random id, and wake nobody. After Closed they are
logged as they come: evidence for whose fault a failure was (归责). A bid id and a signature is all a client
shows; the server asks for nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bidding.submissions import store
from bidding.submissions.batches import add_item
from bidding.submissions.desk import Desk
from bidding.submissions.receipts import make_withdrawn
from bidding.submissions.store import Gate, GateState, Upload, UploadState
from bidding.submissions.tables import statements
from bidding.submissions.upload import verify_open
from bidding.submissions.verify import end_bid, forget_bytes
from ceremony.errors import Malformed, Refusal
from crypto.canonical import canon, iso, sha256_hex
from crypto.envelope import (
    ACKNOWLEDGE_ADDENDUM,
    CHECKIN,
    DIAGNOSTIC,
    WITHDRAW,
    parse_manifest,
    verify_statement,
)
from crypto.translog.store import NewEvent

KINDS = frozenset({"clock-offset", "upload-progress", "key-test", "socket-loss", "environment", "note"})
#: Statements kept per bid: plenty for an honest client, no use for a flood.
MAX_STATEMENTS = 500


@dataclass(frozen=True, slots=True)
class Said:
    """A statement that was kept."""

    hash: str
    received_at: datetime


def check_in(desk: Desk, lot: str, bid: str, at: str, signature: str) -> Said:
    """Pseudonymous sign-in (签到) under the receipt key."""
    return _say(desk, lot, bid, "checkin", CHECKIN, {"at": at}, signature)


def acknowledge(desk: Desk, lot: str, bid: str, facts: Mapping[str, Any], signature: str) -> Said:
    """Acknowledge an addendum (补遗签收)."""
    return _say(desk, lot, bid, "ack-addendum", ACKNOWLEDGE_ADDENDUM, facts, signature)


def diagnose(desk: Desk, lot: str, bid: str, facts: Mapping[str, Any], signature: str) -> Said:
    """Keep what a client observed."""
    if facts.get("kind") not in KINDS:
        raise Malformed("unknown-diagnostic", "no such kind of report", kinds=sorted(KINDS))
    return _say(desk, lot, bid, "diagnostic", DIAGNOSTIC, facts, signature)


def withdraw(desk: Desk, lot: str, submission: str, signature: str) -> str:
    """Withdraw a bid (撤回) by its receipt key, before T. The answer is a signed confirmation; idempotent."""
    with store.writing(desk.engine) as tx:
        upload = store.find_submission(tx, submission, lock=True)
        gate = store.share_gate(tx, lot)
        now = desk.clock.now_in(tx)
        if gate is None or upload is None or upload.lot != lot or upload.manifest is None:
            raise Refusal("unknown-submission", "there is no such bid")
        statement = {"label": WITHDRAW, "tender": gate.tender, "lot": lot, "submission": submission}
        verify_statement(parse_manifest(upload.manifest).receipt_key, statement, signature)
        if upload.state is UploadState.WITHDRAWN and upload.ended_by and upload.ended_at:
            return make_withdrawn(desk.keys, gate, upload.bid, submission, upload.ended_at)
        verify_open(gate, now)
        if upload.state is not UploadState.LIVE:
            raise Refusal("unknown-submission", "this bid was replaced already")
        withdrawn_at = store.from_ms(store.to_ms(now))
        end_bid(
            tx,
            upload,
            UploadState.WITHDRAWN,
            withdrawn_at,
            {"submission": submission, "signature": signature},
        )
        add_item(tx, desk, lot, "withdrawal", submission)
        answer = make_withdrawn(desk.keys, gate, upload.bid, submission, withdrawn_at)
    forget_bytes(desk, upload.upload)
    return answer


def statements_of(desk: Desk, lot: str, bid: str | None = None) -> list[dict[str, Any]]:
    """What receipt keys said about a lot or one bid; by right, from Closed on."""
    wanted = (
        statements.c.lot == lot if bid is None else sa.and_(statements.c.lot == lot, statements.c.bid == bid)
    )
    with store.reading(desk.engine) as tx:
        rows = tx.execute(sa.select(statements).where(wanted).order_by(statements.c.received_at)).all()
    return [
        {
            "bid": row.bid,
            "type": row.type,
            "hash": row.hash,
            "receivedAt": iso(store.from_ms(row.received_at)),
            "statement": bytes(row.body).decode(),
        }
        for row in rows
    ]


def _say(
    desk: Desk, lot: str, bid: str, kind: str, label: str, facts: Mapping[str, Any], signature: str
) -> Said:
    upload, gate = _speaker(desk, lot, bid)
    statement = {"label": label, "tender": gate.tender, "lot": lot, "bid": bid, **facts}
    assert upload.manifest is not None  # noqa: S101 - _speaker refuses a bid without
    verify_statement(parse_manifest(upload.manifest).receipt_key, statement, signature)
    # Named by what is said: the same said again, with another signature, is the same statement.
    told = _Told(lot, bid, kind, sha256_hex(canon(statement)), canon({**statement, "signature": signature}))
    with store.writing(desk.engine) as tx:
        current = store.share_gate(tx, lot)
        if current is not None and current.state is GateState.OPEN:
            said, fresh = _keep(tx, desk, told)
            if fresh:
                add_item(tx, desk, lot, kind, said.hash)
            return said
    # The gate never opens again: from here on what is said is logged as it comes.
    kept: list[Said] = []
    event = NewEvent("Stated", f"receipt:{bid}", {"type": kind, "hash": told.hash})
    desk.log.append(
        f"statements:{lot}",
        None,
        [event],
        command_id=told.hash,
        within=lambda tx: kept.append(_keep(tx, desk, told)[0]),
    )
    return kept[-1] if kept else _kept(desk, told.hash)


@dataclass(frozen=True, slots=True)
class _Told:
    """A verified statement; `body` is its canonical form with the signature."""

    lot: str
    bid: str
    kind: str
    hash: str
    body: bytes


def _keep(tx: sa.Connection, desk: Desk, told: _Told) -> tuple[Said, bool]:
    """Store a verified statement; whether it was new."""
    known = sa.select(statements.c.received_at).where(statements.c.hash == told.hash)
    received = tx.execute(known).scalar_one_or_none()
    if received is not None:
        return Said(told.hash, store.from_ms(received)), False
    _verify_room(tx, told.bid)
    at = store.to_ms(desk.clock.now_in(tx))
    row = {"lot": told.lot, "bid": told.bid, "type": told.kind, "body": told.body, "received_at": at}
    tx.execute(statements.insert().values(hash=told.hash, **row))
    return Said(told.hash, store.from_ms(at)), True


def _kept(desk: Desk, digest: str) -> Said:
    with store.reading(desk.engine) as tx:
        row = tx.execute(sa.select(statements.c.received_at).where(statements.c.hash == digest))
        return Said(digest, store.from_ms(row.scalar_one()))


def _speaker(desk: Desk, lot: str, bid: str) -> tuple[Upload, Gate]:
    with store.reading(desk.engine) as tx:
        upload = store.find_bid(tx, bid)
        gate = store.find_gate(tx, lot)
    if upload is None or gate is None or upload.lot != lot or upload.manifest is None:
        raise Refusal("unknown-bid", "no live bid of this lot has this id")
    if upload.state is not UploadState.LIVE:
        raise Refusal("unknown-bid", "no live bid of this lot has this id")
    return upload, gate


def _verify_room(tx: sa.Connection, bid: str) -> None:
    kept = sa.select(sa.func.count()).select_from(statements).where(statements.c.bid == bid)
    if tx.execute(kept).scalar_one() >= MAX_STATEMENTS:
        raise Refusal("too-many-statements", "this bid has said enough", limit=MAX_STATEMENTS)
