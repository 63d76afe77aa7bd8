"""Steps on the log: it grew only at its end, every leaf stands in it, every body belongs to its leaf."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from bidding.archive import names
from bidding.verify.case import Case, LogEvent
from bidding.verify.report import Failed, Findings, Wrong
from crypto.canonical import iso, unb64
from crypto.errors import Invalid
from crypto.translog import merkle
from crypto.translog.checkpoint import Checkpoint, Verifier, open_checkpoint, parse_verifier
from crypto.translog.leaf import commitment, parse_leaf
from crypto.translog.tiles import node_reader, parse_tile_path, tile_width
from crypto.translog.witness import verify_cosigned


def check_checkpoint(case: Case, findings: Findings) -> None:
    """The newest checkpoint and the earlier ones: signed, cosigned where witnesses are known, one history."""
    key = _key(case)
    encoded = _text(case, names.CHECKPOINT)
    case.checkpoint = _checkpoint(names.CHECKPOINT, encoded, key)
    witnesses = _witnesses(case)
    vouched = _cosigned(names.CHECKPOINT, encoded, key, witnesses)
    case.cosigned.append((case.checkpoint.size, vouched))
    for name in case.opened.names(names.EARLIER):
        try:
            _check_earlier(case, name, key, witnesses)
        except Invalid as error:
            findings.add(name, error.code, error.detail)
    findings.note(
        f"{case.checkpoint.size} leaves, {len(vouched)} of {len(witnesses)} known witnesses cosigned"
    )


def check_leaves(case: Case, findings: Findings) -> None:
    """Every leaf in the archive is in the tree under the checkpoint, by its own proof and by the tiles."""
    if case.checkpoint is None:
        raise Failed(Wrong(names.CHECKPOINT, "checkpoint-missing"))
    checkpoint = case.checkpoint
    by_tiles = _proofs_by_tiles(case, checkpoint)
    for number, value in case.lines(names.LEAVES):
        index = value.get("index") if isinstance(value, dict) else None
        try:
            if not isinstance(index, int) or set(value) != {"index", "leaf", "proof"}:
                raise Invalid("leaf-malformed", f"line {number}")
            leaf = value["leaf"].encode("ascii")
            proof = [unb64(step) for step in value["proof"]]
            merkle.verify_inclusion(leaf, index, checkpoint.size, proof, checkpoint.root)
            if by_tiles is not None and by_tiles(index) != proof:
                raise Invalid("tile-differs", "the tiles give another proof")
            if index in case.leaves:
                raise Invalid("leaf-repeated", f"line {number}")
            case.leaves[index] = parse_leaf(leaf)
        except Invalid as error:
            findings.add(names.LEAVES, error.code, error.detail, **_leaf(index))
        except (AttributeError, TypeError, UnicodeEncodeError):
            findings.add(names.LEAVES, "leaf-malformed", f"line {number}", **_leaf(index))
    findings.note(f"{len(case.leaves)} leaves proven")


def check_events(case: Case, findings: Findings) -> None:
    """Bodies match their leaves; each stream is whole and in order, its times never going back."""
    disclosed = withheld = 0
    used: set[int] = set()
    for name in case.opened.names(names.EVENTS):
        for number, value in case.lines(name):
            try:
                event = _event(case, value)
            except Invalid as error:
                where = value.get("index") if isinstance(value, dict) else None
                findings.add(name, error.code, error.detail or f"line {number}", **_leaf(where))
                continue
            if event.index in used:
                findings.add(name, "leaf-repeated", leaf=event.index)
            used.add(event.index)
            disclosed, withheld = disclosed + (event.body is not None), withheld + (event.body is None)
            case.events.setdefault(event.stream, []).append(event)
        for stream, events in case.events.items():
            _check_order(name, stream, events, findings)
    for index in sorted(set(case.leaves) - used):
        findings.add(names.LEAVES, "leaf-without-event", leaf=index)
    findings.note(f"{disclosed} bodies in {len(case.events)} streams, {withheld} withheld or erased")


def _event(case: Case, value: Any) -> LogEvent:
    try:
        index, stream, version = value["index"], str(value["stream"]), int(value["version"])
        leaf = case.leaves.get(index)
        if leaf is None:
            raise Invalid("event-without-leaf", f"{stream} {version}")
        if "state" in value:
            if set(value) != {"index", "stream", "version", "state"} or value["state"] not in _ABSENT:
                raise Invalid("event-malformed", f"{stream} {version}")
            return LogEvent(index, stream, version, leaf.at)
        expected = commitment(
            unb64(value["salt"]), stream, version, value["type"], value["seat"], value["body"]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid("event-malformed", str(error)) from error
    if value["at"] != iso(leaf.at) or set(value) != _MEMBERS:
        raise Invalid(
            "event-malformed", f"{stream} {version}: another time than its leaf's, or unknown members"
        )
    if expected != leaf.commitment:
        raise Invalid("body-differs", f"{stream} {version} {value['type']} is not what the leaf commits to")
    return LogEvent(index, stream, version, leaf.at, value["type"], value["seat"], value["body"])


_MEMBERS = {"index", "stream", "version", "at", "type", "seat", "salt", "body"}
_ABSENT = ("withheld", "erased")


def _check_order(name: str, stream: str, events: list[LogEvent], findings: Findings) -> None:
    """A hall or tender is whole from its first event; the batches are a range of the platform's."""
    expected = events[0].version if stream == "batches" else 1
    last: tuple[int, datetime] | None = None
    for event in events:
        if event.version != expected:
            detail = f"{stream}: version {expected} is missing before {event.version}"
            findings.add(name, "stream-gap", detail, leaf=event.index)
            expected = event.version
        if last is not None and (event.index <= last[0] or event.at < last[1]):
            findings.add(name, "stream-out-of-order", f"{stream} {event.version}", leaf=event.index)
        last = event.index, event.at
        expected += 1


def _proofs_by_tiles(case: Case, checkpoint: Checkpoint) -> Callable[[int], list[bytes]] | None:
    if not case.opened.names(names.TILES):
        return None

    def read(level: int, number: int) -> bytes:
        width = tile_width(level, number, checkpoint.size)
        found = paths.get((level, number, width))
        if found is None:
            raise Invalid("tile-missing", f"tile {level}/{number} of width {width}")
        return case.opened.read(found)

    paths = {}
    for name in case.opened.names(names.TILES):
        try:
            ref = parse_tile_path(name.removeprefix("log/"))
        except Invalid as error:
            raise Failed(Wrong(name, error.code, error.detail)) from error
        paths[ref.level, ref.number, ref.width] = name
    node = lru_cache(maxsize=1 << 16)(node_reader(lru_cache(maxsize=1024)(read)))
    return lambda index: merkle.inclusion_proof(index, checkpoint.size, node)


def _check_earlier(case: Case, name: str, key: Verifier, witnesses: list[Verifier]) -> None:
    value = case.json(name)
    if case.checkpoint is None or not isinstance(value, dict) or set(value) != {"note", "proof"}:
        raise Invalid("checkpoint-malformed", name)
    earlier = open_checkpoint(value["note"], [key])
    vouched = frozenset(one.witness for one in verify_cosigned(value["note"], [key], witnesses))
    case.cosigned.append((earlier.size, vouched))
    now = case.checkpoint
    proof = [unb64(step) for step in value["proof"]]
    merkle.verify_consistency(earlier.size, now.size, earlier.root, now.root, proof)


def _key(case: Case) -> Verifier:
    if case.key is None:
        raise Failed(Wrong(names.LOG_KEY, "log-key-unreadable"))
    return case.key


def _checkpoint(name: str, encoded: str, key: Verifier) -> Checkpoint:
    try:
        return open_checkpoint(encoded, [key])
    except Invalid as error:
        raise Failed(Wrong(name, error.code, error.detail)) from error


def _cosigned(name: str, encoded: str, key: Verifier, witnesses: list[Verifier]) -> frozenset[str]:
    try:
        return frozenset(one.witness for one in verify_cosigned(encoded, [key], witnesses))
    except Invalid as error:
        raise Failed(Wrong(name, error.code, error.detail)) from error


def _witnesses(case: Case) -> list[Verifier]:
    """Witnesses given from outside, else the archive's own: a platform can invent those as it likes."""
    given = case.witness_keys
    if given is None and not case.opened.has(names.WITNESSES):
        return []
    path = names.WITNESSES if given is None else "--witness"
    try:
        keys = [parse_verifier(line) for line in given or _text(case, names.WITNESSES).splitlines()]
    except Invalid as error:
        raise Failed(Wrong(path, error.code, error.detail)) from error
    source = "taken from the archive itself" if given is None else "given from outside (--witness)"
    case.trusted.append(f"witnesses {source}: {', '.join(key.encode() for key in keys)}")
    return keys


def _text(case: Case, name: str) -> str:
    try:
        return case.opened.read(name).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Failed(Wrong(name, "not-utf-8")) from error


def _leaf(index: object) -> dict[str, int]:
    return {"leaf": index} if isinstance(index, int) else {}
