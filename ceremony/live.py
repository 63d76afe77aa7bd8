"""Everybody in a hall sees what happened, at once, and nobody waits for anybody.

A hall keeps cursors, not queues: a viewer either stands at the last version sent to all, or it is behind (its
socket does not take more) and is brought up to date in one frame when it reads again. A frame is a merge
patch between two versions of a view, made and serialised once per audience and written to every transport.
The first event goes out at once; what follows within ``coalesce`` seconds is joined into one frame.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ceremony.domain import Step, Views
from ceremony.errors import Refusal
from ceremony.frame import encode, text_frame
from ceremony.handle import Ceremony
from ceremony.patch import diff, prune
from crypto.canonical import iso

log = logging.getLogger(__name__)

#: Points a viewer can be behind and still get a patch; further back it gets the whole view.
PAST = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """What one socket and one hall may ask of the server."""

    viewers: int = 12_000
    """Sockets per hall and process; beyond, newcomers are told to come back."""
    per_second: float = 20.0
    """Messages per second that one socket gets served in the long run; more are read later."""
    burst: int = 100
    """Messages one socket may send at once."""
    hello_seconds: float = 10.0
    """Time to say hello before the socket is closed."""


class Viewer(Protocol):
    """A socket in a hall. All of it belongs to the event loop's thread."""

    seat: str
    #: The version its view is at, while it is behind.
    cursor: int
    #: Writes a complete frame without waiting.
    write: Callable[[bytes], None]
    #: Whether its transport holds more than it should.
    paused: bool
    hall: Hall | None


@dataclass(slots=True, eq=False)
class _Point:
    """A version that was sent, from which patches can start."""

    version: int
    at: datetime
    state: Any
    views: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    whole: dict[str, bytes] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Seat:
    """The sockets of one seat: those at the last point, and those behind it."""

    audience: str
    members: dict[Viewer, None] = field(default_factory=dict)
    behind: set[Viewer] = field(default_factory=set)


class Live:
    """The halls that somebody is looking at, in this process. Belongs to one event loop."""

    def __init__(
        self,
        ceremony: Ceremony[Any, Any, Any],
        views: Views[Any, Any],
        *,
        clock: Callable[[], datetime],
        problem: Callable[[Exception], Mapping[str, Any]],
        coalesce: float = 0.02,
        limits: Limits | None = None,
    ) -> None:
        """``problem`` turns an error into the RFC 9457 body that a refused command is answered with."""
        self.ceremony = ceremony
        self.views = views
        self.clock = clock
        self.problem = problem
        self.coalesce = coalesce
        self.limits = limits or Limits()
        self._halls: dict[str, Hall] = {}

    async def join(self, viewer: Viewer, stream: str, since: int | None) -> None:
        """Bring ``viewer`` up to date (a patch from ``since`` if that is possible) and keep it so.

        Raises Refusal ``hall-full``, and what reading the log raises.
        """
        hall = self._halls.get(stream)
        if hall is None:
            hall = self._halls[stream] = Hall(self, stream)
        if hall.count >= self.limits.viewers:
            raise Refusal("hall-full", viewers=hall.count)
        hall.count += 1
        viewer.hall = hall
        try:
            await hall.opened()
        except BaseException:
            self.leave(viewer)
            raise
        if viewer.hall is hall:
            hall.admit(viewer, since)

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer. Harmless when it is not there any more."""
        hall, viewer.hall = viewer.hall, None
        if hall is None:
            return
        hall.remove(viewer)
        if not hall.count:
            hall.close()
            if self._halls.get(hall.stream) is hall:
                del self._halls[hall.stream]

    def present(self, stream: str) -> dict[str, int]:
        """Seats with open sockets here, and how many: a signal for the host, never a fact."""
        hall = self._halls.get(stream)
        return {} if hall is None else hall.present()


class Hall:
    """One stream and its viewers. Runs in the event loop's thread, but for :meth:`_heard`."""

    def __init__(self, live: Live, stream: str) -> None:
        self.stream = stream
        self.count = 0
        self._live = live
        self._views = live.views
        self._loop = asyncio.get_running_loop()
        self._opening = self._loop.create_task(asyncio.to_thread(self._open))
        self._open_done = False
        self._closed = False
        self._point: _Point | None = None
        self._newest: _Point | None = None
        self._early: list[Step[Any, Any]] = []
        self._past: OrderedDict[int, _Point] = OrderedDict()
        self._touched: set[str] = set()
        self._seats: dict[str, _Seat] = {}
        self._timer: asyncio.TimerHandle | None = None

    # --- coming and going

    async def opened(self) -> None:
        """Wait until the stream has been folded."""
        version, at, state = await asyncio.shield(self._opening)
        if self._newest is None:
            self._newest = self._point = _Point(version, at, state)
            early, self._early = self._early, []
            self._advance(early)

    def close(self) -> None:
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._opening.done() and not self._opening.cancelled() and self._opening.exception() is None:
            self._live.ceremony.unfollow(self.stream, self._heard)
        else:
            self._opening.add_done_callback(self._unfollow_late)

    def admit(self, viewer: Viewer, since: int | None) -> None:
        """Send ``viewer`` what it lacks and let it take part from here on."""
        assert self._point is not None  # noqa: S101 - opened() came first
        seat = self._seats.get(viewer.seat)
        if seat is None:
            audience = self._views.audience(self._point.state, viewer.seat)
            seat = self._seats[viewer.seat] = _Seat(audience)
        seat.members[viewer] = None
        viewer.cursor = self._point.version
        viewer.write(self._catch_up(viewer.seat, seat.audience, since))

    def remove(self, viewer: Viewer) -> None:
        self.count -= 1
        seat = self._seats.get(viewer.seat)
        if seat is None:
            return
        seat.members.pop(viewer, None)
        seat.behind.discard(viewer)
        if not seat.members and not seat.behind:
            del self._seats[viewer.seat]

    def fall_behind(self, viewer: Viewer) -> None:
        """Its transport is full: from now on it gets nothing until it has read what it was sent."""
        seat = self._seats.get(viewer.seat)
        if seat is not None and viewer in seat.members and self._point is not None:
            del seat.members[viewer]
            seat.behind.add(viewer)
            viewer.cursor = self._point.version

    def return_to(self, viewer: Viewer) -> None:
        """It reads again: one frame brings it to where everybody is."""
        seat = self._seats.get(viewer.seat)
        if seat is None or self._point is None or viewer not in seat.behind:
            return
        seat.behind.remove(viewer)
        seat.members[viewer] = None
        if viewer.cursor != self._point.version:
            since, viewer.cursor = viewer.cursor, self._point.version
            viewer.write(self._catch_up(viewer.seat, seat.audience, since))

    def present(self) -> dict[str, int]:
        return {name: len(seat.members) + len(seat.behind) for name, seat in self._seats.items()}

    # --- events

    def _open(self) -> tuple[int, datetime, Any]:
        return self._live.ceremony.follow(self.stream, self._heard)

    def _unfollow_late(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._live.ceremony.unfollow(self.stream, self._heard)

    def _heard(self, steps: Sequence[Step[Any, Any]]) -> None:
        """Called by whichever thread folded the steps, under the stream's lock, in order."""
        try:
            self._loop.call_soon_threadsafe(self._advance, steps)
        except RuntimeError:
            log.debug("the event loop has ended")

    def _advance(self, steps: Sequence[Step[Any, Any]]) -> None:
        if self._newest is None:
            self._early.extend(steps)
            return
        steps = [step for step in steps if step.version > self._newest.version]
        if not steps or self._closed:
            return
        last = steps[-1]
        self._newest = _Point(last.version, last.at, last.state)
        for step in steps:
            self._touched.update(self._views.touched(step.state, step.event))
        if self._timer is None:
            self._flush()

    def _flush(self) -> None:
        """Send everything up to the newest version, then nothing for ``coalesce`` seconds."""
        self._timer = None
        old, new = self._point, self._newest
        if old is None or new is None or old is new or self._closed:
            return
        self._timer = self._loop.call_later(self._live.coalesce, self._flush)
        try:
            frames = self._frames(old, new)
        except Exception:
            # A view that cannot be made must not end the hall; the next event tries again.
            log.exception("a view of version %d failed", new.version)
            self._timer.cancel()
            self._timer = None
            return
        self._remember(old)
        self._point = new
        self._touched.clear()
        for seat, frame in frames:
            for viewer in list(seat.members):
                try:
                    viewer.write(frame)
                except RuntimeError:
                    # Its transport has ended and will say so itself; the others must not miss a frame.
                    log.debug("a transport ended while it was written to")

    def _frames(self, old: _Point, new: _Point) -> list[tuple[_Seat, bytes]]:
        shared: dict[tuple[str, str], bytes] = {}
        patches: dict[tuple[str, str], bytes] = {}
        found = []
        moves = []
        everybody = "*" in self._touched
        for name, seat in self._seats.items():
            audience = self._views.audience(new.state, name)
            pair = (seat.audience, audience)
            if pair not in patches:
                patches[pair] = encode(diff(self._view(old, pair[0]), self._view(new, pair[1])))
            mine: Mapping[str, Any] = {}
            if everybody or name in self._touched or pair[0] != pair[1]:
                mine = diff(self._views.mine(old.state, name), self._views.mine(new.state, name))
            if mine:
                found.append((seat, _patch_frame(old, new, patches[pair], mine)))
            else:
                if pair not in shared:
                    shared[pair] = _patch_frame(old, new, patches[pair], {})
                found.append((seat, shared[pair]))
            moves.append((seat, audience))
        for seat, audience in moves:
            seat.audience = audience
        return found

    def _catch_up(self, name: str, audience: str, since: int | None) -> bytes:
        """The frame that brings one seat from ``since`` (None: from nothing) to the current point."""
        point = self._point
        assert point is not None  # noqa: S101 - only called once there is one
        old = point if since == point.version else self._past.get(-1 if since is None else since)
        mine = self._views.mine(point.state, name)
        if old is None:
            whole = point.whole.get(audience)
            if whole is None:
                whole = point.whole[audience] = encode(prune(self._view(point, audience)))
            head = f'{{"v":{point.version},"at":"{iso(point.at)}","seat":{encode(name).decode()},"view":'
            return text_frame(head.encode() + whole + b',"mine":' + encode(prune(mine)) + b"}")
        before = self._views.audience(old.state, name)
        patch = encode(diff(self._view(old, before), self._view(point, audience)))
        return _patch_frame(old, point, patch, diff(self._views.mine(old.state, name), mine))

    def _view(self, point: _Point, audience: str) -> Mapping[str, Any]:
        view = point.views.get(audience)
        if view is None:
            view = point.views[audience] = self._views.view(point.state, audience)
        return view

    def _remember(self, point: _Point) -> None:
        # States are small and share structure; views are large and can be made again.
        point.views.clear()
        point.whole.clear()
        self._past[point.version] = point
        if len(self._past) > PAST:
            self._past.popitem(last=False)


def _patch_frame(old: _Point, new: _Point, patch: bytes, mine: Mapping[str, Any]) -> bytes:
    head = f'{{"v":{new.version},"since":{old.version},"at":"{iso(new.at)}","patch":'.encode()
    tail = b',"mine":' + encode(mine) + b"}" if mine else b"}"
    return text_frame(head + patch + tail)
