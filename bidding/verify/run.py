"""The steps of a verification, in their order; docs/verify/steps.md says the same in prose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bidding.verify import acts, batches, bids, draws, hall, identities, log, order, outcome, pages, record
from bidding.verify.case import Case
from bidding.verify.container import open_archive
from bidding.verify.contents import check_contents
from bidding.verify.report import Failed, Findings, Report, Step, Wrong
from bidding.verify.signature import check_signature, log_key
from bidding.verify.structure import check_layout
from bidding.verify.trust import Trust, read_trust

Progress = Callable[[Step], None]


@dataclass(slots=True)
class _Bench:
    """What the step functions work on."""

    case: Case
    starts: dict[str, int]
    trust: Trust | None = None

    def trusted(self) -> Trust:
        """The trust store, read when the first step needs it."""
        if self.trust is None:
            self.trust = read_trust(self.case)
        return self.trust


_Work = Callable[[_Bench, Findings], None]


def _signature(bench: _Bench, findings: Findings) -> None:
    case = bench.case
    case.key = log_key(case.opened, case.log_key)
    source = "given from outside (--log-key)" if case.log_key else "taken from the archive itself"
    case.trusted.append(f"log key {source}: {case.key.encode()}")
    check_signature(case.opened, case.key, findings)


def _container(bench: _Bench, findings: Findings) -> None:
    bench.starts = check_layout(bench.case.opened, findings)


def _contents(bench: _Bench, findings: Findings) -> None:
    check_contents(bench.case.opened, bench.starts, findings)


def _of(check: Callable[[Case, Findings], None]) -> _Work:
    return lambda bench, findings: check(bench.case, findings)


def _with_trust(check: Callable[[Case, Trust, Findings], None]) -> _Work:
    return lambda bench, findings: check(bench.case, bench.trusted(), findings)


#: (name, work, numbers of the steps that must have passed). A step whose ground is gone is not examined.
STEPS: tuple[tuple[str, _Work, tuple[int, ...]], ...] = (
    ("manifest signature", _signature, ()),
    ("container bytes", _container, (1,)),
    ("entry contents", _contents, (1,)),
    ("log checkpoints", _of(log.check_checkpoint), (1, 3)),
    ("log leaves", _of(log.check_leaves), (4,)),
    ("event bodies and streams", _of(log.check_events), (5,)),
    ("hall replay", _of(hall.fold_hall), (6,)),
    ("keyset and documents", _with_trust(hall.check_setup), (7,)),
    ("sealed bids as closed", _of(bids.check_closed), (8,)),
    ("sealed batches", _of(batches.check_batches), (7,)),
    ("time stamps", _with_trust(batches.check_time_stamps), (10,)),
    ("receipts", _of(batches.check_receipts), (7,)),
    ("officers' shares", _of(bids.check_shares), (9,)),
    ("identities", _with_trust(identities.check_identities), (9, 13)),
    ("opened forms", _of(bids.check_openings), (9,)),
    ("ciphertexts", _of(bids.check_ciphertexts), (9,)),
    ("released keys", _of(bids.check_keys), (9, 16)),
    ("whole files", _of(bids.check_payloads), (17,)),
    ("draws", _of(draws.check_draws), (7,)),
    ("order of business", _of(order.check_order), (7,)),
    ("signed acts", _with_trust(acts.check_acts), (7,)),
    ("minutes and record", _of(record.check_minutes), (7,)),
    ("record signatures", _with_trust(record.check_signatures), (22,)),
    ("outcome", _of(outcome.tell_outcome), (7, 15)),
)


#: Only when asked for: it needs the PDF library of the release that printed the record.
PAGES: tuple[str, _Work, tuple[int, ...]] = ("printed pages", _of(pages.check_pages), (22,))


def verify_archive(
    path: Path,
    *,
    anchors: tuple[bytes, ...] | None = None,
    vkey: str | None = None,
    witnesses: tuple[str, ...] | None = None,
    reprint: bool = False,
    progress: Progress = lambda step: None,
) -> Report:
    """Verify an archive. Raises `Unreadable` where there is none; everything else stands in the report.

    `anchors` (DER), `vkey` and the vkeys of `witnesses` come from outside; without them the archive's own are
    used, and the report says so. `reprint` adds the comparison of the printed pages.
    """
    try:
        opened = open_archive(path)
    except Failed as failed:
        return _hopeless(failed, progress)
    case = Case(opened, vkey, anchors, witnesses)
    bench = _Bench(case, opened.data_offsets)
    steps: list[Step] = []
    wrong: list[Wrong] = []
    unnamed = 0
    for step, findings in _run(bench, (*STEPS, PAGES) if reprint else STEPS):
        steps.append(step)
        wrong += findings.wrong
        unnamed += findings.unnamed
        progress(step)
    return Report(tuple(steps), tuple(wrong), unnamed, case.facts, tuple(case.trusted))


def _run(
    bench: _Bench, wanted: tuple[tuple[str, _Work, tuple[int, ...]], ...]
) -> Iterator[tuple[Step, Findings]]:
    passed: set[int] = set()
    for number, (name, work, needs) in enumerate(wanted, 1):
        findings = Findings()
        lost = [need for need in needs if need not in passed]
        if lost:
            yield Step(number, name, None, f"not examined: step {lost[0]} did not pass"), findings
            continue
        try:
            work(bench, findings)
        except Failed as failed:
            findings.extend(failed.wrong)
        ok = not findings.wrong
        if ok:
            passed.add(number)
        detail = "; ".join(findings.notes) if ok else _summary(findings)
        yield Step(number, name, ok, detail), findings


def _summary(findings: Findings) -> str:
    first = findings.wrong[0]
    rest = len(findings.wrong) + findings.unnamed - 1
    text = f"{first.path or 'archive'}: {first.reason}" + (f" ({first.detail})" if first.detail else "")
    return text + (f", and {rest} more" if rest else "")


def _hopeless(failed: Failed, progress: Progress) -> Report:
    """The manifest itself cannot be read: everything hangs from it."""
    findings = Findings(list(failed.wrong))
    first = Step(1, STEPS[0][0], False, _summary(findings))
    lost = "not examined: step 1 did not pass"
    rest = (Step(n, name, None, lost) for n, (name, _, _) in enumerate(STEPS[1:], 2))
    steps = (first, *rest)
    for step in steps:
        progress(step)
    return Report(steps, failed.wrong)
