"""What goes into an archive, by right: read from the log, the vault and the desk, never computed anew.

Everything is in its final form when a lot's hall has ended; collecting twice gives the same entries but for
the log's newer checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

from bidding.archive import names
from bidding.archive.authorities import as_pem, encode_authority
from bidding.archive.container import Item, of_bytes
from bidding.archive.log_items import log_items
from bidding.archive.manifest import LEAF, Right
from bidding.archive.rights import Viewer
from crypto.canonical import b64, canon, unb64
from crypto.errors import Invalid
from crypto.identity import open_identity
from crypto.manifest import IDENTITY, Manifest, parse_manifest
from crypto.opening import reconstruct
from crypto.translog.store import Log, Stored
from crypto.trust import TrustStore
from opening_hall import vault as kinds
from opening_hall.codec import decode
from opening_hall.domain import INITIAL, evolve
from opening_hall.events import Closed, Event
from opening_hall.seats import BidId, LotId
from opening_hall.state import State


class Store(Protocol):
    """The vault as far as an archive needs it (see opening_hall.vault)."""

    def manifest(self, bid: BidId) -> bytes: ...
    def box(self, bid: BidId) -> bytes: ...
    def segment(self, bid: BidId, part: str, index: int) -> bytes: ...
    def secrets(self, lot: LotId, kind: str) -> Mapping[tuple[BidId, str], bytes]: ...
    def evidence(self, bid: BidId) -> Mapping[str, bytes]: ...
    def record(self, lot: LotId, session: int) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class Ended:
    """A submission that was no bid any more at the deadline: withdrawn, or replaced by another."""

    submission: str
    manifest: bytes
    box_hash: str
    statement: Mapping[str, str]
    """What its receipt key signed."""
    signature: str


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the pieces lie."""

    log: Log
    store: Store
    trust: TrustStore
    receipts: Callable[[str], str | None]
    """Receipt of a bid as the canonical text the platform signed."""
    receipt_keys: Mapping[str, bytes]
    openings: Callable[[str], Iterable[Mapping[str, Any]]]
    """The lot's part of every sealed batch."""
    ended: Sequence[Ended] = ()
    documents: Sequence[Mapping[str, Any]] = ()
    """Revisions of the documents: revision, notice, form, files."""
    notices: Mapping[str, bytes] = field(default_factory=dict)
    """Signed notices and their signatures, by file name."""
    witnesses: Sequence[str] = ()
    lists: Sequence[bytes] = ()
    """Revocation lists of the authorities, as new as they are."""


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot's hall, folded."""

    lot: LotId
    logged: tuple[Stored, ...]
    events: tuple[Event, ...]
    state: State

    @property
    def stream(self) -> str:
        """Its stream in the log."""
        return f"hall:{self.lot}"

    @property
    def tender(self) -> str:
        """The tender it belongs to."""
        return str(self.state.setup.tender) if self.state.setup else ""


def read_lot(log: Log, lot: str) -> Lot:
    """The lot's hall from the log."""
    logged = tuple(log.read(f"hall:{lot}"))
    events = tuple(decode(one.type, one.body, one.version, one.at, one.seat) for one in logged)
    state = INITIAL
    for event in events:
        state = evolve(state, event)
    return Lot(LotId(lot), logged, events, state)


def collect(sources: Sources, lot: Lot, viewer: Viewer, *, ciphertext: bool) -> Iterator[Item]:
    """Every entry of the archive but manifest and signature."""
    openings = list(sources.openings(lot.lot))
    yield from _log(sources, lot, viewer, openings)
    yield _lines(names.BATCH_OPENINGS, [_without_event(one) for one in openings])
    yield of_bytes(names.KEYSET, unb64(lot.state.setup.keyset) if lot.state.setup else b"")
    yield _json(names.DOCUMENTS, list(sources.documents))
    for name, data in sources.notices.items():
        yield of_bytes(f"{names.NOTICES}{name}", data)
    yield from _ended(sources.ended)
    yield from _trust(sources, lot, viewer)
    yield from _bids(sources, lot, viewer, ciphertext)
    for (hash_, _), cms in sorted(sources.store.secrets(lot.lot, kinds.SIGNATURE).items()):
        yield of_bytes(names.act_path(hash_), cms)
    yield from _records(sources, lot)


def _log(sources: Sources, lot: Lot, viewer: Viewer, openings: list[Mapping[str, Any]]) -> Iterator[Item]:
    tender = tuple(sources.log.read(f"tender:{lot.tender}"))
    numbers = sorted(one["batch"] for one in openings)
    # With the one before the first and the one behind the last: so no batch of the lot can be left out.
    since = max(numbers[0] - 2, 0) if numbers else 0
    batches = sources.log.read("batches", since, numbers[-1] + 1 - since) if numbers else []
    cosigned = sources.log.cosigned()
    earlier = [cosigned] if cosigned else []
    streams = {
        names.HALL_EVENTS: (lot.logged, lambda one: True),
        names.TENDER_EVENTS: (tender, viewer.sees_tender_event),
        names.BATCH_EVENTS: (tuple(batches), lambda one: True),
    }
    return log_items(sources.log, streams, earlier, sources.witnesses)


def _ended(ended: Iterable[Ended]) -> Iterator[Item]:
    """Why a submission of a sealed batch is not among the bids of Closed: its own key said so."""
    for one in ended:
        yield of_bytes(names.ended_path(one.submission, "manifest.json"), one.manifest)
        told = {
            "boxHash": one.box_hash,
            "statement": dict(one.statement),
            "signature": one.signature,
        }
        yield _json(names.ended_path(one.submission, "statement.json"), told)


def _bids(sources: Sources, lot: Lot, viewer: Viewer, ciphertext: bool) -> Iterator[Item]:
    closed = next((event for event in lot.events if isinstance(event, Closed)), None)
    secrets = _Secrets(sources.store, lot)
    for bid in closed.bids if closed is not None else ():
        data = sources.store.manifest(bid)
        manifest = parse_manifest(data)
        yield of_bytes(names.bid_path(bid, "manifest.json"), data)
        released = secrets.of(bid, manifest, viewer)
        if released:
            yield _json(names.bid_path(bid, "secrets.json"), released)
        if viewer.sees_box(lot.state, bid):
            box = sources.store.box(bid)
            yield of_bytes(names.bid_path(bid, "identity.box"), box)
            yield from _signature(manifest, box, secrets.identity_shares(bid, manifest))
            receipt = sources.receipts(bid)
            if receipt is not None:
                yield of_bytes(names.bid_path(bid, "receipt.json"), receipt.encode("utf-8"))
        if ciphertext and viewer.sees_ciphertext(lot.state, bid):
            for part, facts in manifest.parts.items():
                yield Item(
                    names.part_path(bid, part), _segments(sources.store, bid, part, facts.size), tree=True
                )


def _segments(store: Store, bid: BidId, part: str, size: int) -> Callable[[], Iterator[bytes]]:
    return lambda: (store.segment(bid, part, number) for number in range(-(-size // LEAF)))


def _signature(manifest: Manifest, box: bytes, shares: Mapping[int, bytes]) -> Iterator[Item]:
    """The bidder's signature out of its box, for tools that read CMS; nothing while it is closed."""
    try:
        identity = open_identity(manifest, box, reconstruct(manifest, IDENTITY, shares))
    except Invalid:
        return
    yield of_bytes(names.bid_path(manifest.bid, "signature.p7s"), identity.cms)
    yield of_bytes(names.bid_path(manifest.bid, "statement.json"), identity.statement)


class _Secrets:
    """What was released about each bid, as far as a viewer may see it."""

    def __init__(self, store: Store, lot: Lot) -> None:
        parts = lot.state.setup.parts if lot.state.setup else ()
        opened = {part for bid in lot.state.bids.values() for part in bid.openings}
        self._identity = store.secrets(lot.lot, kinds.IDENTITY_SHARE)
        self._hall = {
            part: store.secrets(lot.lot, kinds.HALL_SHARE + part) for part in parts if part in opened
        }
        self._keys = {part: store.secrets(lot.lot, kinds.BIDDER_KEY + part) for part in parts}

    def of(self, bid: BidId, manifest: Manifest, viewer: Viewer) -> dict[str, Any]:
        """The content of the bid's secrets.json; empty where there is nothing to see."""
        found: dict[str, Any] = {}
        if viewer.sees_identity_shares and (shares := self.identity_shares(bid, manifest)):
            found["identityShares"] = _encoded(shares)
        hall = {part: _encoded(_by_index(bid, manifest, all_)) for part, all_ in self._hall.items()}
        if viewer.sees_hall_shares and any(hall.values()):
            found["hallShares"] = {part: shares for part, shares in hall.items() if shares}
        keys = {part: b64(all_[bid, ""]) for part, all_ in self._keys.items() if (bid, "") in all_}
        if viewer.sees_bidder_keys and keys:
            found["bidderKeys"] = keys
        return found

    def identity_shares(self, bid: BidId, manifest: Manifest) -> dict[int, bytes]:
        """Released shares of K_identity by seat index."""
        return _by_index(bid, manifest, self._identity)


def _by_index(bid: BidId, manifest: Manifest, secrets: Mapping[tuple[BidId, str], bytes]) -> dict[int, bytes]:
    indices = {seat.seat: seat.index for seat in manifest.seats}
    return {indices[seat]: share for (b, seat), share in secrets.items() if b == bid and seat in indices}


def _encoded(shares: Mapping[int, bytes]) -> dict[str, str]:
    return {str(index): b64(share) for index, share in sorted(shares.items())}


def _trust(sources: Sources, lot: Lot, viewer: Viewer) -> Iterator[Item]:
    yield _json(names.AUTHORITIES, [encode_authority(one) for one in sources.trust.authorities])
    yield of_bytes(names.ANCHORS_PEM, as_pem(sources.trust.anchors))
    yield of_bytes(names.INTERMEDIATES_PEM, as_pem(sources.trust.intermediates))
    yield _json(names.RECEIPT_KEYS, {id_: b64(key) for id_, key in sorted(sources.receipt_keys.items())})
    lists = set(sources.lists)
    for bid in lot.state.bids:
        lists |= {der for name, der in sources.store.evidence(bid).items() if name.startswith("crl")}
    for der in sorted(lists):
        yield of_bytes(f"{names.CRLS}{sha256(der).hexdigest()[:32]}.crl", der)
    if viewer.right is not Right.PUBLIC:
        answers = {
            der
            for bid in lot.state.bids
            for name, der in sources.store.evidence(bid).items()
            if name.startswith("ocsp")
        }
        for der in sorted(answers):
            yield of_bytes(f"{names.OCSPS}{sha256(der).hexdigest()[:32]}.der", der)


def _records(sources: Sources, lot: Lot) -> Iterator[Item]:
    from bidding.verify.record import sessions
    from opening_hall.record.minutes import minutes

    for stage, session in enumerate(sessions(list(lot.events))):
        pdf = sources.store.record(lot.lot, session.number)
        if pdf is None:
            raise Invalid("record-missing", f"the record of session {session.number} is not kept")
        yield of_bytes(session.path("record.pdf"), pdf)
        yield of_bytes(session.path("minutes.json"), minutes(session.before).encode())
        for (code, _), cms in sources.store.secrets(lot.lot, f"{kinds.RECORD_SIGNATURE}{stage}").items():
            yield of_bytes(session.path(f"signatures/{code}.p7s"), cms)


def _without_event(opening: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in opening.items() if key != "event"}


def _json(name: str, value: Any) -> Item:
    return of_bytes(name, canon(value))


def _lines(name: str, values: Iterable[Any]) -> Item:
    return of_bytes(name, b"".join(canon(value) + b"\n" for value in values))
