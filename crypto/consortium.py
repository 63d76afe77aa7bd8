"""联合体: several organisations bid as one, the lead first; every member signs the same agreement.

The agreement travels in the sealed identity box; nothing of it is known to the platform before the opening
(招标投标法 art. 31: jointly liable, the agreement is handed in with the bid).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from crypto.canonical import canon, parse_canonical
from crypto.certificates import certificate_facts
from crypto.credit_code import parse_credit_code
from crypto.errors import Invalid
from crypto.signing import SignedBy, verify_detached

LABEL = "kaibiao/consortium/v1"
MAX_STATEMENT = 65_536
MAX_MEMBERS = 20


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation of a consortium and the work it takes on."""

    name: str
    credit_code: str
    work: str


@dataclass(frozen=True, slots=True)
class Consortium:
    """The members for one lot; the first one leads (牵头人) and speaks for all."""

    tender: str
    lot: str
    members: tuple[Member, ...]

    @property
    def lead(self) -> Member:
        return self.members[0]

    def encode(self) -> bytes:
        return canon(
            {
                "label": LABEL,
                "tender": self.tender,
                "lot": self.lot,
                "members": [
                    {"name": one.name, "creditCode": one.credit_code, "work": one.work}
                    for one in self.members
                ],
            }
        )


def parse_consortium(data: bytes) -> Consortium:
    """The agreement in its canonical bytes. Raises `Invalid("consortium-malformed")` or `Invalid`."""
    value = parse_canonical(data, limit=MAX_STATEMENT)
    if not isinstance(value, dict) or set(value) != {"label", "tender", "lot", "members"}:
        raise Invalid("consortium-malformed", "not an agreement of this version")
    listed = value["members"]
    if value["label"] != LABEL or not isinstance(listed, list) or not 2 <= len(listed) <= MAX_MEMBERS:
        raise Invalid("consortium-malformed", f"2 to {MAX_MEMBERS} members expected")
    members = tuple(_member(one) for one in listed)
    if len({one.credit_code for one in members}) != len(members):
        raise Invalid("consortium-malformed", "a member stands twice")
    if not isinstance(value["tender"], str) or not isinstance(value["lot"], str):
        raise Invalid("consortium-malformed", "tender and lot expected")
    return Consortium(value["tender"], value["lot"], members)


def verify_consortium(
    data: bytes,
    signatures: Sequence[bytes],
    *,
    tender: str,
    lot: str,
    credit_code_of: Callable[[SignedBy], str | None] | None = None,
) -> tuple[Consortium, tuple[SignedBy, ...]]:
    """The agreement and its signers, one signature for each member in the members' order.

    Raises `Invalid("consortium-unsigned")` for a missing or foreign signature.
    Whether the certificates are trusted is the caller's to judge.
    """
    consortium = parse_consortium(data)
    if (consortium.tender, consortium.lot) != (tender, lot):
        raise Invalid("statement-misplaced", "the agreement is for another lot")
    if len(signatures) != len(consortium.members):
        raise Invalid("consortium-unsigned", "one signature for each member expected")
    read = credit_code_of or _usual_code
    signers = tuple(verify_detached(cms, data=data) for cms in signatures)
    for member, signed in zip(consortium.members, signers, strict=True):
        if read(signed) != member.credit_code:
            raise Invalid("consortium-unsigned", "a member did not sign", member=member.credit_code)
    return consortium, signers


def _usual_code(signed: SignedBy) -> str | None:
    return certificate_facts(signed.certificate).credit_code


def _member(value: Any) -> Member:
    names = {"name", "creditCode", "work"}
    if not isinstance(value, dict) or set(value) != names:
        raise Invalid("consortium-malformed", "a member has name, creditCode and work")
    if not all(isinstance(value[name], str) and len(value[name]) <= 300 for name in names):
        raise Invalid("consortium-malformed", "a member's fields are short texts")
    try:
        code = parse_credit_code(value["creditCode"])
    except Invalid as error:
        raise Invalid("consortium-malformed", error.detail) from error
    return Member(value["name"], code, value["work"])
