"""Beside the order of business: signing in, talk, evidence, pauses, ending, the host's duty."""

from datetime import timedelta

import pytest
from hall_given import (
    AGENCY,
    DEPUTY,
    HOST,
    PLATFORM,
    PUBLIC,
    SIGNATURE,
    SUPERVISOR,
    TENDERER,
    Hall,
    T,
    bid,
    bidder,
    receipt,
    setup,
    sha,
)

from opening_hall import domain as d

SIGN_IN = d.SignIn("张三", sha("certificate"))
PAUSE = d.Suspend(d.SuspendCode.NETWORK, "机房断网")


def test_officials_sign_in_from_an_hour_before_and_once() -> None:
    hall = Hall().at(T - timedelta(hours=1, seconds=1))
    hall.refused(HOST, SIGN_IN, "sign-in-not-open")
    hall.later(1).do(HOST, SIGN_IN)
    assert hall.do(HOST, SIGN_IN) == ()
    hall.do(HOST, d.SignIn("张三", sha("renewed")))
    assert hall.state.sign_ins[str(HOST)].certificate_sha256 == sha("renewed")


def test_bidders_sign_in_after_the_list_by_their_credit_code() -> None:
    hall = Hall().to_list()
    hall.do(bidder(0), SIGN_IN)
    assert hall.state.bids[bid(0)].present_at == hall.now
    hall.refused(bidder(7), SIGN_IN, "no-such-seat")
    hall.refused(receipt(0), SIGN_IN, "wrong-seat")


def test_talk_is_on_record_and_bounded() -> None:
    hall = Hall(d.Rules(chat_per_seat=2, chat_total=3)).to_list()
    hall.do(HOST, d.Say("欢迎"))
    hall.do(bidder(0), d.Say("收到"))
    hall.refused(PUBLIC, d.Say("旁听"), "wrong-seat")
    hall.do(HOST, d.Say("开始"))
    hall.refused(HOST, d.Say("再说"), "chat-full")
    hall.refused(bidder(1), d.Say("满了"), "chat-full")
    first = hall.state.chat[0]
    assert (first.number, first.by, first.text) == (1, str(HOST), "欢迎")


def test_diagnostics_are_evidence_about_ones_own_bid_and_bounded() -> None:
    hall = Hall().to_decrypting()
    hall.do(bidder(0), d.Diagnose("socket-loss", {"times": "3"}, bid(1)))
    assert (hall.state.bids[bid(0)].troubles, hall.state.bids[bid(1)].troubles) == (1, 0)
    hall.do(bidder(0), d.Diagnose("note", {}))
    assert (hall.state.bids[bid(0)].troubles, hall.state.bids[bid(0)].diagnostics) == (1, 2)
    hall.refused(bidder(0), d.Diagnose("reachability", {"reachable": "no"}), "not-yours-to-report")
    hall.refused(HOST, d.Diagnose("note", {}, d.BidId("b_x")), "unknown-bid")
    hall.do(HOST, d.Diagnose("note", {"text": "现场正常"}))
    for _ in range(48):
        hall.do(receipt(0), d.Diagnose("note", {}))
    hall.refused(bidder(0), d.Diagnose("note", {}), "too-many-diagnostics")


def test_a_pause_of_seventeen_minutes_gives_seventeen_minutes_back() -> None:
    hall = Hall().to_decrypting()
    end = hall.state.deadline
    assert end is not None
    hall.later(60).do(SUPERVISOR, PAUSE)
    assert hall.state.next_deadline() is None
    hall.refused(HOST, PAUSE, "hall-suspended")
    hall.refused(receipt(0), d.ReleaseKey(bid(0), "main"), "hall-suspended")
    assert hall.later(16 * 60).do(PLATFORM, d.Tick()) == ()
    hall.do(HOST, d.Say("请稍候"))
    hall.refused(HOST, d.Resume(), "suspended-by-supervisor")
    hall.later(60).do(SUPERVISOR, d.Resume("已恢复"))
    assert hall.state.deadline == end + timedelta(minutes=17)
    assert hall.state.lost_ms == 17 * 60 * 1000
    hall.refused(SUPERVISOR, d.Resume(), "not-suspended")
    hall.at(end + timedelta(minutes=16)).release(0)


def test_a_pause_by_the_host_is_ended_by_the_host_or_the_supervisor() -> None:
    for seat in (HOST, SUPERVISOR):
        hall = Hall().to_decrypting()
        hall.refused(HOST, d.Suspend(d.SuspendCode.NETWORK, ""), "reason-missing")
        hall.do(HOST, PAUSE)
        hall.later(0.0005).do(seat, d.Resume())
        assert hall.state.lost_ms == 1


def test_a_window_that_had_run_out_stays_closed_after_a_pause() -> None:
    hall = Hall().to_decrypting()
    assert hall.state.deadline is not None
    hall.at(hall.state.deadline + timedelta(seconds=5)).do(HOST, PAUSE)
    hall.later(3600).do(HOST, d.Resume())
    hall.refused(receipt(0), d.ReleaseKey(bid(0), "main"), "window-closed")


def test_a_pause_where_no_clock_runs_moves_nothing() -> None:
    hall = Hall().to_admitted()
    hall.do(PLATFORM, PAUSE)
    hall.later(60).do(HOST, d.Resume())
    assert hall.state.deadline is None
    assert hall.state.lost_ms == 60_000


def test_aborting_ends_the_hall_with_code_person_and_signature() -> None:
    hall = Hall().to_reading()
    hall.refused(HOST, d.Abort(d.AbortCode.TAMPERING, "", SIGNATURE), "reason-missing")
    hall.refused(SUPERVISOR, d.Abort(d.AbortCode.TAMPERING, "r", SIGNATURE), "wrong-seat")
    hall.do(HOST, PAUSE)
    hall.do(HOST, d.Abort(d.AbortCode.DISCLOSURE, "截止前泄露", SIGNATURE))
    assert hall.state.phase is d.Phase.ABORTED
    assert hall.state.suspended is None
    assert hall.state.ending is not None
    assert hall.state.ending.by == "韩主持 (host:p_host)"
    hall.refused(HOST, d.Say("x"), "wrong-phase")


def test_the_platform_ends_the_hall_of_a_terminated_tender() -> None:
    hall = Hall()
    hall.do(PLATFORM, d.Abort(d.AbortCode.TENDER_TERMINATED, "招标终止", ""))
    assert hall.state.phase is d.Phase.ABORTED
    assert hall.state.next_deadline() is None


@pytest.mark.parametrize("giver", [HOST, DEPUTY])
def test_the_hosts_duty_passes_to_a_named_deputy(giver: d.Seat) -> None:
    hall = Hall().to_decrypting()
    hall.refused(DEPUTY, d.ExtendDecryption(60, "r"), "wrong-seat")
    hall.refused(giver, d.HandOverHost("p_deputy", "", SIGNATURE), "reason-missing")
    hall.do(giver, d.HandOverHost("p_deputy", "主持人掉线", SIGNATURE))
    hall.do(DEPUTY, d.ExtendDecryption(60, "r"))
    hall.refused(HOST, d.ExtendDecryption(60, "r"), "wrong-seat")
    assert hall.state.host_seat() == DEPUTY
    hall.do(HOST, d.HandOverHost("p_host", "恢复", SIGNATURE))
    assert hall.state.host_seat() == HOST


def test_the_duty_passes_to_nobody_else() -> None:
    hall = Hall()
    hall.refused(HOST, d.HandOverHost("p_tenderer", "r", SIGNATURE), "not-a-named-deputy")
    hall.refused(HOST, d.HandOverHost("p_host", "r", SIGNATURE), "already-host")
    hall.refused(TENDERER, d.HandOverHost("p_deputy", "r", SIGNATURE), "wrong-seat")
    other = d.SeatEntry(d.Seat(d.Role.DEPUTY, "p_other"), "p_other", "另一位副主持")
    hall = Hall(seats=(*setup().seats, other))
    hall.refused(DEPUTY, d.HandOverHost("p_other", "r", SIGNATURE), "wrong-seat")
    hall.do(HOST, d.HandOverHost("p_other", "r", SIGNATURE))
    hall.do(DEPUTY, d.HandOverHost("p_deputy", "另一位也掉线", SIGNATURE))
    assert hall.state.host == "p_deputy"


def test_a_change_of_seats_keeps_the_host_who_has_the_duty() -> None:
    hall = Hall()
    hall.do(DEPUTY, d.HandOverHost("p_deputy", "r", SIGNATURE))
    hall.do(PLATFORM, d.Reschedule(setup(docs_hash=sha("docs 2")), "补遗"))
    assert hall.state.host == "p_deputy"
    without = tuple(s for s in setup().seats if s.seat != DEPUTY)
    hall.do(PLATFORM, d.Reschedule(setup(seats=without), "人员变更"))
    assert hall.state.host == "p_host"
    assert Hall(seats=()).state.host_seat() == d.Seat(d.Role.HOST, "")


def test_seats_parse_and_print() -> None:
    for text in ("officer:agency", "bidder:91350100M000100Y43", "public:", "platform:"):
        assert str(d.Seat.parse(text)) == text
    for text in ("officer", "king:x", "", ":", "host:" + "x" * 65):
        with pytest.raises(Exception, match="seat-malformed"):
            d.Seat.parse(text)


def test_an_officer_without_a_notice_has_no_seat() -> None:
    hall = Hall(seats=tuple(s for s in setup().seats if s.seat != AGENCY)).to_identifying()
    hall.refused(AGENCY, d.ReleaseIdentityShares(tuple(hall.state.bids)), "no-such-seat")


def test_an_objection_during_a_pause_is_not_late_however_long_the_pause() -> None:
    hall = Hall(d.Rules(objection_seconds=60)).to_objection()
    hall.do(HOST, PAUSE)
    hall.later(3600)
    assert hall.do(bidder(0), d.RaiseObjection("o1", "唱标顺序有误", SIGNATURE))
    hall.do(HOST, d.Resume("恢复"))
    hall.later(3600).refused(bidder(1), d.RaiseObjection("o2", "迟到的异议", SIGNATURE), "window-closed")
