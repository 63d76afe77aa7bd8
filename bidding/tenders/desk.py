"""One command on a tender, end to end: rules, log, rows, the gate of sealed submission, the hall."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bidding.deps import Deps
from bidding.submissions.store import Gate, end_gate, put_gate
from bidding.tenders import commands as cmd
from bidding.tenders import store
from bidding.tenders.actor import Actor
from bidding.tenders.calendar import Calendar, calendar
from bidding.tenders.errand import Also, Errand
from bidding.tenders.rulebook import RuleBook
from bidding.tenders.state import Lot, Tender
from bidding.tenders.terms import LotState
from ceremony.errors import Refusal
from crypto.translog.engine import reading


def stream_of(tender: str) -> str:
    return f"tender:{tender}"


def carry_out(
    deps: Deps, tender: str, by: Actor, command: cmd.Command, *, command_id: str, also: Sequence[Also] = ()
) -> Tender:
    """Decide, append and project in one transaction; the state afterwards. Raises what the rules raise."""
    errand = Errand(command, also)

    def within(tx: sa.Connection) -> None:
        store.project(tx, errand.before, errand.after, errand.at)
        for lot in errand.after.lots.values():
            _move_gate(tx, errand.after, errand.before.lots.get(lot.id), lot)
        for write in errand.also:
            write(tx, errand.before, errand.after)

    outcome = deps.tenders.handle(stream_of(tender), str(by), errand, command_id=command_id, within=within)
    return outcome.state


def _move_gate(tx: sa.Connection, tender: Tender, before: Lot | None, lot: Lot) -> None:
    """The gate of sealed submission follows in the same transaction: no bid meets an old deadline."""
    if before == lot:
        return
    if lot.receiving:
        gate = Gate(
            lot=lot.id,
            tender=tender.id,
            round=lot.terms.round,
            deadline_at=lot.terms.opens_at,
            keyset=lot.keyset,
            docs=lot.accepted,
            parts=lot.terms.parts,
        )
        put_gate(tx, gate)
    elif lot.state is LotState.TERMINATED:
        end_gate(tx, lot.id)


def tender_state(deps: Deps, tender: str) -> tuple[int, Tender]:
    """Version and state of a tender. Raises `Refusal("not-found")`."""
    if not tender.startswith("t_") or len(tender) > 40:
        raise Refusal("not-found")
    version, state = deps.tenders.state(stream_of(tender))
    if not state.id:
        raise Refusal("not-found")
    return version, state


def lot_state(deps: Deps, lot_id: str) -> tuple[Tender, Lot]:
    """A lot with its tender, drafts included. Raises `Refusal("not-found")`."""
    with reading(deps.engine) as tx:
        tender = store.tender_of(tx, lot_id)
    if tender is None:
        raise Refusal("not-found")
    _, state = tender_state(deps, tender)
    return state, state.lots[lot_id]


def public_lot(deps: Deps, lot_id: str) -> tuple[Tender, Lot]:
    """A lot that was published. A draft is as unknown as a lot that never was: `Refusal("not-found")`."""
    state, lot = lot_state(deps, lot_id)
    if lot.state is LotState.DRAFT:
        raise Refusal("not-found")
    return state, lot


def law(deps: Deps) -> tuple[RuleBook, Calendar]:
    """The rule book and calendar of the installation as they stand now."""
    with reading(deps.engine) as tx:
        return store.rule_book(tx), calendar(store.days(tx))
