"""Warnings about the day of the opening."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from crypto.expiry import ExpiryWarning, expiry_warning

from .authorities import DAY, NOW

SECOND = timedelta(seconds=1)
OPENING = NOW + 20 * DAY


@pytest.mark.parametrize(
    ("not_before", "not_after", "warning"),
    [
        (NOW - DAY, NOW + 300 * DAY, None),
        (NOW - DAY, NOW - SECOND, ExpiryWarning.EXPIRED),
        (NOW - DAY, OPENING - SECOND, ExpiryWarning.ENDS_BEFORE_OPENING),
        (NOW - DAY, OPENING, ExpiryWarning.ENDS_SOON),
        (NOW - DAY, NOW + 30 * DAY - SECOND, ExpiryWarning.ENDS_SOON),
        (NOW - DAY, NOW + 30 * DAY, None),
        (OPENING + SECOND, OPENING + 300 * DAY, ExpiryWarning.NOT_YET_VALID),
    ],
)
def test_the_gravest_warning_is_given(
    not_before: datetime, not_after: datetime, warning: ExpiryWarning | None
) -> None:
    assert expiry_warning(not_before, not_after, now=NOW, opens_at=OPENING) is warning


def test_without_an_opening_only_today_counts() -> None:
    assert expiry_warning(NOW - DAY, NOW + 15 * DAY, now=NOW) is ExpiryWarning.ENDS_SOON
    assert expiry_warning(NOW + DAY, NOW + 300 * DAY, now=NOW) is None
