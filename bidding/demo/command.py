"""`kaibiao demo`: the platform on loopback with the demonstration loaded, and a note on what to try."""

from __future__ import annotations

import sys
import threading
import webbrowser
from datetime import timedelta
from pathlib import Path
from typing import Annotated, cast

import typer
import uvicorn
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table

from bidding.client.errors import ClientError
from bidding.client.http import Api
from bidding.demo.api import router
from bidding.demo.cast import BIDDERS, OFFICERS, PASSWORD, QUORUM, VISITOR
from bidding.demo.load import Loaded
from bidding.demo.stage import Readiness, Stage, appoint
from bidding.server import configure_logging, refuse_plain_text, server_config
from bidding.settings import Settings


def demo(
    port: Annotated[int, typer.Option(help="Port on loopback.")] = 8420,
    data_dir: Annotated[Path, typer.Option(help="Where everything embedded is kept.")] = Path(".data"),
    opens_in: Annotated[float, typer.Option(min=0.5, help="Minutes until a new tender opens.")] = 5.0,
    browser: Annotated[bool, typer.Option(help="Open the guide in a browser once it is ready.")] = True,
) -> None:
    """Run the platform with the demonstration (演示/无法律效力): a tender about to open and its bids."""
    settings = Settings(
        port=port,
        data_dir=data_dir,
        # The demonstration is thrown away as a whole.
        anchor=data_dir / "log.anchor",
        demo=True,
        rehearsal=True,
        log_level="warning",
    )
    refuse_plain_text(settings)
    configure_logging(settings.log_level)
    config = server_config(settings)
    stage = Stage(Api.to(settings.base_url), settings.data_dir / "demo")
    app = cast(FastAPI, config.app)
    app.include_router(router(stage, app.state.deps))
    appoint(app.state.deps)
    server = uvicorn.Server(config)
    lead = timedelta(minutes=opens_in)
    threading.Thread(target=_load, args=(server, settings, stage, lead, browser), daemon=True).start()
    server.run()


def _load(server: uvicorn.Server, settings: Settings, stage: Stage, lead: timedelta, browser: bool) -> None:
    console = Console(stderr=True)
    pause = threading.Event()
    while not server.started and not server.should_exit:
        pause.wait(0.05)
    if server.should_exit:
        return
    try:
        loaded = stage.open(lead, lambda text: console.print(text))
    except ClientError as error:
        stage.readiness, stage.detail = Readiness.FAILED, error.code
        console.print(f"[red]演示未能载入 / the demonstration could not be loaded: {error}[/red]")
        server.should_exit = True
        return
    _say_what_to_try(settings, loaded)
    if browser and sys.stdout.isatty():
        # Without a screen there is no browser to open: then the address above is all there is.
        webbrowser.open(f"{settings.base_url}/guide")


def _say_what_to_try(settings: Settings, loaded: Loaded) -> None:
    console = Console(file=sys.stdout)
    local = loaded.opens_at.astimezone()
    console.print(
        f"\n[bold]开标 Kaibiao[/bold]  {settings.base_url}   演示数据，无法律效力 / demonstration data"
    )
    console.print(
        f"[bold]在浏览器中打开 / open in a browser: {settings.base_url}/guide[/bold]  "
        "（向导会带您走完每个角色 / a guide leads through every role）"
    )
    console.print(f"标段 {loaded.lot} 将于 {local:%H:%M:%S} 开标 / opens at {local:%H:%M:%S}\n")
    table = Table("谁 / who", "文件夹 / folder", "角色 / role")
    for player in (*OFFICERS, *BIDDERS):
        role = f"officer:{player.seat}" if player.seat else f"bidder, {player.price} 元"
        table.add_row(player.organisation.name, player.key, role)
    console.print(table)
    console.print(f"证书 / certificates: {loaded.people}/<folder>/certificate.p12", soft_wrap=True)
    console.print(f"口令 / password: {PASSWORD}\n")
    console.print("试一试 / try, in another terminal:")
    for line in _things_to_try(settings, loaded):
        console.print(f"  {line}", soft_wrap=True)
    sys.stdout.flush()


def _things_to_try(settings: Settings, loaded: Loaded) -> list[str]:
    lot, people = loaded.lot, loaded.people
    return [
        f"export KAIBIAO_SERVER={settings.base_url} KAIBIAO_HOME={loaded.people.parent}/home",
        *(
            f"export KAIBIAO_{name}={PASSWORD}"
            for name in ("P12_PASSWORD", "BID_PASSPHRASE", "OFFICER_PASSPHRASE")
        ),
        f"./scripts/run host watch {lot}",
        *(
            f"./scripts/run officer attend {lot} -c {people}/{player.key}/certificate.p12 "
            f"--key {people}/{player.key}/opening-key-{lot}.json"
            for player in OFFICERS[:QUORUM]
        ),
        f"./scripts/run host do {lot} StartDecryption -c {people}/agency/certificate.p12",
        *(
            f"./scripts/run release {lot} --package {people}/{player.key}/package-{lot}"
            for player in BIDDERS
            if player is not VISITOR
        ),
        f"./scripts/run confirm {lot} -c {people}/bidder-2/certificate.p12",
        f"./scripts/run sign {lot} -c {people}/bidder-2/certificate.p12",
        f"./scripts/run export {lot} -c {people}/supervisor/certificate.p12 --right supervisor",
        "./scripts/run verify ….zip",
        "./scripts/run rehearse --bidders 15 --misbehave all",
    ]
