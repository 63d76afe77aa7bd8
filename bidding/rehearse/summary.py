"""The summary of a rehearsal: one JSON object, and the same for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bidding.rehearse.driver import Played
from bidding.rehearse.findings import Event, Failure, Hall, Line, missing_facts
from bidding.rehearse.ledger import Ledger
from bidding.rehearse.misbehaviour import EXPECTED, Effect, Misbehaviour, Outcome
from bidding.rehearse.plan import BidderPlan, Plan
from bidding.rehearse.statistics import spread


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome by bidder, as the archive has it and as the rule book wants it."""

    bidder: BidderPlan
    outcome: Outcome
    reason: str
    line: Line | None

    short_of_shares: bool = False
    """No officer was left to make good a false share."""

    @property
    def expected(self) -> bool:
        """Whether this is what the rule book says must come of the bidder's behaviour."""
        if self.outcome.effect is Effect.UNOPENED:
            # Whether too few bids were counted is for the verifier, which replays the rules.
            return True
        if self.short_of_shares and self.reason in ("false-share", "shares-missing"):
            return self.outcome.effect is Effect.WITHDRAWN
        way = self.bidder.misbehaviour
        wanted = EXPECTED[way] if way is not None else Outcome(Effect.OPENED)
        return self.outcome == wanted


def results_of(plan: Plan, ledger: Ledger, halls: Mapping[int, Hall]) -> list[Result]:
    """One result per planned bidder."""
    bids = _bids_by_agent(ledger)
    found = []
    for bidder in plan.bidders:
        hall = halls[bidder.lot]
        lines = {line.bid: line for line in hall.lines}
        failures = {failure.bid: failure for failure in hall.failures}
        own = [bid for bid in bids.get(bidder.key, []) if bid in hall.bids]
        line = next((lines[bid] for bid in own if bid in lines), None)
        failure = next((failures[bid] for bid in own if bid in failures), None)
        if hall.failed_code and line is None and failure is None and own:
            found.append(Result(bidder, Outcome(Effect.UNOPENED), hall.failed_code, None))
            continue
        short = plan.false_shares > 0 and plan.quorum == len(plan.officers)
        found.append(replace(_result(bidder, ledger, line, failure), short_of_shares=short))
    return found


def _bids_by_agent(ledger: Ledger) -> dict[str, list[str]]:
    bids: dict[str, list[str]] = {}
    for fact in ledger.acknowledged:
        if fact.type == "Receipt":
            bids.setdefault(fact.agent, []).append(fact.match["bid"])
    return bids


def _result(bidder: BidderPlan, ledger: Ledger, line: Line | None, failure: Failure | None) -> Result:
    if line is not None:
        return Result(bidder, Outcome(Effect.OPENED), "", line)
    if failure is not None:
        return Result(bidder, Outcome(Effect(failure.effect), failure.cause), failure.reason, None)
    refused = ledger.find(bidder.key, "upload-refused")
    if refused is not None:
        return Result(bidder, Outcome(Effect.REFUSED, "BIDDER"), str(refused["code"]), None)
    return Result(bidder, Outcome(Effect.PENDING, "UNKNOWN"), "no-trace", None)


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that is printed."""

    plan: Plan
    played: Played
    ledger: Ledger
    halls: Mapping[int, Hall]
    events: Mapping[str, Sequence[Event]]
    verified: bool
    verification: Mapping[str, Any]
    kills: int
    restarts_s: Sequence[float]
    extra: Mapping[str, Any]

    @property
    def results(self) -> list[Result]:
        return results_of(self.plan, self.ledger, self.halls)

    @property
    def lost(self) -> int:
        return len(missing_facts(self.ledger.acknowledged, self.events))

    @property
    def as_expected(self) -> bool:
        """Every bidder ended as the rule book says, every price read is the one its bidder sealed.

        And: a false share is named in the record, the duty did pass to the deputy, where that was asked for.
        """
        officers = bool(self._false_shares) == bool(self.plan.false_shares)
        hosts = bool(self._handovers) == self.plan.deputy_host
        return (
            all(result.expected for result in self.results) and not self.wrong_prices and officers and hosts
        )

    @property
    def _false_shares(self) -> list[dict[str, Any]]:
        """Shares that contradicted their commitment, by officer, as the archive has them."""
        return [
            {"seat": event["body"]["by"], "bids": sorted(event["body"]["false"])}
            for events in self.events.values()
            for event in events
            if event["type"] in ("IdentitySharesReleased", "HallSharesReleased")
            and event["body"].get("false")
        ]

    @property
    def _handovers(self) -> list[dict[str, Any]]:
        """Passings of the host's duty, as the archive has them."""
        return [
            {"from": event["body"]["previous"], "to": event["body"]["to"]}
            for events in self.events.values()
            for event in events
            if event["type"] == "HostHandedOver"
        ]

    @property
    def wrong_prices(self) -> list[str]:
        return [
            result.bidder.organisation.name
            for result in self.results
            if result.line is not None and result.line.price != result.bidder.price
        ]

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints; documented in docs/howto/rehearsal.md."""
        results, played = self.results, self.played
        failed = [result for result in results if result.line is None]
        lots = list(played.lots)
        return {
            "title": self.plan.title,
            "ceiling": self.plan.ceiling,
            "bidders": len(results),
            "opened": len(results) - len(failed),
            "failed": len(failed),
            "failures": [
                {
                    "bidder": result.bidder.organisation.name,
                    "cause": result.outcome.cause,
                    "effect": result.outcome.effect.value,
                    "reason": result.reason,
                    "misbehaviour": result.bidder.misbehaviour.value if result.bidder.misbehaviour else "",
                }
                for result in failed
            ],
            "superseded": sum(len(hall.superseded) for hall in self.halls.values()),
            "false_shares": self._false_shares,
            "handovers": self._handovers,
            "as_expected": self.as_expected,
            "unexpected": [result.bidder.organisation.name for result in results if not result.expected],
            "read": [
                {"bidder": line.bidder, "price": line.price}
                for number in sorted(self.halls)
                for line in self.halls[number].lines
            ],
            "officers": len(self.plan.officers),
            "quorum": self.plan.quorum,
            "lots": lots,
            "size": self.plan.size,
            "phases": [phase.as_json() for phase in played.phases],
            "opening_wall_s": round(played.opening_wall_s, 3),
            "release_ack_ms": spread(self.ledger.release_ms).as_json(),
            "fanout_ms": spread(self.ledger.fan_out()).as_json(),
            "server_cpu_s": _rounded(played.server_cpu_s),
            "clients_cpu_s": _rounded(played.clients_cpu_s),
            "bytes": self._bytes(),
            "acknowledged": len(self.ledger.acknowledged),
            "kills": self.kills,
            "restarts_s": list(self.restarts_s),
            "lost": self.lost,
            "agents": self._agents(),
            "isolation": "users" if played.separate_users else "directories",
            "record_pdf": str(played.records[lots[0]]),
            "archive": str(played.archives[lots[0]]),
            "records": [str(played.records[lot]) for lot in lots],
            "archives": [str(played.archives[lot]) for lot in lots],
            "verified": self.verified,
            "verification": dict(self.verification),
            **self.extra,
        }

    def _agents(self) -> dict[str, Any]:
        """How many processes took part, and what the ended ones used: MiB resident (shared pages too), CPU
        s."""
        ended = [report for name, report in self.ledger.exited.items() if name != "zygote"]
        return {
            "count": self.ledger.counts["spawned"],
            "rss_mib": spread(report["rss_kib"] / 1024 for report in ended).as_json(),
            "cpu_s": spread(report["cpu_s"] for report in ended).as_json(2),
        }

    def _bytes(self) -> dict[str, int]:
        done = self.ledger.reports("done")
        return {
            "clients_sent": sum(int(report.get("bytes_sent", 0)) for report in done),
            "clients_received": sum(int(report.get("bytes_received", 0)) for report in done),
            "archives": sum(_size(path) for path in self.played.archives.values()),
            "records": sum(_size(path) for path in self.played.records.values()),
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def print_summary(summary: Summary, console: Console) -> None:
    """The summary for people (Chinese first)."""
    facts = summary.as_json()
    phases = Table(title="阶段 phases", box=None)
    for column in ("phase", "wall s", "CPU s"):
        phases.add_column(column, justify="left" if column == "phase" else "right")
    for phase in facts["phases"]:
        cpu = "" if phase["cpu_s"] is None else f"{phase['cpu_s']:.2f}"
        phases.add_row(phase["name"], f"{phase['wall_s']:.2f}", cpu)
    console.print(phases)
    console.print(
        f"投标 bidders {facts['bidders']}  开启 opened {facts['opened']}  未开启 failed {facts['failed']}"
    )
    for failure in facts["failures"]:
        console.print(
            f"  {failure['bidder']}: {failure['cause']} → {failure['effect']} ({failure['reason']})"
        )
    for name, label in (
        ("release_ack_ms", "释放到回执 release to acknowledge"),
        ("fanout_ms", "事件到最后一个客户端 fan-out"),
    ):
        figures = facts[name]
        console.print(f"{label}: p50 {figures['p50']} ms  p95 {figures['p95']} ms  max {figures['max']} ms")
    console.print(f"截止到签署完成 T to signed record: {facts['opening_wall_s']} s")
    if facts["kills"]:
        console.print(f"SIGKILL {facts['kills']}  丢失 lost {facts['lost']} of {facts['acknowledged']}")
    human = facts.get("human")
    if human:
        console.print(
            f"真人节奏（模拟时钟）at human pace, simulated clock: {human['minutes']} 分钟 min, "
            f"主持人动作 host acts {human['host_acts']}: {', '.join(human['acts'])}"
        )
    console.print(f"记录 record  {facts['record_pdf']}")
    console.print(f"存档 archive {facts['archive']}")
    console.print("验证 verified" if facts["verified"] else "验证未通过 NOT VERIFIED")


def misbehaving(options: Mapping[Misbehaviour, int]) -> dict[Misbehaviour, int]:
    """Only those that were asked for."""
    return {way: count for way, count in options.items() if count > 0}
