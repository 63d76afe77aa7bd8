"""What the client commands share: options, secrets asked for once, errors as texts, exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from bidding.client.errors import ClientError
from bidding.client.explain import explain
from bidding.client.http import Api, Patience, Tls
from bidding.client.signin import Account, open_certificate, sign_in
from bidding.client.tickets import keep_tickets, tickets_file
from crypto.errors import Invalid
from crypto.signing import Signer

#: 0 done; 1 refused, or a check failed; 2 wrong usage or something unreadable; 3 the server cannot be
#: reached.
REFUSED, UNUSABLE, UNREACHABLE = 1, 2, 3
EXIT_CODES = (
    "Exit codes: 0 done, 1 refused or not proven, 2 wrong usage or unreadable, 3 server out of reach."
)
UNREADABLE = frozenset({"file-unreadable", "bad-package", "server-address", "form-invalid"})

Server = Annotated[
    str, typer.Option("--server", envvar="KAIBIAO_SERVER", help="Address of the platform, e.g. https://….")
]
Lot = Annotated[str, typer.Argument(help="Id of the lot (标段), l_…, as in the notice.")]
Certificate = Annotated[
    Path, typer.Option("--certificate", "-c", envvar="KAIBIAO_CERTIFICATE", help="Certificate and key, .p12.")
]
Package = Annotated[Path, typer.Argument(help="Folder with the sealed bid, as `kaibiao seal` made it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
CaFile = Annotated[
    Path | None,
    typer.Option("--ca-file", envvar="KAIBIAO_CA_FILE", help="Trust this CA for the server's TLS."),
]

TICKETS = tickets_file()
console = Console(stderr=True)
T = TypeVar("T")


@contextmanager
def explained() -> Iterator[None]:
    """Turn every failure into a text in both languages and an exit code."""
    try:
        yield
    except ClientError as exc:
        console.print(explain(exc), markup=False, highlight=False)
        raise typer.Exit(exit_code(exc)) from exc
    except Invalid as exc:
        console.print(explain(ClientError(exc.code, exc.detail)), markup=False, highlight=False)
        raise typer.Exit(REFUSED) from exc


def exit_code(error: ClientError) -> int:
    if error.unreachable:
        return UNREACHABLE
    return UNUSABLE if error.code in UNREADABLE else REFUSED


def connect(server: str, ca_file: Path | None = None) -> Api:
    """The platform at an address, with the patience of a person. Raises `ClientError`."""
    return Api.to(server, tls=Tls(ca_file=ca_file), patience=Patience(seconds=30.0))


def secret(name: str, prompt: str, *, confirm: bool = False) -> str:
    """A passphrase from the environment, else asked for; never an option, which others could see."""
    value = os.environ.get(name)
    if value is not None:
        return value
    if not sys.stdin.isatty():
        raise ClientError("passphrase-missing", f"set {name} or run at a terminal", name=name)
    return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True))


def certificate_of(path: Path) -> Signer:
    """The signer in a .p12 file; its password from KAIBIAO_P12_PASSWORD or asked for."""
    return open_certificate(path, secret("KAIBIAO_P12_PASSWORD", f"证书口令 password of {path.name}"))


def account_of(api: Api, certificate: Path, *, tickets: Path | None = TICKETS) -> tuple[Account, Signer]:
    """Signed in with a certificate; the month's upload tickets are drawn on the way. Raises `ClientError`."""
    signer = certificate_of(certificate)
    account = sign_in(api, signer)
    if tickets is not None:
        keep_tickets(account.api, account.credit_code, tickets)
    for warning in account.warnings:
        console.print(f"[yellow]{warning.get('code', warning)}[/yellow]")
    return account, signer


def show(value: dict[str, Any], as_json: bool, lines: Callable[[], list[str]]) -> None:
    """The result: exactly one JSON object, or lines for people."""
    if as_json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
        return
    for line in lines():
        sys.stdout.write(line + "\n")


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, fed with (done, total) in bytes."""
    columns = (TextColumn(title), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
