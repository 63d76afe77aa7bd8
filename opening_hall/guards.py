"""Conditions of a command that depend on the hall and the seat alone; `may` in the views is made of these.

Each raises Refusal; what depends on the command's own fields or on the clock is checked where it is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ceremony.errors import Refusal
from opening_hall import commands as c
from opening_hall.facts import Phase
from opening_hall.rules import Pace
from opening_hall.seats import CreditCode, Role, Seat
from opening_hall.state import Bid, State
from opening_hall.table import ALLOWED, allowed

Guard = Callable[[State, Seat], None]
MAX_OBJECTIONS = 20
"""Per seat; more belong in writing after the opening."""
MAX_DIAGNOSTICS = 50
"""Per bid and seat in the hall."""


def _own(state: State, seat: Seat) -> Bid:
    bid = state.bid_of(seat)
    if bid is None:
        raise Refusal("unknown-bid")
    return bid


def _schedule(state: State, _: Seat) -> None:
    if state.setup is not None:
        raise Refusal("already-scheduled")


def _commit_draw(state: State, seat: Seat) -> None:
    rule = state.rules.draw
    if rule is None:
        raise Refusal("no-draw")
    if seat.role is not Role.PLATFORM and str(seat) not in rule.seats:
        raise Refusal("not-a-draw-seat", seat=str(seat))
    if str(seat) in state.draw.commitments:
        raise Refusal("already-committed")


def _reveal_draw(state: State, seat: Seat) -> None:
    if str(seat) not in state.draw.commitments:
        raise Refusal("nothing-committed")
    if str(seat) in state.draw.reveals:
        raise Refusal("already-revealed")


def _identity_shares(state: State, seat: Seat) -> None:
    if str(seat) in state.identity_released:
        raise Refusal("already-released")


def _diagnose(state: State, seat: Seat) -> None:
    if seat.role in (Role.BIDDER, Role.RECEIPT) and _own(state, seat).diagnostics >= MAX_DIAGNOSTICS:
        raise Refusal("too-many-diagnostics", limit=MAX_DIAGNOSTICS)


def _contender(state: State, seat: Seat) -> Bid:
    bid = _own(state, seat)
    if bid.id not in state.contenders:
        raise Refusal("bid-not-in-session", bid=bid.id)
    return bid


def _acknowledge(state: State, seat: Seat) -> None:
    if state.part in _contender(state, seat).wrap_at:
        raise Refusal("already-acknowledged")


def _release(state: State, seat: Seat) -> None:
    # Only for `may`: a seat may hand in another bid's key as well, for the key proves itself.
    if seat.role is not Role.PUBLIC and state.part in _contender(state, seat).released:
        raise Refusal("already-released")


def _start_decryption(state: State, _: Seat) -> None:
    if state.draw_pending():
        raise Refusal("draw-pending")


def _end_decryption(state: State, _: Seat) -> None:
    if state.released < len(state.contenders):
        raise Refusal("bids-not-released", missing=len(state.contenders) - state.released)


def _adjudicate(state: State, _: Seat) -> None:
    if not any(bid.failure is not None or bid.waiting for bid in state.bids.values()):
        raise Refusal("nothing-to-adjudicate")
    if state.record.rendered:
        raise Refusal("record-rendered")


def _fix_admitted(state: State, _: Seat) -> None:
    failures = [state.bids[bid].failure for bid in state.contenders]
    open_ = sum(1 for failure in failures if failure is not None and failure.cause is None)
    if open_:
        raise Refusal("not-adjudicated", bids=open_)


def _sign_admitted(state: State, seat: Seat) -> None:
    if str(seat) in state.admitted_signed:
        raise Refusal("already-signed")


def _hall_shares(state: State, seat: Seat) -> None:
    if str(seat) in state.hall_released:
        raise Refusal("already-released")


def all_opened(state: State) -> bool:
    """Every admitted bid has its result, or was adjudicated away."""
    bids = (state.bids[bid] for bid in state.admitted)
    return all(state.part in bid.openings or bid.failure is not None for bid in bids)


def _start_reading(state: State, _: Seat) -> None:
    if not all_opened(state):
        raise Refusal("not-all-opened")


def _read_next(state: State, _: Seat) -> None:
    if state.rules.reading is not Pace.STEPWISE:
        raise Refusal("read-by-timer")


def _confirm(state: State, seat: Seat) -> None:
    bid = _own(state, seat)
    if state.part not in bid.read:
        raise Refusal("line-not-read")
    if state.part in bid.confirmed:
        raise Refusal("already-confirmed")


def _raise(state: State, seat: Seat) -> None:
    if sum(o.by == str(seat) for o in state.objections.values()) >= MAX_OBJECTIONS:
        raise Refusal("too-many-objections", limit=MAX_OBJECTIONS)


def _answer(state: State, _: Seat) -> None:
    if not state.unanswered():
        raise Refusal("nothing-to-answer")


def _close_objections(state: State, _: Seat) -> None:
    if state.unanswered():
        raise Refusal("objection-unanswered")


def _say(state: State, seat: Seat) -> None:
    if state.said.get(str(seat), 0) >= state.rules.chat_per_seat or len(state.chat) >= state.rules.chat_total:
        raise Refusal("chat-full", limit=state.rules.chat_per_seat)


def _resume(state: State, seat: Seat) -> None:
    if state.suspended is None:
        raise Refusal("not-suspended")
    ordered = state.suspended.by.partition(":")[0] == Role.SUPERVISOR
    if ordered and seat.role is not Role.SUPERVISOR:
        raise Refusal("suspended-by-supervisor")


def _render(state: State, _: Seat) -> None:
    if state.record.rendered:
        raise Refusal("record-rendered")
    # An abort has its own reason, code and signature: it does not wait for causes that no longer matter.
    undecided = state.undecided() if state.phase is not Phase.ABORTED else ()
    if undecided:
        raise Refusal("cause-unknown", bids=list(undecided))


def _sign_record(state: State, seat: Seat) -> None:
    if not state.record.rendered or state.record.signing_closed:
        raise Refusal("signing-not-open")
    if CreditCode(seat.id) in state.record.signatures:
        raise Refusal("already-signed")


def _attach(state: State, _: Seat) -> None:
    if not state.record.signing_closed:
        raise Refusal("signing-open")


def next_seal(state: State) -> str | None:
    """Seat whose seal the record waits for; None before there is something to seal, and after the last."""
    ready = state.record.attached if state.phase is Phase.SEALING else state.record.rendered
    seats = state.seal_seats()
    done = len(state.record.sealed)
    return seats[done] if ready and not state.record.sha256 and done < len(seats) else None


def _prepare_seal(state: State, _: Seat) -> None:
    if next_seal(state) is None:
        raise Refusal("nothing-to-seal")


def _seal(state: State, seat: Seat) -> None:
    if state.record.prepared_for != str(seat):
        raise Refusal("not-your-turn")
    if state.record.seal_signed:
        raise Refusal("already-signed")


def _report_sealed(state: State, _: Seat) -> None:
    if not state.record.seal_signed:
        raise Refusal("seal-not-signed")


def _reconvene(state: State, _: Seat) -> None:
    if state.setup is None or state.stage + 1 >= len(state.setup.parts):
        raise Refusal("no-part-left")


GUARDS: Mapping[type[c.Command], Guard] = {
    c.Schedule: _schedule,
    c.CommitDraw: _commit_draw,
    c.RevealDraw: _reveal_draw,
    c.ReleaseIdentityShares: _identity_shares,
    c.ReportDealing: _identity_shares,
    c.Diagnose: _diagnose,
    c.AcknowledgeWrap: _acknowledge,
    c.StartDecryption: _start_decryption,
    c.EndDecryption: _end_decryption,
    c.Adjudicate: _adjudicate,
    c.FixAdmitted: _fix_admitted,
    c.SignAdmitted: _sign_admitted,
    c.ReleaseHallShares: _hall_shares,
    c.StartReading: _start_reading,
    c.ReadNext: _read_next,
    c.ConfirmLine: _confirm,
    c.RaiseObjection: _raise,
    c.AnswerObjection: _answer,
    c.CloseObjections: _close_objections,
    c.Say: _say,
    c.Resume: _resume,
    c.ReportRendered: _render,
    c.SignRecord: _sign_record,
    c.ReportAttached: _attach,
    c.PrepareSeal: _prepare_seal,
    c.SealRecord: _seal,
    c.ReportSealed: _report_sealed,
    c.Reconvene: _reconvene,
}


def check(state: State, seat: Seat, command: type[c.Command]) -> None:
    """Raise Refusal unless the seat may ask this now.

    Codes: not-scheduled, wrong-phase, wrong-seat, hall-suspended, no-such-seat, or the command's own guard.
    """
    if state.setup is None and command is not c.Schedule:
        raise Refusal("not-scheduled")
    roles = allowed(state.phase, command, False)
    if not roles:
        raise Refusal("wrong-phase", command=command.__name__, phase=str(state.phase))
    if state.role_of(seat) not in roles:
        raise Refusal("wrong-seat", command=command.__name__, seat=str(seat.role))
    if not state.knows(seat):
        raise Refusal("no-such-seat", seat=str(seat.role))
    if state.suspended is not None and not allowed(state.phase, command, True):
        raise Refusal("hall-suspended", command=command.__name__)
    guard = GUARDS.get(command)
    if guard is not None:
        guard(state, seat)


def may(state: State, seat: Seat) -> tuple[str, ...]:
    """Names of the commands the seat could issue now."""
    found = []
    role = state.role_of(seat)
    for command, roles in ALLOWED[state.phase].items():
        if role not in roles:
            continue
        try:
            check(state, seat, command)
            if command is c.ReleaseKey:
                _release(state, seat)
        except Refusal:
            continue
        found.append(command.__name__)
    return tuple(sorted(found))
