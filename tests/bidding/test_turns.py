"""Messages to whoever an opening waits for, and to nobody else."""

from hall_given import AGENCY, HOST, OWNER, PLATFORM, SIGNATURE, SUPERVISOR, Hall, bid, bidder, code, sha

from bidding.turns import Bulletin, your_turns
from opening_hall import domain as d


def turns(hall: Hall) -> dict[str, Bulletin]:
    found = {one.id: one for one in your_turns("某项目", hall.state)}
    assert all(one.codes or one.people for one in found.values()), "an empty address means everybody"
    return found


def person(hall: Hall, seat: d.Seat) -> str:
    return hall.state.entries[str(seat)].person


def test_officers_are_asked_until_they_have_released() -> None:
    hall = Hall().to_identifying()
    before = turns(hall)["turn.identity.0"]
    assert before.zh == "轮到您了：请提供身份密钥份额（某项目）"
    assert person(hall, AGENCY) in before.people
    assert not before.codes
    hall.do(AGENCY, d.ReleaseIdentityShares(tuple(hall.state.bids)))
    assert person(hall, AGENCY) not in turns(hall)["turn.identity.0"].people
    assert person(hall, OWNER) in turns(hall)["turn.identity.0"].people


def test_before_the_list_no_bidder_is_addressed() -> None:
    hall = Hall()
    assert turns(hall) == {}
    for one in turns(hall.to_identifying()).values():
        assert not one.codes
        assert one.people <= {entry.person for entry in hall.state.entries.values()}


def test_each_station_asks_those_it_waits_for() -> None:
    hall = Hall().to_admitted()
    assert set(turns(hall)) == {"turn.admitted.0"}
    hall.sign_admitted()
    assert set(turns(hall)) == {"turn.hall.0"}
    hall.open_all().read()
    assert turns(hall)["turn.confirm.0"].codes == {code(0), code(1), code(2)}
    hall.do(bidder(1), d.ConfirmLine(bid(1)))
    assert turns(hall)["turn.confirm.0"].codes == {code(0), code(2)}
    hall.do(bidder(0), d.RaiseObjection("o1", "异议", SIGNATURE))
    assert turns(hall)["turn.answer.0.1"].people == {person(hall, HOST)}
    hall.do(HOST, d.AnswerObjection("o1", "答复", d.Resolution.ANSWERED, SIGNATURE))
    hall.tick()
    hall.tick()
    assert turns(hall) == {}, "the record is being made"
    hall.render()
    assert turns(hall)["turn.sign.0"].codes == {code(0), code(1), code(2)}
    hall.tick()
    hall.later(1).do(PLATFORM, d.ReportAttached(sha("attached")))
    (seal,) = turns(hall).values()
    assert seal.people == {person(hall, HOST)}
    hall.seal()
    assert turns(hall) == {}


def test_the_host_is_asked_to_adjudicate_and_nobody_while_suspended() -> None:
    hall = Hall(bids=4).to_decrypting().release(0, 1, 2)
    hall.tick()
    assert turns(hall)["turn.adjudicate.0"].people == {person(hall, HOST)}
    hall.do(SUPERVISOR, d.Suspend(d.SuspendCode.SUPERVISOR, "核查"))
    assert turns(hall) == {}
