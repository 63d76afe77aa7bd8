"""What an opening's course means to those who do not sit at its socket: messages to the inbox, once each.

Until the list is announced nobody is addressed who could be a bidder: such messages go to everybody alike.
From the list on they go to the bidders on it and to the hall's officials (办法 art. 30).
"""

from __future__ import annotations

import sqlalchemy as sa

from bidding.deps import Deps
from bidding.inbox import store as inbox
from bidding.people.ids import organisation_id
from bidding.people.store import person
from bidding.tenders.state import Lot, Tender
from bidding.turns import Bulletin, your_turns
from crypto.canonical import iso
from crypto.translog.engine import reading
from opening_hall.facts import Phase
from opening_hall.state import State

#: The stations after the list; what is decided there concerns those on it.
_NAMED = frozenset(Phase) - {Phase.SCHEDULED, Phase.CLOSING, Phase.CLOSED, Phase.IDENTIFYING}


def bulletins(tender: Tender, lot: Lot, hall: State) -> tuple[Bulletin, ...]:
    """Everything that should have been said by now. Pure; ids are derived, so that each is said once."""
    name = tender.called(lot)
    concerned = _concerned(hall)
    found = []
    if hall.suspended is not None:
        at = iso(hall.suspended.since)
        codes, people = concerned if hall.order else (frozenset[str](), frozenset[str]())
        zh, en = f"开标暂停：{name}", f"Opening suspended: {name}"
        found.append(
            Bulletin(f"suspended.{at}", "hall-suspended", zh, en, hall.suspended.reason, codes, people)
        )
    if hall.phase is Phase.DECRYPTING:
        zh, en = f"请在线解密：{name}", f"Release your key now: {name}"
        until = f"{iso(hall.deadline)}" if hall.deadline else ""
        found.append(Bulletin(f"decrypt.{hall.stage}", "decryption-started", zh, en, until, *concerned))
    elif hall.phase in _NAMED and hall.order:
        zh, en = f"开标名单已公布：{name}", f"List of bidders announced: {name}"
        found.append(Bulletin(f"list.{hall.stage}", "list-announced", zh, en, "", *concerned))
    if hall.phase is Phase.RECORDED:
        zh, en = f"开标记录已完成：{name}", f"Opening record complete: {name}"
        found.append(Bulletin(f"recorded.{hall.stage}", "record-ready", zh, en, hall.record.sha256))
    return (*found, *_ended(name, hall), *your_turns(name, hall))


def _ended(name: str, hall: State) -> tuple[Bulletin, ...]:
    """流标 and 终止, with what follows for bids and deposits (条例 art. 31, 35; rule book 1.2, 2.7)."""
    refund = "投标文件不予开启，投标保证金依法退还。 Bids stay sealed; deposits are returned under the law."
    if hall.phase is Phase.FAILED:
        code = hall.ending.failed.value if hall.ending and hall.ending.failed else ""
        body = f"{code}\n{refund}"
        return (Bulletin("failed", "lot-failed", f"流标公告：{name}", f"Tender failed: {name}", body),)
    if hall.phase is Phase.ABORTED:
        reason = hall.ending.reason if hall.ending else ""
        body = f"{reason}\n投标保证金依法退还。 Deposits are returned under the law."
        return (Bulletin("aborted", "hall-aborted", f"终止开标：{name}", f"Opening ended: {name}", body),)
    return ()


def _concerned(hall: State) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(hall.by_code), frozenset(entry.person for entry in hall.entries.values())


def post_bulletins(deps: Deps, tender: Tender, lot: Lot, hall: State) -> None:
    """Post what was not posted yet; in the name of nobody, at the log's pace."""
    wanted = bulletins(tender, lot, hall)
    if not wanted:
        return
    with reading(deps.engine) as tx:
        messages = [message for one in wanted for message in _addressed(tx, deps, tender, lot, one)]
        known = inbox.known(tx, [message.id for message in messages])
    fresh = [message for message in messages if message.id not in known]

    def rows(tx: sa.Connection) -> None:
        for message in fresh:
            inbox.post(tx, message)

    if fresh:
        deps.log.transact(rows)


def _addressed(tx: sa.Connection, deps: Deps, tender: Tender, lot: Lot, one: Bulletin) -> list[inbox.Message]:
    recipients = _people(tx, one) if one.codes or one.people else [""]
    return [
        inbox.Message(
            id=f"h_{lot.id[2:]}.{one.id}" + (f".{to}" if to else ""),
            kind=one.kind,
            zh=one.zh,
            en=one.en,
            body=one.body,
            created_at=deps.clock.now(),
            tender=tender.id,
            lot=lot.id,
            recipient=to,
        )
        for to in recipients
    ]


def _people(tx: sa.Connection, one: Bulletin) -> list[str]:
    """People of the organisations, and the people named, who ever signed in."""
    organisations = [organisation_id(code) for code in one.codes]
    who = sa.or_(person.c.organisation.in_(organisations), person.c.id.in_(one.people))
    return sorted(tx.execute(sa.select(person.c.id).where(who)).scalars())
