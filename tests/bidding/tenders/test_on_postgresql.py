"""The same path on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tender_world import clarify, ok, published_rehearsal, tender_world


def test_a_tender_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    with tender_world(tmp_path, database=postgres_url) as world:
        done = published_rehearsal(world)
        ok(world.anonymous("POST", f"/lots/{done.lot}/questions", {"text": "问"}))
        clarify(done.agency, done.tender, opensAt={})
        world.clock.at += timedelta(minutes=2)
        assert done.agency.get("/auth/sessions")["sessions"][0]["current"] is True
        package = ok(world.anonymous("GET", f"/lots/{done.lot}"))
        assert package["revision"] == 2
        assert len(done.agency.get("/inbox")["messages"]) == 3
        assert ok(world.anonymous("GET", "/notices?q=演示&region=CN"))["notices"]
