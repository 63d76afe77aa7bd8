"""The course of an opening: everybody is told the same stations, and nothing before its time."""

from hall_given import HOST, PLATFORM, SIGNATURE, SUPERVISOR, Hall, bid, bidder, closed, opening

from opening_hall import domain as d
from opening_hall import view as v

KINDS = (
    "closing",
    "identifying",
    "identity-released",
    "identity-released",
    "list",
    "decrypting",
    "decryption-ended",
    "admitted",
    "admitted-signed",
    "admitted-signed",
    "hall-released",
    "hall-released",
    "reading",
    "confirming",
    "objections",
    "record",
    "rendered",
    "signing-closed",
    "sealed",
    "sealed",
    "sealed",
    "recorded",
)


def kinds(hall: Hall) -> tuple[str, ...]:
    return tuple(turn.kind for turn in hall.state.course)


def test_the_stations_of_a_plain_opening_in_order() -> None:
    hall = Hall().to_recorded()
    assert kinds(hall) == KINDS
    seen = v.view(hall.state, v.ANYONE)["course"]
    assert [*seen] == [str(n + 1) for n in range(len(KINDS))]
    assert seen["5"]["count"] == 3
    assert seen["6"]["until"] > seen["6"]["at"]


def test_turns_off_the_plain_course_are_told_with_their_reason() -> None:
    hall = Hall(d.Rules(draw=d.DrawRule("coefficient", ("0.95", "0.96")))).to_decrypting()
    hall.do(SUPERVISOR, d.Suspend(d.SuspendCode.SUPERVISOR, "核查"))
    hall.later(60).do(SUPERVISOR, d.Resume("已核实"))
    hall.do(HOST, d.ExtendDecryption(300, "多家反映网络中断"))
    hall.release(0, 1, 2).sign_admitted().open_all()
    hall.do(bidder(0), d.Say("收到"))
    told = {turn.kind: turn.facts for turn in hall.state.course}
    assert told["suspended"] == {"code": "supervisor", "reason": "核查", "by": str(SUPERVISOR)}
    assert told["resumed"] == {"lostMs": 60_000, "reason": "已核实", "by": str(SUPERVISOR)}
    assert told["extended"]["reason"] == "多家反映网络中断"
    assert told["drawn"]["value"] in ("0.95", "0.96")
    assert "收到" not in str(told), "talk is not a turn"


def test_a_late_cosignature_is_no_second_beginning() -> None:
    hall = Hall(d.Rules(witness_quorum=1)).to_identifying()
    assert "identifying" not in kinds(hall)
    for witness in ("first", "second"):
        hall.do(PLATFORM, d.Cosign(witness, "0" * 64))
    assert kinds(hall).count("identifying") == 1


def test_an_end_is_told_too() -> None:
    failed = Hall().to_identifying({bid(0): closed(0)})
    assert failed.state.course[-1].facts == {"code": "LT3_AT_DEADLINE", "counted": 1, "minimum": 3}
    aborted = Hall().to_list()
    aborted.do(HOST, d.Abort(d.AbortCode.DATA_LOSS, "存储损坏", SIGNATURE))
    assert aborted.state.course[-1].kind == "aborted"
    assert aborted.state.course[-1].facts["reason"] == "存储损坏"


def test_an_end_before_the_list_is_told_outside_without_the_bids() -> None:
    failed = Hall().to_identifying({bid(0): closed(0)})
    failed.do(PLATFORM, d.ReportRendered("1" * 64, 1, "2" * 64))
    for kind in v.AUDIENCES:
        seen = v.view(failed.state, kind)
        told = list(seen["course"].values())
        assert [turn["kind"] for turn in told][-2:] == ["failed", "rendered"]
        assert "until" not in told[-1], "nobody is asked to sign the record of a failed lot"
        assert seen["record"]["rendered"] == "1" * 64
        assert kind == v.OFFICIAL or not {"bids", "counts", "live"} & set(seen)


def test_outside_sees_no_course_before_the_list_and_the_estimate_only_when_it_is_read() -> None:
    hall = Hall(d.Rules(line_seconds=1), benchmark="45000000.00").to_identifying()
    assert "course" not in v.view(hall.state, v.ANYONE)
    assert "course" in v.view(hall.state, v.OFFICIAL)
    hall.release_identities().report()
    if hall.state.phase is d.Phase.LIST_ANNOUNCED:
        hall.do(HOST, d.StartDecryption())
    hall.release(0, 1, 2)
    hall.sign_admitted().release_hall()
    for kind in v.AUDIENCES:
        assert "45000000.00" not in str(v.view(hall.state, kind))
    hall.do(PLATFORM, d.ReportOpenings({bid(n): opening(n) for n in range(3)}))
    for kind in v.AUDIENCES:
        assert v.view(hall.state, kind)["benchmark"] == "45000000.00"
