"""Who acts on a tender, as written beside every event of its log."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from ceremony.errors import Malformed


class ActorRole(StrEnum):
    AGENCY = "agency"
    """Runs the tender: the agency, or the tenderer itself."""
    OFFICER = "officer"
    CHECKER = "checker"
    """The trading centre or supervisor that checks before publication."""
    PUBLIC = "public"
    """Anybody, without a name."""
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Actor:
    """Written `role:credit code:person`; the public and the platform have neither code nor person."""

    role: ActorRole
    credit_code: str = ""
    person: str = ""

    def __str__(self) -> str:
        return f"{self.role}:{self.credit_code}:{self.person}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote. Raises `Malformed("actor-malformed")`."""
        role, *rest = text.split(":")
        if len(rest) != 2 or role not in ActorRole._value2member_map_:
            raise Malformed("actor-malformed", text[:80])
        return cls(ActorRole(role), rest[0], rest[1])


ANYBODY = Actor(ActorRole.PUBLIC)
PLATFORM = Actor(ActorRole.PLATFORM)
