"""Receipts (投标回执): what the platform owes a bidder for its bytes, and the proof that follows it.

The receipt is signed and committed before it is sent, and says nothing of who holds it, so it can be shown
to anyone. Ed25519 is deterministic: asked for again it is the same, byte for byte.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bidding.submissions.desk import Keys
from bidding.submissions.store import Gate
from crypto.canonical import b64, canon, iso, unb64
from crypto.errors import Invalid

RECEIPT = "kaibiao/receipt/v1"
WITHDRAWN = "kaibiao/withdrawn/v1"


def make_receipt(keys: Keys, gate: Gate, bid: str, submission: str, received_at: datetime) -> str:
    """The receipt as canonical JSON text."""
    return _signed(
        keys,
        {
            "label": RECEIPT,
            "tender": gate.tender,
            "lot": gate.lot,
            "bid": bid,
            "submission": submission,
            "receivedAt": iso(received_at),
        },
    )


def make_withdrawn(keys: Keys, gate: Gate, bid: str, submission: str, withdrawn_at: datetime) -> str:
    """The confirmation of a withdrawal (撤回确认) as canonical JSON text."""
    return _signed(
        keys,
        {
            "label": WITHDRAWN,
            "tender": gate.tender,
            "lot": gate.lot,
            "bid": bid,
            "submission": submission,
            "withdrawnAt": iso(withdrawn_at),
        },
    )


def verify_receipt(receipt: dict[str, Any], public_keys: dict[str, bytes]) -> None:
    """Check a receipt's signature against the platform's keys by id. Raises `Invalid("receipt-forged")`."""
    unsigned = {name: value for name, value in receipt.items() if name != "signature"}
    try:
        key = Ed25519PublicKey.from_public_bytes(public_keys[receipt["keyId"]])
        key.verify(unb64(receipt["signature"]), canon(unsigned))
    except (KeyError, TypeError, ValueError, InvalidSignature) as error:
        raise Invalid("receipt-forged", "this platform did not sign this receipt") from error


def _signed(keys: Keys, body: dict[str, str]) -> str:
    body["keyId"] = keys.receipt_id
    body["signature"] = b64(keys.receipt.sign(canon(body)))
    return canon(body).decode()


def parse_receipt(text: str) -> dict[str, str]:
    """The members of a stored receipt."""
    value = json.loads(text)
    assert isinstance(value, dict)  # noqa: S101 - written by _signed
    return value
