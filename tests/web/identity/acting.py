"""People for tests about identities: certificate files of every kind, and operators of a platform."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import core, keys
from asn1crypto import pkcs12 as asn1_p12
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import Page, expect
from web.harness import SIGN_IN, Platform

from bidding.client.certificate import save_p12
from bidding.rehearse.plan import Organisation, organisation
from crypto.authority import DemoAuthority
from crypto.authority_profile import Validity
from crypto.signing import Signer, SigningKey

# A machine that builds and tests at once is slow; what is expected still comes.
expect.set_options(timeout=15_000)

#: It protects files made for one test.
CHINESE = "口令：开标大吉１２３"


@dataclass(frozen=True, slots=True)
class Holder:
    """A certificate file, what opens it, and whom it names."""

    p12: Path
    password: str
    name: str
    organisation: Organisation
    signer: Signer


class Registrar:
    """Makes certificates with an authority's own keys, as no counter would: expired, of RSA …"""

    def __init__(self, folder: Path, authority: DemoAuthority) -> None:
        self._folder = folder
        self._authority = authority
        self._count = 0

    def signer(
        self, who: str, *, kind: str = "ec", validity: Validity | None = None, number: int = 0
    ) -> tuple[Signer, Organisation]:
        self._count += 1
        key: SigningKey = (
            rsa.generate_private_key(public_exponent=65537, key_size=2048)
            if kind == "rsa"
            else ec.generate_private_key(ec.SECP256R1())
        )
        firm = organisation(f"演示{who}有限公司", number or 7_000 + self._count)
        der = self._authority.issue_for_key(
            key.public_key(),
            organisation=firm.name,
            credit_code=firm.credit_code,
            person=f"演示{who}",
            at=datetime.now(UTC),
            validity=validity,
        )
        return Signer(der, self._authority.chain[:1], key), firm

    def holder(self, who: str, password: str = CHINESE, **more: Any) -> Holder:
        signer, firm = self.signer(who, **more)
        path = self._folder / f"{who}-{self._count}.p12"
        save_p12(path, signer, password)
        return Holder(path, password, f"演示{who}", firm, signer)


def registrar(platform: Platform, folder: Path) -> Registrar:
    """The demonstration authority of a running platform."""
    return Registrar(folder, DemoAuthority.open(platform.data / "demo-ca", url=platform.base))


def stranger(folder: Path) -> Registrar:
    """An authority that nobody trusts."""
    return Registrar(folder, DemoAuthority.create(folder / "other-ca", at=datetime.now(UTC)))


def expired() -> Validity:
    today = datetime.now(UTC).replace(microsecond=0)
    return Validity(today - timedelta(days=400), today - timedelta(days=3))


def not_yet() -> Validity:
    today = datetime.now(UTC).replace(microsecond=0)
    return Validity(today + timedelta(days=3), today + timedelta(days=400))


def ending_soon() -> Validity:
    today = datetime.now(UTC).replace(microsecond=0)
    return Validity(today - timedelta(days=400), today + timedelta(days=9, hours=1))


def openssl_p12(holder: Holder, *options: str) -> Path:
    """The same certificate and key in a file as openssl writes it with these options."""
    folder = holder.p12.parent
    key, certificate, out = folder / "k.pem", folder / "c.pem", holder.p12.with_suffix(".openssl.p12")
    key.write_bytes(holder.signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    chain = [holder.signer.certificate, *holder.signer.chain]
    pems = [x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in chain]
    certificate.write_bytes(b"".join(pems))
    command = ["openssl", "pkcs12", "-export", "-inkey", str(key), "-in", str(certificate), "-out", str(out)]
    command += ["-passout", f"pass:{holder.password}", *options]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return out


def several_in_one(path: Path, *holders: Holder) -> Path:
    """One file with several certificates and keys, as tokens export them."""
    bags: list[dict[str, Any]] = []
    for each in holders:
        key = each.signer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        bags.append({"bag_id": "key_bag", "bag_value": keys.PrivateKeyInfo.load(key)})
        for der in (each.signer.certificate, *each.signer.chain):
            value = {"cert_id": "x509", "cert_value": core.ParsableOctetString(der)}
            bags.append({"bag_id": "cert_bag", "bag_value": value})
    contents = asn1_p12.SafeContents(bags).dump()
    safe = asn1_p12.AuthenticatedSafe([{"content_type": "data", "content": contents}]).dump()
    pfx = asn1_p12.Pfx({"version": "v3", "auth_safe": {"content_type": "data", "content": safe}})
    path.write_bytes(pfx.dump())
    return path


@dataclass(frozen=True, slots=True)
class Staffed:
    """A platform with its three operators."""

    platform: Platform
    system: Holder
    security: Holder
    audit: Holder


@contextmanager
def staffed(folder: Path, start: Callable[..., Platform]) -> Iterator[Staffed]:
    """Certificates for 三员 are made before the first start, for the settings name them."""
    authority = DemoAuthority.create(folder / "p0" / "data" / "demo-ca", at=datetime.now(UTC))
    office = Registrar(folder, authority)
    people = {kind: office.holder(who) for kind, who in KINDS.items()}
    named = {kind: hashlib.sha256(one.signer.certificate).hexdigest() for kind, one in people.items()}
    settings = ",".join(f"{kind}={sha256}" for kind, sha256 in named.items())
    platform = start(operators=settings, rehearsal="0")
    yield Staffed(platform, people["system"], people["security"], people["audit"])


KINDS = {"system": "系统员", "security": "安全员", "audit": "审计员"}


def open_file(page: Page, p12: Path, password: str, lang: str = "zh", *, within: Any = None) -> None:
    """Choose a certificate file and type its password, on the page or in a dialog."""
    choose, type_password, open_it, _ = SIGN_IN[lang]
    scope = within or page
    scope.get_by_label(choose).set_input_files(p12)
    scope.get_by_label(type_password, exact=True).fill(password)
    scope.get_by_role("button", name=open_it).click()


def held_slots(page: Page) -> list[str]:
    """The slots whose keys this browser keeps."""
    found: list[str] = page.evaluate(
        """() => new Promise((resolve, reject) => {
            const asked = indexedDB.open('kaibiao-identity')
            asked.onerror = () => reject(asked.error)
            asked.onsuccess = () => {
                const all = asked.result.transaction('held').objectStore('held').getAllKeys()
                all.onsuccess = () => { asked.result.close(); resolve(all.result) }
            }
        })"""
    )
    return found
