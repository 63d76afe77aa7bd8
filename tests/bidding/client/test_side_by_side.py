"""Commands of one user run side by side: what they remember is neither lost nor given twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from bidding.client.clock import local_now
from bidding.client.pins import pin_keyset
from bidding.client.tickets import take_ticket
from bidding.client.upload import load, save
from crypto.canonical import iso


def test_no_ticket_is_taken_twice(tmp_path: Path) -> None:
    store = tmp_path / "tickets.json"
    tickets = [f"ticket-{n}" for n in range(40)]
    save(store, {"tickets": tickets, "usableUntil": iso(local_now() + timedelta(days=1))})
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take_ticket(store), range(40)))
    assert sorted(taken) == sorted(tickets)
    assert load(store)["tickets"] == []


def test_no_keyset_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "home" / "keysets.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: pin_keyset(f"l_{n}", f"{n:064x}", path=path), range(40)))
    assert load(path) == {f"l_{n}": f"{n:064x}" for n in range(40)}
