"""Working days in China: the State Council's holiday and 调休 table, with a maintained override table.

The yearly notice of the State Council (国务院办公厅关于部分节假日安排的通知) moves rest days and working
days; `chinesecalendar` carries it. `calendar.toml` corrects or completes it, and an installation may hand in
days of its own (a local closure). Days of a year without a notice are computed from weekends and the
statutory holidays with a fixed date (全国年节及纪念日放假办法), and reported as provisional.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import chinese_calendar

#: Legal time in China; no daylight saving since 1991, so a fixed offset is exact.
BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
#: Statutory holidays with a fixed Gregorian date (month, day), 办法 art. 2 as amended 2024-11-10.
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
OVERRIDES = Path(__file__).with_name("calendar.toml")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Tells rest days (休息日) from working days (工作日); `overrides`: day → whether it is worked."""

    overrides: Mapping[date, bool]

    def is_working(self, day: date) -> bool:
        if day in self.overrides:
            return self.overrides[day]
        if not self.is_published(day):
            return day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS
        return bool(chinese_calendar.is_workday(day))

    def is_published(self, day: date) -> bool:
        """Whether the State Council's notice for that year is known; otherwise the answer is provisional."""
        return day in self.overrides or min(_years()) <= day.year <= max(_years())

    def next_working(self, day: date) -> date:
        """The day itself if it is worked, else the first working day after it (民法典 art. 203)."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def add_working(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`; the start day is not counted (民法典 art. 201)."""
        for _ in range(count):
            day = self.next_working(day + timedelta(days=1))
        return day


def calendar(extra: Iterable[tuple[date, bool]] = ()) -> Calendar:
    """The shipped calendar, with days that an installation maintains itself taking precedence."""
    return Calendar({**_shipped(), **dict(extra)})


def local_date(at: datetime) -> date:
    """The day in Beijing of an instant: periods of law count days there."""
    return at.astimezone(BEIJING).date()


@cache
def _shipped() -> dict[date, bool]:
    rows = tomllib.loads(OVERRIDES.read_text("utf-8")).get("day", [])
    return {row["date"]: row["worked"] for row in rows}


@cache
def _years() -> tuple[int, ...]:
    return tuple(sorted({day.year for day in chinese_calendar.holidays}))
