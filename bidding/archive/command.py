"""`kaibiao export`: fetch the archive of an ended opening, with nothing of the server's stack."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer

from bidding.archive.manifest import Right
from bidding.client.commands import command
from bidding.client.errors import ClientError
from bidding.client.http import Api
from bidding.client.options import (
    AsJson,
    CaFile,
    Lot,
    Server,
    account_of,
    connect,
    explained,
    show,
)

_BAR_EVERY = 4 << 20
SeatCertificate = Annotated[
    Path | None,
    typer.Option("--certificate", "-c", envvar="KAIBIAO_CERTIFICATE", help="Certificate and key, .p12."),
]


def export_archive(
    lot: Lot,
    server: Server,
    out: Annotated[Path | None, typer.Option(help="Where to write; default LOT-RIGHT.kaibiao.zip.")] = None,
    right: Annotated[Right, typer.Option(help="By which right; all but public need -c.")] = Right.PUBLIC,
    ciphertext: Annotated[bool, typer.Option("--ciphertext", help="With the sealed files.")] = False,
    case: Annotated[str, typer.Option(help="The case a court's archive is for.")] = "",
    certificate: SeatCertificate = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Fetch everything an opening rests on in one file (归档包) that `kaibiao verify` checks offline."""
    with explained():
        api = connect(server, ca_file)
        if certificate is not None:
            api = account_of(api, certificate)[0].api
        path = out or Path(f"{lot}-{right}.kaibiao.zip")
        try:
            size = fetch(api, lot, path, right=right, ciphertext=ciphertext, case=case)
        except OSError as error:
            raise ClientError("file-unreadable", f"{path}: {error.strerror}") from error
    lines = [f"{path}: {size} bytes", f"kaibiao verify {path}"]
    show({"archive": str(path), "bytes": size}, as_json, lambda: lines)


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


export = command(export_archive)
