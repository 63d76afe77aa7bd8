"""A hall with a thousand bidders: the server's own views of it, served to a page in place of a socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hall_given import PLATFORM, PUBLIC, Hall, bid, bidder, closed, identity, opening
from playwright.sync_api import Page, WebSocketRoute

from ceremony.patch import diff, prune
from crypto.canonical import iso
from opening_hall import domain as d
from opening_hall import view as views

LOT = "l_crowd2345"


class Crowd:
    """Plays the opening in memory and tells the page what a server would tell it."""

    def __init__(self, bidders: int) -> None:
        now = views_clock()
        rules = d.Rules(phase_a_seconds=1800, line_seconds=5)
        self.hall = Hall(rules, bids=bidders, opens_at=now - timedelta(minutes=1))
        self.hall.now = now - timedelta(minutes=2)
        self.route: WebSocketRoute | None = None
        self.seen: dict[str, Any] = {}
        self.version = 0

    def to_decryption(self) -> None:
        hall = self.hall
        hall.to_closing()
        received = hall.now - timedelta(minutes=30)
        live = {bid(n): closed(n, received + timedelta(seconds=n / 10)) for n in range(hall.count)}
        hall.later(1).do(PLATFORM, d.Close(live))
        hall.release_identities()
        hall.report({bid(n): identity(n) for n in range(hall.count)})

    def everybody_releases(self, but: int) -> None:
        hall = self.hall
        for n in range(hall.count - but):
            hall.later(0.01).do(bidder(n), d.SignIn(f"代表{n}", "0" * 64))
            hall.do(bidder(n), d.AcknowledgeWrap(bid(n)))
            hall.do(bidder(n), d.ReleaseKey(bid(n), "main"))

    def read_all(self) -> None:
        hall = self.hall
        hall.sign_admitted().open_all({bid(n): opening(n) for n in range(hall.count)})

    # --- the page's side

    def serve(self, page: Page) -> None:
        page.route_web_socket("**/ws*", self._socket)

    def tell(self) -> None:
        """A patch from what the page has to how things stand."""
        assert self.route is not None
        new = views.view(self.hall.state, views.ANYONE)
        version = len(self.hall.events)
        frame = {"v": version, "since": self.version, "at": iso(self.hall.now), "patch": diff(self.seen, new)}
        self.seen, self.version = new, version
        self.route.send(json.dumps(frame))

    def _socket(self, route: WebSocketRoute) -> None:
        self.route = route
        route.on_message(lambda text: self._heard(json.loads(text), route.send))

    def _heard(self, message: dict[str, Any], send: Callable[[str], None]) -> None:
        if "ping" in message:
            send(json.dumps({"pong": message["ping"], "now": iso(views_clock())}))
        if "hello" in message:
            self.seen, self.version = views.view(self.hall.state, views.ANYONE), len(self.hall.events)
            mine = views.mine(self.hall.state, PUBLIC)
            whole = {"v": self.version, "at": iso(self.hall.now), "seat": str(PUBLIC)}
            send(json.dumps({**whole, "view": prune(self.seen), "mine": prune(mine)}))


def views_clock() -> Any:
    """The test's clock: the page counts down by the real one."""
    from bidding.client.clock import local_now

    return local_now()
