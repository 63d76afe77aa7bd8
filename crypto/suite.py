"""The algorithms of a sealed bid as one value, looked up by the name that stands in every context.

SM2, SM3 and SM4 (GB/T 32918, 32905, 32907) can join as another :class:`Suite` under another name; nothing
outside this module and :mod:`crypto.signing` names an algorithm.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto.errors import Invalid
from crypto.hpke import Hpke, PrivateKey

VERSION = "kaibiao/bid/v1"
SUITE = "KB1-P256-HKDF-SHA256-AES256GCM"

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True)
class Suite:
    """Hash, key derivation, cipher, public-key encryption and signature of one version. Sizes are bytes."""

    name: str
    hash_name: str
    hash: hashes.HashAlgorithm
    hash_size: int
    key_size: int
    nonce_size: int
    tag_size: int
    signature_size: int
    cipher: type[AESGCM]
    hpke: Hpke

    def digest(self, *parts: bytes | bytearray | memoryview) -> bytes:
        """The hash of the concatenation of ``parts``."""
        state = hashlib.new(self.hash_name)
        for part in parts:
            state.update(part)
        return state.digest()

    def mac(self, key: bytes, data: bytes) -> bytes:
        """HMAC (RFC 2104) with the suite's hash."""
        return hmac.digest(key, data, self.hash_name)

    def hkdf(self, secret: bytes, *, salt: bytes, info: bytes, length: int | None = None) -> bytes:
        """HKDF (RFC 5869), by default one content key long."""
        return HKDF(self.hash, length or self.key_size, salt, info).derive(secret)

    def aead(self, key: bytes) -> AESGCM:
        """The authenticated cipher under ``key``."""
        return self.cipher(key)

    def sign(self, private: PrivateKey, message: bytes) -> bytes:
        """A raw ``r || s`` signature, the layout of WebCrypto."""
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(self.hash)))
        half = self.signature_size // 2
        return r.to_bytes(half, "big") + s.to_bytes(half, "big")

    def verify(self, public: bytes, message: bytes, signature: bytes) -> None:
        """``bad-signature`` unless ``signature`` is the holder of ``public``'s over ``message``."""
        half = self.signature_size // 2
        if len(signature) != self.signature_size:
            raise Invalid("bad-signature", f"a signature has {self.signature_size} bytes")
        der = encode_dss_signature(
            int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
        )
        key = self.hpke.public_key(public)
        try:
            key.verify(der, message, ec.ECDSA(self.hash))
        except (InvalidSignature, ValueError) as error:
            raise Invalid("bad-signature", "the signature is not over these bytes by this key") from error


_KB1 = Suite(
    name=SUITE,
    hash_name="sha256",
    hash=hashes.SHA256(),
    hash_size=32,
    key_size=32,
    nonce_size=12,
    tag_size=16,
    signature_size=64,
    cipher=AESGCM,
    hpke=Hpke(
        kem_id=0x0010,
        kdf_id=0x0001,
        aead_id=0x0002,
        curve=ec.SECP256R1(),
        order=_P256_ORDER,
        secret_size=32,
        point_size=65,
        hash_name="sha256",
        key_size=32,
        nonce_size=12,
        tag_size=16,
        aead=AESGCM,
    ),
)

SUITES: Mapping[str, Suite] = MappingProxyType({SUITE: _KB1})


def suite_named(name: str) -> Suite:
    """The suite a context names; ``unknown-suite`` when this release does not know it."""
    suite = SUITES.get(name)
    if suite is None:
        raise Invalid("unknown-suite", f"no suite is called {name[:80]!r}")
    return suite


DEFAULT_SUITE = _KB1
