"""Requests are repeated when that is harmless, and only then; problems arrive as errors with their codes."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bidding.client.errors import ClientError
from bidding.client.http import Api, Patience, segment

PROBLEM = {"code": "late", "status": 409, "detail": "after the deadline", "zh": {"what": "迟到"}}
BUSY = {"code": "unavailable", "status": 503}
#: An answer of the scripted server: the connection ends without one.
GONE = None


@contextmanager
def scripted(*answers):
    """A server that gives these answers in turn: (status, body, headers) or GONE; and what it was asked."""
    asked, left = [], list(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            asked.append((self.command, self.path, self.rfile.read(length), dict(self.headers)))
            answer = left.pop(0)
            if answer is GONE:
                self.close_connection = True
                self.connection.close()
                return
            status, body, headers = answer
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def patient(base):
    return Api.to(base, patience=Patience(seconds=30.0))


def test_a_request_carries_origin_slot_and_session():
    with scripted((200, {"a": 1}, {})) as (base, asked):
        assert Api.to(base).as_slot("s1234567", "kb=x").get("/lots", q="1 2") == {"a": 1}
    method, path, _, headers = asked[0]
    assert (method, path) == ("GET", "/as/s1234567/api/lots?q=1+2")
    assert headers["Cookie"] == "kb=x"
    assert headers["X-Kaibiao"] == "1"
    assert headers["Origin"] == base


def test_a_problem_keeps_its_code_and_texts():
    with scripted((409, PROBLEM, {})) as (base, _), pytest.raises(ClientError) as refused:
        Api.to(base).get("/x")
    assert (refused.value.code, refused.value.status) == ("late", 409)
    assert refused.value.problem["zh"]["what"] == "迟到"
    assert not refused.value.unreachable


def test_what_is_no_problem_document_still_has_a_code():
    with scripted((418, b"<html>", {})) as (base, _), pytest.raises(ClientError) as refused:
        Api.to(base).get("/x")
    assert refused.value.code == "http-418"


def test_a_server_that_did_nothing_is_asked_again():
    with scripted((503, BUSY, {"Retry-After": "0"}), (201, {"id": 1}, {})) as (base, asked):
        assert patient(base).post("/x", {}) == {"id": 1}
    assert len(asked) == 2


def test_a_lost_answer_repeats_what_may_be_repeated():
    with scripted(GONE, (200, {}, {})) as (base, asked):
        patient(base).put("/x", b"data")
    assert [data for _, _, data, _ in asked] == [b"data", b"data"]
    with scripted(GONE, (200, {}, {})) as (base, asked):
        patient(base).post("/x", {"id": "c1"}, repeatable=True)
    assert len(asked) == 2


def test_a_lost_answer_to_a_plain_post_is_not_repeated():
    with scripted(GONE, (200, {}, {})) as (base, asked), pytest.raises(ClientError) as lost:
        patient(base).post("/x", {})
    assert lost.value.code == "outcome-unknown"
    assert len(asked) == 1


def test_patience_ends():
    with scripted() as (base, _):
        pass
    with pytest.raises(ClientError) as gone:
        Api.to(base, patience=Patience(seconds=0.0, connect=1.0)).get("/x")
    assert gone.value.code == "unreachable"
    assert gone.value.unreachable


def test_downloads_come_in_pieces_and_refuse_as_problems():
    data = bytes(range(256)) * 4096
    with scripted((200, data, {}), (404, {"code": "not-found"}, {})) as (base, _):
        api = Api.to(base)
        assert b"".join(api.download("/x")) == data
        assert api.traffic.received == len(data)
        with pytest.raises(ClientError, match="not-found"):
            b"".join(api.download("/y"))


def test_an_answer_that_is_no_json():
    with scripted((200, b"{", {})) as (base, _), pytest.raises(ClientError) as odd:
        Api.to(base).get("/x")
    assert odd.value.code == "answer-unreadable"


@pytest.mark.parametrize("address", ["ftp://x", "kaibiao.example", "http://"])
def test_addresses_that_are_none(address):
    with pytest.raises(ClientError) as wrong:
        Api.to(address)
    assert wrong.value.code == "server-address"


def test_segments_are_escaped():
    assert segment("招标/文件.pdf") == "%E6%8B%9B%E6%A0%87%2F%E6%96%87%E4%BB%B6.pdf"
