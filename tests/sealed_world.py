"""A small world to seal bids in: officers with keys and certificates, a bidder, a keyset. All made here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from crypto.envelope import (
    Context,
    Cost,
    IdentityInput,
    Keyset,
    PartInput,
    Sealed,
    documents_hash,
    new_context,
    new_opening_key,
    seal_bid,
    sign_opening_key,
)
from crypto.hpke import PrivateKey
from crypto.signing import Signer, SigningKey

CHEAP = Cost(log_n=10, r=8, p=1)
AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CREDIT_CODE = "91350100M000100Y43"


def self_signed(
    key: SigningKey, name: str, *, code: str = CREDIT_CODE, usage_agreement: bool = False
) -> bytes:
    """A self-signed certificate: enough wherever trust in it is not the question."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "演示有限公司"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, code),
        ]
    )
    usage = x509.KeyUsage(True, True, False, False, usage_agreement, False, False, False, False)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))
        .not_valid_before(datetime(2026, 1, 1))
        .not_valid_after(datetime(2030, 1, 1))
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def new_signer(name: str, *, kind: str = "ec", usage_agreement: bool = False) -> Signer:
    key: SigningKey
    if kind == "rsa":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    return Signer(self_signed(key, name, usage_agreement=usage_agreement), (), key)


@dataclass(frozen=True)
class World:
    """One lot with three officers of whom two open, and one bidder."""

    keyset: Keyset
    opening_keys: tuple[PrivateKey, ...]
    bidder: Signer

    @property
    def docs(self) -> str:
        return documents_hash(self.keyset.tender, self.keyset.lot, 1, "00" * 32, "11" * 32)

    def context(self) -> Context:
        """A context for a fresh bid."""
        return new_context(
            self.keyset.tender, self.keyset.lot, keyset_hash=self.keyset.hash(), docs_hash=self.docs
        )


def make_world(n: int = 3, k: int = 2, *, tender: str = "t_test", lot: str = "l_1") -> World:
    keys = tuple(new_opening_key() for _ in range(n))
    officers = tuple(
        sign_opening_key(tender, lot, f"officer-{i}", i, key, new_signer(f"officer {i}"))
        for i, key in enumerate(keys, start=1)
    )
    return World(Keyset(tender, lot, k, officers), keys, new_signer("bidder"))


def merged_signers(first: bytes, second: bytes) -> bytes:
    """A CMS with the signer infos and certificates of both."""
    one, two = asn1_cms.ContentInfo.load(first), asn1_cms.ContentInfo.load(second)
    for name in ("signer_infos", "certificates"):
        one["content"][name].append(two["content"][name][0])
    return bytes(one.dump(force=True))


IDENTITY_INPUT = IdentityInput(
    organisation={"name": "演示有限公司", "creditCode": CREDIT_CODE},
    contact={"phone": "000"},
    representative={"name": "张三"},
    draw=bytes(range(32)),
)


def seal_in(
    world: World,
    folder: Path,
    parts: list[PartInput] | None = None,
    *,
    ctx: Context | None = None,
    identity: IdentityInput = IDENTITY_INPUT,
    **options: Any,
) -> Sealed:
    """Seal a bid in ``world`` into ``folder``, with defaults for everything."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    source = folder.parent / "source.txt"
    source.write_bytes("投标文件".encode() * 1000)
    return seal_bid(
        ctx or world.context(),
        world.keyset,
        parts or [PartInput("main", {"price": "9800000.00"}, [("docs/source.txt", source)])],
        identity,
        world.bidder,
        out=folder,
        **{"passphrase": "correct horse", "at": AT, "cost": CHEAP, **options},
    )
