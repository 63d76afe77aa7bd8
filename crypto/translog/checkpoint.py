"""Checkpoints and signed notes as in C2SP tlog-checkpoint and signed-note (Ed25519). Pure.

A checkpoint is a note of three lines: origin, tree size, base64 root. A signature line is
``— name base64(key id || signature)`` with ``key id = SHA-256(name || 0x0A || type || public key)[:4]``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crypto.errors import Invalid
from crypto.translog.merkle import HASH_SIZE

#: Signature types of the signed-note registry.
ED25519 = 0x01
COSIGNATURE_V1 = 0x04
MAX_NOTE = 64 * 1024
MAX_SIGNATURES = 100

_NAME = re.compile(r"[^\s+]{1,200}")
_SIZE = re.compile(r"0|[1-9]\d{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A claim about the whole log: its first ``size`` leaves have this root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The note text that is signed."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions]
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note; ``data`` is what follows the key id."""

    name: str
    key_id: bytes
    data: bytes

    def line(self) -> str:
        return f"\u2014 {self.name} {base64.b64encode(self.key_id + self.data).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends with a newline, and the signatures under it, none of them checked yet."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> str:
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with the name it signs under."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.kind, self.public)

    def encode(self) -> str:
        """The ``vkey`` string: name, key id in hex, base64 of type and key."""
        data = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{data}"


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Four bytes that find the right key for a signature line; not a security boundary."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def parse_verifier(vkey: str) -> Verifier:
    """Read a ``vkey``; Invalid ``bad-verifier-key``."""
    parts = vkey.split("+", 2)
    if len(parts) != 3 or not _NAME.fullmatch(parts[0]):
        raise Invalid("bad-verifier-key", "not name+id+key")
    data = _b64(parts[2], "bad-verifier-key")
    if len(data) != 1 + 32 or data[0] not in (ED25519, COSIGNATURE_V1):
        raise Invalid("bad-verifier-key", "not an Ed25519 key")
    verifier = Verifier(parts[0], data[0], data[1:])
    if verifier.key_id.hex() != parts[1]:
        raise Invalid("bad-verifier-key", "the key id does not belong to this name and key")
    return verifier


def verifier_of(name: str, key: Ed25519PrivateKey, kind: int = ED25519) -> Verifier:
    """The public side of a signing key."""
    if not _NAME.fullmatch(name):
        raise ValueError("a key name has no spaces and no plus sign")
    return Verifier(name, kind, key.public_key().public_bytes_raw())


def sign_note(text: str, name: str, key: Ed25519PrivateKey) -> Note:
    """A note with one Ed25519 signature."""
    verifier = verifier_of(name, key)
    return Note(text, (Signature(name, verifier.key_id, key.sign(text.encode())),))


def sign_checkpoint(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> Note:
    """A checkpoint signed by the log itself: the key's name is the origin."""
    return sign_note(checkpoint.text(), checkpoint.origin, key)


def parse_note(encoded: str) -> Note:
    """Split text and signature lines; Invalid ``bad-note``. No signature is checked."""
    if len(encoded) > MAX_NOTE or any(ord(c) < 0x20 and c != "\n" for c in encoded):
        raise Invalid("bad-note", "too long, or with control characters")
    text, blank, tail = encoded.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise Invalid("bad-note", "no signatures")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Invalid("bad-note", "too many signatures")
    return Note(text + "\n", tuple(parse_signature(line) for line in lines))


def parse_signature(line: str) -> Signature:
    """Read one signature line without its newline; Invalid ``bad-note``."""
    dash, _, rest = line.partition(" ")
    name, _, data = rest.partition(" ")
    if dash != "\u2014" or not _NAME.fullmatch(name):
        raise Invalid("bad-note", "not a signature line")
    raw = _b64(data, "bad-note")
    if len(raw) < 5:
        raise Invalid("bad-note", "a signature is too short")
    return Signature(name, raw[:4], raw[4:])


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the note text of a checkpoint; Invalid ``bad-checkpoint``."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or "" in lines[:-1] or not _SIZE.fullmatch(lines[1]):
        raise Invalid("bad-checkpoint", "not origin, size and root")
    root = _b64(lines[2], "bad-checkpoint")
    if len(root) != HASH_SIZE:
        raise Invalid("bad-checkpoint", "a root is 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:-1]))


def verify_note(note: Note, verifiers: Iterable[Verifier]) -> tuple[Verifier, ...]:
    """The Ed25519 verifiers that signed ``note``, at least one; else Invalid ``note-unsigned``.

    A signature by a known key that does not verify is Invalid ``note-forged``; unknown keys are ignored.
    """
    known = {(v.name, v.key_id): v for v in verifiers if v.kind == ED25519}
    good = []
    for signature in note.signatures:
        verifier = known.pop((signature.name, signature.key_id), None)
        if verifier is not None:
            _check(verifier, signature.data, note.text.encode())
            good.append(verifier)
    if not good:
        raise Invalid("note-unsigned", "no known key signed this note")
    return tuple(good)


def open_checkpoint(encoded: str, verifiers: Iterable[Verifier]) -> Checkpoint:
    """The checkpoint of a note signed by one of ``verifiers`` under its own origin."""
    note = parse_note(encoded)
    signers = verify_note(note, verifiers)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin not in {verifier.name for verifier in signers}:
        raise Invalid("note-unsigned", "the origin itself has not signed")
    return checkpoint


def _check(verifier: Verifier, signature: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature, message)
    except InvalidSignature as error:
        raise Invalid("note-forged", f"the signature of {verifier.name} does not verify") from error


def _b64(text: str, code: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Invalid(code, "not base64") from error
    if base64.b64encode(data).decode() != text:
        raise Invalid(code, "not base64 in its only spelling")
    return data
