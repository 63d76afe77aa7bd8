"""Whatever anybody asks in whatever order: replay equals live, nothing opens early, a refusal is harmless."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hall_given import (
    AGENCY,
    DEPUTY,
    HOST,
    OWNER,
    PLATFORM,
    PUBLIC,
    SIGNATURE,
    SUPERVISOR,
    TENDERER,
    WATCH,
    Hall,
    T,
    bid,
    bidder,
    closed,
    identity,
    junk,
    opening,
    receipt,
    sha,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ceremony.errors import Refusal
from opening_hall import domain as d
from opening_hall import view as v
from opening_hall.guards import may

COUNT = 5
SEATS = (
    HOST,
    DEPUTY,
    TENDERER,
    SUPERVISOR,
    AGENCY,
    OWNER,
    WATCH,
    PLATFORM,
    PUBLIC,
    *(bidder(n) for n in range(COUNT)),
    *(receipt(n) for n in range(COUNT)),
)
numbers = st.integers(0, COUNT - 1)
BEFORE_B = (
    d.Phase.SCHEDULED,
    d.Phase.CLOSING,
    d.Phase.CLOSED,
    d.Phase.IDENTIFYING,
    d.Phase.LIST_ANNOUNCED,
    d.Phase.DECRYPTING,
    d.Phase.ADJUDICATING,
    d.Phase.ADMITTED,
)


def commands(state: d.State, n: int) -> dict[str, Callable[[], d.Command]]:
    """Plausible commands in this state, about bid `n` where one is meant."""
    admitted = state.admitted
    return {
        "Tick": d.Tick,
        "Close": lambda: d.Close({bid(i): closed(i) for i in range(COUNT)}),
        "ReleaseIdentityShares": lambda: (
            d.ReleaseIdentityShares(
                tuple(b for b in state.bids if b != bid(n)), {bid(n): "false-share"} if n == 0 else {}
            )
            if n == 0
            else d.ReleaseIdentityShares(tuple(state.bids))
        ),
        "ReportIdentities": lambda: d.ReportIdentities(
            {
                b: junk() if b == bid(4) and n == 4 else identity(int(b[2:]))
                for b, known in state.bids.items()
                if known.identity is None and known.failure is None
            }
        ),
        "SignIn": lambda: d.SignIn("某人", sha("certificate")),
        "StartDecryption": d.StartDecryption,
        "ExtendDecryption": lambda: d.ExtendDecryption(60 * (n + 1), "网络"),
        "EndDecryption": d.EndDecryption,
        "AcknowledgeWrap": lambda: d.AcknowledgeWrap(bid(n)),
        "ReleaseKey": lambda: d.ReleaseKey(bid(n), state.part, "hall", ""),
        "Diagnose": lambda: d.Diagnose("socket-loss", {"times": "1"}),
        "Adjudicate": lambda: d.Adjudicate(
            tuple(b.id for b in state.bids.values() if b.failure) or (bid(n),),
            d.Cause.PLATFORM if n else d.Cause.BIDDER,
            "依据日志",
            SIGNATURE,
        ),
        "FixAdmitted": d.FixAdmitted,
        "SignAdmitted": lambda: d.SignAdmitted(state.admitted_hash, SIGNATURE),
        "ReleaseHallShares": lambda: d.ReleaseHallShares(state.part, admitted if n else admitted[:1]),
        "ReportOpenings": lambda: d.ReportOpenings({b: opening(int(b[2:])) for b in admitted}),
        "StartReading": d.StartReading,
        "ReadNext": d.ReadNext,
        "ConfirmLine": lambda: d.ConfirmLine(bid(n)),
        "RaiseObjection": lambda: d.RaiseObjection(f"o{n}", "异议", SIGNATURE),
        "AnswerObjection": lambda: d.AnswerObjection(f"o{n}", "答复", d.Resolution.ANSWERED, SIGNATURE),
        "CloseObjections": d.CloseObjections,
        "Say": lambda: d.Say("话"),
        "Suspend": lambda: d.Suspend(d.SuspendCode.NETWORK, "断网"),
        "Resume": d.Resume,
        "HandOverHost": lambda: d.HandOverHost("p_deputy" if n % 2 else "p_host", "轮换", SIGNATURE),
        "ReportRendered": lambda: d.ReportRendered(sha("pdf"), 1, sha("minutes")),
        "SignRecord": lambda: d.SignRecord(state.record.rendered, SIGNATURE),
        "ReportAttached": lambda: d.ReportAttached(sha("attached")),
        "PrepareSeal": lambda: d.PrepareSeal(
            (state.seal_seats() or ("",))[min(len(state.record.sealed), 2)], sha("digest")
        ),
        "SealRecord": lambda: d.SealRecord(state.record.digest, SIGNATURE),
        "ReportSealed": lambda: d.ReportSealed(state.record.prepared_for, sha("sealed")),
    }


class AnyOpening(RuleBasedStateMachine):
    """Seats ask for what they like; most steps are what somebody may do, so that halls get far."""

    def __init__(self) -> None:
        super().__init__()
        self.hall = Hall(d.Rules(line_seconds=5), bids=COUNT)
        self.hall.at(T - timedelta(minutes=5))

    @initialize(steps=st.integers(0, 16))
    def the_opening_is_under_way(self, steps: int) -> None:
        for _ in range(steps):
            self.everybody_does_the_next_thing()

    def ask(self, seat: d.Seat, command: d.Command) -> None:
        before = self.hall.state
        due, since = before.deadline, before.suspended
        try:
            self.hall.do(seat, command)
        except Refusal:
            assert self.hall.state is before
            return
        after = self.hall.state
        if isinstance(command, d.Resume) and since is not None and due is not None:
            assert after.deadline is not None
            assert after.deadline - due >= self.hall.now - since.since

    @rule(seat=st.sampled_from(SEATS), n=numbers, data=st.data())
    def somebody_does_what_it_may(self, seat: d.Seat, n: int, data: st.DataObject) -> None:
        known = commands(self.hall.state, n)
        offered = [name for name in may(self.hall.state, seat) if name in known]
        if offered:
            self.ask(seat, known[data.draw(st.sampled_from(offered))]())

    @rule(seat=st.sampled_from(SEATS), n=numbers, data=st.data())
    def somebody_asks_anything(self, seat: d.Seat, n: int, data: st.DataObject) -> None:
        known = commands(self.hall.state, n)
        self.ask(seat, known[data.draw(st.sampled_from(sorted(known)))]())

    @rule(seconds=st.sampled_from([0.001, 1, 60, 1020, 3600]))
    def time_passes(self, seconds: float) -> None:
        self.hall.later(seconds)

    @rule()
    def everybody_does_the_next_thing(self) -> None:
        """One step of the plain course of things, whatever went before."""
        owners = [receipt(n) for n in range(COUNT)]
        for seat in (PLATFORM, AGENCY, OWNER, HOST, TENDERER, SUPERVISOR, *owners):
            for n in (1, int(seat.id[2:]) if seat.role is d.Role.RECEIPT else 1):
                known = commands(self.hall.state, n)
                plain = [x for x in may(self.hall.state, seat) if x in known and x in PLAIN]
                for name in plain:
                    self.ask(seat, known[name]())
        self.hall.tick()

    @invariant()
    def nothing_opens_early(self) -> None:
        state = self.hall.state
        for b in state.bids.values():
            if b.openings:
                assert state.phase not in BEFORE_B
                assert b.id in state.admitted
                assert b.released
                assert b.number
                assert len(state.admitted_signed) >= 2
                assert len(state.hall_released) >= 2
            if b.read:
                assert all(x in state.bids and state.bids[x].openings for x in state.reading)

    @invariant()
    def sealed_and_opened_conserve(self) -> None:
        state = self.hall.state
        assert len(state.bids) in (0, COUNT)
        assert set(state.admitted) <= set(state.contenders) <= set(state.order) <= set(state.bids)
        assert set(state.reading) <= set(state.admitted)
        stands = [v.status(b) for b in state.bids.values()]
        assert len(stands) == len(state.bids)
        if state.phase is d.Phase.RECORDED:
            assert not state.undecided()
            assert {b.id for b in state.bids.values() if b.read} == set(state.reading)

    @invariant()
    def outside_sees_no_bid_before_the_list(self) -> None:
        state = self.hall.state
        if not state.order:
            seen = v.view(state, v.BIDDER)
            assert set(seen) <= {"phase", "hall", "deadline", "suspended", "lostMs", "ending"}

    def teardown(self) -> None:
        folded = d.INITIAL
        for event in self.hall.events:
            folded = d.evolve(folded, event)
        assert folded == self.hall.state


PLAIN = frozenset(
    {
        "Close",
        "ReleaseIdentityShares",
        "ReportIdentities",
        "ReleaseKey",
        "FixAdmitted",
        "Adjudicate",
        "SignAdmitted",
        "ReleaseHallShares",
        "ReportOpenings",
        "ReportRendered",
        "ReportAttached",
        "PrepareSeal",
        "SealRecord",
        "ReportSealed",
    }
)

TestAnyOpening = AnyOpening.TestCase
TestAnyOpening.settings = settings(
    max_examples=40, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)


def same_course(prices: list[int], nonces: list[int], keys: list[int], sizes: list[int]) -> list[Any]:
    """Every view of every seat after every event until the first line is read."""
    hall = Hall(d.Rules(line_seconds=5), bids=3)
    seen: list[Any] = []

    def look(_: d.State, event: d.Event, after: d.State) -> None:
        if after.lines == 0:
            views = [v.view(after, kind) for kind in v.AUDIENCES]
            seen.append((type(event), views, [v.mine(after, seat) for seat in SEATS]))

    hall.listen.append(look)
    hall.to_opening()
    found = {
        bid(n): d.Opening(
            True, {"price": f"{prices[n]}.00", "quality": "合" * sizes[n]}, str(nonces[n]), str(keys[n]), ""
        )
        for n in range(3)
    }
    hall.release_hall()
    for b, result in found.items():
        hall.do(PLATFORM, d.ReportOpenings({b: result}))
    return seen


three = st.lists(st.integers(0, 10**9), min_size=3, max_size=3)


@settings(max_examples=25, deadline=None)
@given(three, three, three, st.lists(st.integers(0, 50), min_size=3, max_size=3))
def test_sealed_contents_do_not_show_before_they_are_read(
    prices: list[int], nonces: list[int], keys: list[int], sizes: list[int]
) -> None:
    """Non-interference: histories that differ only in what is sealed give equal views to every seat."""
    assert same_course(prices, nonces, keys, sizes) == same_course([1, 2, 3], [0, 0, 0], [9, 9, 9], [1, 1, 1])


@settings(max_examples=20, deadline=None)
@given(st.permutations([0, 1, 2]))
def test_who_bids_does_not_show_before_the_list(order: list[int]) -> None:
    """Swapping bidders behind the bids leaves every view of the outside equal until the list."""

    def outside(owners: list[int]) -> list[Any]:
        hall = Hall(bids=3)
        seen: list[Any] = []

        def look(_: d.State, event: d.Event, after: d.State) -> None:
            if not after.order:
                seen.append([v.view(after, kind) for kind in (v.BIDDER, v.ANYONE)])
                seen.append([v.mine(after, seat) for seat in SEATS if seat.role is not d.Role.OFFICER])

        hall.listen.append(look)
        hall.to_list({bid(n): identity(n, owner=owners[n]) for n in range(3)})
        return seen

    assert outside(order) == outside([0, 1, 2])
