"""A resumed client sees what a fresh client sees: one check for every domain that has views.

`check_resume` lets watchers of all seats come, stall, drop out and resume at random while the events of a
stream arrive, and compares what each has folded from its frames with the view of the final state.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, cast

from ceremony.domain import Domain, Step, Views
from ceremony.live import Hall, Live
from ceremony.patch import apply, prune
from ceremony.replay import replay
from crypto.translog.store import Stored

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
STREAM = "hall:watched"


class Told:
    """Stands in for the ceremony: tells its followers the steps that a test hands in."""

    def __init__(self, initial: Any) -> None:
        self._now: tuple[int, datetime, Any] = (0, START, initial)
        self._listeners: list[Callable[[Sequence[Step[Any, Any]]], None]] = []

    def follow(self, stream: str, listener: Callable[[Any], None]) -> tuple[int, datetime, Any]:
        self._listeners.append(listener)
        return self._now

    def unfollow(self, stream: str, listener: Callable[[Any], None]) -> None:
        self._listeners.remove(listener)

    def tell(self, steps: Sequence[Step[Any, Any]]) -> None:
        self._now = (steps[-1].version, steps[-1].at, steps[-1].state)
        for listener in list(self._listeners):
            listener(steps)


class Watcher:
    """A viewer that folds its frames as a client does."""

    def __init__(self, seat: str) -> None:
        self.seat = seat
        self.cursor = 0
        self.paused = False
        self.hall: Hall | None = None
        self.version: int | None = None
        self.view: Any = None
        self.mine: Any = None
        self.patches = 0

    def write(self, frame: bytes) -> None:
        length = frame[1]
        head = 2 if length < 126 else 4 if length == 126 else 10
        message = json.loads(frame[head:])
        assert not self.paused, "a viewer that does not read is not written to"
        if "view" in message:
            self.view, self.mine = message["view"], message["mine"]
        else:
            assert message["since"] == self.version, "a gap"
            assert message["v"] >= self.version
            self.view = apply(self.view, message["patch"])
            self.mine = apply(self.mine, message.get("mine", {}))
            self.patches += 1
        self.version = message["v"]

    def pause(self) -> None:
        self.paused = True
        if self.hall is not None:
            self.hall.fall_behind(self)

    def resume(self) -> None:
        self.paused = False
        if self.hall is not None:
            self.hall.return_to(self)


def check_resume(
    domain: Domain[Any, Any, Any],
    views: Views[Any, Any],
    events: Sequence[Stored],
    seats: Sequence[str],
    random: Random,
) -> None:
    """Raises AssertionError when any watcher ends with another view than a fresh one."""
    steps = list(replay(events, domain))
    asyncio.run(_watch(domain.initial(), views, steps, list(seats), random))


async def _watch(
    initial: Any, views: Views[Any, Any], steps: Sequence[Any], seats: list[str], random: Random
) -> None:
    told = Told(initial)
    live = Live(cast("Any", told), views, clock=lambda: START, problem=lambda error: {}, coalesce=0)
    watchers = [Watcher(seat) for seat in seats]
    at = 0
    while at < len(steps):
        for _ in range(random.randrange(3)):
            await _move(live, random.choice(watchers), random)
        count = random.choice((1, 1, 2, 5))
        told.tell(steps[at : at + count])
        at += count
        if random.random() < 0.7:
            await settle()
    for watcher in watchers:
        if watcher.hall is None:
            await live.join(watcher, STREAM, watcher.version)
        watcher.resume()
    await settle()
    last = steps[-1] if steps else None
    state = initial if last is None else last.state
    for watcher in watchers:
        assert watcher.version == (0 if last is None else last.version)
        assert watcher.view == _wire(prune(views.view(state, views.audience(state, watcher.seat))))
        assert watcher.mine == _wire(prune(views.mine(state, watcher.seat)))
        live.leave(watcher)
    await settle()
    assert not told._listeners, "a hall that nobody watches is let go"


async def _move(live: Live, watcher: Watcher, random: Random) -> None:
    """Something that happens to a client."""
    if watcher.hall is None:
        # Now and then a client has lost everything, or comes from another server that was ahead.
        since = random.choice((watcher.version, watcher.version, None))
        await live.join(watcher, STREAM, since)
    elif watcher.paused:
        watcher.resume()
    elif random.random() < 0.5:
        watcher.pause()
    else:
        live.leave(watcher)
        watcher.paused = False


async def settle() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


def _wire(value: Any) -> Any:
    return json.loads(json.dumps(value))
