"""A bidder that waits for its rivals' prices before it releases or withholds its key finds the door shut."""

from __future__ import annotations

from hall_given import AGENCY, HOST, OWNER, SIGNATURE, Hall, bid, bidder, opening, receipt

from opening_hall import domain as d
from opening_hall.table import ALLOWED
from opening_hall.view import ANYONE, OFFICIAL, audience, mine, view

PRICE = "46000000.00"


def shown(hall: Hall) -> str:
    """All that anybody is shown, officials and the bids' own seats included."""
    seen = [view(hall.state, kind) for kind in (ANYONE, OFFICIAL, audience(hall.state, bidder(0)))]
    return str(seen + [mine(hall.state, seat) for seat in (bidder(0), receipt(0), HOST, AGENCY)])


def test_no_price_is_known_while_a_key_can_still_be_released() -> None:
    hall = Hall(bids=4, rules=d.Rules(line_seconds=0)).to_decrypting().release(0, 1, 2)
    assert PRICE not in shown(hall)
    hall.refused(AGENCY, d.ReleaseHallShares("main", hall.state.contenders), "wrong-phase")
    hall.tick()
    assert hall.state.phase is d.Phase.ADJUDICATING
    assert PRICE not in shown(hall)
    hall.refused(bidder(3), d.ReleaseKey(bid(3), "main"), "wrong-phase")
    hall.do(HOST, d.Adjudicate((bid(3),), d.Cause.BIDDER, "未解密", SIGNATURE))
    hall.do(HOST, d.FixAdmitted())
    hall.sign_admitted()
    # From the first hall share on nobody joins or leaves: the set was signed before.
    for officer in (AGENCY, OWNER):
        hall.refused(HOST, d.ExtendDecryption(60, "再等一家"), "wrong-phase")
        hall.do(officer, d.ReleaseHallShares("main", hall.state.admitted))
    hall.refused(bidder(3), d.ReleaseKey(bid(3), "main"), "wrong-phase")
    assert PRICE not in shown(hall)
    hall.do(d.PLATFORM, d.ReportOpenings({b: opening(int(b[2:])) for b in hall.state.admitted}))
    assert PRICE in shown(hall)
    assert bid(3) not in hall.state.reading


def test_a_released_key_is_not_taken_back() -> None:
    hall = Hall().to_decrypting().release(0)
    names = {command.__name__ for phase in ALLOWED.values() for command in phase}
    assert not {name for name in names if "Unrelease" in name or "Withdraw" in name}
    hall.refused(receipt(0), d.ReleaseKey(bid(0), "main"), "already-released")
    assert hall.state.released == 1
