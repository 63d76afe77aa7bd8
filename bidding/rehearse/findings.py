"""What the verified archive says happened to every bidder, and whether every acknowledged fact is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bidding.rehearse.ledger import Acknowledged

Event = Mapping[str, Any]
"""One hall event of the archive: {"type", "seat", "body", "at", "version"}."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was read out (唱标): bid, name, credit code and price as the archive has them."""

    bid: str
    bidder: str
    credit_code: str
    price: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A bid that was not opened or not read: whose doing, what follows, and why, as the archive has them."""

    bid: str
    bidder: str
    cause: str
    effect: str
    reason: str = ""

    def as_json(self) -> dict[str, str]:
        return {"bidder": self.bidder, "cause": self.cause, "effect": self.effect, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Hall:
    """One lot's hall as its archive tells it."""

    lines: tuple[Line, ...]
    failures: tuple[Failure, ...]
    superseded: tuple[str, ...]
    bids: Mapping[str, str]
    """Live bids at the deadline with their submissions."""
    failed_code: str = ""


def parse_hall(events: Sequence[Event]) -> Hall:
    """Fold the events of one hall. Unknown types are passed over."""
    names: dict[str, tuple[str, str]] = {}
    bids: dict[str, str] = {}
    reasons: dict[str, tuple[str, str]] = {}
    decided: dict[str, tuple[str, str, str]] = {}
    openings: dict[str, Mapping[str, Any]] = {}
    superseded: dict[str, str] = {}
    read: list[str] = []
    failed_code = ""
    for event in events:
        body = event["body"] or {}
        match event["type"]:
            case "Closed":
                bids = {bid: facts["submission"] for bid, facts in body["bids"].items()}
            case "IdentitiesVerified":
                reasons |= {bid: ("", str(why)) for bid, why in body.get("waiting", {}).items()}
                for bid in body["results"]:
                    reasons.pop(bid, None)
                for bid, result in body["results"].items():
                    names[bid] = (result.get("name", ""), result.get("creditCode", ""))
                    if not result["ok"]:
                        reasons[bid] = (str(result.get("cause") or ""), str(result.get("reason", "")))
            case "DuplicatesResolved":
                superseded |= {bid: str(entry.get("rule", "")) for bid, entry in body["superseded"].items()}
            case "ListAnnounced":
                names |= {row["bid"]: (row["name"], row["creditCode"]) for row in body["rows"]}
            case "DecryptionEnded":
                reasons |= {bid: (str(cause), "not-released") for bid, cause in body["missing"].items()}
            case "BidsOpened":
                openings |= dict(body["results"])
            case "Adjudicated":
                decided[body["bid"]] = (str(body["cause"]), str(body["effect"]), str(body["reason"]))
            case "LineRead":
                read.append(body["bid"])
            case "Failed":
                failed_code = str(body["code"])
            case _:
                continue
    for bid, opening in openings.items():
        if not opening["ok"]:
            reasons[bid] = (str(opening.get("cause") or ""), str(opening.get("reason", "")))
    lines = tuple(
        Line(bid, *names.get(bid, ("", "")), price=str(openings[bid].get("form", {}).get("price", "")))
        for bid in dict.fromkeys(read)
        if openings.get(bid, {}).get("ok")
    )
    opened = {line.bid for line in lines}
    failures = tuple(
        _failure(bid, names.get(bid, ("", ""))[0], reasons.get(bid), decided.get(bid))
        for bid in bids
        if bid not in opened and bid not in superseded and (bid in reasons or bid in decided)
    )
    return Hall(lines, failures, tuple(superseded), bids, failed_code)


def _failure(
    bid: str, name: str, reason: tuple[str, str] | None, decided: tuple[str, str, str] | None
) -> Failure:
    cause, why = reason or ("", "")
    if decided is None:
        return Failure(bid, name, cause or "UNKNOWN", "pending", why)
    return Failure(bid, name, decided[0], decided[1], why or decided[2])


def missing_facts(
    acknowledged: Iterable[Acknowledged], halls: Mapping[str, Sequence[Event]]
) -> list[Acknowledged]:
    """Acknowledged facts that the archives of their lots do not have: the server lost them."""
    indexed = {lot: _by_type(events) for lot, events in halls.items()}
    return [fact for fact in acknowledged if fact.lot in halls and not _found(fact, indexed[fact.lot])]


def _by_type(events: Sequence[Event]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        found.setdefault(event["type"], []).append({"seat": event["seat"], **(event["body"] or {})})
    return found


def _found(fact: Acknowledged, events: Mapping[str, list[Mapping[str, Any]]]) -> bool:
    if fact.type == "Receipt":
        closed = events.get("Closed", [{"bids": {}}])[0]["bids"]
        entry = closed.get(fact.match["bid"], {})
        return bool(entry) and entry["submission"] == fact.match["submission"]
    wanted = fact.match.items()
    return any(all(body.get(name) == value for name, value in wanted) for body in events.get(fact.type, []))
