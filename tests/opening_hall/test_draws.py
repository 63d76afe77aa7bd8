"""Draws anybody recomputes: at the opening from K_hall of the admitted set, or early from the boxes."""

import hashlib

from hall_given import (
    HOST,
    PLATFORM,
    SUPERVISOR,
    TENDERER,
    Hall,
    T,
    bid,
    identity,
    setup,
)

from crypto.canonical import b64, unb64
from crypto.draws import draw_index, draw_seed
from opening_hall import domain as d

VALUES = ("0.95", "0.96", "0.97", "0.98", "0.99")
SEATS = (str(TENDERER), str(SUPERVISOR))


def rules(when: d.DrawTime, **changes: object) -> d.Rules:
    return d.Rules(draw=d.DrawRule("benchmark", VALUES, when, seats=SEATS), line_seconds=0)


def commit(hall: Hall, seat: d.Seat, value: bytes) -> None:
    hall.do(seat, d.CommitDraw(hashlib.sha256(value).hexdigest()))


def drawn(hall: Hall) -> d.CoefficientDrawn:
    return next(event for event in hall.events if isinstance(event, d.CoefficientDrawn))


def check(event: d.CoefficientDrawn) -> None:
    seed = draw_seed(
        event.label,
        {by: unb64(value) for by, value in event.reveals.items()},
        {b: unb64(value) for b, value in event.k_halls.items()},
    )
    assert seed.hex() == event.seed
    assert draw_index(seed, event.label, len(event.candidates), event.counter) == event.index
    assert event.candidates[event.index] == event.value


def test_a_draw_at_the_opening_takes_reveals_and_the_hall_keys_of_the_admitted_set() -> None:
    hall = Hall(rules(d.DrawTime.OPENING))
    commit(hall, TENDERER, b"t" * 32)
    commit(hall, SUPERVISOR, b"s" * 32)
    hall.to_identifying()
    hall.do(TENDERER, d.RevealDraw(b64(b"t" * 32)))
    hall.release_identities()
    hall.do(PLATFORM, d.ReportIdentities({bid(n): identity(n) for n in range(3)}))
    hall.release(0, 1, 2).sign_admitted().open_all()
    event = drawn(hall)
    assert dict(event.reveals) == {str(TENDERER): b64(b"t" * 32)}
    assert event.missing == (str(SUPERVISOR),)
    assert set(event.k_halls) == {bid(0), bid(1), bid(2)}
    check(event)
    started = next(e for e in hall.events if isinstance(e, d.ReadingStarted))
    assert started.drawn == {"benchmark": event.value}


def test_commitments_close_at_the_deadline_and_belong_to_the_named_seats() -> None:
    hall = Hall(rules(d.DrawTime.OPENING))
    hall.refused(HOST, d.CommitDraw("00" * 32), "not-a-draw-seat")
    commit(hall, TENDERER, b"t" * 32)
    hall.refused(TENDERER, d.CommitDraw("00" * 32), "already-committed")
    hall.at(T).refused(SUPERVISOR, d.CommitDraw("00" * 32), "too-late-to-change")
    Hall().refused(TENDERER, d.CommitDraw("00" * 32), "no-draw")


def test_a_reveal_must_be_what_was_committed() -> None:
    hall = Hall(rules(d.DrawTime.OPENING))
    commit(hall, TENDERER, b"t" * 32)
    hall.to_identifying()
    hall.refused(SUPERVISOR, d.RevealDraw(b64(b"s" * 32)), "nothing-committed")
    hall.refused(TENDERER, d.RevealDraw(b64(b"x" * 32)), "reveal-mismatch")
    hall.refused(TENDERER, d.RevealDraw("!"), "reveal-mismatch")
    hall.do(TENDERER, d.RevealDraw(b64(b"t" * 32)))
    hall.refused(TENDERER, d.RevealDraw(b64(b"t" * 32)), "already-revealed")


def test_reveals_close_before_phase_a() -> None:
    hall = Hall(rules(d.DrawTime.OPENING))
    commit(hall, TENDERER, b"t" * 32)
    hall.to_decrypting().refused(TENDERER, d.RevealDraw(b64(b"t" * 32)), "wrong-phase")


def test_an_early_draw_takes_the_contributions_and_the_platforms_nonce() -> None:
    hall = Hall(rules(d.DrawTime.EARLY))
    commit(hall, PLATFORM, b"n" * 32)
    commit(hall, TENDERER, b"t" * 32)
    hall.to_list({bid(1): identity(1, draw="")})
    assert hall.state.phase is d.Phase.LIST_ANNOUNCED
    assert hall.state.next_deadline() is None
    hall.refused(HOST, d.StartDecryption(), "draw-pending")
    hall.do(PLATFORM, d.RevealDraw(b64(b"n" * 32)))
    event = drawn(hall)
    assert set(event.reveals) == {"platform:", bid(0), bid(2)}
    assert not event.k_halls
    check(event)
    assert hall.state.phase is d.Phase.DECRYPTING


def test_an_early_draw_waits_for_the_time_the_list_is_shown() -> None:
    base = rules(d.DrawTime.EARLY)
    hall = Hall(d.Rules(draw=base.draw, list_seconds=60))
    commit(hall, PLATFORM, b"n" * 32)
    hall.to_list()
    hall.do(PLATFORM, d.RevealDraw(b64(b"n" * 32)))
    assert hall.state.phase is d.Phase.LIST_ANNOUNCED
    hall.tick()
    assert hall.state.phase is d.Phase.DECRYPTING


def test_an_early_draw_goes_without_a_nonce_nobody_committed_to_or_one_revealed_before() -> None:
    hall = Hall(rules(d.DrawTime.EARLY)).to_list()
    assert set(drawn(hall).reveals) == {bid(0), bid(1), bid(2)}
    early = Hall(rules(d.DrawTime.EARLY))
    commit(early, PLATFORM, b"n" * 32)
    early.to_identifying().do(PLATFORM, d.RevealDraw(b64(b"n" * 32)))
    early.release_identities()
    early.do(PLATFORM, d.ReportIdentities({bid(n): identity(n) for n in range(3)}))
    assert "platform:" in drawn(early).reveals


def test_a_draw_belongs_to_the_stage_its_rule_names() -> None:
    rule = d.Rules(draw=d.DrawRule("benchmark", VALUES, part="price"), line_seconds=0)
    hall = Hall(rule, parts=("technical", "price")).to_reading()
    assert not hall.state.draw.value
    assert setup().rules.draw is None


def test_a_rule_without_candidates_draws_nothing() -> None:
    hall = Hall(d.Rules(draw=d.DrawRule("benchmark", ()), line_seconds=0)).to_reading()
    assert not hall.state.draw.value
