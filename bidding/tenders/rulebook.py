"""Procurement rules as dated rows: chosen by regime, project type, region, tenant and day, never by an `if`.

A row marked V was read in the statute; M, S and L are believed, second-hand or local. Only V rows, conditions
of the platform's own protocol (P) and rows that an operator of the installation confirmed may block; the
others warn. Rows whose day has not come stay dormant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from bidding.tenders.periods import Period, Unit

Value = int | str | bool
EVERY = "*"


class Regime(StrEnum):
    """Which body of law a tender follows (rule book 0)."""

    ENG = "ENG"  # 工程建设, 依法必须招标
    GP = "GP"  # 政府采购 公开/邀请招标
    GP_N = "GP-N"  # 竞争性磋商/谈判/询价
    SMALL = "SMALL"  # 限额以下
    VOL = "VOL"  # 自愿招标
    REHEARSAL = "REHEARSAL"  # 模拟开标: 演示, 无法律效力


class ProjectType(StrEnum):
    """What is bought (rule book 2.5)."""

    WORKS = "works"  # 施工
    EPC = "epc"  # 工程总承包
    SUPERVISION = "supervision"  # 监理/勘察/设计
    GOODS = "goods"  # 货物
    SERVICES = "services"  # 服务
    GP = "gp"  # 政府采购, fields as the documents define


class Mark(StrEnum):
    """How far a row's source was checked."""

    READ = "V"
    KNOWN = "M"
    SECONDARY = "S"
    LOCAL = "L"
    #: Not law: a condition of the platform's own protocol, or of a rehearsal.
    PRODUCT = "P"


#: Marks of rows that may block without an operator's confirmation.
BINDING = frozenset({Mark.READ, Mark.PRODUCT})


class Effect(StrEnum):
    """What a violated row does."""

    BLOCK = "block"
    WARN = "warn"
    INFORM = "inform"


@dataclass(frozen=True, slots=True)
class Row:
    """One dated rule. `id` is unique in the book; `law` and the texts are printed in every refusal."""

    id: str
    key: str
    regime: Regime
    value: Value
    unit: str
    mark: Mark
    law: str
    zh: str
    en: str
    effect: Effect = Effect.BLOCK
    types: tuple[str, ...] = (EVERY,)
    region: str = EVERY
    tenant: str = EVERY
    starts_on: date = date.min
    ends_on: date = date.max

    def applies(self, case: Case) -> bool:
        return (
            self.regime is case.regime
            and (EVERY in self.types or case.kind in self.types)
            and (
                self.region == EVERY
                or case.region == self.region
                or case.region.startswith(f"{self.region}-")
            )
            and self.tenant in (EVERY, case.tenant)
            and self.starts_on <= case.on <= self.ends_on
        )

    def relaxes(self, other: Row) -> bool:
        """Whether this row asks for less than another one of its key."""
        return self != other and _strictness(self) < _strictness(other)

    def tightens(self, other: Row) -> bool:
        """Whether this row asks for more than another one of its key."""
        return self.effect is not Effect.INFORM and _strictness(self) > _strictness(other)

    def rank(self) -> tuple[bool, int, bool, date]:
        """More specific rows and newer ones win: tenant, then region by depth, then type, then day."""
        depth = 0 if self.region == EVERY else 1 + self.region.count("-")
        return (self.tenant != EVERY, depth, EVERY not in self.types, self.starts_on)


def _strictness(row: Row) -> int:
    """How much a row asks for: caps the more the lower they are, minima the higher; words do not compare."""
    if isinstance(row.value, str):
        return 0
    return -int(row.value) if "-cap-" in row.key else int(row.value)


@dataclass(frozen=True, slots=True)
class Case:
    """What decides which rows apply. `region` is like `CN-35-0100` (country, province, city code)."""

    regime: Regime
    kind: ProjectType
    region: str
    tenant: str
    on: date


@dataclass(frozen=True, slots=True)
class Rule:
    """A row as it applies to one tender, pinned into the tender's log when it is published."""

    id: str
    key: str
    value: Value
    unit: str
    mark: Mark
    law: str
    zh: str
    en: str
    effect: Effect

    @property
    def blocks(self) -> bool:
        return self.effect is Effect.BLOCK

    @property
    def period(self) -> Period:
        return Period(int(self.value), Unit(self.unit))

    def cite(self) -> dict[str, Value]:
        """What a user is shown of the rule: number, unit, source and how well it was checked."""
        return {
            "rule": self.id,
            "value": self.value,
            "unit": self.unit,
            "law": self.law,
            "mark": self.mark.value,
        }


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The rules of one tender by key. A missing key means that nothing is required.

    `advice` holds unconfirmed rows that ask for more than the governing one: they warn beside it.
    """

    rules: Mapping[str, Rule]
    advice: Mapping[str, Rule] = field(default_factory=dict)

    def every(self, key: str) -> tuple[Rule, ...]:
        """The governing rule of a key and what is advised beyond it."""
        return tuple(rules[key] for rules in (self.rules, self.advice) if key in rules)

    def get(self, key: str) -> Rule | None:
        return self.rules.get(key)

    def number(self, key: str, default: int) -> int:
        found = self.rules.get(key)
        return default if found is None else int(found.value)

    def text(self, key: str, default: str) -> str:
        found = self.rules.get(key)
        return default if found is None else str(found.value)

    def flag(self, key: str) -> bool:
        found = self.rules.get(key)
        return bool(found is not None and found.value)

    def citations(self) -> dict[str, str]:
        return {key: rule.law for key, rule in sorted(self.rules.items()) if rule.law}


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rows known to an installation and the ids of those an operator confirmed."""

    rows: tuple[Row, ...]
    confirmed: frozenset[str] = frozenset()

    def ruleset(self, case: Case) -> Ruleset:
        """The rows that govern a case, and stricter ones that nobody confirmed.

        A row whose source was not checked never takes the place of one that binds, nor relaxes another one:
        it can only ask for more, as a warning, until an operator confirms it.
        """
        governing: dict[str, Row] = {}
        for row in sorted((row for row in self.rows if row.applies(case)), key=self._weight):
            known = governing.get(row.key)
            if known is None or self.binds(row) or (not self.binds(known) and not row.relaxes(known)):
                governing[row.key] = row
        advice: dict[str, Row] = {}
        for row in self.rows:
            if row.applies(case) and not self.binds(row) and row.tightens(governing[row.key]):
                known = advice.get(row.key)
                advice[row.key] = row if known is None or row.rank() > known.rank() else known
        return Ruleset(
            {key: self._pinned(row) for key, row in governing.items()},
            {key: self._pinned(row) for key, row in advice.items()},
        )

    def binds(self, row: Row) -> bool:
        """Whether a violation of this row may block: it was read in the statute, or somebody confirmed it."""
        return row.mark in BINDING or row.id in self.confirmed

    def _weight(self, row: Row) -> tuple[tuple[bool, int, bool, date], bool]:
        """Ascending: more general rows first; of equals, what an operator confirmed comes last and wins."""
        return row.rank(), row.id in self.confirmed

    def _pinned(self, row: Row) -> Rule:
        effect = row.effect
        if effect is Effect.BLOCK and not self.binds(row):
            effect = Effect.WARN
        return Rule(row.id, row.key, row.value, row.unit, row.mark, row.law, row.zh, row.en, effect)

    def with_rows(self, rows: Iterable[Row], confirmed: Iterable[str]) -> RuleBook:
        """The book with an installation's own rows and confirmations; a row with a known id replaces it."""
        own = {row.id: row for row in rows}
        kept = tuple(row for row in self.rows if row.id not in own)
        return replace(self, rows=kept + tuple(own.values()), confirmed=self.confirmed | frozenset(confirmed))
