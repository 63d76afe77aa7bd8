"""Phases A and B: windows, releases, adjudication by evidence, the admitted set, all-or-nothing opening."""

from datetime import timedelta

import pytest
from hall_given import (
    AGENCY,
    HOST,
    OWNER,
    PLATFORM,
    PUBLIC,
    SIGNATURE,
    WATCH,
    Hall,
    bid,
    bidder,
    opening,
    receipt,
    sha,
)

from opening_hall import domain as d

MANUAL = d.Rules(automatic=())


def adjudicate(hall: Hall, cause: d.Cause, *numbers: int) -> None:
    hall.do(HOST, d.Adjudicate(tuple(bid(n) for n in numbers), cause, "依据日志", SIGNATURE))


def test_the_window_starts_by_the_host_where_the_row_says_so() -> None:
    hall = Hall(MANUAL).to_list()
    assert hall.state.phase is d.Phase.LIST_ANNOUNCED
    assert hall.state.next_deadline() is None
    hall.do(HOST, d.StartDecryption())
    assert hall.state.deadline == hall.now + timedelta(minutes=30)


def test_the_window_starts_by_itself_after_the_list() -> None:
    hall = Hall(d.Rules(list_seconds=60)).to_list()
    assert hall.state.phase is d.Phase.LIST_ANNOUNCED
    assert hall.do(PLATFORM, d.Tick()) == ()
    hall.later(60).do(PLATFORM, d.Tick())
    assert hall.state.phase is d.Phase.DECRYPTING


def test_a_release_is_accepted_over_any_channel_that_proves_the_key() -> None:
    hall = Hall(bids=4).to_decrypting()
    for n, seat in enumerate((bidder(0), receipt(1), PUBLIC, bidder(0))):
        hall.do(seat, d.ReleaseKey(bid(n), "main", "release" if seat is PUBLIC else "hall"))
    assert hall.state.bids[bid(2)].channels == {"main": "release"}
    assert hall.state.phase is d.Phase.ADMITTED


def test_a_release_counts_until_the_deadline_and_not_at_it() -> None:
    hall = Hall().to_decrypting()
    assert hall.state.deadline is not None
    end = hall.state.deadline
    hall.at(end - timedelta(milliseconds=1)).do(receipt(0), d.ReleaseKey(bid(0), "main"))
    hall.at(end).refused(receipt(1), d.ReleaseKey(bid(1), "main"), "window-closed")


def test_a_second_release_or_one_of_another_part_or_bid_is_refused() -> None:
    hall = Hall().to_decrypting().release(0)
    hall.refused(receipt(0), d.ReleaseKey(bid(0), "main"), "already-released")
    hall.refused(PUBLIC, d.ReleaseKey(bid(0), "main"), "already-released")
    hall.refused(receipt(1), d.ReleaseKey(bid(1), "price"), "other-part")
    hall.refused(PUBLIC, d.ReleaseKey(d.BidId("b_x"), "main"), "bid-not-in-session")


def test_a_wrong_key_becomes_evidence_only_from_whoever_speaks_for_the_bid() -> None:
    hall = Hall().to_decrypting()
    wrong = d.ReleaseKey(bid(0), "main", "hall", "wrong-bidder-key")
    hall.refused(PUBLIC, wrong, "key-mismatch")
    hall.refused(bidder(1), wrong, "key-mismatch")
    for _ in range(10):
        hall.do(bidder(0), wrong)
    hall.refused(bidder(0), wrong, "too-many-attempts")
    hall.do(bidder(0), d.ReleaseKey(bid(0), "main"))
    assert bid(0) in [b.id for b in hall.state.bids.values() if b.released]


def test_the_window_ends_early_when_all_have_released() -> None:
    hall = Hall().to_decrypting().release(0, 1)
    made = hall.do(receipt(2), d.ReleaseKey(bid(2), "main"))
    assert [type(e) for e in made] == [d.KeyReleased, d.DecryptionEnded, d.AdmittedFixed]


def test_without_early_end_the_host_may_end_it_once_all_have_released() -> None:
    hall = Hall(d.Rules(early_end=False)).to_decrypting().release(0, 1)
    hall.refused(HOST, d.EndDecryption(), "bids-not-released")
    hall.release(2)
    assert hall.state.phase is d.Phase.DECRYPTING
    hall.do(HOST, d.EndDecryption())
    assert hall.state.phase is d.Phase.ADMITTED


def test_the_host_extends_for_all_with_a_reason() -> None:
    hall = Hall().to_decrypting()
    before = hall.state.deadline
    assert before is not None
    hall.refused(HOST, d.ExtendDecryption(600, ""), "reason-missing")
    hall.refused(HOST, d.ExtendDecryption(0, "r"), "bad-extension")
    hall.refused(HOST, d.ExtendDecryption(90_000, "r"), "bad-extension")
    hall.refused(bidder(0), d.ExtendDecryption(600, "r"), "wrong-seat")
    hall.do(HOST, d.ExtendDecryption(600, "CA 故障"))
    assert hall.state.deadline == before + timedelta(minutes=10)
    hall.at(before + timedelta(minutes=1)).release(0)


def test_an_extension_after_the_end_reopens_for_everybody() -> None:
    hall = Hall(bids=4).to_decrypting().release(0, 1)
    hall.tick()
    assert hall.state.phase is d.Phase.ADJUDICATING
    adjudicate(hall, d.Cause.PLATFORM, 2)
    hall.later(60).do(HOST, d.ExtendDecryption(300, "平台网络中断"))
    assert hall.state.deadline == hall.now + timedelta(minutes=5)
    assert all(b.failure is None for b in hall.state.bids.values())
    hall.release(2)
    hall.tick()
    assert [b.id for b in hall.state.bids.values() if b.failure] == [bid(3)]


@pytest.mark.parametrize(
    ("evidence", "proposed"),
    [
        ("nothing", d.Cause.UNKNOWN),
        ("reachable", d.Cause.BIDDER),
        ("reachable-then-not", d.Cause.UNKNOWN),
        ("signed-in", d.Cause.UNKNOWN),
        ("trouble", d.Cause.UNKNOWN),
        ("fetched", d.Cause.BIDDER),
        ("wrong-key", d.Cause.UNKNOWN),
    ],
)
def test_default_attribution_follows_the_evidence(evidence: str, proposed: d.Cause) -> None:
    hall = Hall(bids=4).to_decrypting().release(0, 1, 2)
    if evidence != "nothing":
        hall.do(PLATFORM, d.Diagnose("reachability", {"reachable": "yes"}))
    if evidence == "reachable-then-not":
        hall.do(PLATFORM, d.Diagnose("reachability", {"reachable": "no"}))
    if evidence == "signed-in":
        hall.do(bidder(3), d.SignIn("x", sha("c")))
    if evidence == "trouble":
        hall.do(receipt(3), d.Diagnose("socket-loss", {"times": "7"}))
    if evidence in ("fetched", "wrong-key"):
        hall.do(bidder(3), d.AcknowledgeWrap(bid(3)))
    if evidence == "wrong-key":
        hall.do(bidder(3), d.ReleaseKey(bid(3), "main", "hall", "wrong-bidder-key"))
    (ended,) = hall.tick()
    assert isinstance(ended, d.DecryptionEnded)
    assert ended.missing == {bid(3): proposed}
    failure = hall.state.bids[bid(3)].failure
    assert failure is not None
    assert failure.reason == ("wrong-bidder-key" if evidence == "wrong-key" else "not-released")


def test_the_wrap_is_acknowledged_by_its_owner_once() -> None:
    hall = Hall().to_decrypting()
    hall.refused(bidder(0), d.AcknowledgeWrap(bid(1)), "not-your-bid")
    hall.do(receipt(0), d.AcknowledgeWrap(bid(0)))
    hall.refused(bidder(0), d.AcknowledgeWrap(bid(0)), "already-acknowledged")


def test_a_named_person_decides_each_failure_and_unknown_keeps_it_open() -> None:
    hall = Hall(bids=5).to_decrypting().release(0, 1, 2)
    hall.tick()
    hall.refused(HOST, d.FixAdmitted(), "not-adjudicated")
    hall.refused(bidder(3), d.Adjudicate((bid(3),), d.Cause.PLATFORM, "r", SIGNATURE), "wrong-seat")
    adjudicate(hall, d.Cause.BIDDER, 3)
    adjudicate(hall, d.Cause.UNKNOWN, 4)
    effects = [b.failure.effect for b in hall.state.bids.values() if b.failure]
    assert effects == [d.Effect.REVOKED, d.Effect.PENDING]
    hall.do(HOST, d.FixAdmitted())
    assert hall.state.admitted == (bid(0), bid(1), bid(2))
    assert hall.state.undecided() == (bid(4),)


@pytest.mark.parametrize("cause", [d.Cause.PLATFORM, d.Cause.TENDERER, d.Cause.AGENCY])
def test_other_causes_deem_the_bid_withdrawn(cause: d.Cause) -> None:
    hall = Hall(bids=4).to_decrypting().release(0, 1, 2)
    hall.tick()
    adjudicate(hall, cause, 3)
    failure = hall.state.bids[bid(3)].failure
    assert failure is not None
    assert failure.effect is d.Effect.WITHDRAWN


@pytest.mark.parametrize(
    ("rule", "phase"), [(d.BelowMinimum.STOP, d.Phase.FAILED), (d.BelowMinimum.GO_ON, d.Phase.ADMITTED)]
)
def test_fewer_released_than_the_minimum_by_rule_row(rule: d.BelowMinimum, phase: d.Phase) -> None:
    hall = Hall(d.Rules(after_release_below_minimum=rule)).to_decrypting().release(0, 1)
    hall.tick()
    adjudicate(hall, d.Cause.BIDDER, 2)
    hall.do(HOST, d.FixAdmitted())
    assert hall.state.phase is phase
    if rule is d.BelowMinimum.STOP:
        assert hall.state.ending is not None
        assert hall.state.ending.failed is d.FailedCode.LT3_AFTER_DECRYPT


def test_nothing_released_fails_whatever_the_row_says() -> None:
    hall = Hall(d.Rules(after_release_below_minimum=d.BelowMinimum.GO_ON)).to_decrypting()
    hall.tick()
    adjudicate(hall, d.Cause.BIDDER, 0, 1, 2)
    hall.do(HOST, d.FixAdmitted())
    assert hall.state.phase is d.Phase.FAILED


def test_the_admitted_hash_names_lot_part_and_submissions() -> None:
    hall = Hall().to_admitted()
    state = hall.state
    assert state.admitted_hash == d.admitted_hash(state, state.admitted)
    assert state.admitted_hash != d.admitted_hash(state, state.admitted[:2])


def test_a_quorum_signs_the_admitted_set_before_anything_opens() -> None:
    hall = Hall().to_admitted()
    good = d.SignAdmitted(hall.state.admitted_hash, SIGNATURE)
    hall.refused(AGENCY, d.ReleaseHallShares("main", hall.state.admitted), "wrong-phase")
    hall.refused(AGENCY, d.SignAdmitted(sha("other"), SIGNATURE), "not-the-admitted-set")
    hall.do(AGENCY, good)
    hall.refused(AGENCY, good, "already-signed")
    assert hall.state.phase is d.Phase.ADMITTED
    hall.do(OWNER, good)
    assert hall.state.phase is d.Phase.OPENING


def test_hall_shares_come_for_exactly_the_admitted_set() -> None:
    hall = Hall(bids=4).to_decrypting().release(0, 1, 2)
    hall.tick()
    adjudicate(hall, d.Cause.BIDDER, 3)
    hall.do(HOST, d.FixAdmitted())
    hall.sign_admitted()
    everything = tuple(hall.state.bids)
    hall.refused(AGENCY, d.ReleaseHallShares("main", everything), "not-the-admitted-set")
    hall.refused(AGENCY, d.ReleaseHallShares("main", (bid(0),)), "not-the-admitted-set")
    hall.refused(AGENCY, d.ReleaseHallShares("price", hall.state.admitted), "not-the-admitted-set")
    hall.do(AGENCY, d.ReleaseHallShares("main", hall.state.admitted))
    hall.refused(AGENCY, d.ReleaseHallShares("main", hall.state.admitted), "already-released")
    hall.refused(PLATFORM, d.ReportOpenings({bid(0): opening(0)}), "quorum-missing")


def test_a_bid_that_does_not_open_is_recorded_while_the_rest_opens() -> None:
    broken = d.Opening(False, reason="key-commit-mismatch", cause=d.Cause.BIDDER)
    hall = Hall(d.Rules(line_seconds=0)).to_opening().open_all({bid(1): broken})
    assert hall.state.reading == (bid(0), bid(2))
    failure = hall.state.bids[bid(1)].failure
    assert failure is not None
    assert (failure.stage, failure.proposed) == (d.FailureStage.OPENING, d.Cause.BIDDER)
    assert hall.state.phase is d.Phase.CONFIRMING


def test_openings_may_come_in_parts_and_go_on_when_complete() -> None:
    hall = Hall(bids=4).to_opening().release_hall()
    hall.do(PLATFORM, d.ReportOpenings({bid(0): opening(0), bid(1): opening(1)}))
    assert hall.state.phase is d.Phase.OPENING
    hall.refused(PLATFORM, d.ReportOpenings({bid(0): opening(0)}), "already-reported")
    hall.refused(PLATFORM, d.ReportOpenings({d.BidId("b_x"): opening(0)}), "not-the-admitted-set")
    hall.do(PLATFORM, d.ReportOpenings({bid(2): opening(2), bid(3): opening(3)}))
    assert hall.state.phase is d.Phase.READING


def test_a_false_hall_share_makes_its_bid_wait_for_another_officer_or_a_decision() -> None:
    hall = Hall(bids=4).to_opening()
    good = tuple(b for b in hall.state.admitted if b != bid(3))
    hall.do(AGENCY, d.ReleaseHallShares("main", hall.state.admitted))
    hall.do(OWNER, d.ReleaseHallShares("main", good, {bid(3): "false-share"}))
    found = {b: opening(int(b[2:])) for b in good}
    waiting = {bid(3): "shares-missing"}
    hall.do(PLATFORM, d.ReportOpenings(found, waiting))
    assert hall.do(PLATFORM, d.ReportOpenings({}, waiting)) == ()
    assert hall.state.phase is d.Phase.OPENING
    other = Hall(bids=4)
    other.state, other.now, other.events = hall.state, hall.now, list(hall.events)
    hall.do(WATCH, d.ReleaseHallShares("main", hall.state.admitted))
    hall.do(PLATFORM, d.ReportOpenings({bid(3): opening(3)}))
    assert hall.state.reading == hall.state.admitted
    adjudicate(other, d.Cause.TENDERER, 3)
    assert other.state.phase is d.Phase.READING
    assert bid(3) not in other.state.reading
    failure = other.state.bids[bid(3)].failure
    assert failure is not None
    assert failure.stage is d.FailureStage.OPENING


def test_an_adjudication_before_the_shares_came_does_not_start_the_reading() -> None:
    hall = Hall(bids=4).to_list({bid(3): d.IdentityResult(False, reason="bad-identity")})
    hall.release(0, 1, 2).sign_admitted()
    adjudicate(hall, d.Cause.BIDDER, 3)
    assert hall.state.phase is d.Phase.OPENING
