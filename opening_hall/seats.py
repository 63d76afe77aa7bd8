"""Who sits in an opening hall (开标大厅): roles, seats and the ids that name things there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, Self

from ceremony.errors import Malformed

BidId = NewType("BidId", str)
"""`b_…`, chosen at random by the bidder's client for every sealing; tells nothing about who bids."""
LotId = NewType("LotId", str)
"""`l_…`, a lot (标段); each lot has one hall."""
TenderId = NewType("TenderId", str)
CreditCode = NewType("CreditCode", str)
"""18-character 统一社会信用代码 (GB 32100)."""
NOBODY = CreditCode("")


class Role(StrEnum):
    """What a seat is there for; the rule table grants commands to roles."""

    HOST = "host"
    """主持人: runs the opening for the tenderer or its agency."""
    DEPUTY = "deputy"
    """Named in advance; becomes the host by certificate when the duty passes to it."""
    TENDERER = "tenderer"
    """招标人代表."""
    SUPERVISOR = "supervisor"
    """监督: reads everything, may suspend, signs the record."""
    WITNESS = "witness"
    """见证 of the trading centre."""
    SUPPORT = "support"
    """技术支持: reads, decides nothing."""
    OFFICER = "officer"
    """Holds one opening key of the tender's keyset."""
    BIDDER = "bidder"
    """投标人, signed in by certificate; id = credit code. Known only after the list is announced."""
    RECEIPT = "receipt"
    """Whoever proves a bid's receipt key; id = bid id. Says nothing about who that is."""
    PUBLIC = "public"
    PLATFORM = "platform"
    """The platform's own worker: timers and the mechanical work between the parties' acts."""


OFFICIALS = frozenset(
    {Role.HOST, Role.DEPUTY, Role.TENDERER, Role.SUPERVISOR, Role.WITNESS, Role.SUPPORT, Role.OFFICER}
)
"""Roles filled by people named in the notice; everybody else comes from outside."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One place in the hall, written `role:id`, e.g. `officer:agency`, `bidder:91350100M000100Y43`."""

    role: Role
    id: str = ""

    def __str__(self) -> str:
        return f"{self.role}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `role:id`. Raises Malformed("seat-malformed")."""
        role, colon, name = text.partition(":")
        if not colon or role not in Role._value2member_map_ or len(name) > 64:
            raise Malformed("seat-malformed", text[:80])
        return cls(Role(role), name)


PLATFORM = Seat(Role.PLATFORM)
PUBLIC = Seat(Role.PUBLIC)


@dataclass(frozen=True, slots=True)
class SeatEntry:
    """A seat of the notice and the person who fills it; several seats may belong to one person."""

    seat: Seat
    person: str
    """Person id `p_…`; a renewed certificate stays the same person."""
    name: str
    organisation: str = ""
    credit_code: str = ""
    certificate_sha256: str = ""
    index: int = 0
    """Officers only: the share index of the seat in the keyset, from 1."""
