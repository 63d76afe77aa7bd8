"""From the set-up to the announced list: deadline, minimum, officers, duplicates."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hall_given import (
    AGENCY,
    HOST,
    OWNER,
    PLATFORM,
    SIGNATURE,
    WATCH,
    Hall,
    T,
    bid,
    bidder,
    closed,
    given,
    identity,
    junk,
    receipt,
    setup,
    sha,
)

from opening_hall import domain as d


def test_nothing_happens_before_the_set_up() -> None:
    given([]).when(PLATFORM, d.Tick(), T).refused("not-scheduled")
    given([]).when(HOST, d.Schedule(setup()), T).refused("wrong-seat")
    given([]).when(PLATFORM, d.Schedule(setup()), T).then(d.Scheduled(setup()))
    given([d.Scheduled(setup())]).when(PLATFORM, d.Schedule(setup()), T).refused("already-scheduled")


def test_the_deadline_is_the_opening_and_one_instant() -> None:
    hall = given([d.Scheduled(setup())])
    hall.when(PLATFORM, d.Tick(), T - timedelta(milliseconds=1)).then()
    hall.when(PLATFORM, d.Tick(), T).then(d.ClosingStarted(T))


def test_an_extension_moves_the_deadline_before_it_and_never_after() -> None:
    hall = Hall()
    later = replace(setup(), opens_at=T + timedelta(days=5))
    hall.do(PLATFORM, d.Reschedule(later, "澄清"))
    assert hall.state.next_deadline() == T + timedelta(days=5)
    hall.refused(PLATFORM, d.Reschedule(replace(later, lot=d.LotId("l_2")), "x"), "other-lot")
    hall.at(T + timedelta(days=5)).refused(PLATFORM, d.Reschedule(setup(), "x"), "too-late-to-change")
    hall.to_identifying().refused(PLATFORM, d.Reschedule(setup(), "x"), "too-late-to-change")


def test_after_the_deadline_a_seat_may_still_pass_to_another_person() -> None:
    hall = Hall().to_identifying()
    seats = tuple(replace(s, name="新负责人") if s.seat == AGENCY else s for s in setup().seats)
    hall.do(PLATFORM, d.Reschedule(replace(setup(), seats=seats), "移交"))
    assert hall.state.entries[str(AGENCY)].name == "新负责人"
    assert hall.state.phase is d.Phase.IDENTIFYING
    assert hall.state.next_deadline() is None


def test_too_few_live_bids_at_the_deadline_fail_with_everything_sealed() -> None:
    hall = Hall(bids=2).to_identifying()
    assert hall.state.phase is d.Phase.FAILED
    assert hall.state.ending is not None
    assert hall.state.ending.failed is d.FailedCode.LT3_AT_DEADLINE
    assert hall.state.ending.counted == 2
    hall.refused(AGENCY, d.ReleaseIdentityShares((bid(0), bid(1))), "wrong-phase")


def test_exactly_the_minimum_goes_on() -> None:
    assert Hall(bids=3).to_identifying().state.phase is d.Phase.IDENTIFYING


def test_nothing_is_opened_before_the_witnesses_have_cosigned_closed() -> None:
    hall = Hall(d.Rules(witness_quorum=2)).to_identifying()
    assert hall.state.phase is d.Phase.CLOSED
    shares = d.ReleaseIdentityShares(tuple(hall.state.bids))
    hall.refused(AGENCY, shares, "wrong-phase")
    hall.do(PLATFORM, d.Cosign("witness-1", sha("note")))
    assert hall.do(PLATFORM, d.Cosign("witness-1", sha("note"))) == ()
    assert hall.state.phase is d.Phase.CLOSED
    hall.do(PLATFORM, d.Cosign("witness-2", sha("note")))
    assert hall.state.phase is d.Phase.IDENTIFYING
    hall.do(PLATFORM, d.Cosign("witness-3", sha("note")))
    hall.do(AGENCY, shares)


def test_an_officer_releases_for_all_bids_once_or_not_at_all() -> None:
    hall = Hall().to_identifying()
    hall.refused(AGENCY, d.ReleaseIdentityShares((bid(0),)), "shares-incomplete")
    hall.refused(HOST, d.ReleaseIdentityShares(tuple(hall.state.bids)), "wrong-seat")
    hall.do(AGENCY, d.ReleaseIdentityShares(tuple(hall.state.bids)))
    hall.refused(AGENCY, d.ReleaseIdentityShares(tuple(hall.state.bids)), "already-released")
    hall.refused(PLATFORM, d.ReportIdentities({bid(0): identity(0)}), "quorum-missing")
    hall.refused(
        d.Seat(d.Role.OFFICER, "stranger"), d.ReleaseIdentityShares(tuple(hall.state.bids)), "no-such-seat"
    )


def test_a_bad_envelope_is_reported_before_the_release_and_left_out_of_it() -> None:
    hall = Hall().to_identifying()
    report = d.ReportDealing(bid(1), "identity", "envelope-mismatch")
    hall.refused(AGENCY, d.ReportDealing(d.BidId("b_none"), "identity", "x"), "unknown-bid")
    hall.do(AGENCY, report)
    hall.refused(AGENCY, report, "already-reported")
    hall.do(AGENCY, d.ReleaseIdentityShares((bid(0), bid(2))))
    hall.refused(AGENCY, d.ReportDealing(bid(0), "identity", "late"), "already-released")
    assert hall.state.bids[bid(1)].dealing == ((str(AGENCY), "identity", "envelope-mismatch"),)


def test_a_false_share_is_named_and_the_bid_waits_for_another_officer() -> None:
    hall = Hall().to_identifying()
    hall.do(AGENCY, d.ReleaseIdentityShares((bid(0), bid(1), bid(2))))
    hall.do(OWNER, d.ReleaseIdentityShares((bid(0), bid(2)), {bid(1): "false-share"}))
    assert hall.state.false_shares == ((str(OWNER), bid(1), "false-share"),)
    sound = {bid(0): identity(0), bid(2): identity(2)}
    hall.do(PLATFORM, d.ReportIdentities(sound, {bid(1): "shares-missing"}))
    assert hall.state.phase is d.Phase.IDENTIFYING
    assert hall.do(PLATFORM, d.ReportIdentities({}, {bid(1): "shares-missing"})) == ()
    hall.refused(PLATFORM, d.ReportIdentities({bid(0): identity(0)}), "already-reported")
    hall.do(WATCH, d.ReleaseIdentityShares((bid(0), bid(1), bid(2))))
    hall.do(PLATFORM, d.ReportIdentities({bid(1): identity(1)}))
    assert hall.state.order == (bid(0), bid(1), bid(2))


def test_a_waiting_bid_can_be_adjudicated_away() -> None:
    hall = Hall(bids=4).to_identifying().release_identities()
    found = {bid(n): identity(n) for n in range(3)}
    hall.refused(HOST, d.Adjudicate((bid(3),), d.Cause.AGENCY, "r", SIGNATURE), "nothing-to-adjudicate")
    hall.do(PLATFORM, d.ReportIdentities(found, {bid(3): "shares-missing"}))
    hall.refused(HOST, d.Adjudicate((bid(0),), d.Cause.AGENCY, "r", SIGNATURE), "nothing-to-adjudicate")
    hall.refused(HOST, d.Adjudicate((bid(3),), d.Cause.AGENCY, "", SIGNATURE), "reason-missing")
    hall.do(HOST, d.Adjudicate((bid(3),), d.Cause.AGENCY, "开标人员缺席", SIGNATURE))
    assert hall.state.order == (bid(0), bid(1), bid(2))
    failure = hall.state.bids[bid(3)].failure
    assert failure is not None
    assert failure.stage is d.FailureStage.IDENTITY
    assert failure.effect is d.Effect.WITHDRAWN
    assert failure.decided_by == "韩主持 (host:p_host)"


def test_reports_about_unknown_bids_are_refused() -> None:
    hall = Hall().to_identifying().release_identities()
    hall.refused(PLATFORM, d.ReportIdentities({d.BidId("b_x"): identity(0)}), "unknown-bid")


def test_the_list_stands_in_order_of_receipt() -> None:
    late = {bid(n): closed(n, T - timedelta(minutes=n)) for n in range(3)}
    hall = Hall().to_identifying(late).release_identities()
    hall.do(PLATFORM, d.ReportIdentities({bid(n): identity(n) for n in range(3)}))
    assert hall.state.order == (bid(2), bid(1), bid(0))
    assert [hall.state.bids[b].number for b in hall.state.order] == [1, 2, 3]


def test_junk_does_not_count_towards_the_minimum() -> None:
    hall = Hall(bids=3).to_list({bid(2): junk()})
    assert hall.state.phase is d.Phase.FAILED
    assert hall.state.ending is not None
    assert hall.state.ending.failed is d.FailedCode.LT3_AFTER_RECOUNT
    assert not any(b.released or b.openings for b in hall.state.bids.values())


def test_an_invalid_identity_is_a_failure_with_a_proposed_cause() -> None:
    hall = Hall(bids=5).to_list({bid(3): junk("bad-signature", None), bid(4): junk()})
    assert hall.state.order == (bid(0), bid(1), bid(2))
    proposed = {b.id: b.failure.proposed for b in hall.state.bids.values() if b.failure}
    assert proposed == {bid(3): d.Cause.UNKNOWN, bid(4): d.Cause.BIDDER}
    assert hall.state.undecided() == (bid(3), bid(4))


def test_duplicates_of_one_bidder_do_not_fill_up_the_minimum() -> None:
    hall = Hall(bids=3).to_list({bid(2): identity(2, owner=1)})
    assert hall.state.phase is d.Phase.FAILED


@pytest.mark.parametrize(
    ("rule", "listed", "by"),
    [
        (d.Duplicates.LATEST, (bid(0), bid(1), bid(3)), bid(3)),
        (d.Duplicates.REJECT_ALL, (bid(0), bid(1), bid(4)), None),
    ],
)
def test_duplicates_by_rule_row(rule: d.Duplicates, listed: tuple[d.BidId, ...], by: d.BidId | None) -> None:
    results = {bid(3): identity(3, owner=2)}
    hall = Hall(d.Rules(duplicates=rule), bids=5).to_list(results | {bid(4): identity(4)})
    assert hall.state.order == (*listed[:2], *([bid(3), bid(4)] if by else [bid(4)]))
    lost = hall.state.bids[bid(2)].superseded
    assert lost == d.Superseded(by, str(rule))
    assert hall.state.bids[bid(2)].number == 0


def test_a_replacement_counts_between_bids_of_one_bidder_only() -> None:
    results = {
        bid(1): identity(1, owner=3, replaces=(bid(0), bid(3))),
        bid(3): identity(3),
    }
    hall = Hall(d.Rules(duplicates=d.Duplicates.REJECT_ALL), bids=5).to_list(results)
    # b_1 and b_3 are one bidder's: b_3 is replaced. b_0 is somebody else's and stays.
    assert hall.state.order == (bid(0), bid(1), bid(2), bid(4))
    assert hall.state.bids[bid(3)].superseded == d.Superseded(bid(1), "replaces")


def test_replacements_in_a_ring_fall_back_to_the_rule_row() -> None:
    results = {
        bid(0): identity(0, owner=9, replaces=(bid(1),)),
        bid(1): identity(1, owner=9, replaces=(bid(0),)),
    }
    hall = Hall(bids=5).to_list(results)
    assert hall.state.bids[bid(0)].superseded == d.Superseded(bid(1), "latest")
    assert bid(1) in hall.state.order


def test_before_the_list_nobody_from_outside_may_do_anything() -> None:
    hall = Hall().to_identifying()
    for seat in (bidder(0), receipt(0), d.PUBLIC):
        hall.refused(seat, d.SignIn("x", sha("c")), "wrong-seat")
        hall.refused(seat, d.ReleaseKey(bid(0), "main"), "wrong-phase")
        hall.refused(seat, d.Say("hello"), "wrong-seat")
        hall.refused(seat, d.Diagnose("socket-loss", {}), "wrong-phase")
