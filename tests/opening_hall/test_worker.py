"""The platform's part of a hall with real sealed bids: from the deadline to the sealed record."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lot_world import HOST, LotWorld, credit_code, lot_world
from pypdf import PdfReader
from sealed_world import IDENTITY_INPUT
from submission_world import DEADLINE, START

from bidding.submissions import batches
from bidding.submissions.closing import LotClosing
from crypto.authority import DemoAuthority
from crypto.authority_profile import Validity
from crypto.canonical import unb64
from crypto.envelope import (
    IDENTITY,
    Manifest,
    Sealed,
    open_share,
    parse_manifest,
    reconstruct,
    seal_identity,
    submission_of,
    verify_form,
)
from crypto.errors import Unavailable
from crypto.signing import Signer, sign_digest
from opening_hall import domain as d
from opening_hall import vault as kinds


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> DemoAuthority:
    return DemoAuthority.create(tmp_path_factory.mktemp("authority") / "ca", at=START - timedelta(days=400))


@pytest.fixture
def lot(tmp_path: Path, authority: DemoAuthority) -> Iterator[LotWorld]:
    with lot_world(tmp_path, authority) as made:
        yield made


def prices(state: d.State, part: str = "main") -> dict[d.BidId, str]:
    opened = {bid.id: bid.openings.get(part) for bid in state.bids.values()}
    return {bid: opening.form["price"] for bid, opening in opened.items() if opening and opening.ok}


def to_the_record(lot: LotWorld, numbers: tuple[int, ...] = (1, 2, 3)) -> d.State:
    for number in numbers:
        lot.submit(number)
    lot.close()
    lot.identify()
    lot.open(numbers)
    lot.pass_time(61)
    return lot.pass_time(61)


def test_a_lot_opens_from_the_deadline_to_the_reading(lot: LotWorld) -> None:
    for number in (1, 2, 3):
        lot.submit(number)
    state = lot.close()
    assert state.phase is d.Phase.IDENTIFYING
    state = lot.identify()
    assert [bid.identity and bid.identity.reason for bid in state.bids.values()] == [""] * 3
    first = state.bids[lot.bid(1)].identity
    assert first is not None
    assert (first.name, first.credit_code) == ("投标单位1", credit_code(1))
    assert first.gen_time == DEADLINE
    state = lot.open((1, 2, 3))
    assert state.phase is d.Phase.CONFIRMING
    assert prices(state) == {lot.bid(n): f"900000{n}.00" for n in (1, 2, 3)}
    # What is public now lets anyone check a price against the manifest.
    opening = state.bids[lot.bid(1)].openings["main"]
    manifest = parse_manifest(lot.sealed[1].manifest)
    assert opening.form_commit == manifest.part("main").form_commit
    verify_form(manifest, "main", form_bytes(manifest, opening), unb64(opening.nonce))


def form_bytes(manifest: Manifest, opening: d.Opening) -> bytes:
    from crypto.payload import encode_form

    return encode_form(manifest.ctx, "main", opening.form)


def test_nothing_is_opened_below_the_minimum(lot: LotWorld) -> None:
    lot.submit(1)
    state = lot.close()
    assert state.phase is d.Phase.FAILED
    assert state.ending is not None
    assert state.ending.failed is d.FailedCode.LT3_AT_DEADLINE
    assert state.record.rendered


def test_the_record_is_rendered_sealed_and_kept(lot: LotWorld) -> None:
    state = to_the_record(lot)
    assert state.phase is d.Phase.RECORD_SIGN
    assert all(bid.rejudged and bid.rejudged.ok for bid in state.bids.values())
    rendered = lot.vault.record(lot.lot, 1)
    assert rendered is not None
    assert rendered.startswith(b"%PDF")
    assert lot.vault.revision(lot.lot, state.record.rendered) == rendered
    code = credit_code(1)
    cms = sign_digest(bytes.fromhex(state.record.rendered), lot.signer(1), at=lot.clock.at)
    bidder = d.Seat(d.Role.BIDDER, code)
    place = (code, f"{kinds.RECORD_SIGNATURE}0", str(bidder), cms)
    lot.do(bidder, d.SignRecord(state.record.rendered, "51" * 32), [place])
    state = lot.pass_time(601)
    assert state.phase is d.Phase.SEALING
    attached = lot.vault.record(lot.lot, 1)
    assert attached is not None
    assert attached.startswith(rendered)
    assert PdfReader(io.BytesIO(attached)).attachments[f"signature-{code}.p7s"] == [cms]
    state = seal(lot, state)
    assert state.phase is d.Phase.RECORDED
    assert lot.vault.record(lot.lot, 1) == lot.vault.revision(lot.lot, state.record.sha256)
    lot.opener.wait()
    lot.look()
    assert lot.parts.closing.due(lot.clock.at) == []


def seal(lot: LotWorld, state: d.State) -> d.State:
    cms = sign_digest(bytes.fromhex(state.record.digest), lot.host_signer, pades=True)
    place = (state.record.digest, f"{kinds.SEAL}0", str(HOST), cms)
    lot.do(HOST, d.SealRecord(state.record.digest, "51" * 32), [place])
    return lot.look()


def test_payloads_decrypt_behind_and_every_read_is_logged(lot: LotWorld) -> None:
    to_the_record(lot, (1, 2))
    lot.opener.wait()
    assert lot.vault.opened_parts(lot.lot) == {(lot.bid(1), "main"): "", (lot.bid(2), "main"): ""}
    body = b"".join(lot.vault.read_payload(lot.lot, lot.bid(1), "main", "p_supervisor"))
    assert zipfile.ZipFile(io.BytesIO(body)).namelist() == []
    read = lot.desk.log.read(f"reads:{lot.lot}")
    assert [event.body for event in read] == [
        {"bid": lot.bid(1), "what": "payload:main", "by": "p_supervisor"}
    ]
    # At rest it is ciphertext under the platform's key, not the bidder's.
    stored = lot.desk.objects.read(f"payloads/{lot.lot}/{lot.bid(1)}/main")
    assert len(stored) == lot.sealed[1].ciphertexts["main"].stat().st_size
    assert b"9000001.00" not in stored


def test_a_key_that_was_never_released_leaves_its_bid_sealed(lot: LotWorld) -> None:
    for number in (1, 2, 3):
        lot.submit(number)
    lot.close()
    lot.identify()
    for number in (1, 2):
        lot.release_key(number)
    state = lot.pass_time(601)
    assert state.phase is d.Phase.ADJUDICATING
    assert state.bids[lot.bid(3)].failure is not None
    assert lot.vault.secrets(lot.lot, kinds.HALL_SHARE + "main") == {}


# --- misbehaviour


def judged(lot: LotWorld, number: int) -> d.IdentityResult:
    identity = lot.state.bids[lot.bid(number)].identity
    assert identity is not None
    return identity


def tampered(
    lot: LotWorld,
    number: int,
    change: Callable[[Manifest], Manifest],
    signer: Signer | None = None,
    **input_: Any,
) -> Sealed:
    """A bid whose manifest was changed by its own bidder, with an identity box that fits the change."""
    sealed = lot.seal(number)
    manifest = parse_manifest(sealed.manifest)
    shares = {i: open_share(manifest, IDENTITY, i, lot.world.opening_keys[i - 1]) for i in (1, 2)}
    k_identity = reconstruct(manifest, IDENTITY, shares)
    changed = change(manifest)
    organisation = {"name": f"投标单位{number}", "creditCode": credit_code(number)}
    identity = replace(IDENTITY_INPUT, **{"organisation": organisation, **input_})
    box = seal_identity(changed, k_identity, identity, signer or lot.signer(number), at=lot.clock.at)
    made = replace(sealed, manifest=changed.encode(), box=box, submission=submission_of(changed, box))
    lot.sealed[number] = made
    return made


def test_a_forged_identity_box_falls_alone(lot: LotWorld) -> None:
    lot.submit(1)
    lot.submit(2)
    forged = lot.seal(3)
    box = bytearray(forged.box)
    box[100] ^= 1
    lot.submit(3, replace(forged, box=bytes(box)))
    lot.close()
    state = lot.identify()
    result = judged(lot, 3)
    assert (result.ok, result.reason, result.cause) == (False, "bad-identity", d.Cause.BIDDER)
    assert state.order == (lot.bid(1), lot.bid(2))


def test_a_bid_in_another_organisations_name_falls(lot: LotWorld) -> None:
    lot.submit(1)
    lot.submit(2)
    lot.submit(3, tampered(lot, 3, lambda manifest: manifest, signer=lot.signer(4)))
    lot.close()
    lot.identify()
    assert judged(lot, 3).reason == "credit-code-mismatch"


def test_a_consortium_is_led_by_who_bids(lot: LotWorld) -> None:
    lot.submit(1)
    lead = {"name": "投标单位2", "creditCode": credit_code(2)}
    partner = {"name": "投标单位9", "creditCode": credit_code(9)}
    lot.submit(2, tampered(lot, 2, lambda m: m, members=[lead, partner]))
    lot.submit(3, tampered(lot, 3, lambda m: m, members=[partner, lead]))
    lot.close()
    lot.identify()
    assert [member.name for member in judged(lot, 2).members] == ["投标单位2", "投标单位9"]
    assert judged(lot, 3).reason == "lead-mismatch"


def test_a_poisoned_deal_is_rejected_whoever_attends(lot: LotWorld) -> None:
    """One envelope holds a false share that matches its own commitment: any two others would open the bid."""

    def poison(manifest: Manifest) -> Manifest:
        dealt = {purpose: dict(shares) for purpose, shares in manifest.shares.items()}
        dealt["hall:main"][3] = dealt["hall:main"][2]
        return replace(manifest, shares=dealt)

    lot.submit(1)
    lot.submit(2)
    lot.submit(3, tampered(lot, 3, poison))
    lot.close()
    lot.identify()
    state = lot.open((1, 2, 3))
    opening = state.bids[lot.bid(3)].openings["main"]
    assert (opening.ok, opening.reason, opening.cause) == (False, "dealing-mismatch", d.Cause.BIDDER)
    assert set(prices(state)) == {lot.bid(1), lot.bid(2)}


def test_a_junk_envelope_falls_when_enough_others_attend(lot: LotWorld) -> None:
    def junk(manifest: Manifest) -> Manifest:
        dealt = {purpose: dict(shares) for purpose, shares in manifest.shares.items()}
        dealt[IDENTITY][1] = replace(dealt[IDENTITY][1], envelope=dealt[IDENTITY][2].envelope)
        return replace(manifest, shares=dealt)

    lot.submit(1)
    lot.submit(2)
    lot.submit(3, tampered(lot, 3, junk))
    lot.close()
    seat = d.Seat(d.Role.OFFICER, "officer-1")
    lot.do(seat, d.ReportDealing(lot.bid(3), IDENTITY, "envelope-mismatch"))
    lot.release_identity(1, skip={lot.bid(3)})
    lot.release_identity(2)
    state = lot.look()
    assert state.bids[lot.bid(3)].waiting == "shares-missing"
    assert state.phase is d.Phase.IDENTIFYING
    lot.release_identity(3)
    state = lot.look()
    assert judged(lot, 3).reason == "dealing-mismatch"
    assert state.order == (lot.bid(1), lot.bid(2))


def test_a_false_officer_share_waits_for_another_officer(lot: LotWorld) -> None:
    for number in (1, 2, 3):
        lot.submit(number)
    lot.close()
    lot.release_identity(1, forge={lot.bid(1): b"false"})
    lot.release_identity(2)
    state = lot.look()
    assert state.bids[lot.bid(1)].waiting == "shares-missing"
    assert state.bids[lot.bid(2)].identity is not None
    # Looking again without another officer says nothing new.
    version = lot.halls.state(f"hall:{lot.lot}")[0]
    lot.look()
    assert lot.halls.state(f"hall:{lot.lot}")[0] == version
    lot.release_identity(3)
    state = lot.look()
    assert state.order == (lot.bid(1), lot.bid(2), lot.bid(3))


def test_a_two_price_ciphertext_fails_its_commitment(lot: LotWorld) -> None:
    def other_key(manifest: Manifest) -> Manifest:
        facts = manifest.part("main")
        return replace(manifest, parts={"main": replace(facts, key_commit="ab" * 32)})

    lot.submit(1)
    lot.submit(2)
    lot.submit(3, tampered(lot, 3, other_key))
    lot.close()
    lot.identify()
    state = lot.open((1, 2, 3))
    opening = state.bids[lot.bid(3)].openings["main"]
    assert (opening.ok, opening.reason) == (False, "key-commit-mismatch")
    # K_hall is public all the same: it is an input of the draw.
    assert opening.k_hall
    assert state.phase is d.Phase.CONFIRMING


def test_a_bid_that_replaces_another_leaves_the_old_one_sealed(lot: LotWorld) -> None:
    lot.submit(1)
    lot.submit(2)
    old = lot.sealed[2]
    lot.clock.at += timedelta(seconds=1)
    organisation = {"name": "投标单位2", "creditCode": credit_code(2)}
    new = lot.seal(
        2,
        "8000000.00",
        name="again",
        identity=replace(IDENTITY_INPUT, replaces=[old.bid], organisation=organisation),
    )
    lot.submit(2, new)
    lot.close()
    state = lot.identify()
    assert judged(lot, 2).replaces == (d.BidId(old.bid),)
    assert state.bids[d.BidId(old.bid)].superseded is not None
    assert set(state.order) == {lot.bid(1), d.BidId(new.bid)}


def test_a_bid_sealed_to_a_revision_that_counts_no_more_falls(lot: LotWorld) -> None:
    from bidding.submissions import store

    for number in (1, 2):
        lot.submit(number)
    with store.writing(lot.desk.engine) as tx:
        gate = store.find_gate(tx, lot.lot)
        assert gate is not None
        store.put_gate(tx, replace(gate, docs=("cd" * 32,)))
    lot.close()
    state = lot.identify()
    assert {bid.identity.reason for bid in state.bids.values() if bid.identity} == {"wrong-documents"}
    assert state.phase is d.Phase.FAILED


# --- certificates and time


def test_a_revoked_certificate_falls_and_an_expired_one_too(lot: LotWorld, authority: DemoAuthority) -> None:
    from cryptography.x509 import load_der_x509_certificate

    from crypto.authority_register import RevocationReason

    lot.submit(1)
    lot.submit(2)
    short = Validity(START - timedelta(days=1), START + timedelta(minutes=10))
    key, certificate = authority.issue(
        "投标单位3", credit_code(3), at=START - timedelta(days=1), validity=short
    )
    lot.signers[3] = Signer(certificate, authority.chain, key)
    key, certificate = authority.issue("投标单位4", credit_code(4), at=START - timedelta(days=1))
    lot.signers[4] = Signer(certificate, authority.chain, key)
    serial = load_der_x509_certificate(certificate).serial_number
    authority.revoke(serial, RevocationReason.KEY_COMPROMISE, at=START - timedelta(hours=1))
    lot.submit(4)
    lot.clock.at = START + timedelta(minutes=20)
    lot.submit(3)
    lot.close()
    lot.identify()
    assert (judged(lot, 4).reason, judged(lot, 4).cause) == ("certificate-revoked", d.Cause.BIDDER)
    assert (judged(lot, 3).reason, judged(lot, 3).cause) == ("certificate-expired", d.Cause.BIDDER)


def test_a_certificate_that_ended_while_the_platform_was_slow_is_admitted(
    lot: LotWorld, authority: DemoAuthority
) -> None:
    lot.submit(1)
    lot.submit(2)
    short = Validity(START - timedelta(days=1), START + timedelta(minutes=10))
    key, certificate = authority.issue(
        "投标单位3", credit_code(3), at=START - timedelta(days=1), validity=short
    )
    lot.signers[3] = Signer(certificate, authority.chain, key)
    lot.submit(3)
    lot.close()
    state = lot.identify()
    result = judged(lot, 3)
    assert (result.ok, result.reason, result.cause) == (True, "time-stamp-delayed", d.Cause.PLATFORM)
    assert len(state.order) == 3


def test_the_certificate_may_have_to_be_valid_at_the_deadline(
    tmp_path: Path, authority: DemoAuthority
) -> None:
    rules = d.Rules(minimum=2, phase_a_seconds=600, line_seconds=0, certificate_valid_at_deadline=True)
    with lot_world(tmp_path, authority, rules=rules) as lot:
        lot.submit(1)
        lot.submit(2)
        short = Validity(START - timedelta(days=1), START + timedelta(minutes=10))
        key, certificate = authority.issue(
            "投标单位3", credit_code(3), at=START - timedelta(days=1), validity=short
        )
        lot.signers[3] = Signer(certificate, authority.chain, key)
        lot.submit(3)
        batches.seal_due(lot.desk)
        lot.close()
        lot.identify()
        assert (judged(lot, 3).ok, judged(lot, 3).reason) == (False, "certificate-expired")


def test_a_time_stamp_outage_holds_up_the_record_alone(
    lot: LotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = lot.desk.tsa.stamp

    def away(digest: bytes) -> bytes:
        raise Unavailable("time-stamp-authority-unavailable")

    monkeypatch.setattr(lot.desk.tsa, "stamp", away)
    state = to_the_record(lot)
    assert judged(lot, 1).reason == "time-stamp-missing"
    assert state.phase is d.Phase.RECORD_SIGN
    assert not state.record.rendered
    monkeypatch.setattr(lot.desk.tsa, "stamp", stamp)
    batches.stamp_pending(lot.desk)
    state = lot.look()
    assert state.record.rendered
    assert all(bid.rejudged is not None for bid in state.bids.values())


def test_an_early_draw_is_committed_before_and_revealed_after_the_list(
    tmp_path: Path, authority: DemoAuthority
) -> None:
    draw = d.DrawRule("kaibiao/coefficient/v1", ("0.95", "0.96", "0.97"), d.DrawTime.EARLY)
    rules = d.Rules(minimum=2, phase_a_seconds=600, line_seconds=0, draw=draw)
    with lot_world(tmp_path, authority, rules=rules) as lot:
        state = lot.look()
        assert set(state.draw.commitments) == {"platform:"}
        lot.submit(1)
        lot.submit(2)
        lot.close()
        state = lot.identify()
        assert state.draw.value in draw.candidates
        assert state.phase is d.Phase.DECRYPTING


def test_two_parts_open_one_stage_each(tmp_path: Path, authority: DemoAuthority) -> None:
    from bidding.submissions import store

    with lot_world(tmp_path, authority, parts=("technical", "price")) as lot:
        with store.writing(lot.desk.engine) as tx:
            gate = store.find_gate(tx, lot.lot)
            assert gate is not None
            store.put_gate(tx, replace(gate, parts=("technical", "price")))
        for number in (1, 2):
            lot.submit(number)
        lot.close()
        lot.identify()
        state = lot.open((1, 2), part="technical")
        assert set(prices(state, "technical")) == {lot.bid(1), lot.bid(2)}
        assert prices(state, "price") == {}
        assert lot.vault.secrets(lot.lot, kinds.HALL_SHARE + "price") == {}
        lot.pass_time(61)
        lot.pass_time(61)
        lot.pass_time(601)
        state = seal(lot, lot.state)
        assert state.phase is d.Phase.RECORDED
        lot.do(HOST, d.Reconvene((lot.bid(1), lot.bid(2)), "第二信封", "51" * 32))
        state = lot.open((1, 2), part="price")
        assert set(prices(state, "price")) == {lot.bid(1), lot.bid(2)}


def test_reachability_is_looked_at_from_the_beginning_of_the_window(
    lot: LotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[timedelta] = []

    def reachable(_closing: LotClosing, since: datetime, until: datetime) -> bool:
        looked.append(until - since)
        return True

    monkeypatch.setattr(LotClosing, "reachable", reachable)
    for number in (1, 2, 3):
        lot.submit(number)
    lot.close()
    lot.identify()
    lot.do(HOST, d.ExtendDecryption(300, "网络拥堵"))
    lot.pass_time(901)
    assert looked == [timedelta(seconds=900)]
