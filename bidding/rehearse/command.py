"""`kaibiao rehearse`: 模拟开标 from publishing to a verified archive, every party in its own process."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperCommand

from bidding.client.errors import ClientError
from bidding.client.explain import explain
from bidding.rehearse.archive import read_hall
from bidding.rehearse.driver import Driver, Played, Staging
from bidding.rehearse.environment import inherited
from bidding.rehearse.estimate import phase_a_seconds, prepare_seconds
from bidding.rehearse.findings import Event, parse_hall
from bidding.rehearse.misbehaviour import ABSENT, Misbehaviour
from bidding.rehearse.pace import human_pace
from bidding.rehearse.plan import Plan, cast, fictitious, parse_input, parse_size
from bidding.rehearse.progress import Display
from bidding.rehearse.server import OwnServer, RemoteServer, free_port
from bidding.rehearse.summary import Summary, misbehaving, print_summary

CEILING = "100000000.00"
#: Options that may stand alone (once) or be followed by a count.
COUNTS = frozenset({*(f"--{way.value}" for way in Misbehaviour), "--false-share"})

EPILOG = """Exit codes: 0 every bid ended as the rule book says, nothing was lost and the archive verified; 1
not so;
2 wrong options or input; 3 the server or the parties could not be started, or the hall stood still."""


class CountsMayStandAlone(TyperCommand):
    """`--wrong-key` means `--wrong-key 1`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        filled: list[str] = []
        for position, word in enumerate(args):
            filled.append(word)
            following = args[position + 1] if position + 1 < len(args) else ""
            if word in COUNTS and not following.isdigit():
                filled.append("1")
        return super().parse_args(ctx, filled)


rehearse = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
Count = Annotated[
    int, typer.Option(min=0, help="how many bidders (alone: 1)", rich_help_panel="Misbehaviour")
]


@rehearse.command(cls=CountsMayStandAlone, epilog=EPILOG)
def rehearse_opening(
    bidders: Annotated[
        int, typer.Option(min=1, max=2000, help="Bidders in all; --input brings its own.")
    ] = 12,
    officers: Annotated[int, typer.Option(min=1, max=9, help="Officer seats.")] = 3,
    quorum: Annotated[int, typer.Option(min=1, max=9, help="Officers needed to open.")] = 2,
    size: Annotated[str, typer.Option(help="Payload of each bid, e.g. 512KiB or 2MiB.")] = "256KiB",
    lots: Annotated[
        int, typer.Option(min=1, max=20, help="Lots (标段); bidders are dealt to them in turn.")
    ] = 1,
    input_file: Annotated[
        Path | None,
        typer.Option(
            "--input", help='{"title", "ceiling", "bidders": [{"name", "price"}]}, decimal strings in yuan.'
        ),
    ] = None,
    server: Annotated[
        str, typer.Option(help="A running server that admits rehearsals; default: one of its own.")
    ] = "",
    json_output: Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")] = False,
    seed: Annotated[int, typer.Option(help="For invented prices and the moments of kills.")] = 1,
    kill: Annotated[int, typer.Option(min=0, help="SIGKILL the server at so many random moments.")] = 0,
    dump: Annotated[
        Path | None, typer.Option(help="Just before T, copy all an operator could read here.")
    ] = None,
    human: Annotated[bool, typer.Option("--human", help="Also compute the opening at human pace.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Where record and archive go; default: a fresh directory.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the parties' and the server's directories.")
    ] = False,
    prepare: Annotated[
        float, typer.Option(min=0.0, help="Seconds from publishing to T; 0: estimated.")
    ] = 0.0,
    phase_a: Annotated[int, typer.Option(min=0, help="Seconds of phase A; 0: estimated.")] = 0,
    misbehave: Annotated[
        str,
        typer.Option(
            help="`all`: one bidder with each misbehaviour, a false share, the deputy.",
            rich_help_panel="Misbehaviour",
        ),
    ] = "",
    late_upload: Count = 0,
    lost_connection: Count = 0,
    wrong_key: Count = 0,
    never_appears: Count = 0,
    double_bid: Count = 0,
    junk_envelope: Count = 0,
    forged_identity: Count = 0,
    poisoned_dealing: Count = 0,
    two_price: Count = 0,
    recovery_only: Count = 0,
    false_share: Annotated[
        int,
        typer.Option(
            min=0, help="false shares given by one officer (alone: 1)", rich_help_panel="Misbehaviour"
        ),
    ] = 0,
    deputy_host: Annotated[
        bool,
        typer.Option(
            "--deputy-host", help="The host hands over to the deputy.", rich_help_panel="Misbehaviour"
        ),
    ] = False,
) -> None:
    """Rehearse a whole opening (模拟开标): publish, seal, upload, open, read, sign, export, verify.

    Every bidder and officer is an operating-system process of its own with its own certificate and directory
    and uses public addresses only. The driver holds no key.
    """
    given = [late_upload, lost_connection, wrong_key, never_appears, double_bid]
    given += [junk_envelope, forged_identity, poisoned_dealing, two_price, recovery_only]
    counts = dict(zip(Misbehaviour, given, strict=True))
    console = Console(stderr=True)
    try:
        everything = every_misbehaviour(misbehave)
        if everything:
            counts = {way: max(1, count) for way, count in counts.items()}
        if server and (kill or dump):
            raise ClientError("input-malformed", "--kill and --dump need a server of the rehearsal's own")
        published = parse_input(input_file) if input_file else fictitious(bidders, seed, CEILING)
        plan = cast(
            published,
            officers=officers,
            quorum=quorum,
            size=parse_size(size),
            lots=lots,
            seed=seed,
            misbehaving=misbehaving(counts),
        )
    except ClientError as exc:
        console.print(explain(exc), markup=False)
        raise typer.Exit(2) from exc
    shares = max(1, false_share) if everything else false_share
    plan = replace(plan, false_shares=shares, deputy_host=deputy_host or everything, kills=kill)
    seconds = (prepare or prepare_seconds(plan), phase_a or phase_a_seconds(plan))
    summary = carry_out(plan, server, seconds, dump, out, console, human=human, keep=keep)
    if json_output:
        sys.stdout.write(json.dumps(summary.as_json(), ensure_ascii=False) + "\n")
    else:
        print_summary(summary, console)
    raise typer.Exit(0 if summary.verified and summary.as_expected and summary.lost == 0 else 1)


def every_misbehaviour(text: str) -> bool:
    """What `--misbehave` says. Raises `ClientError("input-malformed")`."""
    if text not in ("", "all"):
        raise ClientError("input-malformed", f"--misbehave {text}: only `all` is known")
    return text == "all"


def carry_out(
    plan: Plan,
    address: str,
    seconds: tuple[float, int],
    dump: Path | None,
    out: Path | None,
    console: Console,
    *,
    human: bool,
    keep: bool,
) -> Summary:
    """Stage a plan in a directory of its own, which is gone afterwards unless it is to be kept."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    target = out or Path(tempfile.mkdtemp(prefix="kaibiao-rehearsal-"))
    target.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="kaibiao-stage-"))
    work.chmod(0o711)
    staging = Staging(work, prepare_seconds=seconds[0], phase_a_seconds=seconds[1], dump=dump)
    try:
        return stage(plan, staging, address, target, console, human=human)
    except ClientError as exc:
        console.print(explain(exc), markup=False)
        raise typer.Exit(3) from exc
    finally:
        if keep:
            console.print(f"kept: {work}", markup=False)
        else:
            shutil.rmtree(work, ignore_errors=True)


def stage(plan: Plan, staging: Staging, address: str, out: Path, console: Console, *, human: bool) -> Summary:
    """Play, bring the results home, verify them in a process of their own. Raises `ClientError`."""
    server = RemoteServer(address) if address else OwnServer(staging.work / "server", free_port())
    with Display(len(plan.bidders), console) as display:
        driver = Driver(plan, staging, server, display)
        try:
            played = bring_home(driver.play(), out)
            driver.clockwork.enter("verify")
            display.enter("verify")
            reports = [verify(path, staging.work) for path in played.archives.values()]
        finally:
            server.stop()
        played = replace(played, phases=tuple(driver.clockwork.finish()))
    events: dict[str, list[Event]] = {lot: read_hall(path) for lot, path in played.archives.items()}
    halls = {number: parse_hall(events[lot]) for number, lot in enumerate(played.lots)}
    extra: dict[str, Any] = {}
    if human:
        silent = sum(1 for bidder in plan.bidders if bidder.misbehaviour in ABSENT)
        extra["human"] = human_pace(len(plan.bidders), silent=silent, seed=plan.seed).as_json()
    return Summary(
        plan=plan,
        played=played,
        ledger=driver.ledger,
        halls=halls,
        events=events,
        verified=all(report.get("verified") is True for report in reports),
        verification=reports[0],
        kills=server.kills,
        restarts_s=server.restarts_s,
        extra=extra,
    )


def bring_home(played: Played, out: Path) -> Played:
    """Copy archives and records to where they stay."""
    archives, records = {}, {}
    for number, lot in enumerate(played.lots, 1):
        suffix = f"-lot{number}" if len(played.lots) > 1 else ""
        archives[lot] = Path(shutil.copyfile(played.archives[lot], out / f"archive{suffix}.zip"))
        records[lot] = Path(shutil.copyfile(played.records[lot], out / f"record{suffix}.pdf"))
    return replace(played, archives=archives, records=records)


def verify(archive: Path, work: Path) -> Mapping[str, Any]:
    """`kaibiao verify --json` in its own process: nothing of this one is trusted with the answer."""
    done = subprocess.run(
        [sys.executable, "-m", "bidding", "verify", "--json", str(archive)],
        capture_output=True,
        check=False,
        env=inherited(work / "bytecode"),
    )
    try:
        report = json.loads(done.stdout)
    except ValueError:
        report = {"verified": False, "error": done.stderr.decode("utf-8", "replace")[-1000:]}
    if done.returncode != 0:
        report["verified"] = False
    return dict(report)
