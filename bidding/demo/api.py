"""/api/demo: the demonstration's cast and its files. Mounted by `kaibiao demo` alone, on loopback alone."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict

from bidding.auth import require_own_origin
from bidding.demo.cast import PASSWORD
from bidding.demo.stage import Stage, told
from bidding.deps import Deps


class CompanionsBody(BaseModel):
    """Which players the companions play from now on."""

    model_config = ConfigDict(extra="forbid")
    keys: list[str]


class AnewBody(BaseModel):
    """A new demonstration that opens after so many seconds."""

    model_config = ConfigDict(extra="forbid")
    seconds: int


def router(stage: Stage, deps: Deps) -> APIRouter:
    """What the guide asks. Everything here is public on purpose: it protects nothing real."""
    routes = APIRouter(prefix="/api/demo", tags=["demo"])

    def own_page(request: Request) -> None:
        require_own_origin(deps, request)

    @routes.get("")
    def show() -> dict[str, Any]:
        return {**told(stage, deps), "password": PASSWORD}

    @routes.put("/companions", dependencies=[Depends(own_page)])
    def give(body: CompanionsBody) -> dict[str, Any]:
        stage.give(set(body.keys))
        return told(stage, deps)

    @routes.post("/openings", status_code=202, dependencies=[Depends(own_page)])
    def anew(body: AnewBody) -> dict[str, Any]:
        stage.begin_anew(body.seconds)
        return told(stage, deps)

    @routes.get("/people/{key}/{name}")
    def file(key: str, name: str) -> FileResponse:
        path = stage.file(key, name)
        return FileResponse(path, filename=f"{key}-{name}")

    return routes
