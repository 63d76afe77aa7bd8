"""An agency's acts after the draft: large documents, reviews, change notices, outcomes, seats (招标代理)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.http import Api, problem_of, segment
from crypto.canonical import b64, canon, parse_canonical, unb64
from crypto.signing import Signer, sign_detached

REVIEW_LABEL = "kaibiao/fair-competition-review/v1"
TERMINATION_LABEL = "kaibiao/termination/v1"
CHUNK = 1 << 20
MAX_NOTICE = 8 << 20


def put_file(api: Api, tender: str, path: Path, lot: str = "") -> dict[str, Any]:
    """Store a file of any size as a tender document, streamed from disk. Raises `ClientError`."""
    target = f"/tenders/{tender}/documents/{segment(path.name)}" + (f"?lot={segment(lot)}" if lot else "")
    try:
        with path.open("rb") as file:
            digest = base64.b64encode(_sha256(file)).decode()
            size = file.seek(0, 2)
            file.seek(0)
            headers = {
                **api.headers(),
                "Content-Length": str(size),
                "Content-Type": "application/octet-stream",
                "Content-Digest": f"sha-256=:{digest}:",
            }
            answer = api.pool.request("PUT", api.url(target), body=file, headers=headers, retries=False)
    except OSError as exc:
        raise ClientError("file-unreadable", f"{path}: {exc.strerror}") from exc
    if answer.status >= 300:
        raise problem_of(answer.status, answer.data, answer.headers)
    return dict(answer.json())


def sign_review(api: Api, tender: str, conclusion: str, signer: Signer) -> None:
    """Sign the conclusion of the fair-competition review (公平竞争审查)."""
    statement = canon({"label": REVIEW_LABEL, "tender": tender, "conclusion": conclusion})
    api.post(f"/tenders/{tender}/fair-competition-review", _signed(statement, signer))


def publish_change(api: Api, tender: str, change: Mapping[str, Any], signer: Signer) -> dict[str, Any]:
    """Have the server draft a change notice, check that it says what was asked, sign and publish it.

    Raises `ClientError("notice-foreign")` when the draft says something else.
    """
    draft = api.post(f"/tenders/{tender}/clarifications/draft", dict(change))
    notice = unb64(draft["notice"])
    said = parse_canonical(notice, limit=MAX_NOTICE)
    wanted = {"tender": tender, "title": change["title"], "text": change.get("text", "")}
    if {name: said.get(name) for name in wanted} != wanted:
        raise ClientError("notice-foreign", "the server drafted another notice than the one asked for")
    body = {**change, "notice": draft["notice"], "cms": b64(sign_detached(notice, signer, at=local_now()))}
    return dict(api.post(f"/tenders/{tender}/clarifications", body))


def terminate(api: Api, tender: str, lot: str, reason: str, signer: Signer) -> dict[str, Any]:
    """End a lot before its time (终止招标) with a signed reason."""
    notice = canon({"label": TERMINATION_LABEL, "tender": tender, "lot": lot, "reason": reason})
    signed = {"notice": b64(notice), "cms": b64(sign_detached(notice, signer, at=local_now()))}
    return dict(
        api.post(
            f"/tenders/{tender}/lots/{lot}/terminate", {**signed, "code": "terminated", "reason": reason}
        )
    )


def questions(api: Api, tender: str) -> Iterator[dict[str, Any]]:
    """Questions and objections that await an answer."""
    for one in api.get(f"/tenders/{tender}/questions")["questions"]:
        if one["notice"] is None:
            yield one


def _signed(statement: bytes, signer: Signer) -> dict[str, str]:
    cms = sign_detached(statement, signer, at=local_now())
    return {"statement": b64(statement), "cms": b64(cms)}


def _sha256(file: BinaryIO) -> bytes:
    hasher = hashlib.sha256()
    while piece := file.read(CHUNK):
        hasher.update(piece)
    return hasher.digest()
