"""From the deadline on: closed, opened, failed, terminated, awarded; and the end of the opening keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bidding.tenders import commands as cmd
from bidding.tenders import events as ev
from bidding.tenders.actor import Actor, ActorRole
from bidding.tenders.changes import holder_code
from bidding.tenders.drafting import require_agency
from bidding.tenders.state import Lot, Tender
from bidding.tenders.terms import FINISHED, LotState
from ceremony.errors import Refusal


def decide(state: Tender, by: Actor, command: cmd.Command, now: datetime) -> Sequence[ev.Event]:
    match command:
        case cmd.CloseLot():
            return close(state, by, command, now)
        case cmd.ReportOpened():
            return report_opened(state, by, command)
        case cmd.FailLot():
            return fail(state, by, command)
        case cmd.TerminateLot():
            return terminate(state, by, command)
        case cmd.AwardLot():
            return award(state, by, command)
        case cmd.DestroyKey():
            return destroy_key(state, by, command)
        case _:
            raise Refusal("unknown-command", type(command).__name__)


def close(state: Tender, by: Actor, command: cmd.CloseLot, now: datetime) -> Sequence[ev.Event]:
    """The hall closed the lot at its deadline. Said again, nothing happens."""
    lot = _platform_lot(state, by, command.lot)
    if not lot.receiving:
        return ()
    if now < lot.terms.opens_at:
        raise Refusal("deadline-not-reached", lot=lot.id)
    return (ev.LotClosed(lot.id),)


def report_opened(state: Tender, by: Actor, command: cmd.ReportOpened) -> Sequence[ev.Event]:
    lot = _platform_lot(state, by, command.lot)
    if lot.state is LotState.OPENED or lot.state in FINISHED:
        return ()
    closed = () if lot.state is LotState.CLOSED else (ev.LotClosed(lot.id),)
    return (*closed, ev.LotOpened(lot.id, command.record_sha256))


def fail(state: Tender, by: Actor, command: cmd.FailLot) -> Sequence[ev.Event]:
    """流标: by the hall (too few bids), or by the agency for the committee."""
    if by.role is ActorRole.PLATFORM:
        lot = _platform_lot(state, by, command.lot)
        return () if lot.state in FINISHED else (ev.LotFailed(lot.id, command.code),)
    require_agency(state, by)
    lot = _known(state, command.lot)
    if lot.state is not LotState.OPENED:
        raise Refusal("lot-not-opened", lot=lot.id, state=lot.state.value)
    return (ev.LotFailed(lot.id, command.code),)


def terminate(state: Tender, by: Actor, command: cmd.TerminateLot) -> Sequence[ev.Event]:
    """终止招标 with a signed reason (实施条例 art. 31); what was sealed stays sealed."""
    require_agency(state, by)
    lot = _known(state, command.lot)
    if lot.state is LotState.DRAFT or lot.state in FINISHED:
        raise Refusal("lot-finished", lot=lot.id, state=lot.state.value)
    notice = command.notice
    return (ev.LotTerminated(lot.id, command.code, command.reason, notice.body, notice.signature),)


def award(state: Tender, by: Actor, command: cmd.AwardLot) -> Sequence[ev.Event]:
    require_agency(state, by)
    lot = _known(state, command.lot)
    if lot.state is not LotState.OPENED:
        raise Refusal("lot-not-opened", lot=lot.id, state=lot.state.value)
    if state.holding(lot.id):
        raise Refusal("objection-open", "an objection to the documents awaits its answer", lot=lot.id)
    notice = command.notice
    return (ev.LotAwarded(lot.id, command.winner, command.price, notice.body, notice.signature),)


def destroy_key(state: Tender, by: Actor, command: cmd.DestroyKey) -> Sequence[ev.Event]:
    """The holder states that its opening key is gone; only once nothing is left to open."""
    lot = state.lots.get(command.lot)
    if lot is None or by.role is not ActorRole.OFFICER or by.credit_code != holder_code(lot, command.seat):
        raise Refusal("not-found")
    if lot.state not in FINISHED | {LotState.OPENED}:
        raise Refusal("lot-not-opened", "the key may still be needed", lot=lot.id, state=lot.state.value)
    if command.seat in lot.destroyed:
        return ()
    return (ev.KeysDestroyed(lot.id, command.seat, command.statement.body, command.statement.signature),)


def _known(state: Tender, lot_id: str) -> Lot:
    lot = state.lots.get(lot_id)
    if lot is None:
        raise Refusal("not-found")
    return lot


def _platform_lot(state: Tender, by: Actor, lot_id: str) -> Lot:
    if by.role is not ActorRole.PLATFORM:
        raise Refusal("not-found")
    return _known(state, lot_id)
