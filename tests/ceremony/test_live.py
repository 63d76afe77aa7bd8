"""A hall over real sockets: what happens reaches every seat, and nobody waits for anybody."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from resume import START, STREAM, Told, Watcher, settle
from toy_ceremony import TOY_VIEWS, Event, State
from toy_hall import HALL, PATIENCE, ToyClient, ToyServer, toy_server
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from ceremony.domain import Step
from ceremony.live import Limits, Live
from ceremony.socket import HIGH_WATER, Pace, serve_hall

BIG = "某" * 300


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[ToyServer]:
    with toy_server(f"sqlite:///{tmp_path / 'hall.db'}") as server:
        yield server


def test_a_command_reaches_every_seat(hall: ToyServer) -> None:
    with hall.viewer("host:") as host, hall.viewer("voter:1") as voter, hall.viewer() as public:
        answer = voter.do("Put", note="七")
        assert answer["ok"] and answer["v"] == 1
        for client in (host, voter, public):
            client.until(1)
        assert host.view == {"opened": False, "count": 1, "said": {}}
        assert voter.mine == {"note": "七"} and "note" not in public.mine
        assert public.frames[-1]["patch"] == {}, "not entitled: the number and an empty frame"
        host.do("Open")
        for client in (host, voter, public):
            client.until(2)
        assert public.view == {"opened": True, "notes": {"voter:1": "七"}, "said": {}}
        assert voter.view == public.view


def test_a_refusal_is_answered_as_a_problem_and_changes_nothing(hall: ToyServer) -> None:
    with hall.viewer("voter:1") as voter:
        assert voter.do("Open")["problem"]["code"] == "not-the-host"
        assert voter.do("Dance")["problem"]["code"] == "unknown-command"
        assert voter.do("Say", text="x", times="many")["problem"]["code"] == "internal"
        assert voter.do("Put", note="七")["ok"], "the socket goes on"
        assert hall.log.version(HALL) == 1


def test_a_repeated_command_gets_the_same_answer(hall: ToyServer) -> None:
    with hall.viewer("voter:1") as voter:
        first = voter.do("Put", command="same", note="七")
        assert voter.do("Put", command="same", note="七") == first
    with hall.viewer("voter:1") as again:
        assert again.do("Put", command="same", note="七") == first


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("not json", "malformed-json"),
        ("[1]", "malformed-json"),
        ("[" * 60_000, "malformed-json"),
        ('"\\ud800"', "malformed-json"),
        ('{"do":"Open"}', "malformed-command"),
        ('{"id":7,"do":"Open"}', "malformed-command"),
        ('{"id":"' + "x" * 65 + '","do":"Open"}', "malformed-command"),
        ('{"id":"a b","do":"Open"}', "malformed-command"),
        ('{"id":"a"}', "malformed-command"),
    ],
)
def test_malformed_messages(hall: ToyServer, message: str, code: str) -> None:
    with hall.viewer("host:") as host:
        host.socket.send(message)
        assert host.receive()["problem"]["code"] == code
        assert host.do("Open")["ok"]


def test_a_ping_tells_the_servers_time(hall: ToyServer) -> None:
    with hall.viewer() as public:
        public.send({"ping": 17})
        answer = public.receive()
        assert answer["pong"] == 17 and answer["now"].endswith("Z")


@pytest.mark.parametrize(
    "hello", ["{}", "nonsense", '{"hello":{"since":-1}}', '{"hello":{"since":true}}', '{"hello":7}']
)
def test_a_socket_that_does_not_say_hello_is_closed(hall: ToyServer, hello: str) -> None:
    with connect(f"{hall.url.replace('http', 'ws')}/public:", compression=None) as ws:
        ws.send(hello)
        with pytest.raises(ConnectionClosed) as caught:
            ws.recv(PATIENCE)
        assert caught.value.rcvd is not None and caught.value.rcvd.code == 1008


def test_a_socket_that_says_nothing_is_closed(tmp_path: Path) -> None:
    with (
        toy_server(f"sqlite:///{tmp_path / 'hall.db'}", limits=Limits(hello_seconds=0.05)) as hall,
        connect(f"{hall.url.replace('http', 'ws')}/public:", compression=None) as ws,
        pytest.raises(ConnectionClosed),
    ):
        ws.recv(PATIENCE)


def test_binary_and_oversized_messages_close_the_socket(hall: ToyServer) -> None:
    for seat, message, code in (
        ("public:", b"\x00", 1008),
        ("public:", "x" * 70_000, 1009),
        ("host:", "x" * 1_100_000, 1009),
    ):
        client = hall.viewer(seat)
        client.socket.send(message)
        with pytest.raises(ConnectionClosed) as caught:
            client.receive()
        assert caught.value.rcvd is not None and caught.value.rcvd.code == code
        client.close()
    with hall.viewer("host:") as host:
        assert host.do("Open", shares="x" * 1_000_000)["ok"]


def test_a_full_hall_says_so(tmp_path: Path) -> None:
    with (
        toy_server(f"sqlite:///{tmp_path / 'hall.db'}", limits=Limits(viewers=1)) as hall,
        hall.viewer("host:") as host,
    ):
        second = hall.viewer()
        assert second.frames == []
        with pytest.raises(ConnectionClosed) as caught:
            second.receive()
        assert caught.value.rcvd is not None and caught.value.rcvd.code == 1013
        second.close()
        assert host.do("Open")["ok"]


def test_a_client_resumes_without_a_gap(hall: ToyServer) -> None:
    with hall.viewer("host:") as host:
        lost = hall.viewer("voter:1")
        lost.do("Put", note="七")
        lost.until(1)
        lost.close()
        host.do("Say", text="x", times=5)
        host.do("Open")
        host.until(7)
        with (
            hall.viewer("voter:1", since=1, view=lost.view, mine=lost.mine) as back,
            hall.viewer("voter:1") as fresh,
        ):
            back.until(7)
            assert back.frames[0]["since"] == 1, "a patch, not the whole view again"
            assert (back.view, back.mine, back.version) == (fresh.view, fresh.mine, fresh.version)
        with hall.viewer("voter:1", since=99, view={}, mine={}) as ahead:
            assert ahead.view == fresh.view, "a version that is not known here gives the whole view"


def test_a_client_that_never_reads_delays_nobody_and_is_bounded(hall: ToyServer) -> None:
    """The viewer that froze naive halls: here it is skipped, and brought up to date when it reads again."""
    address = hall.url.removeprefix("http://").split(":")
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect((address[0], int(address[1])))
    stalled = hall.viewer("host:", sock=small)
    with hall.viewer("host:") as host:
        sent = 0
        # Until its buffers are full the stalled viewer is written to; then it is not any more.
        while not any(seat.behind for seat in seats_of(hall)):
            sent = host.do("Say", text=BIG, times=40)["v"]
            host.until(sent)
            assert sent < 40_000, "the stalled viewer is never skipped"
        for _ in range(50):
            sent = host.do("Say", text=BIG, times=40)["v"]
        host.until(sent)
        (held,) = (viewer for seat in seats_of(hall) for viewer in seat.behind)
        transport = cast("Any", held).write.__self__
        # At most one frame went past the mark before the transport said stop.
        assert transport.get_write_buffer_size() < HIGH_WATER + len(json.dumps(host.view)) * 2
        stalled.until(sent)
        assert stalled.view == host.view
    stalled.close()


def seats_of(hall: ToyServer) -> list[Any]:
    return list(hall.live._halls[HALL]._seats.values())


def test_a_flood_is_served_at_a_pace() -> None:
    now = [0.0]
    pace = Pace(Limits(per_second=10, burst=5), lambda: now[0])
    assert [pace.take() for _ in range(5)] == [0.0] * 5
    assert pace.take() == pytest.approx(0.1) and pace.take() == pytest.approx(0.2)
    now[0] = 60.0
    assert [pace.take() for _ in range(6)] == [0.0] * 5 + [pytest.approx(0.1)], "a pause earns one burst"


def test_a_client_that_floods_delays_only_itself(tmp_path: Path) -> None:
    limits = Limits(per_second=1, burst=10)
    with toy_server(f"sqlite:///{tmp_path / 'hall.db'}", limits=limits) as hall:
        flood = hall.viewer("voter:1")
        for n in range(2_000):
            flood.send({"id": f"f{n}", "do": "Say", "text": "x"})
        with hall.viewer("host:") as host:
            assert host.do("Open")["ok"], "another client is answered all the while"
            assert hall.log.version(HALL) < 100
        flood.socket.socket.close()


def test_a_socket_may_leave_at_any_time(hall: ToyServer) -> None:
    with hall.viewer("host:") as host:
        for n in range(20):
            leaving = hall.viewer("public:")
            if n % 3 == 0:
                leaving.socket.socket.shutdown(socket.SHUT_RDWR)
            elif n % 3 == 1:
                leaving.send({"id": "x", "do": "Say", "text": "bye"})
                leaving.socket.socket.close()
            host.do("Say", text=str(n))
            leaving.close()
        with hall.viewer("host:") as fresh:
            host.until(fresh.version)
            assert fresh.view == host.view


def test_the_server_needs_its_own_protocol() -> None:
    websocket = SimpleNamespace(scope={"state": {}})

    async def main() -> None:
        with pytest.raises(TypeError):
            await serve_hall(cast("Any", websocket), cast("Live", None), HALL, "host:", cast("Any", None))

    asyncio.run(main())


def test_many_viewers_of_many_seats(hall: ToyServer) -> None:
    clients: list[ToyClient] = [hall.viewer(f"voter:{n % 10}") for n in range(40)]
    with hall.viewer("host:") as host:
        for n in range(10):
            assert clients[n].do("Put", note=f"note {n}")["ok"]
        host.do("Open")
        for client in [host, *clients]:
            client.until(11)
        for n, client in enumerate(clients):
            assert client.mine == {"note": f"note {n % 10}"}
            assert client.view == clients[0].view
        assert hall.live.present(HALL) == {"host:": 1, **{f"voter:{n}": 4 for n in range(10)}}
    for client in clients:
        client.close()


def test_a_client_that_leaves_right_after_its_hello(
    hall: ToyServer, caplog: pytest.LogCaptureFixture
) -> None:
    with hall.viewer("host:") as host:
        for n in range(50):
            raw = connect(f"{hall.url.replace('http', 'ws')}/public:", compression=None, legacy=True)
            raw.send('{"hello":{"since":null}}')
            raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            raw.socket.close()
            host.do("Say", text=str(n))
    assert not [record for record in caplog.records if "Exception in ASGI" in record.message]


def test_a_transport_that_ended_does_not_cut_off_the_others() -> None:
    class Ended(Watcher):
        def write(self, frame: bytes) -> None:
            if self.version == 0:
                raise RuntimeError("the handler is closed")
            super().write(frame)

    async def main() -> None:
        told = Told(State())
        live = Live(cast("Any", told), TOY_VIEWS, clock=lambda: START, problem=lambda e: {}, coalesce=0)
        ended, other = Ended("host:"), Watcher("host:")
        for watcher in (ended, other):
            await live.join(watcher, STREAM, None)
        told.tell([Step(1, START, "host:", Event("Opened", "host:", "", 1, START), State(opened=True))])
        await settle()
        assert other.view["opened"]

    asyncio.run(main())
