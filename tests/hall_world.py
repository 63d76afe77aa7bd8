"""A hall on a real log and server, with really sealed bids; only sessions and the vault are the tests'."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from hall_given import HOST, PLATFORM, SUPERVISOR, TENDERER, T, code, identity, opening, setup, sha
from sealed_world import World, make_world, new_signer, seal_in
from starlette.requests import HTTPConnection
from toy_hall import open_log

from bidding import problems
from ceremony.errors import Refusal
from ceremony.handle import Ceremony, Outcome
from ceremony.live import Live
from crypto.canonical import b64
from crypto.envelope import (
    IDENTITY,
    Manifest,
    Sealed,
    bidder_part_key,
    hall_purpose,
    open_share,
    parse_manifest,
    submission_of,
    unwrap_key_file,
)
from crypto.errors import Invalid
from crypto.signing import Signer, sign_detached
from crypto.translog.engine import open_engine
from opening_hall import api
from opening_hall import domain as d
from opening_hall.hall import HALL, HALL_VIEWS, stream
from opening_hall.ports import HallPorts
from opening_hall.prepare import Caller

LOT = d.LotId("l_1")
OFFICERS = tuple(d.Seat(d.Role.OFFICER, f"officer-{i}") for i in (1, 2, 3))
PERSON = "x-person"
"""Header that stands for a session cookie here."""


class MemoryVault:
    """The vault's protocol over dictionaries."""

    def __init__(self) -> None:
        self.sealed: dict[str, Sealed] = {}
        self.kept: dict[tuple[str, str, str, str], bytes] = {}
        self.records: dict[str, bytes] = {}

    def manifest(self, bid: d.BidId) -> bytes:
        if bid not in self.sealed:
            raise Refusal("unknown-bid")
        return self.sealed[bid].manifest

    def box(self, bid: d.BidId) -> bytes:
        return self.sealed[bid].box

    def segment(self, bid: d.BidId, part: str, index: int) -> bytes:
        data = self.sealed[bid].ciphertexts[part].read_bytes()
        return data[index << 20 : (index + 1) << 20]

    def timestamp(self, bid: d.BidId) -> bytes | None:
        return None

    def evidence(self, bid: d.BidId) -> Mapping[str, bytes]:
        return {}

    def put_secret(self, tx: sa.Connection, lot: str, bid: str, kind: str, seat: str, data: bytes) -> None:
        assert tx.in_transaction()
        self.kept[lot, kind, bid, seat] = data

    def secrets(self, lot: str, kind: str) -> Mapping[tuple[d.BidId, str], bytes]:
        return {(d.BidId(b), s): x for (at, k, b, s), x in self.kept.items() if (at, k) == (lot, kind)}

    def record(self, lot: str, sha256: str) -> bytes:
        if sha256 not in self.records:
            raise Invalid("object-missing")
        return self.records[sha256]


@dataclass
class HallWorld:
    """Everything a test of the hall's routes needs."""

    url: str
    app: FastAPI
    ports: HallPorts
    vault: MemoryVault
    sealed: World
    bids: list[d.BidId]
    people: dict[str, Caller]
    signers: dict[str, Signer]
    now: list[datetime]
    ids: list[int] = field(default_factory=lambda: [0])

    @property
    def state(self) -> d.State:
        state: d.State = self.ports.halls.state(stream(LOT))[1]
        return state

    def later(self, seconds: float) -> None:
        self.now[0] += timedelta(seconds=seconds)

    def platform(self, command: d.Command) -> Outcome[d.State, d.Event]:
        """What the worker would do."""
        self.ids[0] += 1
        return self.ports.halls.handle(
            stream(LOT), str(PLATFORM), command, command_id=f"p{self.ids[0]}", now=self.now[0]
        )

    def to_deadline(self) -> None:
        self.now[0] = T
        self.platform(d.Tick())
        self.later(1)
        facts = {bid: closed_facts(self.vault.sealed[bid], n) for n, bid in enumerate(self.bids)}
        self.platform(d.Close(facts))

    def manifest(self, bid: d.BidId) -> Manifest:
        return self.ports.manifest(bid)

    def shares(self, officer: int, purpose: str, bids: list[d.BidId]) -> dict[str, str]:
        key = self.sealed.opening_keys[officer - 1]
        return {bid: b64(open_share(self.manifest(bid), purpose, officer, key)) for bid in bids}

    def identity_shares(self, officer: int) -> dict[str, str]:
        return self.shares(officer, IDENTITY, self.bids)

    def hall_shares(self, officer: int) -> dict[str, str]:
        return self.shares(officer, hall_purpose("main"), list(self.state.admitted))

    def key(self, bid: d.BidId) -> str:
        secrets = unwrap_key_file(self.vault.sealed[bid].key_file, "correct horse")
        return b64(bidder_part_key(self.manifest(bid), secrets.k_bidder, "main"))

    def identify(self) -> None:
        self.platform(d.ReportIdentities({bid: identity(n) for n, bid in enumerate(self.bids)}))

    def open(self) -> None:
        self.platform(d.ReportOpenings({b: opening(self.bids.index(b)) for b in self.state.admitted}))

    def render(self, pdf: bytes) -> str:
        sha256 = hashlib.sha256(pdf).hexdigest()
        self.vault.records[sha256] = pdf
        self.platform(d.ReportRendered(sha256, len(pdf), sha("minutes")))
        return sha256

    def cms(self, person: str, data: bytes) -> str:
        return b64(sign_detached(data, self.signers[person], at=self.now[0]))


def closed_facts(sealed: Sealed, n: int) -> d.ClosedBid:
    manifest = parse_manifest(sealed.manifest)
    parts = {p.name: d.PartSize(p.size, p.root) for p in manifest.parts.values()}
    return d.ClosedBid(
        submission_of(manifest, sealed.box),
        T - timedelta(minutes=30 - n),
        manifest.hash(),
        hashlib.sha256(sealed.box).hexdigest(),
        parts,
    )


@contextmanager
def hall_world(tmp_path: Path, serving: Any, rules: d.Rules | None = None) -> Iterator[HallWorld]:
    """A scheduled hall with three sealed bids, served on a free port."""
    now = [T - timedelta(minutes=10)]
    engine = open_engine(f"sqlite:///{tmp_path / 'hall.db'}")
    log = open_log(engine, clock=lambda: now[0])
    halls = Ceremony(log, HALL)
    vault = MemoryVault()
    world, sealed = sealed_bids()
    vault.sealed = {s.bid: s for s in sealed}
    cached, signers = _people()
    people = dict(cached)
    ports = HallPorts(
        halls=halls,
        live=Live(halls, HALL_VIEWS, clock=lambda: now[0], problem=problems.problem),
        clock=lambda: now[0],
        vault=vault,
        manifest=lambda bid: parse_manifest(vault.manifest(bid)),
        receipt_key=lambda lot, bid: parse_manifest(vault.manifest(bid)).receipt_key,
        caller=lambda connection: _caller(people, connection),
        record=vault.record,
        challenge_key=b"k" * 32,
        random=lambda n: bytes(range(n)),
    )
    app = FastAPI()
    problems.install(app)
    app.include_router(api.router(ports), prefix="/api")
    made = HallWorld("", app, ports, vault, world, [d.BidId(s.bid) for s in sealed], people, signers, now)
    made.platform(d.Schedule(_setup(rules or d.Rules(line_seconds=0), people)))
    try:
        if serving is None:
            yield made
        else:
            with serving(app, ws_max_size=65536) as url:
                made.url = url
                yield made
    finally:
        log.close()
        halls.close()
        engine.dispose()


@lru_cache
def sealed_bids() -> tuple[World, tuple[Sealed, ...]]:
    """Three sealed bids; sealing takes its time and they never change."""
    folder = Path(tempfile.mkdtemp(prefix="kaibiao-hall-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    world = make_world(tender="t_1", lot=LOT)
    return world, tuple(seal_in(world, folder / f"bid-{n}" / "package") for n in range(3))


@lru_cache
def _people() -> tuple[dict[str, Caller], dict[str, Signer]]:
    names = ["p_host", "p_deputy", "p_tenderer", "p_supervisor", "o1", "o2", "o3", "b0", "b1", "b2", "b9"]
    signers = {name: new_signer(name) for name in names}
    people = {}
    for name, signer in signers.items():
        credit = code(int(name[1:])) if name[0] == "b" else code(90000)
        fingerprint = hashlib.sha256(signer.certificate).hexdigest()
        people[name] = Caller(name, f"{name}先生", credit, fingerprint)
    return people, signers


def _setup(rules: d.Rules, people: Mapping[str, Caller]) -> d.Setup:
    officials = [
        replace(entry, certificate_sha256=people[entry.seat.id].certificate_sha256)
        for entry in setup().seats
        if entry.seat.role is not d.Role.OFFICER
    ]
    officers = [d.SeatEntry(seat, f"o{n}", f"持有人{n}", index=n) for n, seat in enumerate(OFFICERS, start=1)]
    return setup(rules, seats=(*officials, *officers))


def _caller(people: Mapping[str, Caller], connection: HTTPConnection) -> Caller | None:
    return people.get(connection.headers.get(PERSON, ""))


SEAL_ORDER = ((HOST, "p_host"), (TENDERER, "p_tenderer"), (SUPERVISOR, "p_supervisor"))
