"""What a hall's officials are alerted to, and what everybody may know."""

from datetime import timedelta

from hall_given import AGENCY, HOST, OWNER, PLATFORM, SUPERVISOR, WATCH, Hall, T, bid, bidder

from opening_hall import domain as d
from opening_hall.alerts import Level, alerts, open_alerts

EVERYBODY = frozenset(map(str, (HOST, OWNER, WATCH)))


def kinds(state: d.State, present: frozenset[str] = EVERYBODY, later: timedelta = timedelta()) -> list[str]:
    return [alert.kind for alert in alerts(state, present, T + later)]


def test_nothing_is_said_of_a_hall_not_set_up() -> None:
    assert alerts(d.INITIAL, (), T) == ()


def test_before_the_deadline_only_empty_seats_count_and_only_when_it_is_near() -> None:
    state = Hall().state
    assert kinds(state, frozenset(), -timedelta(hours=2)) == []
    soon = alerts(state, (), T - timedelta(minutes=5))
    assert {alert.kind: alert.level for alert in soon} == {
        "host-away": Level.WARN,
        "officers-missing": Level.WARN,
    }
    assert kinds(state, EVERYBODY, -timedelta(minutes=5)) == []


def test_a_person_is_here_in_any_of_its_seats() -> None:
    # The host's person holds the agency's opening key: with it and one more the quorum is complete.
    state = Hall(bids=3).to_identifying().state
    assert kinds(state, frozenset({str(HOST), str(OWNER)})) == []
    assert kinds(state, frozenset({str(AGENCY), str(OWNER)})) == []
    assert kinds(state, frozenset({str(HOST)})) == ["officers-missing"]
    assert kinds(state, frozenset({str(OWNER), str(WATCH)})) == ["host-away"]


def test_failures_lead_until_they_are_decided() -> None:
    hall = Hall(bids=4).to_decrypting().release(0, 1, 2)
    hall.do(bidder(3), d.ReleaseKey(bid(3), "main", failure="wrong-key"))
    hall.do(bidder(3), d.Diagnose("socket-loss", {}))
    hall.tick()
    found = alerts(hall.state, EVERYBODY, hall.now)
    assert [alert.kind for alert in found] == ["adjudication-pending", "wrong-keys", "troubles"]
    assert found[0].facts == {"count": 1}
    hall.do(HOST, d.Adjudicate((bid(3),), d.Cause.PLATFORM, "网络中断", "51" * 32))
    assert "failures" in kinds(hall.state)
    assert "adjudication-pending" not in kinds(hall.state)


def test_a_pause_is_open_to_everybody() -> None:
    hall = Hall(bids=3).to_decrypting()
    hall.do(SUPERVISOR, d.Suspend(d.SuspendCode.SUPERVISOR, "核查"))
    assert [alert.kind for alert in open_alerts(hall.state)] == ["suspended"]
    assert kinds(hall.state)[0] == "suspended"
    hall.do(HOST, d.Abort(d.AbortCode.DATA_LOSS, "数据丢失", "51" * 32))
    assert open_alerts(hall.state)[-1].facts == {"code": "data-loss"}


def test_an_objection_waits_for_its_answer() -> None:
    hall = Hall(bids=3).to_decrypting()
    hall.do(bidder(0), d.RaiseObjection("o_1", "请核对", "51" * 32))
    assert "objections-unanswered" in kinds(hall.state)


def test_a_window_that_moves_nothing_is_overdue() -> None:
    hall = Hall(bids=3).to_decrypting()
    assert "overdue" not in kinds(hall.state)
    assert "overdue" in kinds(hall.state, later=timedelta(hours=2))


def test_witnesses_and_missing_signatures() -> None:
    hall = Hall(d.Rules(witness_quorum=1), bids=3).to_identifying()
    assert "witnesses-missing" in kinds(hall.state)
    signed = Hall(bids=3).to_record().render()
    signed.tick()
    signed.do(PLATFORM, d.Tick())
    assert "signatures-missing" in kinds(signed.state)
