"""One-time upload tickets: a fixed monthly batch that every account draws, whether it bids or not."""

from __future__ import annotations

from pathlib import Path

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.http import Api
from bidding.client.pins import home
from bidding.client.upload import alone, load, save
from crypto.canonical import iso


def tickets_file() -> Path:
    """Where this user's tickets are kept, whichever of its accounts drew them."""
    return home() / "tickets.json"


def keep_tickets(api: Api, account: str, store: Path) -> None:
    """Draw the month's batch at the first sign-in of the month, for every account alike.

    Who draws then says nothing about who bids. A refusal is no reason not to go on.
    """
    month = f"{local_now():%Y-%m}"
    held = load(store)
    if held.get("drawn", {}).get(account) == month:
        return
    try:
        draw_tickets(api, store)
    except ClientError as exc:
        if exc.unreachable:
            return
    with alone(store):
        held = load(store)
        save(store, {**held, "drawn": {**held.get("drawn", {}), account: month}})


def draw_tickets(api: Api, store: Path) -> int:
    """Draw the month's batch into a file of the bidder's own; how many tickets it now holds.

    A few batches are given at once, so that a lost answer costs nothing. Raises `ClientError`.
    """
    answer = api.post("/tickets", {}, repeatable=True)
    with alone(store):
        held = load(store)
        tickets = [*held.get("tickets", []), *answer["tickets"]]
        save(store, {**held, "tickets": tickets, "usableUntil": answer["usableUntil"]})
    return len(tickets)


def take_ticket(store: Path) -> str:
    """Take one ticket out of the file, so that none is used twice. Raises `ClientError("no-ticket")`."""
    with alone(store):
        held = load(store)
        tickets = list(held.get("tickets", []))
        if not tickets or held.get("usableUntil", "") < iso(local_now()):
            raise ClientError("no-ticket", "draw upload tickets first: kaibiao tickets")
        ticket = str(tickets.pop(0))
        save(store, {**held, "tickets": tickets})
    return ticket
