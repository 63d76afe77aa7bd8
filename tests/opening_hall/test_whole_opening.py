"""The opening from the notice to the sealed record, told as the parties live it."""

from hall_given import PLATFORM, Hall, T, bid, bidder, sha

from opening_hall import domain as d


def test_three_bidders_from_notice_to_sealed_record() -> None:
    hall = Hall()
    hall.to_recorded()
    state = hall.state
    assert state.phase is d.Phase.RECORDED
    assert state.record.sha256 == sha("sealed supervisor:p_supervisor")
    assert [b for b in state.bids if state.bids[b].read] == [bid(0), bid(1), bid(2)]


def test_replay_equals_live() -> None:
    hall = Hall().to_recorded()
    folded = d.INITIAL
    for event in hall.events:
        folded = d.evolve(folded, event)
    assert folded == hall.state


def test_the_deadline_is_one_instant() -> None:
    hall = Hall().at(T)
    assert [type(e) for e in hall.do(PLATFORM, d.Tick())] == [d.ClosingStarted]


def test_bidders_confirm_and_sign_and_windows_end_early() -> None:
    hall = Hall().to_confirming()
    for n in range(3):
        made = hall.later(1).do(bidder(n), d.ConfirmLine(bid(n)))
    assert [type(e) for e in made] == [d.LineConfirmed, d.ConfirmationClosed]
    hall.tick()
    hall.render()
    for n in range(3):
        made = hall.later(1).do(bidder(n), d.SignRecord(sha("pdf"), sha(f"cms{n}")))
    assert made[-1] == d.SigningClosed(())
