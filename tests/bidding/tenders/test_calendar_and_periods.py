"""Days and periods of law, with the rule book's worked examples as oracles."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.tenders.calendar import BEIJING, calendar, local_date
from bidding.tenders.periods import Period, Unit, due, earliest, latest_before, moved_to

DAYS = calendar()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def days(count: int) -> Period:
    return Period(count, Unit.DAYS)


def working(count: int) -> Period:
    return Period(count, Unit.WORKING_DAYS)


def test_twenty_days_from_monday_end_on_a_sunday_and_run_to_monday() -> None:
    assert earliest(at("2026-03-02T10:00"), days(20), DAYS) == at("2026-03-23T00:00")


def test_a_clarification_moves_the_deadline_just_far_enough() -> None:
    first = earliest(at("2026-03-10T09:00"), days(15), DAYS)
    assert first == at("2026-03-25T00:00")
    assert moved_to(at("2026-03-23T09:30"), first, days(15)) == at("2026-03-25T09:30")
    assert moved_to(at("2026-03-26T09:30"), first, days(15)) == at("2026-03-26T09:30")


def test_objections_until_ten_days_before() -> None:
    """03-23 less 10 days is 03-13, to its end; a rest day there is not moved."""
    assert latest_before(at("2026-03-23T09:30"), days(10), DAYS) == at("2026-03-14T00:00")


def test_working_days_skip_a_holiday_and_count_its_substitute() -> None:
    # 2026: 春节 15-23 February, worked on Saturday 14 and Saturday 28.
    assert not DAYS.is_working(date(2026, 2, 17))
    assert DAYS.is_working(date(2026, 2, 14))
    assert DAYS.is_working(date(2026, 2, 28))
    assert due(at("2026-02-13T16:00"), working(3), DAYS) == at("2026-02-26T00:00")


def test_a_period_that_ends_in_a_holiday_runs_past_it() -> None:
    assert earliest(at("2026-09-11T10:00"), days(20), DAYS) == at("2026-10-08T00:00")


def test_days_are_counted_in_beijing() -> None:
    late_in_utc = datetime(2026, 3, 1, 17, 0, tzinfo=UTC)  # 2 March, 01:00 in Beijing
    assert local_date(late_in_utc) == date(2026, 3, 2)
    assert earliest(late_in_utc, days(20), DAYS) == at("2026-03-23T00:00")


def test_rehearsals_count_seconds() -> None:
    start = at("2026-03-02T10:00")
    period = Period(5, Unit.SECONDS)
    assert earliest(start, period, DAYS) == due(start, period, DAYS) == start + timedelta(seconds=5)
    assert latest_before(start, period, DAYS) == start - timedelta(seconds=5)
    assert moved_to(start, start + timedelta(seconds=3), period) == start + timedelta(seconds=3)


def test_an_installation_keeps_days_of_its_own() -> None:
    closed = calendar([(date(2026, 3, 23), False)])
    assert earliest(at("2026-03-02T10:00"), days(20), closed) == at("2026-03-24T00:00")


def test_years_without_a_notice_are_provisional() -> None:
    assert DAYS.is_published(date(2026, 5, 1))
    assert not DAYS.is_published(date(2040, 5, 2))
    assert not DAYS.is_working(date(2040, 5, 1))
    assert not DAYS.is_working(date(2040, 5, 5))  # Saturday
    assert DAYS.is_working(date(2040, 5, 4))


STARTS = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31)).map(lambda d: d.replace(tzinfo=BEIJING))


@given(STARTS, st.integers(0, 60), st.sampled_from([Unit.DAYS, Unit.WORKING_DAYS]))
def test_a_period_is_never_shorter_than_it_says(start: datetime, count: int, unit: Unit) -> None:
    period = Period(count, unit)
    first = earliest(start, period, DAYS)
    assert local_date(first) - local_date(start) >= timedelta(days=count)
    assert count == 0 or DAYS.is_working(local_date(first))
    assert due(start, period, DAYS) - first == timedelta(days=1)


@given(STARTS, st.integers(1, 30))
def test_what_is_due_before_a_deadline_leaves_the_full_period(deadline: datetime, count: int) -> None:
    latest = latest_before(deadline, days(count), DAYS)
    assert local_date(deadline) - local_date(latest - timedelta(milliseconds=1)) == timedelta(days=count)


@pytest.mark.parametrize("unit", list(Unit))
def test_longer_periods_end_no_earlier(unit: Unit) -> None:
    start = at("2026-09-20T10:00")
    ends = [earliest(start, Period(count, unit), DAYS) for count in range(40)]
    assert ends == sorted(ends)
