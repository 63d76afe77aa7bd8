"""The composition root: builds what the parts share and mounts them as one web application."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from bidding import problems
from bidding.background import Background, Task
from bidding.clock import Clock
from bidding.db import all_tables, create_engine, migrate
from bidding.deps import Deps
from bidding.keys import KeyRing
from bidding.objects import Objects
from bidding.settings import Settings

log = structlog.get_logger()

#: Modules with a `router(deps)` and, where they work in the background, `tasks(deps)`.
CAPABILITIES = (
    "bidding.auth",
    "bidding.people.api",
    "bidding.ca.api",
    "bidding.tenders.api",
    "bidding.inbox.api",
    "bidding.submissions.api",
    "bidding.archive.api",
    "ceremony.log_api",
    "opening_hall.api",
)
#: `/as/{slot}/…` carries the identity's slot, so that its cookie is scoped to that path alone.
SLOT = re.compile(r"^/as/([A-Za-z0-9_-]{8,64})(/.*)$")


class SlotPaths:
    """Strips `/as/{slot}` from the path and remembers the slot: one browser, several identities (RFC 6265 5.1.4)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and (found := SLOT.match(scope["path"])):
            slot, rest = found.groups()
            state = {**scope.get("state", {}), "slot": slot}
            scope = {**scope, "path": rest, "raw_path": rest.encode(), "state": state}
        await self._app(scope, receive, send)
