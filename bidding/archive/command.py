"""`kaibiao export`: fetch the archive of an ended opening, with nothing of the server's stack."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer

from bidding.archive.manifest import Right
from bidding.client.errors import ClientError
from bidding.client.http import Api, Tls
from bidding.client.signin import open_certificate, sign_in

PASSWORD = "KAIBIAO_PASSWORD"  # noqa: S105 - the name of the variable
_BAR_EVERY = 4 << 20


def export(
    lot: Annotated[str, typer.Argument(help="Id of the lot (标段), as in its notice.")],
    out: Annotated[Path | None, typer.Option(help="Where to write; default LOT-RIGHT.kaibiao.zip.")] = None,
    server: Annotated[str, typer.Option(help="Address of the platform.")] = "http://127.0.0.1:8420",
    right: Annotated[Right, typer.Option(help="By which right; all but public need --p12.")] = Right.PUBLIC,
    ciphertext: Annotated[bool, typer.Option("--ciphertext", help="With the sealed files.")] = False,
    case: Annotated[str, typer.Option(help="The case a court's archive is for.")] = "",
    p12: Annotated[Path | None, typer.Option(help=f"Certificate; password in {PASSWORD} or asked.")] = None,
    ca_file: Annotated[Path | None, typer.Option(help="Judge the server's certificate by this CA.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Fetch everything an opening rests on in one file (归档包) that `kaibiao verify` checks offline.

    Exit code 0: written. 1: refused or not reachable.
    """
    path = out or Path(f"{lot}-{right}.kaibiao.zip")
    try:
        size = fetch(_api(server, ca_file, p12), lot, path, right=right, ciphertext=ciphertext, case=case)
    except ClientError as error:
        typer.echo(f"kaibiao export: {error}", err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        typer.echo(f"kaibiao export: {path}: {error.strerror}", err=True)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps({"archive": str(path), "bytes": size}))
    else:
        typer.echo(f"{path}: {size} bytes. Check it: kaibiao verify {path}")


def fetch(api: Api, lot: str, path: Path, *, right: Right, ciphertext: bool = False, case: str = "") -> int:
    """Write the archive to `path`, whole or not at all; its size. Raises `ClientError`, `OSError`."""
    query: dict[str, str] = {"right": str(right), "ciphertext": str(ciphertext).lower()}
    if case:
        query["case"] = case
    partial = path.with_name(path.name + ".part")
    size = 0
    try:
        with partial.open("wb") as file:
            for piece in _shown(api.download(f"/lots/{lot}/archive?{urlencode(query)}")):
                size += file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()
    return size


def _api(server: str, ca_file: Path | None, p12: Path | None) -> Api:
    api = Api.to(server, tls=Tls(ca_file))
    if p12 is None:
        return api
    password = os.environ.get(PASSWORD)
    if password is None:
        password = typer.prompt("Password", hide_input=True, err=True)
    return sign_in(api, open_certificate(p12, password)).api


def _shown(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, with a growing count on standard error where somebody watches."""
    watched, size, shown = os.isatty(2), 0, 0
    for piece in pieces:
        size += len(piece)
        if watched and size - shown >= _BAR_EVERY:
            shown = size
            typer.echo(f"\r{size >> 20} MiB", nl=False, err=True)
        yield piece
    if watched and shown:
        typer.echo("\r", nl=False, err=True)
