"""What a tender and its lots are made of: parties, seats, documents, terms. Plain values without rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bidding.tenders.codec import Fen
from bidding.tenders.forms import FieldDef


class Mode(StrEnum):
    """公开招标 or 邀请招标."""

    OPEN = "open"
    INVITED = "invited"


class LotState(StrEnum):
    """Where a lot (标段) stands; each is opened on its own."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLARIFIED = "clarified"
    EXTENDED = "extended"
    CLOSED = "closed"
    OPENED = "opened"
    AWARDED = "awarded"
    FAILED = "failed"  # 流标
    TERMINATED = "terminated"  # 终止招标


#: Before its deadline was reached a lot can still be clarified, extended and asked about.
RECEIVING = frozenset({LotState.PUBLISHED, LotState.CLARIFIED, LotState.EXTENDED})
FINISHED = frozenset({LotState.AWARDED, LotState.FAILED, LotState.TERMINATED})


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation as named in a notice."""

    name: str
    credit_code: str


@dataclass(frozen=True, slots=True)
class OfficerTerms:
    """A seat that holds an opening key and who fills it. `index` is its share index, from 1."""

    seat: str
    index: int
    name: str
    organisation: str
    credit_code: str


@dataclass(frozen=True, slots=True)
class HallSeat:
    """A seat of the opening hall and the person who fills it, named as in the person's certificate."""

    role: str
    name: str
    organisation: str
    credit_code: str
    certificate_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the tender documents, for one lot or (empty `lot`) for all of them."""

    name: str
    size: int
    sha256: str
    lot: str = ""


@dataclass(frozen=True, slots=True)
class OpeningKey:
    """An officer's opening key: certificate DER, uncompressed P-256 point, CMS over the statement.

    `not_after` is when the certificate ends.
    """

    certificate: bytes
    opening_key: bytes
    signature: bytes
    not_after: datetime


@dataclass(frozen=True, slots=True)
class LotTerms:
    """What the agency lays down for a lot. Money in fen; ceiling is 最高投标限价, benchmark 标底."""

    title: str
    opens_at: datetime
    """Bid deadline and opening time are this one instant (招标投标法 art. 34)."""
    k: int
    officers: tuple[OfficerTerms, ...]
    seats: tuple[HallSeat, ...] = ()
    parts: tuple[str, ...] = ("main",)
    form: tuple[FieldDef, ...] = ()
    estimate: Fen | None = None
    ceiling: Fen | None = None
    deposit: Fen | None = None
    benchmark: Fen | None = None
    supply_until: datetime | None = None
    """Documents stay available at least until then; None means until the deadline."""
    evaluation: str = ""
    invited: tuple[Party, ...] = ()
    hall_rules: Mapping[str, Any] = field(default_factory=dict)
    """What the documents lay down for the hall, by field name of `opening_hall.rules.Rules`."""
    round: int = 1
    """轮次: 2 and more in 竞争性磋商, each a lot of its own with its own window and keyset."""
    previous: str = ""
    """The lot whose outcome this round follows."""


@dataclass(frozen=True, slots=True)
class Header:
    """What is laid down for the whole tender."""

    regime: str
    kind: str
    title: str
    region: str
    tenant: str
    mode: Mode
    tenderer: Party
    code: str = ""
    """招标项目编号 as the agency numbers it."""
    deal_code: str = ""
    """统一交易标识码, 36 characters."""
    attempt: int = 1
    """招标次数: 2 for the first re-tender."""
    repeats: str = ""
    """The failed tender this one repeats."""
