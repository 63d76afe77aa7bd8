"""An opening at human pace, on a simulated clock: the hall's own rules, people with stated reaction times.

Every step is a command decided by `opening_hall.domain` at the simulated instant, so that windows, early ends
and refusals are those of a real hall; only the waiting is not done. What people cannot do at once (see a
prompt, read it, click) takes a reaction time drawn from a log-normal distribution with stated median and 95th
percentile; reading is 5 s a voiced line; the window for objections is open for at least 10 minutes, from the
first line read on, and for 2 minutes after the last confirmation. Decryption and the PDF take stated machine
times.
"""

from __future__ import annotations

import hashlib
import heapq
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from crypto.canonical import b64
from opening_hall import domain as d
from opening_hall.guards import may, next_seal

LINE_SECONDS = 5
OBJECTION_SECONDS = 600
#: Objections may be raised from the first line read on; so much of the window is left after the last
#: confirmation.
OBJECTION_AFTER_SECONDS = 120
CONFIRMATION_SECONDS = 300
SIGNING_SECONDS = 300
PHASE_A_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Reaction:
    """How long people take to act on a prompt, in seconds: median, 95th percentile, and the longest."""

    median: float
    p95: float
    longest: float

    def draw(self, source: random.Random) -> float:
        sigma = math.log(self.p95 / self.median) / 1.645
        return min(self.longest, source.lognormvariate(math.log(self.median), sigma))


#: Bidders sit before the prompt during the opening; officers and sealing seats enter a passphrase.
BIDDER = Reaction(median=15.0, p95=45.0, longest=120.0)
OFFICIAL = Reaction(median=20.0, p95=40.0, longest=60.0)
#: What the platform itself takes, generously, in seconds.
MACHINE = 2.0


@dataclass(frozen=True, slots=True)
class HumanPace:
    """What was found. `host_acts` counts what the one host had to do, sign-in and seal included."""

    bidders: int
    seconds: float
    host_acts: tuple[str, ...]
    stations: tuple[tuple[str, float], ...]

    @property
    def minutes(self) -> float:
        return self.seconds / 60

    def as_json(self) -> dict[str, Any]:
        return {
            "clock": "simulated",
            "bidders": self.bidders,
            "minutes": round(self.minutes, 1),
            "host_acts": len(self.host_acts),
            "acts": list(self.host_acts),
            "stations": [{"name": name, "at_s": round(at, 1)} for name, at in self.stations],
            "line_s": LINE_SECONDS,
            "objection_s": OBJECTION_SECONDS,
            "objection_after_s": OBJECTION_AFTER_SECONDS,
            "machine_s": MACHINE,
            "reactions_s": {
                "bidder": {"median": BIDDER.median, "p95": BIDDER.p95, "longest": BIDDER.longest},
                "official": {"median": OFFICIAL.median, "p95": OFFICIAL.p95, "longest": OFFICIAL.longest},
            },
            "goal": {"minutes": 25, "host_acts": 15},
        }


T = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
HOST = d.Seat(d.Role.HOST, "host")
TENDERER, SUPERVISOR = d.Seat(d.Role.TENDERER, "tenderer"), d.Seat(d.Role.SUPERVISOR, "supervisor")
OFFICERS = tuple(d.Seat(d.Role.OFFICER, name) for name in ("agency", "tenderer", "supervisor"))
PLATFORM = d.PLATFORM


@dataclass(order=True, slots=True)
class Due:
    """Something that happens at an instant; ties in the order they were planned."""

    at: datetime
    order: int
    act: Callable[[], None] = field(compare=False)


@dataclass(slots=True)
class Simulation:
    """One hall and everybody in it. `silent` bidders never come; the host attributes their failures."""

    bidders: int
    silent: int
    source: random.Random
    now: datetime = T - timedelta(minutes=1)
    state: d.State = d.INITIAL
    queue: list[Due] = field(default_factory=list)
    planned: set[tuple[str, str]] = field(default_factory=set)
    host_acts: list[str] = field(default_factory=list)
    stations: list[tuple[str, float]] = field(default_factory=list)
    steps: int = 0

    def run(self) -> HumanPace:
        """From the notice to the sealed record."""
        self.give(PLATFORM, d.Schedule(setup()))
        self.plan(HOST, "SignIn", OFFICIAL, d.SignIn("主持人", sha("host")))
        self._look()
        while self.queue and self.state.phase not in OVER:
            due = heapq.heappop(self.queue)
            self.now = max(self.now, due.at)
            due.act()
            self._look()
        seconds = (self.now - T).total_seconds()
        return HumanPace(self.bidders, seconds, tuple(self.host_acts), tuple(self.stations))

    def give(self, seat: d.Seat, command: d.Command) -> None:
        """Have the hall decide a command now. Raises `Refusal` where its rules do."""
        before = self.state.phase
        for event in d.decide(self.state, seat, command, self.now):
            self.state = d.evolve(self.state, replace(event, at=self.now))
        if seat == HOST:
            self.host_acts.append(type(command).__name__)
        if self.state.phase is not before:
            self.stations.append((str(self.state.phase), (self.now - T).total_seconds()))

    def plan(self, seat: d.Seat, name: str, reaction: Reaction | None, command: d.Command) -> None:
        """Plan a seat's act once, a reaction time from now; it is dropped if the hall has moved on."""
        key = (str(seat), f"{name} {self.state.stage} {getattr(command, 'digest', '')}")
        if key in self.planned:
            return
        self.planned.add(key)

        def act() -> None:
            if seat == PLATFORM or name in may(self.state, seat):
                self.give(seat, command)

        self._push(MACHINE if reaction is None else reaction.draw(self.source), act)

    def _push(self, seconds: float, act: Callable[[], None]) -> None:
        self.steps += 1
        heapq.heappush(self.queue, Due(self.now + timedelta(seconds=seconds), self.steps, act))

    def _look(self) -> None:
        """Plan what the state calls for: the running deadline, and everybody's next act."""
        deadline = self.state.next_deadline()
        key = ("tick", f"{self.state.phase} {deadline}")
        if deadline is not None and key not in self.planned:
            self.planned.add(key)
            self._push((deadline - self.now).total_seconds(), lambda: self.give(PLATFORM, d.Tick()))
        wanted = NEXT.get(self.state.phase)
        if wanted is not None:
            wanted(self)


OVER = frozenset({d.Phase.RECORDED, d.Phase.FAILED, d.Phase.ABORTED})


def _close(run: Simulation) -> None:
    run.plan(PLATFORM, "Close", None, d.Close({bid(n): _closed(n) for n in range(run.bidders)}))


def _identify(run: Simulation) -> None:
    everybody = tuple(run.state.bids)
    for officer in OFFICERS:
        run.plan(officer, "ReleaseIdentityShares", OFFICIAL, d.ReleaseIdentityShares(everybody))
    if len(run.state.identity_released) >= 2:
        results = {bid(n): _identity(n) for n in range(run.bidders)}
        run.plan(PLATFORM, "ReportIdentities", None, d.ReportIdentities(results))


def _release(run: Simulation) -> None:
    part = run.state.part
    for n in range(run.bidders - run.silent):
        run.plan(bidder(n), "ReleaseKey", BIDDER, d.ReleaseKey(bid(n), part))


def _adjudicate(run: Simulation) -> None:
    undecided = tuple(run.state.undecided())
    if undecided:
        act = d.Adjudicate(undecided, d.Cause.BIDDER, "未在规定时间内解密", sha("adjudicate"))
        run.plan(HOST, "Adjudicate", OFFICIAL, act)
    else:
        run.plan(HOST, "FixAdmitted", OFFICIAL, d.FixAdmitted())


def _sign_admitted(run: Simulation) -> None:
    for officer in OFFICERS:
        run.plan(
            officer, "SignAdmitted", OFFICIAL, d.SignAdmitted(run.state.admitted_hash, sha(str(officer)))
        )


def _open(run: Simulation) -> None:
    part = run.state.part
    for officer in OFFICERS:
        run.plan(officer, "ReleaseHallShares", OFFICIAL, d.ReleaseHallShares(part, run.state.admitted))
    if len(run.state.hall_released) >= 2:
        results = {one: _opening(one) for one in run.state.admitted}
        run.plan(PLATFORM, "ReportOpenings", None, d.ReportOpenings(results))


def _confirm(run: Simulation) -> None:
    for n in range(run.bidders - run.silent):
        if "ConfirmLine" in may(run.state, bidder(n)):
            run.plan(bidder(n), "ConfirmLine", BIDDER, d.ConfirmLine(bid(n)))


def _sign(run: Simulation) -> None:
    record = run.state.record
    if not record.rendered:
        run.plan(PLATFORM, "ReportRendered", None, d.ReportRendered(sha("pdf"), 1, sha("minutes")))
        return
    for n in range(run.bidders - run.silent):
        run.plan(bidder(n), "SignRecord", BIDDER, d.SignRecord(record.rendered, sha(f"cms{n}")))
    if record.signing_closed:
        run.plan(PLATFORM, "ReportAttached", None, d.ReportAttached(sha("attached")))


def _seal(run: Simulation) -> None:
    record = run.state.record
    wanted = next_seal(run.state)
    if wanted is None:
        return
    if record.prepared_for != wanted:
        run.plan(PLATFORM, "PrepareSeal", None, d.PrepareSeal(wanted, sha(wanted)))
    elif not record.seal_signed:
        run.plan(d.Seat.parse(wanted), "SealRecord", OFFICIAL, d.SealRecord(record.digest, sha("seal")))
    else:
        digest = sha(f"sealed {wanted}")
        run.plan(PLATFORM, f"ReportSealed {wanted}", None, d.ReportSealed(wanted, digest))


NEXT: Mapping[d.Phase, Callable[[Simulation], None]] = {
    d.Phase.CLOSING: _close,
    d.Phase.IDENTIFYING: _identify,
    d.Phase.DECRYPTING: _release,
    d.Phase.ADJUDICATING: _adjudicate,
    d.Phase.ADMITTED: _sign_admitted,
    d.Phase.OPENING: _open,
    d.Phase.READING: _confirm,
    d.Phase.CONFIRMING: _confirm,
    d.Phase.RECORD_SIGN: _sign,
    d.Phase.SEALING: _seal,
}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def bid(number: int) -> d.BidId:
    return d.BidId(f"b_{number:04d}")


def bidder(number: int) -> d.Seat:
    return d.Seat(d.Role.BIDDER, f"91990000{number:010d}")


def _closed(number: int) -> d.ClosedBid:
    size = {"main": d.PartSize(2 << 20, sha(f"root{number}"))}
    received = T - timedelta(hours=1) + timedelta(seconds=number)
    return d.ClosedBid(sha(f"s{number}"), received, sha(f"m{number}"), sha(f"x{number}"), size)


def _identity(number: int) -> d.IdentityResult:
    code = d.CreditCode(bidder(number).id)
    return d.IdentityResult(ok=True, credit_code=code, name=f"投标人{number}", certificate_sha256=sha(code))


def _opening(one: d.BidId) -> d.Opening:
    return d.Opening(True, {"price": "1.00"}, b64(bytes(16)), b64(bytes(32)), sha(one))


def setup() -> d.Setup:
    """A hall with the full-size windows of a real opening, host duties left to one person."""
    entries = [
        d.SeatEntry(seat, f"p_{seat.id}", seat.id, "演示单位", f"9199000000000000{n}X", sha(str(seat)))
        for n, seat in enumerate((HOST, TENDERER, SUPERVISOR))
    ]
    entries += [
        d.SeatEntry(seat, f"p_o{n}", seat.id, "演示单位", f"9199000000000001{n}X", sha(str(seat)), n)
        for n, seat in enumerate(OFFICERS, 1)
    ]
    rules = d.Rules(
        phase_a_seconds=PHASE_A_SECONDS,
        confirmation_seconds=CONFIRMATION_SECONDS,
        objection_seconds=OBJECTION_SECONDS,
        objection_after_seconds=OBJECTION_AFTER_SECONDS,
        signing_seconds=SIGNING_SECONDS,
        line_seconds=LINE_SECONDS,
    )
    return d.Setup(
        lot=d.LotId("l_pace"),
        tender=d.TenderId("t_pace"),
        title="模拟开标",
        opens_at=T,
        seats=tuple(entries),
        rules=rules,
        keyset="e30",
        quorum=2,
        docs_hash=sha("documents"),
        form=(d.FieldDef("price", "投标报价", "price", "money", unit="元"),),
        demonstration=True,
    )


def human_pace(bidders: int, *, silent: int = 0, seed: int = 1) -> HumanPace:
    """How long one host needs, and with how many acts. The same seed draws the same reactions."""
    return Simulation(bidders, silent, random.Random(seed)).run()  # noqa: S311 - reaction times, no secrets
