"""What a signed-in person sees and changes about itself."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter
from pydantic import Field

from bidding.auth import SignedIn
from bidding.deps import Deps
from bidding.people import store
from bidding.people.wire import Strict
from ceremony.errors import Refusal
from crypto.translog.engine import reading


class MeBody(Strict):
    email: Annotated[str, Field(max_length=320, pattern=r"^$|^[^@\s<>,;]+@[^@\s<>,;]+$")]
    notify: bool


def router(deps: Deps) -> APIRouter:
    routes = APIRouter(prefix="/people", tags=["people"])

    @routes.get("/me")
    def me(session: SignedIn) -> dict[str, Any]:
        with reading(deps.engine) as tx:
            member = store.find_member(tx, session.person)
        if member is None:
            raise Refusal("not-found")
        return {**session.encode(), "email": member.email, "notify": member.notify}

    @routes.put("/me")
    def change(body: MeBody, session: SignedIn) -> dict[str, Any]:
        table = store.person
        deps.log.transact(
            lambda tx: tx.execute(
                sa.update(table)
                .where(table.c.id == session.person)
                .values(email=body.email, notify=body.notify)
            )
        )
        return me(session)

    return routes
