"""All settings of one installation, read from `KAIBIAO_*` environment variables and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
#: Addresses to listen on that say nothing about the name users know: set `public_url` with them.
EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - recognised, not bound


class Settings(BaseSettings):
    """One installation. The defaults run everything embedded under `data_dir` on loopback."""

    model_config = SettingsConfigDict(env_prefix="KAIBIAO_", extra="ignore", frozen=True)

    data_dir: Path = Path(".data")
    #: Where the log's last checkpoint is kept; by default beside `data_dir`, so that a backup restored over
    #: the data does not take its own anchor along.
    anchor: Path | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8420, ge=0, le=65535)
    #: The address users see, printed in QR codes and named in every sign-in; by default from host and port.
    public_url: str = ""
    #: SQLAlchemy address; by default SQLite (WAL, synchronous=FULL) under `data_dir`.
    database_url: str = ""
    #: Redis is a doorbell only: without it other processes see new events a little later.
    redis_url: str = ""
    #: obstore address (`s3://…`); by default a directory under `data_dir`.
    objects_url: str = ""
    #: Name of the transparency log: first line of every checkpoint.
    origin: str = "kaibiao.local/log"
    #: Verifier keys (C2SP vkey strings) of the witnesses whose cosignatures are accepted.
    witnesses: Annotated[tuple[str, ...], NoDecode] = ()
    #: Seconds between two sealed-batch leaves.
    batch_seconds: float = Field(default=300, gt=0)
    #: Longest pause, in seconds, between two looks at deadlines and at other processes' events.
    tick_seconds: float = Field(default=0.5, gt=0)
    session_idle_seconds: int = 30 * 60
    session_absolute_seconds: int = 12 * 3600
    #: Embedded demonstration CA and time-stamp authority (演示/无法律效力).
    demo: bool = True
    #: Admit the REHEARSAL regime, whose periods are seconds (模拟开标).
    rehearsal: bool = False
    #: RFC 3161 address; empty uses the embedded demonstration authority.
    tsa_url: str = ""
    #: Directory with one folder per trusted CA beside the demonstration CA.
    trust_dir: Path | None = None
    #: `role=certificate-sha256` pairs that hold operator roles from the first start.
    operators: Annotated[tuple[str, ...], NoDecode] = ()
    #: The built web client; by default the one that comes with the package.
    web_dir: Path | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_sender: str = ""
    smtp_starttls: bool = True
    #: The hall's voice: `auto` (espeak-ng where it is installed), `none`, or a program that reads text and
    #: writes WAV, with `{language}` (zh, en) in its arguments.
    speech: str = "auto"
    log_level: str = "info"

    @field_validator("witnesses", "operators", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @property
    def beyond_loopback(self) -> bool:
        """Whether other machines can reach the server: then it speaks TLS only."""
        return self.host not in LOOPBACK

    @property
    def web_folder(self) -> Path:
        """Where the built web client lies."""
        return self.web_dir or Path(__file__).with_name("static")

    @property
    def base_url(self) -> str:
        """The address printed for users, without a trailing slash."""
        if self.public_url:
            return self.public_url.rstrip("/")
        scheme = "https" if self.tls_certificate else "http"
        return f"{scheme}://{self.host}:{self.port}"

    @property
    def secure_cookies(self) -> bool:
        return urlsplit(self.base_url).scheme == "https"

    @property
    def anchor_path(self) -> Path:
        """File of the log's last checkpoint: the log must extend it at every start."""
        data = self.data_dir.resolve()
        return self.anchor or data.with_name(f"{data.name}.anchor")

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'kaibiao.db'}"
