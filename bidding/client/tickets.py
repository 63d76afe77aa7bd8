"""One-time upload tickets: a fixed monthly batch that every account draws, whether it bids or not."""

from __future__ import annotations

from pathlib import Path

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.http import Api
from bidding.client.upload import load, save
from crypto.canonical import iso


def draw_tickets(api: Api, store: Path) -> int:
    """Draw the month's batch into a file of the bidder's own; how many tickets it now holds.

    A few batches are given at once, so that a lost answer costs nothing. Raises `ClientError`.
    """
    answer = api.post("/tickets", {}, repeatable=True)
    held = load(store)
    tickets = [*held.get("tickets", []), *answer["tickets"]]
    save(store, {"tickets": tickets, "usableUntil": answer["usableUntil"]})
    return len(tickets)


def take_ticket(store: Path) -> str:
    """Take one ticket out of the file, so that none is used twice. Raises `ClientError("no-ticket")`."""
    held = load(store)
    tickets = list(held.get("tickets", []))
    if not tickets or held.get("usableUntil", "") < iso(local_now()):
        raise ClientError("no-ticket", "draw upload tickets first: kaibiao tickets")
    ticket = str(tickets.pop(0))
    save(store, {**held, "tickets": tickets})
    return ticket
