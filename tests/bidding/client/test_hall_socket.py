"""A seat's connection: patches onto the view, resume without a gap, commands that survive a lost one."""

import json
import threading
from contextlib import contextmanager

import pytest
from websockets.sync.server import serve

from bidding.client.errors import ClientError
from bidding.client.hall import Hall
from bidding.client.http import Api, Patience

AT = "2026-11-22T08:00:00.000Z"


@contextmanager
def hall_server(*conversations):
    """A socket server that plays one conversation per connection; the paths it was asked for."""
    left, paths = list(conversations), []

    def play(socket):
        paths.append(socket.request.path)
        left.pop(0)(socket)

    server = serve(play, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    port = server.socket.getsockname()[1]
    try:
        yield Api.to(f"http://127.0.0.1:{port}", patience=Patience(seconds=5.0)), paths
    finally:
        server.shutdown()
        thread.join()


def say(socket, **message):
    socket.send(json.dumps(message))


def heard(socket):
    return json.loads(socket.recv())


def test_a_snapshot_then_patches():
    def play(socket):
        assert heard(socket) == {"hello": {"since": None}}
        say(
            socket,
            v=3,
            at=AT,
            seat="bidder:91",
            view={"phase": "DECRYPTING", "bids": {"b_1": {"n": 1}}},
            mine={"may": ["ReleaseKey"]},
        )
        say(socket, v=4, at=AT, since=3, patch={"bids": {"b_1": {"n": 2}, "b_2": {}}}, mine={"may": []})
        say(socket, v=5, at=AT, since=4, patch={"bids": {"b_1": None}})
        socket.recv()

    frames = []
    with hall_server(play) as (api, _), Hall(api, "l_1", on_frame=frames.append) as hall:
        hall.until(lambda seen: seen.version == 4, seconds=20)
        assert hall.view["bids"] == {"b_1": {"n": 2}, "b_2": {}}
        assert hall.may == []
        assert hall.seat == "bidder:91"
        hall.until(lambda seen: seen.version == 5, seconds=20)
        assert hall.view == {"phase": "DECRYPTING", "bids": {"b_2": {}}}
    assert [(frame.version, frame.live) for frame in frames] == [(3, False), (4, True), (5, True)]


def test_it_resumes_from_the_version_it_has_seen():
    def first(socket):
        heard(socket)
        say(socket, v=7, at=AT, seat="public:", view={"phase": "READING", "n": 1})
        socket.close()

    def second(socket):
        assert heard(socket) == {"hello": {"since": 7}}
        say(socket, v=9, at=AT, since=7, patch={"n": 3})
        socket.recv()

    with hall_server(first, second) as (api, _), Hall(api, "l_1") as hall:
        hall.until(lambda seen: seen.version == 9, seconds=20)
        assert hall.view == {"phase": "READING", "n": 3}
        assert hall.reconnections == 1


def test_a_command_is_sent_again_under_the_same_id():
    ids = []

    def first(socket):
        heard(socket)
        say(socket, v=1, at=AT, seat="bidder:91", view={"phase": "DECRYPTING"})
        ids.append(heard(socket)["id"])
        socket.close()

    def second(socket):
        assert "hello" in heard(socket)
        again = heard(socket)
        ids.append(again["id"])
        say(socket, v=2, at=AT, since=1, patch={})
        say(socket, re=again["id"], ok=True, v=2)
        socket.recv()

    with hall_server(first, second) as (api, _), Hall(api, "l_1") as hall:
        assert hall.do("ReleaseKey", bid="b_1")["v"] == 2
    assert ids[0] == ids[1]


def test_a_refusal_carries_its_problem():
    def play(socket):
        heard(socket)
        say(socket, v=1, at=AT, seat="public:", view={})
        command = heard(socket)
        say(socket, re=command["id"], problem={"code": "wrong-phase", "detail": "not now", "status": 409})
        socket.recv()

    with hall_server(play) as (api, _), Hall(api, "l_1") as hall, pytest.raises(ClientError) as refused:
        hall.do("FixAdmitted")
    assert (refused.value.code, refused.value.detail) == ("wrong-phase", "not now")


def test_frames_arriving_before_the_answer_are_not_lost():
    def play(socket):
        heard(socket)
        say(socket, v=1, at=AT, seat="public:", view={"n": 1})
        command = heard(socket)
        say(socket, v=2, at=AT, since=1, patch={"n": 2})
        say(socket, re=command["id"], ok=True, v=2)
        socket.recv()

    with hall_server(play) as (api, _), Hall(api, "l_1") as hall:
        hall.do("Say", text="x")
        assert (hall.version, hall.view["n"]) == (2, 2)


def test_a_ping_measures_the_clock():
    def play(socket):
        heard(socket)
        token = heard(socket)["ping"]
        say(socket, v=1, at=AT, seat="public:", view={})
        say(socket, pong=token, now="2040-01-01T00:00:00.000Z")
        socket.recv()

    with hall_server(play) as (api, _), Hall(api, "l_1") as hall:
        offset = hall.ping()
        assert offset.ahead.days > 300
        assert hall.version == 1


def test_the_wanted_seat_and_its_proof_are_asked_for():
    def play(socket):
        heard(socket)
        say(socket, v=1, at=AT, seat="receipt:b_1", view={})
        socket.recv()

    with (
        hall_server(play) as (api, paths),
        Hall(api, "l_1", wanted="receipt:b_1", proof=lambda: ("c", "s")) as hall,
    ):
        hall.until(lambda seen: seen.version == 1, seconds=20)
    assert paths == ["/api/halls/l_1/ws?seat=receipt%3Ab_1&challenge=c&sig=s"]


def test_a_hall_that_stands_still_times_out():
    def play(socket):
        heard(socket)
        say(socket, v=1, at=AT, seat="public:", view={"phase": "CLOSING"})
        socket.recv()

    with hall_server(play) as (api, _), Hall(api, "l_1") as hall, pytest.raises(ClientError) as stuck:
        hall.until(lambda seen: False, seconds=0.0)
    assert stuck.value.code == "hall-timeout"


def test_a_refused_entry_is_not_retried():
    server_refuses = serve(lambda socket: None, "127.0.0.1", 0, process_request=_forbid)
    thread = threading.Thread(target=server_refuses.serve_forever)
    thread.start()
    port = server_refuses.socket.getsockname()[1]
    try:
        with pytest.raises(ClientError) as refused:
            Hall(Api.to(f"http://127.0.0.1:{port}"), "l_1").connect()
    finally:
        server_refuses.shutdown()
        thread.join()
    assert refused.value.code == "hall-refused"
    assert refused.value.status == 403


def _forbid(connection, request):
    return connection.respond(403, "no\n")
