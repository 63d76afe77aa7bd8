"""What every agent has: a directory, a certificate of its own, a voice and the server's public address."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bidding.client.certificate import enrol
from bidding.client.clock import Offset, local_now, offset_of
from bidding.client.errors import ClientError
from bidding.client.hall import Frame, Hall
from bidding.client.http import Api, Patience
from bidding.client.signin import Account, sign_in
from bidding.client.tickets import keep_tickets
from bidding.rehearse.report import Report
from crypto.canonical import parse_iso
from crypto.signing import Signer

#: Agents outlast any number of kills of the server.
PATIENCE = Patience(seconds=120.0, connect=10.0, read=60.0)


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(slots=True)
class Party:
    """One agent at work."""

    directory: Path
    config: Mapping[str, Any]
    report: Report
    api: Api = field(init=False)
    passphrase: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    _offset: Offset | None = None
    _signer: Signer | None = None
    _account: Account | None = None

    def __post_init__(self) -> None:
        self.api = Api.to(self.config["server"], patience=PATIENCE)

    def now(self) -> datetime:
        """The server's time as far as this party knows it; on one machine there is one clock."""
        if self._offset is None and urlsplit(self.api.base).hostname in LOOPBACK:
            self._offset = Offset(timedelta(), timedelta())
        if self._offset is None:
            sent = local_now()
            server = parse_iso(self.api.get("/selfcheck/clock")["now"])
            self._offset = offset_of(sent, server, local_now())
        return self._offset.server_now()

    def sleep_until(self, instant: datetime) -> None:
        """Wait until the server's clock shows `instant`."""
        while (left := (instant - self.now()).total_seconds()) > 0:
            time.sleep(min(left, 5.0))

    @property
    def signer(self) -> Signer:
        """The party's certificate and key, obtained from the demonstration authority at first use."""
        if self._signer is None:
            self._signer = enrol(
                self.api,
                self.directory / "identity.p12",
                self.passphrase,
                organisation=self.config["organisation"],
                credit_code=self.config["creditCode"],
                person=self.config.get("person", ""),
            )
            self.report.tell("enrolled")
        return self._signer

    @property
    def account(self) -> Account:
        """The party's session, opened at first use."""
        if self._account is None:
            self._account = sign_in(self.api, self.signer)
            keep_tickets(self._account.api, self._account.credit_code, self.directory / "tickets.json")
            self.report.tell("signed-in")
        return self._account

    def hall(self, api: Api, lot: str, **options: Any) -> Hall:
        """A live connection that reports when versions arrive."""

        def note(frame: Frame) -> None:
            if frame.live:
                self.report.frame(lot, frame.version, milliseconds(self.now()))

        return Hall(api, lot, on_frame=note, patience=PATIENCE.seconds, **options)

    def keep_trying(self, hall: Hall, command: str, **body: Any) -> dict[str, Any] | None:
        """Give a command; None when the hall has moved on so that it is no longer wanted."""
        try:
            return hall.do(command, **body)
        except ClientError as exc:
            self.report.tell("refused", command=command, code=exc.code, detail=str(exc.detail)[:300])
            return None


def finished(hall: Hall) -> bool:
    """Whether the session's record is complete: a failed or aborted hall is still written up and sealed."""
    if hall.phase in ("FAILED", "ABORTED"):
        return bool(hall.view.get("record", {}).get("sha256"))
    return hall.phase == "RECORDED"


def milliseconds(at: datetime) -> int:
    """Unix milliseconds."""
    return int(at.timestamp() * 1000)


def milliseconds_of(at: str) -> int:
    """Unix milliseconds of an instant on the wire."""
    return milliseconds(parse_iso(at))
