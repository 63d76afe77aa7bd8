"""Sealed batches: nothing counts before T, everything can be recomputed afterwards."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from submission_world import DEADLINE, DeskWorld

from bidding.submissions import batch_tree, batches, closing, store
from bidding.submissions.batch_tree import DEPTH, Item, ItemProof
from bidding.submissions.store import GateState
from crypto.canonical import unb64, unhex
from crypto.errors import Invalid, Unavailable
from crypto.timestamps import verify_token
from crypto.translog.leaf import commitment, leaf
from crypto.translog.merkle import verify_inclusion


def follow(proof: dict[str, Any]) -> bytes:
    """The root a receipt's proof leads to, by the published format."""
    item = proof["item"]
    return batch_tree.root_of(
        ItemProof(
            item=Item(item["type"], item["hash"]),
            lot=item["lot"],
            position=item["position"],
            salt=unb64(item["salt"]),
            path=tuple(map(unb64, item["path"])),
            lot_position=item["lotPosition"],
            lots=proof["lots"],
            lot_path=tuple(map(unb64, item["lotPath"])),
        )
    )


def test_a_receipt_gets_its_proof_and_time_stamp_with_the_next_batch(world: DeskWorld) -> None:
    sealed, begun, _ = world.submit()
    early = world.get(begun, "/receipt/proof")
    assert early.json()["code"] == "proof-not-ready"
    world.clock.at += timedelta(minutes=5)
    batches.seal_due(world.desk)
    proof = world.get(begun, "/receipt/proof").json()
    assert proof["item"]["hash"] == sealed.submission == proof["submission"]
    assert follow(proof).hex() == proof["root"] == proof["event"]["body"]["root"]
    event = proof["event"]
    committed = commitment(
        unb64(event["salt"]), event["stream"], event["version"], event["type"], event["seat"], event["body"]
    )
    stored = world.desk.log.read(batches.STREAM)[-1]
    assert stored.leaf() == leaf(stored.at, committed)
    verify_inclusion(
        stored.leaf(),
        event["index"],
        proof["inclusion"]["size"],
        [unb64(node) for node in proof["inclusion"]["path"]],
        world.desk.log.root(proof["inclusion"]["size"]),
    )
    anchors = (world.anchors.root, world.anchors.intermediate)
    at = verify_token(unb64(proof["token"]), unhex(proof["root"]), anchors)
    assert at == world.clock.at
    assert world.client.get(f"/receipts/{sealed.submission}/proof").json() == proof


def test_one_leaf_an_interval_busy_or_not(world: DeskWorld) -> None:
    for busy in (False, True, False):
        if busy:
            world.submit()
        batches.seal_due(world.desk)
        assert batches.seal_due(world.desk) is None
        world.clock.at += timedelta(minutes=5)
    bodies = [event.body for event in world.desk.log.read(batches.STREAM)]
    assert [sorted(body or {}) for body in bodies] == [["batch", "depth", "label", "lots", "root"]] * 3
    assert len({str(body and body["root"]) for body in bodies}) == 3


def test_after_closed_every_batch_is_recomputed_from_what_is_published(world: DeskWorld) -> None:
    batches.seal_due(world.desk)
    submissions = {world.submit()[0].submission for _ in range(2)}
    world.clock.at = DEADLINE
    assert world.client.get(f"/lots/{world.lot}/batches").json()["code"] == "not-closed"
    closing.shut(world.desk, world.lot)
    batches.seal_lot(world.desk, world.lot)
    with store.writing(world.desk.engine) as tx:
        store.move_gate(tx, world.lot, GateState.CLOSED)
    opened = world.client.get(f"/lots/{world.lot}/batches").json()
    assert opened["next"] is None
    found = set()
    for batch in opened["batches"]:
        items = {item["position"]: Item(item["type"], item["hash"]) for item in batch["items"]}
        root = batch_tree.lot_levels(unb64(batch["seed"]), items, batch["depth"])[-1][0]
        upper = batch_tree.upper_levels({world.lot: root})[-1][0]
        assert upper.hex() == batch["root"] == batch["event"]["body"]["root"]
        found |= {item.hash for item in items.values() if item.type == "submission"}
    assert found == submissions
    since = opened["batches"][0]["batch"]
    assert len(world.client.get(f"/lots/{world.lot}/batches?since={since}").json()["batches"]) == 1


def test_what_does_not_fit_waits_for_the_next_batch(world: DeskWorld) -> None:
    with store.writing(world.desk.engine) as tx:
        for number in range((1 << DEPTH) + 3):
            batches.add_item(
                tx, world.desk, world.lot, "diagnostic", hashlib.sha256(b"%d" % number).hexdigest()
            )
    batches.seal_lot(world.desk, world.lot)
    sizes = [len(batch["items"]) for batch in batches.openings(world.desk, world.lot)["batches"]]
    assert sizes == [1 << DEPTH, 3]


def test_two_processes_seal_one_batch(world: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.submit()
    inner = world.desk.log.version

    def late(stream: str) -> int:
        monkeypatch.setattr(world.desk.log, "version", inner)
        version = inner(stream)
        # Another process seals between our look and our append.
        assert batches.seal(world.desk, 7) is not None
        return version

    monkeypatch.setattr(world.desk.log, "version", late)
    assert batches.seal(world.desk, 7) is None
    assert len(world.desk.log.read(batches.STREAM)) == 1


def test_a_time_stamp_outage_delays_tokens_and_nothing_else(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = world.desk.tsa.stamp

    def away(digest: bytes) -> bytes:
        raise Unavailable("time-stamp-authority-unavailable")

    monkeypatch.setattr(world.desk.tsa, "stamp", away)
    _, begun, _ = world.submit()
    batches.seal_due(world.desk)
    proof = world.get(begun, "/receipt/proof").json()
    assert (proof["token"], proof["stampedAt"]) == (None, None)
    monkeypatch.setattr(world.desk.tsa, "stamp", stamp)
    world.clock.at += timedelta(minutes=20)
    assert batches.stamp_pending(world.desk) == 1
    assert world.get(begun, "/receipt/proof").json()["stampedAt"] == "2026-11-22T08:20:00.000Z"


def test_a_proof_that_was_cut_or_stretched_does_not_hold() -> None:
    seed = batch_tree.lot_seed(b"s" * 32, "l_1")
    item = Item("submission", "ab" * 32)
    levels = batch_tree.lot_levels(seed, {3: item}, DEPTH)
    roots = {"l_1": levels[-1][0], "l_2": b"2" * 32, "l_3": b"3" * 32}
    proof = batch_tree.prove("l_1", 3, item, seed, levels, roots)
    root = batch_tree.upper_levels(roots)[-1][0]
    assert batch_tree.root_of(proof) == root
    for changed in (
        {"lot_path": (*proof.lot_path, b"x" * 32)},
        {"lot_path": proof.lot_path[:-1]},
    ):
        with pytest.raises(Invalid, match="bad-batch"):
            batch_tree.root_of(replace(proof, **changed))
    assert batch_tree.root_of(replace(proof, path=proof.path[:-1])) != root
    with pytest.raises(Invalid, match="bad-batch"):
        batch_tree.lot_levels(seed, {1 << DEPTH: item}, DEPTH)


def test_roots_of_all_sizes_agree_with_their_proofs() -> None:
    for count in range(1, 9):
        roots = {f"l_{n}": bytes([n]) * 32 for n in range(count)}
        root = batch_tree.upper_levels(roots)[-1][0]
        for lot in roots:
            position, path = batch_tree.prove_lot(lot, roots)
            leaf_hash = batch_tree.lot_leaf(lot, roots[lot])
            assert batch_tree._climb(leaf_hash, position, count, path) == root
