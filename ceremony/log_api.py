"""The log over HTTP, for anybody: checkpoints, tiles and entries as C2SP tlog-tiles, proofs as JSON.

Everything here is public from the first day: leaves are commitments that tell nothing but a time.
"""

from __future__ import annotations

import base64
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from ceremony.errors import Malformed
from crypto.canonical import iso
from crypto.errors import Invalid
from crypto.translog.checkpoint import MAX_NOTE
from crypto.translog.leaf import parse_leaf
from crypto.translog.store import Log
from crypto.translog.tiles import WIDTH, entry_bundle, parse_tile_path

#: A complete tile never changes; what is still growing must be asked for again.
FOREVER = "public, max-age=31536000, immutable"
NEVER = "no-store"
SIZE = Annotated[int, Query(ge=0, lt=2**53)]


class HasLog(Protocol):
    """What this router needs of the platform's dependencies."""

    @property
    def log(self) -> Log: ...


def router(deps: HasLog) -> APIRouter:
    """Routes below ``/log``."""
    log = deps.log
    routes = APIRouter(prefix="/log", tags=["log"])

    @routes.get("/checkpoint")
    def checkpoint() -> Response:
        """The newest checkpoint, a signed note, with the cosignatures it has so far."""
        return _note(log.checkpoint())

    @routes.get("/checkpoint/cosigned")
    def cosigned() -> Response:
        """The newest checkpoint that witnesses have cosigned; 404 before the first."""
        note = log.cosigned()
        if note is None:
            raise Invalid("no-cosigned-checkpoint")
        return _note(note)

    @routes.get("/vkey")
    def vkey() -> Response:
        """The verifier keys of the log and, line by line, of its witnesses."""
        lines = [log.verifier.encode(), *(witness.encode() for witness in log.witnesses)]
        return Response("\n".join(lines) + "\n", media_type="text/plain; charset=utf-8")

    @routes.get("/tile/{path:path}")
    def tile(path: str) -> Response:
        """A tile of hashes, or with level ``entries`` a bundle of leaves; ``.p/<width>`` when partial."""
        ref = parse_tile_path(f"tile/{path}")
        if ref.level is None:
            first = ref.number * WIDTH
            data = entry_bundle(log.entries(first, first + ref.width))
        else:
            data = log.tile(ref.level, ref.number, ref.width)
        return Response(data, media_type="application/octet-stream", headers={"Cache-Control": FOREVER})

    @routes.post("/cosignatures")
    async def cosignatures(request: Request) -> dict[str, Any]:
        """A checkpoint of this log with one or more cosignature/v1 lines by its witnesses."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MAX_NOTE:
                raise Malformed("note-too-long", limit=MAX_NOTE)
        try:
            note = body.decode()
        except UnicodeDecodeError as error:
            raise Malformed("bad-note", "not UTF-8") from error
        return {"accepted": await run_in_threadpool(log.add_cosignatures, note)}

    @routes.get("/proof/inclusion")
    def inclusion(index: SIZE, size: SIZE) -> dict[str, Any]:
        """The audit path of leaf ``index`` in the tree of ``size`` leaves, and that tree's root."""
        path = log.inclusion(index, size)
        (leaf,) = log.entries(index, index + 1)
        return {
            "index": index,
            "size": size,
            "leaf": _b64(leaf),
            "at": iso(parse_leaf(leaf).at),
            "root": _b64(log.root(size)),
            "proof": [_b64(hashed) for hashed in path],
        }

    @routes.get("/proof/consistency")
    def consistency(first: Annotated[int, Query(alias="from", ge=0, lt=2**53)], to: SIZE) -> dict[str, Any]:
        """That the first ``to`` leaves extend the first ``from``."""
        return {
            "from": first,
            "to": to,
            "roots": [_b64(log.root(first)), _b64(log.root(to))],
            "proof": [_b64(hashed) for hashed in log.consistency(first, to)],
        }

    return routes


def _note(note: str) -> Response:
    return Response(note, media_type="text/plain; charset=utf-8", headers={"Cache-Control": NEVER})


def _b64(data: bytes) -> str:
    """Standard base64 as in checkpoints, so that a root can be compared by eye."""
    return base64.b64encode(data).decode()
