"""The desk's parts put together for a running platform: vault, hall worker, background tasks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import lru_cache

from bidding.background import Task
from bidding.deps import Deps
from bidding.handover import schedule
from bidding.people import store as people
from bidding.submissions import batches, heartbeats, store
from bidding.submissions.backroom import Backroom
from bidding.submissions.closing import LotClosing
from bidding.submissions.desk import Desk, desk_of
from bidding.submissions.leases import RowLeases
from bidding.submissions.store import UploadState
from bidding.submissions.vault import BidVault
from ceremony.errors import Refusal
from crypto.canonical import sha256_hex
from crypto.envelope import Manifest, parse_manifest
from crypto.errors import Invalid
from crypto.translog.checkpoint import parse_checkpoint, parse_note
from crypto.translog.store import Log
from opening_hall.codec import decode
from opening_hall.commands import Diagnose
from opening_hall.events import Event
from opening_hall.opening_work import Opener
from opening_hall.recording import Recording
from opening_hall.seats import PLATFORM, BidId, LotId
from opening_hall.worker import HALL, HallWorker, Parts


def vault_of(deps: Deps) -> BidVault:
    """The vault of a running platform."""
    return BidVault(desk_of(deps))


def manifests_of(vault: BidVault) -> Callable[[BidId], Manifest]:
    """Parsed manifests of live bids from Closed on; remembers them."""

    @lru_cache(maxsize=4096)
    def manifest(bid: BidId) -> Manifest:
        return parse_manifest(vault.manifest(bid))

    return manifest


def receipt_keys_of(desk: Desk) -> Callable[[LotId, BidId], bytes]:
    """Receipt keys of live bids, also before Closed: whoever proves one speaks for its bid."""

    def receipt_key(lot: LotId, bid: BidId) -> bytes:
        with store.reading(desk.engine) as tx:
            upload = store.find_bid(tx, bid)
        if upload is None or upload.lot != lot or upload.state is not UploadState.LIVE:
            raise Refusal("unknown-bid", "no live bid of this lot has this id")
        assert upload.manifest is not None  # noqa: S101 - a live bid has one
        return parse_manifest(upload.manifest).receipt_key

    return receipt_key


def worker_of(deps: Deps) -> HallWorker:
    """The worker that does the platform's part of every hall."""
    desk, vault = desk_of(deps), vault_of(deps)
    closing = LotClosing(desk, lambda lot: schedule(deps, lot))

    def certificate(sha256: str) -> bytes | None:
        with store.reading(deps.engine) as tx:
            return people.certificate_der(tx, sha256)

    def failed(lot: LotId, bid: BidId, part: str, reason: str) -> None:
        command = Diagnose("payload-unreadable", {"part": part, "reason": reason}, bid)
        deps.halls.handle(HALL + lot, str(PLATFORM), command, command_id=f"unreadable:{bid}:{part}")

    return HallWorker(
        Parts(
            halls=deps.halls,
            closing=closing,
            vault=vault,
            opener=Opener(vault, deps.trust, closing.docs, deps.clock.now, failed=failed),
            recording=Recording(
                vault,
                vault,
                deps.tsa,
                lambda lot, version: hall_events(deps.log, lot, version),
                certificate,
                deps.settings.base_url,
                deps.clock.now,
            ),
            leases=RowLeases(desk.engine, desk.clock),
            cosignatures=lambda stream: cosignatures(deps.log, stream),
            random=deps.random,
            now=deps.clock.now,
        )
    )


def hall_events(log: Log, lot: LotId, version: int) -> list[Event]:
    """A hall's events up to a version."""
    stored = log.read(HALL + lot, 0, version)
    return [decode(each.type, each.body, each.version, each.at, each.seat) for each in stored]


def cosignatures(log: Log, stream: str) -> Mapping[str, str]:
    """Witnesses that cosigned a checkpoint over the whole of a stream so far, with the note's hash."""
    note = log.cosigned()
    if note is None:
        return {}
    last = log.read(stream, log.version(stream) - 1, 1)[0]
    try:
        parsed = parse_note(note)
    except Invalid:
        return {}
    size = parse_checkpoint(parsed.text).size
    if size <= last.index:
        return {}
    witnesses = {verifier.name for verifier in log.witnesses}
    names = {line.name for line in parsed.signatures}
    return {name: sha256_hex(note.encode()) for name in sorted(witnesses & names)}


def tasks_of(deps: Deps, backroom: Backroom) -> list[Task]:
    """What goes on beside requests."""
    desk = desk_of(deps)
    worker = worker_of(deps)
    deps.bus.subscribe(worker.hear)
    return [
        Task("decide-uploads", lambda stop: backroom.look_for_accepted(stop, deps.settings.tick_seconds)),
        Task("sealed-batches", lambda stop: seal_on(desk, stop, deps.settings.tick_seconds)),
        Task("heartbeats", lambda stop: heartbeats.beat_on(desk, stop)),
        Task("halls", worker.run),
    ]


def seal_on(desk: Desk, stop: threading.Event, tick_seconds: float) -> None:
    """Seal a batch every interval and stamp those that still wait, until `stop`."""
    while not stop.is_set():
        batches.seal_due(desk)
        batches.stamp_pending(desk)
        stop.wait(min(max(tick_seconds, desk.batch_seconds / 10), 10.0))
