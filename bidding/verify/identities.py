"""Step on who bid: boxes opened with the officers' shares, certificates judged as of the time stamp."""

from __future__ import annotations

from bidding.archive import names
from bidding.verify.case import Case
from bidding.verify.report import Findings
from bidding.verify.trust import Trust
from crypto.canonical import sha256_hex
from crypto.errors import Invalid
from crypto.identity import Identity, open_identity
from crypto.manifest import Manifest
from crypto.revocation import RevocationEvidence
from crypto.trust import Verdict
from opening_hall.events import IdentitiesVerified
from opening_hall.facts import ClosedBid, IdentityResult
from opening_hall.seats import BidId


def check_identities(case: Case, trust: Trust, findings: Findings) -> None:
    """Each box that can be opened holds the signature and the bidder that the hall announced for it."""
    results = {str(bid): one for event in case.of(IdentitiesVerified) for bid, one in event.results.items()}
    bids = case.state.bids if case.state is not None else {}
    opened = 0
    for bid, result in results.items():
        path = names.bid_path(bid, "identity.box")
        key, manifest = case.identity_keys.get(bid), case.manifests.get(bid)
        if key is None or manifest is None or not case.opened.has(path):
            continue
        try:
            identity = open_identity(manifest, case.opened.read(path), key)
            opened += 1
            if result.ok:
                _check_bidder(case, trust, identity, bids[BidId(bid)].closed, result)
        except Invalid as error:
            if result.ok:
                findings.add(path, error.code, error.detail)
    _check_announced(case, results, findings)
    shown = f"{opened} boxes opened and signatures checked"
    findings.note(shown if opened else "no box can be opened by this right")


def _check_bidder(
    case: Case, trust: Trust, identity: Identity, closed: ClosedBid, result: IdentityResult
) -> None:
    if sha256_hex(identity.certificate) != result.certificate_sha256:
        raise Invalid("identity-differs", "announced with another certificate")
    stamped = case.stamped.get(closed.submission)
    if result.gen_time is not None and stamped is not None and stamped != result.gen_time:
        raise Invalid("identity-differs", "announced with another time stamp")
    evidence = trust.evidence + RevocationEvidence(identity.crls, identity.ocsps)
    at = stamped or closed.received_at
    judged = trust.store.judge(identity.certificate, identity.chain, at=at, evidence=evidence)
    if judged.credit_code != result.credit_code:
        raise Invalid(judged.reason or "identity-differs", f"the certificate speaks for {judged.credit_code}")
    if judged.verdict is not Verdict.VALID and not result.reason:
        raise Invalid(judged.reason, judged.detail)
    if identity.organisation.get("creditCode") != result.credit_code:
        raise Invalid("identity-differs", "the box names another organisation than its certificate")


def _check_announced(case: Case, results: dict[str, IdentityResult], findings: Findings) -> None:
    """Names on the list are those that phase 0 found."""
    if case.state is None:
        return
    for code, bid in case.state.by_code.items():
        result = results.get(bid)
        if result is None or not result.ok or result.credit_code != code:
            findings.add(names.HALL_EVENTS, "list-differs", f"{bid} was announced as {code}")


def signer_of(manifest: Manifest, box: bytes, key: bytes) -> tuple[bytes, bytes]:
    """The detached CMS in a box and the bytes it signs, for checking with other tools."""
    identity = open_identity(manifest, box, key)
    return identity.cms, identity.statement
