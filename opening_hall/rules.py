"""The rule row (规则行) a hall runs under, and the rest of what is fixed before it opens.

Every number is a default of a row chosen by regime, region and date; the hall looks no rules up, it is given
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from opening_hall.seats import LotId, Role, SeatEntry, TenderId


class BelowMinimum(StrEnum):
    """What follows when fewer bids than the minimum were released (解密后不足三家; unsettled in law)."""

    STOP = "stop"
    GO_ON = "go-on"


class Duplicates(StrEnum):
    """What follows when one credit code has several live bids that do not replace each other."""

    LATEST = "latest"
    """The last received counts; the earlier stay sealed."""
    REJECT_ALL = "reject-all"


class Pace(StrEnum):
    """How lines are read out (唱标): by timer, or one at a time by the host."""

    AUTO = "auto"
    STEPWISE = "stepwise"


class MissingConfirmation(StrEnum):
    """A bidder that did not confirm its line: deemed to accept (视同认可, 87号令 art. 42), or only noted."""

    DEEMED = "deemed"
    NOTED = "noted"


class DrawTime(StrEnum):
    """When a draw is made: at the opening from K_hall of the admitted set, or early, before phase A."""

    OPENING = "opening"
    EARLY = "early"


class Step(StrEnum):
    """Transitions a rule row may leave to the platform instead of an act of the host."""

    START_DECRYPTION = "start-decryption"
    FIX_ADMITTED = "fix-admitted"
    """Only when nothing is left to adjudicate."""
    START_READING = "start-reading"
    CLOSE_OBJECTIONS = "close-objections"
    """At the deadline, when every objection has its answer."""


@dataclass(frozen=True, slots=True)
class DrawRule:
    """A draw at the opening, e.g. of the benchmark coefficient (抽取系数)."""

    label: str
    """Domain separation of the seed; unique in the lot."""
    candidates: tuple[str, ...]
    """Published in the documents, in this order."""
    when: DrawTime = DrawTime.OPENING
    part: str = "main"
    """The part whose stage draws."""
    seats: tuple[str, ...] = ()
    """Seats that commit a contribution before the deadline and reveal it before phase A."""
    zh: str = "评标基准价系数"
    en: str = "benchmark coefficient"


@dataclass(frozen=True, slots=True)
class Rules:
    """One rule row; durations in seconds."""

    minimum: int = 3
    """招标投标法 art. 28."""
    after_release_below_minimum: BelowMinimum = BelowMinimum.STOP
    duplicates: Duplicates = Duplicates.LATEST
    sign_in_opens_seconds: int = 3600
    witness_quorum: int = 0
    """Cosignatures of Closed needed before anything is opened."""
    list_seconds: int = 0
    """From the list to phase A when it starts by itself."""
    phase_a_seconds: int = 1800
    confirmation_seconds: int = 600
    objection_seconds: int = 600
    objection_after_seconds: int = 0
    """0: the window for objections begins when the confirmation ends. Otherwise it began with the reading, as
    objections could be raised then already, and at least this much of it is left after the confirmation."""
    signing_seconds: int = 600
    reading: Pace = Pace.AUTO
    line_seconds: int = 5
    draw: DrawRule | None = None
    max_revocation_age: int = 86400
    """Oldest CRL or OCSP answer that phase 0 may judge a certificate by."""
    certificate_valid_at_deadline: bool = False
    missing_confirmation: MissingConfirmation = MissingConfirmation.DEEMED
    early_end: bool = True
    """A window ends as soon as everybody it waits for has acted."""
    automatic: tuple[Step, ...] = (
        Step.START_DECRYPTION,
        Step.FIX_ADMITTED,
        Step.START_READING,
        Step.CLOSE_OBJECTIONS,
    )
    seals: tuple[Role, ...] = (Role.HOST, Role.TENDERER, Role.SUPERVISOR)
    """Who seals the record, in this order; a role without a seat in the notice is passed over."""
    chat_per_seat: int = 100
    chat_total: int = 2000
    citations: Mapping[str, str] = field(default_factory=dict)
    """Rule name to the article printed beside it."""


@dataclass(frozen=True, slots=True)
class FieldDef:
    """One column of the opening form (开标一览表)."""

    name: str
    zh: str
    en: str
    kind: str
    """money | ratio | text | integer | date | choice."""
    required: bool = True
    unit: str = ""
    choices: tuple[str, ...] = ()
    part: str = "main"
    """The sealed part whose form carries it."""


@dataclass(frozen=True, slots=True)
class Setup:
    """All that is fixed about a hall before the deadline; the body of Scheduled."""

    lot: LotId
    tender: TenderId
    title: str
    opens_at: datetime
    """Deadline for bids and opening time are this one instant (招标投标法 art. 34)."""
    seats: tuple[SeatEntry, ...]
    rules: Rules
    keyset: str
    """Canonical keyset, base64url."""
    quorum: int
    """k of the keyset."""
    docs_hash: str
    form: tuple[FieldDef, ...]
    parts: tuple[str, ...] = ("main",)
    """Opened one stage each, in this order."""
    lot_title: str = ""
    code: str = ""
    """Project or lot number (招标项目编号)."""
    deal_code: str = ""
    """36-character 统一交易标识码."""
    ceiling: str = ""
    """最高投标限价 in yuan as a decimal string; empty when there is none."""
    benchmark: str = ""
    """标底 in yuan, announced at the opening (实施条例 art. 50); empty when there is none."""
    place: str = ""
    """Public address of the hall (开标地点)."""
    regime: str = ""
    evaluation: str = ""
    """评标办法."""
    demonstration: bool = False
    """Everything that comes out of this hall is marked 演示."""
