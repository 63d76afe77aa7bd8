"""The rules of a tender by themselves: given a state, when a command comes, then events or a refusal."""

from __future__ import annotations

from dataclasses import replace as replaced
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tender_given import (
    AGENCY,
    CHECKER,
    CODE,
    DAYS,
    FORM,
    OFFICER,
    OTHER,
    START,
    STRANGER,
    Story,
    header,
    key,
    terms,
)

from bidding.tenders import commands as cmd
from bidding.tenders import events as ev
from bidding.tenders.actor import ANYBODY, PLATFORM, Actor, ActorRole
from bidding.tenders.domain import decide, evolve
from bidding.tenders.forms import FieldDef, FieldKind, check_form
from bidding.tenders.rules import shipped
from bidding.tenders.state import Tender
from bidding.tenders.terms import FINISHED, Document, LotState, OfficerTerms, Party
from ceremony.errors import Malformed, Refusal


def test_a_tender_is_drafted_once_and_by_its_agency() -> None:
    story = Story().draft()
    again = cmd.DraftTender("t_1", header(), Party("代理", CODE), frozenset({"agency"}), shipped())
    story.refused(AGENCY, again, "tender-exists")
    for command in (
        cmd.ChangeHeader(header()),
        cmd.AddLot("l_1", terms()),
        cmd.StoreDocument(Document("a", 1, "aa"), "k"),
        cmd.RequestCheck(shipped(), DAYS),
        story.notice(),
    ):
        story.refused(STRANGER, command, "not-found")
        story.refused(ANYBODY, command, "not-found")
    Story().refused(AGENCY, cmd.AddLot("l_1", terms()), "not-found")


def test_a_lot_is_called_by_its_tender_too_unless_both_bear_one_title() -> None:
    state = Story().ready().state
    assert state.called(state.lots["l_1"], " / ") == f"{state.head.title} / 一标段"
    alone = Story().ready(title=state.head.title).state
    assert alone.called(alone.lots["l_1"]) == state.head.title


def test_unknown_lots_and_documents() -> None:
    story = Story().ready()
    story.refused(AGENCY, cmd.AddLot("l_1", terms()), "lot-exists")
    story.refused(AGENCY, cmd.ChangeLot("l_2", terms()), "not-found")
    story.refused(AGENCY, cmd.RemoveLot("l_2"), "not-found")
    story.refused(AGENCY, cmd.RemoveDocument("none"), "not-found")
    story.refused(AGENCY, cmd.StoreDocument(Document("a.pdf", 1, "aa", "l_2"), "k"), "not-found")
    story.refused(AGENCY, cmd.StoreDocument(Document("a/b", 1, "aa"), "k"), "bad-document-name")
    story.refused(OFFICER, cmd.RegisterOpeningKey("l_2", "officer:a", key(9)), "not-found")
    story.refused(OFFICER, cmd.RegisterOpeningKey("l_1", "officer:x", key(9)), "not-found")
    story.refused(OFFICER, cmd.RegisterOpeningKey("l_1", "officer:a", key(1)), "opening-key-twice")
    for number in range(2, 101):
        story.when(AGENCY, cmd.AddLot(f"l_{number}", terms()))
    story.refused(AGENCY, cmd.AddLot("l_101", terms()), "too-many-lots")


def test_removing_what_was_drafted() -> None:
    story = Story().ready()
    story.when(AGENCY, cmd.RemoveDocument("a.pdf"))
    assert story.state.documents == ()
    story.when(AGENCY, cmd.RemoveLot("l_1"))
    assert story.state.lots == {}
    assert story.state.state is LotState.DRAFT


def test_keys_of_changed_seats_are_signed_anew() -> None:
    story = Story().ready()
    officers = story.state.lots["l_1"].terms.officers
    swapped = (replaced(officers[0], credit_code=OTHER), *officers[1:])
    story.when(AGENCY, cmd.ChangeLot("l_1", terms(officers=swapped)))
    assert story.state.lots["l_1"].missing_keys == ("officer:a",)


def test_a_lots_own_document_hides_the_tenders() -> None:
    story = Story().ready()
    story.when(AGENCY, cmd.StoreDocument(Document("a.pdf", 2, "bb" * 32, "l_1"), "key-b"))
    story.when(AGENCY, cmd.StoreDocument(Document("a.pdf", 3, "cc" * 32), "key-c"))
    assert [d.size for d in story.state.documents_of("l_1")] == [2]
    assert [d.size for d in story.state.documents_of("l_2")] == [3]


def test_what_is_published_stays() -> None:
    story = Story().published()
    for command in (
        cmd.ChangeHeader(header()),
        cmd.AddLot("l_2", terms()),
        cmd.ChangeLot("l_1", terms()),
        cmd.RemoveLot("l_1"),
        cmd.RegisterOpeningKey("l_1", "officer:a", key(9)),
        cmd.SignReview(cmd.Signed(b"", b"", CODE)),
        cmd.RequestCheck(shipped(), DAYS),
    ):
        by = OFFICER if isinstance(command, cmd.RegisterOpeningKey) else AGENCY
        story.refused(by, command, "already-published")
    story.refused(CHECKER, cmd.PassCheck(), "not-found")
    story.refused(AGENCY, cmd.RemoveDocument("a.pdf"), "not-found")
    missing = pytest.raises(Refusal, match="preconditions-missing")
    with missing as caught:
        story.when(AGENCY, story.notice())
    assert [one["code"] for one in caught.value.facts["missing"]] == ["no-lots"]  # type: ignore[index]


def test_a_notice_by_another_signer_is_refused() -> None:
    story = Story().ready()
    notice = story.notice()
    foreign = replaced(notice, notice=replaced(notice.notice, signer="91350100M00000003X"))
    story.refused(AGENCY, foreign, "signer-not-agency")
    story.when(AGENCY, replaced(notice, notice=replaced(notice.notice, signer=OTHER)))


def test_changes_and_their_refusals() -> None:
    story = Story().published()
    story.refused(STRANGER, story.change(), "not-found")
    foreign = story.change()
    wrong = replaced(foreign, notice=replaced(foreign.notice, signer="x"))
    story.refused(AGENCY, wrong, "signer-not-agency")
    for said, code in (
        ({"text": ""}, "empty-notice"),
        ({"lots": ("l_9",)}, "not-found"),
        ({"answers": (cmd.Answer("q_9", "", ""),)}, "no-such-question"),
        ({"objections": (cmd.Answer("x_9", "", ""),)}, "no-such-objection"),
        ({"opens_at": {"l_1": START}}, "deadline-earlier"),
    ):
        with pytest.raises((Refusal, Malformed), match=code):
            story.change(**said)
    story.when(AGENCY, story.change(affects=True))
    assert story.lot() is LotState.CLARIFIED
    story.now = START + timedelta(days=20)
    story.when(AGENCY, story.change(reseal=True))
    assert story.lot() is LotState.EXTENDED
    assert len(story.state.lots["l_1"].accepted) == 1
    story.when(AGENCY, story.change())
    assert story.lot() is LotState.EXTENDED  # once extended it says so
    story.when(PLATFORM, cmd.FailLot("l_1", "LT3_AT_DEADLINE"))
    with pytest.raises(Refusal, match="nothing-receives"):
        story.change()


def test_questions_and_objections() -> None:
    story = Story().published()
    for text in ("", "  ", "x" * 4001):
        story.refused(ANYBODY, cmd.AskQuestion("q_1", "l_1", text), "bad-text")
    story.refused(ANYBODY, cmd.AskQuestion("q_1", "l_9", "问"), "not-found")
    story.when(ANYBODY, cmd.AskQuestion("q_1", "l_1", "问"))
    story.when(ANYBODY, cmd.RaiseObjection("x_1", "l_1", "异议", {}, DAYS))
    story.when(
        AGENCY,
        story.change(answers=(cmd.Answer("q_1", "问", "答"),), objections=(cmd.Answer("x_1", "异议", "答"),)),
    )
    assert story.state.questions["q_1"].answered_in == 1
    assert story.state.objections["x_1"].answered_in == 1


def test_floods_of_questions_end_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bidding.tenders.changes.MAX_OPEN_QUESTIONS", 2)
    story = Story().published()
    for number in range(2):
        story.when(ANYBODY, cmd.AskQuestion(f"q_{number}", "l_1", "问"))
        story.when(ANYBODY, cmd.RaiseObjection(f"x_{number}", "l_1", "异议", {}, DAYS))
    story.refused(ANYBODY, cmd.AskQuestion("q_3", "l_1", "问"), "too-many-questions")
    story.refused(ANYBODY, cmd.RaiseObjection("x_3", "l_1", "异", {}, DAYS), "too-many-questions")


def test_challenges_in_procurement_count_from_the_notice() -> None:
    """质疑: seven working days from knowing (采购法 art. 52)."""
    story = Story().published("GP", opens_at=START + timedelta(days=40))
    story.now = datetime(2026, 3, 11, 15, 59, tzinfo=UTC)
    story.when(ANYBODY, cmd.RaiseObjection("x_1", "l_1", "质疑", {}, DAYS))
    story.now += timedelta(minutes=1)
    story.when(ANYBODY, cmd.RaiseObjection("x_2", "l_1", "质疑", {}, DAYS))
    assert [story.state.objections[x].late for x in ("x_1", "x_2")] == [False, True]
    assert story.state.holding("l_1") == ("x_1",)
    story.now += timedelta(days=3)
    before = story.state.lots["l_1"].terms.opens_at
    story.when(AGENCY, story.change(objections=(cmd.Answer("x_1", "质疑", "答复"),)))
    assert story.state.lots["l_1"].terms.opens_at == before  # only ENG rows give time back


def test_time_given_back_in_a_rehearsal_is_exact() -> None:
    story = Story().draft("REHEARSAL")
    story.when(AGENCY, cmd.AddLot("l_1", terms(opens_at=START + timedelta(hours=1))))
    story.keys("l_1")
    story.when(AGENCY, story.notice())
    story.when(ANYBODY, cmd.RaiseObjection("x_1", "l_1", "异议", {}, DAYS))
    story.now += timedelta(seconds=90)
    story.when(AGENCY, story.change(objections=(cmd.Answer("x_1", "异议", "答"),)))
    assert story.state.lots["l_1"].terms.opens_at == START + timedelta(hours=1, seconds=90)


def test_handing_a_seat_over() -> None:
    story = Story().published()
    to = Party("接任", OTHER)
    signed = cmd.Signed(b"statement", b"cms", CODE)
    good = cmd.HandOverSeat("l_1", "officer:a", signed, b"cms", to, "p_n", "接任", "cc" * 32)
    story.refused(OFFICER, replaced(good, lot="l_9"), "not-found")
    story.refused(OFFICER, replaced(good, seat="officer:x"), "not-found")
    story.refused(Actor(ActorRole.OFFICER, OTHER, "p_x"), good, "not-found")
    story.refused(OFFICER, replaced(good, statement=replaced(signed, signer=OTHER)), "signer-not-holder")
    story.when(OFFICER, good)
    story.refused(OFFICER, good, "not-found")
    successor = Actor(ActorRole.OFFICER, OTHER, "p_n")
    back = replaced(good, statement=replaced(signed, signer=OTHER), to=Party("代理", CODE))
    story.now = START + timedelta(days=21)
    story.when(PLATFORM, cmd.CloseLot("l_1"))
    story.when(successor, back)  # absence at the opening is when it is needed most
    story.when(PLATFORM, cmd.FailLot("l_1", "x"))
    story.refused(OFFICER, good, "lot-finished")


def test_the_outcome_and_who_may_say_it() -> None:
    story = Story().published()
    signed = cmd.Signed(b"n", b"c", CODE)
    story.refused(AGENCY, cmd.CloseLot("l_1"), "not-found")
    story.refused(PLATFORM, cmd.CloseLot("l_9"), "not-found")
    story.refused(PLATFORM, cmd.CloseLot("l_1"), "deadline-not-reached")
    story.now = START + timedelta(days=21)
    story.when(PLATFORM, cmd.CloseLot("l_1"))
    assert story.when(PLATFORM, cmd.CloseLot("l_1")) == ()
    destroy = cmd.DestroyKey("l_1", "officer:a", signed)
    story.refused(OFFICER, destroy, "lot-not-opened")
    story.when(PLATFORM, cmd.ReportOpened("l_1", "ab"))
    assert story.when(PLATFORM, cmd.ReportOpened("l_1", "ab")) == ()
    story.when(OFFICER, destroy)
    assert story.when(OFFICER, destroy) == ()
    story.refused(OFFICER, replaced(destroy, lot="l_9"), "not-found")
    story.refused(AGENCY, cmd.AwardLot("l_9", Party("", ""), "", signed), "not-found")
    story.when(AGENCY, cmd.AwardLot("l_1", Party("中标", OTHER), "1", signed))
    assert story.lot() in FINISHED
    story.refused(AGENCY, cmd.FailLot("l_1", "all-rejected"), "lot-not-opened")
    story.refused(AGENCY, cmd.TerminateLot("l_1", "c", "r", signed), "lot-finished")
    assert story.when(PLATFORM, cmd.FailLot("l_1", "x")) == ()


def test_a_committee_may_fail_an_opened_lot() -> None:
    story = Story().published()
    story.now = START + timedelta(days=21)
    story.when(PLATFORM, cmd.ReportOpened("l_1", "ab"))
    story.when(AGENCY, cmd.FailLot("l_1", "all-rejected"))
    assert story.state.lots["l_1"].code == "all-rejected"
    assert story.state.state is LotState.FAILED


def test_rounds_only_where_the_procedure_has_them() -> None:
    story = Story().published()
    story.now = START + timedelta(days=21)
    story.when(PLATFORM, cmd.ReportOpened("l_1", "ab"))
    later = terms(round=2, previous="l_1", opens_at=START + timedelta(days=22))
    story.refused(AGENCY, cmd.AddLot("l_2", later), "no-rounds")
    story = Story().published("GP-N")
    story.refused(AGENCY, cmd.AddLot("l_2", later), "round-out-of-order")
    story.now = START + timedelta(days=21)
    story.when(PLATFORM, cmd.ReportOpened("l_1", "ab"))
    story.refused(AGENCY, cmd.AddLot("l_2", replaced(later, round=3)), "round-out-of-order")
    story.when(AGENCY, cmd.AddLot("l_2", later))
    story.keys("l_2")
    story.when(AGENCY, cmd.StoreDocument(Document("b.pdf", 1, "bb" * 32), "key-b"))
    story.when(AGENCY, story.notice())  # a later round has no minimum period and needs no new review
    assert story.state.lots["l_2"].state is LotState.PUBLISHED
    assert [d.name for d in story.state.documents_of("l_2")] == ["a.pdf", "b.pdf"]


def test_an_erased_event_leaves_the_state_alone() -> None:
    story = Story().published()
    erased = ev.decode_event("QuestionAsked", None, 9, START, str(ANYBODY))
    assert evolve(story.state, erased) is story.state


def test_commands_from_nowhere() -> None:
    with pytest.raises(Malformed, match="actor-malformed"):
        decide(Tender(), "nobody", cmd.PassCheck(), START)
    with pytest.raises(Malformed, match="actor-malformed"):
        decide(Tender(), "king:a:b", cmd.PassCheck(), START)
    with pytest.raises(Refusal, match="unknown-command"):
        decide(Tender(), str(AGENCY), cmd.Command(), START)
    with pytest.raises(LookupError):
        _ = Tender().head


@pytest.mark.parametrize(
    "fields",
    [
        (),
        (FORM[0], FORM[0]),
        (replaced(FORM[0], name="Price"),),
        (replaced(FORM[0], zh=" "),),
        (replaced(FORM[0], part="other"),),
        (replaced(FORM[0], choices=("a",)),),
        (replaced(FORM[0], required=False),),
        (replaced(FORM[0], kind=FieldKind.TEXT),),
        (FORM[0], FieldDef("x", "甲", "x", FieldKind.CHOICE)),
        FORM * 10,
    ],
)
def test_forms_that_do_not_hold_together(fields: tuple[FieldDef, ...]) -> None:
    with pytest.raises(Malformed, match="lot-form"):
        check_form(fields, ("main",))


def test_the_price_stays_in_its_envelope() -> None:
    early = tuple(replaced(f, part="technical") for f in FORM)
    with pytest.raises(Malformed, match="lot-form"):
        check_form(early, ("technical", "price"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"parts": ("Main",)}, "lot-parts"),
        ({"parts": tuple("abcde")}, "lot-parts"),
        ({"officers": ()}, "lot-officers"),
        ({"officers": (OfficerTerms("host:a", 1, "", "", ""),) * 1, "k": 1}, "lot-officers"),
        ({"k": 4}, "lot-officers"),
    ],
)
def test_terms_that_do_not_hold_together(changes: dict[str, Any], code: str) -> None:
    Story().draft().refused(AGENCY, cmd.AddLot("l_1", terms(**changes)), code)


def test_what_else_stands_against_publishing() -> None:
    for changes, code in (
        ({"seats": ()}, "host-missing"),
        ({"opens_at": START}, "deadline-in-the-past"),
        ({"deposit": 1, "estimate": None}, "estimate-missing"),
    ):
        story = Story().ready(**changes)
        with pytest.raises(Refusal, match="preconditions-missing") as caught:
            story.when(AGENCY, story.notice())
        assert code in [one["code"] for one in caught.value.facts["missing"]]  # type: ignore[union-attr]
