"""Steps on what was hidden before the deadline: sealed batches, time stamps, receipts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bidding.archive import names
from bidding.submissions import batch_tree
from bidding.submissions.batch_tree import Item, ItemProof
from bidding.verify.case import Case, LogEvent
from bidding.verify.report import Findings
from bidding.verify.trust import Trust
from crypto.canonical import canon, parse_iso, sha256_hex, unb64
from crypto.errors import Invalid
from crypto.manifest import parse_manifest, submission_hash
from crypto.statements import REPLACE, WITHDRAW, verify_statement
from crypto.time_stamp_token import verify_token
from opening_hall.events import Closed

SUBMISSION, WITHDRAWAL, REPLACEMENT = "submission", "withdrawal", "replacement"
BATCH_STREAM = "batches"


@dataclass(frozen=True, slots=True)
class _Opened:
    """One batch of the lot, recomputed."""

    number: int
    root: bytes
    items: tuple[Item, ...]
    at: datetime
    token: bytes | None


def check_batches(case: Case, findings: Findings) -> None:
    """Every batch gives its logged root, padding included; together they hold what Closed lists."""
    logged = {event.version: event for event in case.events.get(BATCH_STREAM, [])}
    found: dict[str, _Opened] = {}
    seen: set[int] = set()
    items: list[Item] = []
    for line, value in case.lines(names.BATCH_OPENINGS):
        try:
            opened = _open(case.opened.manifest.lot, value, logged)
        except Invalid as error:
            findings.add(names.BATCH_OPENINGS, error.code, f"line {line}: {error.detail}")
            continue
        seen.add(opened.number)
        items += opened.items
        for item in opened.items:
            if item.type == SUBMISSION:
                found.setdefault(item.hash, opened)
    _check_range(case, logged, seen, findings)
    for closed in case.of(Closed):
        for bid, facts in closed.bids.items():
            batch = found.get(facts.submission)
            if batch is None:
                findings.add(names.BATCH_OPENINGS, "submission-not-in-batch", f"{bid} {facts.submission}")
            elif batch.at > closed.at:
                findings.add(names.BATCH_OPENINGS, "batch-after-closed", bid)
            else:
                case.batches[facts.submission] = (batch.root, batch.token)
    _check_ended(case, found, items, findings)
    findings.note(f"{len(seen)} batches recomputed with {len(items)} entries")


def _check_range(case: Case, logged: Mapping[int, LogEvent], seen: set[int], findings: Findings) -> None:
    """All batches of the lot's time are opened: the one before was logged before the hall was scheduled, the
    one behind after Closed. Whatever was sealed in a batch left out would be missed by nobody else."""
    first, last = (min(seen), max(seen)) if seen else (0, 0)
    scheduled = case.hall[0][0].index
    closed = next((entry.index for entry, event in case.hall if isinstance(event, Closed)), None)
    for version in sorted(set(logged) - seen):
        event = logged[version]
        before = version == first - 1 and event.index < scheduled
        behind = version == last + 1 and closed is not None and event.index > closed
        if not seen or not (before or behind):
            findings.add(names.BATCH_OPENINGS, "batch-not-opened", leaf=event.index)
    if first > 1 and first - 1 not in logged:
        detail = f"nothing shows that batch {first} is the lot's first"
        findings.add(names.BATCH_EVENTS, "batches-incomplete", detail, leaf=logged[first].index)
    if closed is not None and seen and last + 1 not in logged:
        findings.note("no batch was logged after Closed when this was exported")


def _check_ended(case: Case, submitted: Mapping[str, _Opened], items: list[Item], findings: Findings) -> None:
    """A submission that is missing from Closed was ended by its own receipt key, or it was dropped."""
    live = {facts.submission: bid for closed in case.of(Closed) for bid, facts in closed.bids.items()}
    endings = {(item.type, item.hash) for item in items}
    ended = 0
    for submission in submitted:
        if submission in live:
            if (WITHDRAWAL, submission) in endings:
                findings.add(names.BATCH_OPENINGS, "withdrawn-bid-closed", live[submission])
            continue
        path = names.ended_path(submission, "statement.json")
        if not case.opened.has(path):
            detail = f"{submission} was sealed in a batch and is not among the bids of Closed"
            findings.add(names.BATCH_OPENINGS, "submission-dropped", detail)
            continue
        try:
            _verify_ending(case, submission, path, submitted, endings)
            ended += 1
        except Invalid as error:
            findings.add(path, error.code, error.detail)
        except (KeyError, TypeError, AttributeError) as error:
            findings.add(path, "bad-statement", str(error))
    if ended:
        findings.note(f"{ended} withdrawn or replaced by their own receipt keys")


def _verify_ending(
    case: Case,
    submission: str,
    path: str,
    submitted: Mapping[str, _Opened],
    endings: set[tuple[str, str]],
) -> None:
    told = case.json(path)
    manifest_path = names.ended_path(submission, "manifest.json")
    manifest = parse_manifest(case.opened.read(manifest_path))
    roots = {name: part.root for name, part in manifest.parts.items()}
    if submission_hash(manifest.hash(), told["boxHash"], roots) != submission:
        raise Invalid("submission-differs", "the manifest is not the one of this submission")
    statement = told["statement"]
    place = (case.opened.manifest.tender, case.opened.manifest.lot)
    if (statement["tender"], statement["lot"]) != place:
        raise Invalid("bad-statement", "said about another lot")
    verify_statement(manifest.receipt_key, statement, told["signature"])
    if statement["label"] == WITHDRAW and statement["submission"] == submission:
        ending = (WITHDRAWAL, submission)
    elif statement["label"] == REPLACE and statement["old"] == submission and statement["new"] in submitted:
        both = bytes.fromhex(submission) + bytes.fromhex(statement["new"])
        ending = (REPLACEMENT, sha256_hex(both))
    else:
        raise Invalid("bad-statement", "it does not end this submission")
    if ending not in endings:
        raise Invalid("ending-not-in-batch", f"no sealed batch holds this {ending[0]}")


def check_time_stamps(case: Case, trust: Trust, findings: Findings) -> None:
    """The time-stamp tokens over the batches verify up to a trusted authority."""
    missing = 0
    checked: dict[bytes, datetime] = {}
    for submission, (root, token) in case.batches.items():
        if token is None:
            missing += 1
            continue
        try:
            if token not in checked:
                checked[token] = verify_token(token, root, trust.anchors, intermediates=trust.intermediates)
            case.stamped[submission] = checked[token]
        except Invalid as error:
            findings.add(names.BATCH_OPENINGS, error.code, f"{submission}: {error.detail}")
    findings.note(f"{len(checked)} tokens over {len(case.stamped)} submissions")
    if missing:
        findings.note(f"{missing} submissions without a token yet")


def check_receipts(case: Case, findings: Findings) -> None:
    """The platform's receipts, where present, are signed and say what Closed says."""
    closed = {bid: facts for event in case.of(Closed) for bid, facts in event.bids.items()}
    paths = {bid: names.bid_path(bid, "receipt.json") for bid in closed}
    present = {bid: path for bid, path in paths.items() if case.opened.has(path)}
    if not present:
        findings.note("no receipts by this right")
        return
    keys = case.json(names.RECEIPT_KEYS)
    for bid, path in present.items():
        facts, receipt = closed[bid], case.json(path)
        try:
            _verify_receipt(receipt, keys)
            said = (receipt["bid"], receipt["submission"], parse_iso(receipt["receivedAt"]))
            if said != (bid, facts.submission, facts.received_at):
                raise Invalid("receipt-differs", "it says something else than Closed")
        except Invalid as error:
            findings.add(path, error.code, error.detail)
        except (KeyError, TypeError) as error:
            findings.add(path, "receipt-malformed", str(error))
    findings.note(f"{len(present)} receipts")


def _open(lot: str, value: Mapping[str, Any], logged: Mapping[int, LogEvent]) -> _Opened:
    try:
        event = logged.get(value["batch"])
        if event is None or event.body is None:
            raise Invalid("batch-not-logged", str(value["batch"]))
        seed = unb64(value["seed"])
        items = {int(one["position"]): Item(one["type"], one["hash"]) for one in value["items"]}
        depth = event.body["depth"]
        if not isinstance(depth, int) or not 0 <= depth <= 20:
            raise Invalid("bad-batch", "its depth")
        levels = batch_tree.lot_levels(seed, items, depth)
        path = tuple(unb64(node) for node in value["lotPath"])
        first = items.get(0) or batch_tree.padding(seed, 0)
        own = tuple(level[1] for level in levels[:-1])
        proof = ItemProof(
            first, lot, 0, batch_tree.salt(seed, 0), own, value["lotPosition"], value["lots"], path
        )
        root = batch_tree.root_of(proof)
        if root.hex() != event.body["root"] or value["lots"] != event.body["lots"]:
            raise Invalid("batch-differs", f"batch {event.version} does not give its logged root")
        token = unb64(value["token"]) if value["token"] is not None else None
        return _Opened(event.version, root, tuple(items.values()), event.at, token)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Invalid("bad-batch", str(error)) from error


def _verify_receipt(receipt: Mapping[str, Any], keys: Mapping[str, str]) -> None:
    unsigned = {name: value for name, value in receipt.items() if name != "signature"}
    try:
        public = Ed25519PublicKey.from_public_bytes(unb64(keys[receipt["keyId"]]))
        public.verify(unb64(receipt["signature"]), canon(unsigned))
    except (ValueError, InvalidSignature) as error:
        raise Invalid("receipt-forged", "not signed by a receipt key of the platform") from error
