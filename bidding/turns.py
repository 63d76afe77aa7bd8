"""轮到您了: whose act an opening waits for, as messages to them alone, once each. Pure.

The hall's page says it as well; these reach whoever looked away (办法 art. 30: the platform prompts).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from opening_hall.facts import Phase
from opening_hall.guards import next_seal
from opening_hall.seats import Role
from opening_hall.state import State
from opening_hall.steps import unconfirmed, unsigned


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One message. Empty `codes` and `people` mean everybody; `codes` are credit codes."""

    id: str
    kind: str
    zh: str
    en: str
    body: str = ""
    codes: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()


#: What an act is called where its seat is asked for it.
ACTS = {
    "identity": ("请提供身份密钥份额", "Release your identity key shares"),
    "admitted": ("请签署开启名单", "Sign the admitted set"),
    "hall": ("请进行二次解密", "Release your opening key shares"),
    "adjudicate": ("请认定未解密的责任", "Decide who answers for the missing keys"),
    "answer": ("请答复异议", "Answer an objection"),
    "confirm": ("请确认报价", "Confirm your line"),
    "sign": ("请签署开标记录", "Sign the opening record"),
    "seal": ("请在开标记录上签章", "Seal the opening record"),
}


def your_turns(name: str, hall: State) -> tuple[Bulletin, ...]:
    """Who is waited for now; nobody while the opening is suspended, or before there is a set-up."""
    if hall.suspended is not None or hall.setup is None:
        return ()
    waited = (*_officials(hall), *_bidders(hall))
    return tuple(
        Bulletin(
            f"turn.{act}.{hall.stage}{suffix}",
            "your-turn",
            f"轮到您了：{ACTS[act.partition('.')[0]][0]}（{name}）",
            f"Your turn: {ACTS[act.partition('.')[0]][1]} ({name})",
            "",
            codes,
            people,
        )
        for act, suffix, codes, people in waited
        if codes or people
    )


Waited = tuple[str, str, frozenset[str], frozenset[str]]
"""Act, what tells two of its kind apart, credit codes, people."""
_NOBODY: frozenset[str] = frozenset()


def _officials(hall: State) -> Iterator[Waited]:
    done = {
        Phase.IDENTIFYING: ("identity", hall.identity_released),
        Phase.ADMITTED: ("admitted", hall.admitted_signed),
        Phase.OPENING: ("hall", hall.hall_released),
    }.get(hall.phase)
    if done is not None:
        act, seats = done
        waiting = {
            e.person for key, e in hall.entries.items() if e.seat.role is Role.OFFICER and key not in seats
        }
        yield act, "", _NOBODY, frozenset(waiting - {""})
    host = frozenset({person} if (person := _person(hall, str(hall.host_seat()))) else ())
    if hall.phase is Phase.ADJUDICATING and hall.undecided():
        yield "adjudicate", "", _NOBODY, host
    for objection in hall.objections.values():
        if objection.resolution is None:
            yield "answer", f".{objection.number}", _NOBODY, host
    seat = next_seal(hall)
    if seat is not None:
        yield "seal", f".{seat.replace(':', '.')}", _NOBODY, frozenset({_person(hall, seat)} - {""})


def _bidders(hall: State) -> Iterator[Waited]:
    if hall.phase is Phase.CONFIRMING:
        waiting = set(unconfirmed(hall))
        codes = frozenset(code for code, bid in hall.by_code.items() if bid in waiting)
        yield "confirm", "", frozenset(map(str, codes)), _NOBODY
    signing = hall.phase is Phase.RECORD_SIGN and hall.record.rendered and not hall.record.signing_closed
    if signing:
        yield "sign", "", frozenset(map(str, unsigned(hall))), _NOBODY


def _person(hall: State, seat: str) -> str:
    entry = hall.entries.get(seat)
    return entry.person if entry else ""
