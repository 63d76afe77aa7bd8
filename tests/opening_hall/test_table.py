"""The table, what is generated from it, and that every refusal can be explained."""

import re
from pathlib import Path

import pytest
from hall_given import HOST, PLATFORM, Hall, bidder

from bidding.messages import messages
from ceremony.errors import Refusal
from opening_hall import docs, evolve, guards, wire
from opening_hall import domain as d
from opening_hall.codec import EVENTS
from opening_hall.decide import HANDLERS
from opening_hall.draft import Draft
from opening_hall.prepare import PREPARE
from opening_hall.record import incidents, words
from opening_hall.table import allowed

RAISED = re.compile(r'(?:Refusal|Malformed|Invalid)\(\s*"([a-z0-9-]+)"')
PACKAGE = Path(docs.__file__).parent
COMMANDS = docs.COMMANDS


def test_every_command_has_a_place_and_a_handler() -> None:
    assert docs.commands_without_a_place() == []
    assert set(HANDLERS) == COMMANDS
    assert set(guards.GUARDS) <= COMMANDS
    assert d.WHILE_SUSPENDED <= COMMANDS
    assert set(d.ALLOWED) == set(d.Phase)


def test_every_event_changes_the_hall_in_a_stated_way() -> None:
    assert set(evolve.EVOLVE) == {*EVENTS.values(), d.Erased}
    assert set(incidents.LINES) <= set(EVENTS.values())


def test_docs_ceremony_is_current() -> None:
    assert docs.PAGE.read_text("utf-8") == docs.page(), "run: python -m opening_hall.docs"


def test_docs_command_checks_and_writes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(docs, "PAGE", tmp_path / "ceremony.md")
    monkeypatch.setattr("sys.argv", ["docs", "--check"])
    assert docs.main() == 1
    monkeypatch.setattr("sys.argv", ["docs"])
    assert docs.main() == 0
    monkeypatch.setattr("sys.argv", ["docs", "--check"])
    assert docs.main() == 0


def test_no_bidder_or_receipt_has_a_command_before_the_list() -> None:
    outside = {d.Role.BIDDER, d.Role.RECEIPT, d.Role.PUBLIC}
    for phase in (d.Phase.SCHEDULED, d.Phase.CLOSING, d.Phase.CLOSED, d.Phase.IDENTIFYING):
        for roles in d.ALLOWED[phase].values():
            assert not roles & outside


def test_the_public_can_only_hand_in_a_key() -> None:
    for phase, row in d.ALLOWED.items():
        for command, roles in row.items():
            if d.Role.PUBLIC in roles:
                assert (phase, command) == (d.Phase.DECRYPTING, d.ReleaseKey)


def test_the_host_can_pass_its_duty_in_every_phase() -> None:
    for phase in d.Phase:
        for suspended in (False, True):
            assert d.Role.DEPUTY in allowed(phase, d.HandOverHost, suspended)


def test_wrong_seats_and_phases_are_refused_for_every_command() -> None:
    hall = Hall().to_decrypting()
    for command in COMMANDS:
        roles = allowed(hall.state.phase, command, False)
        if d.Role.SUPPORT not in roles:
            with pytest.raises(Exception, match=r"wrong-(seat|phase)"):
                guards.check(hall.state, d.Seat(d.Role.SUPPORT, "p_x"), command)


def test_every_code_the_hall_raises_is_explained_in_both_languages() -> None:
    raised = set()
    for path in [*PACKAGE.rglob("*.py"), PACKAGE.parent / "bidding" / "hall.py"]:
        raised |= set(RAISED.findall(path.read_text("utf-8")))
    assert raised - set(messages()) == set()


def test_every_code_of_an_event_has_words_in_the_record() -> None:
    tables = {
        d.Cause: words.CAUSES,
        d.Effect: words.EFFECTS,
        d.FailedCode: words.FAILED,
        d.AbortCode: words.ABORTED,
        d.SuspendCode: words.SUSPENDED,
        d.Confirmed: words.CONFIRMED,
        d.Resolution: words.RESOLVED,
        d.FailureStage: words.STAGES,
    }
    for codes, table in tables.items():
        assert {str(code) for code in codes} == set(table), codes  # type: ignore[attr-defined]
    assert words.word(words.CAUSES, "no-such-code", 0) == "no-such-code"


def test_guards_stand_on_their_own() -> None:
    hall = Hall().to_decrypting()
    with pytest.raises(Refusal, match="unknown-bid"):
        guards.GUARDS[d.Diagnose](hall.state, bidder(77))
    with pytest.raises(Refusal, match="not-scheduled"):
        Draft(d.INITIAL, hall.now).setup  # noqa: B018


def test_every_command_of_a_person_has_a_schema_on_the_wire_and_no_other() -> None:
    people = {
        command.__name__
        for row in d.ALLOWED.values()
        for command, roles in row.items()
        if roles - {d.Role.PLATFORM}
    }
    assert set(wire.schema()["discriminator"]["mapping"]) == people
    assert {kind.__name__ for kind in PREPARE} == people


def test_a_host_needs_few_acts_for_many_bidders() -> None:
    hall = Hall(bids=139)
    acts = []
    hall.to_decrypting().release(*range(137))
    hall.tick()
    missing = tuple(b.id for b in hall.state.bids.values() if b.failure)
    for command in (d.Adjudicate(missing, d.Cause.BIDDER, "未解密", "00" * 32), d.FixAdmitted()):
        acts += hall.do(HOST, command) and [command]
    hall.sign_admitted().open_all().read()
    hall.tick()
    hall.tick()
    hall.finish_record()
    assert hall.state.phase is d.Phase.RECORDED
    assert len(acts) + len(["SealRecord"]) <= 15
    assert hall.do(PLATFORM, d.Tick()) == ()
