"""Whose certificates count, and whether one of them was good at a stated time.

Several authorities stand side by side (CA 互认): each with its anchors, where its lists are fetched, and
how it writes the 统一社会信用代码. A judgement is a value with its evidence, to be archived and repeated
by anyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from cryptography import x509

from crypto.errors import Invalid
from crypto.path_material import (
    MAX_CHAIN,
    Purpose,
    above,
    authentic,
    entry_or_none,
    list_issuers,
    load_certificate,
    loaded,
    readable,
    verify_purpose,
    vouched,
)
from crypto.path_validation import PathFault, PathResult, StatusRule, validate_path
from crypto.revocation import NO_EVIDENCE, Entry, RevocationEvidence, answers_about, issued_at, still_lists
from crypto.subject_rule import SubjectRule

__all__ = [
    "EvidenceSource",
    "Judgement",
    "Missing",
    "Purpose",
    "Revocation",
    "RevocationPolicy",
    "TrustStore",
    "TrustedAuthority",
    "Verdict",
    "load_certificate",
]

#: Lists, and answers, that are looked at for one certificate.
MAX_LISTS = 64


class Verdict(StrEnum):
    """`ADJUDICATE`: the evidence leaves it to a named person (人工裁定)."""

    VALID = "valid"
    INVALID = "invalid"
    ADJUDICATE = "adjudicate"


class Revocation(StrEnum):
    """What is known about the certificate at the stated time."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Missing(StrEnum):
    """What follows when no fresh evidence can be had."""

    SOFT = "soft"
    HARD = "hard"
    ADJUDICATE = "adjudicate"


@dataclass(frozen=True, slots=True)
class RevocationPolicy:
    """`max_age`: how old a list may be at the time judged; `missing`: what follows without one."""

    max_age: timedelta = timedelta(days=1)
    missing: Missing = Missing.ADJUDICATE


@dataclass(frozen=True, slots=True)
class TrustedAuthority:
    """One licensed authority (电子认证服务机构). Certificates are DER, sources are addresses."""

    id: str
    name: str
    anchors: tuple[bytes, ...]
    intermediates: tuple[bytes, ...] = ()
    crl_sources: tuple[str, ...] = ()
    ocsp_sources: tuple[str, ...] = ()
    subject_rule: SubjectRule = field(default_factory=SubjectRule)

    def issuers(self) -> tuple[x509.Certificate, ...]:
        """The certificates whose keys may sign this authority's lists."""
        return tuple(x509.load_der_x509_certificate(der) for der in (*self.intermediates, *self.anchors))


class EvidenceSource(Protocol):
    """Where current lists come from: the cache that fetches them, or lists handed in."""

    def evidence(self, authorities: Iterable[TrustedAuthority], *, now: datetime) -> RevocationEvidence: ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a certificate was good at `at`, for whom it speaks, and what shows it.

    `reason` is empty for a plain `VALID`, else the code that explains the verdict. `path` runs from the
    certificate to the anchor. `evidence` holds just the lists and answers that speak about that path.
    """

    verdict: Verdict
    reason: str
    detail: str
    at: datetime
    certificate_sha256: str
    authority: str | None = None
    subject: str = ""
    organisation: str = ""
    credit_code: str | None = None
    revocation: Revocation = Revocation.UNKNOWN
    revoked_at: datetime | None = None
    invalid_since: datetime | None = None
    path: tuple[bytes, ...] = ()
    evidence: RevocationEvidence = NO_EVIDENCE


@dataclass(frozen=True, slots=True)
class TrustStore:
    """The authorities an installation accepts and its rule for missing evidence."""

    authorities: tuple[TrustedAuthority, ...]
    policy: RevocationPolicy = RevocationPolicy()
    source: EvidenceSource | None = None

    @property
    def anchors(self) -> tuple[bytes, ...]:
        """Every anchor, DER: what a time-stamp token or a PDF signature may end in."""
        return tuple(anchor for authority in self.authorities for anchor in authority.anchors)

    @property
    def intermediates(self) -> tuple[bytes, ...]:
        return tuple(der for authority in self.authorities for der in authority.intermediates)

    def evidence(self, *, now: datetime) -> RevocationEvidence:
        """The freshest lists of all authorities; what cannot be had is missing from it."""
        return self.source.evidence(self.authorities, now=now) if self.source else NO_EVIDENCE

    def judge(
        self,
        certificate: bytes,
        chain: Sequence[bytes] = (),
        *,
        at: datetime,
        evidence: RevocationEvidence = NO_EVIDENCE,
        purpose: Purpose = Purpose.SIGN,
        max_age: timedelta | None = None,
    ) -> Judgement:
        """Judge `certificate` (DER) as of `at`; never raises for what an outsider sent, the verdict says it.

        `max_age` overrides the policy, as a tender's rule row may. Evidence issued after `at` counts: it
        knows of revocations whose date lies before.
        """
        blank = Judgement(Verdict.INVALID, "", "", at, sha256(certificate).hexdigest())
        try:
            parsed = load_certificate(certificate)
            chosen = self._authority_of(parsed, chain)
        except Invalid as error:
            return replace(blank, reason=error.code, detail=error.detail)
        blank = replace(blank, authority=chosen.id, subject=parsed.subject.rfc4514_string())
        rules = self.policy if max_age is None else replace(self.policy, max_age=max_age)
        others = above(parsed, vouched(chain[:MAX_CHAIN], chosen.intermediates, chosen.anchors))
        return _Case(chosen, parsed, certificate, others, evidence, rules).judge(blank, purpose)

    def verify_certificate(
        self,
        certificate: bytes,
        chain: Sequence[bytes] = (),
        *,
        at: datetime,
        evidence: RevocationEvidence = NO_EVIDENCE,
        purpose: Purpose = Purpose.SIGN,
        max_age: timedelta | None = None,
    ) -> Judgement:
        """As `judge`, but anything short of `VALID` raises `Invalid` with the judgement's reason."""
        judgement = self.judge(certificate, chain, at=at, evidence=evidence, purpose=purpose, max_age=max_age)
        if judgement.verdict is not Verdict.VALID:
            raise Invalid(judgement.reason, judgement.detail, subject=judgement.subject)
        return judgement

    def verify_pair(
        self,
        signing: bytes,
        encryption: bytes,
        chain: Sequence[bytes] = (),
        *,
        at: datetime,
        evidence: RevocationEvidence = NO_EVIDENCE,
    ) -> tuple[Judgement, Judgement]:
        """Both certificates of a pair (双证书), each fit for its purpose and both of one holder.

        Raises `Invalid` with a judgement's reason, or `pair-differs`.
        """
        first = self.verify_certificate(signing, chain, at=at, evidence=evidence)
        second = self.verify_certificate(encryption, chain, at=at, evidence=evidence, purpose=Purpose.ENCRYPT)
        holders = {(each.authority, each.credit_code) for each in (first, second)}
        if len(holders) != 1:
            raise Invalid("pair-differs", f"{first.organisation} and {second.organisation}")
        return first, second

    def _authority_of(self, certificate: x509.Certificate, chain: Sequence[bytes]) -> TrustedAuthority:
        """The authority whose anchor the issuer names lead to. Names only choose; signatures decide later."""
        issuers: dict[x509.Name, set[x509.Name]] = {}
        for other in loaded((*chain[:MAX_CHAIN], *self.intermediates)):
            issuers.setdefault(other.subject, set()).add(other.issuer)
        reached, fresh = set[x509.Name](), {certificate.issuer}
        while fresh:
            for authority in self.authorities:
                if any(anchor.subject in fresh for anchor in loaded(authority.anchors)):
                    return authority
            reached |= fresh
            fresh = {name for each in fresh for name in issuers.get(each, ())} - reached
        raise Invalid("certificate-untrusted", f"issued by {certificate.issuer.rfc4514_string()}")


@dataclass(frozen=True, slots=True)
class _Case:
    """One certificate before one authority."""

    authority: TrustedAuthority
    parsed: x509.Certificate
    certificate: bytes
    others: tuple[bytes, ...]
    evidence: RevocationEvidence
    policy: RevocationPolicy

    def judge(self, blank: Judgement, purpose: Purpose) -> Judgement:
        checked = self._validate(blank.at, StatusRule(self._usable(), self.policy.max_age))
        # Only where the path with its evidence does not hold it matters what the path alone is worth.
        bare = checked if checked.fault is None else self._validate(blank.at)
        if bare.fault is not None:
            return replace(blank, reason=bare.fault.value, detail=bare.detail)
        found = replace(blank, path=bare.path, evidence=self._relevant(bare.path))
        try:
            verify_purpose(self.parsed, purpose)
            code = self.authority.subject_rule.credit_code(self.parsed)
        except Invalid as error:
            return replace(found, reason=error.code, detail=error.detail)
        organisation = self.authority.subject_rule.organisation(self.parsed)
        return self._status(replace(found, credit_code=code, organisation=organisation), checked)

    def _status(self, found: Judgement, checked: PathResult) -> Judgement:
        entry = self._entry(found.path)
        if entry is not None:
            found = replace(found, revoked_at=entry.revoked_at, invalid_since=entry.invalid_since)
            if entry.revoked_at <= found.at:
                return self._revoked(found, f"revoked at {entry.revoked_at.isoformat()}")
        if checked.fault is PathFault.REVOKED:
            return self._revoked(replace(found, revoked_at=checked.revoked_at), checked.detail)
        if checked.fault is not None:
            return self._missing(found, checked)
        found = replace(found, revocation=Revocation.GOOD)
        if entry is not None and entry.invalid_since is not None and entry.invalid_since <= found.at:
            detail = f"revoked later, invalid since {entry.invalid_since.isoformat()}"
            reason = "certificate-invalidity-date"
            return replace(found, verdict=Verdict.ADJUDICATE, reason=reason, detail=detail)
        return replace(found, verdict=Verdict.VALID)

    def _revoked(self, found: Judgement, detail: str) -> Judgement:
        return replace(found, revocation=Revocation.REVOKED, reason=PathFault.REVOKED.value, detail=detail)

    def _missing(self, found: Judgement, fault: PathResult) -> Judgement:
        verdicts = {
            Missing.SOFT: Verdict.VALID,
            Missing.HARD: Verdict.INVALID,
            Missing.ADJUDICATE: Verdict.ADJUDICATE,
        }
        reason = PathFault.UNKNOWN_STATUS.value
        return replace(found, verdict=verdicts[self.policy.missing], reason=reason, detail=fault.detail)

    def _validate(self, at: datetime, status: StatusRule | None = None) -> PathResult:
        return validate_path(self.certificate, self.others, self.authority.anchors, at=at, status=status)

    def _usable(self) -> RevocationEvidence:
        """What may speak about the certificates of a path.

        Others would only cost time: the library looks for a path to the signer of every list it is given.
        Lists made after the certificate's own end are left out, for its entry may have been dropped.
        """
        parsed = [self.parsed, *loaded(self.others)]
        names = {name for certificate in parsed for name in list_issuers(certificate)}
        named = [crl for crl in readable(self.evidence.crls) if crl.list.issuer in names]
        end, issuer = self.parsed.not_valid_after_utc, self.parsed.issuer
        kept = [crl for crl in named if crl.list.issuer != issuer or still_lists(crl.list, end)]
        issuers = list(loaded((*self.others, *self.authority.anchors)))
        # What a known key signed comes first, so that forgeries cannot crowd it out.
        kept.sort(key=lambda crl: (authentic(crl.der, issuers) is None, -issued_at(crl.list).timestamp()))
        serials = frozenset(certificate.serial_number for certificate in parsed)
        answers = [der for der in self.evidence.ocsps if answers_about(der, serials)]
        return RevocationEvidence(tuple(crl.der for crl in kept[:MAX_LISTS]), tuple(answers[:MAX_LISTS]))

    def _relevant(self, path: tuple[bytes, ...]) -> RevocationEvidence:
        parsed = [load_certificate(der) for der in path]
        issuers = parsed[1:]
        crls = tuple(der for der in self.evidence.crls if authentic(der, issuers) is not None)
        serials = frozenset(certificate.serial_number for certificate in parsed)
        return RevocationEvidence(crls, tuple(d for d in self.evidence.ocsps if answers_about(d, serials)))

    def _entry(self, path: tuple[bytes, ...]) -> Entry | None:
        """The earliest entry about the certificate in any authentic list, however old: it is for good.

        A hold (certificateHold) is not; only the fresh list of the path validation may state one.
        """
        issuer = [load_certificate(path[1])] if len(path) > 1 else []
        lists = (crl for der in self.evidence.crls if (crl := authentic(der, issuer)) is not None)
        entries = (entry_or_none(crl, self.parsed.serial_number) for crl in lists)
        final = [entry for entry in entries if entry is not None and entry.final]
        return min(final, key=lambda entry: entry.revoked_at, default=None)
