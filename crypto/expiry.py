"""Warnings ahead of time: whether a certificate will still serve on the day of an opening."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

#: A certificate that ends within this time is worth a word.
SOON = timedelta(days=30)


class ExpiryWarning(StrEnum):
    """What a holder should know; each is a code of the catalog."""

    EXPIRED = "certificate-expired"
    NOT_YET_VALID = "certificate-not-valid-at-opening"
    ENDS_BEFORE_OPENING = "certificate-ends-before-opening"
    ENDS_SOON = "certificate-ends-soon"


def expiry_warning(
    not_before: datetime, not_after: datetime, *, now: datetime, opens_at: datetime | None = None
) -> ExpiryWarning | None:
    """The gravest warning about a certificate for an opening at `opens_at`, or None.

    Expiry counts from the opening's first instant: a certificate that ends exactly then still signs in.
    """
    if not_after < now:
        return ExpiryWarning.EXPIRED
    if opens_at is not None and not_after < opens_at:
        return ExpiryWarning.ENDS_BEFORE_OPENING
    if opens_at is not None and not_before > opens_at:
        return ExpiryWarning.NOT_YET_VALID
    if not_after - now < SOON:
        return ExpiryWarning.ENDS_SOON
    return None
