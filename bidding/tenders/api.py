"""Routes about tenders: the agency's, the officers' and everybody's."""

from __future__ import annotations

from fastapi import APIRouter

from bidding import handover
from bidding.background import Task
from bidding.deps import Deps
from bidding.tenders import agency_api, console_api, officer_api, public_api, rules_api


def router(deps: Deps) -> APIRouter:
    routes = APIRouter()
    routes.include_router(public_api.router(deps))
    routes.include_router(console_api.router(deps))
    routes.include_router(agency_api.router(deps))
    routes.include_router(officer_api.router(deps))
    routes.include_router(rules_api.router(deps))
    return routes


def tasks(deps: Deps) -> list[Task]:
    return handover.tasks(deps)
