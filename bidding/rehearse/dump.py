"""Everything an operator of the platform could read at one moment, copied for a search for secrets."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from bidding.client.errors import ClientError
from bidding.client.http import Api, Patience

#: Pages an operator can open without anybody's session.
PAGES = ("/log/checkpoint", "/log/vkey", "/notices")


def dump_server(data: Path, log: Path, base: str, target: Path) -> None:
    """Copy the data directory (database, objects, keys), the server's log and its public pages into `target`.

    Raises `ClientError("dump-exists")` when `target` holds something already.
    """
    if target.exists() and any(target.iterdir()):
        raise ClientError("dump-exists", f"{target} is not empty")
    target.mkdir(parents=True, exist_ok=True)
    copy = target / "data"
    shutil.copytree(data, copy, copy_function=_copy_if_there, dirs_exist_ok=True)
    for database in data.rglob("*.db"):
        _copy_database(database, copy / database.relative_to(data).with_suffix(".consistent.db"))
    _copy_if_there(str(log), str(target / "server.log"))
    pages = target / "http"
    pages.mkdir()
    api = Api.to(base, patience=Patience(seconds=5.0))
    for path in PAGES:
        name = path.strip("/").replace("/", "-")
        try:
            (pages / name).write_bytes(api.get_bytes(path))
        except ClientError as exc:
            (pages / f"{name}.error").write_text(str(exc), "utf-8")


def _copy_if_there(source: str, target: str) -> str:
    """Copy a file that the running server may remove at any moment."""
    try:
        return str(shutil.copy2(source, target))
    except FileNotFoundError:
        return target


def _copy_database(source: Path, target: Path) -> None:
    """One consistent state of a live SQLite database, its write-ahead log included."""
    with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as live, sqlite3.connect(target) as copy:
        live.backup(copy)
