"""HPKE (RFC 9180), base mode, with the sender's ephemeral key material given by the caller.

pyca's own HPKE draws the ephemeral key itself. Officers and auditors must regenerate an envelope from the
secret it was dealt from and compare it byte for byte, so the sender's half is written out here on pyca
primitives. The RFC's vectors and pyca's HPKE are the outside checks.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crypto.errors import Invalid

PrivateKey = ec.EllipticCurvePrivateKey


class Aead(Protocol):
    """An authenticated cipher under one key; the tag is the tail of the ciphertext."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


def public_bytes(private: PrivateKey) -> bytes:
    """The uncompressed public point (65 bytes for P-256)."""
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@dataclass(frozen=True, slots=True)
class Hpke:
    """One HPKE ciphersuite. Sizes are bytes; the numbers are those of the RFC's registries."""

    kem_id: int
    kdf_id: int
    aead_id: int
    curve: ec.EllipticCurve
    order: int
    secret_size: int
    point_size: int
    hash_name: str
    key_size: int
    nonce_size: int
    tag_size: int
    aead: Callable[[bytes], Aead]

    @property
    def overhead(self) -> int:
        """How many bytes longer than its plaintext a sealed message is."""
        return self.point_size + self.tag_size

    def derive_private(self, ikm: bytes) -> PrivateKey:
        """DeriveKeyPair of RFC 9180 section 7.1.3: the same key for the same ``ikm``, always."""
        prk = self._labeled_extract(self._kem_suite, b"", b"dkp_prk", ikm)
        for counter in range(256):
            candidate = self._labeled_expand(
                self._kem_suite, prk, b"candidate", bytes([counter]), self.secret_size
            )
            scalar = int.from_bytes(candidate, "big")
            if 0 < scalar < self.order:
                return ec.derive_private_key(scalar, self.curve)
        raise Invalid("hpke-derive", "no key can be derived from this material")

    def public_key(self, point: bytes) -> ec.EllipticCurvePublicKey:
        """The public key of an uncompressed point; ``bad-point`` when it is not on the curve."""
        if len(point) != self.point_size:
            raise Invalid("bad-point", f"a public key has {self.point_size} bytes, not {len(point)}")
        try:
            return ec.EllipticCurvePublicKey.from_encoded_point(self.curve, point)
        except ValueError as error:
            raise Invalid("bad-point", "the public key is not a point of the curve") from error

    def seal(
        self, recipient: bytes, plaintext: bytes, *, info: bytes, aad: bytes = b"", ephemeral_ikm: bytes
    ) -> bytes:
        """``enc || ciphertext`` to the holder of ``recipient``; ``ephemeral_ikm`` is fresh and secret."""
        ephemeral = self.derive_private(ephemeral_ikm)
        shared = ephemeral.exchange(ec.ECDH(), self.public_key(recipient))
        enc = public_bytes(ephemeral)
        key, nonce = self._key_schedule(self._kem_secret(shared, enc, recipient), info)
        return enc + self.aead(key).encrypt(nonce, plaintext, aad)

    def open(self, private: PrivateKey, sealed: bytes, *, info: bytes, aad: bytes = b"") -> bytes:
        """The plaintext of :meth:`seal`; ``hpke-open`` when key, info, associated data or bytes differ."""
        if len(sealed) < self.overhead:
            raise Invalid("hpke-open", "the envelope is too short")
        enc, ciphertext = sealed[: self.point_size], sealed[self.point_size :]
        shared = private.exchange(ec.ECDH(), self.public_key(enc))
        key, nonce = self._key_schedule(self._kem_secret(shared, enc, public_bytes(private)), info)
        try:
            return self.aead(key).decrypt(nonce, ciphertext, aad)
        except InvalidTag as error:
            raise Invalid("hpke-open", "the envelope does not open with this key in this place") from error

    @property
    def _kem_suite(self) -> bytes:
        return b"KEM" + self.kem_id.to_bytes(2, "big")

    @property
    def _suite(self) -> bytes:
        return b"HPKE" + b"".join(n.to_bytes(2, "big") for n in (self.kem_id, self.kdf_id, self.aead_id))

    def _kem_secret(self, shared: bytes, enc: bytes, recipient: bytes) -> bytes:
        """ExtractAndExpand of section 4.1 over the Diffie-Hellman value."""
        prk = self._labeled_extract(self._kem_suite, b"", b"eae_prk", shared)
        size = hashlib.new(self.hash_name).digest_size
        return self._labeled_expand(self._kem_suite, prk, b"shared_secret", enc + recipient, size)

    def _key_schedule(self, shared_secret: bytes, info: bytes) -> tuple[bytes, bytes]:
        """KeySchedule of section 5.1 for mode_base: the key and the nonce of sequence number 0."""
        psk_id_hash = self._labeled_extract(self._suite, b"", b"psk_id_hash", b"")
        info_hash = self._labeled_extract(self._suite, b"", b"info_hash", info)
        context = b"\x00" + psk_id_hash + info_hash
        secret = self._labeled_extract(self._suite, shared_secret, b"secret", b"")
        key = self._labeled_expand(self._suite, secret, b"key", context, self.key_size)
        nonce = self._labeled_expand(self._suite, secret, b"base_nonce", context, self.nonce_size)
        return key, nonce

    def _labeled_extract(self, suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
        return hmac.digest(salt, b"HPKE-v1" + suite + label + ikm, self.hash_name)

    def _labeled_expand(self, suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
        labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
        out, block, counter = b"", b"", 1
        while len(out) < length:
            block = hmac.digest(prk, block + labeled + bytes([counter]), self.hash_name)
            out += block
            counter += 1
        return out[:length]
