"""Whom a verification trusts: the archive's authorities, narrowed to anchors given from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bidding.archive import names
from bidding.archive.authorities import parse_authority
from bidding.verify.case import Case
from bidding.verify.report import Failed, Unreadable, Wrong
from crypto.errors import Invalid
from crypto.revocation import RevocationEvidence
from crypto.trust import Missing, RevocationPolicy, TrustedAuthority, TrustStore


@dataclass(frozen=True, slots=True)
class Trust:
    """Authorities with their rules, and the revocation data that the archive carries."""

    store: TrustStore
    evidence: RevocationEvidence

    @property
    def anchors(self) -> tuple[bytes, ...]:
        """Every anchor, DER."""
        return self.store.anchors

    @property
    def intermediates(self) -> tuple[bytes, ...]:
        """Certificates between anchors and holders, DER."""
        return self.store.intermediates


def load_anchors(path: Path) -> tuple[bytes, ...]:
    """Certificates (PEM or DER) from a file or the files of a folder. Raises `Unreadable`."""
    try:
        files = sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]
        found = [der for file in files for der in _certificates(file.read_bytes())]
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path}: {error}") from error
    if not found:
        raise Unreadable(f"{path}: no certificate in it")
    return tuple(found)


def read_trust(case: Case) -> Trust:
    """The trust store for this archive under its rule row; says in `case.trusted` what it rests on."""
    max_age = timedelta(seconds=case.setup.rules.max_revocation_age)
    try:
        authorities = [parse_authority(value) for value in case.json(names.AUTHORITIES)]
    except Invalid as error:
        raise Failed(Wrong(names.AUTHORITIES, error.code, error.detail)) from error
    except (KeyError, TypeError, ValueError) as error:
        raise Failed(Wrong(names.AUTHORITIES, "authorities-malformed", str(error))) from error
    if case.anchors is not None:
        authorities = _narrowed(authorities, case.anchors)
        case.trusted.append(f"{len(case.anchors)} trust anchors given from outside (--trust)")
    else:
        prints = ", ".join(
            f"{authority.name} {sha256(anchor).hexdigest()}"
            for authority in authorities
            for anchor in authority.anchors
        )
        case.trusted.append(f"trust anchors taken from the archive itself: {prints}")
    evidence = RevocationEvidence(
        tuple(case.opened.read(name) for name in case.opened.names(names.CRLS)),
        tuple(case.opened.read(name) for name in case.opened.names(names.OCSPS)),
    )
    policy = RevocationPolicy(max_age, Missing.ADJUDICATE)
    return Trust(TrustStore(tuple(authorities), policy), evidence)


def _narrowed(authorities: Sequence[TrustedAuthority], anchors: Sequence[bytes]) -> list[TrustedAuthority]:
    """Only authorities whose anchor was given; a given anchor that no authority names stands for itself."""
    kept = []
    for authority in authorities:
        given = tuple(anchor for anchor in authority.anchors if anchor in anchors)
        if given:
            kept.append(replace(authority, anchors=given))
    named = {anchor for authority in kept for anchor in authority.anchors}
    for anchor in anchors:
        if anchor not in named:
            digest = sha256(anchor).hexdigest()[:16]
            kept.append(TrustedAuthority(digest, digest, (anchor,)))
    return kept


def _certificates(data: bytes) -> list[bytes]:
    if b"-----BEGIN CERTIFICATE-----" in data:
        return [one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(data)]
    return [x509.load_der_x509_certificate(data).public_bytes(Encoding.DER)]
