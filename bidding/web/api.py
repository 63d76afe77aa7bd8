"""Which release of the client this platform hands out, and the log's word on it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter

from bidding.background import Task
from bidding.deps import Deps
from bidding.web.build import Build, read_build
from ceremony.errors import Refusal
from crypto.canonical import b64, iso
from crypto.translog.store import NewEvent, Stored

STREAM = "platform"
EVENT = "WebReleased"
#: Seconds between two looks for a build that was replaced under the running server.
LOOK_SECONDS = 5.0
_RECORDING = threading.Lock()


def router(deps: Deps) -> APIRouter:
    routes = APIRouter(prefix="/web", tags=["web"])

    @routes.get("/release")
    def release() -> dict[str, Any]:
        """Every file with its SHA-256, and the log's entry that says since when."""
        build = read_build(deps.settings.web_folder)
        if build is None:
            raise Refusal("not-found", "the web client is not built")
        files = [
            {"path": name, "sha256": asset.sha256, "size": asset.size}
            for name, asset in sorted(build.assets.items())
        ]
        found = _logged(deps, build.digest)
        return {"digest": build.digest, "files": files, "logged": _entry(found) if found else None}

    return routes


def tasks(deps: Deps) -> Iterator[Task]:
    """Logs the release at the start, and another one that replaces it while the server runs."""

    def watch(stop: threading.Event) -> None:
        last = ""
        while True:
            build = read_build(deps.settings.web_folder)
            if build is not None and build.digest != last:
                record_release(deps, build)
                last = build.digest
            if stop.wait(LOOK_SECONDS):
                return

    yield Task("web-release", watch)


def record_release(deps: Deps, build: Build) -> None:
    """Log a release that is not the one logged last by this installation."""
    with _RECORDING:
        if _known(deps).get("digest") != build.digest:
            _record(deps, build)


def _record(deps: Deps, build: Build) -> None:
    body = {"digest": build.digest, "files": build.files}
    (stored,) = deps.log.append(STREAM, None, [NewEvent(EVENT, "platform:", body)])
    kept = {"digest": build.digest, "version": stored.version}
    path = deps.settings.data_dir / "web-release.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(kept), "utf-8")
    fresh.replace(path)


def _known(deps: Deps) -> dict[str, Any]:
    try:
        known: dict[str, Any] = json.loads((deps.settings.data_dir / "web-release.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known


def _logged(deps: Deps, digest: str) -> Stored | None:
    known = _known(deps)
    if known.get("digest") != digest:
        return None
    return next(iter(deps.log.read(STREAM, int(known["version"]) - 1, 1)), None)


def _entry(event: Stored) -> dict[str, Any]:
    """All that recomputes the entry's leaf (docs/formats/log.md)."""
    return {
        "index": event.index,
        "at": iso(event.at),
        "stream": event.stream,
        "version": event.version,
        "type": event.type,
        "seat": event.seat,
        "body": event.body,
        "salt": b64(event.salt) if event.salt else None,
    }
