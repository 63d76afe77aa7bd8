"""The composition root: builds what the parts share and mounts them as one web application."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib import import_module
from types import ModuleType

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from bidding import problems
from bidding.background import Background, Task
from bidding.clock import Clock
from bidding.db import all_tables, migrate
from bidding.deps import Deps
from bidding.keys import KeyRing
from bidding.limits import BodyLimit
from bidding.objects import open_objects
from bidding.settings import Settings
from bidding.tenders.errand import TENDERS
from bidding.trust import open_trust
from bidding.web import Negotiated, SecureAnswers, WebClient
from ceremony.bus import Bus, MemoryBus, Poller, RedisBus
from ceremony.handle import Ceremony
from ceremony.live import Live
from crypto.translog.engine import open_engine
from crypto.translog.store import Log
from opening_hall.hall import HALL, HALL_VIEWS

#: Modules with a `router(deps)`; with `pages(deps)` where addresses stand on paper, and `tasks(deps)` where
#: they work in the background.
CAPABILITIES = (
    "bidding.auth",
    "bidding.people.api",
    "bidding.ca.api",
    "bidding.tenders.api",
    "bidding.inbox.api",
    "bidding.submissions.api",
    "bidding.archive.api",
    "ceremony.log_api",
    "bidding.my_halls",
    "bidding.hall",
    "bidding.speech.api",
    "bidding.web",
)
#: `/as/{slot}/…` carries the identity's slot, so that its cookie is scoped to that path alone.
SLOT = re.compile(r"^/as/([A-Za-z0-9_-]{8,64})(/.*)$")


class SlotPaths:
    """Strips `/as/{slot}` and remembers the slot: one browser, several identities (RFC 6265 5.1.4)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and (found := SLOT.match(scope["path"])):
            slot, rest = found.groups()
            state = {**scope.get("state", {}), "slot": slot}
            scope = {**scope, "path": rest, "raw_path": rest.encode(), "state": state}
        await self._app(scope, receive, send)


def build_deps(settings: Settings) -> Deps:
    """Open or create everything an installation holds. Raises `Untrusted` where the log was rolled back."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = open_engine(settings.database)
    all_tables()
    migrate(engine)
    clock = Clock(engine)
    keys = KeyRing.open(settings.data_dir / "keys")
    bus: Bus = RedisBus(settings.redis_url) if settings.redis_url else MemoryBus()
    log = Log(
        engine,
        origin=settings.origin,
        signing_key=keys.log,
        clock=clock.now,
        wake=bus.publish,
        anchor=settings.anchor_path,
        witnesses=settings.witnesses,
    )
    halls = Ceremony(log, HALL)
    tenders = Ceremony(log, TENDERS)
    bus.subscribe(halls.wake)
    bus.subscribe(tenders.wake)
    trusted = open_trust(settings, clock=clock.now)
    return Deps(
        settings=settings,
        engine=engine,
        log=log,
        clock=clock,
        objects=open_objects(settings.objects_url, settings.data_dir),
        trust=trusted.store,
        authority=trusted.authority,
        tsa=trusted.tsa,
        bus=bus,
        keys=keys,
        random=os.urandom,
        halls=halls,
        tenders=tenders,
        live=Live(halls, HALL_VIEWS, clock=clock.now, problem=problems.problem),
    )


def create_app(settings: Settings) -> FastAPI:
    """The web application of one server process. Raises `Untrusted` when the log was rolled back."""
    deps = build_deps(settings)
    deps.log.open()
    modules = [import_module(name) for name in CAPABILITIES]
    background = Background([*_tasks(deps, modules), Task("log-poll", Poller(deps.log, deps.bus).run)])

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        background.start()
        yield
        background.stop()
        deps.bus.close()
        deps.log.close()
        deps.engine.dispose()

    app = FastAPI(
        title="Kaibiao 开标",
        version="1",
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.deps = deps
    # Last of all, the web client: its pages answer where no route does.
    client = WebClient(settings, app.router.default)
    app.router.default = client
    # The last one added is the outermost.
    app.add_middleware(BodyLimit)
    app.add_middleware(Negotiated, client=client)
    app.add_middleware(SlotPaths)
    app.add_middleware(SecureAnswers, settings=settings)
    problems.install(app)
    for module in modules:
        app.include_router(module.router(deps), prefix="/api")
        if hasattr(module, "pages"):
            app.include_router(module.pages(deps))
    return app


def _tasks(deps: Deps, modules: list[ModuleType]) -> Iterator[Task]:
    for module in modules:
        if hasattr(module, "tasks"):
            yield from module.tasks(deps)
