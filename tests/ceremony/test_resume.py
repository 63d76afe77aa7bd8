"""Whatever happens to a connection, the client ends where everybody is."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from resume import START, STREAM, Told, Watcher, check_resume, settle
from toy_ceremony import TOY, TOY_VIEWS, Event, State

from ceremony import live as live_module
from ceremony.domain import Step, Views
from ceremony.errors import Refusal
from ceremony.live import Limits, Live
from crypto.translog.store import Stored

SEATS = ["host:", "voter:1", "voter:2", "public:", "public:"]


def stored(version: int, kind: str, seat: str, text: str) -> Stored:
    at = START + timedelta(milliseconds=version)
    return Stored(version - 1, "hall:x", version, kind, seat, {"text": text}, bytes(32), at, None, bytes(32))


@st.composite
def histories(draw: st.DrawFn) -> list[Stored]:
    kinds = draw(st.lists(st.sampled_from(["Said", "Said", "Put", "Opened"]), max_size=40))
    seats = draw(st.lists(st.sampled_from(["voter:1", "voter:2", "host:"]), min_size=40, max_size=40))
    return [stored(n, kind, seats[n - 1], f"t{n}") for n, kind in enumerate(kinds, 1)]


@given(histories(), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_a_resumed_client_sees_what_a_fresh_one_sees(history: list[Stored], random: Random) -> None:
    check_resume(TOY, TOY_VIEWS, history, SEATS, random)


def step(version: int, state: State, **changes: Any) -> Step[State, Event]:
    at = START + timedelta(milliseconds=version)
    return Step(version, at, "host:", Event("Said", "host:", "", version, at), state)


def live_on(told: Told, views: Views[Any, Any] = TOY_VIEWS, **options: Any) -> Live:
    return Live(cast("Any", told), views, clock=lambda: START, problem=lambda e: {}, coalesce=0, **options)


def run(main: Any) -> None:
    asyncio.run(main())


def test_a_client_a_little_behind_gets_a_patch_and_one_far_behind_the_whole_view(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_module, "PAST", 3)

    async def main() -> None:
        told = Told(State())
        live = live_on(told)
        here, near, far = Watcher("host:"), Watcher("host:"), Watcher("host:")
        for watcher in (here, near, far):
            await live.join(watcher, STREAM, None)
        far.pause()
        for version in range(1, 7):
            if version == 5:
                near.pause()
            told.tell([step(version, State(said={str(version): "x"}, version=version))])
            await settle()
        near.resume()
        far.resume()
        assert (
            near.view == far.view == here.view == {"opened": False, "count": 0, "said": {"6": {"text": "x"}}}
        )
        assert near.patches == 5 and far.patches == 0 and here.patches == 6

    run(main)


def test_a_burst_is_one_frame() -> None:
    async def main() -> None:
        told = Told(State())
        live = live_on(told)
        watcher = Watcher("host:")
        await live.join(watcher, STREAM, None)
        told.tell([step(1, State(opened=True))])
        for version in range(2, 50):
            told.tell([step(version, State(opened=True, said={str(version): "x"}))])
        await settle()
        assert watcher.version == 49 and watcher.patches == 2, "the first at once, the others together"

    run(main)


def test_a_view_that_cannot_be_made_does_not_end_the_hall() -> None:
    def view(state: State, audience: str) -> dict[str, Any]:
        if state.said.get("1") == "bad":
            raise ZeroDivisionError
        return dict(state.said)

    async def main() -> None:
        told = Told(State())
        live = live_on(told, Views(TOY_VIEWS.audience, view, TOY_VIEWS.mine, TOY_VIEWS.touched))
        watcher = Watcher("host:")
        await live.join(watcher, STREAM, None)
        told.tell([step(1, State(said={"1": "bad"}))])
        await settle()
        assert watcher.version == 0
        told.tell([step(2, State(said={"1": "good"}))])
        await settle()
        assert watcher.version == 2 and watcher.view == {"1": "good"}

    run(main)


def test_a_full_hall_sends_newcomers_away() -> None:
    async def main() -> None:
        live = live_on(Told(State()), limits=Limits(viewers=1))
        first, second = Watcher("host:"), Watcher("host:")
        await live.join(first, STREAM, None)
        with pytest.raises(Refusal) as caught:
            await live.join(second, STREAM, None)
        assert caught.value.code == "hall-full"
        assert live.present(STREAM) == {"host:": 1}
        live.leave(first)
        live.leave(first)
        await live.join(second, STREAM, None)
        assert second.version == 0 and live.present("hall:other") == {}

    run(main)


def test_a_stream_that_cannot_be_read_lets_nobody_in() -> None:
    class Broken(Told):
        def follow(self, stream: str, listener: Any) -> Any:
            raise LookupError("no database")

    async def main() -> None:
        told = Broken(State())
        live = live_on(told)
        watcher = Watcher("host:")
        with pytest.raises(LookupError):
            await live.join(watcher, STREAM, None)
        assert watcher.hall is None and live.present(STREAM) == {}
        await settle()

    run(main)
