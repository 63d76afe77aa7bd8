"""A platform writes its own log, but it cannot sign for others: whose signatures a verification takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from archive_world import Exported

from bidding.archive import names
from bidding.archive.manifest import Right
from bidding.verify.acts import check_acts
from bidding.verify.case import Case
from bidding.verify.container import open_archive
from bidding.verify.hall import check_setup
from bidding.verify.notices import check_notices
from bidding.verify.record import check_signatures
from bidding.verify.report import Findings
from bidding.verify.run import STEPS, _Bench, _run
from bidding.verify.trust import Trust, read_trust
from crypto.authority import DemoAuthority
from crypto.revocation import NO_EVIDENCE
from crypto.trust import TrustedAuthority, TrustStore
from opening_hall import events as e

Check = Callable[[Case, Trust, Findings], object]
FOLDED = 7


@pytest.fixture
def case(exported: Exported) -> Case:
    """The public archive up to its folded hall."""
    opened = open_archive(exported.paths[Right.PUBLIC])
    made = Case(opened, None, None)
    assert all(step.ok for step, _ in _run(_Bench(made, opened.data_offsets), STEPS[:FOLDED]))
    return made


def elsewhere(folder: Path) -> Trust:
    """Another authority's anchors: for them every certificate in the archive is made by just anybody."""
    other = DemoAuthority.create(folder / "elsewhere", at=datetime(2026, 1, 1, tzinfo=UTC))
    return Trust(TrustStore((TrustedAuthority("x", "x", (other.root,)),)), NO_EVIDENCE)


def reasons(case: Case, trust: Trust, check: Check) -> set[tuple[str, str]]:
    findings = Findings()
    try:
        check(case, trust, findings)
    except Exception as failed:
        findings.extend(failed.wrong)  # type: ignore[attr-defined]
    return {(wrong.path.split("/")[0], wrong.reason) for wrong in findings.wrong}


@pytest.mark.parametrize(
    ("check", "path"),
    [(check_setup, "tender"), (check_notices, "tender"), (check_acts, "hall"), (check_signatures, "record")],
    ids=["officers' opening keys", "notices", "acts", "record"],
)
def test_a_certificate_that_nobody_vouches_for_signs_nothing(
    case: Case, tmp_path: Path, check: Check, path: str
) -> None:
    assert reasons(case, read_trust(case), check) == set()
    assert (path, "certificate-untrusted") in reasons(case, elsewhere(tmp_path), check)


def forged(case: Case, kind: type[e.Event], **changes: Any) -> set[tuple[str, str]]:
    """What is wrong with the acts once the last event of a kind says something else."""
    at = max(n for n, (_, event) in enumerate(case.hall) if isinstance(event, kind))
    entry, event = case.hall[at]
    seat = changes.pop("seat", entry.seat)
    case.hall[at] = (replace(entry, seat=seat), replace(event, **changes))
    return reasons(case, read_trust(case), check_acts)


def test_an_act_that_must_be_signed_is_not_taken_unsigned(case: Case) -> None:
    assert forged(case, e.AdmittedSigned, signature="") == {("events", "signature-missing")}


def test_one_officers_signature_does_not_count_for_another(case: Case) -> None:
    first = next(event for event in case.of(e.AdmittedSigned))
    assert forged(case, e.AdmittedSigned, signature=first.signature) == {
        ("hall", "signature-of-somebody-else")
    }


def test_a_seat_that_nobody_was_named_for_signs_nothing(case: Case) -> None:
    assert forged(case, e.AdmittedSigned, seat="officer:nobody") == {("hall", "no-such-seat")}


@pytest.mark.parametrize("change", [{"quorum": 1}, {"opens_at": datetime(2026, 1, 1, tzinfo=UTC)}])
def test_a_hall_scheduled_otherwise_than_announced(case: Case, change: dict[str, Any]) -> None:
    assert case.state is not None
    case.state = replace(case.state, setup=replace(case.setup, **change))
    assert ("events", "setup-differs") in reasons(case, read_trust(case), check_notices)


def test_a_notice_that_no_event_published(case: Case) -> None:
    stream = f"tender:{case.opened.manifest.tender}"
    case.events[stream] = [one for one in case.events[stream] if one.body is None or "notice" not in one.body]
    assert ("tender", "notice-not-logged") in reasons(case, read_trust(case), check_notices)
    assert case.opened.has(f"{names.NOTICES}0.json")
