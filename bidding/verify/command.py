"""`kaibiao verify`: check an archive offline, in numbered steps."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from bidding.verify.report import Report, Step, Unreadable
from bidding.verify.run import verify_archive
from bidding.verify.trust import load_anchors

VERIFIED, NOT_VERIFIED, UNREADABLE = 0, 1, 2
_MARKS = {True: "ok ", False: "BAD", None: "-  "}


def verify(
    archive: Annotated[Path, typer.Argument(help="The archive of a lot, as `kaibiao export` writes it.")],
    trust: Annotated[
        Path | None,
        typer.Option(help="Trust anchors: a PEM or DER file, or a folder of them. Else the archive's own."),
    ] = None,
    log_key: Annotated[
        str,
        typer.Option(help="The log's key: the vkey itself or a file with it. Else the archive's own."),
    ] = "",
    witness: Annotated[
        list[str] | None,
        typer.Option(help="A witness's vkey, or a file with one a line; repeat it. Else the archive's own."),
    ] = None,
    reprint: Annotated[
        bool, typer.Option("--reprint", help="Also print the record again and compare every object.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")] = False,
) -> None:
    """Check everything an archive (归档包) claims, without a network: every byte of the container, the log,
    the sealed bids, what was opened, the draw, the minutes, the signatures and the time stamps.

    Exit code 0: verified. 1: something is wrong, and it is named. 2: there is no archive to read.
    """
    try:
        anchors = load_anchors(trust) if trust is not None else None
        vkey = _vkey(log_key) if log_key else None
        report = verify_archive(
            archive,
            anchors=anchors,
            vkey=vkey,
            witnesses=_vkeys(witness) if witness else None,
            reprint=reprint,
            progress=_quiet if as_json else _show_step,
        )
    except Unreadable as error:
        _unreadable(str(error), as_json)
        raise typer.Exit(UNREADABLE) from error
    if as_json:
        typer.echo(json.dumps(report.encode(), ensure_ascii=False))
    else:
        _show_verdict(report)
    raise typer.Exit(VERIFIED if report.verified else NOT_VERIFIED)


def _vkey(given: str) -> str:
    path = Path(given)
    try:
        return path.read_text("ascii").strip() if path.is_file() else given
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{given}: {error}") from error


def _vkeys(given: list[str]) -> tuple[str, ...]:
    """The vkeys themselves, and the lines of files."""
    return tuple(line for one in given for line in _vkey(one).splitlines())


def _quiet(step: Step) -> None:
    """Nothing while JSON is asked for."""


def _show_step(step: Step) -> None:
    typer.echo(f"{step.n:>3} {_MARKS[step.ok]} {step.name}: {step.detail}")


def _show_verdict(report: Report) -> None:
    for one in report.wrong:
        where = f" byte {one.offset}" if one.offset is not None else ""
        where += f" leaf {one.leaf}" if one.leaf is not None else ""
        detail = f" ({one.detail})" if one.detail else ""
        typer.echo(f"    {one.path or 'archive'}{where}: {one.reason}{detail}", err=True)
    if report.unnamed:
        typer.echo(f"    and {report.unnamed} more places", err=True)
    for sentence in report.trusted:
        typer.echo(f"    based on: {sentence}")
    typer.echo("验证通过 verified" if report.verified else "验证未通过 NOT verified")


def _unreadable(reason: str, as_json: bool) -> None:
    if as_json:
        wrong = [{"path": "", "reason": "unreadable", "detail": reason}]
        typer.echo(json.dumps({"verified": False, "steps": [], "wrong": wrong}, ensure_ascii=False))
    sys.stderr.write(f"kaibiao verify: {reason}\n")
