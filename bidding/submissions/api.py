"""The desk over HTTP: tickets by session, everything that could tell who bids without one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from bidding.auth import Session, SignedIn
from bidding.background import Task
from bidding.deps import Deps
from bidding.submissions import selfcheck, store, tickets, uploads_api
from bidding.submissions.backroom import Backroom
from bidding.submissions.desk import desk_of
from bidding.submissions.diagnostics import statements_of
from bidding.submissions.heartbeats import gaps
from bidding.submissions.rights import verify_may_read
from bidding.submissions.wiring import tasks_of, vault_of
from ceremony.errors import Refusal
from crypto.canonical import iso
from opening_hall.seats import BidId, LotId

#: How far back the platform tells of its own outages.
WINDOW = timedelta(days=7)


def router(deps: Deps) -> APIRouter:
    """All routes of sealed submission."""
    made = APIRouter(tags=["submissions"])
    desk, backroom = desk_of(deps), backroom_of(deps)
    made.include_router(uploads_api.routes(desk, backroom))
    made.include_router(selfcheck.routes(deps, backroom))
    vault = vault_of(deps)

    @made.post("/tickets")
    async def draw_tickets(session: SignedIn) -> dict[str, Any]:
        drawn = await backroom.run(tickets.draw, desk, session.org)
        return {
            "month": drawn.month,
            "tickets": list(drawn.tickets),
            "usableUntil": iso(drawn.usable_until),
        }

    @made.get("/lots/{lot}/bids/{bid}/payload/{part}")
    async def payload(lot: str, bid: str, part: str, session: SignedIn) -> StreamingResponse:
        def begin() -> Iterator[bytes]:
            verify_may_read(deps, LotId(lot), BidId(bid), session)
            return vault.read_payload(LotId(lot), BidId(bid), part, _reader(session))

        body = await backroom.run(begin)
        name = f'attachment; filename="{bid}-{part}.zip"'
        return StreamingResponse(body, media_type="application/zip", headers={"Content-Disposition": name})

    @made.get("/lots/{lot}/bids/{bid}/statements")
    async def statements(lot: str, bid: str, session: SignedIn) -> dict[str, Any]:
        def read() -> list[dict[str, Any]]:
            verify_may_read(deps, LotId(lot), BidId(bid), session)
            vault.log_read(LotId(lot), bid, "statements", _reader(session))
            return statements_of(desk, lot, bid)

        return {"statements": await backroom.run(read)}

    @made.get("/lots/{lot}/reachability")
    async def reachability(lot: str) -> dict[str, Any]:
        def read() -> dict[str, Any]:
            with store.reading(desk.engine) as tx:
                gate = store.find_gate(tx, lot)
            if gate is None:
                raise Refusal("not-found")
            until = desk.clock.now()
            since = until - WINDOW
            away = [{"from": iso(first), "until": iso(last)} for first, last in gaps(desk, since, until)]
            return {"since": iso(since), "until": iso(until), "away": away}

        return await backroom.run(read)

    return made


_BACKROOMS: dict[sa.Engine, Backroom] = {}


def backroom_of(deps: Deps) -> Backroom:
    """The one backroom of a platform, shared by its routes and its background tasks."""
    return _BACKROOMS.setdefault(deps.engine, Backroom(desk_of(deps)))


def tasks(deps: Deps) -> list[Task]:
    """Deciding, sealing, beating, and the halls."""
    return tasks_of(deps, backroom_of(deps))


def _reader(session: Session) -> str:
    return f"{session.person} {session.credit_code}"
