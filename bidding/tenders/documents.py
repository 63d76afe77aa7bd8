"""Tender documents as objects: streamed in by the agency, streamed out to anybody, any size, any range."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from bidding.objects import Objects, Spool
from bidding.tenders.terms import Document
from ceremony.errors import Malformed
from crypto.errors import Invalid

#: Bytes handed to a thread at once: long enough that switching threads costs nothing.
BATCH = 1 << 20
#: Bytes read from the store at once when a document is sent.
CHUNK = 1 << 20
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/=]{44}):", re.ASCII)


@dataclass(frozen=True, slots=True)
class Received:
    """A stored file: where, how large, and its hash."""

    key: str
    size: int
    sha256: str


async def receive(objects: Objects, request: Request, tender: str) -> Received:
    """Store a request's body as an object named by its hash; nothing stays when the body breaks off.

    Checks an RFC 9530 `Content-Digest`, if there is one. Raises `Invalid("digest-mismatch")`, `Unavailable`.
    """
    expected = _expected_digest(request.headers.get("content-digest", ""))
    spool = await run_in_threadpool(objects.spool)
    try:
        size, digest = await _spooled(spool, request.stream())
        if expected and expected != digest:
            raise Invalid("digest-mismatch", "the bytes that arrived are not those that were announced")
        if not size:
            raise Malformed("empty-document", "the file is empty")
        key = f"documents/{tender}/{digest}"
        await run_in_threadpool(objects.publish, spool, key)
    finally:
        await run_in_threadpool(spool.close)
    return Received(key, size, digest)


async def _spooled(spool: Spool, stream: AsyncIterator[bytes]) -> tuple[int, str]:
    hasher, size, waiting = hashlib.sha256(), 0, bytearray()

    def flush(data: bytes) -> None:
        hasher.update(data)
        spool.write(data)

    async for piece in stream:
        waiting += piece
        if len(waiting) >= BATCH:
            size += len(waiting)
            data, waiting = bytes(waiting), bytearray()
            await run_in_threadpool(flush, data)
    size += len(waiting)
    await run_in_threadpool(flush, bytes(waiting))
    return size, hasher.hexdigest()


def _expected_digest(header: str) -> str:
    if not header:
        return ""
    found = _DIGEST.search(header)
    if not found:
        raise Malformed("bad-digest", "Content-Digest: sha-256=:<base64>: expected")
    return base64.b64decode(found.group(1)).hex()


def send(objects: Objects, key: str, document: Document, request: Request) -> Response:
    """The whole document or the range that was asked for (RFC 9110 section 14)."""
    etag = f'"{document.sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(document.name)}",
        "X-Content-Type-Options": "nosniff",
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(document.sha256)).decode()}:",
    }
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    asked = request.headers.get("range", "")
    fresh = request.headers.get("if-range", etag) == etag
    span = parse_range(asked, document.size) if asked and fresh else None
    if span is None and asked and fresh and _RANGE.fullmatch(asked):
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{document.size}"})
    start, end = span or (0, document.size)
    headers["Content-Length"] = str(end - start)
    if span:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{document.size}"
    body = () if request.method == "HEAD" else _pieces(objects, key, start, end)
    return StreamingResponse(body, 206 if span else 200, headers, "application/octet-stream")


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """`bytes=10-19` → (10, 20). None for what cannot be satisfied or is not a single plain range."""
    found = _RANGE.fullmatch(header.strip())
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, size) if length else None
    start, end = int(first), min(int(last) + 1 if last else size, size)
    return (start, end) if start < end else None


def _pieces(objects: Objects, key: str, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        length = min(CHUNK, end - start)
        yield objects.read(key, start, length)
        start += length
