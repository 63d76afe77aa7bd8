"""The record: rendered, signed by the bidders in parallel, sealed in turn; failed halls; the next part."""

import pytest
from hall_given import (
    AGENCY,
    DEPUTY,
    HOST,
    PLATFORM,
    SIGNATURE,
    SUPERVISOR,
    TENDERER,
    Hall,
    bid,
    bidder,
    junk,
    opening,
    setup,
    sha,
)

from opening_hall import domain as d
from opening_hall import view as v

RENDERED = d.ReportRendered(sha("pdf"), 1000, sha("minutes"))


def test_an_unknown_cause_keeps_the_record_from_being_made() -> None:
    hall = Hall(bids=4).to_list({bid(3): junk("bad-identity", None)})
    hall.release(0, 1, 2).sign_admitted().open_all().read()
    hall.tick()
    hall.tick()
    hall.refused(PLATFORM, RENDERED, "cause-unknown")
    hall.do(HOST, d.Adjudicate((bid(3),), d.Cause.UNKNOWN, "待查", SIGNATURE))
    hall.refused(PLATFORM, RENDERED, "cause-unknown")
    hall.do(HOST, d.Adjudicate((bid(3),), d.Cause.BIDDER, "信封为空", SIGNATURE))
    hall.do(PLATFORM, RENDERED)
    hall.refused(HOST, d.Adjudicate((bid(3),), d.Cause.PLATFORM, "改判", SIGNATURE), "record-rendered")
    hall.refused(PLATFORM, RENDERED, "record-rendered")


def test_certificates_are_judged_again_before_the_record() -> None:
    hall = Hall().to_record()
    hall.refused(PLATFORM, d.RejudgeCertificates({d.BidId("b_x"): d.Rejudgement(True)}), "unknown-bid")
    bad = d.Rejudgement(False, "certificate-revoked", d.Cause.BIDDER)
    hall.do(PLATFORM, d.RejudgeCertificates({bid(0): d.Rejudgement(True), bid(1): bad}))
    hall.refused(PLATFORM, RENDERED, "cause-unknown")
    hall.do(HOST, d.Adjudicate((bid(1),), d.Cause.BIDDER, "核实", SIGNATURE))
    failure = hall.state.bids[bid(1)].failure
    assert failure is not None
    assert failure.stage is d.FailureStage.CERTIFICATE
    hall.render().refused(PLATFORM, d.RejudgeCertificates({}), "record-rendered")


def test_bidders_sign_in_parallel_and_the_missing_are_noted() -> None:
    hall = Hall().to_record()
    hall.refused(bidder(0), d.SignRecord(sha("pdf"), SIGNATURE), "signing-not-open")
    hall.render()
    hall.refused(bidder(0), d.SignRecord(sha("other"), SIGNATURE), "not-this-record")
    hall.do(bidder(2), d.SignRecord(sha("pdf"), SIGNATURE))
    hall.refused(bidder(2), d.SignRecord(sha("pdf"), SIGNATURE), "already-signed")
    hall.do(bidder(0), d.SignRecord(sha("pdf"), SIGNATURE))
    hall.refused(PLATFORM, d.ReportAttached(sha("attached")), "signing-open")
    (closed,) = hall.tick()
    assert closed == d.SigningClosed((bidder(1).id,))  # type: ignore[arg-type]
    hall.refused(bidder(1), d.SignRecord(sha("pdf"), SIGNATURE), "signing-not-open")


def test_signing_ends_at_the_deadline_before_any_tick() -> None:
    hall = Hall().to_record().render()
    assert hall.state.deadline is not None
    hall.at(hall.state.deadline).refused(bidder(0), d.SignRecord(sha("pdf"), SIGNATURE), "window-closed")


def test_without_early_end_signing_lasts_its_time() -> None:
    hall = Hall(d.Rules(early_end=False)).to_record().render()
    for n in range(3):
        hall.do(bidder(n), d.SignRecord(sha("pdf"), SIGNATURE))
    assert not hall.state.record.signing_closed


def test_seals_come_in_turn_and_the_last_one_closes_the_hall() -> None:
    hall = Hall().to_record().render()
    hall.refused(HOST, d.SealRecord(sha("d"), SIGNATURE), "wrong-phase")
    hall.tick()
    hall.do(PLATFORM, d.ReportAttached(sha("attached")))
    assert hall.state.seal_seats() == (str(HOST), str(TENDERER), str(SUPERVISOR))
    hall.refused(PLATFORM, d.PrepareSeal(str(TENDERER), sha("d")), "not-your-turn")
    hall.refused(PLATFORM, d.ReportSealed(str(HOST), sha("s")), "seal-not-signed")
    hall.do(PLATFORM, d.PrepareSeal(str(HOST), sha("d")))
    assert hall.do(PLATFORM, d.PrepareSeal(str(HOST), sha("d"))) == ()
    hall.do(PLATFORM, d.PrepareSeal(str(HOST), sha("e")))
    hall.refused(TENDERER, d.SealRecord(sha("e"), SIGNATURE), "not-your-turn")
    hall.refused(HOST, d.SealRecord(sha("d"), SIGNATURE), "not-this-record")
    hall.do(HOST, d.SealRecord(sha("e"), SIGNATURE))
    hall.refused(HOST, d.SealRecord(sha("e"), SIGNATURE), "already-signed")
    hall.refused(PLATFORM, d.ReportSealed(str(TENDERER), sha("s")), "not-your-turn")
    hall.do(PLATFORM, d.ReportSealed(str(HOST), sha("s")))
    assert hall.state.phase is d.Phase.SEALING
    assert hall.state.record.sealed == {str(HOST): sha("s")}


def test_a_hall_without_seal_seats_closes_with_the_attached_signatures() -> None:
    hall = Hall(d.Rules(seals=())).to_record().render()
    hall.tick()
    made = hall.do(PLATFORM, d.ReportAttached(sha("attached")))
    assert made[-1] == d.HallClosed(sha("attached"))
    assert hall.state.phase is d.Phase.RECORDED


def test_a_role_without_a_person_is_passed_over() -> None:
    seats = tuple(s for s in setup().seats if s.seat != TENDERER)
    assert Hall(seats=seats).state.seal_seats() == (str(HOST), str(SUPERVISOR))


def test_the_deputy_seals_once_the_duty_has_passed_to_it() -> None:
    hall = Hall().to_record().render()
    hall.tick()
    hall.do(PLATFORM, d.ReportAttached(sha("attached")))
    hall.do(PLATFORM, d.PrepareSeal(str(HOST), sha("d")))
    hall.do(DEPUTY, d.HandOverHost("p_deputy", "主持人离场", SIGNATURE))
    hall.refused(HOST, d.SealRecord(sha("d"), SIGNATURE), "wrong-seat")
    hall.do(PLATFORM, d.PrepareSeal(str(DEPUTY), sha("e")))
    hall.do(DEPUTY, d.SealRecord(sha("e"), SIGNATURE))
    hall.do(PLATFORM, d.ReportSealed(str(DEPUTY), sha("s")))
    assert hall.state.seal_seats()[1] == str(TENDERER)


@pytest.mark.parametrize("bids", [2, 3])
def test_a_failed_hall_has_a_sealed_record_too(bids: int) -> None:
    hall = Hall(bids=bids).to_identifying()
    if bids == 3:
        hall.do(HOST, d.Abort(d.AbortCode.TAMPERING, "数据被改", SIGNATURE))
    phase = hall.state.phase
    hall.refused(PLATFORM, d.PrepareSeal(str(HOST), sha("d")), "nothing-to-seal")
    hall.render()
    assert hall.state.next_deadline() is None
    hall.seal()
    assert hall.state.phase is phase
    assert hall.state.record.sha256 == sha(f"sealed {SUPERVISOR}")
    hall.refused(PLATFORM, d.PrepareSeal(str(HOST), sha("d")), "nothing-to-seal")


def test_a_lot_that_failed_after_the_recount_waits_for_its_causes_too() -> None:
    hall = Hall().to_list({bid(0): junk()})
    assert hall.state.phase is d.Phase.FAILED
    hall.refused(PLATFORM, RENDERED, "cause-unknown")
    hall.do(HOST, d.Adjudicate((bid(0),), d.Cause.BIDDER, "信封无效", SIGNATURE))
    hall.do(PLATFORM, RENDERED)


def test_an_abort_does_not_wait_for_causes() -> None:
    hall = Hall(bids=4).to_decrypting().release(0)
    hall.tick()
    hall.do(HOST, d.Abort(d.AbortCode.DATA_LOSS, "数据无法恢复", SIGNATURE))
    hall.do(PLATFORM, RENDERED)


def test_a_failed_hall_without_seal_seats_closes_at_once() -> None:
    hall = Hall(d.Rules(seals=()), bids=1).to_identifying().render()
    assert hall.state.record.sha256 == sha("pdf")


def two_envelopes() -> Hall:
    form = (
        d.FieldDef("quality", "质量", "Quality", "text", part="technical"),
        d.FieldDef("price", "投标报价", "Price", "money", unit="元", part="price"),
    )
    rules = d.Rules(line_seconds=0)
    hall = Hall(rules, bids=4, parts=("technical", "price"), form=form).to_opening()
    technical = d.Opening(True, {"quality": "合格"}, "", "", sha("f"))
    return hall.open_all({bid(n): technical for n in range(4)})


def test_the_price_part_opens_in_a_second_session_for_the_bids_admitted_to_it() -> None:
    hall = two_envelopes()
    hall.refused(HOST, d.Reconvene((bid(0),), "r", SIGNATURE), "wrong-phase")
    hall.tick()
    hall.tick()
    hall.finish_record()
    first = hall.state.record
    hall.refused(HOST, d.Reconvene((), "技术评审通过", SIGNATURE), "nobody-admitted")
    hall.refused(HOST, d.Reconvene((bid(0), bid(0)), "r", SIGNATURE), "nobody-admitted")
    hall.refused(HOST, d.Reconvene((bid(0),), "", SIGNATURE), "reason-missing")
    hall.refused(HOST, d.Reconvene((d.BidId("b_x"),), "r", SIGNATURE), "bid-not-in-session")
    hall.do(HOST, d.Reconvene((bid(2), bid(0)), "技术评审通过", SIGNATURE))
    state = hall.state
    assert (state.stage, state.part, state.phase) == (1, "price", d.Phase.DECRYPTING)
    assert state.records == (first,)
    assert state.contenders == (bid(0), bid(2))
    assert v.view(state, v.ANYONE)["contenders"] == [bid(0), bid(2)]
    hall.refused(bidder(1), d.ReleaseKey(bid(1), "price"), "bid-not-in-session")
    hall.refused(bidder(0), d.ReleaseKey(bid(0), "technical"), "other-part")
    # Two are below the minimum of the first session; the committee has already judged the competition.
    hall.release(0, 2).sign_admitted().open_all({bid(0): opening(0), bid(2): opening(2)})
    hall.tick()
    hall.tick()
    hall.render().do(bidder(0), d.SignRecord(sha("pdf"), SIGNATURE))
    assert hall.do(bidder(2), d.SignRecord(sha("pdf"), SIGNATURE))[-1] == d.SigningClosed(())
    hall.do(PLATFORM, d.ReportAttached(sha("attached")))
    hall.seal()
    assert hall.state.phase is d.Phase.RECORDED
    hall.refused(HOST, d.Reconvene((bid(0),), "r", SIGNATURE), "no-part-left")


def test_a_second_session_may_wait_for_its_time() -> None:
    hall = Hall(d.Rules(line_seconds=0, list_seconds=30), parts=("technical", "price")).to_list()
    hall.tick()
    hall.release(0, 1, 2).sign_admitted().open_all()
    hall.tick()
    hall.tick()
    hall.finish_record()
    hall.do(HOST, d.Reconvene((bid(0),), "技术评审通过", SIGNATURE))
    assert hall.state.phase is d.Phase.LIST_ANNOUNCED
    hall.tick()
    assert hall.state.phase is d.Phase.DECRYPTING
    hall.refused(AGENCY, d.SignAdmitted(sha("x"), SIGNATURE), "wrong-phase")
