"""Ids of organisations and people, derived from what their certificates say.

Derived, so that a notice can name a person before that person ever signed in, and so that registering twice
is registering once. They are no secrets and grant nothing.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from typing import NewType

OrganisationId = NewType("OrganisationId", str)
"""`o_…`, one for each 统一社会信用代码."""
PersonId = NewType("PersonId", str)
"""`p_…`, one for each name under a credit code; a renewed certificate stays the same person."""


def organisation_id(credit_code: str) -> OrganisationId:
    return OrganisationId(f"o_{_digest('organisation', credit_code)}")


def person_id(credit_code: str, common_name: str) -> PersonId:
    name = unicodedata.normalize("NFC", common_name.strip())
    return PersonId(f"p_{_digest('person', credit_code, name)}")


def _digest(*parts: str) -> str:
    data = "\x1f".join(("kaibiao/id/v1", *parts)).encode("utf-8")
    return base64.b32encode(hashlib.sha256(data).digest()[:16]).decode("ascii").rstrip("=").lower()
