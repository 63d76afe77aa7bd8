"""唱标, confirmation and objections."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hall_given import HOST, PLATFORM, SIGNATURE, SUPERVISOR, Hall, bid, bidder, opening, receipt

from opening_hall import domain as d

STEPWISE = d.Rules(reading=d.Pace.STEPWISE, automatic=(d.Step.START_DECRYPTION, d.Step.FIX_ADMITTED))


def objection(name: str = "o1") -> d.RaiseObjection:
    return d.RaiseObjection(name, "唱标顺序有误", SIGNATURE)


def answer(name: str = "o1", how: d.Resolution = d.Resolution.ANSWERED) -> d.AnswerObjection:
    return d.AnswerObjection(name, "顺序为递交先后", how, SIGNATURE)


def test_lines_are_read_by_the_timer_in_the_order_of_the_list() -> None:
    hall = Hall(d.Rules(line_seconds=5)).to_reading()
    assert hall.state.lines == 0
    assert hall.do(PLATFORM, d.Tick()) == ()
    for n in range(3):
        (first, *_) = hall.tick()
        assert first == d.LineRead(bid(n), n + 1, (), first.next_at if n < 2 else None)  # type: ignore[attr-defined]
    assert hall.state.phase is d.Phase.CONFIRMING
    hall.refused(HOST, d.ReadNext(), "wrong-phase")


def test_ceiling_and_estimate_are_restated_and_the_timer_cannot_be_pushed() -> None:
    hall = Hall(d.Rules(line_seconds=5), benchmark="47000000.00").to_reading()
    started = hall.events[-1]
    assert isinstance(started, d.ReadingStarted)
    assert (started.ceiling, started.benchmark) == ("50000000.00", "47000000.00")
    hall.refused(HOST, d.ReadNext(), "read-by-timer")


def test_the_host_starts_and_paces_where_the_row_says_so() -> None:
    hall = Hall(STEPWISE).to_opening()
    hall.refused(HOST, d.StartReading(), "not-all-opened")
    hall.open_all()
    assert hall.state.phase is d.Phase.OPENING
    hall.do(HOST, d.StartReading())
    assert hall.state.next_deadline() is None
    for _ in range(3):
        hall.do(HOST, d.ReadNext())
    assert hall.state.phase is d.Phase.CONFIRMING


def test_without_a_pause_between_lines_all_are_read_at_once() -> None:
    hall = Hall(d.Rules(line_seconds=0)).to_reading()
    assert hall.state.phase is d.Phase.CONFIRMING
    assert [e.bid for e in hall.events if isinstance(e, d.LineRead)] == [bid(0), bid(1), bid(2)]


@pytest.mark.parametrize(
    ("price", "flags"),
    [
        ("50000000.00", ()),
        ("50000000.01", ("over-ceiling",)),
        ("about five", ("price-unreadable",)),
        ("NaN", ("price-unreadable",)),
    ],
)
def test_a_price_above_the_ceiling_is_remarked_and_read_all_the_same(
    price: str, flags: tuple[str, ...]
) -> None:
    hall = Hall(d.Rules(line_seconds=0)).to_opening().open_all({bid(1): opening(1, price)})
    assert hall.state.bids[bid(1)].read["main"][1] == flags
    assert len(hall.state.reading) == 3


def test_without_a_ceiling_or_a_price_there_is_nothing_to_remark() -> None:
    rules = d.Rules(line_seconds=0)
    hall = Hall(rules, ceiling="").to_opening().open_all({bid(1): opening(1, "99999999999.00")})
    assert hall.state.bids[bid(1)].read["main"][1] == ()
    technical = d.Opening(True, {"quality": "合格"}, "", "", "")
    hall = Hall(rules).to_opening().open_all({bid(1): technical})
    assert hall.state.bids[bid(1)].read["main"][1] == ()


def test_when_nothing_opens_the_reading_is_empty_and_the_record_goes_on() -> None:
    broken = {bid(n): d.Opening(False, reason="bad-ciphertext") for n in range(3)}
    hall = Hall().to_opening().open_all(broken)
    assert hall.state.phase is d.Phase.OBJECTION
    assert hall.state.undecided() == (bid(0), bid(1), bid(2))


def test_each_bidder_confirms_its_own_line_once_it_was_read() -> None:
    hall = Hall(d.Rules(line_seconds=5)).to_reading()
    hall.refused(bidder(1), d.ConfirmLine(bid(1)), "line-not-read")
    hall.tick()
    hall.refused(bidder(0), d.ConfirmLine(bid(1)), "not-your-bid")
    hall.do(bidder(0), d.ConfirmLine(bid(0)))
    hall.refused(bidder(0), d.ConfirmLine(bid(0)), "already-confirmed")
    hall.refused(receipt(0), d.ConfirmLine(bid(0)), "wrong-seat")
    hall.read()
    hall.do(bidder(1), d.ConfirmLine(bid(1), SIGNATURE))
    how = {b.id: b.confirmed["main"][1] for b in hall.state.bids.values() if b.confirmed}
    assert how == {bid(0): d.Confirmed.SESSION, bid(1): d.Confirmed.SIGNED}


def test_confirming_ends_at_the_deadline() -> None:
    hall = Hall().to_confirming()
    assert hall.state.deadline is not None
    hall.at(hall.state.deadline).refused(bidder(0), d.ConfirmLine(bid(0)), "window-closed")


@pytest.mark.parametrize(
    ("rule", "how"),
    [
        (d.MissingConfirmation.DEEMED, d.Confirmed.DEEMED),
        (d.MissingConfirmation.NOTED, d.Confirmed.NOTED),
    ],
)
def test_a_line_nobody_confirmed_is_deemed_or_noted(rule: d.MissingConfirmation, how: d.Confirmed) -> None:
    hall = Hall(d.Rules(missing_confirmation=rule)).to_confirming()
    hall.do(bidder(0), d.ConfirmLine(bid(0)))
    (closed,) = hall.tick()
    assert isinstance(closed, d.ConfirmationClosed)
    assert (closed.missing, closed.how) == ((bid(1), bid(2)), how)
    assert hall.state.bids[bid(2)].confirmed["main"][1] is how


def test_without_early_end_the_confirmation_lasts_its_time() -> None:
    hall = Hall(d.Rules(early_end=False)).to_confirming()
    for n in range(3):
        hall.do(bidder(n), d.ConfirmLine(bid(n)))
    assert hall.state.phase is d.Phase.CONFIRMING
    hall.tick()
    assert hall.state.phase is d.Phase.OBJECTION


def test_objections_are_raised_by_bidders_and_answered_on_the_spot() -> None:
    hall = Hall().to_objection()
    hall.refused(HOST, answer(), "nothing-to-answer")
    hall.refused(SUPERVISOR, objection(), "wrong-seat")
    hall.do(bidder(0), objection())
    hall.refused(bidder(1), objection(), "objection-exists")
    hall.refused(HOST, answer("o2"), "unknown-objection")
    hall.do(HOST, answer())
    hall.do(bidder(1), objection("o2"))
    hall.refused(HOST, answer(), "already-answered")
    assert [o.number for o in hall.state.objections.values()] == [1, 2]


def test_an_unanswered_objection_keeps_the_window_open_until_its_answer() -> None:
    hall = Hall().to_objection()
    hall.do(bidder(0), objection())
    hall.do(bidder(1), objection("o2"))
    assert hall.state.next_deadline() is None
    hall.later(3600).refused(HOST, d.CloseObjections(), "objection-unanswered")
    assert hall.do(PLATFORM, d.Tick()) == ()
    hall.refused(bidder(2), objection("o3"), "window-closed")
    assert len(hall.do(HOST, answer(how=d.Resolution.UNRESOLVED))) == 1
    made = hall.do(HOST, answer("o2"))
    assert [type(e) for e in made] == [d.ObjectionAnswered, d.ObjectionsClosed]


def test_the_host_closes_explicitly_where_the_row_says_so_and_not_before_the_time() -> None:
    hall = Hall(d.Rules(automatic=(d.Step.START_DECRYPTION, d.Step.FIX_ADMITTED, d.Step.START_READING)))
    hall.to_objection().refused(HOST, d.CloseObjections(), "objections-open")
    assert hall.state.next_deadline() is None
    hall.later(600).do(HOST, d.CloseObjections())
    assert hall.state.phase is d.Phase.RECORD_SIGN


def test_objections_may_be_raised_from_the_list_on_and_are_bounded() -> None:
    hall = Hall().to_decrypting()
    for n in range(20):
        hall.do(bidder(0), objection(f"o{n}"))
    hall.refused(bidder(0), objection("o20"), "too-many-objections")
    hall.do(bidder(1), objection("o20"))


def test_a_late_answer_while_the_clocks_stand_still_closes_after_the_resumption() -> None:
    hall = Hall().to_objection()
    hall.do(bidder(0), objection())
    hall.later(700).do(SUPERVISOR, d.Suspend(d.SuspendCode.SUPERVISOR, "核查"))
    assert len(hall.later(5).do(HOST, answer())) == 1
    hall.later(5).do(SUPERVISOR, d.Resume())
    assert [type(e) for e in hall.tick()] == [d.ObjectionsClosed]
    assert hall.state.lost_ms == 10_000
    assert timedelta(milliseconds=hall.state.lost_ms) == timedelta(seconds=10)


def test_a_window_for_objections_that_began_with_the_reading_leaves_a_rest_after_the_confirmation() -> None:
    rules = d.Rules(line_seconds=100, confirmation_seconds=100, objection_after_seconds=120)
    hall = Hall(rules).to_reading()
    began = hall.now
    hall.read().do(HOST, d.Suspend(d.SuspendCode.NETWORK, "断网"))
    hall.later(10).do(HOST, d.Resume())
    hall.tick()
    # 300 s of reading, 100 s of confirming, 10 s given back: 200 s of the 600 s are left.
    assert hall.state.deadline == began + timedelta(seconds=610)
    slow = Hall(replace(rules, line_seconds=300)).to_reading().read()
    slow.tick()
    assert slow.state.deadline == slow.now + timedelta(seconds=120)
