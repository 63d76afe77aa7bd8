"""Making a lot's archive on a running platform: from its stores to a stream of bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bidding.archive.collect import Ended, Lot, Sources, Store, collect, read_lot
from bidding.archive.container import Packed, pack
from bidding.archive.rights import Viewer
from bidding.deps import Deps
from bidding.submissions import batches, store
from bidding.submissions.desk import Desk, desk_of
from bidding.submissions.records import Records
from bidding.submissions.store import UploadState
from bidding.submissions.vault import BidVault
from bidding.tenders.errand import TENDERS
from bidding.tenders.events import ChangeNoticed, Published
from bidding.tenders.forms import form_sha256
from bidding.tenders.state import Lot as TenderLot
from bidding.tenders.state import Tender
from ceremony.errors import Refusal
from ceremony.replay import replay
from crypto.canonical import sha256_hex
from crypto.statements import REPLACE, WITHDRAW
from crypto.translog.checkpoint import sign_note
from opening_hall.facts import Phase
from opening_hall.seats import BidId, LotId

ENDED = frozenset({Phase.RECORDED, Phase.FAILED, Phase.ABORTED})


@dataclass(frozen=True, slots=True)
class _Stores:
    """Vault and records as one store."""

    vault: BidVault
    records: Records

    def manifest(self, bid: BidId) -> bytes:
        return self.vault.manifest(bid)

    def box(self, bid: BidId) -> bytes:
        return self.vault.box(bid)

    def segment(self, bid: BidId, part: str, index: int) -> bytes:
        return self.vault.segment(bid, part, index)

    def secrets(self, lot: LotId, kind: str) -> Mapping[tuple[BidId, str], bytes]:
        return self.vault.secrets(lot, kind)

    def evidence(self, bid: BidId) -> Mapping[str, bytes]:
        return self.vault.evidence(bid)

    def record(self, lot: LotId, session: int) -> bytes | None:
        return self.records.record(lot, session)


def ended_lot(deps: Deps, lot_id: str) -> Lot:
    """A lot whose opening is over. Refuses `not-found`, and `archive-not-ready` while it runs."""
    lot = read_lot(deps.log, lot_id)
    if lot.state.setup is None:
        raise Refusal("not-found")
    if lot.state.phase not in ENDED or not lot.state.record.sha256:
        raise Refusal(
            "archive-not-ready", "the record of this opening is not sealed yet", phase=lot.state.phase
        )
    return lot


def pack_lot(deps: Deps, lot: Lot, viewer: Viewer, *, ciphertext: bool) -> Packed:
    """Measure and sign the archive of an ended lot. Reads everything once; blocks."""
    key, origin = deps.keys.log, deps.log.origin
    return pack(
        collect(sources_of(deps, lot), lot, viewer, ciphertext=ciphertext),
        tender=lot.tender,
        lot=lot.lot,
        origin=origin,
        right=viewer.right,
        issued_at=deps.clock.now(),
        sign=lambda text: sign_note(text, origin, key).encode(),
    )


def sources_of(deps: Deps, lot: Lot) -> Sources:
    """Where the pieces of a lot's archive lie on a running platform."""
    desk = desk_of(deps)
    stores: Store = _Stores(BidVault(desk), Records(desk))
    documents, notices = _documents(deps, lot)
    evidence = deps.trust.evidence(now=deps.clock.now())
    return Sources(
        log=deps.log,
        store=stores,
        trust=deps.trust,
        receipts=lambda bid: _receipt(desk, bid),
        receipt_keys=deps.keys.receipt_public_keys(),
        openings=lambda lot_id: _openings(desk, lot_id),
        ended=tuple(_ended(desk, lot)),
        documents=documents,
        notices=notices,
        witnesses=tuple(verifier.encode() for verifier in deps.log.witnesses),
        lists=evidence.crls,
    )


def _documents(deps: Deps, lot: Lot) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """Every published revision of the lot's documents, and the signed notices behind them."""
    revisions: list[dict[str, Any]] = []
    notices: dict[str, bytes] = {}
    for step in replay(deps.log.read(f"tender:{lot.tender}"), TENDERS):
        if not isinstance(step.event, Published | ChangeNoticed) or lot.lot not in step.state.lots:
            continue
        number = len(step.state.notices) - 1
        notices[f"{number}.json"] = step.event.notice
        notices[f"{number}.p7s"] = step.event.signature
        current = step.state.lots[lot.lot]
        if not revisions or revisions[-1]["revision"] != current.revision:
            revisions.append(_revision(step.state, current, step.event.notice))
    return revisions, notices


def _revision(tender: Tender, lot: TenderLot, notice: bytes) -> dict[str, Any]:
    files = [
        {"name": one.name, "size": one.size, "sha256": one.sha256} for one in tender.documents_of(lot.id)
    ]
    form = form_sha256(lot.terms.form)
    return {"revision": lot.revision, "notice": sha256_hex(notice), "form": form, "files": files}


def _ended(desk: Desk, lot: Lot) -> Iterator[Ended]:
    """Withdrawn and replaced submissions with the statement of their receipt key."""
    with store.reading(desk.engine) as tx:
        uploads = store.uploads_in(tx, lot.lot, UploadState.WITHDRAWN, UploadState.REPLACED)
    for upload in uploads:
        told = dict(upload.ended_by or {})
        if upload.submission is None or upload.manifest is None or upload.box_hash is None:
            continue
        place = {"tender": lot.tender, "lot": str(lot.lot)}
        if upload.state is UploadState.WITHDRAWN:
            statement = {"label": WITHDRAW, **place, "submission": upload.submission}
        else:
            statement = {"label": REPLACE, **place, "old": str(told["old"]), "new": str(told["new"])}
        yield Ended(upload.submission, upload.manifest, upload.box_hash, statement, str(told["signature"]))


def _receipt(desk: Desk, bid: str) -> str | None:
    with store.reading(desk.engine) as tx:
        upload = store.find_bid(tx, bid)
    return upload.receipt if upload is not None else None


def _openings(desk: Desk, lot: str) -> Iterator[Mapping[str, Any]]:
    since: int | None = 0
    while since is not None:
        page = batches.openings(desk, lot, since)
        yield from page["batches"]
        since = page["next"]
