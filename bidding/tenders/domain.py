"""The rules of a tender (招标项目): which command its state allows, and what happens then.

Pure: time, calendar, rule book and verified signatures are arguments. What the law lets a system decide is
decided here with its citation; everything else is an act of a named person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bidding.tenders import changes, drafting, outcome
from bidding.tenders import commands as cmd
from bidding.tenders import events as ev
from bidding.tenders.actor import Actor
from bidding.tenders.notice import docs_hash, keyset_of, tender_notice
from bidding.tenders.preconditions import drafted, findings, ruleset_for
from bidding.tenders.state import Tender, evolve
from ceremony.errors import Refusal

__all__ = ["Tender", "decide", "evolve"]


def decide(state: Tender, seat: str, command: cmd.Command, now: datetime) -> Sequence[ev.Event]:
    """The events of a command, or `Refusal` / `Malformed` / `Invalid` with nothing changed."""
    by = Actor.parse(seat)
    match command:
        case cmd.DraftTender():
            return drafting.draft(state, by, command, now)
        case cmd.ChangeHeader():
            return drafting.change_header(state, by, command)
        case cmd.AddLot():
            return drafting.add_lot(state, by, command)
        case cmd.ChangeLot():
            return drafting.change_lot(state, by, command)
        case cmd.RemoveLot():
            return drafting.remove_lot(state, by, command)
        case cmd.StoreDocument():
            return drafting.store_document(state, by, command)
        case cmd.RemoveDocument():
            return drafting.remove_document(state, by, command)
        case cmd.RegisterOpeningKey():
            return drafting.register_key(state, by, command)
        case cmd.SignReview():
            return drafting.sign_review(state, by, command)
        case cmd.RequestCheck():
            return drafting.request_check(state, by, command, now)
        case cmd.NoticeDefects() | cmd.NameOpenDefects() | cmd.PassCheck():
            return drafting.answer_check(state, by, command, now)
        case cmd.Publish():
            return publish(state, by, command, now)
        case _:
            return _after_publication(state, by, command, now)


def _after_publication(state: Tender, by: Actor, command: cmd.Command, now: datetime) -> Sequence[ev.Event]:
    match command:
        case cmd.NoticeChange():
            return changes.notice_change(state, by, command, now)
        case cmd.AskQuestion():
            return changes.ask(state, by, command, now)
        case cmd.RaiseObjection():
            return changes.object_to(state, by, command, now)
        case cmd.HandOverSeat():
            return changes.hand_over(state, by, command)
        case _:
            return outcome.decide(state, by, command, now)


def publish(state: Tender, by: Actor, command: cmd.Publish, now: datetime) -> Sequence[ev.Event]:
    """Publish every drafted lot, or refuse with the whole list of what is missing."""
    drafting.require_agency(state, by)
    rules = ruleset_for(state, command.book, now)
    found = findings(state, rules, command.calendar, now)
    if missing := [finding.encode() for finding in found if finding.blocks]:
        raise Refusal("preconditions-missing", ", ".join(m["code"] for m in missing), missing=missing)
    lots = drafted(state)
    if command.notice.body != tender_notice(state, rules, lots):
        raise Refusal(
            "notice-changed", "the signed notice is not the one that today's facts give; sign it anew"
        )
    if command.notice.signer not in {state.agency.credit_code, state.head.tenderer.credit_code}:
        raise Refusal("signer-not-agency", "the agency or the tenderer signs its notices")
    # Every opening key was verified when it was registered.
    keysets = {lot.id: keyset_of(state, lot) for lot in lots}
    return (
        ev.Published(
            notice=command.notice.body,
            signature=command.notice.signature,
            signer=command.notice.signer,
            rules=rules.rules,
            keysets={lot: keyset.encode() for lot, keyset in keysets.items()},
            docs_hashes={lot.id: docs_hash(state, lot, command.notice.body, 1) for lot in lots},
            warnings=tuple(sorted({finding.code for finding in found})),
        ),
    )
