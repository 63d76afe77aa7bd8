"""Bodies over the limit are refused before a route reads them; what is allowed passes whole."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from starlette.middleware import Middleware

from bidding import problems
from bidding.limits import BODY_LIMIT, LARGE_LIMIT, BodyLimit


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI(middleware=[Middleware(BodyLimit)])
    problems.install(app)

    async def length(request: Request) -> int:
        return len(await request.body())

    for path in (
        "/api/tenders",
        "/api/halls/l_1/commands",
        "/api/uploads/u_1/main/0",
        "/api/tenders/t_1/documents/a",
    ):
        app.add_api_route(path, length, methods=["POST", "PUT"])
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def chunks(total: int) -> Iterator[bytes]:
    for _ in range(total // (1 << 16)):
        yield bytes(1 << 16)


def test_a_body_within_the_limit_arrives_whole(client: TestClient) -> None:
    assert client.post("/api/tenders", content=bytes(BODY_LIMIT)).json() == BODY_LIMIT


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_a_body_over_the_limit_is_refused_in_both_languages(client: TestClient, announced: bool) -> None:
    size = BODY_LIMIT + (1 << 16)
    answer = client.post("/api/tenders", content=bytes(size) if announced else chunks(size))
    assert answer.status_code == 413
    assert answer.json()["code"] == "request-too-large"
    assert answer.json()["zh"]["do"] and answer.json()["en"]["do"]


def test_a_release_for_many_bids_may_be_longer(client: TestClient) -> None:
    assert client.post("/api/halls/l_1/commands", content=bytes(2 * BODY_LIMIT)).json() == 2 * BODY_LIMIT
    assert client.post("/api/halls/l_1/commands", content=chunks(LARGE_LIMIT + (1 << 16))).status_code == 413


def test_streams_count_for_themselves(client: TestClient) -> None:
    for path in ("/api/uploads/u_1/main/0", "/api/tenders/t_1/documents/a"):
        assert client.put(path, content=bytes(2 * BODY_LIMIT)).json() == 2 * BODY_LIMIT


def test_a_put_that_does_not_stream_is_bounded_like_any_other(client: TestClient) -> None:
    """The framework reads a JSON body whole before any route, and before it asks who sends it."""
    assert client.put("/api/tenders", content=bytes(2 * BODY_LIMIT)).status_code == 413


def test_a_length_that_is_no_number_is_refused(client: TestClient) -> None:
    assert client.post("/api/tenders", content=b"x", headers={"Content-Length": "-1"}).status_code == 413
