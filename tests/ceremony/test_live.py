"""A hall over real sockets: what happens reaches every seat, and nobody waits for anybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from toy_hall import HALL, ToyServer, toy_server


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
        assert hall.log.version(HALL) == 0
