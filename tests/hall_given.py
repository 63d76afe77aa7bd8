"""given(events).when(seat, command, at).then(events) or .refused(code); and a hall that runs by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest

from ceremony.errors import Refusal
from crypto.canonical import b64
from opening_hall import codec
from opening_hall import domain as d

T = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
"""The deadline of every hall in these tests."""
NAMES = (
    "北京甲建设有限公司",
    "上海乙建筑有限公司",
    "广州丙工程有限公司",
    "深圳丁市政有限公司",
    "成都戊路桥有限公司",
)
HOST = d.Seat(d.Role.HOST, "p_host")
DEPUTY = d.Seat(d.Role.DEPUTY, "p_deputy")
TENDERER = d.Seat(d.Role.TENDERER, "p_tenderer")
SUPERVISOR = d.Seat(d.Role.SUPERVISOR, "p_supervisor")
AGENCY = d.Seat(d.Role.OFFICER, "agency")
OWNER = d.Seat(d.Role.OFFICER, "tenderer")
WATCH = d.Seat(d.Role.OFFICER, "supervisor")
PLATFORM, PUBLIC = d.PLATFORM, d.PUBLIC
SIGNATURE = "51" * 32


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def code(n: int) -> d.CreditCode:
    return d.CreditCode(f"9135010000000{n:05d}")


def bid(n: int) -> d.BidId:
    return d.BidId(f"b_{n:04d}")


def bidder(n: int) -> d.Seat:
    return d.Seat(d.Role.BIDDER, code(n))


def receipt(n: int) -> d.Seat:
    return d.Seat(d.Role.RECEIPT, bid(n))


def setup(rules: d.Rules | None = None, **changes: Any) -> d.Setup:
    def entry(seat: d.Seat, name: str, index: int = 0) -> d.SeatEntry:
        return d.SeatEntry(seat, f"p_{seat.id}", name, f"{name}单位", code(90000), sha(str(seat)), index)

    seats = (
        entry(HOST, "韩主持"),
        entry(DEPUTY, "邓副"),
        entry(TENDERER, "赵代表"),
        entry(SUPERVISOR, "孙监督"),
        entry(AGENCY, "韩主持", 1),
        entry(OWNER, "赵代表", 2),
        entry(WATCH, "孙监督", 3),
    )
    form = (
        d.FieldDef("price", "投标报价", "Price", "money", unit="元"),
        d.FieldDef("duration", "工期", "Duration", "integer", unit="日历天"),
    )
    base = d.Setup(
        lot=d.LotId("l_1"),
        tender=d.TenderId("t_1"),
        title="某某道路工程施工",
        lot_title="一标段",
        opens_at=T,
        seats=seats,
        rules=rules or d.Rules(),
        keyset="e30",
        quorum=2,
        docs_hash=sha("docs"),
        form=form,
        ceiling="50000000.00",
        evaluation="综合评估法",
        place="https://kaibiao.example/halls/l_1",
        code="P-2026-1",
    )
    return replace(base, **changes)


def one_person_a_name(seats: Iterable[d.SeatEntry]) -> tuple[d.SeatEntry, ...]:
    """Whoever has the name of another is the same person: host and officers fill two seats each."""
    return tuple(replace(entry, person=f"p_{sha(entry.name)[:8]}") for entry in seats)


def closed(n: int, at: datetime | None = None, parts: Iterable[str] = ("main",)) -> d.ClosedBid:
    sizes = {part: d.PartSize(2 << 20, sha(f"root{n}{part}")) for part in parts}
    received = at or T - timedelta(hours=1) + timedelta(seconds=n)
    return d.ClosedBid(sha(f"s{n}"), received, sha(f"m{n}"), sha(f"x{n}"), sizes)


def identity(n: int, owner: int | None = None, **changes: Any) -> d.IdentityResult:
    who = n if owner is None else owner
    base = d.IdentityResult(
        ok=True,
        credit_code=code(who),
        name=NAMES[who % len(NAMES)] + (str(who) if who >= len(NAMES) else ""),
        representative=f"代表{who}",
        certificate_sha256=sha(f"cert{who}"),
        gen_time=T - timedelta(minutes=30),
        deposit={"form": "保函", "amount": "800000.00"},
        draw=b64(bytes([n % 256]) * 32),
    )
    return replace(base, **changes)


def junk(reason: str = "bad-box", cause: d.Cause | None = d.Cause.BIDDER) -> d.IdentityResult:
    return d.IdentityResult(ok=False, reason=reason, cause=cause)


def opening(n: int, price: str | None = None) -> d.Opening:
    form = {"price": price or f"{46_000_000 + n * 100_000}.00", "duration": "300"}
    return d.Opening(True, form, b64(bytes([n % 256]) * 16), b64(bytes([n % 251]) * 32), sha(f"f{n}"))


class Hall:
    """A hall driven by commands; every step goes through the log's encoding, as in production."""

    def __init__(self, rules: d.Rules | None = None, bids: int = 3, **changes: Any) -> None:
        self.state: d.State = d.INITIAL
        self.now = T - timedelta(days=20)
        self.events: list[d.Event] = []
        self.count = bids
        self.listen: list[Callable[[d.State, d.Event, d.State], None]] = []
        changes.setdefault("seats", one_person_a_name(setup().seats))
        self.do(PLATFORM, d.Schedule(setup(rules, **changes)))

    def at(self, now: datetime) -> Self:
        assert now >= self.now, "time never goes back"
        self.now = now
        return self

    def later(self, seconds: float) -> Self:
        return self.at(self.now + timedelta(seconds=seconds))

    def do(self, seat: d.Seat, command: d.Command) -> tuple[d.Event, ...]:
        made = d.decide(self.state, seat, command, self.now)
        for event in made:
            self.append(event)
        return made

    def append(self, event: d.Event) -> None:
        read = codec.decode(*codec.encode(event), len(self.events) + 1, self.now, "")
        before, self.state = self.state, d.evolve(self.state, read)
        self.events.append(read)
        for heard in self.listen:
            heard(before, read, self.state)

    def refused(self, seat: d.Seat, command: d.Command, why: str) -> Self:
        before = self.state
        with pytest.raises(Refusal) as refusal:
            d.decide(self.state, seat, command, self.now)
        assert refusal.value.code == why
        assert self.state is before
        return self

    def tick(self) -> tuple[d.Event, ...]:
        """Jump to the next deadline, if any, and let time act."""
        due = self.state.next_deadline()
        if due is not None and due > self.now:
            self.now = due
        return self.do(PLATFORM, d.Tick())

    # --- the happy path, station by station

    def to_closing(self) -> Self:
        self.tick()
        return self

    def to_identifying(self, bids: Mapping[d.BidId, d.ClosedBid] | None = None) -> Self:
        self.to_closing()
        parts = self.state.setup.parts if self.state.setup else ()
        live = bids or {bid(n): closed(n, parts=parts) for n in range(self.count)}
        self.later(1).do(PLATFORM, d.Close(live))
        return self

    def release_identities(self) -> Self:
        for officer in (AGENCY, OWNER):
            self.later(1).do(officer, d.ReleaseIdentityShares(tuple(self.state.bids)))
        return self

    def to_list(self, results: Mapping[d.BidId, d.IdentityResult] | None = None) -> Self:
        return self.to_identifying().release_identities().report(results)

    def report(self, results: Mapping[d.BidId, d.IdentityResult] | None = None) -> Self:
        found = {bid(n): identity(n) for n in range(self.count)} | dict(results or {})
        self.later(1).do(PLATFORM, d.ReportIdentities(found))
        return self

    def to_decrypting(self) -> Self:
        self.to_list()
        if self.state.phase is d.Phase.LIST_ANNOUNCED:
            self.do(HOST, d.StartDecryption())
        return self

    def release(self, *numbers: int) -> Self:
        for n in numbers:
            self.later(0.01).do(receipt(n), d.ReleaseKey(bid(n), self.state.part))
        return self

    def to_admitted(self) -> Self:
        self.to_decrypting().release(*range(self.count))
        if self.state.phase is d.Phase.DECRYPTING:
            self.tick()
        return self

    def sign_admitted(self) -> Self:
        for officer in (AGENCY, OWNER):
            self.later(1).do(officer, d.SignAdmitted(self.state.admitted_hash, SIGNATURE))
        return self

    def to_opening(self) -> Self:
        return self.to_admitted().sign_admitted()

    def release_hall(self) -> Self:
        for officer in (AGENCY, OWNER):
            shares = d.ReleaseHallShares(self.state.part, self.state.admitted)
            self.later(1).do(officer, shares)
        return self

    def open_all(self, results: Mapping[d.BidId, d.Opening] | None = None) -> Self:
        self.release_hall()
        found = {b: opening(int(b[2:])) for b in self.state.admitted} | dict(results or {})
        self.later(1).do(PLATFORM, d.ReportOpenings(found))
        return self

    def to_reading(self) -> Self:
        return self.to_opening().open_all()

    def read(self) -> Self:
        while self.state.phase is d.Phase.READING:
            if self.state.rules.reading is d.Pace.STEPWISE:
                self.later(1).do(HOST, d.ReadNext())
            else:
                self.tick()
        return self

    def to_confirming(self) -> Self:
        return self.to_reading().read()

    def to_objection(self) -> Self:
        self.to_confirming()
        self.tick()
        return self

    def to_record(self) -> Self:
        self.to_objection()
        self.tick()
        return self

    def render(self) -> Self:
        self.later(1).do(PLATFORM, d.ReportRendered(sha("pdf"), 100_000, sha("minutes")))
        return self

    def seal(self) -> Self:
        for seat in self.state.seal_seats():
            digest = sha(f"digest {seat}")
            self.later(1).do(PLATFORM, d.PrepareSeal(seat, digest))
            self.do(d.Seat.parse(seat), d.SealRecord(digest, SIGNATURE))
            self.later(1).do(PLATFORM, d.ReportSealed(seat, sha(f"sealed {seat}")))
        return self

    def to_recorded(self) -> Self:
        self.to_record()
        return self.finish_record()

    def finish_record(self) -> Self:
        self.render()
        self.tick()
        self.later(1).do(PLATFORM, d.ReportAttached(sha("attached")))
        return self.seal()


@dataclass(frozen=True)
class Given:
    """A hall as its events left it."""

    events: tuple[d.Event, ...]
    result: tuple[d.Event, ...] = ()
    refusal: Refusal | None = None
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> d.State:
        state = d.INITIAL
        for event in self.events:
            state = d.evolve(state, event)
        return state

    def when(self, seat: d.Seat, command: d.Command, at: datetime) -> Given:
        try:
            return replace(self, result=d.decide(self.state, seat, command, at))
        except Refusal as refusal:
            return replace(self, refusal=refusal)

    def then(self, *events: d.Event) -> None:
        assert self.refusal is None, self.refusal
        assert self.result == events

    def refused(self, why: str) -> None:
        assert self.refusal is not None, f"not refused: {self.result}"
        assert self.refusal.code == why


def given(events: Iterable[d.Event]) -> Given:
    return Given(tuple(events))
