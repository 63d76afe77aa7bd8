"""From a published tender to its opening hall, and back: the only place where the two are translated."""

from __future__ import annotations

import dataclasses
import threading
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any

import structlog

from bidding.background import Task
from bidding.bulletins import post_bulletins
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
from bidding.tenders.terms import FINISHED, LotState
from ceremony.errors import Refusal
from crypto.canonical import b64, sha256_hex
from crypto.errors import Unavailable
from crypto.translog.engine import reading
from opening_hall import rules as hall
from opening_hall.commands import Abort, Reschedule, Schedule, Suspend
from opening_hall.facts import AbortCode, Phase, SuspendCode
from opening_hall.rules import DrawRule, FieldDef, Rules, Setup, Step
from opening_hall.seats import PLATFORM, LotId, Role, Seat, SeatEntry, TenderId
from opening_hall.state import State as HallState

#: Rules that the tender documents may lay down themselves; the minimum number of bids is the law's.
STATED = frozenset(field.name for field in dataclasses.fields(Rules)) - {"minimum", "citations", "seals"}


HALL = "hall:"
#: Longest time that `stop` goes unnoticed.
PAUSE_SECONDS = 0.5
SETTLE_EVERY = timedelta(minutes=1)

log = structlog.get_logger()


def hall_stream(lot: str) -> str:
    return f"{HALL}{lot}"


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
                name=holder.name if holder else officer.name,
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

    Done again, nothing happens: the hall has that set-up already.
    """
    tender, lot = lot_state(deps, lot_id)
    if not lot.receiving and lot.state is not LotState.CLOSED:
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


def follow(deps: Deps, lot_id: str) -> None:
    """Carry what the hall came to back into the tender. Idempotent: derived from the hall's state."""
    _, hall_state = deps.halls.state(hall_stream(lot_id))
    tender, lot = lot_state(deps, lot_id)
    if hall_state.setup is None:
        return
    post_bulletins(deps, tender, lot, hall_state)
    if lot.state in FINISHED:
        return
    _hold(deps, tender, lot_id, hall_state)
    ending = hall_state.ending
    command: cmd.Command
    if hall_state.phase is Phase.FAILED and ending and ending.failed:
        command = cmd.FailLot(lot_id, ending.failed.value)
    elif hall_state.phase is Phase.ABORTED:
        command = cmd.FailLot(lot_id, f"aborted-{ending.aborted}" if ending else "aborted")
    elif hall_state.phase is Phase.RECORDED and hall_state.stage + 1 == len(hall_state.setup.parts):
        command = cmd.ReportOpened(lot_id, hall_state.record.sha256)
    elif hall_state.phase not in (Phase.SCHEDULED, Phase.CLOSING):
        command = cmd.CloseLot(lot_id)
    else:
        return
    command_id = f"hall:{lot_id}:{type(command).__name__}"
    carry_out(deps, tender.id, TENDER_PLATFORM, command, command_id=command_id)


def _hold(deps: Deps, tender: Tender, lot_id: str, hall_state: HallState) -> None:
    """Stop a hall before anything is opened while an objection to the documents waits for its answer.

    作出答复前，应当暂停招标投标活动 (实施条例 art. 22). Once for each set of objections: whether to go on is
    then the host's act, under the supervisor's eyes.
    """
    waiting = tender.holding(lot_id)
    if not waiting or hall_state.phase not in (Phase.CLOSED, Phase.IDENTIFYING) or hall_state.suspended:
        return
    reason = f"异议未答复 objections await their answer: {', '.join(waiting)}（实施条例 第22条）"
    command_id = f"objections:{sha256_hex(','.join(waiting).encode())[:24]}"
    suspend = Suspend(SuspendCode.ON_THE_SPOT, reason)
    deps.halls.handle(hall_stream(lot_id), str(PLATFORM), suspend, command_id=command_id)


def terminate(deps: Deps, lot_id: str) -> None:
    """End the hall of a terminated lot. Idempotent."""
    tender, lot = lot_state(deps, lot_id)
    _, hall_state = deps.halls.state(hall_stream(lot_id))
    over = hall_state.phase in (Phase.RECORDED, Phase.FAILED, Phase.ABORTED)
    if lot.state is not LotState.TERMINATED or hall_state.setup is None or over:
        return
    command = Abort(AbortCode.TENDER_TERMINATED, f"{lot.code} ({tender.id})", "")
    deps.halls.handle(hall_stream(lot_id), str(PLATFORM), command, command_id=f"terminated:{lot_id}")


def settle(deps: Deps) -> None:
    """Bring hall and tender of every unfinished lot together: whatever a crash left between the two."""
    with reading(deps.engine) as tx:
        lots = unfinished(tx)
    for _, lot_id in lots:
        for step in (schedule, follow, terminate):
            try:
                step(deps, lot_id)
            except (Refusal, Unavailable) as error:
                # One hall that cannot follow now must not hold up the others; the next round tries again.
                log.warning("hall and tender differ", lot=lot_id, error=str(error))


def tasks(deps: Deps) -> list[Task]:
    """Following halls as they move, and settling everything at the start and every minute."""

    def run(stop: threading.Event) -> None:
        moved: SimpleQueue[str] = SimpleQueue()

        def listen(stream: str, _version: int) -> None:
            if stream.startswith(HALL):
                moved.put(stream.removeprefix(HALL))

        end = deps.bus.subscribe(listen)
        try:
            while not stop.is_set():
                settle(deps)
                _follow_for(deps, moved, stop)
        finally:
            end()

    return [Task("handover", run)]


def _follow_for(deps: Deps, moved: SimpleQueue[str], stop: threading.Event) -> None:
    """Follow halls as they move, for about a minute. Most events of a hall change nothing out here."""
    told: dict[str, tuple[Phase, int, bool]] = {}
    until = deps.clock.now() + SETTLE_EVERY
    while not stop.is_set() and deps.clock.now() < until:
        try:
            lot_id = moved.get(timeout=PAUSE_SECONDS)
        except Empty:
            continue
        seen = deps.halls.peek(hall_stream(lot_id))
        if seen is not None:
            station = (seen[2].phase, seen[2].stage, seen[2].suspended is not None)
            if told.get(lot_id) == station:
                continue
            told[lot_id] = station
        try:
            follow(deps, lot_id)
        except (Refusal, Unavailable) as error:
            log.warning("hall and tender differ", lot=lot_id, error=str(error))
