"""Which certificate authorities this installation trusts (CA 互认), and who stamps its times.

Beside the demonstration CA every folder of `trust_dir` is one authority: `authority.toml` with id, name,
crl_sources, ocsp_sources and an optional [subject_rule], `anchors/*.pem`, `intermediates/*.pem`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bidding.settings import Settings
from crypto.authority import DemoAuthority
from crypto.crl_cache import CrlCache
from crypto.errors import Invalid
from crypto.revocation import RevocationEvidence
from crypto.subject_rule import SubjectRule, SubjectSource
from crypto.timestamps import EmbeddedAuthority, HttpAuthority, TimeStampAuthority
from crypto.trust import EvidenceSource, TrustedAuthority, TrustStore

DEMO_ID = "demo"
DEMO_NAME = "演示 CA（无法律效力）"


@dataclass(frozen=True, slots=True)
class Trusted:
    """The trust store, the demonstration CA where there is one, and the time-stamp authority."""

    store: TrustStore
    authority: DemoAuthority | None
    tsa: TimeStampAuthority


@dataclass(frozen=True, slots=True)
class Evidence:
    """The demonstration CA's lists straight from its book, everybody else's from the cache."""

    demo: DemoAuthority | None
    others: EvidenceSource

    def evidence(self, authorities: Iterable[TrustedAuthority], *, now: datetime) -> RevocationEvidence:
        found = self.others.evidence([each for each in authorities if each.id != DEMO_ID], now=now)
        if self.demo is None:
            return found
        return found + RevocationEvidence(
            crls=(self.demo.crl("root", at=now), self.demo.crl("intermediate", at=now)), ocsps=()
        )


def open_trust(settings: Settings, *, clock: Callable[[], datetime]) -> Trusted:
    """Load every trusted authority. Raises `Invalid("trust-folder")` for a folder that cannot be read."""
    authorities = [load_authority(folder) for folder in _folders(settings.trust_dir)]
    demo = None
    if settings.demo:
        demo = DemoAuthority.create(settings.data_dir / "demo-ca", at=clock(), url=settings.base_url)
        authorities.append(TrustedAuthority(DEMO_ID, DEMO_NAME, (demo.root,), (demo.intermediate,)))
    store = TrustStore(
        tuple(authorities), source=Evidence(demo, CrlCache(settings.data_dir / "crl-cache"))
    )
    return Trusted(store, demo, _time_stamp_authority(settings, store, demo, clock))


def load_authority(folder: Path) -> TrustedAuthority:
    """One authority from its folder. Raises `Invalid("trust-folder")`."""
    try:
        facts = tomllib.loads((folder / "authority.toml").read_text("utf-8"))
        return TrustedAuthority(
            id=str(facts["id"]),
            name=str(facts["name"]),
            anchors=_certificates(folder / "anchors"),
            intermediates=_certificates(folder / "intermediates"),
            crl_sources=tuple(facts.get("crl_sources", ())),
            ocsp_sources=tuple(facts.get("ocsp_sources", ())),
            subject_rule=_subject_rule(facts.get("subject_rule", {})),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise Invalid("trust-folder", str(error), folder=folder.name) from error


def _folders(trust_dir: Path | None) -> list[Path]:
    if trust_dir is None:
        return []
    return sorted(path.parent for path in trust_dir.glob("*/authority.toml"))


def _certificates(folder: Path) -> tuple[bytes, ...]:
    return tuple(
        certificate.public_bytes(Encoding.DER)
        for path in sorted(folder.glob("*.pem"))
        for certificate in x509.load_pem_x509_certificates(path.read_bytes())
    )


def _subject_rule(facts: dict[str, Any]) -> SubjectRule:
    if "source" in facts:
        facts = {**facts, "source": SubjectSource(facts["source"])}
    return SubjectRule(**facts)


def _time_stamp_authority(
    settings: Settings, store: TrustStore, demo: DemoAuthority | None, clock: Callable[[], datetime]
) -> TimeStampAuthority:
    if settings.tsa_url:
        return HttpAuthority(settings.tsa_url, store.anchors, intermediates=store.intermediates)
    if demo is None:
        raise Invalid("trust-folder", "no time-stamp authority: set KAIBIAO_TSA_URL")
    identity = demo.time_stamp_identity
    return EmbeddedAuthority(identity.der, identity.key, demo.chain, clock=clock)
