"""Plays the demonstration up to the eve of the opening, through the public interface like anybody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bidding.client.agency import add_lot, create_tender, publish, put_document
from bidding.client.bidder import cargo_of
from bidding.client.certificate import enrol
from bidding.client.clock import local_now
from bidding.client.http import Api
from bidding.client.lot import fetch_lot
from bidding.client.officer import make_opening_key
from bidding.client.seal import read_folder, seal
from bidding.client.signin import Account, sign_in
from bidding.client.tickets import draw_tickets, take_ticket
from bidding.client.upload import load as load_json
from bidding.client.upload import save as save_json
from bidding.client.upload import upload_package
from bidding.demo.cast import (
    BIDDERS,
    OFFICERS,
    PASSWORD,
    VISITOR,
    Player,
    bid_form,
    lot_facts,
    tender_facts,
)
from crypto.canonical import iso, parse_iso
from crypto.signing import Signer

#: A tender whose opening is nearer than this is left alone and a new one is published.
TOO_NEAR = timedelta(seconds=20)
DOCUMENT = "演示招标文件.md"
DOCUMENT_TEXT = """# 演示招标文件（无法律效力）

滨河小学教学楼修缮工程，最高投标限价 5,000,000.00 元，工期 180 日历天。
本文件只用于演示不见面开标的全过程，不构成要约邀请。
"""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The demonstration's tender: ids, opening time and where the people's folders are."""

    tender: str
    lot: str
    opens_at: datetime
    people: Path


def load(api: Api, folder: Path, lead: timedelta, say: Say) -> Loaded:
    """The tender about to open: an earlier start's while it is still ahead, else a new one after `lead`."""
    people = folder / "people"
    state = folder / "demo.json"
    held = load_json(state)
    if held and parse_iso(held["opensAt"]) - local_now() > TOO_NEAR:
        return Loaded(held["tender"], held["lot"], parse_iso(held["opensAt"]), people)
    return stage(api, folder, lead, say)


def stage(api: Api, folder: Path, lead: timedelta, say: Say) -> Loaded:
    """Publish a new tender that opens after `lead`, with the bids of all but the visitor's bidder.

    Raises `ClientError`.
    """
    people = folder / "people"
    state = folder / "demo.json"
    opens_at = local_now() + lead
    accounts = {player.key: _account(api, people, player, say) for player in (*OFFICERS, *BIDDERS)}
    tender, lot = _publish(accounts, people, opens_at, say)
    for player in BIDDERS:
        if player is VISITOR:
            continue
        say(f"{player.organisation.name} 加密并递交 / seals and submits")
        _bid(api, accounts[player.key], people / player.key, player, lot)
    save_json(state, {"tender": tender, "lot": lot, "opensAt": iso(opens_at)})
    return Loaded(tender, lot, opens_at, people)


@dataclass(frozen=True, slots=True)
class _Party:
    signer: Signer
    account: Account


def _account(api: Api, people: Path, player: Player, say: Say) -> _Party:
    folder = people / player.key
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "certificate.p12"
    if not path.exists():
        say(f"{player.organisation.name} 申请演示证书 / applies for a demonstration certificate")
    signer = enrol(
        api,
        path,
        PASSWORD,
        organisation=player.organisation.name,
        credit_code=player.organisation.credit_code,
        person=player.person,
    )
    return _Party(signer, sign_in(api, signer))


def _publish(accounts: dict[str, _Party], people: Path, opens_at: datetime, say: Say) -> tuple[str, str]:
    agency = accounts["agency"]
    api = agency.account.api
    tender = create_tender(api, tender_facts())
    lot = add_lot(api, tender, lot_facts(iso(opens_at)))
    put_document(api, tender, DOCUMENT, DOCUMENT_TEXT.encode())
    for player in OFFICERS:
        party = accounts[player.key]
        key_file = people / player.key / f"opening-key-{lot}.json"
        seat = f"officer:{player.seat}"
        make_opening_key(party.account.api, tender, lot, seat, party.signer, key_file, PASSWORD)
    publish(api, tender, agency.signer)
    say("招标公告已签名发布 / the signed notice is published")
    return tender, lot


def _bid(api: Api, party: _Party, folder: Path, player: Player, lot: str) -> None:
    offer = folder / f"bid-{lot}"
    offer.mkdir(mode=0o700)
    form = json.dumps(bid_form(player), ensure_ascii=False, indent=2)
    (offer / "form.json").write_text(form, "utf-8")
    (offer / "投标文件.txt").write_text(f"{player.organisation.name}\n演示投标文件，无法律效力\n", "utf-8")
    facts = fetch_lot(api, lot)
    package = folder / f"package-{lot}"
    seal(facts, read_folder(offer, facts), party.signer, package, PASSWORD)
    tickets = folder / "tickets.json"
    draw_tickets(party.account.api, tickets)
    # Without the session: who uploads must not be readable on the server.
    upload_package(api, lot, package, cargo_of(package), lambda: take_ticket(tickets))
