"""What a verified archive says came out: lines read, bids that failed, and the hall's end."""

from __future__ import annotations

from typing import Any

from bidding.verify.case import Case
from bidding.verify.report import Findings
from opening_hall.seats import BidId
from opening_hall.state import Bid, State


def tell_outcome(case: Case, findings: Findings) -> None:
    """Fill the report's facts from the state that the events gave."""
    state = case.state
    if state is None:
        return
    read = [_line(state, bid, part) for bid in state.bids.values() for part in bid.read]
    failed = [_failure(bid) for bid in state.bids.values() if bid.failure is not None]
    case.facts |= {
        "lot": case.opened.manifest.lot,
        "tender": case.opened.manifest.tender,
        "title": case.setup.title,
        "phase": str(state.phase),
        "closed": len(state.bids),
        "listed": len(state.order),
        "read": sorted(read, key=lambda line: (line["part"], line["number"])),
        "failed": failed,
        "superseded": [str(bid.id) for bid in state.bids.values() if bid.superseded is not None],
        "record": state.record.sha256,
        "rightOf": str(case.opened.manifest.right),
    }
    if state.ending is not None:
        case.facts["ending"] = str(state.ending.failed or state.ending.aborted or "")
    if state.draw.value:
        case.facts["drawn"] = state.draw.value
    findings.note(f"{len(read)} lines read, {len(failed)} bids failed")


def _line(state: State, bid: Bid, part: str) -> dict[str, Any]:
    opening = bid.openings[part]
    return {
        "part": part,
        "number": bid.number,
        "bid": str(bid.id),
        "bidder": bid.identity.name if bid.identity else "",
        "creditCode": str(bid.identity.credit_code) if bid.identity else "",
        "price": opening.form.get("price", ""),
        "form": dict(opening.form),
        "admitted": BidId(bid.id) in state.admitted,
    }


def _failure(bid: Bid) -> dict[str, Any]:
    failure = bid.failure
    if failure is None:
        return {}
    return {
        "bid": str(bid.id),
        "bidder": bid.identity.name if bid.identity else "",
        "creditCode": str(bid.identity.credit_code) if bid.identity else "",
        "stage": str(failure.stage),
        "reason": failure.reason,
        "cause": str(failure.cause or failure.proposed),
        "effect": str(failure.effect),
    }
