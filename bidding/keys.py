"""The platform's own secrets: created once, readable by the owner alone, rotated without loss."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.canonical import sha256_hex

Kind = Literal["log", "receipt", "session", "data"]
KINDS: tuple[Kind, ...] = ("log", "receipt", "session", "data")


@dataclass(frozen=True, slots=True)
class Key:
    """One generation of a secret: 32 bytes and the id under which older uses find it again."""

    id: str
    secret: bytes


class KeyRing:
    """The generations of each secret, newest last, kept as files of mode 0600 in a directory of mode 0700.

    `log` and `receipt` are Ed25519 seeds, `session` and `data` are symmetric. None of them opens a bid.
    """

    def __init__(self, directory: Path, keys: dict[Kind, list[Key]]) -> None:
        self._directory = directory
        self._keys = keys

    @classmethod
    def open(cls, directory: Path) -> KeyRing:
        """Load the ring, creating what is missing."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        keys: dict[Kind, list[Key]] = {}
        for kind in KINDS:
            paths = sorted(directory.glob(f"{kind}-[0-9]*.key")) or [_create(directory, kind, 1)]
            keys[kind] = [_load(path) for path in paths]
        return cls(directory, keys)

    def rotate(self, kind: Kind) -> Key:
        """Add a generation. Older ones stay: old receipts and old payloads must still verify and open."""
        key = _load(_create(self._directory, kind, len(self._keys[kind]) + 1))
        self._keys[kind].append(key)
        return key

    @property
    def log(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._keys["log"][-1].secret)

    @property
    def receipt(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._keys["receipt"][-1].secret)

    @property
    def receipt_id(self) -> str:
        return _public_id(self._keys["receipt"][-1].secret)

    def receipt_public_keys(self) -> dict[str, bytes]:
        """Raw Ed25519 public keys of every receipt generation, by key id."""
        return {_public_id(key.secret): _public(key.secret) for key in self._keys["receipt"]}

    @property
    def session(self) -> bytes:
        return self._keys["session"][-1].secret

    @property
    def data(self) -> Key:
        """The key under which opened payloads rest in the object store."""
        return self._keys["data"][-1]

    def data_key(self, key_id: str) -> bytes:
        """An older generation of the data key. Raises `KeyError`."""
        return next(key.secret for key in self._keys["data"] if key.id == key_id)


def _public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _public_id(seed: bytes) -> str:
    return sha256_hex(_public(seed))[:16]


def _load(path: Path) -> Key:
    secret = path.read_bytes()
    if len(secret) != 32:
        raise ValueError(f"{path.name}: a key file holds 32 bytes, this one {len(secret)}")
    return Key(id=sha256_hex(b"kaibiao/key-id/v1" + secret)[:16], secret=secret)


def _create(directory: Path, kind: Kind, generation: int) -> Path:
    path = directory / f"{kind}-{generation:04d}.key"
    partial = directory / f".{path.name}.{os.getpid()}.{threading.get_ident()}"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, os.urandom(32))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        # link, not rename: two processes that start together must agree on one key.
        path.hardlink_to(partial)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
    return path
