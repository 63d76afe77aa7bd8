"""Routes about people and organisations: oneself, and (for operators) roles."""

from __future__ import annotations

from fastapi import APIRouter

from bidding.deps import Deps
from bidding.people import mandates_api, me_api, operators_api


def router(deps: Deps) -> APIRouter:
    routes = APIRouter()
    routes.include_router(me_api.router(deps))
    routes.include_router(mandates_api.router(deps))
    routes.include_router(operators_api.router(deps))
    return routes
