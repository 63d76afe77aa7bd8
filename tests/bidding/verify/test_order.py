"""A platform that lets one officer stand for two, or changes the hall under way: the order tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from archive_world import Exported

from bidding.archive.manifest import Right
from bidding.verify.case import Case
from bidding.verify.container import open_archive
from bidding.verify.order import check_order
from bidding.verify.report import Findings
from bidding.verify.run import STEPS, _Bench, _run
from opening_hall import events as e

FOLDED = 7


@pytest.fixture
def case(exported: Exported) -> Case:
    opened = open_archive(exported.paths[Right.PUBLIC])
    made = Case(opened, None, None)
    assert all(step.ok for step, _ in _run(_Bench(made, opened.data_offsets), STEPS[:FOLDED]))
    return made


def found(case: Case) -> set[tuple[str, str]]:
    findings = Findings()
    check_order(case, findings)
    return {(wrong.reason, wrong.detail) for wrong in findings.wrong}


def last_by(case: Case, kind: type[e.Event], seat: str, **changes: Any) -> None:
    """The last event of a kind as if another seat had been logged for it."""
    at = max(n for n, (_, event) in enumerate(case.hall) if isinstance(event, kind))
    entry, event = case.hall[at]
    case.hall[at] = (replace(entry, seat=seat), replace(event, **changes))


@pytest.mark.parametrize("kind", [e.IdentitySharesReleased, e.AdmittedSigned, e.HallSharesReleased])
def test_one_officer_is_no_quorum(case: Case, kind: type[Any]) -> None:
    assert found(case) == set()
    first = next(case.of(kind)).by
    last_by(case, kind, first, by=first)
    reasons = {detail.rpartition(": ")[2] for reason, detail in found(case) if reason == "act-not-allowed"}
    assert reasons & {"already-released", "already-signed"}


@pytest.mark.parametrize("kind", [e.IdentitySharesReleased, e.AdmittedSigned, e.HallSharesReleased])
def test_a_seat_that_does_not_exist_is_no_officer(case: Case, kind: type[Any]) -> None:
    last_by(case, kind, "officer:ghost", by="officer:ghost")
    assert any("no-such-seat" in detail for _, detail in found(case))


def test_nobody_acts_in_anothers_name(case: Case) -> None:
    first = next(case.of(e.AdmittedSigned)).by
    last_by(case, e.HallSharesReleased, first)
    assert any("in another's name" in detail or "already" in detail for _, detail in found(case))
    last_by(case, e.LineConfirmed, str(next(case.of(e.LineConfirmed)).bid))
    assert any("LineConfirmed" in detail or reason == "seat-malformed" for reason, detail in found(case))


def put_before(case: Case, kind: type[e.Event], made: Callable[[e.Event], e.Event]) -> None:
    at = next(n for n, (_, event) in enumerate(case.hall) if isinstance(event, kind))
    entry, event = case.hall[at]
    case.hall.insert(at, (replace(entry, seat="platform:"), made(event)))


def test_after_the_deadline_only_seats_pass_on(case: Case) -> None:
    setup = case.setup
    put_before(case, e.AdmittedFixed, lambda event: e.Rescheduled(setup, "换人", at=event.at))
    assert not any("after the deadline" in detail for _, detail in found(case))
    weaker = replace(setup, rules=replace(setup.rules, minimum=1))
    put_before(case, e.AdmittedFixed, lambda event: e.Rescheduled(weaker, "更正", at=event.at))
    assert ("event-out-of-order", "more than the seats was changed after the deadline") in found(case)


def test_a_record_is_closed_with_every_seal(case: Case) -> None:
    case.hall[:] = [one for one in case.hall if not isinstance(one[1], e.RecordSealed)]
    assert ("event-out-of-order", "the record was closed before every seat sealed it") in found(case)
