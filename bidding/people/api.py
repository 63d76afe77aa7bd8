"""Routes about people and organisations: oneself, and (for operators) roles."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial

from fastapi import APIRouter

from bidding.background import Task
from bidding.deps import Deps
from bidding.people import mandates_api, me_api, operators_api, sessions

#: Sessions that ended this long ago are forgotten.
KEPT = timedelta(days=30)
PURGE_SECONDS = 3600.0


def router(deps: Deps) -> APIRouter:
    routes = APIRouter()
    routes.include_router(me_api.router(deps))
    routes.include_router(mandates_api.router(deps))
    routes.include_router(operators_api.router(deps))
    return routes


def tasks(deps: Deps) -> list[Task]:
    """Forgetting old sessions: who signed in when is personal data."""

    def run(stop: threading.Event) -> None:
        while not stop.is_set():
            deps.log.transact(partial(sessions.purge, before=deps.clock.now() - KEPT))
            stop.wait(PURGE_SECONDS)

    return [Task("session-purge", run)]
