"""From a ticket to a receipt over HTTP, and everything that is refused on the way."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sealed_world import make_world, seal_in
from submission_world import DEADLINE, DeskWorld

from bidding.messages import messages
from bidding.submissions import store
from bidding.submissions.receipts import verify_receipt
from bidding.submissions.store import UploadState
from crypto.canonical import b64
from crypto.errors import Invalid


def refused(response: Any, code: str) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert body.get("code") == code, body
    assert code in messages(), f"{code} has no entry in the catalog"
    assert response.status_code == messages()[code].status
    return body


def test_a_bid_gets_a_receipt_that_anyone_can_check(world: DeskWorld) -> None:
    sealed, begun, receipt = world.submit()
    verify_receipt(receipt, world.desk.keys.receipt_public_keys())
    assert receipt["submission"] == sealed.submission
    assert receipt["bid"] == sealed.bid
    assert receipt["receivedAt"] == "2026-11-22T08:00:00.000Z"
    assert world.client.get(f"/receipts/{sealed.submission}").json() == receipt
    key = world.client.get("/receipts/key").json()
    assert key["keyId"] == receipt["keyId"]
    with pytest.raises(Invalid, match="receipt-forged"):
        verify_receipt(
            {**receipt, "receivedAt": "2026-11-22T07:00:00.000Z"}, world.desk.keys.receipt_public_keys()
        )
    pdf = world.get(begun, "/receipt.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert b"receipt.json" in pdf.content
    assert world.client.get(f"/receipts/{sealed.submission}/pdf").content == pdf.content


def test_a_piece_with_a_wrong_digest_stores_nothing(world: DeskWorld) -> None:
    sealed = world.seal()
    begun = world.begin(sealed)
    refused(world.put(begun, "box", 0, sealed.box, digest=b"\0" * 32), "digest-mismatch")
    assert world.desk.objects.keys("bids") == []
    assert world.get(begun).json()["missing"] == {"box": [0], "main": [0]}
    world.send_all(begun, sealed)
    assert world.get(begun, "?wait=20").json()["state"] == "live"


def test_a_piece_may_be_sent_again_but_not_changed(world: DeskWorld) -> None:
    sealed = world.seal()
    begun = world.begin(sealed)
    first = world.put(begun, "box", 0, sealed.box).json()
    assert world.put(begun, "box", 0, sealed.box).json() == first
    refused(world.put(begun, "box", 0, bytes(len(sealed.box))), "changed-on-resume")
    world.send_all(begun, sealed)
    assert world.get(begun, "?wait=20").json()["state"] == "live"
    # The last piece again, after the decision: still the same answer, nothing new.
    again = world.put(begun, "main", 0, sealed.ciphertexts["main"].read_bytes()).json()
    assert again["state"] == "live"


def test_an_upload_resumes_after_its_client_lost_everything_but_the_package(world: DeskWorld) -> None:
    sealed = world.seal()
    begun = world.begin(sealed)
    world.put(begun, "box", 0, sealed.box)
    resumed = world.begin(sealed)
    assert resumed["upload"] == begun["upload"]
    assert resumed["missing"] == {"main": [0]}
    refused(world.put(begun, "main", 0, b"old secret"), "not-found")
    world.send_all(resumed, sealed)
    assert world.get(resumed, "?wait=20").json()["state"] == "live"


def test_a_lost_answer_does_not_cost_a_ticket(world: DeskWorld) -> None:
    sealed = world.seal()
    asked = world.asked(sealed)
    for _ in range(2):
        assert world.client.post(f"/lots/{world.lot}/uploads", json=asked).status_code == 201
    refused(
        world.client.post(
            f"/lots/{world.lot}/uploads", json={**asked, "manifest": b64(world.seal().manifest)}
        ),
        "ticket-spent",
    )


@pytest.mark.parametrize(("milliseconds", "state"), [(-1, "accepted"), (0, "late"), (1, "late")])
def test_the_deadline_is_one_millisecond_sharp(world: DeskWorld, milliseconds: int, state: str) -> None:
    sealed = world.seal()
    begun = world.begin(sealed)
    world.put(begun, "box", 0, sealed.box)
    world.clock.at = DEADLINE + timedelta(milliseconds=milliseconds)
    response = world.put(begun, "main", 0, sealed.ciphertexts["main"].read_bytes())
    if state == "late":
        refused(response, "late")
        assert world.get(begun).json()["state"] == "receiving"
    else:
        assert response.json()["acceptedAt"] == "2026-11-22T08:59:59.999Z"
        assert world.get(begun, "?wait=20").json()["state"] == "live"


def test_a_bid_that_began_too_late_is_refused(world: DeskWorld) -> None:
    sealed = world.seal()
    world.clock.at = DEADLINE
    refused(world.client.post(f"/lots/{world.lot}/uploads", json=world.asked(sealed)), "late")


def test_ciphertext_that_was_not_sealed_is_no_bid(world: DeskWorld) -> None:
    sealed = world.seal()
    begun = world.begin(sealed)
    plain = b"%PDF-1.7\n".ljust(sealed.ciphertexts["main"].stat().st_size, b" ")
    world.put(begun, "box", 0, sealed.box)
    world.put(begun, "main", 0, plain)
    body = world.get(begun, "?wait=20").json()
    assert body["state"] == "refused"
    assert body["refused"]["code"] == "not-encrypted"
    refused(world.get(begun, "/receipt"), "not-encrypted")
    nothing_is_kept(world, begun)


def test_ciphertext_that_is_not_the_manifests_is_no_bid(world: DeskWorld) -> None:
    sealed = world.seal()
    begun = world.begin(sealed)
    data = bytearray(sealed.ciphertexts["main"].read_bytes())
    data[-1] ^= 1
    world.put(begun, "box", 0, sealed.box)
    world.put(begun, "main", 0, bytes(data))
    assert world.get(begun, "?wait=20").json()["refused"]["code"] == "root-mismatch"
    nothing_is_kept(world, begun)


def nothing_is_kept(world: DeskWorld, begun: dict[str, Any]) -> None:
    assert world.desk.objects.keys("bids") == []
    with store.reading(world.desk.engine) as tx:
        upload = store.find_upload(tx, begun["upload"])
        assert upload is not None
        assert upload.manifest is None
        assert upload.submission is None
        assert store.stored_pieces(tx, begun["upload"]) == {}
        assert store.uploads_in(tx, world.lot, UploadState.LIVE) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"round": 2}, "wrong-round"), ({"docs_hash": "ab" * 32}, "wrong-documents")],
)
def test_a_bid_sealed_for_another_round_or_revision_is_refused_before_a_byte_is_stored(
    world: DeskWorld, changes: dict[str, Any], code: str
) -> None:
    sealed = world.seal(ctx=replace(world.world.context(), **changes))
    refused(world.client.post(f"/lots/{world.lot}/uploads", json=world.asked(sealed)), code)


@pytest.mark.parametrize(("tender", "code"), [("t_other", "wrong-lot"), ("t_test", "wrong-keyset")])
def test_a_bid_sealed_for_another_tender_or_other_officers_is_refused(
    world: DeskWorld, tender: str, code: str, tmp_path: Path
) -> None:
    sealed = seal_in(make_world(tender=tender), tmp_path / "elsewhere" / "package")
    refused(world.client.post(f"/lots/{world.lot}/uploads", json=world.asked(sealed)), code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"manifest": "e30"}, "bad-manifest"),
        ({"manifest": "not base64!"}, "malformed-request"),
        ({"box": 65535}, "wrong-size"),
        ({"parts": {"main": 7}}, "wrong-size"),
        ({"parts": {"main": 1 << 20, "price": 5}}, "wrong-parts"),
        ({"box": -1}, "malformed-request"),
        ({"surprise": 1}, "malformed-request"),
        ({"ticket": "2026-11.AAAA.bbbb.cccc"}, "ticket-invalid"),
        ({"ticket": "2026-09.AAAA.bbbb.cccc"}, "ticket-expired"),
        ({"ticket": "junk"}, "ticket-invalid"),
    ],
)
def test_malformed_beginnings_are_named(world: DeskWorld, changes: dict[str, Any], code: str) -> None:
    asked = world.asked(world.seal(), **changes)
    refused(world.client.post(f"/lots/{world.lot}/uploads", json=asked), code)


def test_oversized_requests_are_cut_short(world: DeskWorld) -> None:
    response = world.client.post(f"/lots/{world.lot}/uploads", content=b"x" * (3 << 20))
    refused(response, "request-too-large")
    begun = world.begin(sealed := world.seal())
    refused(world.put(begun, "box", 0, sealed.box + b"x"), "piece-size")
    refused(world.put(begun, "box", 0, sealed.box[:-1]), "piece-size")
    assert world.desk.objects.keys("bids") == []


def test_pieces_that_do_not_exist_and_strangers_are_turned_away(world: DeskWorld) -> None:
    begun = world.begin(world.seal())
    refused(world.put(begun, "box", 1, b""), "no-such-piece")
    refused(world.put(begun, "price", 0, b""), "no-such-piece")
    refused(world.put({**begun, "secret": "guess"}, "box", 0, b""), "not-found")
    refused(world.put({**begun, "upload": "u_guess"}, "box", 0, b""), "not-found")
    refused(world.get({**begun, "secret": "guess"}), "not-found")
    response = world.client.put(
        f"/uploads/{begun['upload']}/box/0", content=b"x", headers={"X-Upload-Secret": begun["secret"]}
    )
    refused(response, "digest-missing")
    refused(world.get(begun, "/receipt"), "not-decided")
    refused(world.client.get("/receipts/" + "ab" * 32), "unknown-submission")


def test_a_bid_id_cannot_be_used_for_another_manifest(world: DeskWorld) -> None:
    first = world.seal()
    world.begin(first)
    second = world.seal(ctx=replace(world.world.context(), bid=first.bid))
    refused(world.client.post(f"/lots/{world.lot}/uploads", json=world.asked(second)), "changed-on-resume")


def test_pieces_come_in_any_order(world: DeskWorld) -> None:
    sealed = world.seal()
    begun = world.begin(sealed)
    for file, number, data in reversed(list(world.pieces(sealed))):
        assert world.put(begun, file, number, data).status_code == 200
    assert world.get(begun, "?wait=20").json()["state"] == "live"


def test_a_stored_piece_lies_under_its_digest(world: DeskWorld) -> None:
    sealed, begun, _ = world.submit()
    digest = hashlib.sha256(sealed.box).hexdigest()
    assert f"bids/{begun['upload']}/box.0.{digest}" in world.desk.objects.keys("bids")
