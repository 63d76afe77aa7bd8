"""Step on who bid: boxes opened with the officers' shares, certificates judged as of the time stamp."""

from __future__ import annotations

from bidding.archive import names
from bidding.archive.manifest import Right
from bidding.verify.case import Case
from bidding.verify.report import Findings
from bidding.verify.trust import Trust
from crypto.canonical import b64, sha256_hex
from crypto.errors import Invalid
from crypto.identity import Identity, open_identity
from crypto.manifest import Manifest
from crypto.revocation import RevocationEvidence
from crypto.trust import Judgement, Verdict
from opening_hall.events import IdentitiesVerified
from opening_hall.facts import IdentityResult
from opening_hall.seats import BidId
from opening_hall.state import Bid

SEES_ALL = (Right.SUPERVISOR, Right.COURT)
"""Rights that open every identity box: one that does not open was left shut by whoever made the archive."""


def check_identities(case: Case, trust: Trust, findings: Findings) -> None:
    """Each box that can be opened holds the signature and the bidder that the hall announced for it."""
    results = {str(bid): one for event in case.of(IdentitiesVerified) for bid, one in event.results.items()}
    bids = case.state.bids if case.state is not None else {}
    opened = 0
    for bid, result in results.items():
        path = names.bid_path(bid, "identity.box")
        key, manifest = case.identity_keys.get(bid), case.manifests.get(bid)
        if key is None or manifest is None or not case.opened.has(path):
            if result.ok and case.opened.manifest.right in SEES_ALL:
                findings.add(path, "identity-withheld", "this right opens every box")
            continue
        try:
            identity = open_identity(manifest, case.opened.read(path), key)
        except Invalid as error:
            if result.ok:
                findings.add(path, error.code, error.detail)
            continue
        opened += 1
        try:
            _check_result(case, trust, identity, bids[BidId(bid)], result)
        except Invalid as error:
            findings.add(path, error.code, error.detail)
    _check_announced(case, results, findings)
    shown = f"{opened} boxes opened and signatures checked"
    findings.note(shown if opened else "no box can be opened by this right")


def _check_result(case: Case, trust: Trust, identity: Identity, bid: Bid, result: IdentityResult) -> None:
    judged = _judge(case, trust, identity, bid)
    if not result.ok:
        if _is_sound(case, trust, identity, judged):
            raise Invalid("identity-rejected", f"turned away ({result.reason}) with a good certificate")
        return
    if sha256_hex(identity.certificate) != result.certificate_sha256:
        raise Invalid("identity-differs", "announced with another certificate")
    stamped = case.stamped.get(bid.closed.submission)
    if result.gen_time is not None and stamped is not None and stamped != result.gen_time:
        raise Invalid("identity-differs", "announced with another time stamp")
    if judged.credit_code != result.credit_code:
        raise Invalid(judged.reason or "identity-differs", f"the certificate speaks for {judged.credit_code}")
    # Lists newer than the opening may say what only the second look could find, and did.
    noticed = bid.rejudged is not None and not bid.rejudged.ok
    excused = noticed if judged.verdict is Verdict.INVALID else noticed or bool(result.reason)
    if judged.verdict is not Verdict.VALID and not excused:
        raise Invalid(judged.reason, judged.detail)
    if identity.organisation.get("creditCode") != result.credit_code:
        raise Invalid("identity-differs", "the box names another organisation than its certificate")
    _check_told(identity, result)


def _judge(case: Case, trust: Trust, identity: Identity, bid: Bid) -> Judgement:
    """As of the time stamp; a delay between receipt and time stamp is not the bidder's."""
    evidence = trust.evidence + RevocationEvidence(identity.crls, identity.ocsps)
    received_at = bid.closed.received_at
    stamped = case.stamped.get(bid.closed.submission, received_at)
    judged = trust.store.judge(identity.certificate, identity.chain, at=stamped, evidence=evidence)
    if judged.verdict is not Verdict.INVALID or stamped == received_at:
        return judged
    earlier = trust.store.judge(identity.certificate, identity.chain, at=received_at, evidence=evidence)
    return judged if earlier.verdict is Verdict.INVALID else earlier


def _is_sound(case: Case, trust: Trust, identity: Identity, judged: Judgement) -> bool:
    """Whether phase 0 had no ground to turn a bid away that opens."""
    if judged.verdict is Verdict.INVALID or judged.credit_code != identity.organisation.get("creditCode"):
        return False
    if identity.members and identity.members[0] != identity.organisation:
        return False
    if not case.setup.rules.certificate_valid_at_deadline:
        return True
    at = case.setup.opens_at
    evidence = trust.evidence + RevocationEvidence(identity.crls, identity.ocsps)
    at_deadline = trust.store.judge(identity.certificate, identity.chain, at=at, evidence=evidence)
    return at_deadline.verdict is not Verdict.INVALID


def _check_told(identity: Identity, result: IdentityResult) -> None:
    """What the log tells of a bidder is what its box says: names, what it replaces, what it drew with."""
    facts = identity.facts
    told = {
        "name": (result.name, identity.organisation["name"]),
        "members": ([(m.name, m.credit_code) for m in result.members], _members(identity)),
        "representative": (result.representative, str(facts["representative"].get("name", ""))),
        "deposit": (dict(result.deposit), dict(facts["deposit"] or {})),
        "replaces": (list(result.replaces), list(identity.replaces)),
        "draw": (result.draw, b64(identity.draw)),
    }
    for name, (logged, sealed) in told.items():
        if logged != sealed:
            raise Invalid("identity-differs", f"announced with another {name} than its box says")


def _members(identity: Identity) -> list[tuple[str, str]]:
    return [(member["name"], member["creditCode"]) for member in identity.members]


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
