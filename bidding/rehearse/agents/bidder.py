"""A bidder (投标人): seals, uploads, waits for T, releases its key, confirms its line, signs the record."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bidding.client import bidder as acts
from bidding.client.documents import download_documents
from bidding.client.errors import ClientError
from bidding.client.http import Api
from bidding.client.lot import Lot, fetch_lot
from bidding.client.seal import Draft, checked_form, seal
from bidding.client.tickets import take_ticket
from bidding.client.trusting import anchors_of
from bidding.client.upload import (
    begin,
    fetch_receipt,
    missing_pieces,
    send_missing,
    send_piece,
    upload_package,
)
from bidding.rehearse.agents.bidder_hall import attend
from bidding.rehearse.agents.party import Party
from bidding.rehearse.forgery import CHEAP, Bench, forge
from bidding.rehearse.misbehaviour import Misbehaviour
from bidding.rehearse.report import Report
from crypto.identity import IdentityInput
from crypto.payload import PartInput

FORGED = frozenset(
    {
        Misbehaviour.JUNK_ENVELOPE,
        Misbehaviour.FORGED_IDENTITY,
        Misbehaviour.POISONED_DEALING,
        Misbehaviour.TWO_PRICE,
    }
)


@dataclass(slots=True)
class Bidder:
    """One bidder at work."""

    party: Party
    lot: Lot
    way: Misbehaviour | None

    @property
    def anonymous(self) -> Api:
        """A connection of its own without any session: uploads must not be linked to an account."""
        return self.party.api.stranger()

    def draft(self, price: str) -> Draft:
        """The bid: the form, and files of random bytes as large as the rehearsal asks."""
        files = []
        size = int(self.party.config["size"])
        if size:
            path = self.party.directory / "toubiao-wenjian.bin"
            if not path.exists():
                path.write_bytes(os.urandom(size))
            files.append(("toubiao-wenjian.bin", path))
        values = {"price": price, "duration": "180", "quality": "合格", "manager": "演示项目经理"}
        parts = []
        for name in self.lot.parts:
            fields = self.lot.fields_of(name)
            wanted = {str(entry["name"]) for entry in fields}
            form = checked_form({k: v for k, v in values.items() if k in wanted}, fields)
            parts.append(PartInput(name, form, files))
        return Draft(tuple(parts), {})

    def seal(self, folder: Path, price: str) -> None:
        draft = self.draft(price)
        began = time.monotonic()
        if self.way in FORGED:
            assert self.way is not None  # noqa: S101 - a member of FORGED
            config = self.party.config
            identity = IdentityInput({"name": config["organisation"], "creditCode": config["creditCode"]})
            forge(
                self.way, Bench(self.lot, draft, self.party.signer, identity, folder, self.party.passphrase)
            )
        else:
            seal(self.lot, draft, self.party.signer, folder, self.party.passphrase, cost=CHEAP)
        self.party.report.tell("sealed", seconds=round(time.monotonic() - began, 3))

    def submit(self, folder: Path) -> bool:
        """Upload and keep the receipt; False when the platform refused the bid."""
        cargo = acts.cargo_of(folder)
        ticket = self.party.directory / "tickets.json"
        api = self.anonymous
        try:
            if self.way is Misbehaviour.LATE_UPLOAD:
                self._submit_late(api, folder)
                return False
            receipt = upload_package(api, self.lot.id, folder, cargo, lambda: take_ticket(ticket), parallel=1)
        except ClientError as exc:
            self.party.report.tell("upload-refused", code=exc.code, detail=str(exc.detail)[:200])
            return False
        report = self.party.report
        report.tell("submitted", bytes=cargo.total + len(cargo.manifest))
        match = {"bid": receipt["bid"], "submission": receipt["submission"]}
        report.acknowledged("Receipt", match, lot=self.lot.id)
        return True

    def _submit_late(self, api: Api, folder: Path) -> None:
        """Send everything but the last piece in time, and that one after T. Ends in a `ClientError`."""
        cargo = acts.cargo_of(folder)
        session = begin(
            api, self.lot.id, folder, cargo, lambda: take_ticket(self.party.directory / "tickets.json")
        )
        *early, last = list(missing_pieces(session))
        for piece in early:
            send_piece(api, session, cargo, *piece)
        self.party.report.tell("waiting-until-late")
        self.party.sleep_until(self.lot.deadline + timedelta(seconds=0.5))
        send_missing(
            api,
            type(session)(session.upload, session.secret, session.piece_size, {last[0]: [last[1]]}),
            cargo,
        )
        fetch_receipt(api, session)


def run(directory: Path, config: Mapping[str, Any], report: Report) -> None:
    """Be one bidder from certificate to signed record."""
    party = Party(directory, config, report)
    way = Misbehaviour(config["misbehaviour"]) if config["misbehaviour"] else None
    lot = fetch_lot(party.api, config["lot"], anchors=anchors_of(party.signer))
    download_documents(party.api, lot, directory / "documents")
    report.tell("ready", account=party.account.credit_code)
    bidder = Bidder(party, lot, way)
    if way is Misbehaviour.DOUBLE_BID:
        bidder.seal(directory / "first", config["price"])
        bidder.submit(directory / "first")
    folder = directory / "bid"
    bidder.seal(folder, config["price"])
    if not bidder.submit(folder):
        report.tell("done", bytes_sent=party.api.traffic.sent)
        return
    attend(party, lot, folder, way)
    report.tell("done", bytes_sent=party.api.traffic.sent, bytes_received=party.api.traffic.received)
