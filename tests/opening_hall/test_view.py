"""What each audience sees, what each seat may do, and whose `mine` an event touches."""

import json
import typing
from dataclasses import replace
from typing import Any

import pytest
from hall_given import (
    AGENCY,
    DEPUTY,
    HOST,
    OWNER,
    PLATFORM,
    PUBLIC,
    SIGNATURE,
    SUPERVISOR,
    TENDERER,
    WATCH,
    Hall,
    bid,
    bidder,
    junk,
    opening,
    receipt,
    sha,
)
from pydantic import TypeAdapter

from ceremony.errors import Refusal
from ceremony.patch import apply, diff, prune
from crypto.canonical import b64, sha256_hex
from opening_hall import domain as d
from opening_hall import shapes
from opening_hall import view as v
from opening_hall.guards import may
from opening_hall.hall import HALL, HALL_VIEWS, stream
from opening_hall.kept import Kept

OFFICIALS = (HOST, DEPUTY, TENDERER, SUPERVISOR, AGENCY, OWNER, WATCH)


def everybody(count: int) -> tuple[d.Seat, ...]:
    outside = [seat for n in range(count) for seat in (bidder(n), receipt(n))]
    return (*OFFICIALS, *outside, bidder(77), PUBLIC)


def busy(rules: d.Rules | None = None) -> Hall:
    """A hall in which everything that can be beside the plain course of things is."""
    draw = d.DrawRule("benchmark", ("0.95", "0.96"), seats=(str(TENDERER),))
    hall = Hall(replace(rules or d.Rules(line_seconds=1), witness_quorum=1, draw=draw, chat_total=2), bids=6)
    hall.do(TENDERER, d.CommitDraw(sha256_hex(b"t" * 32)))
    hall.to_identifying()
    hall.do(PLATFORM, d.Cosign("witness", sha("note")))
    hall.do(TENDERER, d.RevealDraw(b64(b"t" * 32)))
    hall.release_identities()
    hall.report({bid(5): junk(), bid(4): d.IdentityResult(True, "9135010000000099999", "某公司")})  # type: ignore[arg-type]
    hall.do(bidder(0), d.SignIn("张三", sha("c")))
    hall.do(bidder(0), d.AcknowledgeWrap(bid(0)))
    hall.do(bidder(0), d.ReleaseKey(bid(0), "main", "hall", "wrong-bidder-key"))
    hall.do(receipt(1), d.Diagnose("socket-loss", {"times": "2"}))
    hall.do(PLATFORM, d.Diagnose("reachability", {"reachable": "yes"}))
    hall.do(HOST, d.Diagnose("note", {"text": "信封无法打开"}, bid(5)))
    hall.do(HOST, d.Say("欢迎"))
    hall.do(bidder(0), d.Say("收到"))
    hall.release(0, 1, 2, 3)
    hall.tick()
    hall.do(HOST, d.Adjudicate((bid(4), bid(5)), d.Cause.BIDDER, "未解密", SIGNATURE))
    hall.do(HOST, d.FixAdmitted())
    hall.sign_admitted().open_all({bid(3): d.Opening(False, reason="bad-ciphertext")})
    hall.do(bidder(0), d.RaiseObjection("o1", "异议", SIGNATURE))
    hall.do(HOST, d.AnswerObjection("o1", "答复", d.Resolution.ANSWERED, SIGNATURE))
    hall.do(HOST, d.Adjudicate((bid(3),), d.Cause.BIDDER, "密文损坏", SIGNATURE))
    hall.read()
    hall.do(bidder(1), d.ConfirmLine(bid(1)))
    hall.tick()
    hall.do(SUPERVISOR, d.Suspend(d.SuspendCode.SUPERVISOR, "核查"))
    hall.later(60).do(SUPERVISOR, d.Resume())
    hall.tick()
    hall.do(PLATFORM, d.RejudgeCertificates({bid(0): d.Rejudgement(False, "certificate-revoked")}))
    hall.do(HOST, d.Adjudicate((bid(0),), d.Cause.BIDDER, "核实", SIGNATURE))
    hall.render()
    hall.do(bidder(0), d.SignRecord(sha("pdf"), SIGNATURE))
    hall.tick()
    hall.do(PLATFORM, d.ReportAttached(sha("attached")))
    return hall.seal()


def states(hall: Hall) -> list[tuple[d.State, d.Event, d.State]]:
    out, state = [], d.INITIAL
    for event in hall.events:
        after = d.evolve(state, event)
        out.append((state, event, after))
        state = after
    return out


def test_a_hall_not_set_up_shows_its_phase_only() -> None:
    assert v.view(d.INITIAL, v.OFFICIAL) == {"phase": "SCHEDULED"}


def test_before_the_list_everybody_from_outside_sees_the_hall_and_the_clock() -> None:
    hall = Hall()
    hall.do(PLATFORM, d.Tick())
    hall.at(hall.state.setup.opens_at).do(PLATFORM, d.Tick())  # type: ignore[union-attr]
    hall.to_identifying().release_identities()
    outside = (bidder(0), receipt(0), PUBLIC, bidder(77))
    seen = [v.view(hall.state, v.audience(hall.state, seat)) for seat in outside]
    assert all(s == seen[0] for s in seen)
    assert set(seen[0]) == {"phase", "hall", "lostMs"}
    for name in ("b_0", "live", "counts", "9135"):
        assert name not in str(seen[0]).replace(str(seen[0]["hall"]), "")


def test_before_the_list_a_receipt_sees_its_own_bid_and_no_other() -> None:
    hall = Hall().to_identifying()
    own = v.mine(hall.state, receipt(1))
    assert own == {
        "seat": "receipt:b_0001",
        "role": "receipt",
        "may": [],
        "bid": "b_0001",
        "submission": sha("s1"),
    }
    assert set(v.mine(hall.state, bidder(1))) == {"seat", "role", "may"}
    assert set(v.mine(Hall().state, receipt(1))) == {"seat", "role", "may"}


def test_officials_see_the_sealed_bids_from_closed_on() -> None:
    assert "bids" not in v.view(Hall().state, v.OFFICIAL)
    seen = v.view(Hall().to_identifying().state, v.OFFICIAL)
    assert seen["live"] == 3
    assert {row["status"] for row in seen["bids"].values()} == {"sealed"}


def test_the_audience_of_a_seat() -> None:
    sealed, named = Hall().to_identifying().state, Hall().to_list().state
    for seat in OFFICIALS:
        assert v.audience(sealed, seat) == v.OFFICIAL
    assert v.audience(sealed, d.Seat(d.Role.HOST, "p_nobody")) == v.ANYONE
    assert v.audience(sealed, PLATFORM) == v.OFFICIAL
    assert [v.audience(s, bidder(77)) for s in (sealed, named)] == [v.BIDDER, v.ANYONE]
    assert [v.audience(s, bidder(0)) for s in (sealed, named)] == [v.BIDDER, v.BIDDER]
    assert v.audience(named, PUBLIC) == v.ANYONE


def test_nothing_opened_is_seen_before_all_is_opened_and_its_line_read() -> None:
    hall = Hall(d.Rules(line_seconds=5), bids=4).to_opening().release_hall()
    hall.do(PLATFORM, d.ReportOpenings({bid(0): opening(0)}))
    for kind in v.AUDIENCES:
        assert "46000000.00" not in str(v.view(hall.state, kind))
    hall.do(PLATFORM, d.ReportOpenings({bid(n): opening(n) for n in (1, 2, 3)}))
    hall.tick()
    for kind in v.AUDIENCES:
        seen = str(v.view(hall.state, kind))
        assert "46000000.00" in seen
        assert "46100000.00" not in seen


def test_the_public_sees_names_and_read_lines_without_deposits_talk_or_failed_identities() -> None:
    hall = busy()
    public, party, official = (v.view(hall.state, kind) for kind in (v.ANYONE, v.BIDDER, v.OFFICIAL))
    assert "chat" not in public
    assert "deposit" not in str(public["bids"])
    assert bid(5) not in public["bids"]
    assert party["bids"][bid(5)]["failure"]["effect"] == "revoked"
    assert party["bids"][bid(1)]["deposit"] == {"form": "保函", "amount": "800000.00"}
    assert "troubles" not in party["bids"][bid(1)]
    assert official["bids"][bid(1)]["troubles"] == 1
    assert party["chat"]["1"]["text"] == "欢迎"
    assert public["draw"]["value"] == hall.state.draw.value
    assert public["draw"]["commitments"] == dict(hall.state.draw.commitments)
    assert list(public["draw"]["commitments"]) == [str(TENDERER)]
    assert public["objections"]["o1"]["answer"] == "答复"
    assert public["record"]["sha256"] == hall.state.record.sha256


def test_no_secret_and_no_signature_bytes_are_ever_in_a_view() -> None:
    hall = busy()
    for before, _, _ in states(hall):
        for kind in v.AUDIENCES:
            text = str(v.view(before, kind))
            assert SIGNATURE not in text
            assert not any(
                o.k_hall in text for b in before.bids.values() for o in b.openings.values() if o.k_hall
            )


@pytest.mark.parametrize(
    ("bids", "expected"),
    [
        (
            {},
            {"b_0000": "read", "b_0001": "read", "b_0002": "read", "b_0003": "revoked", "b_0004": "revoked"},
        )
    ],
)
def test_where_each_bid_stands(bids: dict[str, str], expected: dict[str, str]) -> None:
    rows = v.view(busy().state, v.BIDDER)["bids"]
    assert {name: row["status"] for name, row in rows.items() if name != "b_0005"} == expected | bids


def test_where_a_bid_stands_on_the_way() -> None:
    hall = Hall(bids=6).to_identifying().release_identities()
    found = {bid(n): d.IdentityResult(True, f"{n:018d}", "名") for n in (0, 1, 2)}  # type: ignore[arg-type]
    twin = d.IdentityResult(True, f"{2:018d}", "名")  # type: ignore[arg-type]
    hall.do(PLATFORM, d.ReportIdentities(found | {bid(4): junk(), bid(5): twin}, {bid(3): "shares-missing"}))
    assert v.status(hall.state.bids[bid(3)]) == "waiting"
    hall.do(HOST, d.Adjudicate((bid(3),), d.Cause.PLATFORM, "缺席", SIGNATURE))
    hall.release(0)
    words = [v.status(hall.state.bids[bid(n)]) for n in range(6)]
    assert words == ["released", "listed", "superseded", "failed", "failed", "listed"]
    rejudged = Hall().to_record()
    bad = d.Rejudgement(False, "certificate-revoked")
    rejudged.do(PLATFORM, d.RejudgeCertificates({bid(0): bad}))
    assert v.status(rejudged.state.bids[bid(0)]) == "read"


def test_may_lists_exactly_what_would_not_be_refused_for_phase_seat_or_state() -> None:
    hall = busy()
    for before, _, _ in states(hall):
        for seat in everybody(6):
            for name in may(before, seat):
                roles = d.allowed(before.phase, getattr(d, name), before.suspended is not None)
                assert before.role_of(seat) in roles


def test_the_buttons_of_a_bidder_along_the_way() -> None:
    hall = Hall(d.Rules(line_seconds=0)).to_decrypting()
    assert "ReleaseKey" in may(hall.state, bidder(0))
    assert v.mine(hall.state, bidder(0))["offer"] == {"bid": bid(0), "part": "main"}
    hall.release(0)
    assert "ReleaseKey" not in may(hall.state, bidder(0))
    assert "offer" not in v.mine(hall.state, bidder(0))
    assert "ReleaseKey" in may(hall.state, PUBLIC)
    hall.release(1, 2).sign_admitted().open_all()
    assert "ConfirmLine" in may(hall.state, bidder(0))
    assert may(hall.state, bidder(77)) == ()
    hall.tick()
    hall.tick()
    hall.render()
    assert may(hall.state, bidder(0)) == ("SignIn", "SignRecord")


def test_the_host_is_offered_what_the_duty_needs() -> None:
    hall = Hall(bids=4).to_decrypting().release(0, 1, 2)
    assert {"ExtendDecryption", "Suspend", "Abort"} <= set(may(hall.state, HOST))
    hall.tick()
    assert "FixAdmitted" not in may(hall.state, HOST)
    assert "Adjudicate" in may(hall.state, HOST)
    assert may(hall.state, DEPUTY) == ("Diagnose", "HandOverHost", "Say", "SignIn")
    hall.do(HOST, d.Suspend(d.SuspendCode.NETWORK, "断网"))
    assert "Resume" in may(hall.state, HOST)
    assert "Adjudicate" not in may(hall.state, HOST)


def test_a_person_sees_what_its_other_seats_may_do() -> None:
    hall = Hall(bids=3).to_decrypting().release(0, 1, 2)
    hall.tick()
    mine = v.mine(hall.state, HOST)
    assert set(mine["seats"]) == {str(AGENCY)}
    assert mine["seats"][str(AGENCY)]["role"] == "officer"
    assert tuple(mine["seats"][str(AGENCY)]["may"]) == may(hall.state, AGENCY)
    assert "SignAdmitted" in mine["seats"][str(AGENCY)]["may"]
    assert v.mine(hall.state, AGENCY)["seats"][str(HOST)]["index"] is None
    assert "seats" not in v.mine(hall.state, DEPUTY)
    assert "seats" not in v.mine(hall.state, bidder(0))


@pytest.mark.parametrize("pace", [1, 0])
def test_touched_names_every_seat_whose_own_view_changes(pace: int) -> None:
    seats = everybody(6)
    for before, event, after in states(busy(d.Rules(line_seconds=pace))):
        named = v.touched(after, event)
        if v.ALL_SEATS in named:
            continue
        for seat in seats:
            if v.mine(before, seat) != v.mine(after, seat):
                assert str(seat) in named, (event, seat)


def test_patches_from_version_to_version_make_the_fresh_view() -> None:
    steps = states(busy())
    for kind in v.AUDIENCES:
        seen: dict[str, object] = {}
        for before, _, after in steps:
            seen = apply(seen, diff(v.view(before, kind), v.view(after, kind)))
        assert seen == prune(v.view(steps[-1][2], kind))


def test_what_an_event_does_not_touch_stays_the_same_object() -> None:
    hall = Hall(bids=4).to_decrypting()
    before = v.view(hall.state, v.BIDDER)
    hall.release(0)
    after = v.view(hall.state, v.BIDDER)
    assert after["hall"] is before["hall"]
    assert after["bids"][bid(1)] is before["bids"][bid(1)]
    assert after["bids"][bid(0)] is not before["bids"][bid(0)]


def test_what_is_kept_is_built_once_and_forgotten_in_order() -> None:
    built: list[object] = []

    def build(value: object, kind: str) -> list[object]:
        built.append(value)
        return [value, kind]

    kept: Kept[list[object]] = Kept(build, 2)
    first, second, third = object(), object(), object()
    assert kept(first, "a") is kept(first, "a")
    assert kept(first, "b") is not kept(first, "a")
    kept(third, "a")
    kept(second, "a")
    kept(first, "a")
    assert len(built) == 5


def test_the_ceremony_gets_seats_as_text() -> None:
    hall = Hall().to_list()
    assert HALL.initial() is d.INITIAL
    assert stream("l_1") == "hall:l_1"
    assert HALL_VIEWS.audience(hall.state, "bidder:" + bidder(0).id) == v.BIDDER
    assert HALL_VIEWS.mine(hall.state, str(HOST))["name"] == "韩主持"
    assert HALL_VIEWS.mine(hall.state, str(AGENCY))["index"] == 1
    made = HALL.decide(hall.state, str(HOST), d.Say("x"), hall.now)
    assert made == (d.Said(str(HOST), "x"),)
    with pytest.raises(Refusal):
        HALL.decide(hall.state, str(PUBLIC), d.Say("x"), hall.now)


@pytest.mark.parametrize("name", sorted({type(event).__name__ for event in busy().events} - {"Closed"}))
def test_a_hall_survives_the_erasure_of_any_event_that_can_name_a_person(name: str) -> None:
    state = d.INITIAL
    for event in busy().events:
        state = d.evolve(state, d.Erased(name) if type(event).__name__ == name else event)
        for kind in v.AUDIENCES:
            v.view(state, kind)
        v.touched(state, event)


VIEW: TypeAdapter[Any] = TypeAdapter(shapes.HallView)
MINE: TypeAdapter[Any] = TypeAdapter(shapes.HallMine)


def test_every_view_of_an_opening_has_its_type() -> None:
    phases = set()
    members = set()
    for state, _, after in states(busy()):
        phases.add(after.phase)
        for kind in v.AUDIENCES:
            seen = prune(v.view(after, kind))
            members |= seen.keys()
            VIEW.validate_json(json.dumps(seen), strict=True)
        for seat in everybody(6):
            MINE.validate_json(json.dumps(prune(v.mine(state, seat))), strict=True)
    assert phases == set(d.Phase) - {d.Phase.FAILED, d.Phase.ABORTED}
    unseen = set(typing.get_type_hints(shapes.HallView)) - members
    assert unseen <= {"ending", "undecided", "benchmark", "falseShares", "contenders"}, unseen
