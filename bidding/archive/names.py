"""Where things stand in an archive. See docs/formats/archive.md."""

from __future__ import annotations

import re

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
ENDED = "ended/"
BIDS = "bids/"
RECORD = "record/"
RECEIPT_KEYS = "trust/receipt-keys.json"
ANCHORS_PEM = "trust/anchors.pem"
INTERMEDIATES_PEM = "trust/intermediates.pem"
AUTHORITIES = "trust/authorities.json"
CRLS = "trust/crl/"
OCSPS = "trust/ocsp/"


_KNOWN = re.compile(
    r"log/(checkpoint|key|witnesses|leaves\.jsonl|tile/[0-9x./p]+|earlier/\d+\.json)"
    r"|events/(hall|tender|batches)\.jsonl"
    r"|batches/openings\.jsonl"
    r"|tender/(keyset\.json|documents\.json|notices/\d+\.(json|p7s))"
    r"|ended/[0-9a-f]{64}/(manifest|statement)\.json"
    r"|hall/acts/[0-9a-f]{64}\.p7s"
    r"|bids/b_[a-z2-7]{26}/(manifest\.json|identity\.box|receipt\.json|secrets\.json|signature\.p7s"
    r"|statement\.json|part-[a-z][a-z0-9-]{0,31}\.ct)"
    r"|record/\d+/(record\.pdf|minutes\.json|signatures/[0-9A-Z]{18}\.p7s)"
    r"|trust/(anchors\.pem|intermediates\.pem|authorities\.json|receipt-keys\.json"
    r"|crl/[0-9a-f]{32}\.crl|ocsp/[0-9a-f]{32}\.der)",
    re.ASCII,
)


def is_known(name: str) -> bool:
    """Whether this version of the format has an entry of this name: nothing else may travel along."""
    return _KNOWN.fullmatch(name) is not None


def bid_path(bid: str, name: str) -> str:
    """The path of something that belongs to one bid."""
    return f"{BIDS}{bid}/{name}"


def part_path(bid: str, part: str) -> str:
    """The ciphertext of one part."""
    return bid_path(bid, f"part-{part}.ct")


def record_path(session: int, name: str) -> str:
    """Something of one session's record; sessions count from 1."""
    return f"{RECORD}{session}/{name}"


def ended_path(submission: str, name: str) -> str:
    """The evidence that a bid was withdrawn or replaced by its own receipt key."""
    return f"{ENDED}{submission}/{name}"


def act_path(signature: str) -> str:
    """The CMS of a signed act in the hall, by its SHA-256."""
    return f"{ACTS}{signature}.p7s"
