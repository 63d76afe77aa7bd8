"""授权委托: an organisation lets a person act for it, in signed canonical form. See docs/formats/session.md.

A mandate to bid for one lot is never registered before the opening, for it would tell who bids: it travels in
the sealed identity box, and phase 0 checks it with `verify_mandate`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crypto.canonical import canon, iso, parse_canonical, parse_iso
from crypto.certificates import certificate_facts
from crypto.credit_code import parse_credit_code
from crypto.errors import Invalid
from crypto.signing import SignedBy, verify_detached

LABEL = "kaibiao/mandate/v1"
REVOCATION_LABEL = "kaibiao/mandate-revoked/v1"
MAX_STATEMENT = 16_384
MEMBERS = {"label", "mandate", "grantor", "person", "name", "role", "lots", "validFrom", "validTo"}
BIDDER = "bidder"
#: What one may be mandated to act as; operators of a platform act for nobody.
ROLES = frozenset({BIDDER, "agency", "tenderer", "supervisor", "witness", "expert"})
_ID = re.compile(r"m_[a-z2-7]{26}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mandate:
    """`grantor` (credit code) lets `person` (`p_…`, named `name`) act as `role`; empty `lots`: everywhere."""

    id: str
    grantor: str
    person: str
    name: str
    role: str
    lots: tuple[str, ...]
    valid_from: datetime
    valid_to: datetime

    def encode(self) -> bytes:
        return canon(
            {
                "label": LABEL,
                "mandate": self.id,
                "grantor": self.grantor,
                "person": self.person,
                "name": self.name,
                "role": self.role,
                "lots": list(self.lots),
                "validFrom": iso(self.valid_from),
                "validTo": iso(self.valid_to),
            }
        )

    @property
    def tells_who_bids(self) -> bool:
        """Whether registering it would show an interest in a lot before the opening."""
        return self.role == BIDDER and bool(self.lots)

    def check_covers(self, role: str, lot: str, at: datetime) -> None:
        """Raises `Invalid("mandate-not-valid")` unless it speaks for this role and lot at this time."""
        if not self.valid_from <= at < self.valid_to:
            raise Invalid("mandate-not-valid", "outside its validity", validTo=iso(self.valid_to))
        if role != self.role or (self.lots and lot not in self.lots):
            raise Invalid("mandate-not-valid", "it does not cover this")


def parse_mandate(data: bytes) -> Mandate:
    """The mandate in its canonical bytes. Raises `Invalid("mandate-malformed")` or `Invalid`."""
    value = parse_canonical(data, limit=MAX_STATEMENT)
    if not isinstance(value, dict) or set(value) != MEMBERS or value["label"] != LABEL:
        raise Invalid("mandate-malformed", "not a mandate of this version")
    try:
        found = Mandate(
            id=_text(value, "mandate"),
            grantor=parse_credit_code(_text(value, "grantor")),
            person=_text(value, "person"),
            name=_text(value, "name"),
            role=_text(value, "role"),
            lots=tuple(_lots(value["lots"])),
            valid_from=parse_iso(_text(value, "validFrom")),
            valid_to=parse_iso(_text(value, "validTo")),
        )
    except (Invalid, ValueError) as error:
        raise Invalid("mandate-malformed", str(error)) from error
    if not _ID.fullmatch(found.id) or found.valid_from >= found.valid_to or found.role not in ROLES:
        raise Invalid("mandate-malformed", "id, validity or role")
    return found


def verify_mandate(
    data: bytes, cms: bytes, *, credit_code_of: Callable[[SignedBy], str | None] | None = None
) -> tuple[Mandate, SignedBy]:
    """The mandate and who signed it: the grantor's certificate; whether that is trusted the caller judges.

    `credit_code_of` reads the credit code by the authority's own rule; by default the usual places are read.
    Raises `Invalid`.
    """
    mandate = parse_mandate(data)
    signed = verify_detached(cms, data=data)
    read = credit_code_of or _usual_code
    if read(signed) != mandate.grantor:
        raise Invalid("mandate-signer", "signed by another organisation than the one that gives the mandate")
    return mandate, signed


def revocation_statement(mandate: str) -> bytes:
    """What the grantor signs to take a mandate back."""
    return canon({"label": REVOCATION_LABEL, "mandate": mandate})


def _usual_code(signed: SignedBy) -> str | None:
    return certificate_facts(signed.certificate).credit_code


def _text(value: dict[str, Any], name: str) -> str:
    text = value[name]
    if not isinstance(text, str) or not 0 < len(text) <= 300:
        raise ValueError(f"{name}: text expected")
    return text


def _lots(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > 200 or not all(isinstance(lot, str) for lot in value):
        raise ValueError("lots: a list of lot ids expected")
    return value
