"""Which certificate authorities this installation trusts (CA 互认), and who stamps its times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bidding.settings import Settings
from crypto.authority import DemoAuthority
from crypto.errors import Invalid
from crypto.revocation_cache import RevocationCache
from crypto.timestamps import EmbeddedAuthority, HttpAuthority, TimeStampAuthority
from crypto.trust import RevocationPolicy, TrustStore
from crypto.trust_files import demo_authority, demo_lists, load_authorities, load_policy


@dataclass(frozen=True, slots=True)
class Trusted:
    """The trust store, the demonstration CA where there is one, and the time-stamp authority."""

    store: TrustStore
    authority: DemoAuthority | None
    tsa: TimeStampAuthority


def open_trust(settings: Settings, *, clock: Callable[[], datetime]) -> Trusted:
    """Load every trusted authority of `trust_dir`, and open or create the demonstration CA.

    Raises `Invalid("trust-file")` for a folder that cannot be read.
    """
    folder = settings.trust_dir
    authorities = list(load_authorities(folder)) if folder else []
    demo = None
    if settings.demo:
        demo = DemoAuthority.create(settings.data_dir / "demo-ca", at=clock(), url=settings.base_url)
        authorities.append(demo_authority(demo))
    local = demo_lists(demo) if demo else {}
    store = TrustStore(
        tuple(authorities),
        load_policy(folder) if folder else RevocationPolicy(),
        RevocationCache(settings.data_dir / "crl", local=local),
    )
    return Trusted(store, demo, _time_stamp_authority(settings, store, demo, clock))


def _time_stamp_authority(
    settings: Settings, store: TrustStore, demo: DemoAuthority | None, clock: Callable[[], datetime]
) -> TimeStampAuthority:
    if settings.tsa_url:
        return HttpAuthority(settings.tsa_url, store.anchors, intermediates=store.intermediates)
    if demo is None:
        raise Invalid("trust-file", "no time-stamp authority: set KAIBIAO_TSA_URL")
    identity = demo.time_stamp_identity
    return EmbeddedAuthority(identity.der, identity.key, demo.chain, clock=clock)
