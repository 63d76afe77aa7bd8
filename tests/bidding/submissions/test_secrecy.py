"""Before T nobody can read who bids: not from the database, the store, the log, or all of them together.

The same tender is run with two bidders swapped, and with a mere downloader in a bidder's place. All that the
server holds must be equal but for random values.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from server_dump import Dump, containing, differences, dump, links
from tender_world import Person, Published, TenderWorld, credit_code, published_rehearsal, tender_world

from bidding.submissions import api, batches
from bidding.submissions.desk import desk_of
from bidding.submissions.store import PIECE_SIZE
from crypto.canonical import b64, unb64
from crypto.envelope import (
    CHECKIN,
    DIAGNOSTIC,
    Cost,
    IdentityInput,
    PartInput,
    Sealed,
    new_context,
    parse_keyset,
    seal_bid,
    sign_statement,
)

NAMES = {"X": "湖北甲建设有限公司", "Y": "湖北乙建设有限公司", "Z": "湖北丙建设有限公司"}
PRICES = {"X": "43210987.65", "Y": "41098765.43", "Z": "42987654.31"}
PHONES = {"X": "13900000001", "Y": "13900000002", "Z": "13900000003"}
AT = "2026-03-02T02:00:00.000Z"


def run(folder: Path, first: str, second: str, capsys: pytest.CaptureFixture[str]) -> tuple[Dump, list[str]]:
    """The tender up to just before T, `first` and `second` bidding: what the server holds, and leaks."""
    folder.mkdir()
    capsys.readouterr()
    with tender_world(folder) as world:
        app: Any = world.client.app
        app.include_router(api.router(world.deps), prefix="/api")
        published = published_rehearsal(world, opens_in=timedelta(hours=1))
        tickets = {}
        for number, name in enumerate(NAMES):
            world.clock.at += timedelta(seconds=1)
            person = world.signed_in("王投标", NAMES[name], credit_code(20 + number))
            tickets[name] = person.post("/tickets")["tickets"]
            look_around(world, published)
        desk = desk_of(world.deps)
        for number, bidder in enumerate((first, second)):
            world.clock.at += timedelta(minutes=5)
            person = world.person("王投标", NAMES[bidder], credit_code(20 + list(NAMES).index(bidder)))
            sealed = seal(world, published, person, bidder, folder.parent / f"{folder.name}-{bidder}")
            hand_in(world, published, sealed, tickets[bidder][0])
            if number == 0:
                say(world, published, sealed)
            batches.seal_due(desk)
        return dump(world.deps.engine, folder / "store", logged(capsys)), containing(folder, secrets_of())


def look_around(world: TenderWorld, published: Published) -> None:
    """What everybody does who is interested, bidding or not."""
    lot = world.anonymous("GET", f"/lots/{published.lot}").json()
    for document in lot["documents"]:
        assert world.anonymous("GET", document["url"].removeprefix("/api")).status_code == 200


def seal(world: TenderWorld, published: Published, person: Person, bidder: str, folder: Path) -> Sealed:
    lot = world.anonymous("GET", f"/lots/{published.lot}").json()
    keyset = parse_keyset(unb64(lot["keyset"]))
    ctx = new_context(published.tender, published.lot, keyset_hash=keyset.hash(), docs_hash=lot["docsHash"])
    identity = IdentityInput(
        organisation={"name": NAMES[bidder], "creditCode": person.credit_code},
        contact={"phone": PHONES[bidder]},
        representative={"name": f"代表人{bidder}"},
    )
    form = {"price": PRICES[bidder], "duration": "300", "quality": "合格"}
    options = {"passphrase": "correct horse", "cost": Cost(log_n=10, r=8, p=1), "at": world.clock.at}
    return seal_bid(ctx, keyset, [PartInput("main", form)], identity, person.signer, out=folder, **options)


def hand_in(world: TenderWorld, published: Published, sealed: Sealed, ticket: str) -> None:
    files = {"box": sealed.box, "main": sealed.ciphertexts["main"].read_bytes()}
    asked = {
        "ticket": ticket,
        "manifest": b64(sealed.manifest),
        "box": len(files["box"]),
        "parts": {"main": len(files["main"])},
    }
    begun = world.anonymous("POST", f"/lots/{published.lot}/uploads", asked).json()
    secret = {"X-Upload-Secret": begun["secret"]}
    for file, data in files.items():
        for number in range(-(-len(data) // PIECE_SIZE)):
            piece = data[number * PIECE_SIZE : (number + 1) * PIECE_SIZE]
            digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
            headers = {**secret, "Content-Digest": f"sha-256=:{digest}:"}
            path = f"/uploads/{begun['upload']}/{file}/{number}"
            assert world.anonymous("PUT", path, content=piece, headers=headers).status_code == 200
    status = world.anonymous("GET", f"/uploads/{begun['upload']}?wait=20", headers=secret).json()
    assert status["state"] == "live", status


def say(world: TenderWorld, published: Published, sealed: Sealed) -> None:
    place = {"tender": published.tender, "lot": published.lot}
    check_in = {"bid": sealed.bid, "at": AT}
    told = {"bid": sealed.bid, "kind": "clock-offset", "facts": {"offsetMs": "12"}, "at": AT}
    for path, label, facts in (("checkin", CHECKIN, check_in), ("diagnostics", DIAGNOSTIC, told)):
        signature = sign_statement(sealed.receipt_private, {"label": label, **place, **facts})
        answer = world.anonymous("POST", f"/lots/{published.lot}/{path}", {**facts, "sig": signature})
        assert answer.status_code == 200, answer.text


def logged(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return captured.out + captured.err


def secrets_of() -> list[str]:
    return [*PRICES.values(), *PHONES.values(), *(f"代表人{name}" for name in NAMES)]


Run = Callable[[str, str], Dump]


@pytest.fixture
def tender(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def once(first: str, second: str) -> Dump:
        dumped, leaks = run(tmp_path / f"{first}{second}", first, second, capsys)
        assert leaks == [], "a price, a phone number or a name stands in a file of the server"
        assert links(dumped) == []
        return dumped

    return once


def test_two_bidders_swapped_look_the_same(tender: Run) -> None:
    assert differences(tender("X", "Y"), tender("Y", "X")) == []


def test_a_mere_downloader_in_a_bidders_place_looks_the_same(tender: Run) -> None:
    assert differences(tender("X", "Y"), tender("X", "Z")) == []


def test_the_comparison_would_notice(tender: Run) -> None:
    """The test's own test: a leaked name, a price, a link and a different number of bids are all found."""
    honest = tender("X", "Y")
    upload = honest.rows["uploads"][0]
    for column, value in (("bid", "43210987.65"), ("state", "王投标")):
        leaky = {**honest.rows, "uploads": [{**upload, column: value}, *honest.rows["uploads"][1:]]}
        assert differences(honest, Dump(leaky, honest.objects, honest.logged))
    one_less = {**honest.rows, "uploads": honest.rows["uploads"][1:]}
    assert differences(honest, Dump(one_less, honest.objects, honest.logged))
    assert differences(honest, Dump(honest.rows, honest.objects, honest.logged + "POST from 10.0.0.7"))
    organisation = honest.rows["organisation"][-1]
    linked = {**honest.rows, "uploads": [{**upload, "receipt": f"for {organisation['id']}"}]}
    assert links(Dump(linked, honest.objects, honest.logged))
    session = {**honest.rows["session"][0], "agent": upload["upload"]}
    assert links(Dump({**honest.rows, "session": [session]}, honest.objects, honest.logged))
