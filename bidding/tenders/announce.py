"""Who is told of a notice: everybody alike, through the inbox, in the transaction that publishes it.

Messages about a tender go to all accounts, never to those who looked at it: a list of recipients would tell
who is interested (办法 art. 21, 22). Only those whom the agency itself names for a seat are told by name.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bidding.inbox import store as inbox
from bidding.people.ids import person_id
from bidding.tenders.errand import Also
from bidding.tenders.state import Tender
from bidding.tenders.terms import LotState
from crypto.canonical import iso, sha256_hex


def announce_publication(tx: sa.Connection, before: Tender, after: Tender) -> None:
    """A new tender, or a new round of one."""
    notice = after.notices[-1]
    lots = [lot for lot in after.lots.values() if lot.notices and lot.notices[0] == notice.number]
    for lot in lots:
        inbox.post(
            tx,
            inbox.Message(
                id=f"m_{sha256_hex(notice.body)[:16]}_{lot.id}",
                kind="tender-published",
                zh=f"招标公告：{after.called(lot)}",
                en=f"Tender published: {after.called(lot, ' / ')}",
                body=f"{iso(lot.terms.opens_at)}",
                tender=after.id,
                lot=lot.id,
                created_at=notice.at,
            ),
        )


def announce_seats(at: datetime) -> Also:
    """Tell everybody who was newly named to hold an opening key, and nobody else, what is to be done."""

    def write(tx: sa.Connection, before: Tender, after: Tender) -> None:
        for lot in after.lots.values():
            known = before.lots.get(lot.id)
            named = {(o.seat, o.credit_code, o.name) for o in known.terms.officers} if known else set()
            for officer in lot.terms.officers:
                if (officer.seat, officer.credit_code, officer.name) in named:
                    continue
                person = person_id(officer.credit_code, officer.name)
                inbox.post(
                    tx,
                    inbox.Message(
                        id=f"m_seat_{lot.id}_{officer.index}_{person}",
                        kind="opening-key-wanted",
                        recipient=person,
                        zh=f"请登记开标密钥：{after.called(lot)}",
                        en=f"Register your opening key: {after.called(lot, ' / ')}",
                        body=f"{officer.seat}",
                        tender=after.id,
                        lot=lot.id,
                        created_at=at,
                    ),
                )

    return write


def announce_termination(tx: sa.Connection, before: Tender, after: Tender) -> None:
    """终止招标, with its reason and what becomes of bids and deposits (实施条例 art. 31)."""
    for lot in after.lots.values():
        if lot.state is not LotState.TERMINATED or before.lots[lot.id].state is LotState.TERMINATED:
            continue
        inbox.post(
            tx,
            inbox.Message(
                id=f"m_terminated_{lot.id}",
                kind="lot-terminated",
                zh=f"终止招标公告：{after.called(lot)}",
                en=f"Tender terminated: {after.called(lot, ' / ')}",
                body=f"{lot.reason}\n投标文件不予开启，投标保证金依法退还。"
                " Bids stay sealed; deposits are returned under the law.",
                tender=after.id,
                lot=lot.id,
                created_at=lot.ended_at or after.notices[-1].at,
            ),
        )


def announce_change(tx: sa.Connection, before: Tender, after: Tender) -> None:
    """A clarification, change or extension; prominent, to all, to be acknowledged."""
    notice = after.notices[-1]
    for lot in after.lots.values():
        if notice.number not in lot.notices:
            continue
        moved = lot.terms.opens_at > before.lots[lot.id].terms.opens_at
        chinese, english = ("延期", "Deadline extended") if moved else ("澄清", "Clarification")
        inbox.post(
            tx,
            inbox.Message(
                id=f"m_{sha256_hex(notice.body)[:16]}_{lot.id}",
                kind="deadline-extended" if moved else "clarification",
                zh=f"{chinese}公告：{after.called(lot)}",
                en=f"{english}: {after.called(lot, ' / ')}",
                body=f"{iso(lot.terms.opens_at)}",
                tender=after.id,
                lot=lot.id,
                created_at=notice.at,
            ),
        )
