"""Step on the order of business: every act in a phase and by a seat that the rule table allows, and what the
platform decided by rule decided anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bidding.archive import names
from bidding.verify.case import Case, LogEvent
from bidding.verify.decisions import contradictions
from bidding.verify.report import Findings
from ceremony.errors import Malformed, Refusal
from opening_hall import commands as c
from opening_hall import events as e
from opening_hall.domain import INITIAL, evolve
from opening_hall.facts import Phase
from opening_hall.guards import check
from opening_hall.seats import Seat
from opening_hall.state import State
from opening_hall.steps import admitted_hash
from opening_hall.table import allowed

#: Event to the command it is the direct answer to. What follows by itself in the same append is not listed.
ACTS: Mapping[type[e.Event], type[c.Command]] = {
    e.Scheduled: c.Schedule,
    e.Rescheduled: c.Reschedule,
    e.Closed: c.Close,
    e.Cosigned: c.Cosign,
    e.DrawCommitted: c.CommitDraw,
    e.DrawRevealed: c.RevealDraw,
    e.DealingReported: c.ReportDealing,
    e.IdentitySharesReleased: c.ReleaseIdentityShares,
    e.IdentitiesVerified: c.ReportIdentities,
    e.SignedIn: c.SignIn,
    e.DecryptionExtended: c.ExtendDecryption,
    e.WrapAcknowledged: c.AcknowledgeWrap,
    e.KeyReleased: c.ReleaseKey,
    e.ReleaseFailed: c.ReleaseKey,
    e.Adjudicated: c.Adjudicate,
    e.AdmittedSigned: c.SignAdmitted,
    e.HallSharesReleased: c.ReleaseHallShares,
    e.BidsOpened: c.ReportOpenings,
    e.LineConfirmed: c.ConfirmLine,
    e.ObjectionRaised: c.RaiseObjection,
    e.ObjectionAnswered: c.AnswerObjection,
    e.Said: c.Say,
    e.DiagnosticReported: c.Diagnose,
    e.Suspended: c.Suspend,
    e.Resumed: c.Resume,
    e.Aborted: c.Abort,
    e.Reconvened: c.Reconvene,
    e.HostHandedOver: c.HandOverHost,
    e.CertificatesRejudged: c.RejudgeCertificates,
    e.RecordRendered: c.ReportRendered,
    e.RecordSigned: c.SignRecord,
    e.SignaturesAttached: c.ReportAttached,
    e.SealPrepared: c.PrepareSeal,
    e.SealSigned: c.SealRecord,
    e.RecordSealed: c.ReportSealed,
}

#: Acts whose event names the seat it counts for. The platform reports seals and causes in others' names.
IN_OWN_NAME = (
    e.DrawCommitted,
    e.DrawRevealed,
    e.DealingReported,
    e.IdentitySharesReleased,
    e.SignedIn,
    e.WrapAcknowledged,
    e.AdmittedSigned,
    e.HallSharesReleased,
    e.ObjectionRaised,
    e.ObjectionAnswered,
    e.Said,
    e.DiagnosticReported,
    e.Suspended,
    e.Resumed,
    e.SealSigned,
)


def check_order(case: Case, findings: Findings) -> None:
    """Fold the hall once more and hold every act against the table and the protocol's order."""
    state = INITIAL
    acts = 0
    whole = not any(isinstance(event, e.Erased) for _, event in case.hall)
    for entry, event in case.hall:
        command = ACTS.get(type(event))
        if command is not None:
            acts += 1
            _check_act(entry, state, event, command, whole, findings)
        for problem in _out_of_order(state, event):
            findings.add(names.HALL_EVENTS, "event-out-of-order", problem, leaf=entry.index)
        # What was erased may have been a rule's ground, so that nothing can be decided anew without it.
        for problem in contradictions(state, event) if whole else ():
            findings.add(names.HALL_EVENTS, "decided-otherwise", problem, leaf=entry.index)
        state = evolve(state, event)
    _check_witnesses(case, findings)
    findings.note(f"{acts} acts, each by a seat and in a phase that the table allows")
    findings.note(
        "the platform's own steps follow from the rules" if whole else "not decided anew: erased events"
    )


def _check_witnesses(case: Case, findings: Findings) -> None:
    """Closed stands under a checkpoint that as many witnesses cosigned as the rule row wants."""
    wanted = case.setup.rules.witness_quorum
    closed = next((entry for entry, event in case.hall if isinstance(event, e.Closed)), None)
    if not wanted or closed is None or not any(isinstance(event, e.Cosigned) for _, event in case.hall):
        return
    vouched = {name for size, witnesses in case.cosigned if size > closed.index for name in witnesses}
    told = {event.witness for _, event in case.hall if isinstance(event, e.Cosigned)}
    if len(vouched) < wanted or not told <= vouched:
        detail = f"{len(vouched)} known witnesses cosigned a checkpoint over Closed, {wanted} are wanted"
        findings.add(names.WITNESSES, "witnesses-missing", detail, leaf=closed.index)
    findings.note(f"{len(vouched)} witnesses vouch for Closed")


def _check_act(
    entry: LogEvent, state: State, event: e.Event, command: type[c.Command], whole: bool, findings: Findings
) -> None:
    """The seat exists, acts in its own name, and might do this now; once, where a quorum counts on it."""
    try:
        seat = Seat.parse(entry.seat)
        if whole:
            check(state, seat, command)
        elif state.role_of(seat) not in allowed(state.phase, command, state.suspended is not None):
            raise Refusal("wrong-seat")
    except Malformed:
        findings.add(names.HALL_EVENTS, "seat-malformed", entry.seat, leaf=entry.index)
    except Refusal as refusal:
        detail = f"{entry.type} by {entry.seat} while {state.phase}: {refusal.code}"
        findings.add(names.HALL_EVENTS, "act-not-allowed", detail, leaf=entry.index)
    else:
        if not _is_own(state, seat, event):
            detail = f"{entry.type} by {entry.seat} in another's name"
            findings.add(names.HALL_EVENTS, "act-not-allowed", detail, leaf=entry.index)


def _is_own(state: State, seat: Seat, event: e.Event) -> bool:
    """Whoever the event counts for is the seat that acted."""
    match event:
        case e.LineConfirmed():
            bid = state.bid_of(seat)
            return bid is not None and bid.id == event.bid
        case e.RecordSigned():
            return seat.id == event.credit_code
        case _:
            return not isinstance(event, IN_OWN_NAME) or getattr(event, "by", str(seat)) == str(seat)


def _out_of_order(state: State, event: e.Event) -> list[str]:
    """Why an event may not stand here: what must come before anything is opened."""
    quorum = state.setup.quorum if state.setup else 0
    match event:
        case e.Rescheduled() if state.setup is not None and _begun(state, event):
            if replace(event.setup, seats=state.setup.seats) != state.setup:
                return ["more than the seats was changed after the deadline"]
            return []
        case e.IdentitiesVerified() if len(state.identity_released) < quorum:
            return ["identities opened with fewer officers than the quorum"]
        case e.HallClosed() if not _is_sealed(state):
            return ["the record was closed before every seat sealed it"]
        case e.IdentitySharesReleased() if len(state.cosigned) < state.rules.witness_quorum:
            return ["identity shares before the witnesses cosigned Closed"]
        case e.AdmittedFixed() if event.hash != admitted_hash(state, event.bids):
            return ["the hash of the admitted set is not the set's"]
        case e.HallSharesReleased() if event.hash != state.admitted_hash:
            return ["hall shares for another set than the admitted one"]
        case e.HallSharesReleased() if len(state.admitted_signed) < quorum:
            return ["hall shares before the officers signed the admitted set"]
        case e.BidsOpened() if not set(event.results) <= set(state.admitted):
            return ["a bid was opened that was not admitted"]
        case e.BidsOpened() if len(state.hall_released) < quorum:
            return ["opened with fewer officers than the quorum"]
        case _:
            return []


def _begun(state: State, event: e.Event) -> bool:
    return state.phase is not Phase.SCHEDULED or (
        state.setup is not None and event.at >= state.setup.opens_at
    )


def _is_sealed(state: State) -> bool:
    over = state.phase in (Phase.FAILED, Phase.ABORTED)
    ready = state.record.rendered if over else state.record.attached
    return bool(ready) and len(state.record.sealed) >= len(state.seal_seats())
