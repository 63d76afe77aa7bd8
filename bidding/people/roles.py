"""Roles of people in organisations, and which of them exclude each other."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from ceremony.errors import Refusal


class Role(StrEnum):
    """What a person may do on the platform; seats in a hall come from a tender's notice, not from here."""

    BIDDER = "bidder"
    """投标人: every holder of a trusted certificate, without any application."""
    AGENCY = "agency"
    """招标代理机构."""
    TENDERER = "tenderer"
    """招标人/采购人."""
    SUPERVISOR = "supervisor"
    """行政监督部门."""
    WITNESS = "witness"
    """交易中心见证; also checks before publication."""
    EXPERT = "expert"
    """评标专家."""
    SYSTEM = "operator:system"
    """系统管理员: runs the installation; grants nothing."""
    SECURITY = "operator:security"
    """安全管理员: grants and ends roles and sessions; runs nothing."""
    AUDIT = "operator:audit"
    """审计管理员: reads what the other two did; changes nothing."""


#: 三员分立 (等保 2.0): nobody holds two of them, and none of them has a part in tenders.
OPERATORS = frozenset({Role.SYSTEM, Role.SECURITY, Role.AUDIT})
#: Roles that any number of people may hold beside each other.
ORDINARY = frozenset(Role) - OPERATORS


def effective(granted: Iterable[Role]) -> frozenset[Role]:
    """The roles a person acts in: an operator is nothing else, everybody else may bid."""
    roles = frozenset(granted)
    return roles & OPERATORS or roles | {Role.BIDDER}


def check_grant(held: Iterable[Role], role: Role) -> None:
    """Whether a role may be added to those held. Raises `Refusal("roles-exclude-each-other")`."""
    others = frozenset(held) - {role, Role.BIDDER}
    if role in OPERATORS and others:
        raise Refusal("roles-exclude-each-other", "an operator holds no other role", held=sorted(others))
    if others & OPERATORS:
        raise Refusal("roles-exclude-each-other", "an operator holds no other role", held=sorted(others))
