"""Uploads, receipts and what receipt keys say, over HTTP. No session, no cookie, no account anywhere here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from bidding.submissions import batches, diagnostics, store, upload
from bidding.submissions.backroom import Backroom
from bidding.submissions.desk import Desk
from bidding.submissions.receipt_pdf import receipt_pdf
from bidding.submissions.store import GateState, Upload, UploadState
from bidding.submissions.upload import Begun, Piece, Progress
from bidding.submissions.wire import Acknowledge, BeginUpload, CheckIn, Diagnostic, Withdraw
from ceremony.errors import Malformed, Refusal
from crypto.canonical import b64, iso

#: Handed to a thread at a time, in bytes: an upload never holds more than two of these.
BATCH = 1 << 20
#: The largest body of POST uploads, in bytes: the manifest in base64 and a little around it.
MAX_BEGIN = 2 << 20

Secret = Annotated[str, Header(alias="X-Upload-Secret", max_length=64)]
ContentDigest = Annotated[str, Header(alias="Content-Digest", max_length=512)]


def routes(desk: Desk, backroom: Backroom) -> APIRouter:
    """The routes of uploads and receipts."""
    router = APIRouter()

    @router.post("/lots/{lot}/uploads", status_code=201)
    async def begin(lot: str, request: Request) -> dict[str, Any]:
        asked = _parse_begin(await read_limited(request, MAX_BEGIN))
        return _begun(await backroom.run(upload.begin, desk, lot, asked))

    @router.put("/uploads/{upload_id}/{file}/{number}")
    async def put_piece(
        upload_id: str,
        file: str,
        number: int,
        request: Request,
        secret: Secret,
        content_digest: ContentDigest = "",
    ) -> dict[str, Any]:
        piece = await backroom.run(upload.open_piece, desk, upload_id, secret, file, number, content_digest)
        try:
            await _receive(backroom, request, piece)
            progress = await backroom.hash(upload.finish_piece, desk, piece)
        finally:
            await backroom.hash(piece.close)
        if progress.state is UploadState.ACCEPTED:
            backroom.decide_soon(upload_id)
        return _progress(progress)

    @router.get("/uploads/{upload_id}")
    async def status(
        upload_id: str, secret: Secret, wait: Annotated[float, Query(ge=0, le=30)] = 0
    ) -> dict[str, Any]:
        if wait:
            await backroom.wait_decided(lambda: _state(desk, upload_id, secret), upload_id, wait)
        return await backroom.run(_status, desk, upload_id, secret)

    _receipt_routes(router, desk, backroom)
    _statement_routes(router, desk, backroom)
    return router


def _receipt_routes(router: APIRouter, desk: Desk, backroom: Backroom) -> None:
    @router.get("/uploads/{upload_id}/receipt")
    async def receipt(upload_id: str, secret: Secret) -> Response:
        return _json(await backroom.run(lambda: _receipt(_mine(desk, upload_id, secret))))

    @router.get("/uploads/{upload_id}/receipt.pdf")
    async def receipt_as_pdf(upload_id: str, secret: Secret) -> Response:
        return _pdf(await backroom.run(lambda: receipt_pdf(_receipt(_mine(desk, upload_id, secret)))))

    @router.get("/uploads/{upload_id}/receipt/proof")
    async def proof(upload_id: str, secret: Secret) -> dict[str, Any]:
        return await backroom.run(lambda: _proof(desk, _mine(desk, upload_id, secret)))

    @router.get("/receipts/key")
    async def key() -> dict[str, Any]:
        keys = {key_id: b64(raw) for key_id, raw in desk.keys.receipt_public_keys().items()}
        return {"keyId": desk.keys.receipt_id, "publicKey": keys[desk.keys.receipt_id], "keys": keys}

    # Before T only the bidder can know its submission hash, so asking by it needs no other secret.
    @router.get("/receipts/{submission}")
    async def receipt_by_hash(submission: str) -> Response:
        return _json(await backroom.run(lambda: _receipt(_by_submission(desk, submission))))

    @router.get("/receipts/{submission}/pdf")
    async def receipt_pdf_by_hash(submission: str) -> Response:
        return _pdf(await backroom.run(lambda: receipt_pdf(_receipt(_by_submission(desk, submission)))))

    @router.get("/receipts/{submission}/proof")
    async def proof_by_hash(submission: str) -> dict[str, Any]:
        return await backroom.run(lambda: _proof(desk, _by_submission(desk, submission)))

    @router.get("/lots/{lot}/batches")
    async def opened_batches(lot: str, since: Annotated[int, Query(ge=0)] = 0) -> dict[str, Any]:
        return await backroom.run(_openings, desk, lot, since)


def _statement_routes(router: APIRouter, desk: Desk, backroom: Backroom) -> None:
    @router.post("/lots/{lot}/withdraw")
    async def withdraw(lot: str, asked: Withdraw) -> Response:
        return _json(await backroom.run(diagnostics.withdraw, desk, lot, asked.submission, asked.sig))

    @router.post("/lots/{lot}/checkin")
    async def check_in(lot: str, asked: CheckIn) -> dict[str, Any]:
        return _said(await backroom.run(diagnostics.check_in, desk, lot, asked.bid, asked.at, asked.sig))

    @router.post("/lots/{lot}/acks")
    async def acknowledge(lot: str, asked: Acknowledge) -> dict[str, Any]:
        facts = {"revision": asked.revision, "docsHash": asked.docsHash, "at": asked.at}
        return _said(await backroom.run(diagnostics.acknowledge, desk, lot, asked.bid, facts, asked.sig))

    @router.post("/lots/{lot}/diagnostics")
    async def diagnose(lot: str, asked: Diagnostic) -> dict[str, Any]:
        facts = {"kind": asked.kind, "facts": dict(asked.facts), "at": asked.at}
        return _said(await backroom.run(diagnostics.diagnose, desk, lot, asked.bid, facts, asked.sig))


async def read_limited(request: Request, limit: int) -> bytes:
    """The body of a request, refused as soon as it is larger than `limit` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Malformed("request-too-large", f"at most {limit} bytes", limit=limit)
    return bytes(body)


async def _receive(backroom: Backroom, request: Request, piece: Piece) -> None:
    """Hash and spool a body in 1 MiB batches off the loop: one is filled while one is worked on, at most."""
    batch: list[bytes] = []
    size = 0
    working: Awaitable[None] | None = None
    try:
        async for chunk in request.stream():
            batch.append(chunk)
            size += len(chunk)
            if size >= BATCH:
                if working is not None:
                    await working
                working = backroom.start(_take, piece, batch)
                batch, size = [], 0
        if working is not None:
            await working
            working = None
        if batch:
            await backroom.start(_take, piece, batch)
    except ClientDisconnect:
        raise Malformed("piece-size", "the connection ended before the piece did") from None
    finally:
        if working is not None:
            # Nothing may still be writing when the piece is closed; what stopped us is told already.
            await asyncio.gather(working, return_exceptions=True)


def _take(piece: Piece, batch: list[bytes]) -> None:
    # Whole, so that hash and write give up the interpreter lock once for all of it, not for every chunk.
    piece.write(b"".join(batch))


def _parse_begin(body: bytes) -> BeginUpload:
    try:
        return BeginUpload.model_validate_json(body)
    except ValidationError as error:
        where = "; ".join(".".join(str(step) for step in item["loc"]) for item in error.errors()[:5])
        raise Malformed("malformed-request", where) from None


def _begun(begun: Begun) -> dict[str, Any]:
    sizes = begun.upload.sizes
    return {
        "upload": begun.upload.upload,
        "secret": begun.secret,
        "pieceSize": store.PIECE_SIZE,
        "files": {file: {"size": size, "pieces": upload.count_of(size)} for file, size in sizes.items()},
        "state": begun.upload.state.value,
        "missing": begun.missing,
        "now": iso(begun.now),
    }


def _progress(progress: Progress) -> dict[str, Any]:
    return {
        "state": progress.state.value,
        "acceptedAt": None if progress.accepted_at is None else iso(progress.accepted_at),
        "missing": progress.missing,
        "now": iso(progress.now),
    }


def _mine(desk: Desk, upload_id: str, secret: str) -> Upload:
    with store.reading(desk.engine) as tx:
        return upload.find_upload(tx, upload_id, secret)


def _state(desk: Desk, upload_id: str, secret: str) -> UploadState:
    return _mine(desk, upload_id, secret).state


def _status(desk: Desk, upload_id: str, secret: str) -> dict[str, Any]:
    with store.reading(desk.engine) as tx:
        found = upload.find_upload(tx, upload_id, secret)
        stored = store.stored_pieces(tx, upload_id)
        now = desk.clock.now_in(tx)
    refused = found.ended_by if found.state is UploadState.REFUSED else None
    return {
        "upload": found.upload,
        "bid": found.bid,
        "state": found.state.value,
        "missing": upload.missing_pieces(found, stored),
        "acceptedAt": None if found.accepted_at is None else iso(found.accepted_at),
        "refused": None if refused is None else dict(refused),
        "now": iso(now),
    }


def _by_submission(desk: Desk, submission: str) -> Upload:
    with store.reading(desk.engine) as tx:
        found = store.find_submission(tx, submission)
    if found is None:
        raise Refusal("unknown-submission", "there is no such bid")
    return found


def _receipt(found: Upload) -> str:
    if found.receipt is not None:
        return found.receipt
    if found.state is UploadState.REFUSED:
        upload.verify_receiving(found)
    raise Refusal("not-decided", "the upload is not complete or not verified yet", state=found.state.value)


def _proof(desk: Desk, found: Upload) -> dict[str, Any]:
    _receipt(found)
    proof = batches.receipt_proof(desk, found.submission or "")
    if proof is None:
        raise Refusal("proof-not-ready", "the next sealed batch will hold it", seconds=desk.batch_seconds)
    return proof


def _openings(desk: Desk, lot: str, since: int) -> dict[str, Any]:
    with store.reading(desk.engine) as tx:
        gate = store.find_gate(tx, lot)
    if gate is None:
        raise Refusal("not-found")
    if gate.state is not GateState.CLOSED:
        raise Refusal("not-closed", "batches are opened once the lot is closed")
    return batches.openings(desk, lot, since)


def _said(said: diagnostics.Said) -> dict[str, Any]:
    return {"hash": said.hash, "receivedAt": iso(said.received_at)}


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")


def _pdf(data: bytes) -> Response:
    return Response(
        data,
        media_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="receipt.pdf"'},
    )
