"""Rows beside the tenders' log: what is listed and searched, local rules and days, sealed contacts.

A row of `lot` is a projection: it is written in the transaction of the event it shows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bidding.columns import Instant
from bidding.tenders.rulebook import Regime, Row, RuleBook
from bidding.tenders.rules import parse_row, shipped
from bidding.tenders.state import Lot, Tender
from bidding.tenders.terms import RECEIVING, LotState
from crypto.canonical import sha256_hex
from crypto.translog.schema import metadata

lot = sa.Table(
    "lot",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("tender", sa.String(40), nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("title", sa.String(300), nullable=False),
    sa.Column("tender_title", sa.String(300), nullable=False),
    sa.Column("regime", sa.String(20), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("region", sa.String(40), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("opens_at", Instant, nullable=False),
    sa.Column("published_at", Instant, index=True),
    # Names of tenderer and agency and the tender's codes, a line each, tenderer first: for the public list.
    sa.Column("parties", sa.Text, nullable=False, server_default=""),
)

owner = sa.Table(
    "tender_owner",
    metadata,
    sa.Column("tender", sa.String(40), primary_key=True),
    sa.Column("agency", sa.String(18), nullable=False, index=True),
    sa.Column("tenderer", sa.String(18), nullable=False, index=True),
    sa.Column("title", sa.String(300), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)

officer_seat = sa.Table(
    "officer_seat",
    metadata,
    sa.Column("lot", sa.String(40), primary_key=True),
    sa.Column("seat", sa.String(40), primary_key=True),
    sa.Column("tender", sa.String(40), nullable=False),
    sa.Column("credit_code", sa.String(18), nullable=False, index=True, comment="of who fills the seat now"),
)

rule_row = sa.Table(
    "rule_row",
    metadata,
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("regime", sa.String(20), nullable=False),
    sa.Column("entry", sa.Text, nullable=False, comment="JSON as in the shipped TOML files"),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("at", Instant, nullable=False),
)

rule_confirmation = sa.Table(
    "rule_confirmation",
    metadata,
    sa.Column("row_id", sa.String(200), primary_key=True),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("at", Instant, nullable=False),
)

calendar_day = sa.Table(
    "calendar_day",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("worked", sa.Boolean, nullable=False),
    sa.Column("source", sa.String(300), nullable=False),
)

contact = sa.Table(
    "sealed_contact",
    metadata,
    # Neither time nor session: a row tells that somebody left word, not who or when.
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("lot", sa.String(40), nullable=False, index=True),
    sa.Column("envelopes", sa.LargeBinary, nullable=False),
)


def project(tx: sa.Connection, before: Tender, after: Tender, at: datetime) -> None:
    """Bring the rows of a tender to its state after a command."""
    head = after.head
    row = {
        "agency": after.agency.credit_code,
        "tenderer": head.tenderer.credit_code,
        "title": head.title,
        "state": after.state.value,
    }
    if not before.id:
        tx.execute(sa.insert(owner).values(tender=after.id, created_at=at, **row))
    else:
        tx.execute(sa.update(owner).where(owner.c.tender == after.id).values(**row))
    for lot_id in before.lots.keys() - after.lots.keys():
        tx.execute(sa.delete(lot).where(lot.c.id == lot_id))
        tx.execute(sa.delete(officer_seat).where(officer_seat.c.lot == lot_id))
    for one in after.lots.values():
        if before.lots.get(one.id) != one or before.header != after.header:
            _put_lot(tx, after, one, before.lots.get(one.id), at)
            _put_seats(tx, after, one, before.lots.get(one.id))


def _put_lot(tx: sa.Connection, tender: Tender, one: Lot, before: Lot | None, at: datetime) -> None:
    head = tender.head
    values = {
        "tender": tender.id,
        "number": one.number,
        "title": one.terms.title,
        "tender_title": head.title,
        "regime": head.regime,
        "kind": head.kind,
        "region": head.region,
        "state": one.state.value,
        "opens_at": one.terms.opens_at,
        "parties": "\n".join((head.tenderer.name, tender.agency.name, head.code, head.deal_code)),
    }
    if one.receiving and (before is None or before.state is LotState.DRAFT):
        values["published_at"] = at
    if before is None:
        tx.execute(sa.insert(lot).values(id=one.id, **values))
    else:
        tx.execute(sa.update(lot).where(lot.c.id == one.id).values(**values))


def _put_seats(tx: sa.Connection, tender: Tender, one: Lot, before: Lot | None) -> None:
    filled = _seats(one)
    if before is not None and _seats(before) == filled:
        return
    tx.execute(sa.delete(officer_seat).where(officer_seat.c.lot == one.id))
    rows = [
        {"lot": one.id, "seat": s, "tender": tender.id, "credit_code": code} for s, code in filled.items()
    ]
    tx.execute(sa.insert(officer_seat), rows)


def _seats(one: Lot) -> dict[str, str]:
    """Each officer's seat with the organisation that fills it now."""
    return {
        officer.seat: one.holders[officer.seat].to.credit_code
        if officer.seat in one.holders
        else officer.credit_code
        for officer in one.terms.officers
    }


def seats_of(tx: sa.Connection, credit_code: str) -> list[tuple[str, str, str]]:
    """(tender, lot, seat) of every officer's seat that an organisation fills."""
    query = sa.select(officer_seat).where(officer_seat.c.credit_code == credit_code)
    return [(row.tender, row.lot, row.seat) for row in tx.execute(query)]


def drafts(tx: sa.Connection) -> list[str]:
    """Tenders that were never published."""
    query = sa.select(owner.c.tender).where(owner.c.state == LotState.DRAFT).order_by(owner.c.created_at)
    return list(tx.execute(query).scalars())


def tender_of(tx: sa.Connection, lot_id: str) -> str | None:
    """The tender a lot belongs to."""
    found: str | None = tx.execute(sa.select(lot.c.tender).where(lot.c.id == lot_id)).scalar()
    return found


def tenders_of(tx: sa.Connection, credit_code: str) -> list[sa.Row[tuple[str, str, str, datetime]]]:
    """Tenders that an organisation runs, newest first, drafts included."""
    query = (
        sa.select(owner.c.tender, owner.c.title, owner.c.state, owner.c.created_at)
        .where(sa.or_(owner.c.agency == credit_code, owner.c.tenderer == credit_code))
        .order_by(owner.c.created_at.desc(), owner.c.tender)
    )
    return list(tx.execute(query))


def unfinished(tx: sa.Connection) -> list[tuple[str, str]]:
    """(tender, lot) of every published lot whose hall may still have to be brought in line."""
    states = [*RECEIVING, LotState.CLOSED, LotState.TERMINATED]
    query = sa.select(lot.c.tender, lot.c.id).where(lot.c.state.in_(state.value for state in states))
    return [(row.tender, row.id) for row in tx.execute(query)]


def rule_book(tx: sa.Connection) -> RuleBook:
    """The shipped rows with the installation's own and its confirmations."""
    rows = [
        _own_row(row.entry, row.regime) for row in tx.execute(sa.select(rule_row).order_by(rule_row.c.id))
    ]
    confirmed = tx.execute(sa.select(rule_confirmation.c.row_id)).scalars()
    return shipped().with_rows(rows, confirmed)


def _own_row(entry: str, regime: str) -> Row:
    return parse_row(dated(json.loads(entry)), Regime(regime))


def dated(entry: dict[str, Any]) -> dict[str, Any]:
    """A row's members with days instead of ISO text. Raises `ValueError`, `TypeError`."""
    return {
        name: date.fromisoformat(value) if name in ("from", "to") else value for name, value in entry.items()
    }


def own_rules(tx: sa.Connection) -> dict[str, str]:
    """Who put each row that the installation maintains itself."""
    return {row.id: row.by for row in tx.execute(sa.select(rule_row.c.id, rule_row.c.by))}


def put_rule(tx: sa.Connection, row: Row, entry: Mapping[str, object], by: str, at: datetime) -> None:
    """Add or replace a row; unless it was read in the statute it may block only once confirmed."""
    text = json.dumps(entry, ensure_ascii=False, sort_keys=True)
    tx.execute(sa.delete(rule_row).where(rule_row.c.id == row.id))
    tx.execute(sa.delete(rule_confirmation).where(rule_confirmation.c.row_id == row.id))
    tx.execute(sa.insert(rule_row).values(id=row.id, regime=row.regime.value, entry=text, by=by, at=at))


def confirm_rule(tx: sa.Connection, row_id: str, by: str, at: datetime) -> None:
    """Let a row marked M, S or L block from now on; saying so twice changes nothing."""
    known = sa.select(rule_confirmation.c.row_id).where(rule_confirmation.c.row_id == row_id)
    if tx.execute(known).first() is None:
        tx.execute(sa.insert(rule_confirmation).values(row_id=row_id, by=by, at=at))


def days(tx: sa.Connection) -> list[tuple[date, bool]]:
    """Days that the installation maintains itself."""
    query = sa.select(calendar_day.c.day, calendar_day.c.worked).order_by(calendar_day.c.day)
    return [(row.day, row.worked) for row in tx.execute(query)]


def put_day(tx: sa.Connection, day: date, worked: bool, source: str) -> None:
    tx.execute(sa.delete(calendar_day).where(calendar_day.c.day == day))
    tx.execute(sa.insert(calendar_day).values(day=day, worked=worked, source=source))


def add_contact(tx: sa.Connection, contact_id: str, lot_id: str, envelopes: bytes) -> None:
    tx.execute(sa.insert(contact).values(id=contact_id, lot=lot_id, envelopes=envelopes))


def contacts(tx: sa.Connection, lot_id: str) -> Sequence[bytes]:
    """Every sealed contact of a lot, in no order that tells anything."""
    query = sa.select(contact.c.envelopes).where(contact.c.lot == lot_id)
    return sorted(tx.execute(query).scalars(), key=sha256_hex)
