"""A platform that turns a good bid away, tells another story about it, or leaves out what would show it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from archive_world import Exported

from bidding.archive.manifest import Right
from bidding.verify.batches import _check_range
from bidding.verify.bids import check_keys
from bidding.verify.case import Case, LogEvent
from bidding.verify.container import open_archive
from bidding.verify.draws import check_draws
from bidding.verify.identities import check_identities
from bidding.verify.report import Findings
from bidding.verify.run import STEPS, _Bench, _run
from bidding.verify.trust import read_trust
from crypto.canonical import b64, unb64
from crypto.draws import draw_index, draw_seed
from opening_hall import events as e
from opening_hall.facts import IdentityResult, Opening
from opening_hall.rules import DrawRule
from opening_hall.seats import BidId

EXAMINED = 13
"""Steps up to the officers' shares, on which the identities rest."""


@pytest.fixture
def case(exported: Exported) -> Case:
    """The court's archive, examined as far as the officers' shares."""
    opened = open_archive(exported.paths[Right.COURT])
    made = Case(opened, None, None)
    assert all(step.ok for step, _ in _run(_Bench(made, opened.data_offsets), STEPS[:EXAMINED]))
    return made


def changed(case: Case, kind: type[e.Event], change: Callable[[Any], Any]) -> None:
    """The hall as it would stand if the platform had logged something else."""
    case.hall[:] = [(at, change(event) if isinstance(event, kind) else event) for at, event in case.hall]


def first_result(case: Case, work: Callable[[Any], Any], kind: type[e.Event]) -> str:
    """Change the first result of an event of this kind; the bid it is about."""
    event: Any = next(case.of(kind))
    bid = next(iter(event.results))
    changed(case, kind, lambda one: replace(one, results={**one.results, bid: work(one.results[bid])}))
    return str(bid)


def reasons(case: Case) -> set[str]:
    findings = Findings()
    check_identities(case, read_trust(case), findings)
    return {wrong.reason for wrong in findings.wrong} - {"list-differs"}


TOLD: list[Callable[[IdentityResult], IdentityResult]] = [
    lambda one: replace(one, name="另一家公司"),
    lambda one: replace(one, replaces=(BidId("b_x"),)),
    lambda one: replace(one, draw=b64(bytes(32))),
    lambda one: replace(one, deposit={"form": "现金"}),
]


@pytest.mark.parametrize("change", TOLD, ids=["name", "replaces", "draw", "deposit"])
def test_what_is_told_of_a_bidder_is_what_its_box_says(
    case: Case, change: Callable[[IdentityResult], IdentityResult]
) -> None:
    assert reasons(case) == set()
    first_result(case, change, e.IdentitiesVerified)
    assert reasons(case) == {"identity-differs"}


def test_a_sound_bid_is_not_turned_away(case: Case) -> None:
    first_result(case, lambda one: IdentityResult(False, reason="dealing-mismatch"), e.IdentitiesVerified)
    assert reasons(case) == {"identity-rejected"}


def test_whoever_may_see_everything_gets_everything(case: Case) -> None:
    del case.identity_keys[next(iter(case.identity_keys))]
    assert reasons(case) == {"identity-withheld"}


def test_a_bid_that_opens_did_not_fail_to_open(case: Case) -> None:
    first_result(case, lambda one: replace(one, ok=False, form={}, reason="bad-tag"), e.BidsOpened)
    findings = Findings()
    check_keys(case, findings)
    assert {wrong.reason for wrong in findings.wrong} == {"opening-denied"}


def test_a_courts_archive_holds_the_released_keys(exported: Exported) -> None:
    def without(entries: dict[str, bytes]) -> None:
        entries.pop(next(name for name in entries if name.endswith("/secrets.json")))

    report = exported.changed(without)
    assert {"keys-withheld", "identity-withheld"} <= {wrong.reason for wrong in report.wrong}


# --- batches


RANGES: dict[str, tuple[dict[int, str], set[int], set[str]]] = {
    "one before and one behind": ({4: "before", 5: "within", 6: "behind"}, {5}, set()),
    "the platform's very first": ({1: "within", 2: "behind"}, {1}, set()),
    "none behind yet": ({4: "before", 5: "within"}, {5}, set()),
    "the first hidden": ({5: "within", 6: "behind"}, {5}, {"batches-incomplete"}),
    "the first not opened": ({4: "within", 5: "within", 6: "behind"}, {5}, {"batch-not-opened"}),
    "the last not opened": ({4: "before", 5: "within", 6: "within"}, {5}, {"batch-not-opened"}),
    "none opened": ({1: "within"}, set(), {"batch-not-opened"}),
}


@pytest.mark.parametrize(("told", "seen", "wrong"), RANGES.values(), ids=RANGES)
def test_no_batch_of_the_lots_time_is_left_out(
    case: Case, told: dict[int, str], seen: set[int], wrong: set[str]
) -> None:
    """Whose bid was dropped must not vanish with the batch that holds it."""
    scheduled = case.hall[0][0]
    closed = next(entry for entry, event in case.hall if isinstance(event, e.Closed))
    at = {"before": scheduled.index - 1, "within": closed.index - 1, "behind": closed.index + 1}
    logged = {number: LogEvent(at[where], "batches", number, closed.at) for number, where in told.items()}
    findings = Findings()
    _check_range(case, logged, seen, findings)
    assert {one.reason for one in findings.wrong} == wrong


# --- draws


AT = datetime(2026, 6, 1, tzinfo=UTC)
SEATS = {f"witness:{n}": b64(bytes([n]) * 32) for n in (1, 2, 3)}


def draw(inputs: dict[str, str], counter: int = 0, candidates: tuple[str, ...] = ("1", "2", "3")) -> e.Event:
    seed = draw_seed("k", {by: unb64(value) for by, value in inputs.items()}, {})
    index = draw_index(seed, "k", len(candidates), counter)
    return e.CoefficientDrawn(
        label="k", candidates=candidates, reveals=inputs, k_halls={}, missing=(), seed=seed.hex(),
        counter=counter, index=index, value=candidates[index], at=AT,
    )  # fmt: skip


def drawn(case: Case, event: e.Event | None) -> set[str]:
    """What is wrong with a draw made just before the reading, in a hall whose rule row asks for one."""
    rule = DrawRule("k", ("1", "2", "3"), seats=tuple(SEATS))
    entry, scheduled = case.hall[0]
    assert isinstance(scheduled, e.Scheduled)
    setup = replace(scheduled.setup, rules=replace(scheduled.setup.rules, draw=rule))
    given: list[e.Event] = []
    for by, value in SEATS.items():
        given.append(e.DrawCommitted(by, hashlib.sha256(unb64(value)).hexdigest(), at=scheduled.at))
        given.append(e.DrawRevealed(by, value, at=scheduled.at))
    hall: list[Any] = [(entry, replace(scheduled, setup=setup)), *((entry, one) for one in given)]
    for at, one in case.hall[1:]:
        if isinstance(one, e.BidsOpened):
            # Without K_hall the draw rests on the reveals alone.
            results = {bid: Opening(found.ok, found.form) for bid, found in one.results.items()}
            hall.append((at, replace(one, results=results)))
            continue
        if isinstance(one, e.ReadingStarted) and event is not None:
            hall.append((at, event))
        hall.append((at, one))
    case.hall[:] = hall
    findings = Findings()
    check_draws(case, findings)
    return {wrong.reason for wrong in findings.wrong}


def test_a_draw_of_everything_given_stands(case: Case) -> None:
    assert drawn(case, draw(SEATS)) == set()


@pytest.mark.parametrize(
    "made",
    [
        draw(dict(list(SEATS.items())[:2])),
        draw(SEATS, counter=1),
        draw(SEATS, candidates=("3", "2", "1")),
    ],
    ids=["an input left out", "another counter", "other candidates"],
)
def test_a_draw_is_not_tried_until_it_pleases(case: Case, made: e.Event) -> None:
    assert drawn(case, made) == {"draw-differs"}


def test_a_draw_that_was_due_is_not_left_out(case: Case) -> None:
    assert drawn(case, None) == {"draw-missing"}
