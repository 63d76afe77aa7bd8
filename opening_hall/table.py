"""The rule table: which role may ask what in which phase. Buttons, documents and tests are made from it."""

from __future__ import annotations

from collections.abc import Mapping

from opening_hall import commands as c
from opening_hall.facts import Phase
from opening_hall.seats import OFFICIALS, Role

HOST = frozenset({Role.HOST})
DUTY = frozenset({Role.HOST, Role.DEPUTY})
PLATFORM = frozenset({Role.PLATFORM})
OFFICER = frozenset({Role.OFFICER})
BIDDER = frozenset({Role.BIDDER})
OWNERS = frozenset({Role.BIDDER, Role.RECEIPT})
"""Whoever speaks for a bid: by certificate, or by its receipt key."""
ANYBODY = OWNERS | {Role.PUBLIC}
"""A released key proves itself; the channel does not matter."""
DRAWERS = frozenset({Role.HOST, Role.TENDERER, Role.SUPERVISOR, Role.WITNESS, Role.PLATFORM})
SEALERS = frozenset({Role.HOST, Role.TENDERER, Role.SUPERVISOR})
OBSERVERS = OFFICIALS | OWNERS | PLATFORM

Row = Mapping[type[c.Command], frozenset[Role]]

# Before the list is announced nothing a bidder does may show: no bidder or receipt stands in these rows.
_ALWAYS: Row = {
    c.Tick: PLATFORM,
    c.HandOverHost: DUTY,
    c.SignIn: OFFICIALS,
    c.Say: OFFICIALS,
    c.Abort: HOST | PLATFORM,
    c.Reschedule: PLATFORM,
}
_PAUSE: Row = {
    c.Suspend: frozenset({Role.HOST, Role.SUPERVISOR, Role.PLATFORM}),
    c.Resume: frozenset({Role.HOST, Role.SUPERVISOR}),
}
_PHASE_0: Row = {
    **_ALWAYS,
    **_PAUSE,
    c.Cosign: PLATFORM,
    c.RevealDraw: DRAWERS,
    c.ReportDealing: OFFICER,
}
_NAMED: Row = {
    **_ALWAYS,
    **_PAUSE,
    c.SignIn: OFFICIALS | BIDDER,
    c.Say: OFFICIALS | BIDDER,
    c.Diagnose: OBSERVERS,
    c.RaiseObjection: BIDDER,
    c.AnswerObjection: HOST,
    c.Adjudicate: HOST,
}
_SEALS: Row = {
    c.PrepareSeal: PLATFORM,
    c.SealRecord: SEALERS,
    c.ReportSealed: PLATFORM,
}
_AFTER: Row = {
    c.Tick: PLATFORM,
    c.Diagnose: PLATFORM,
    c.Reschedule: PLATFORM,
    c.HandOverHost: DUTY,
    c.SignIn: OFFICIALS | BIDDER,
}

ALLOWED: Mapping[Phase, Row] = {
    Phase.SCHEDULED: {
        **_ALWAYS,
        c.Schedule: PLATFORM,
        c.CommitDraw: DRAWERS,
    },
    Phase.CLOSING: {**_ALWAYS, c.Close: PLATFORM},
    Phase.CLOSED: _PHASE_0,
    Phase.IDENTIFYING: {
        **_PHASE_0,
        c.ReleaseIdentityShares: OFFICER,
        c.ReportIdentities: PLATFORM,
        c.Adjudicate: HOST,
    },
    Phase.LIST_ANNOUNCED: {
        **_NAMED,
        c.RevealDraw: DRAWERS,
        c.StartDecryption: HOST,
        c.AcknowledgeWrap: OWNERS,
    },
    Phase.DECRYPTING: {
        **_NAMED,
        c.AcknowledgeWrap: OWNERS,
        c.ReleaseKey: ANYBODY,
        c.ExtendDecryption: HOST,
        c.EndDecryption: HOST,
    },
    Phase.ADJUDICATING: {**_NAMED, c.ExtendDecryption: HOST, c.FixAdmitted: HOST},
    Phase.ADMITTED: {**_NAMED, c.SignAdmitted: OFFICER},
    Phase.OPENING: {
        **_NAMED,
        c.ReleaseHallShares: OFFICER,
        c.ReportOpenings: PLATFORM,
        c.StartReading: HOST,
    },
    Phase.READING: {**_NAMED, c.ReadNext: HOST, c.ConfirmLine: BIDDER},
    Phase.CONFIRMING: {**_NAMED, c.ConfirmLine: BIDDER},
    Phase.OBJECTION: {**_NAMED, c.CloseObjections: HOST},
    Phase.RECORD_SIGN: {
        **_ALWAYS,
        **_PAUSE,
        c.SignIn: OFFICIALS | BIDDER,
        c.Diagnose: PLATFORM,
        c.Adjudicate: HOST,
        c.RejudgeCertificates: PLATFORM,
        c.ReportRendered: PLATFORM,
        c.SignRecord: BIDDER,
        c.ReportAttached: PLATFORM,
    },
    Phase.SEALING: {**_AFTER, **_SEALS},
    Phase.RECORDED: {**_AFTER, c.Reconvene: HOST},
    Phase.FAILED: {**_AFTER, **_SEALS, c.ReportRendered: PLATFORM, c.Adjudicate: HOST},
    Phase.ABORTED: {**_AFTER, **_SEALS, c.ReportRendered: PLATFORM, c.Adjudicate: HOST},
}

WHILE_SUSPENDED: frozenset[type[c.Command]] = frozenset(
    {
        c.Tick,
        c.Reschedule,
        c.HandOverHost,
        c.SignIn,
        c.Say,
        c.Abort,
        c.Resume,
        c.Cosign,
        c.Diagnose,
        c.RaiseObjection,
        c.AnswerObjection,
    }
)
"""What goes on while the clocks stand still; everything else waits."""


def allowed(phase: Phase, command: type[c.Command], suspended: bool) -> frozenset[Role]:
    """Roles that may ask `command` now; empty when nobody may."""
    if suspended and command not in WHILE_SUSPENDED:
        return frozenset()
    return ALLOWED[phase].get(command, frozenset())
