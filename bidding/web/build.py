"""The files of one build of the web client, and the digest that names them all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from crypto.canonical import canon

LABEL = "kaibiao/web-release/v1"
INDEX = "index.html"
#: Content coding -> ending of the file beside the original; the first that a browser takes is sent.
CODINGS = {"br": ".br", "gzip": ".gz"}
#: What the build leaves for us and no browser asks for.
PRIVATE = frozenset({".vite"})
MANIFEST = ".vite/manifest.json"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".bcmap": "application/octet-stream",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: where it lies, what it is, and its packed forms, which stay in memory."""

    path: Path
    kind: str
    sha256: str
    size: int
    packed: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Build:
    """Everything a build holds."""

    index: str
    assets: Mapping[str, Asset]
    digest: str
    """One hash over all files: what the log holds and an auditor compares."""
    manifest: Mapping[str, Any]
    """What each source module became and imports, as Vite tells it; empty where the build kept none."""

    @property
    def files(self) -> dict[str, str]:
        """Path -> SHA-256 of every file, the index among them."""
        return {name: asset.sha256 for name, asset in self.assets.items()}

    def needs(self, module: str) -> tuple[str, ...]:
        """Files that a page's module loads at once, beside those that the index itself names."""
        known = self.closure(INDEX)
        return tuple(name for name in self.closure(module) if name not in known and name not in self.index)

    def closure(self, *modules: str) -> dict[str, None]:
        """Scripts and styles of modules and of all that they import at once, in the order they are wanted."""
        waiting, seen, files = list(modules), set[str](), dict[str, None]()
        while waiting:
            entry = self.manifest.get(key := waiting.pop(0), {})
            if key in seen or not entry:
                continue
            seen.add(key)
            files |= dict.fromkeys((entry["file"], *entry.get("css", ())))
            waiting += entry.get("imports", ())
        return files


def release_digest(files: Mapping[str, str]) -> str:
    """SHA-256 over canonical `{label, files: {path: SHA-256}}`."""
    return hashlib.sha256(canon({"label": LABEL, "files": dict(files)})).hexdigest()


def mark_of(folder: Path) -> tuple[int, int] | None:
    """Tells one build from the next without reading it; None where there is none."""
    try:
        found = (folder / INDEX).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def read_build(folder: Path) -> Build | None:
    """The build in a folder, read once as long as it stays the same; None where there is none."""
    mark = mark_of(folder)
    return None if mark is None else _read(folder, mark)


@lru_cache(maxsize=4)
def _read(folder: Path, mark: tuple[int, int]) -> Build:
    paths = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    packed = {name for name in paths for ending in CODINGS.values() if name.endswith(ending)}
    assets = {
        name: _asset(path, name, paths)
        for name, path in paths.items()
        if name not in packed and PRIVATE.isdisjoint(path.relative_to(folder).parts)
    }
    digest = release_digest({name: asset.sha256 for name, asset in assets.items()})
    told = json.loads(paths[MANIFEST].read_bytes()) if MANIFEST in paths else {}
    return Build(paths[INDEX].read_text("utf-8"), assets, digest, told)


def _asset(path: Path, name: str, paths: Mapping[str, Path]) -> Asset:
    data = path.read_bytes()
    beside = {coding: paths.get(name + ending) for coding, ending in CODINGS.items()}
    packed = {coding: found.read_bytes() for coding, found in beside.items() if found is not None}
    kind = TYPES.get(path.suffix, "application/octet-stream")
    return Asset(path, kind, hashlib.sha256(data).hexdigest(), len(data), packed)
