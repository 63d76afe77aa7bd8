"""What officers can and cannot do: too few of them, and a quorum that conspires, residuals included."""

from __future__ import annotations

from pathlib import Path

import pytest
from lot_world import HOST, LotWorld
from sealed_world import make_world, seal_in

from ceremony.errors import Refusal
from crypto.envelope import (
    IDENTITY,
    bidder_part_key,
    content_key,
    open_identity,
    open_share,
    parse_manifest,
    read_form,
    reconstruct,
    unwrap_key_file,
)
from crypto.errors import Invalid
from opening_hall import domain as d
from opening_hall import vault as kinds

SIGNATURE = "51" * 32
HALL = "hall:main"


def closed(lot: LotWorld) -> None:
    for number in (1, 2, 3):
        lot.submit(number)
    lot.close()


def conspire(lot: LotWorld, number: int, purpose: str, officers: tuple[int, ...] = (1, 2)) -> bytes:
    """A secret of a bid as so many officers reconstruct it among themselves, outside the hall."""
    manifest = parse_manifest(lot.sealed[number].manifest)
    keys = lot.world.opening_keys
    return reconstruct(
        manifest, purpose, {i: open_share(manifest, purpose, i, keys[i - 1]) for i in officers}
    )


def test_one_officer_of_two_opens_nothing(lot: LotWorld) -> None:
    """Fewer than k attend: the hall waits, nothing is known, and the platform cannot make up for them."""
    closed(lot)
    lot.release_identity(1)
    state = lot.look()
    assert state.phase is d.Phase.IDENTIFYING
    assert [bid.identity for bid in state.bids.values()] == [None, None, None]
    with pytest.raises(Refusal, match="quorum-missing"):
        lot.do(d.PLATFORM, d.ReportIdentities({lot.bid(1): d.IdentityResult(False, reason="bad-box")}))
    kept = lot.vault.secrets(lot.lot, kinds.IDENTITY_SHARE)
    manifest = parse_manifest(lot.sealed[1].manifest)
    with pytest.raises(Invalid, match="too-few-shares"):
        reconstruct(manifest, IDENTITY, {1: kept[lot.bid(1), "officer:officer-1"]})
    # One officer to spare is why it goes on the moment another one comes.
    assert lot.identify((3,)).phase is not d.Phase.IDENTIFYING


def test_one_officer_of_two_reads_no_price(lot: LotWorld) -> None:
    closed(lot)
    lot.identify()
    for number in (1, 2, 3):
        lot.release_key(number)
    for officer in (1, 2):
        seat = d.Seat(d.Role.OFFICER, f"officer-{officer}")
        lot.do(seat, d.SignAdmitted(lot.state.admitted_hash, SIGNATURE))
    lot.release_hall(1)
    state = lot.look()
    assert state.phase is d.Phase.OPENING
    assert all(not bid.openings for bid in state.bids.values())


def test_all_officers_before_the_deadline_learn_who_bids_but_no_price(lot: LotWorld) -> None:
    """With the platform's boxes, a quorum opens identities early: stated. Content needs the bidder's key."""
    sealed = lot.submit(1)
    manifest = parse_manifest(sealed.manifest)
    identity = open_identity(manifest, sealed.box, conspire(lot, 1, IDENTITY, (1, 2, 3)))
    assert identity.organisation["name"] == "投标单位1"
    hall = conspire(lot, 1, HALL, (1, 2, 3))
    first = sealed.ciphertexts["main"].read_bytes()[: 1 << 20]
    for guess in (bytes(32), hall, conspire(lot, 1, IDENTITY)):
        with pytest.raises(Invalid, match="key-commit-mismatch"):
            content_key(manifest, "main", guess, hall)
        with pytest.raises(Invalid, match="bad-ciphertext"):
            read_form(manifest, "main", guess, first)


def test_a_conspiring_quorum_reads_released_bids_early_and_changes_none(lot: LotWorld) -> None:
    """The stated residual after T: known minutes early, steered only by acts that stand in the log."""
    closed(lot)
    before = dict(lot.state.bids)
    lot.identify()
    lot.release_key(1)
    manifest = parse_manifest(lot.sealed[1].manifest)
    released = lot.vault.secrets(lot.lot, kinds.BIDDER_KEY + "main")[lot.bid(1), ""]
    dek = content_key(manifest, "main", released, conspire(lot, 1, HALL))
    assert read_form(manifest, "main", dek, lot.vault.segment(lot.bid(1), "main", 0)).fields == {
        "price": "9000001.00"
    }
    # What they know they can use only in the open, with a reason, by name ...
    with pytest.raises(Refusal, match="reason-missing"):
        lot.do(HOST, d.ExtendDecryption(60, ""))
    lot.do(HOST, d.ExtendDecryption(60, "网络故障"))
    extended = lot.desk.log.read(f"hall:{lot.lot}")[-1]
    assert (extended.type.partition("/")[0], extended.seat) == ("DecryptionExtended", str(HOST))
    # ... a bid that was not released stays shut to them, and no bid is another than Closed has it.
    with pytest.raises(Invalid, match="key-commit-mismatch"):
        content_key(parse_manifest(lot.sealed[2].manifest), "main", released, conspire(lot, 2, HALL))
    assert {b: bid.closed for b, bid in lot.state.bids.items()} == {
        b: bid.closed for b, bid in before.items()
    }


def test_a_bidders_key_and_a_quorum_together_open_early(tmp_path: Path) -> None:
    """The stated residual before T: nothing but people stands between these two. Each alone gets nothing."""
    world = make_world()
    sealed = seal_in(world, tmp_path / "bid")
    manifest = parse_manifest(sealed.manifest)
    stolen = bidder_part_key(manifest, unwrap_key_file(sealed.key_file, "correct horse").k_bidder, "main")
    shares = {i: open_share(manifest, HALL, i, world.opening_keys[i - 1]) for i in (1, 2)}
    first = sealed.ciphertexts["main"].read_bytes()[: 1 << 20]
    with pytest.raises(Invalid, match="too-few-shares"):
        reconstruct(manifest, HALL, {1: shares[1]})
    dek = content_key(manifest, "main", stolen, reconstruct(manifest, HALL, shares))
    assert read_form(manifest, "main", dek, first).fields["price"]
