"""What fixed the bids of a lot (Closed), proven against the public log before anybody relies on it.

A platform could show an officer a Closed that it made up, early or for one pair of eyes only. So the event's
bytes are hashed here, found in the log under a checkpoint of the known log key, and its time compared with
the deadline and with this machine's own clock.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.http import Api, segment
from bidding.client.pins import home
from bidding.client.upload import alone, load, save
from crypto.canonical import parse_iso, unb64
from crypto.errors import Invalid
from crypto.translog.checkpoint import Checkpoint, Verifier, parse_verifier
from crypto.translog.checkpoint import open_checkpoint as opened_checkpoint
from crypto.translog.leaf import commitment, leaf
from crypto.translog.merkle import verify_inclusion
from crypto.translog.witness import verify_cosigned

#: How far this machine's clock may be behind before a Closed looks early, in seconds.
CLOCK_TOLERANCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Closed:
    """A proven Closed: live submissions by bid, its place in the log, and who vouched for the log there."""

    submissions: Mapping[str, str]
    index: int
    at: datetime
    checkpoint: str
    witnesses: tuple[str, ...]


def log_key(api: Api, *, given: str = "", path: Path | None = None) -> Verifier:
    """The log's key: given by the user, or the one first seen at this address and kept since.

    Raises `ClientError("log-key-changed")` when the platform shows another one than before.
    """
    if given:
        return parse_verifier(given)
    shown = api.get_bytes("/log/vkey").decode().splitlines()[0]
    where = path or home() / "logs.json"
    with alone(where):
        pins = load(where)
        if pins.setdefault(api.base, shown) != shown:
            raise ClientError("log-key-changed", f"seen before: {pins[api.base]}, now: {shown}")
        save(where, pins)
    return parse_verifier(shown)


def fetch_closed(
    api: Api,
    lot: str,
    deadline: datetime,
    key: Verifier,
    *,
    witnesses: Sequence[Verifier] = (),
    quorum: int = 0,
) -> Closed:
    """The lot's Closed, proven. Raises `ClientError` with what does not hold.

    `closed-early`: before the deadline by the log's time or by this machine's; `closed-unproven`: not in the
    log; `closed-not-witnessed`: fewer than `quorum` of `witnesses` vouch for that part of the log.
    """
    event = api.get(f"/halls/{segment(lot)}/closed")
    at = parse_iso(event["at"])
    if at < deadline or local_now() + CLOCK_TOLERANCE < deadline:
        raise ClientError("closed-early", f"closed at {event['at']}, before {deadline:%H:%M:%S} UTC")
    try:
        if (event["stream"], event["type"]) != (f"hall:{lot}", "Closed"):
            raise Invalid("bad-leaf", "another event")
        encoded, checkpoint = _checkpoint(api, key, event["index"], bool(quorum))
        hashed = commitment(
            unb64(event["salt"]), event["stream"], event["version"], "Closed", event["seat"], event["body"]
        )
        served = api.get("/log/proof/inclusion", index=event["index"], size=checkpoint.size)
        proof = [base64.b64decode(step) for step in served["proof"]]
        verify_inclusion(leaf(at, hashed), event["index"], checkpoint.size, proof, checkpoint.root)
        vouching = tuple(cosigned.witness for cosigned in verify_cosigned(encoded, [key], witnesses))
    except Invalid as exc:
        raise ClientError("closed-unproven", f"{exc.code}: {exc.detail}") from exc
    if len(set(vouching)) < quorum:
        raise ClientError("closed-not-witnessed", f"{len(set(vouching))} of {quorum} witnesses")
    submissions = {bid: str(facts["submission"]) for bid, facts in event["body"]["bids"].items()}
    return Closed(submissions, event["index"], at, encoded, vouching)


def _checkpoint(api: Api, key: Verifier, index: int, cosigned: bool) -> tuple[str, Checkpoint]:
    """A signed checkpoint that covers the leaf, a cosigned one where witnesses are asked for."""
    encoded = api.get_bytes("/log/checkpoint/cosigned" if cosigned else "/log/checkpoint").decode()
    found = opened_checkpoint(encoded, [key])
    if found.size <= index:
        raise ClientError("closed-unproven", "the checkpoint does not reach as far as Closed yet", status=503)
    return encoded, found


def verify_receipt_in(closed: Closed, receipt: Mapping[str, Any]) -> None:
    """A receipt's submission must be among the live ones, unless its own key withdrew or replaced it.

    Raises `ClientError("receipt-not-closed")`: receipt and Closed together prove the platform's fault.
    """
    if closed.submissions.get(str(receipt["bid"])) != receipt["submission"]:
        raise ClientError("receipt-not-closed", str(receipt["submission"]), index=closed.index)
