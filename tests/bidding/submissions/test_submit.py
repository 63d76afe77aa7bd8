"""From a ticket to a receipt, and everything that is refused on the way."""

from __future__ import annotations

from submission_world import DeskWorld

from bidding.submissions.receipts import verify_receipt


def test_a_bid_gets_a_receipt_that_anyone_can_check(world: DeskWorld) -> None:
    sealed, begun, receipt = world.submit()
    verify_receipt(receipt, world.desk.keys.receipt_public_keys())
    assert receipt["submission"] == sealed.submission
    assert receipt["bid"] == sealed.bid
    assert receipt["receivedAt"] == "2026-11-22T08:00:00.000Z"
    again = world.client.get(f"/receipts/{sealed.submission}")
    assert again.json() == receipt
    pdf = world.get(begun, "/receipt.pdf")
    assert pdf.content.startswith(b"%PDF")
