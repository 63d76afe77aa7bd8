"""Two server processes on one PostgreSQL serve the same hall; wake-ups go through Redis."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from servers import free_port

from bidding.client.hall import Hall
from bidding.client.http import Api, Patience

pytestmark = pytest.mark.story
START_SECONDS = 90.0
STORY_SECONDS = 300.0


@contextmanager
def server(data: Path, database: str, redis: str) -> Iterator[str]:
    """`kaibiao serve` as a process of its own; gives its address once it answers."""
    port = free_port()
    environment = {
        **os.environ,
        "KAIBIAO_DATA_DIR": str(data),
        "KAIBIAO_PORT": str(port),
        "KAIBIAO_DATABASE_URL": database,
        "KAIBIAO_REDIS_URL": redis,
        "KAIBIAO_REHEARSAL": "1",
    }
    process = subprocess.Popen([sys.executable, "-m", "bidding", "serve"], env=environment)
    base = f"http://127.0.0.1:{port}"
    try:
        Api.to(base, patience=Patience(seconds=START_SECONDS)).get("/notices")
        yield base
    finally:
        process.terminate()
        process.wait(30)


class Onlooker(threading.Thread):
    """A member of the public at the second server, from before T to the signed record."""

    def __init__(self, base: str) -> None:
        super().__init__(daemon=True)
        self.api = Api.to(base)
        self.lot = ""
        self.versions: list[int] = []
        self.view: dict[str, object] = {}
        self.trouble: Exception | None = None

    def run(self) -> None:
        try:
            self._watch()
        except Exception as error:
            self.trouble = error

    def _watch(self) -> None:
        pause = threading.Event()
        while not self.lot:
            notices = self.api.get("/notices")["notices"]
            self.lot = notices[0]["lot"] if notices else ""
            pause.wait(0.2)
        with Hall(self.api, self.lot, on_frame=lambda frame: self.versions.append(frame.version)) as hall:
            hall.until(lambda seen: seen.phase == "RECORDED", seconds=STORY_SECONDS)
            self.view = dict(hall.view)


def final_view(base: str, lot: str) -> dict[str, object]:
    with Hall(Api.to(base), lot) as hall:
        hall.until(lambda seen: seen.phase == "RECORDED", seconds=STORY_SECONDS)
        return dict(hall.view)


def test_an_onlooker_at_the_second_server_sees_the_whole_opening(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(server(tmp_path / "data", postgres_url, redis_url))
        second = stack.enter_context(server(tmp_path / "data", postgres_url, redis_url))
        onlooker = Onlooker(second)
        onlooker.start()
        command = [sys.executable, "-m", "bidding", "rehearse", "--bidders", "3", "--officers", "2"]
        command += [
            "--quorum",
            "2",
            "--size",
            "64KiB",
            "--json",
            "--server",
            first,
            "--out",
            str(tmp_path / "out"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=STORY_SECONDS)
        assert done.returncode == 0, done.stderr[-3000:]
        summary = json.loads(done.stdout)
        onlooker.join(STORY_SECONDS)
        assert onlooker.trouble is None
        assert summary["verified"] and summary["opened"] == 3
        assert onlooker.versions == sorted(set(onlooker.versions)), "versions come once and in order"
        assert onlooker.view == final_view(first, onlooker.lot) == final_view(second, onlooker.lot)
