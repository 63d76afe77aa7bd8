"""What the platform does with released shares and keys: open identities in phase 0 and forms in phase B.

Whatever a bidder or an officer sent, the answer is a result with a reason and a proposed cause, never an
exception: one bad bid must not stop the others. Only a store that cannot be read raises (`Unavailable`), and
then nothing was decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol

from crypto.canonical import b64, canon, iso
from crypto.envelope import (
    IDENTITY,
    Identity,
    Keyset,
    Manifest,
    content_key,
    hall_purpose,
    open_identity,
    parse_manifest,
    read_form,
    reconstruct,
    verify_manifest,
)
from crypto.errors import Invalid
from crypto.revocation import RevocationEvidence
from crypto.signing import SignedBy
from crypto.timestamps import verify_token
from crypto.trust import Judgement, Purpose, TrustStore, Verdict
from opening_hall.facts import Cause, IdentityResult, Member, Opening
from opening_hall.papers import remark_on
from opening_hall.rules import Rules
from opening_hall.seats import BidId, CreditCode
from opening_hall.state import Bid

#: The certificate was good when the bid arrived, not when the platform had it stamped.
DELAYED = "time-stamp-delayed"
#: No time stamp covers the submission yet; its certificate was judged at the time of receipt.
UNSTAMPED = "time-stamp-missing"


class StampedBid(Protocol):
    """The first time stamp that covers a submission."""

    @property
    def token(self) -> bytes: ...
    @property
    def digest(self) -> bytes: ...


class SealedBids(Protocol):
    """Sealed bids of a closed lot, as far as opening them needs (see vault.Vault)."""

    def manifest(self, bid: BidId) -> bytes: ...
    def box(self, bid: BidId) -> bytes: ...
    def segment(self, bid: BidId, part: str, index: int) -> bytes: ...
    def stamped(self, bid: BidId) -> StampedBid | None: ...


@dataclass(frozen=True, slots=True)
class Examination:
    """By what phase 0 examines the bids of one lot; the lists are fetched once for all of them."""

    keyset: Keyset
    #: Hashes of the documents' revisions that count at the deadline.
    docs: frozenset[str]
    rules: Rules
    opens_at: datetime
    trust: TrustStore
    lists: RevocationEvidence


@dataclass(frozen=True, slots=True)
class Identified:
    """What phase 0 found: a result, or why it has to wait for more shares; and what shows it, by name."""

    result: IdentityResult | None
    waiting: str = ""
    evidence: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenedPart:
    """What phase B found in one part, or why it has to wait for more shares."""

    opening: Opening | None
    waiting: str = ""


def identify(vault: SealedBids, bid: Bid, shares: Mapping[int, bytes], by: Examination) -> Identified:
    """Open and judge one identity box from its officers' shares by seat index."""
    manifest = parse_manifest(vault.manifest(bid.id))
    if len(shares) < manifest.k:
        return Identified(None, "shares-missing")
    try:
        k_identity = reconstruct(manifest, IDENTITY, shares)
        box = vault.box(bid.id)
        identity = open_identity(manifest, box, k_identity)
        verify_manifest(manifest, by.keyset, docs_hashes=by.docs)
        _verify_members(identity)
    except Invalid as error:
        return _not_opened(error)
    return _judge(vault, bid, identity, by)


def judge_again(
    identity: Mapping[str, bytes], bid: Bid, stamped: StampedBid | None, by: Examination
) -> Judgement | None:
    """Judge a kept certificate anew at its genTime, by lists issued since; None while it has no time stamp.

    `identity` is the evidence that :func:`identify` gave.
    """
    gen_time = _stamp_time(stamped, by)
    if gen_time is None:
        return None
    chain = tuple(identity[name] for name in sorted(identity) if name.startswith("chain-"))
    kept = _kept_lists(identity)
    judgement = _judge_at(by, identity["certificate"], chain, kept, gen_time)
    if judgement.verdict is not Verdict.VALID and bid.identity is not None and bid.identity.reason == DELAYED:
        return _judge_at(by, identity["certificate"], chain, kept, bid.closed.received_at)
    return judgement


def open_part(
    vault: SealedBids, bid: BidId, part: str, shares: Mapping[int, bytes], released: bytes | None
) -> OpenedPart:
    """Open one part of one admitted bid as far as its form."""
    try:
        manifest = parse_manifest(vault.manifest(bid))
        if len(shares) < manifest.k:
            return OpenedPart(None, waiting="shares-missing")
        k_hall = reconstruct(manifest, hall_purpose(part), shares)
    except Invalid as error:
        if error.code == "false-share":
            return OpenedPart(None, waiting=error.code)
        return OpenedPart(_failed(error))
    commit = manifest.part(part).form_commit
    sound = b64(k_hall)
    if released is None:
        lost = Invalid("released-key-missing", "the vault does not hold the key that was acknowledged")
        return OpenedPart(replace(_failed(lost, commit, Cause.PLATFORM), k_hall=sound))
    try:
        dek = content_key(manifest, part, released, k_hall)
        form = read_form(manifest, part, dek, vault.segment(bid, part, 0))
    except Invalid as error:
        cause = Cause.PLATFORM if error.code == "object-missing" else Cause.BIDDER
        return OpenedPart(replace(_failed(error, commit, cause), k_hall=sound))
    return OpenedPart(Opening(True, form.fields, b64(form.nonce), sound, commit))


def content_key_of(
    vault: SealedBids, bid: BidId, part: str, released: bytes, k_hall: bytes
) -> tuple[Manifest, bytes]:
    """The key of a part whose form was read, for what lies behind it. Raises `Invalid`."""
    manifest = parse_manifest(vault.manifest(bid))
    return manifest, content_key(manifest, part, released, k_hall)


def usable_shares(
    secrets: Mapping[tuple[BidId, str], bytes], indices: Mapping[str, int]
) -> dict[BidId, dict[int, bytes]]:
    """Released shares by bid and seat index. Those that contradicted their commitment were never kept."""
    by_bid: dict[BidId, dict[int, bytes]] = {}
    for (bid, seat), share in secrets.items():
        if seat in indices:
            by_bid.setdefault(bid, {})[indices[seat]] = share
    return by_bid


def _not_opened(error: Invalid) -> Identified:
    if error.code == "false-share":
        # The officer's doing: with another officer's share the bid still opens.
        return Identified(None, error.code)
    cause = Cause.PLATFORM if error.code == "object-missing" else Cause.BIDDER
    return Identified(IdentityResult(False, reason=error.code, cause=cause))


def _failed(error: Invalid, form_commit: str = "", cause: Cause = Cause.BIDDER) -> Opening:
    return Opening(False, form_commit=form_commit, reason=error.code, cause=cause)


def _verify_members(identity: Identity) -> None:
    """A consortium's lead is the organisation that bids (联合体牵头人)."""
    if identity.members and identity.members[0] != identity.organisation:
        raise Invalid("lead-mismatch", "the first member of the consortium is not the bidder")


def _judge(vault: SealedBids, bid: Bid, identity: Identity, by: Examination) -> Identified:
    received_at = bid.closed.received_at
    gen_time = _stamp_time(vault.stamped(bid.id), by)
    own = RevocationEvidence(identity.crls, identity.ocsps)
    judgement = _judge_at(by, identity.certificate, identity.chain, own, gen_time or received_at)
    result = _result(identity, judgement, gen_time)
    if judgement.verdict is Verdict.INVALID and gen_time is not None:
        earlier = _judge_at(by, identity.certificate, identity.chain, own, received_at)
        if earlier.verdict is not Verdict.INVALID:
            # The delay between receipt and time stamp is the platform's, so the bid is admitted.
            judgement = earlier
            result = replace(_result(identity, earlier, gen_time), reason=DELAYED, cause=Cause.PLATFORM)
    if result.ok and by.rules.certificate_valid_at_deadline:
        at_deadline = _judge_at(by, identity.certificate, identity.chain, own, by.opens_at)
        if at_deadline.verdict is Verdict.INVALID:
            judgement = at_deadline
            result = replace(result, ok=False, reason=at_deadline.reason, cause=Cause.BIDDER)
    if result.ok and not result.reason:
        result = replace(result, reason=_remark(identity, received_at, by))
    return Identified(result, evidence=_evidence(identity, judgement))


def _remark(identity: Identity, at: datetime, by: Examination) -> str:
    """What the committee should know of the consortium's agreement and the representative's mandate."""

    def code_of(signed: SignedBy) -> str | None:
        found = _judge_at(by, signed.certificate, signed.chain, RevocationEvidence(), at)
        return None if found.verdict is Verdict.INVALID else found.credit_code

    return remark_on(identity, tender=by.keyset.tender, lot=by.keyset.lot, at=at, code_of=code_of)


def _stamp_time(stamped: StampedBid | None, by: Examination) -> datetime | None:
    """genTime, or None: a token that does not verify is no time stamp, and that is not the bidder's doing."""
    if stamped is None:
        return None
    return _token_time(stamped.token, stamped.digest, by.trust.anchors, by.trust.intermediates)


@lru_cache(maxsize=256)
def _token_time(
    token: bytes, digest: bytes, anchors: tuple[bytes, ...], intermediates: tuple[bytes, ...]
) -> datetime | None:
    """One token covers all bids of a sealed batch."""
    try:
        return verify_token(token, digest, anchors, intermediates=intermediates)
    except Invalid:
        return None


def _judge_at(
    by: Examination, certificate: bytes, chain: tuple[bytes, ...], own: RevocationEvidence, at: datetime
) -> Judgement:
    return by.trust.judge(
        certificate,
        chain,
        at=at,
        evidence=by.lists + own,
        purpose=Purpose.SIGN,
        max_age=timedelta(seconds=by.rules.max_revocation_age),
    )


def _result(identity: Identity, judgement: Judgement, gen_time: datetime | None) -> IdentityResult:
    """What stands in the log. An open question about a certificate is a remark: it is judged again."""
    organisation = identity.organisation
    facts = IdentityResult(
        ok=True,
        credit_code=CreditCode(organisation["creditCode"]),
        name=organisation["name"],
        members=tuple(Member(member["name"], member["creditCode"]) for member in identity.members),
        representative=str(identity.facts["representative"].get("name", "")),
        certificate_sha256=judgement.certificate_sha256,
        signed_at=identity.signed_at,
        gen_time=gen_time,
        deposit=dict(identity.facts["deposit"] or {}),
        replaces=tuple(BidId(old) for old in identity.replaces),
        draw=b64(identity.draw),
        reason=judgement.reason or ("" if gen_time else UNSTAMPED),
    )
    if judgement.verdict is Verdict.INVALID:
        return replace(facts, ok=False, cause=Cause.BIDDER)
    if judgement.credit_code != organisation["creditCode"]:
        return replace(facts, ok=False, reason="credit-code-mismatch", cause=Cause.BIDDER)
    return facts


def _evidence(identity: Identity, judgement: Judgement) -> dict[str, bytes]:
    """What is kept so that anyone with the right can repeat the judgement."""
    kept = {
        "certificate": identity.certificate,
        "signature": identity.cms,
        "statement": identity.statement,
        "identity": canon(identity.facts),
        "judgement": canon(_told(judgement)),
    }
    for name, ders in (
        ("chain", identity.chain),
        ("path", judgement.path),
        ("crl", judgement.evidence.crls),
        ("ocsp", judgement.evidence.ocsps),
        ("own-crl", identity.crls),
        ("own-ocsp", identity.ocsps),
    ):
        kept |= {f"{name}-{number:02}": der for number, der in enumerate(ders)}
    return kept


def _told(judgement: Judgement) -> dict[str, str | None]:
    return {
        "verdict": judgement.verdict.value,
        "reason": judgement.reason,
        "at": iso(judgement.at),
        "authority": judgement.authority,
        "creditCode": judgement.credit_code,
        "revocation": judgement.revocation.value,
    }


def _kept_lists(identity: Mapping[str, bytes]) -> RevocationEvidence:
    def named(*prefixes: str) -> tuple[bytes, ...]:
        return tuple(identity[name] for name in sorted(identity) if name.startswith(prefixes))

    return RevocationEvidence(named("crl-", "own-crl-"), named("ocsp-", "own-ocsp-"))
