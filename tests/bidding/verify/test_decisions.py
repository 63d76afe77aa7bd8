"""What the platform decides by rule: the verifier decides it anew and names whoever decided otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from archive_world import export
from hall_given import AGENCY, HOST, OWNER, SIGNATURE, Hall, T, bid, bidder, closed, identity, junk
from opened_world import opened_world

from bidding.archive.manifest import Right
from bidding.verify.decisions import contradictions
from bidding.verify.run import verify_archive
from opening_hall import decide_closing
from opening_hall import domain as d
from opening_hall.facts import Superseded


def watched(hall: Hall) -> Hall:
    """Every event of the hall is decided anew as it happens."""

    def hear(before: d.State, event: d.Event, after: d.State) -> None:
        assert contradictions(before, event) == [], event

    hall.listen.append(hear)
    return hall


COURSES: dict[str, Callable[[], Hall]] = {
    "plain": lambda: watched(Hall()).to_recorded(),
    "line by line": lambda: watched(Hall(d.Rules(reading=d.Pace.STEPWISE))).to_recorded(),
    "windows last": lambda: watched(Hall(d.Rules(early_end=False))).to_recorded(),
    "by the host": lambda: watched(Hall(d.Rules(automatic=(), line_seconds=0))).to_decrypting().release(0),
    "too few": lambda: watched(Hall(bids=2)).to_identifying(),
    "too few after the recount": lambda: watched(Hall()).to_list({bid(0): junk()}),
    "duplicates": lambda: watched(Hall(bids=5)).to_list({bid(4): identity(4, owner=1)}),
    "all duplicates fall": lambda: watched(Hall(d.Rules(duplicates=d.Duplicates.REJECT_ALL), bids=5)).to_list(
        {bid(4): identity(4, owner=1)}
    ),
    "too few released": lambda: _too_few(watched(Hall())),
    "a pause, an extension, an objection": lambda: _eventful(watched(Hall(bids=4))),
}


def _too_few(hall: Hall) -> Hall:
    hall.to_decrypting().release(0).tick()
    hall.do(HOST, d.Adjudicate((bid(1), bid(2)), d.Cause.BIDDER, "未解密", SIGNATURE))
    hall.do(HOST, d.FixAdmitted())
    return hall


def _eventful(hall: Hall) -> Hall:
    hall.to_decrypting().release(0, 1, 2)
    hall.do(HOST, d.Suspend(d.SuspendCode.NETWORK, "断网"))
    hall.later(1020).do(HOST, d.Resume("恢复"))
    hall.do(HOST, d.ExtendDecryption(60, "网络故障"))
    hall.tick()
    hall.do(HOST, d.Adjudicate((bid(3),), d.Cause.PLATFORM, "平台故障", SIGNATURE))
    hall.do(HOST, d.FixAdmitted())
    hall.sign_admitted().open_all().read()
    hall.tick()
    hall.do(bidder(0), d.RaiseObjection("o1", "唱标有误", SIGNATURE))
    answer = d.AnswerObjection("o1", "已核对", d.Resolution.ANSWERED, SIGNATURE)
    hall.later(3600).do(HOST, answer)
    return hall.finish_record()


@pytest.mark.parametrize("course", COURSES)
def test_what_the_rules_made_is_made_again(course: str) -> None:
    assert COURSES[course]().events


def forged(hall: Hall, event: d.Event, at: timedelta = timedelta()) -> list[str]:
    """What the verifier says of an event that the platform wrote by itself."""
    return contradictions(hall.state, replace(event, at=hall.now + at))


def test_closing_before_the_deadline_or_with_a_late_bid() -> None:
    hall = Hall()
    assert forged(hall, d.ClosingStarted(T)) == ["closing began before the deadline"]
    hall.to_closing()
    assert forged(hall, d.Closed({bid(0): closed(0)}), -timedelta(seconds=1)) == [
        "closed before the deadline"
    ]
    late = {bid(0): closed(0), bid(1): closed(1, T)}
    assert forged(hall, d.Closed(late)) == [f"taken in after the deadline: {bid(1)}"]
    assert forged(hall, d.Closed({bid(0): closed(0, T - timedelta(milliseconds=1))})) == []


def test_a_lot_that_fails_or_goes_on_against_the_minimum() -> None:
    hall = Hall().to_identifying()
    assert forged(hall, d.Failed(d.FailedCode.LT3_AT_DEADLINE, 3, 3))
    assert forged(hall, d.Failed(d.FailedCode.LT3_AFTER_RECOUNT, 2, 3))
    few = replace(hall.state, bids={bid(0): hall.state.bids[bid(0)]})
    assert contradictions(few, replace(d.IdentitySharesReleased("officer:agency", (bid(0),)), at=hall.now))


def test_a_list_without_a_sound_bid_or_in_another_order() -> None:
    hall = Hall(bids=4).to_identifying().release_identities()
    results = {bid(n): identity(n) for n in range(4)}
    hall.append(d.IdentitiesVerified(results, {}))
    false = d.DuplicatesResolved({bid(3): Superseded(bid(0), "latest")})
    assert forged(hall, false)
    rows = [d.ListRow(n + 1, bid(n), identity(n).credit_code, identity(n).name) for n in range(4)]
    assert forged(hall, d.ListAnnounced(tuple(rows[:3])))
    assert forged(hall, d.ListAnnounced((rows[1], rows[0], *rows[2:])))
    hall.append(false)
    assert forged(hall, d.ListAnnounced(tuple(rows[:3]))) == [
        "bids count as superseded that are not, or the other way round"
    ]


def test_windows_that_end_too_soon_or_take_what_came_too_late() -> None:
    hall = Hall().to_decrypting().release(0)
    missing = {bid(1): d.Cause.BIDDER, bid(2): d.Cause.BIDDER}
    assert forged(hall, d.DecryptionEnded("main", missing)) == [
        "the window ended before its time with keys missing"
    ]
    assert forged(hall, d.KeyReleased(bid(1), "main", "hall"), timedelta(hours=1)) == ["window-closed"]
    hall.tick()
    assert forged(hall, d.AdmittedFixed("main", (bid(0), bid(1)), "00" * 32))
    effect = d.Adjudicated(bid(1), d.Cause.PLATFORM, d.Effect.REVOKED, "r", "x", SIGNATURE)
    assert forged(hall, effect) == ["the effect is not the one of the cause"]
    hall = Hall().to_confirming()
    until = hall.now + timedelta(seconds=600)
    every = (bid(0), bid(1), bid(2))
    assert forged(hall, d.ConfirmationClosed(every, d.Confirmed.DEEMED, until))
    hall.tick()
    assert forged(hall, d.ObjectionsClosed()) == ["objections were closed before their time"]
    hall.do(bidder(0), d.RaiseObjection("o1", "x", SIGNATURE))
    assert forged(hall, d.ObjectionsClosed()) == ["objections were closed with one unanswered"]


def test_a_reading_that_leaves_out_a_line_and_a_pause_that_gives_less_back() -> None:
    hall = Hall().to_opening()
    for officer in (AGENCY, OWNER):
        hall.do(officer, d.ReleaseHallShares("main", hall.state.admitted))
    started = d.ReadingStarted("main", (bid(0), bid(1)), "50000000.00", "", {})
    assert forged(hall, started) == ["the reading began before every admitted bid had its result"]
    hall = Hall().to_reading()
    assert forged(hall, d.LineRead(bid(2), 1))
    assert forged(hall, d.LineRead(bid(0), 1, ("over-ceiling",)))
    hall.do(HOST, d.Suspend(d.SuspendCode.NETWORK, "断网"))
    hall.later(60)
    assert forged(hall, d.Resumed(59_999, "", "x")) == ["less time was given back than was lost"]
    assert forged(hall, d.Resumed(60_000, "", "x")) == []


def test_a_bid_called_a_duplicate_is_found_in_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hall's own platform drops a sound bid in phase 0, and everything after it agrees."""
    with opened_world(tmp_path, 4) as world:
        victim, winner = world.bidders[3].bid, world.bidders[0].bid
        with monkeypatch.context() as lying:
            lying.setattr(
                decide_closing, "find_duplicates", lambda *_: {victim: Superseded(winner, "latest")}
            )
            world.bidders = world.bidders[:3]
            world.run()
        report = verify_archive(export(world, tmp_path, Right.PUBLIC, ciphertext=False))
    assert {wrong.reason for wrong in report.wrong} == {"decided-otherwise"}
    assert all(wrong.leaf is not None for wrong in report.wrong)
