"""From a command on the wire to one the rules can judge: all that is slow or cryptographic happens here.

Signatures, shares and keys are verified against manifests and certificates; secrets and signatures are handed
on to be written in the transaction of the event that speaks of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from ceremony.errors import Refusal
from crypto.canonical import unb64
from crypto.envelope import IDENTITY, Manifest, hall_purpose, verify_bidder_key, verify_share
from crypto.errors import Invalid
from crypto.signing import verify_detached
from opening_hall import commands as c
from opening_hall import statements, vault, wire
from opening_hall.seats import BidId, LotId, Role, Seat
from opening_hall.state import State
from opening_hall.vault import Vault

Within = Callable[[sa.Connection], None]


@dataclass(frozen=True, slots=True)
class Caller:
    """A person signed in by certificate."""

    person: str
    name: str
    credit_code: str
    certificate_sha256: str


class Evidence(Protocol):
    """Where prepared commands find what they verify against."""

    @property
    def vault(self) -> Vault: ...

    def manifest(self, bid: BidId) -> Manifest:
        """Parsed manifest of a live bid from Closed on. Raises Refusal("unknown-bid")."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A command with its secrets, which go to the vault in the same transaction."""

    command: c.Command
    secrets: tuple[tuple[str, str, str, bytes], ...] = ()
    """(bid or reference, kind, seat, data)."""

    def within(self, kept: Vault, lot: LotId) -> Within | None:
        """What to do inside the append's transaction."""
        if not self.secrets:
            return None

        def write(tx: sa.Connection) -> None:
            for reference, kind, seat, data in self.secrets:
                kept.put_secret(tx, lot, reference, kind, seat, data)

        return write


@dataclass(frozen=True, slots=True)
class Desk:
    """One command being prepared."""

    evidence: Evidence
    lot: LotId
    state: State
    seat: Seat
    caller: Caller | None

    def person(self) -> Caller:
        """Who signs. Raises Refusal("sign-in-needed") for a seat without a certificate."""
        if self.caller is None:
            raise Refusal("sign-in-needed")
        return self.caller

    def signed(self, cms: str, *, data: bytes | None = None, digest: str = "") -> tuple[str, bytes]:
        """(SHA-256 in hex, DER) of a CMS that the seat's own certificate made over the data or digest.

        Raises Invalid("bad-cms"), Invalid("bad-signature"), Refusal("not-your-signature").
        """
        der = unb64(cms)
        if data is not None:
            signer = verify_detached(der, data=data)
        else:
            signer = verify_detached(der, digest=bytes.fromhex(digest))
        if hashlib.sha256(signer.certificate).hexdigest() != self.person().certificate_sha256:
            raise Refusal("not-your-signature")
        return hashlib.sha256(der).hexdigest(), der

    def act(self, cms: str, data: bytes) -> tuple[str, tuple[str, str, str, bytes]]:
        """A signed act: its hash and what the vault keeps."""
        hash_, der = self.signed(cms, data=data)
        return hash_, (hash_, vault.SIGNATURE, str(self.seat), der)


# --- officers


def _shares(desk: Desk, purpose: str, kind: str, shares: Mapping[str, str]) -> tuple[Any, ...]:
    """(good bids, false bids with the reason, secrets)."""
    entry = desk.state.person(desk.seat)
    if entry is None or not entry.index:
        raise Refusal("no-such-seat", seat=str(desk.seat.role))
    good, false, secrets = [], {}, []
    for name, share in shares.items():
        bid = BidId(name)
        data = unb64(share)
        try:
            verify_share(desk.evidence.manifest(bid), purpose, entry.index, data)
        except Invalid as error:
            false[bid] = error.code
        else:
            good.append(bid)
            secrets.append((bid, kind, str(desk.seat), data))
    return tuple(good), false, tuple(secrets)


def _identity_shares(desk: Desk, message: wire.ReleaseIdentityShares) -> Prepared:
    good, false, secrets = _shares(desk, IDENTITY, vault.IDENTITY_SHARE, message.shares)
    return Prepared(c.ReleaseIdentityShares(good, false), secrets)


def _hall_shares(desk: Desk, message: wire.ReleaseHallShares) -> Prepared:
    # Before anything is verified: a share of a bid outside the set is not even looked at.
    if {BidId(bid) for bid in message.shares} != set(desk.state.admitted):
        raise Refusal("not-the-admitted-set", admitted=desk.state.admitted_hash)
    kind = vault.HALL_SHARE + message.part
    good, false, secrets = _shares(desk, hall_purpose(message.part), kind, message.shares)
    return Prepared(c.ReleaseHallShares(message.part, good, false), secrets)


def _report_dealing(desk: Desk, message: wire.ReportDealing) -> Prepared:
    return Prepared(c.ReportDealing(BidId(message.bid), message.purpose, message.reason))


def _sign_admitted(desk: Desk, message: wire.SignAdmitted) -> Prepared:
    data = statements.admitted(desk.lot, desk.state.part, message.hash)
    hash_, kept = desk.act(message.cms, data)
    return Prepared(c.SignAdmitted(message.hash, hash_), (kept,))


# --- bidders


def _release(desk: Desk, message: wire.ReleaseKey) -> Prepared:
    bid, key = BidId(message.bid), unb64(message.key)
    channel = "release" if desk.seat.role is Role.PUBLIC else "hall"
    try:
        verify_bidder_key(desk.evidence.manifest(bid), message.part, key)
    except Invalid as error:
        return Prepared(c.ReleaseKey(bid, message.part, channel, error.code))
    kept = (bid, vault.BIDDER_KEY + message.part, "", key)
    return Prepared(c.ReleaseKey(bid, message.part, channel), (kept,))


def _sign_in(desk: Desk, _: wire.SignIn) -> Prepared:
    person = desk.person()
    return Prepared(c.SignIn(person.name, person.certificate_sha256))


def _acknowledge(_: Desk, message: wire.AcknowledgeWrap) -> Prepared:
    return Prepared(c.AcknowledgeWrap(BidId(message.bid)))


def _confirm(desk: Desk, message: wire.ConfirmLine) -> Prepared:
    bid = desk.state.bids.get(BidId(message.bid))
    opening = bid.openings.get(desk.state.part) if bid is not None else None
    if message.cms is None or opening is None:
        return Prepared(c.ConfirmLine(BidId(message.bid)))
    data = statements.line(desk.lot, message.bid, desk.state.part, opening.form)
    hash_, kept = desk.act(message.cms, data)
    return Prepared(c.ConfirmLine(BidId(message.bid), hash_), (kept,))


def _sign_record(desk: Desk, message: wire.SignRecord) -> Prepared:
    hash_, der = desk.signed(message.cms, digest=message.sha256)
    kept = (desk.person().credit_code, f"{vault.RECORD_SIGNATURE}{desk.state.stage}", str(desk.seat), der)
    return Prepared(c.SignRecord(message.sha256, hash_), (kept,))


def _diagnose(_: Desk, message: wire.Diagnose) -> Prepared:
    bid = BidId(message.bid) if message.bid is not None else None
    return Prepared(c.Diagnose(message.kind, message.facts, bid))


# --- host and others


def _bids(message: wire.Adjudicate | wire.Reconvene) -> tuple[BidId, ...]:
    return tuple(dict.fromkeys(BidId(bid) for bid in message.bids))


def _adjudicate(desk: Desk, message: wire.Adjudicate) -> Prepared:
    bids = _bids(message)
    data = statements.adjudication(desk.lot, bids, message.cause, message.reason)
    hash_, kept = desk.act(message.cms, data)
    return Prepared(c.Adjudicate(bids, message.cause, message.reason, hash_), (kept,))


def _raise(desk: Desk, message: wire.RaiseObjection) -> Prepared:
    hash_, kept = desk.act(message.cms, statements.objection(desk.lot, message.objection, message.text))
    return Prepared(c.RaiseObjection(message.objection, message.text, hash_), (kept,))


def _answer(desk: Desk, message: wire.AnswerObjection) -> Prepared:
    data = statements.answer(desk.lot, message.objection, message.text, message.resolution)
    hash_, kept = desk.act(message.cms, data)
    return Prepared(c.AnswerObjection(message.objection, message.text, message.resolution, hash_), (kept,))


def _abort(desk: Desk, message: wire.Abort) -> Prepared:
    hash_, kept = desk.act(message.cms, statements.abort(desk.lot, message.code, message.reason))
    return Prepared(c.Abort(message.code, message.reason, hash_), (kept,))


def _reconvene(desk: Desk, message: wire.Reconvene) -> Prepared:
    bids = _bids(message)
    hash_, kept = desk.act(message.cms, statements.reconvene(desk.lot, bids, message.reason))
    return Prepared(c.Reconvene(bids, message.reason, hash_), (kept,))


def _hand_over(desk: Desk, message: wire.HandOverHost) -> Prepared:
    hash_, kept = desk.act(message.cms, statements.handover(desk.lot, message.to, message.reason))
    return Prepared(c.HandOverHost(message.to, message.reason, hash_), (kept,))


def _seal(desk: Desk, message: wire.SealRecord) -> Prepared:
    hash_, der = desk.signed(message.cms, digest=message.digest)
    kept = (message.digest, f"{vault.SEAL}{desk.state.stage}", str(desk.seat), der)
    return Prepared(c.SealRecord(message.digest, hash_), (kept,))


PREPARE: Mapping[type[wire.Wire], Callable[[Desk, Any], Prepared]] = {
    wire.ReleaseIdentityShares: _identity_shares,
    wire.ReleaseHallShares: _hall_shares,
    wire.ReportDealing: _report_dealing,
    wire.SignAdmitted: _sign_admitted,
    wire.ReleaseKey: _release,
    wire.SignIn: _sign_in,
    wire.AcknowledgeWrap: _acknowledge,
    wire.ConfirmLine: _confirm,
    wire.SignRecord: _sign_record,
    wire.Diagnose: _diagnose,
    wire.Adjudicate: _adjudicate,
    wire.RaiseObjection: _raise,
    wire.AnswerObjection: _answer,
    wire.Abort: _abort,
    wire.Reconvene: _reconvene,
    wire.HandOverHost: _hand_over,
    wire.SealRecord: _seal,
    wire.CommitDraw: lambda _, m: Prepared(c.CommitDraw(m.commitment)),
    wire.RevealDraw: lambda _, m: Prepared(c.RevealDraw(m.value)),
    wire.StartDecryption: lambda _, __: Prepared(c.StartDecryption()),
    wire.ExtendDecryption: lambda _, m: Prepared(c.ExtendDecryption(m.seconds, m.reason)),
    wire.EndDecryption: lambda _, __: Prepared(c.EndDecryption()),
    wire.FixAdmitted: lambda _, __: Prepared(c.FixAdmitted()),
    wire.StartReading: lambda _, __: Prepared(c.StartReading()),
    wire.ReadNext: lambda _, __: Prepared(c.ReadNext()),
    wire.CloseObjections: lambda _, __: Prepared(c.CloseObjections()),
    wire.Say: lambda _, m: Prepared(c.Say(m.text)),
    wire.Suspend: lambda _, m: Prepared(c.Suspend(m.code, m.reason)),
    wire.Resume: lambda _, m: Prepared(c.Resume(m.reason)),
}


def prepare(desk: Desk, message: wire.WireCommand) -> Prepared:
    """Verify what the message brings. Blocking; raises Invalid, Refusal, Unavailable."""
    return PREPARE[type(message)](desk, message)
