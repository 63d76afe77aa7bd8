"""What a platform could change in an archive before it signs a new manifest, with what a verifier must say.

Python's verifier and the browser's are held against the same list.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bidding.archive import names
from crypto.canonical import b64, canon

Entries = dict[str, bytes]
Change = Callable[[Entries], None]


def lines(data: bytes) -> list[Any]:
    return [json.loads(line) for line in data.splitlines()]


def jsonl(values: list[Any]) -> bytes:
    return b"".join(canon(value) + b"\n" for value in values)


def first(entries: Entries, part: str) -> str:
    """The first entry whose name ends, or begins, with this."""
    return next(name for name in entries if name.endswith(part) or name.startswith(part))


def flip(suffix: str, at: int = -1) -> Change:
    def change(entries: Entries) -> None:
        name = first(entries, suffix)
        data = bytearray(entries[name])
        data[at] ^= 1
        entries[name] = bytes(data)

    return change


def drop(suffix: str) -> Change:
    return lambda entries: entries.pop(first(entries, suffix), None) and None


def edit(name: str, work: Callable[[Any], Any]) -> Change:
    def change(entries: Entries) -> None:
        path = first(entries, name)
        entries[path] = canon(work(json.loads(entries[path])))

    return change


def edit_lines(name: str, work: Callable[[list[Any]], list[Any]]) -> Change:
    def change(entries: Entries) -> None:
        entries[name] = jsonl(work(lines(entries[name])))

    return change


def other_price(events: list[Any]) -> list[Any]:
    for event in events:
        if event["type"] == "BidsOpened":
            next(iter(event["body"]["results"].values()))["form"]["price"] = "1.00"
    return events


def without_event(kind: str) -> Change:
    """An event and its leaf gone, as if they had never been."""

    def change(entries: Entries) -> None:
        events = lines(entries[names.HALL_EVENTS])
        gone = next(event for event in events if event["type"] == kind)
        entries[names.HALL_EVENTS] = jsonl([event for event in events if event != gone])
        leaves = lines(entries[names.LEAVES])
        entries[names.LEAVES] = jsonl([leaf for leaf in leaves if leaf["index"] != gone["index"]])

    return change


def swapped_manifests(entries: Entries) -> None:
    one, other = [name for name in entries if name.endswith("/manifest.json")][:2]
    entries[one], entries[other] = entries[other], entries[one]


def other_bid(entries: Entries) -> None:
    entries[f"bids/b_{'a' * 26}/manifest.json"] = entries[first(entries, "/manifest.json")]


def wrong_share(value: Any) -> Any:
    share = value["identityShares"]["1"]
    value["identityShares"]["1"] = ("B" if share[0] != "B" else "C") + share[1:]
    return value


def wrong_key(value: Any) -> Any:
    value["bidderKeys"]["main"] = b64(bytes(32))
    return value


def receipt_time(value: Any) -> Any:
    return {**value, "receivedAt": "2026-03-01T00:00:00.000Z"}


def seed_changed(batches: list[Any]) -> list[Any]:
    return [{**batch, "seed": b64(bytes(32))} for batch in batches]


def token_changed(batches: list[Any]) -> list[Any]:
    return [{**batch, "token": b64(b"\x30\x03\x02\x01\x01")} for batch in batches]


def signer_changed(entries: Entries) -> None:
    one, other = [name for name in entries if name.startswith("record/1/signatures/")][:2]
    entries[one] = entries[other]


def other_proof(leaves: list[Any]) -> list[Any]:
    return [{**leaves[0], "proof": leaves[1]["proof"]}, *leaves[1:]]


def other_revision(revisions: Any) -> Any:
    return [{**revisions[0], "revision": 9}, *revisions[1:]]


def swapped(events: list[Any]) -> list[Any]:
    return [events[1], events[0], *events[2:]]


HALL, LEAVES, BATCHES = names.HALL_EVENTS, names.LEAVES, names.BATCH_OPENINGS
KEYSET, DOCUMENTS = names.KEYSET, names.DOCUMENTS
CHANGES: list[tuple[str, Change, str, str]] = [
    ("event body", edit_lines(HALL, other_price), HALL, "body-differs"),
    ("event cut out", without_event("KeyReleased"), HALL, "stream-gap"),
    ("last event cut off", without_event("HallClosed"), "record/1/record.pdf", "printed-record-differs"),
    ("events reordered", edit_lines(HALL, swapped), HALL, "stream-gap"),
    ("event doubled", edit_lines(HALL, lambda e: [*e, e[-1]]), HALL, "leaf-repeated"),
    ("leaf without event", edit_lines(HALL, lambda e: e[:-1]), LEAVES, "leaf-without-event"),
    ("leaf's proof", edit_lines(LEAVES, other_proof), LEAVES, "not-included"),
    ("tile", flip("log/tile/0/000.p/57"), LEAVES, "tile-differs"),
    ("keyset", edit(KEYSET, lambda v: {**v, "k": 1}), KEYSET, "keyset-differs"),
    ("documents", edit(DOCUMENTS, other_revision), DOCUMENTS, "revision-differs"),
    ("notice", flip("tender/notices/0.json"), "tender/notices/0.json", "bad-signature"),
    ("manifests swapped", swapped_manifests, "/manifest.json", "manifest-differs"),
    ("bid left out", drop("/manifest.json"), "/manifest.json", "entry-missing"),
    ("bid added", other_bid, f"bids/b_{'a' * 26}", "bid-not-closed"),
    ("identity box", flip("identity.box"), "identity.box", "box-differs"),
    ("batch left out", edit_lines(BATCHES, lambda v: v[:-1]), BATCHES, "batch-not-opened"),
    ("batch seed", edit_lines(BATCHES, seed_changed), BATCHES, "batch-differs"),
    ("time stamp", edit_lines(BATCHES, token_changed), BATCHES, "time-stamp-malformed"),
    ("receipt", edit("receipt.json", receipt_time), "receipt.json", "receipt-forged"),
    ("officer's share", edit("secrets.json", wrong_share), "secrets.json", "false-share"),
    ("released key", edit("secrets.json", wrong_key), "secrets.json", "wrong-bidder-key"),
    ("ciphertext", flip(".ct"), ".ct", "ciphertext-differs"),
    ("signed act", drop("hall/acts/"), "hall/acts/", "signature-differs"),
    ("minutes", flip("record/1/minutes.json", 40), "record/1/minutes.json", "minutes-differ"),
    ("printed record", flip("record/1/record.pdf", 9000), "record/1/record.pdf", "printed-record-differs"),
    ("seal", flip("record/1/record.pdf", -2), "record/1/record.pdf", "printed-record-differs"),
    ("bidder's signature", signer_changed, "record/1/signatures/", "signature-differs"),
]  # fmt: skip
