"""What a verification says: its numbered steps, and every place where something is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MAX_WRONG = 200
"""A report names at most so many places; `Report.unnamed` counts the rest."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One place that does not verify: an entry of the archive, where in it, and why (kebab-case)."""

    path: str
    reason: str
    detail: str = ""
    offset: int | None = None
    """Byte offset in the archive file."""
    leaf: int | None = None
    """1 MiB leaf of a ciphertext, or leaf index in the log; `path` says of which."""

    def encode(self) -> dict[str, Any]:
        """As in `--json`."""
        place = {"offset": self.offset, "leaf": self.leaf}
        return {
            "path": self.path,
            **{key: value for key, value in place.items() if value is not None},
            "reason": self.reason,
            **({"detail": self.detail} if self.detail else {}),
        }


class Failed(Exception):
    """A step found something wrong and cannot look further."""

    def __init__(self, *wrong: Wrong) -> None:
        super().__init__(wrong[0].reason if wrong else "failed")
        self.wrong = wrong


class Unreadable(Exception):
    """There is no archive to judge: no such file, or nothing in it looks like one."""


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered step. `ok` is None where it was not reached or there was nothing to look at."""

    n: int
    name: str
    ok: bool | None
    detail: str


@dataclass(slots=True)
class Findings:
    """Collects what is wrong while a step runs, and what it wants to say when all is well."""

    wrong: list[Wrong] = field(default_factory=list)
    unnamed: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, path: str, reason: str, detail: str = "", **where: int) -> None:
        """Name one place."""
        self.extend([Wrong(path, reason, detail, where.get("offset"), where.get("leaf"))])

    def extend(self, wrong: Iterable[Wrong]) -> None:
        """Name several places."""
        for one in wrong:
            if len(self.wrong) < MAX_WRONG:
                self.wrong.append(one)
            else:
                self.unnamed += 1

    def note(self, text: str) -> None:
        """Say something about what was checked, in one short clause."""
        self.notes.append(text)


@dataclass(frozen=True, slots=True)
class Report:
    """The whole verdict."""

    steps: tuple[Step, ...]
    wrong: tuple[Wrong, ...]
    unnamed: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    """Facts read from the archive and proven by the steps: lot, bidders, prices read, counts."""
    trusted: tuple[str, ...] = ()
    """What the verdict rests on, one sentence each."""

    @property
    def verified(self) -> bool:
        """True when no step found anything wrong and none was left out because of another."""
        return not self.wrong and all(step.ok is not False for step in self.steps)

    def encode(self) -> dict[str, Any]:
        """As in `--json`."""
        return {
            "verified": self.verified,
            "steps": [
                {"n": step.n, "name": step.name, "ok": step.ok, "detail": step.detail} for step in self.steps
            ],
            "wrong": [one.encode() for one in self.wrong],
            "unnamed": self.unnamed,
            "trusted": list(self.trusted),
            "facts": self.facts,
        }
