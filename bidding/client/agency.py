"""What an agency's or tenderer's client does with a tender: draft, documents, keys, publication
(招标代理).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.http import Api, segment
from crypto.canonical import b64, unb64
from crypto.signing import Signer, sign_detached


def create_tender(api: Api, facts: Mapping[str, Any]) -> str:
    """Draft a tender and return its id. Raises `ClientError`."""
    return str(api.post("/tenders", facts, once=True)["tender"])


def add_lot(api: Api, tender: str, facts: Mapping[str, Any]) -> str:
    """Add a lot (标段) to a draft and return its id. Raises `ClientError`."""
    return str(api.post(f"/tenders/{tender}/lots", facts, once=True)["lot"])


def put_document(api: Api, tender: str, name: str, data: bytes) -> None:
    """Store one tender document under its name. Raises `ClientError`."""
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    api.put(f"/tenders/{tender}/documents/{segment(name)}", data, {"Content-Digest": f"sha-256=:{digest}:"})


def opening_keys(api: Api, tender: str, lot: str) -> dict[str, Any]:
    """Which officers have registered their opening keys."""
    return dict(api.get(f"/tenders/{tender}/lots/{lot}/opening-keys"))


def missing_preconditions(api: Api, tender: str) -> list[dict[str, Any]]:
    """What still stands against publishing, each with its citation."""
    return list(api.get(f"/tenders/{tender}/preconditions")["missing"])


def publish(api: Api, tender: str, signer: Signer) -> dict[str, Any]:
    """Sign the notice as the server proposes it, after checking it is this tender's, and publish.

    Raises `ClientError("notice-foreign")` if the proposed bytes are for another tender.
    """
    proposal = api.get(f"/tenders/{tender}/notice")
    notice = unb64(proposal["notice"])
    if json.loads(notice).get("tender") != tender:
        raise ClientError("notice-foreign", "the server proposed the notice of another tender")
    cms = sign_detached(notice, signer, at=local_now())
    return dict(api.post(f"/tenders/{tender}/publish", {"notice": b64(notice), "cms": b64(cms)}, once=True))
