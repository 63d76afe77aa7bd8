"""Bidders and officers who misbehave: the archive of their opening verifies and tells what became of them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from archive_world import export
from opened_world import Bidder, OpenedWorld, opened_world

from bidding.archive.manifest import Right
from bidding.rehearse.forgery import Bench, forge
from bidding.rehearse.misbehaviour import Misbehaviour
from bidding.verify.run import verify_archive
from crypto.package import load_package
from crypto.sealing import Sealed
from opening_hall import commands as c
from opening_hall.facts import Phase
from opening_hall.seats import Role, Seat

WAYS = (
    Misbehaviour.JUNK_ENVELOPE,
    Misbehaviour.FORGED_IDENTITY,
    Misbehaviour.POISONED_DEALING,
    Misbehaviour.TWO_PRICE,
)


def forger(way: Misbehaviour) -> Any:
    def seal(context: Any, keyset: Any, parts: Any, identity: Any, signer: Any, **options: Any) -> Sealed:
        place = {"tender": context.tender, "id": context.lot, "round": context.round}
        lot = SimpleNamespace(keyset=keyset, docs_hash=context.docs_hash, **place)
        bench = Bench(
            lot,
            SimpleNamespace(parts=parts),
            signer,
            identity,
            options["out"],
            options["passphrase"],  # type: ignore[arg-type]
        )
        made = forge(way, bench)
        package = load_package(options["out"])
        return Sealed(
            **{
                **{name: getattr(made, name) for name in Sealed.__slots__},
                "bid": package.bid,
                "submission": package.submission,
                "manifest": package.manifest_bytes,
                "box": package.box,
                "ciphertexts": package.ciphertexts,
            }
        )

    return seal


def run(world: OpenedWorld, silent: Bidder) -> None:
    world.close()
    world.open_identities()
    world.adjudicate("身份信封无效")
    world.look()
    while world.state.phase in (Phase.LIST_ANNOUNCED, Phase.IDENTIFYING):
        world.due()
        world.adjudicate()
    wrong = c.ReleaseKey(silent.bid, "main", "hall", "wrong-bidder-key")
    world.do(Seat(Role.RECEIPT, silent.bid), wrong)
    world.release(*[b for b in world.bidders if b is not silent and b.bid in world.state.contenders])
    while world.state.phase in (Phase.DECRYPTING, Phase.ADJUDICATING):
        world.adjudicate("未在规定时间内解密")
        world.due()
        if world.state.phase is Phase.ADJUDICATING and not world.state.undecided():
            world.do(world.seat(Role.HOST), c.FixAdmitted())
    world.open_bids()
    world.adjudicate("密钥与承诺不符")
    world.read_and_confirm()
    world.record(world.bidders[0])


def test_every_misbehaviour_ends_in_an_archive_that_verifies(tmp_path: Path) -> None:
    with opened_world(tmp_path) as world:
        honest = list(world.bidders)
        forged = {}
        for number, way in enumerate(WAYS, 20):
            forged[way] = world.submit(number, "38000000.00", forge=forger(way))
            world.later()
        silent = world.submit(30, "37000000.00")
        run(world, silent)
        report = verify_archive(export(world, tmp_path, Right.COURT, ciphertext=True))
        assert report.wrong == ()
        assert [line["bid"] for line in report.facts["read"]] == [bidder.bid for bidder in honest]
        failed = {one["bid"]: (one["cause"], one["effect"]) for one in report.facts["failed"]}
        assert failed == {bidder.bid: ("BIDDER", "revoked") for bidder in (*forged.values(), silent)}
