"""Stages a rehearsal: starts the server and the parties, follows the hall, and holds no key.

Who acts are the agents. The driver knows the plan (names, prices, who is to misbehave), the parties' reports
and the public archive at the end; it reads no directory of a party and nothing below the server's data but
for `--dump`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.rehearse.clockwork import Clockwork, PhaseTime
from bidding.rehearse.crew import Crew
from bidding.rehearse.dump import dump_server
from bidding.rehearse.killer import Killer, draw_moments
from bidding.rehearse.ledger import Ledger
from bidding.rehearse.misbehaviour import Misbehaviour
from bidding.rehearse.plan import BidderPlan, Organisation, Plan, officer_organisation, officer_seat
from bidding.rehearse.progress import Display
from bidding.rehearse.server import OwnServer, RemoteServer
from bidding.rehearse.tender import PEOPLE, lot_facts, tender_facts
from bidding.rehearse.usage import measurable
from crypto.canonical import parse_iso

#: Nothing at all was reported for so long: the rehearsal is stuck.
STALL_SECONDS = 240.0
SETUP_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Staging:
    """How a plan is carried out. Durations in seconds."""

    work: Path
    prepare_seconds: float
    phase_a_seconds: int
    dump: Path | None = None
    pace: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Played:
    """What a rehearsal left behind: by lot its archive, and the measurements."""

    tender: str
    lots: tuple[str, ...]
    opens_at: str
    archives: Mapping[str, Path]
    records: Mapping[str, Path]
    phases: tuple[PhaseTime, ...]
    opening_wall_s: float
    server_cpu_s: float | None
    clients_cpu_s: float | None
    separate_users: bool


@dataclass(slots=True)
class Driver:
    """One rehearsal from publishing to the exported archives."""

    plan: Plan
    staging: Staging
    server: OwnServer | RemoteServer
    display: Display
    ledger: Ledger = field(default_factory=Ledger)
    crew: Crew = field(init=False)
    clockwork: Clockwork = field(init=False)
    killer: Killer = field(init=False)
    _shown: str = ""
    """The lot whose phases are shown and timed; of several the first."""

    def __post_init__(self) -> None:
        self.crew = Crew(self.staging.work / "parties", self.ledger)
        self.clockwork = Clockwork(self._cpu)
        moments = draw_moments(self.plan.kills, self.plan.seed)
        kill = self.server.kill if isinstance(self.server, OwnServer) else _cannot_kill
        self.killer = Killer(moments, kill, self.display.say)
        self.ledger.listeners.append(self._heard)

    def _cpu(self) -> float | None:
        return self.server.cpu() + self.crew.cpu() if measurable() else None

    def play(self) -> Played:
        """Carry the plan out. Raises `ClientError` when it cannot be carried on."""
        try:
            return self._play()
        finally:
            self.killer.stop()
            self.crew.stop()
            self.clockwork.finish()

    def _play(self) -> Played:
        self._enter("start")
        self.server.start()
        self.crew.start()
        self._enter("publish")
        tender, lots, opens_at = self._publish()
        self._shown = lots[0]
        self._enter("submit")
        self.killer.start()
        for number, lot in enumerate(lots):
            self._spawn_lot(number, lot, tender, opens_at)
        self._dump_before(opens_at)
        self._follow(lots)
        self.killer.finish(seconds=30.0 * max(1, self.plan.kills))
        if self.killer.error is not None:
            raise self.killer.error
        self._enter("export")
        archives, records = self._export(lots)
        self._finish_crew()
        phases = tuple(self.clockwork.finish())
        return Played(
            tender=tender,
            lots=tuple(lots),
            opens_at=opens_at,
            archives=archives,
            records=records,
            phases=phases,
            opening_wall_s=max(float(report["wall_s"]) for report in self.ledger.reports("recorded")),
            server_cpu_s=self.server.cpu() if measurable() and isinstance(self.server, OwnServer) else None,
            clients_cpu_s=self.crew.cpu() if measurable() else None,
            separate_users=self.crew.separate_users,
        )

    def _publish(self) -> tuple[str, list[str], str]:
        """Agency and officers together: from the draft to the published notice."""
        plan = self.plan
        lots = [lot_facts(plan, number, self.staging) for number in range(plan.lots)]
        facts = tender_facts(plan)
        text = f"{plan.title}\n招标文件（演示，无法律效力）\n最高投标限价 {plan.ceiling} 元\n"
        config = {
            "tender": facts,
            "lots": lots,
            "document": text,
            "prepareSeconds": self.staging.prepare_seconds,
        }
        self._spawn("agency", "agency", plan.officers[0], config)
        drafted = self._await("agency", "drafted")
        for number, lot in enumerate(drafted["lots"]):
            for seat in range(len(plan.officers)):
                self._spawn_officer(seat, number, lot, drafted["tender"])
        published = self._await("agency", "published")
        return published["tender"], list(published["lots"]), published["opensAt"]

    def _spawn_officer(self, seat: int, number: int, lot: str, tender: str) -> None:
        name = officer_seat(seat)
        false = seat == len(self.plan.officers) - 1 and self.plan.false_shares > 0
        config = {
            "tender": tender,
            "lot": lot,
            "seat": f"officer:{name}",
            "falseShares": self.plan.false_shares if false else 0,
            "seats": len(self.plan.officers),
        }
        self._spawn(
            f"officer-{name}{_suffix(self.plan, number)}", "officer", self.plan.officers[seat], config
        )

    def _spawn_lot(self, number: int, lot: str, tender: str, opens_at: str) -> None:
        """Everybody of one lot but its officers, who are there already."""
        plan, suffix = self.plan, _suffix(self.plan, number)
        common = {"tender": tender, "lot": lot, "opensAt": opens_at}
        host = {**common, "bidders": len(plan.of_lot(number)), "pace": dict(self.staging.pace)}
        if plan.deputy_host:
            deputy = {**host, "deputy": True, "person": PEOPLE["deputy"]}
            self._spawn(f"deputy{suffix}", "deputy", plan.officers[0], deputy)
        host |= {"handsOver": plan.deputy_host, "person": PEOPLE["host"]}
        self._spawn(f"host{suffix}", "host", plan.officers[0], host)
        for role, organisation in (("tenderer", 1), ("supervisor", 2)):
            config = {**common, "role": role, "person": PEOPLE[role]}
            self._spawn(f"{role}{suffix}", "sealer", _official(plan, organisation), config)
        for bidder in plan.of_lot(number):
            self._spawn_bidder(bidder, common)

    def _spawn_bidder(self, bidder: BidderPlan, common: Mapping[str, Any]) -> None:
        way = bidder.misbehaviour.value if bidder.misbehaviour else ""
        config = {**common, "price": bidder.price, "size": self.plan.size, "misbehaviour": way}
        self._spawn(bidder.key, "bidder", bidder.organisation, config)

    def _spawn(self, name: str, role: str, organisation: Organisation, config: Mapping[str, Any]) -> None:
        who = {"organisation": organisation.name, "creditCode": organisation.credit_code}
        self.crew.spawn(name, role, {"server": self.server.base, **who, **config})

    def _await(self, agent: str, event: str) -> dict[str, Any]:
        """An agent's report. Raises `ClientError` when the agent or the time gave out."""

        def settled(seen: Ledger) -> bool:
            return (agent, event) in seen.latest or agent in seen.exited

        if not self.ledger.wait(settled, seconds=SETUP_SECONDS):
            raise ClientError("rehearsal-stuck", f"{agent} never reported {event}", failures=self._causes())
        found = self.ledger.find(agent, event)
        if found is None:
            raise ClientError("rehearsal-stuck", f"{agent} ended before it {event}: {self._causes()}")
        return found

    def _dump_before(self, opens_at: str) -> None:
        """Just before T, when every bid is in: copy what an operator could read."""
        if self.staging.dump is None:
            return
        left = (parse_iso(opens_at) - local_now()).total_seconds() - 2.0
        self._wait_for_uploads(left)
        if not isinstance(self.server, OwnServer):
            raise ClientError("dump-remote", "only a server of the rehearsal's own can be dumped")
        dump_server(
            self.server.data, self.server.directory / "server.log", self.server.base, self.staging.dump
        )
        self.display.say(f"dump: {self.staging.dump}")

    def _wait_for_uploads(self, seconds: float) -> None:
        in_time = sum(
            1 for bidder in self.plan.bidders if bidder.misbehaviour is not Misbehaviour.LATE_UPLOAD
        )
        self.ledger.wait(lambda seen: seen.counts["submitted"] >= in_time, seconds=max(0.0, seconds))

    def _follow(self, lots: list[str]) -> None:
        """Until the record of every lot is complete. Raises `ClientError` when nothing moves any more."""
        hosts = self._hosts(lots)
        stall = STALL_SECONDS + self.staging.prepare_seconds + self.staging.phase_a_seconds

        def over(seen: Ledger) -> bool:
            return seen.counts["recorded"] >= len(lots) or (hosts <= set(seen.exited))

        while not self.ledger.wait(over, seconds=5.0):
            if time.monotonic() - self.ledger.last_report > stall:
                raise ClientError("rehearsal-stuck", f"in {self.clockwork.current}: {self._causes()}")
        if self.ledger.count("recorded") < len(lots):
            raise ClientError("rehearsal-stuck", f"in {self.clockwork.current}: {self._causes()}")

    def _hosts(self, lots: list[str]) -> set[str]:
        """Names of the agents that host, deputies included."""
        hosts = {f"host{_suffix(self.plan, n)}" for n in range(len(lots))}
        return hosts | {f"deputy{_suffix(self.plan, n)}" for n in range(len(lots)) if self.plan.deputy_host}

    def _export(self, lots: list[str]) -> tuple[dict[str, Path], dict[str, Path]]:
        """The archives the hosts exported, wherever they put them."""
        hosts = self._hosts(lots)
        self.ledger.wait(
            lambda seen: seen.counts["exported"] >= len(lots) or hosts <= set(seen.exited),
            seconds=SETUP_SECONDS,
        )
        reports = self.ledger.reports("exported")
        if len(reports) < len(lots):
            raise ClientError("rehearsal-stuck", f"no archive: {self._causes()}")
        archives = {str(report["lot"]): Path(report["archive"]) for report in reports}
        records = {str(report["lot"]): Path(report["record"]) for report in reports}
        return archives, records

    def _finish_crew(self) -> None:
        if not self.crew.finish(seconds=60.0):
            self.display.say(f"agents still at work: {', '.join(sorted(self.ledger.living))}")

    def _causes(self) -> str:
        """The first failures that agents reported, for error messages."""
        texts = [
            f"{f['agent']}: {f.get('code') or f.get('error')} {f.get('detail', '')}"
            for f in self.ledger.failures
        ]
        return "; ".join(texts[:3]) or "no agent reported a failure"

    def _enter(self, name: str) -> None:
        self.clockwork.enter(name)
        self.killer.entered(name) if name in _KILL_STATIONS else None
        self.display.enter(name)

    def _heard(self, report: dict[str, Any]) -> None:
        if report["event"] == "phase" and report["lot"] == self._shown and report["phase"] != "SCHEDULED":
            self._enter(str(report["phase"]))
        self.display.heard(report)


_KILL_STATIONS = frozenset(
    {"submit", "CLOSING", "IDENTIFYING", "DECRYPTING", "ADMITTED", "OPENING", "READING", "CONFIRMING"}
    | {"OBJECTION", "RECORD_SIGN", "SEALING"}
)


def _official(plan: Plan, number: int) -> Organisation:
    """The organisation of a sealing seat: the officer's of that number, or one of its own."""
    return plan.officers[number] if number < len(plan.officers) else officer_organisation(number)


def _suffix(plan: Plan, number: int) -> str:
    """Names of agents tell the lot only where there are several."""
    return f"-lot{number + 1}" if plan.lots > 1 else ""


def _cannot_kill() -> float:
    raise ClientError("kill-remote", "only a server of the rehearsal's own can be killed")
