"""Routes of the inbox: messages to oneself and to everybody."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from bidding.auth import SignedIn
from bidding.background import Task
from bidding.deps import Deps
from bidding.inbox import store
from bidding.inbox.outbox import open_sender, outbox_task
from ceremony.errors import Refusal
from crypto.canonical import iso, parse_iso
from crypto.translog.engine import reading


def router(deps: Deps) -> APIRouter:
    routes = APIRouter(prefix="/inbox", tags=["inbox"])

    @routes.get("")
    def listed(session: SignedIn, before: str = "") -> dict[str, Any]:
        with reading(deps.engine) as tx:
            found = store.inbox_of(tx, session.person, before=parse_iso(before) if before else None)
        return {
            "messages": [
                {
                    "id": message.id,
                    "kind": message.kind,
                    "zh": message.zh,
                    "en": message.en,
                    "body": message.body,
                    "tender": message.tender or None,
                    "lot": message.lot or None,
                    "at": iso(message.created_at),
                    "readAt": iso(read_at) if read_at else None,
                }
                for message, read_at in found
            ]
        }

    @routes.get("/unread")
    def unread(session: SignedIn) -> dict[str, int]:
        with reading(deps.engine) as tx:
            return {"unread": store.unread_of(tx, session.person)}

    @routes.post("/read", status_code=204)
    def read_all(session: SignedIn) -> None:
        now = deps.clock.now()
        deps.log.transact(lambda tx: store.mark_all_read(tx, session.person, now))

    @routes.post("/{message}/read", status_code=204)
    def read(message: str, session: SignedIn) -> None:
        now = deps.clock.now()
        if not deps.log.transact(lambda tx: store.mark_read(tx, message, session.person, now)):
            raise Refusal("not-found")

    return routes


def tasks(deps: Deps) -> list[Task]:
    return [outbox_task(deps.engine, deps.clock, open_sender(deps.settings))]
