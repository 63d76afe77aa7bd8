"""The public list of notices: what is searched for, and how the projection answers.

One row is one lot, since each lot has a deadline and an opening of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from bidding.tenders.store import lot
from bidding.tenders.terms import RECEIVING, LotState

_RECEIVING = tuple(state.value for state in RECEIVING)


class Stage(StrEnum):
    """Where a visitor thinks a lot stands: its state and whether its deadline has struck."""

    RECEIVING = "receiving"
    OPENING = "opening"
    OPENED = "opened"
    AWARDED = "awarded"
    ENDED = "ended"


class Order(StrEnum):
    """Newest notice first, or the opening that is nearest."""

    NEWEST = "newest"
    OPENING = "opening"


@dataclass(frozen=True, slots=True)
class Search:
    """What a visitor looks for; empty fields ask for nothing."""

    words: str = ""
    regime: str = ""
    region: str = ""
    kind: str = ""
    stage: Stage | None = None
    opens_from: datetime | None = None
    opens_until: datetime | None = None
    order: Order = Order.NEWEST


@dataclass(frozen=True, slots=True)
class Listed:
    """A published lot as it stands in the public list."""

    tender: str
    lot: str
    number: int
    title: str
    tender_title: str
    tenderer: str
    regime: str
    kind: str
    region: str
    state: str
    opens_at: datetime
    published_at: datetime


def find(
    tx: sa.Connection, search: Search, now: datetime, *, skip: int = 0, limit: int = 20
) -> tuple[list[Listed], int]:
    """One page of the published lots that match, and how many match in all."""
    clauses = _clauses(search, now)
    total = tx.execute(sa.select(sa.func.count()).select_from(lot).where(*clauses)).scalar_one()
    query = sa.select(lot).where(*clauses).order_by(*_order(search.order)).offset(skip).limit(limit)
    return [_listed(row) for row in tx.execute(query)], total


def regions(tx: sa.Connection) -> Sequence[str]:
    """The regions that published lots name: what a visitor can choose from."""
    query = sa.select(lot.c.region).where(lot.c.published_at.is_not(None)).distinct().order_by(lot.c.region)
    return tx.execute(query).scalars().all()


def stage_of(state: str, opens_at: datetime, now: datetime) -> Stage:
    """Where a published lot stands at `now`."""
    if state in _RECEIVING:
        return Stage.RECEIVING if opens_at > now else Stage.OPENING
    if state == LotState.CLOSED:
        return Stage.OPENING
    if state in (LotState.OPENED, LotState.AWARDED):
        return Stage(state)
    return Stage.ENDED


def _clauses(search: Search, now: datetime) -> list[sa.ColumnElement[bool]]:
    clauses: list[sa.ColumnElement[bool]] = [lot.c.published_at.is_not(None)]
    if search.regime:
        clauses.append(lot.c.regime == search.regime)
    if search.kind:
        clauses.append(lot.c.kind == search.kind)
    if search.region:
        below = lot.c.region.startswith(f"{search.region}-", autoescape=True)
        clauses.append(sa.or_(lot.c.region == search.region, below))
    for word in search.words.split():
        text = lot.c.tender_title + " " + lot.c.title + " " + lot.c.parties + " " + lot.c.tender
        clauses.append(text.icontains(word, autoescape=True))
    if search.opens_from is not None:
        clauses.append(lot.c.opens_at >= search.opens_from)
    if search.opens_until is not None:
        clauses.append(lot.c.opens_at < search.opens_until)
    if search.stage is not None:
        clauses.append(_in_stage(search.stage, now))
    return clauses


def _in_stage(stage: Stage, now: datetime) -> sa.ColumnElement[bool]:
    receiving = lot.c.state.in_(_RECEIVING)
    match stage:
        case Stage.RECEIVING:
            return sa.and_(receiving, lot.c.opens_at > now)
        case Stage.OPENING:
            struck = sa.and_(receiving, lot.c.opens_at <= now)
            return sa.or_(lot.c.state == LotState.CLOSED.value, struck)
        case Stage.ENDED:
            return lot.c.state.in_((LotState.FAILED.value, LotState.TERMINATED.value))
        case _:
            return lot.c.state == stage.value


def _order(order: Order) -> tuple[sa.ColumnElement[datetime | str | None], ...]:
    """All lots of a notice are published at one instant: the id keeps pages from overlapping."""
    if order is Order.OPENING:
        return lot.c.opens_at.asc(), lot.c.id.asc()
    return lot.c.published_at.desc(), lot.c.id.asc()


def _listed(row: sa.Row[tuple[object, ...]]) -> Listed:
    return Listed(
        tender=row.tender,
        lot=row.id,
        number=row.number,
        title=row.title,
        tender_title=row.tender_title,
        tenderer=row.parties.split("\n")[0],
        regime=row.regime,
        kind=row.kind,
        region=row.region,
        state=row.state,
        opens_at=row.opens_at,
        published_at=row.published_at,
    )
