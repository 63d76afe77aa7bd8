"""`kaibiao serve`, `migrate` and `keys`: what an operator of the platform runs."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Annotated, Any, cast

import structlog
import typer
import uvicorn
from fastapi import FastAPI

from bidding.app import create_app
from bidding.db import migrate as migrate_database
from bidding.keys import KINDS, KeyRing
from bidding.settings import Settings
from ceremony.socket import HallProtocol
from crypto.errors import Untrusted
from crypto.translog.engine import open_engine

#: Connections of a finished hall get this long to close before the server ends, in seconds.
GRACEFUL_SECONDS = 5


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; beyond loopback TLS is required.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where everything embedded is kept.")] = None,
) -> None:
    """Run the platform. Settings come from KAIBIAO_* variables; the options override three of them."""
    given = {"host": host, "port": port, "data_dir": data_dir}
    settings = Settings(**cast("Any", {name: value for name, value in given.items() if value is not None}))
    refuse_plain_text(settings)
    configure_logging(settings.log_level)
    run(settings)


def run(settings: Settings) -> None:
    """Serve until the process is told to end."""
    uvicorn.Server(server_config(settings)).run()


def trusted_app(settings: Settings) -> FastAPI:
    """The application, or a clear line and exit code 3 when the log does not extend its last checkpoint."""
    try:
        return create_app(settings)
    except Untrusted as error:
        sys.stderr.write(
            f"kaibiao: 日志与最后一次检查点不符（{settings.anchor_path}），为保护证据不予启动。"
            "若恢复了旧备份，请换回完整数据；若有意从头开始，请一并移走该文件。\n"
            f"kaibiao: the log does not extend its last checkpoint ({settings.anchor_path}); to protect the "
            "evidence the server does not start. After restoring an old backup put the full data back; to "
            f"start afresh on purpose, move that file away too. ({error})\n"
        )
        raise typer.Exit(3) from error


def server_config(settings: Settings) -> uvicorn.Config:
    """uvicorn as the hall needs it: our socket protocol, no deflate, no log that names visitors."""
    return uvicorn.Config(
        trusted_app(settings),
        host=settings.host,
        port=settings.port,
        ws=HallProtocol,
        ws_max_size=1 << 20,
        ws_per_message_deflate=False,
        http="httptools",
        backlog=4096,
        access_log=False,
        log_config=None,
        server_header=False,
        ssl_certfile=str(settings.tls_certificate) if settings.tls_certificate else None,
        ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )


def refuse_plain_text(settings: Settings) -> None:
    """Beyond loopback only TLS is served: cookies and keys never cross a network in clear."""
    if settings.beyond_loopback and not (settings.tls_certificate and settings.tls_key):
        sys.stderr.write(
            f"kaibiao: {settings.host} 可从其他计算机访问，必须使用 TLS："
            "请设置 KAIBIAO_TLS_CERTIFICATE 和 KAIBIAO_TLS_KEY\n"
            f"kaibiao: {settings.host} is reachable from other machines and needs TLS: "
            "set KAIBIAO_TLS_CERTIFICATE and KAIBIAO_TLS_KEY\n"
        )
        raise typer.Exit(2)


def configure_logging(level: str) -> None:
    """JSON lines on standard error. Nothing in them names a bidder, an address or a file."""
    logging.basicConfig(level=level.upper(), stream=sys.stderr, format="%(message)s")
    # Both name the address and the slot of every visitor.
    for name in ("uvicorn.access", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def migrate() -> None:
    """Bring the database to the newest schema. Safe to repeat."""
    settings = Settings()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    migrate_database(open_engine(settings.database))
    sys.stderr.write("kaibiao: 数据库已是最新 / the database is up to date\n")


keys = typer.Typer(help="The platform's own keys: none of them opens a bid.", add_completion=False)


@keys.command("list")
def list_keys() -> None:
    """Print the public halves of the log and receipt keys as JSON."""
    ring = KeyRing.open(Settings().data_dir / "keys")
    public = {key_id: key.hex() for key_id, key in ring.receipt_public_keys().items()}
    sys.stdout.write(
        json.dumps({"log": ring.log.public_key().public_bytes_raw().hex(), "receipt": public}) + "\n"
    )


@keys.command("rotate")
def rotate_key(kind: Annotated[str, typer.Argument(help="log, receipt, session or data")]) -> None:
    """Add a new generation; it is used from the next start, older ones keep verifying and opening."""
    if kind not in KINDS:
        sys.stderr.write(f"kaibiao: {kind}? {', '.join(KINDS)}\n")
        raise typer.Exit(2)
    key = KeyRing.open(Settings().data_dir / "keys").rotate(kind)
    sys.stdout.write(f"{kind} {key.id}\n")
