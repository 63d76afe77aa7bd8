"""Periods of law (期间): when one that starts here may end, and until when one may act before a deadline.

民法典 art. 201: the day on which a period starts is not counted. Art. 203: a period whose last day is a rest
day ends on the next working day. Deadlines that count backwards ("10日前") are not moved, for moving
them would shorten a right.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from bidding.tenders.calendar import BEIJING, Calendar, local_date


class Unit(StrEnum):
    """What a period is counted in: 日, 工作日, or (rehearsals only) seconds."""

    DAYS = "days"
    WORKING_DAYS = "working-days"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time as a rule states it."""

    length: int
    unit: Unit

    def last_day(self, start: date, calendar: Calendar) -> date:
        """The day on which a period of days that starts on `start` ends."""
        if self.unit is Unit.WORKING_DAYS:
            return calendar.add_working(start, self.length)
        return calendar.next_working(start + timedelta(days=self.length))


def earliest(start: datetime, period: Period, calendar: Calendar) -> datetime:
    """The first instant that lies at least `period` after `start`: a minimum period may end from here on.

    Worked example: 20 日 from Monday 2026-03-02 run to Sunday 03-22, so the earliest day is Monday 03-23.
    """
    if period.unit is Unit.SECONDS:
        return start + timedelta(seconds=period.length)
    return _midnight(period.last_day(local_date(start), calendar))


def due(start: datetime, period: Period, calendar: Calendar) -> datetime:
    """The instant by which something must be done that is due within `period`: the end of its last day."""
    if period.unit is Unit.SECONDS:
        return start + timedelta(seconds=period.length)
    return _midnight(period.last_day(local_date(start), calendar) + timedelta(days=1))


def latest_before(deadline: datetime, period: Period, calendar: Calendar) -> datetime:
    """The instant until which one may act that must be done `period` before a deadline."""
    if period.unit is Unit.SECONDS:
        return deadline - timedelta(seconds=period.length)
    day = local_date(deadline)
    if period.unit is Unit.WORKING_DAYS:
        for _ in range(period.length):
            day -= timedelta(days=1)
            while not calendar.is_working(day):
                day -= timedelta(days=1)
    else:
        day -= timedelta(days=period.length)
    return _midnight(day + timedelta(days=1))


def moved_to(deadline: datetime, first_allowed: datetime, period: Period) -> datetime:
    """The deadline, moved just far enough not to lie before `first_allowed`, at its own time of day."""
    if deadline >= first_allowed:
        return deadline
    if period.unit is Unit.SECONDS:
        return first_allowed
    local = deadline.astimezone(BEIJING)
    moved = datetime.combine(local_date(first_allowed), local.timetz())
    return moved.astimezone(deadline.tzinfo)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BEIJING)
