"""The rule book and calendar of the installation: anybody reads them, operators add and confirm rows."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from bidding.auth import SignedIn, require_role
from bidding.deps import Deps
from bidding.people.roles import Role
from bidding.people.wire import Strict
from bidding.tenders import store
from bidding.tenders.desk import law
from bidding.tenders.rulebook import Regime, Row
from ceremony.errors import Malformed, Refusal
from crypto.translog.store import NewEvent

STREAM = "platform"


class RowBody(Strict):
    """A row as in the shipped files; dates as ISO text."""

    regime: Regime
    entry: dict[str, str | int | bool | list[str]]


class DayBody(Strict):
    worked: bool
    source: str = Field(min_length=3, max_length=300)


def router(deps: Deps) -> APIRouter:
    routes = APIRouter(tags=["rules"])

    @routes.get("/rules")
    def rules(regime: Regime | None = None) -> dict[str, Any]:
        book, _ = law(deps)
        rows = [row for row in book.rows if regime is None or row.regime is regime]
        return {"rules": [{**_row(row), "confirmed": row.id in book.confirmed} for row in rows]}

    @routes.put("/rules")
    def put_rule(body: RowBody, session: SignedIn) -> dict[str, Any]:
        require_role(session, Role.SYSTEM)
        by, now = f"person:{session.person}", deps.clock.now()
        entry: dict[str, object] = dict(body.entry)
        found: list[Row] = []

        def rows(tx: Any) -> None:
            try:
                found.append(store.put_rule(tx, entry, body.regime, by, now))
            except (ValueError, TypeError) as error:
                raise Malformed("bad-rule", str(error)) from error

        event = NewEvent("RulePut", by, {"regime": body.regime.value, "entry": entry})
        deps.log.append(STREAM, None, [event], within=rows)
        return _row(found[0])

    @routes.post("/rules/confirm")
    def confirm(body: dict[str, str], session: SignedIn) -> dict[str, Any]:
        require_role(session, Role.SYSTEM)
        row_id = body.get("id", "")
        book, _ = law(deps)
        if not any(row.id == row_id for row in book.rows):
            raise Refusal("not-found")
        by, now = f"person:{session.person}", deps.clock.now()
        deps.log.append(
            STREAM,
            None,
            [NewEvent("RuleConfirmed", by, {"id": row_id})],
            within=lambda tx: store.confirm_rule(tx, row_id, by, now),
        )
        return {"id": row_id, "confirmed": True}

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
