"""The rule book and calendar of the installation: anybody reads them, operators add and confirm rows.

What may block a tender is never one person's word: a row of the statute, or one that was confirmed, is
replaced by two operators together (`bidding.people.acts`), and who put a local row does not confirm it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from bidding.auth import SignedIn, require_role
from bidding.deps import Deps
from bidding.people.roles import Role
from bidding.people.wire import Strict
from bidding.tenders import rule_check, store
from bidding.tenders.applying import applying
from bidding.tenders.desk import law
from bidding.tenders.forms import default_form
from bidding.tenders.rulebook import BINDING, ProjectType, Regime, Row, RuleBook
from ceremony.errors import Refusal
from crypto.canonical import parse_iso
from crypto.translog.engine import reading
from crypto.translog.store import NewEvent

STREAM = "platform"
#: Who answers for rows: one puts them, another one stands behind those that block.
CONFIRMING = (Role.SYSTEM, Role.SECURITY)


class RowBody(Strict):
    """A row as in the shipped files; dates as ISO text."""

    regime: Regime
    entry: dict[str, str | int | bool | list[str]]


class ConfirmBody(Strict):
    """The id of a row that another operator stands behind."""

    id: Annotated[str, Field(max_length=300)]


class DayBody(Strict):
    worked: bool
    source: str = Field(min_length=3, max_length=300)


def router(deps: Deps) -> APIRouter:
    routes = APIRouter(tags=["rules"])

    @routes.get("/rules")
    def rules(regime: Regime | None = None) -> dict[str, Any]:
        book, _ = law(deps)
        rows = [row for row in book.rows if regime is None or row.regime is regime]
        with reading(deps.engine) as tx:
            own = store.own_rules(tx)
        return {
            "rules": [
                {
                    **_row(row),
                    "confirmed": row.id in book.confirmed,
                    "binds": book.binds(row),
                    "own": row.id in own,
                }
                for row in rows
            ]
        }

    @routes.get("/rules/keys")
    def keys() -> dict[str, Any]:
        """What the values of each key look like."""
        return {"keys": rule_check.keys()}

    @routes.get("/rules/applying")
    def applies(
        regime: Regime,
        type: ProjectType,  # noqa: A002 - the name on the wire
        region: Annotated[str, Query(max_length=40)] = "CN",
        tenant: Annotated[str, Query(max_length=40)] = "",
        at: Annotated[str, Query(max_length=40)] = "",
    ) -> dict[str, Any]:
        """The rules of a tender published now (or at `at`), with the earliest lawful instants."""
        book, days = law(deps)
        now = parse_iso(at) if at else deps.clock.now()
        return applying(book, days, regime, type, region, tenant, now)

    @routes.get("/forms/{kind}")
    def form(kind: ProjectType, parts: Annotated[str, Query(max_length=160)] = "main") -> dict[str, Any]:
        """The fields of the 开标一览表 that a project type brings along."""
        return {"form": [field.encode() for field in default_form(kind, parts.split(","))]}

    @routes.put("/rules")
    def put_rule(body: RowBody, session: SignedIn) -> dict[str, Any]:
        require_role(session, Role.SYSTEM)
        by, now = f"person:{session.person}", deps.clock.now()
        row = rule_check.parse(body.entry, body.regime)

        def rows(tx: Any) -> None:
            # Looked at where nothing can change any more: the row may have been confirmed a moment ago.
            _require_two(store.rule_book(tx), row)
            store.put_rule(tx, row, body.entry, by, now)

        event = NewEvent("RulePut", by, {"regime": body.regime.value, "entry": dict(body.entry)})
        deps.log.append(STREAM, None, [event], within=rows)
        return _row(row)

    @routes.post("/rules/confirm")
    def confirm(body: ConfirmBody, session: SignedIn) -> dict[str, Any]:
        require_role(session, *CONFIRMING)
        book, _ = law(deps)
        if not any(row.id == body.id for row in book.rows):
            raise Refusal("not-found")
        by, now = f"person:{session.person}", deps.clock.now()

        def rows(tx: Any) -> None:
            if store.own_rules(tx).get(body.id) == by:
                raise Refusal("second-person-same", "another operator confirms a row than who put it")
            store.confirm_rule(tx, body.id, by, now)

        deps.log.append(STREAM, None, [NewEvent("RuleConfirmed", by, {"id": body.id})], within=rows)
        return {"id": body.id, "confirmed": True}

    @routes.put("/calendar/{day}")
    def put_day(day: date, body: DayBody, session: SignedIn) -> dict[str, Any]:
        require_role(session, Role.SYSTEM)
        by = f"person:{session.person}"
        facts = {"day": day.isoformat(), "worked": body.worked, "source": body.source}
        deps.log.append(
            STREAM,
            None,
            [NewEvent("CalendarDayPut", by, facts)],
            within=lambda tx: store.put_day(tx, day, body.worked, body.source),
        )
        return facts

    @routes.get("/calendar/{day}")
    def look(day: date) -> dict[str, Any]:
        _, days = law(deps)
        return {
            "day": day.isoformat(),
            "working": days.is_working(day),
            "published": days.is_published(day),
            "nextWorking": days.next_working(day).isoformat(),
        }

    return routes


def _require_two(book: RuleBook, row: Row) -> None:
    """Raises `Refusal("second-person-needed")` for a row that would block, or replaces one that does."""
    before = next((known for known in book.rows if known.id == row.id), None)
    if row.mark in BINDING or (before is not None and book.binds(before)):
        raise Refusal("second-person-needed", "two operators together change what binds", rule=row.id)


def _row(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "key": row.key,
        "regime": row.regime.value,
        "value": row.value,
        "unit": row.unit,
        "mark": row.mark.value,
        "law": row.law,
        "zh": row.zh,
        "en": row.en,
        "effect": row.effect.value,
        "types": list(row.types),
        "region": row.region,
        "tenant": row.tenant,
        "from": None if row.starts_on == date.min else row.starts_on.isoformat(),
        "to": None if row.ends_on == date.max else row.ends_on.isoformat(),
    }
