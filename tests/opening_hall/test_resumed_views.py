"""Every seat of an opening hall, after any losses of its connection, sees what a fresh client sees."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import hall_given as g
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from resume import check_resume

from ceremony.errors import Refusal
from crypto.canonical import canon
from crypto.translog.store import Stored
from opening_hall import codec
from opening_hall import domain as d
from opening_hall.hall import HALL, HALL_VIEWS


class Recorded(g.Hall):
    """A hall that keeps its events as the log would."""

    def __init__(self, bids: int) -> None:
        self.stored: list[Stored] = []
        super().__init__(bids=bids)

    def append(self, event: d.Event) -> None:
        kind, body = codec.encode(event)
        canon(body)
        n = len(self.stored)
        self.stored.append(
            Stored(n, "hall:l_1", n + 1, kind, "platform:", dict(body), bytes(32), self.now, None, bytes(32))
        )
        super().append(event)


def seats(bids: int) -> list[str]:
    named = [g.HOST, g.DEPUTY, g.TENDERER, g.SUPERVISOR, g.AGENCY, g.OWNER, g.PUBLIC, g.PUBLIC]
    # One bidder who is on the list, one who is not.
    own = [seat for n in range(bids) for seat in (g.bidder(n), g.receipt(n))]
    return [str(seat) for seat in (*named, *own, g.bidder(77))]


class Lively(Recorded):
    """Between the acts of the happy path everybody does what comes to mind; refusals are part of it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.idle = True
        super().__init__(3)

    def do(self, seat: d.Seat, command: d.Command) -> tuple[d.Event, ...]:
        if self.idle:
            self.idle = False
            for _ in range(self.random.randrange(4)):
                self.try_something(self.random.randrange(3))
            self.idle = True
        return super().do(seat, command)

    def try_something(self, n: int) -> None:
        objection = f"o_{len(self.events)}"
        acts: list[tuple[d.Seat, d.Command]] = [
            (g.bidder(n), d.SignIn(f"代表{n}", g.sha(f"cert{n}"))),
            (g.bidder(n), d.Say("请说明")),
            (g.SUPERVISOR, d.Say("已阅")),
            (g.receipt(n), d.AcknowledgeWrap(g.bid(n))),
            (g.bidder(n), d.ConfirmLine(g.bid(n))),
            (g.bidder(n), d.RaiseObjection(objection, "异议", g.SIGNATURE)),
            (g.bidder(n), d.SignRecord(g.sha("pdf"), g.sha(f"cms{n}"))),
            (g.receipt(n), d.ReleaseKey(g.bid(n), "main", failure="wrong-key")),
            (g.DEPUTY, d.HandOverHost("p_deputy", "接任", g.SIGNATURE)),
            (g.HOST, d.HandOverHost("p_deputy", "交接", g.SIGNATURE)),
        ]
        seat, command = self.random.choice(acts)
        with suppress(Refusal):
            super().do(seat, command)


@pytest.fixture(scope="module")
def history() -> list[Stored]:
    hall = Recorded(3).to_recorded()
    assert hall.state.phase is d.Phase.RECORDED
    return hall.stored


@pytest.fixture(scope="module")
def lively() -> list[list[Stored]]:
    """Openings that went as far as their people let them."""
    found = []
    for seed in range(12):
        hall = Lively(seed)
        with suppress(Refusal):
            hall.to_recorded()
        found.append(hall.stored)
    assert max(map(len, found)) > 40
    return found


@given(random=st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_a_whole_opening(history: list[Stored], random: Random) -> None:
    check_resume(HALL, HALL_VIEWS, history, seats(3), random)


@given(random=st.randoms(use_true_random=False), stop=st.integers(0, 200))
@settings(max_examples=40)
def test_an_opening_under_way(history: list[Stored], random: Random, stop: int) -> None:
    check_resume(HALL, HALL_VIEWS, history[: stop % (len(history) + 1)], seats(3), random)


@given(random=st.randoms(use_true_random=False), which=st.integers(0, 11))
@settings(max_examples=60)
def test_a_lively_opening(lively: list[list[Stored]], random: Random, which: int) -> None:
    check_resume(HALL, HALL_VIEWS, lively[which], seats(3), random)
