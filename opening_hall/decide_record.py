"""Decide, the record: rendering, the bidders' signatures, the seals, and the next part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ceremony.errors import Refusal
from opening_hall import commands as c
from opening_hall import events as e
from opening_hall.draft import Draft
from opening_hall.facts import Phase
from opening_hall.guards import next_seal
from opening_hall.seats import CreditCode, Seat
from opening_hall.steps import begin_decryption, decryption_start, settle_signing


def _rejudge(draft: Draft, _: Seat, command: c.RejudgeCertificates) -> None:
    if draft.state.record.rendered:
        raise Refusal("record-rendered")
    for bid in command.results:
        if bid not in draft.state.bids:
            raise Refusal("unknown-bid", bid=bid)
    draft.add(e.CertificatesRejudged(command.results))


def _rendered(draft: Draft, _: Seat, command: c.ReportRendered) -> None:
    signing = draft.state.phase is Phase.RECORD_SIGN
    until = draft.in_seconds(draft.rules.signing_seconds) if signing else None
    draft.add(e.RecordRendered(command.sha256, command.size, command.minutes_sha256, until))
    if not signing:
        _finish(draft, command.sha256)


def _sign(draft: Draft, seat: Seat, command: c.SignRecord) -> None:
    draft.in_time()
    if command.sha256 != draft.state.record.rendered:
        raise Refusal("not-this-record", sha256=draft.state.record.rendered)
    draft.add(e.RecordSigned(CreditCode(seat.id), command.sha256, command.signature))
    settle_signing(draft)


def _attached(draft: Draft, _: Seat, command: c.ReportAttached) -> None:
    draft.add(e.SignaturesAttached(command.sha256))
    _finish(draft, command.sha256)


def _finish(draft: Draft, sha256: str) -> None:
    """Close the session's record once no seal is missing."""
    if next_seal(draft.state) is None:
        draft.add(e.HallClosed(sha256))


def _prepare(draft: Draft, _: Seat, command: c.PrepareSeal) -> None:
    if command.seat != next_seal(draft.state):
        raise Refusal("not-your-turn", seat=command.seat)
    record = draft.state.record
    if (record.prepared_for, record.digest) != (command.seat, command.digest):
        draft.add(e.SealPrepared(command.seat, command.digest))


def _seal(draft: Draft, seat: Seat, command: c.SealRecord) -> None:
    if command.digest != draft.state.record.digest:
        raise Refusal("not-this-record", digest=draft.state.record.digest)
    draft.add(e.SealSigned(str(seat), command.digest, command.signature))


def _sealed(draft: Draft, _: Seat, command: c.ReportSealed) -> None:
    if command.seat != draft.state.record.prepared_for:
        raise Refusal("not-your-turn", seat=command.seat)
    draft.add(e.RecordSealed(command.seat, command.sha256))
    _finish(draft, command.sha256)


def _reconvene(draft: Draft, _: Seat, command: c.Reconvene) -> None:
    state = draft.state
    for bid in command.bids:
        opening = state.bids[bid].openings.get(state.part) if bid in state.bids else None
        if opening is None or not opening.ok:
            raise Refusal("bid-not-in-session", bid=bid)
    if not command.bids or len(set(command.bids)) != len(command.bids):
        raise Refusal("nobody-admitted")
    if not command.reason:
        raise Refusal("reason-missing")
    part = draft.setup.parts[state.stage + 1]
    order = tuple(bid for bid in state.order if bid in command.bids)
    draft.add(e.Reconvened(part, order, command.reason, command.signature, decryption_start(draft)))
    begin_decryption(draft)


RECORD: Mapping[type[c.Command], Callable[[Draft, Seat, Any], None]] = {
    c.RejudgeCertificates: _rejudge,
    c.ReportRendered: _rendered,
    c.SignRecord: _sign,
    c.ReportAttached: _attached,
    c.PrepareSeal: _prepare,
    c.SealRecord: _seal,
    c.ReportSealed: _sealed,
    c.Reconvene: _reconvene,
}
