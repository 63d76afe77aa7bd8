"""A published tender with sealed bids on a running platform, for tests that play its opening in browsers.

What a test does not play itself is done here by the command line's client, through the same interface.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from web.harness import Person, Platform

from bidding.client import bidder as bids
from bidding.client.agency import add_lot, create_tender, publish, put_document
from bidding.client.closed import log_key
from bidding.client.hall import Hall
from bidding.client.lot import fetch_lot
from bidding.client.officer import make_opening_key, open_opening_key
from bidding.client.officer_acts import Desk, Step
from bidding.client.seal import read_folder, seal
from bidding.client.signin import Account, sign_in
from bidding.client.tickets import draw_tickets, take_ticket
from bidding.client.upload import upload_package
from bidding.demo.cast import PASSWORD
from crypto.canonical import b64, iso

DOCUMENT = "演示招标文件。本文件不构成要约邀请。\n"
#: Windows long enough for a browser, short enough for a test.
RULES = {
    "phase_a_seconds": 120,
    "confirmation_seconds": 60,
    "objection_seconds": 3,
    "signing_seconds": 60,
    "sign_in_opens_seconds": 3600,
    "line_seconds": 1,
}


def slowness() -> float:
    """How much longer everything takes on this machine now than on an idle one, roughly; 1 to 3.

    Windows of an opening are fixed before it begins: a busy machine gets longer ones.
    """
    waiting = os.getloadavg()[0] / (os.cpu_count() or 1)
    return max(1.0, min(3.0, waiting / 2.5))


OFFICIALS = {
    "agency": ("代理", "host"),
    "tenderer": ("招标人", "tenderer"),
    "supervisor": ("监督", "supervisor"),
}
PRICES = ("4680000.00", "4725500.50", "4599000.00", "4810000.00", "4755000.00")
CLOSING = timedelta(seconds=20)


@dataclass
class Staged:
    """One tender on the eve of its opening."""

    platform: Platform
    tender: str
    lot: str
    opens_at: datetime
    folder: Path
    officials: dict[str, Person]
    bidders: dict[str, Person]
    accounts: dict[str, Account] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return self.platform.base

    @property
    def path(self) -> str:
        return f"/halls/{self.lot}"

    def p12(self, who: str) -> Path:
        return {**self.officials, **self.bidders}[who].p12

    def opening_key(self, who: str) -> Path:
        return self.folder / f"opening-key-{who}.json"

    def package(self, who: str) -> Path:
        return self.folder / f"package-{who}"

    def recovery(self, who: str) -> tuple[str, str]:
        """(bid id, recovery code) as they stand on the recovery sheet."""
        secrets = (self.package(who) / "recovery.txt").read_text("utf-8")
        code = next(line.split()[-1] for line in secrets.splitlines() if line.count("-") >= 5)
        return self.bid(who), code

    def bid(self, who: str) -> str:
        manifest = json.loads((self.package(who) / "manifest.json").read_bytes())
        return str(manifest["ctx"]["bid"])

    def account(self, who: str) -> Account:
        """Signed in by the command line's client, beside any browser."""
        if who not in self.accounts:
            person = {**self.officials, **self.bidders}[who]
            self.accounts[who] = sign_in(self.platform.api(), person.signer)
        return self.accounts[who]

    @contextmanager
    def hall(self, who: str, seat: str = "") -> Any:
        with Hall(self.account(who).api, self.lot, wanted=seat) as hall:
            hall.until(lambda seen: seen.version is not None, seconds=20)
            yield hall

    def view(self, who: str = "agency") -> dict[str, Any]:
        with self.hall(who) as hall:
            return dict(hall.view)

    def wait(self, condition: Callable[[Hall], bool], who: str = "agency", seconds: float = 60) -> None:
        with self.hall(who) as hall:
            hall.until(condition, seconds=seconds)

    def reach(self, phase: str, seconds: float = 60) -> None:
        self.wait(lambda hall: hall.phase == phase, seconds=seconds)

    def officer(self, who: str, *steps: Step) -> None:
        """An officer's steps, each as soon as the hall allows it."""
        key = open_opening_key(self.opening_key(who), PASSWORD)
        account = self.account(who)
        desk = Desk(account.api, self.lot, key, self.officials[who].signer, log_key(account.api))
        with self.hall(who, f"officer:{who}") as hall:
            for step in steps:
                hall.until(lambda seen, step=step: step in seen.may, seconds=60)  # type: ignore[misc]
                desk.do(hall, step)

    def identify(self, *who: str) -> None:
        for one in who or ("tenderer", "supervisor"):
            self.officer(one, Step.IDENTITIES)

    def release(self, *who: str, part: str = "main") -> None:
        for one in who:
            held = bids.open_package(self.package(one), PASSWORD)
            key = bids.part_key(held, part)
            bids.release(self.platform.api(), self.lot, held.manifest.bid, part, key)

    def open_all(self, *who: str) -> None:
        for step in (Step.ADMITTED, Step.HALL):
            for one in who or ("tenderer", "supervisor"):
                self.officer(one, step)

    def do(self, who: str, command: str, seat: str = "", **body: Any) -> dict[str, Any]:
        with self.hall(who, seat) as hall:
            return dict(hall.do(command, **body))


def stage(
    platform: Platform,
    folder: Path,
    lead: float,
    *,
    bidders: Iterable[str] = ("甲", "乙", "丙"),
    sealed: Iterable[str] | None = None,
    rules: Mapping[str, Any] | None = None,
    k: int = 2,
    number: int = 7_000,
    deputy: bool = False,
    parts: tuple[str, ...] = ("main",),
) -> Staged:
    """Publish a tender that opens in `lead` seconds after the last bid is in, with these bids sealed."""
    folder.mkdir(parents=True, exist_ok=True)
    names = list(bidders)
    officials = {
        key: platform.person(key, name, number + n) for n, (key, (name, _)) in enumerate(OFFICIALS.items())
    }
    if deputy:
        officials["deputy"] = platform.person("deputy", "副主持", number + 8)
    people = {name: platform.person(name, name, number + 10 + n) for n, name in enumerate(names)}
    from bidding.client.clock import local_now

    opens_at = local_now() + timedelta(seconds=lead)
    staged = Staged(platform, "", "", opens_at, folder, officials, people)
    _publish(staged, {**RULES, **(rules or {})}, k, parts)
    wanted = names if sealed is None else list(sealed)
    for n, name in enumerate(names):
        if name in wanted:
            submit(staged, name, PRICES[n % len(PRICES)])
    return staged


def _publish(staged: Staged, rules: Mapping[str, Any], k: int, parts: tuple[str, ...]) -> None:
    agency = staged.account("agency").api
    tenderer = staged.officials["tenderer"].organisation
    staged.tender = create_tender(
        agency,
        {
            "regime": "REHEARSAL",
            "type": "works",
            "title": "演示：河西路改造工程",
            "tenderer": {"name": tenderer.name, "creditCode": tenderer.credit_code},
        },
    )
    seats = [{"role": role, **_holder(staged.officials[key])} for key, (_, role) in OFFICIALS.items()]
    if "deputy" in staged.officials:
        seats.append({"role": "deputy", **_holder(staged.officials["deputy"])})
    staged.lot = add_lot(
        agency,
        staged.tender,
        {
            "title": "演示：河西路改造工程",
            "opensAt": iso(staged.opens_at),
            "ceiling": "5000000.00",
            "k": k,
            "parts": parts,
            "officers": [{"seat": f"officer:{key}", **_holder(staged.officials[key])} for key in OFFICIALS],
            "seats": seats,
            "rules": dict(rules),
        },
    )
    put_document(agency, staged.tender, "演示招标文件.md", DOCUMENT.encode())
    for key in OFFICIALS:
        api, signer = staged.account(key).api, staged.officials[key].signer
        file = staged.opening_key(key)
        make_opening_key(api, staged.tender, staged.lot, f"officer:{key}", signer, file, PASSWORD)
    publish(agency, staged.tender, staged.officials["agency"].signer)


def submit(staged: Staged, who: str, price: str) -> None:
    """Seal and hand in one bid as the command line does."""
    offer = staged.folder / f"bid-{who}"
    offer.mkdir()
    form = {
        "price": price,
        "duration_days": "180",
        "quality": "合格",
        "manager": "演示项目经理",
        "manager_certificate": "演示-0001",
    }
    api = staged.platform.api()
    facts = fetch_lot(api, staged.lot)
    for part in facts.parts:
        folder = offer if len(facts.parts) == 1 else offer / part
        folder.mkdir(exist_ok=True)
        names = {field["name"] for field in facts.fields_of(part)}
        told = {name: value for name, value in form.items() if name in names}
        (folder / "form.json").write_text(json.dumps(told, ensure_ascii=False), "utf-8")
        (folder / "投标文件.txt").write_text(f"演示{who}\n", "utf-8")
    seal(facts, read_folder(offer, facts), staged.bidders[who].signer, staged.package(who), PASSWORD)
    tickets = staged.folder / f"tickets-{who}.json"
    draw_tickets(staged.account(who).api, tickets)
    upload_package(
        api, staged.lot, staged.package(who), bids.cargo_of(staged.package(who)), lambda: take_ticket(tickets)
    )


def _holder(person: Person) -> dict[str, str]:
    return {"name": person.name, "creditCode": person.organisation.credit_code}


def key_of(staged: Staged, who: str) -> str:
    """K_bidder of a sealed bid, base64url: what a release carries."""
    return b64(bids.part_key(bids.open_package(staged.package(who), PASSWORD), "main"))
