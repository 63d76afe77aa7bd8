"""What a receipt key can do, and that nobody else can: withdraw, replace, sign in, acknowledge, report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from submission_world import DEADLINE, DeskWorld

from bidding.submissions import closing, store
from bidding.submissions.diagnostics import MAX_STATEMENTS
from bidding.submissions.receipts import verify_receipt
from bidding.submissions.store import GateState, UploadState
from crypto.envelope import (
    ACKNOWLEDGE_ADDENDUM,
    CHECKIN,
    DIAGNOSTIC,
    REPLACE,
    WITHDRAW,
    Sealed,
    sign_statement,
)

AT = "2026-11-22T08:00:00.000Z"


def sign(world: DeskWorld, sealed: Sealed, label: str, **facts: Any) -> str:
    keyset = world.world.keyset
    statement = {"label": label, "tender": keyset.tender, "lot": keyset.lot, **facts}
    return sign_statement(sealed.receipt_private, statement)


def withdrawal(world: DeskWorld, sealed: Sealed, by: Sealed | None = None) -> dict[str, Any]:
    signature = sign(world, by or sealed, WITHDRAW, submission=sealed.submission)
    return {"submission": sealed.submission, "sig": signature}


def replacement(world: DeskWorld, old: Sealed, new: Sealed, by: Sealed | None = None) -> dict[str, Any]:
    signature = sign(world, by or old, REPLACE, old=old.submission, new=new.submission)
    return {"old": old.submission, "new": new.submission, "sig": signature}


def check_in(world: DeskWorld, sealed: Sealed, by: Sealed | None = None) -> dict[str, Any]:
    signature = sign(world, by or sealed, CHECKIN, bid=sealed.bid, at=AT)
    return {"bid": sealed.bid, "at": AT, "sig": signature}


def diagnostic(world: DeskWorld, sealed: Sealed, **facts: str) -> dict[str, Any]:
    told = {"bid": sealed.bid, "kind": "clock-offset", "facts": facts, "at": AT}
    return {**told, "sig": sign(world, sealed, DIAGNOSTIC, **told)}


def post(world: DeskWorld, what: str, body: dict[str, Any]) -> Any:
    return world.client.post(f"/lots/{world.lot}/{what}", json=body)


def state_of(world: DeskWorld, sealed: Sealed) -> UploadState:
    with store.reading(world.desk.engine) as tx:
        found = store.find_bid(tx, sealed.bid)
    assert found is not None
    return found.state


def test_a_bid_is_withdrawn_by_its_receipt_key(world: DeskWorld) -> None:
    sealed, begun, _ = world.submit()
    answer = post(world, "withdraw", withdrawal(world, sealed)).json()
    verify_receipt(answer, world.desk.keys.receipt_public_keys())
    assert answer["label"] == "kaibiao/withdrawn/v1"
    assert answer["submission"] == sealed.submission
    assert state_of(world, sealed) is UploadState.WITHDRAWN
    # Nothing of it is left that anybody could open; the manifest stays, for it proves whose key that was.
    assert world.desk.objects.keys("bids") == []
    assert closing.live_bids(world.desk, world.lot) == {}
    assert post(world, "withdraw", withdrawal(world, sealed)).json() == answer
    assert world.get(begun).json()["state"] == "withdrawn"


def test_nobody_else_withdraws_or_replaces_a_bid(world: DeskWorld) -> None:
    victim, _, _ = world.submit()
    thief, _, _ = world.submit()
    assert post(world, "withdraw", withdrawal(world, victim, by=thief)).json()["code"] == "bad-signature"
    new = world.seal()
    asked = world.asked(new, replace=replacement(world, victim, new, by=thief))
    assert post(world, "uploads", asked).json()["code"] == "bad-signature"
    assert state_of(world, victim) is UploadState.LIVE


def test_a_withdrawal_holds_for_one_lot_only(world: DeskWorld) -> None:
    sealed, _, _ = world.submit()
    elsewhere = {"label": WITHDRAW, "tender": "t_test", "lot": "l_2", "submission": sealed.submission}
    body = {"submission": sealed.submission, "sig": sign_statement(sealed.receipt_private, elsewhere)}
    assert post(world, "withdraw", body).json()["code"] == "bad-signature"
    assert world.client.post("/lots/l_2/withdraw", json=body).json()["code"] == "unknown-submission"


def test_nothing_is_withdrawn_from_the_deadline_on(world: DeskWorld) -> None:
    sealed, _, _ = world.submit()
    world.clock.at = DEADLINE
    assert post(world, "withdraw", withdrawal(world, sealed)).json()["code"] == "late"
    assert state_of(world, sealed) is UploadState.LIVE


def test_a_replacement_takes_effect_with_the_new_bids_acceptance(world: DeskWorld) -> None:
    old, old_begun, _ = world.submit()
    new = world.seal()
    begun = world.begin(new, replace=replacement(world, old, new))
    world.put(begun, "box", 0, new.box)
    assert state_of(world, old) is UploadState.LIVE
    world.put(begun, "main", 0, new.ciphertexts["main"].read_bytes())
    assert world.get(begun, "?wait=20").json()["state"] == "live"
    assert world.get(old_begun).json()["state"] == "replaced"
    assert list(closing.live_bids(world.desk, world.lot)) == [new.bid]
    assert all(begun["upload"] in key for key in world.desk.objects.keys("bids"))


def test_a_replacement_that_does_not_verify_leaves_the_old_bid_live(world: DeskWorld) -> None:
    old, _, _ = world.submit()
    new, other = world.seal(), world.seal()
    begun = world.begin(new, replace=replacement(world, old, other))
    world.send_all(begun, new)
    assert world.get(begun, "?wait=20").json()["refused"]["code"] == "replace-mismatch"
    assert state_of(world, old) is UploadState.LIVE


def test_a_replacement_that_arrived_in_time_counts_although_it_is_decided_later(world: DeskWorld) -> None:
    old, _, _ = world.submit()
    new = world.seal()
    begun = world.begin(new, replace=replacement(world, old, new))
    world.clock.at = DEADLINE - timedelta(milliseconds=1)
    world.backroom.decide_soon = lambda upload: None  # type: ignore[method-assign]
    world.send_all(begun, new)
    world.clock.at = DEADLINE + timedelta(seconds=5)
    assert closing.shut(world.desk, world.lot)
    closing.decide_all(world.desk, world.lot)
    assert list(closing.live_bids(world.desk, world.lot)) == [new.bid]


def test_a_bid_that_is_gone_cannot_be_replaced_again(world: DeskWorld) -> None:
    old, _, _ = world.submit()
    post(world, "withdraw", withdrawal(world, old))
    new = world.seal()
    asked = world.asked(new, replace=replacement(world, old, new))
    assert post(world, "uploads", asked).json()["code"] == "unknown-submission"


def test_a_bid_withdrawn_while_its_replacement_arrives_does_not_harm_the_new_one(world: DeskWorld) -> None:
    old, _, _ = world.submit()
    new = world.seal()
    begun = world.begin(new, replace=replacement(world, old, new))
    post(world, "withdraw", withdrawal(world, old))
    world.send_all(begun, new)
    assert world.get(begun, "?wait=20").json()["state"] == "live"
    assert state_of(world, old) is UploadState.WITHDRAWN


def test_sign_ins_acknowledgements_and_reports_are_kept_under_the_bid_alone(world: DeskWorld) -> None:
    sealed, _, _ = world.submit()
    docs = world.world.docs
    acknowledged = {"bid": sealed.bid, "revision": 2, "docsHash": docs, "at": AT}
    acknowledged["sig"] = sign(world, sealed, ACKNOWLEDGE_ADDENDUM, **acknowledged)
    answers = [
        post(world, "checkin", check_in(world, sealed)).json(),
        post(world, "acks", acknowledged).json(),
        post(world, "diagnostics", diagnostic(world, sealed, offsetMs="12")).json(),
    ]
    assert len({answer["hash"] for answer in answers}) == 3
    assert post(world, "checkin", check_in(world, sealed)).json() == answers[0]
    live = closing.live_bids(world.desk, world.lot)
    assert live[sealed.bid].checked_in_at == world.clock.at


@pytest.mark.parametrize("what", ["checkin", "diagnostics"])
def test_statements_need_the_bids_own_key(world: DeskWorld, what: str) -> None:
    sealed, _, _ = world.submit()
    thief = world.seal()
    body = check_in(world, sealed, by=thief)
    if what == "diagnostics":
        body = {**diagnostic(world, sealed), "sig": body["sig"]}
    assert post(world, what, body).json()["code"] == "bad-signature"
    stranger = check_in(world, world.seal())
    assert post(world, "checkin", stranger).json()["code"] == "unknown-bid"


def test_unknown_kinds_and_floods_are_refused(world: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed, _, _ = world.submit()
    body = diagnostic(world, sealed)
    assert post(world, "diagnostics", {**body, "kind": "gossip"}).json()["code"] == "unknown-diagnostic"
    assert (
        post(world, "diagnostics", {**body, "facts": {"x": "y" * 300}}).json()["code"] == "malformed-request"
    )
    monkeypatch.setattr("bidding.submissions.diagnostics.MAX_STATEMENTS", 2)
    assert MAX_STATEMENTS > 100
    codes = [
        post(world, "diagnostics", diagnostic(world, sealed, n=str(n))).json().get("code") for n in range(3)
    ]
    assert codes == [None, None, "too-many-statements"]


def test_reports_after_the_deadline_are_logged_as_they_come(world: DeskWorld) -> None:
    sealed, _, _ = world.submit()
    world.clock.at = DEADLINE
    assert closing.shut(world.desk, world.lot)
    assert world.desk.log.streams("statements:") == []
    said = post(world, "diagnostics", diagnostic(world, sealed, offsetMs="12")).json()
    assert post(world, "diagnostics", diagnostic(world, sealed, offsetMs="12")).json() == said
    events = world.desk.log.read(f"statements:{world.lot}")
    assert [event.body for event in events] == [{"type": "diagnostic", "hash": said["hash"]}]
    assert events[0].seat == f"receipt:{sealed.bid}"


def test_a_terminated_lot_takes_nothing_more(world: DeskWorld) -> None:
    sealed, _, _ = world.submit()
    with store.writing(world.desk.engine) as tx:
        store.end_gate(tx, world.lot)
    assert post(world, "uploads", world.asked(world.seal())).json()["code"] == "lot-ended"
    assert post(world, "withdraw", withdrawal(world, sealed)).json()["code"] == "lot-ended"
    world.clock.at = DEADLINE
    assert not closing.shut(world.desk, world.lot)
    with store.reading(world.desk.engine) as tx:
        gate = store.find_gate(tx, world.lot)
    assert gate is not None
    assert gate.state is GateState.ENDED


def test_an_extension_keeps_the_lot_open(world: DeskWorld) -> None:
    with store.writing(world.desk.engine) as tx:
        gate = store.find_gate(tx, world.lot)
        assert gate is not None
        store.put_gate(tx, store.Gate(**{**_fields(gate), "deadline_at": DEADLINE + timedelta(days=1)}))
    world.clock.at = DEADLINE
    assert not closing.shut(world.desk, world.lot)
    world.submit()
    world.clock.at = DEADLINE + timedelta(days=1)
    assert closing.shut(world.desk, world.lot)
    with store.writing(world.desk.engine) as tx:
        store.put_gate(tx, store.Gate(**{**_fields(gate), "deadline_at": DEADLINE + timedelta(days=2)}))
    assert closing.shut(world.desk, world.lot)


def _fields(gate: store.Gate) -> dict[str, Any]:
    return {name: getattr(gate, name) for name in store.Gate.__slots__}
