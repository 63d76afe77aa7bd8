"""Single acts in the hall for people at a command line: wait for the moment, act, report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bidding.client import bidder as acts
from bidding.client.errors import ClientError
from bidding.client.hall import Hall, new_command_id
from bidding.client.host import signed
from bidding.client.http import Api, segment
from crypto import statements as receipts
from crypto.canonical import unb64
from crypto.errors import Invalid
from crypto.manifest import Manifest, parse_manifest
from crypto.signing import Signer
from opening_hall import statements

#: How long a command waits for the hall to let it act, in seconds.
PATIENCE = 4 * 3600.0
#: How long the first look at a hall may take, in seconds.
FIRST_SIGHT = 60.0
OVER = frozenset({"RECORDED", "FAILED", "ABORTED"})


@contextmanager
def seated(
    api: Api, lot: str, *, wanted: str = "", told: Callable[[str], None] | None = None
) -> Iterator[Hall]:
    """A live connection that has seen the hall once: its seat and what it may do are known."""
    with Hall(api, lot, wanted=wanted) as hall:
        hall.until(lambda seen: seen.version is not None, seconds=FIRST_SIGHT)
        if told is not None:
            told(hall.phase)
        yield hall


def receipt_proof(api: Api, held: acts.Held) -> Callable[[], tuple[str, str]]:
    """Proof of a bid's receipt key, asked for anew at every connection."""
    lot = held.manifest.ctx.lot

    def prove() -> tuple[str, str]:
        challenge = str(api.get(f"/halls/{segment(lot)}/challenge")["challenge"])
        statement = statements.seat_proof(lot, challenge)
        return challenge, receipts.sign_statement(held.secrets.receipt_private, dict(statement))

    return prove


def wait_for(hall: Hall, command: str, told: Callable[[str], None], also: Callable[[Hall], bool]) -> None:
    """Follow the hall until this seat may give `command`; take the seat in person (签到) as soon as that is
    open.

    Raises `ClientError("hall-over")` when it never may.
    """
    phase = ""
    while not (command in hall.may and also(hall)):
        hall.take_seat()
        if hall.phase != phase:
            phase = hall.phase
            told(phase)
        if hall.phase in OVER:
            raise ClientError("hall-over", f"the hall ended as {hall.phase}", phase=hall.phase)
        hall.next(5.0)


def manifest_of(api: Api, lot: str, bid: str) -> Manifest:
    """A bid's manifest as the hall serves it to anybody from Closed on. Raises `ClientError`."""
    served = api.get(f"/halls/{segment(lot)}/wraps/{segment(bid)}")
    try:
        manifest = parse_manifest(unb64(served["manifest"]))
    except (Invalid, KeyError) as exc:
        raise ClientError("manifest-foreign", str(exc)) from exc
    if manifest.bid != bid:
        raise ClientError("manifest-foreign", "the hall served another bid's manifest")
    return manifest


def own_line(hall: Hall) -> dict[str, Any]:
    """One's own line as read: the form, or empty while it has not been read."""
    row = hall.view.get("bids", {}).get(hall.mine.get("bid"), {})
    line = row.get("parts", {}).get(hall.view.get("part"), {})
    return dict(line.get("form") or {}) if line.get("readAt") else {}


def confirm_line(hall: Hall, signer: Signer) -> dict[str, Any]:
    """Confirm one's own line with a signature over it (报价确认). Raises `ClientError`."""
    bid, part, form = hall.mine["bid"], hall.view["part"], own_line(hall)
    cms = signed(statements.line(hall.lot, bid, part, form), signer)
    return hall.do("ConfirmLine", bid=bid, cms=cms)


def raise_objection(hall: Hall, text: str, signer: Signer) -> str:
    """Object on the spot (异议); the id under which it is answered. Raises `ClientError`."""
    name = f"x-{new_command_id()[:16]}"
    cms = signed(statements.objection(hall.lot, name, text), signer)
    hall.do("RaiseObjection", objection=name, text=text, cms=cms)
    return name
