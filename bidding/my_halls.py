"""The halls somebody has a duty in, with what needs attention: the supervisor's first page, anybody's list.

Only people of a notice see more than the public does, and only of their own halls; a supervising body without
a seat sees which halls there are and how they stand, as everybody can. Before the deadline nothing about bids
exists here to be told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter

from bidding.auth import SignedIn
from bidding.deps import Deps
from bidding.people.roles import OPERATORS, Role
from bidding.people.sessions import Session
from bidding.submissions.rights import caller_of
from bidding.tenders.store import lot as lots
from ceremony.errors import Refusal
from crypto.canonical import iso
from crypto.translog.engine import reading
from opening_hall.alerts import Alert, alerts, here, open_alerts
from opening_hall.entrance import fills
from opening_hall.hall import stream
from opening_hall.seats import SeatEntry
from opening_hall.state import State

#: Halls further away than this, and those long over, are found by their notice.
AHEAD, BEHIND = timedelta(days=60), timedelta(days=30)
MOST = 200


def router(deps: Deps) -> APIRouter:
    """GET /halls."""
    routes = APIRouter(tags=["hall"])

    @routes.get("/halls")
    async def mine(session: SignedIn) -> dict[str, Any]:
        if session.roles & OPERATORS:
            # 三员: whoever runs the platform has no part in openings.
            raise Refusal("not-found")
        names = await asyncio.to_thread(_near, deps)
        # The sockets belong to the event loop: they are asked here, the log in a thread.
        present = {name: frozenset(deps.live.present(stream(name))) for name in names}
        return await asyncio.to_thread(_listed, deps, session, present)

    return routes


def _near(deps: Deps) -> list[str]:
    now = deps.clock.now()
    query = (
        sa.select(lots.c.id)
        .where(lots.c.published_at.is_not(None), lots.c.opens_at.between(now - BEHIND, now + AHEAD))
        .order_by(lots.c.opens_at.desc())
        .limit(MOST)
    )
    with reading(deps.engine) as tx:
        return list(tx.execute(query).scalars())


def _listed(deps: Deps, session: Session, present: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    caller = caller_of(session)
    found = []
    for name, sockets in present.items():
        _, state = deps.halls.state(stream(name))
        if state.setup is None:
            continue
        own = [entry for entry in state.entries.values() if fills(entry, caller)]
        if own:
            found.append({**_facts(state), **_official(state, own, sockets, deps)})
        elif Role.SUPERVISOR in session.roles:
            found.append({**_facts(state), "mine": [], "alerts": _alerts(open_alerts(state))})
    return {"now": iso(deps.clock.now()), "halls": found}


def _facts(state: State) -> dict[str, Any]:
    """What the public sees of a hall from its first day."""
    setup = state.setup
    assert setup is not None  # noqa: S101 - the caller passes halls that are set up
    return {
        "lot": setup.lot,
        "tender": setup.tender,
        "title": setup.title,
        "lotTitle": setup.lot_title,
        "code": setup.code,
        "phase": str(state.phase),
        "opensAt": iso(setup.opens_at),
        "deadline": iso(state.deadline) if state.deadline else None,
        "suspended": state.suspended is not None,
        "demonstration": setup.demonstration,
    }


def _official(state: State, own: list[SeatEntry], sockets: frozenset[str], deps: Deps) -> dict[str, Any]:
    return {
        "mine": [{"seat": str(entry.seat), "role": str(state.role_of(entry.seat))} for entry in own],
        "alerts": _alerts(alerts(state, sockets, deps.clock.now())),
        "people": [
            {
                "seat": key,
                "role": str(state.role_of(entry.seat)),
                "name": entry.name,
                "organisation": entry.organisation,
                "signedInAt": iso(state.sign_ins[key].at) if key in state.sign_ins else None,
                "present": here(state, entry, sockets),
            }
            for key, entry in state.entries.items()
        ],
        "counts": {
            "live": len(state.bids) if state.closed_at else None,
            "released": state.released,
            "contenders": len(state.contenders),
            "read": state.lines,
            "lines": len(state.reading),
        },
    }


def _alerts(found: tuple[Alert, ...]) -> list[dict[str, Any]]:
    return [{"kind": a.kind, "level": str(a.level), "facts": dict(a.facts)} for a in found]
