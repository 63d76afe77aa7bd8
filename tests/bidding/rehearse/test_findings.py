"""What an archive's events say about each bidder, and which acknowledged facts they lack."""

from bidding.rehearse.findings import missing_facts, parse_hall
from bidding.rehearse.ledger import Acknowledged


def event(kind, seat="platform:", **body):
    return {"type": kind, "seat": seat, "body": body}


EVENTS = [
    event("Closed", bids={f"b_{n}": {"submission": f"{n}" * 64} for n in range(5)}),
    event(
        "IdentitiesVerified",
        results={
            "b_0": {"ok": True, "creditCode": "C0", "name": "甲"},
            "b_1": {"ok": True, "creditCode": "C1", "name": "乙"},
            "b_2": {"ok": False, "reason": "untrusted", "cause": "BIDDER"},
            "b_3": {"ok": True, "creditCode": "C1", "name": "乙"},
            "b_4": {"ok": True, "creditCode": "C4", "name": "丁"},
        },
    ),
    event("DuplicatesResolved", superseded={"b_1": {"by": "b_3", "rule": "latest"}}),
    event("ListAnnounced", rows=[{"bid": "b_0", "creditCode": "C0", "name": "甲", "number": 1}]),
    event("KeyReleased", bid="b_0", part="main", channel="hall"),
    event("DecryptionEnded", part="main", missing={"b_4": "UNKNOWN"}),
    event("Adjudicated", bid="b_4", cause="BIDDER", effect="revoked", reason="absent", by="host:1"),
    event(
        "BidsOpened",
        results={
            "b_0": {"ok": True, "form": {"price": "1.00"}},
            "b_3": {"ok": True, "form": {"price": "2.00"}},
        },
    ),
    event("LineRead", bid="b_0", number=1),
    event("LineRead", bid="b_3", number=2),
]


def test_lines_failures_and_superseded_bids():
    hall = parse_hall(EVENTS)
    assert [(line.bidder, line.price) for line in hall.lines] == [("甲", "1.00"), ("乙", "2.00")]
    assert hall.superseded == ("b_1",)
    found = {failure.bid: (failure.cause, failure.effect, failure.reason) for failure in hall.failures}
    assert found == {"b_2": ("BIDDER", "pending", "untrusted"), "b_4": ("BIDDER", "revoked", "not-released")}


def test_a_bid_that_did_not_open_is_no_line():
    broken = [
        *EVENTS[:-3],
        event(
            "BidsOpened", results={"b_0": {"ok": False, "reason": "key-commit-mismatch", "cause": "BIDDER"}}
        ),
    ]
    hall = parse_hall([*broken, event("LineRead", bid="b_0", number=1)])
    assert not hall.lines
    assert "b_0" in {failure.bid for failure in hall.failures}


def test_acknowledged_facts_must_be_in_the_archive():
    facts = [
        Acknowledged("a", "l_1", "Receipt", {"bid": "b_0", "submission": "0" * 64}),
        Acknowledged("a", "l_1", "Receipt", {"bid": "b_0", "submission": "9" * 64}),
        Acknowledged("a", "l_1", "KeyReleased", {"bid": "b_0", "part": "main"}),
        Acknowledged("a", "l_1", "KeyReleased", {"bid": "b_1", "part": "main"}),
        Acknowledged("a", "l_1", "RecordSigned", {"creditCode": "C0"}),
        Acknowledged("a", "l_other", "KeyReleased", {"bid": "b_0"}),
    ]
    assert missing_facts(facts, {"l_1": EVENTS}) == [facts[1], facts[3], facts[4]]
