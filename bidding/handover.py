"""From a published tender to its opening hall, and back: the only place where the two are translated."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

from bidding.background import Task
from bidding.deps import Deps
from bidding.people.ids import person_id
from bidding.tenders import commands as cmd
from bidding.tenders.actor import PLATFORM as TENDER_PLATFORM
from bidding.tenders.desk import carry_out, lot_state
from bidding.tenders.money import yuan
from bidding.tenders.notice import hall_rules
from bidding.tenders.rulebook import Regime
from bidding.tenders.state import Lot, Tender
from bidding.tenders.store import unfinished
from bidding.tenders.terms import LotState
from ceremony.errors import Refusal
from crypto.canonical import b64, sha256_hex
from crypto.errors import Unavailable
from crypto.translog.engine import reading
from opening_hall import rules as hall
from opening_hall.commands import Reschedule, Schedule
from opening_hall.rules import DrawRule, FieldDef, Rules, Setup, Step
from opening_hall.seats import PLATFORM, LotId, Role, Seat, SeatEntry, TenderId

#: Rules that the tender documents may lay down themselves; the minimum number of bids is the law's.
STATED = frozenset(field.name for field in dataclasses.fields(Rules)) - {"minimum", "citations", "seals"}


def hall_stream(lot: str) -> str:
    return f"hall:{lot}"


def setup(tender: Tender, lot: Lot, *, base_url: str) -> Setup:
    """What the hall needs to know of a published lot; the body of its first event."""
    terms, head = lot.terms, tender.head
    return Setup(
        lot=LotId(lot.id),
        tender=TenderId(tender.id),
        title=head.title,
        lot_title=terms.title,
        opens_at=terms.opens_at,
        seats=seat_entries(lot),
        rules=parse_hall_rules(hall_rules(lot, tender.rules), tender.rules.citations()),
        keyset=b64(lot.keyset),
        quorum=terms.k,
        docs_hash=lot.docs_hash,
        form=tuple(
            FieldDef(
                name=field.name,
                zh=field.zh,
                en=field.en,
                kind=field.kind.value,
                required=field.required,
                unit=field.unit,
                choices=field.choices,
                part=field.part,
            )
            for field in terms.form
        ),
        parts=terms.parts,
        code=head.code,
        deal_code=head.deal_code,
        ceiling="" if terms.ceiling is None else yuan(terms.ceiling),
        benchmark="" if terms.benchmark is None else yuan(terms.benchmark),
        place=f"{base_url}/halls/{lot.id}",
        regime=head.regime,
        evaluation=terms.evaluation,
        demonstration=head.regime == Regime.REHEARSAL,
    )


def seat_entries(lot: Lot) -> tuple[SeatEntry, ...]:
    """The officials' seats of a lot's hall, officers with their share index."""
    entries = []
    counts: dict[str, int] = {}
    for seat in lot.terms.seats:
        counts[seat.role] = counts.get(seat.role, 0) + 1
        person = person_id(seat.credit_code, seat.name)
        entries.append(
            SeatEntry(
                seat=Seat(Role(seat.role), person),
                person=person,
                name=seat.name,
                organisation=seat.organisation,
                credit_code=seat.credit_code,
                certificate_sha256=seat.certificate_sha256,
            )
        )
    for officer in lot.terms.officers:
        holder = lot.holders.get(officer.seat)
        key = lot.keys[officer.seat]
        code = holder.to.credit_code if holder else officer.credit_code
        entries.append(
            SeatEntry(
                seat=Seat.parse(officer.seat),
                person=holder.person if holder else person_id(code, officer.name),
                name=officer.name if holder is None else holder.to.name,
                organisation=holder.to.name if holder else officer.organisation,
                credit_code=code,
                certificate_sha256=holder.certificate_sha256 if holder else sha256_hex(key.certificate),
                index=officer.index,
            )
        )
    return tuple(entries)


def parse_hall_rules(stated: dict[str, Any], citations: dict[str, str]) -> Rules:
    """The hall's rules from plain values. Raises `ValueError` for a name or value the hall does not know."""
    values: dict[str, Any] = {}
    for name, value in stated.items():
        values[name] = _hall_value(name, value)
    return Rules(**values, citations=citations)


def _hall_value(name: str, value: Any) -> Any:
    match name:
        case "after_release_below_minimum":
            return hall.BelowMinimum(value)
        case "duplicates":
            return hall.Duplicates(value)
        case "reading":
            return hall.Pace(value)
        case "missing_confirmation":
            return hall.MissingConfirmation(value)
        case "automatic":
            return tuple(Step(step) for step in value)
        case "draw":
            return None if value is None else _draw(value)
        case "certificate_valid_at_deadline" | "early_end":
            return bool(value)
        case _ if name in STATED | {"minimum"}:
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 31_536_000:
                raise ValueError(f"{name}: a count or a number of seconds expected")
            return value
        case _:
            raise ValueError(f"the hall has no rule {name}")


def _draw(value: dict[str, Any]) -> DrawRule:
    known = {field.name for field in dataclasses.fields(DrawRule)}
    if not set(value) <= known:
        raise ValueError(f"a draw has no {', '.join(sorted(set(value) - known))}")
    fields = dict(value)
    for name in ("candidates", "seats"):
        if name in fields:
            fields[name] = tuple(str(item) for item in fields[name])
    if "when" in fields:
        fields["when"] = hall.DrawTime(fields["when"])
    return DrawRule(**fields)


def schedule(deps: Deps, lot_id: str) -> None:
    """Let the hall know the lot as it stands: set it up, or move it after a change notice.

    Done again, nothing happens: the command id is the lot's revision and its seats.
    """
    tender, lot = lot_state(deps, lot_id)
    if not lot.receiving and not (lot.state is LotState.CLOSED and lot.holders):
        return
    wanted = setup(tender, lot, base_url=deps.settings.base_url)
    _, hall_state = deps.halls.state(hall_stream(lot_id))
    if hall_state.setup == wanted:
        return
    command = Schedule(wanted) if hall_state.setup is None else Reschedule(wanted, _reason(tender, lot))
    command_id = f"schedule:{lot.revision}:{len(lot.holders)}"
    deps.halls.handle(hall_stream(lot_id), str(PLATFORM), command, command_id=command_id)


def _reason(tender: Tender, lot: Lot) -> str:
    return f"notice {lot.notices[-1]} of tender {tender.id}" if lot.notices else "seat handed over"


def report_closed(deps: Deps, lot_id: str) -> None:
    """The hall closed the lot. Idempotent, as everything the worker reports."""
    tender, _ = lot_state(deps, lot_id)
    carry_out(deps, tender.id, TENDER_PLATFORM, cmd.CloseLot(lot_id), command_id=f"closed:{lot_id}")


def report_opened(deps: Deps, lot_id: str, record_sha256: str) -> None:
    """The record is sealed."""
    tender, _ = lot_state(deps, lot_id)
    command = cmd.ReportOpened(lot_id, record_sha256)
    carry_out(deps, tender.id, TENDER_PLATFORM, command, command_id=f"opened:{lot_id}")


def report_failed(deps: Deps, lot_id: str, code: str) -> None:
    """The hall ended as FAILED (流标) or ABORTED."""
    tender, _ = lot_state(deps, lot_id)
    carry_out(deps, tender.id, TENDER_PLATFORM, cmd.FailLot(lot_id, code), command_id=f"failed:{lot_id}")


def settle(deps: Deps) -> None:
    """Bring every hall to its tender: whatever a crash between the two logs left behind."""
    with reading(deps.engine) as tx:
        lots = unfinished(tx)
    for _, lot_id in lots:
        try:
            schedule(deps, lot_id)
        except (Refusal, Unavailable):
            # One hall that cannot follow now must not hold up the others; the next round tries again.
            continue


def tasks(deps: Deps) -> list[Task]:
    """Settling at the start and then every minute."""

    def run(stop: threading.Event) -> None:
        while not stop.is_set():
            settle(deps)
            stop.wait(60)

    return [Task("handover", run)]
