"""Where things stand in an archive. See docs/formats/archive.md."""

from __future__ import annotations

CHECKPOINT = "log/checkpoint"
LOG_KEY = "log/key"
WITNESSES = "log/witnesses"
LEAVES = "log/leaves.jsonl"
TILES = "log/tile/"
EARLIER = "log/earlier/"
EVENTS = "events/"
HALL_EVENTS = "events/hall.jsonl"
TENDER_EVENTS = "events/tender.jsonl"
BATCH_EVENTS = "events/batches.jsonl"
BATCH_OPENINGS = "batches/openings.jsonl"
NOTICES = "tender/notices/"
KEYSET = "tender/keyset.json"
DOCUMENTS = "tender/documents.json"
ACTS = "hall/acts/"
BIDS = "bids/"
RECORD = "record/"
RECEIPT_KEYS = "trust/receipt-keys.json"
ANCHORS_PEM = "trust/anchors.pem"
INTERMEDIATES_PEM = "trust/intermediates.pem"
AUTHORITIES = "trust/authorities.json"
CRLS = "trust/crl/"
OCSPS = "trust/ocsp/"


def bid_path(bid: str, name: str) -> str:
    """The path of something that belongs to one bid."""
    return f"{BIDS}{bid}/{name}"


def part_path(bid: str, part: str) -> str:
    """The ciphertext of one part."""
    return bid_path(bid, f"part-{part}.ct")


def record_path(session: int, name: str) -> str:
    """Something of one session's record; sessions count from 1."""
    return f"{RECORD}{session}/{name}"


def act_path(signature: str) -> str:
    """The CMS of a signed act in the hall, by its SHA-256."""
    return f"{ACTS}{signature}.p7s"
