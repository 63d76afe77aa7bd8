"""Witnesses (见证): others who sign that the log only ever grew (C2SP tlog-cosignature, v1). Pure.

A cosignature covers ``cosignature/v1\\ntime <unix seconds>\\n`` and the checkpoint text; on the signature
line it is the time as eight big-endian bytes before the Ed25519 signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crypto.errors import Invalid
from crypto.translog.checkpoint import (
    COSIGNATURE_V1,
    Checkpoint,
    Note,
    Signature,
    Verifier,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    verifier_of,
)
from crypto.translog.merkle import EMPTY_ROOT, verify_consistency

_TIME_SIZE = 8
_SIGNATURE_SIZE = 64


@dataclass(frozen=True, slots=True)
class Cosigned:
    """Who vouched for a checkpoint, and when."""

    witness: str
    at: datetime
    signature: Signature


def cosign(
    encoded: str,
    log: Verifier,
    last: Checkpoint | None,
    proof: Sequence[bytes],
    *,
    name: str,
    key: Ed25519PrivateKey,
    at: datetime,
) -> Signature:
    """A witness's answer to a signed checkpoint: its cosignature, once the log has shown that it only grew.

    ``last`` is what this witness cosigned before; the caller keeps the new checkpoint durably *before*
    it hands out the cosignature. Raises Invalid (``note-unsigned``, ``not-an-extension`` …).
    """
    checkpoint = open_checkpoint(encoded, [log])
    before = last or Checkpoint(checkpoint.origin, 0, EMPTY_ROOT)
    if before.origin != checkpoint.origin:
        raise Invalid("not-an-extension", "a checkpoint of another log")
    verify_consistency(before.size, checkpoint.size, before.root, checkpoint.root, proof)
    verifier = verifier_of(name, key, COSIGNATURE_V1)
    stamp = int(at.timestamp())
    signed = key.sign(_message(checkpoint.text(), stamp))
    return Signature(name, verifier.key_id, stamp.to_bytes(_TIME_SIZE, "big") + signed)


def verify_cosignature(text: str, signature: Signature, witnesses: Iterable[Verifier]) -> Cosigned:
    """Check one cosignature over a checkpoint text.

    Raises Invalid: ``unknown-witness`` for a key that is not among ``witnesses``, ``cosignature-forged``.
    """
    known = {(v.name, v.key_id): v for v in witnesses if v.kind == COSIGNATURE_V1}
    verifier = known.get((signature.name, signature.key_id))
    if verifier is None:
        raise Invalid("unknown-witness", signature.name)
    if len(signature.data) != _TIME_SIZE + _SIGNATURE_SIZE:
        raise Invalid("cosignature-forged", "not a cosignature/v1")
    stamp = int.from_bytes(signature.data[:_TIME_SIZE], "big")
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(
            signature.data[_TIME_SIZE:], _message(text, stamp)
        )
        at = datetime.fromtimestamp(stamp, UTC)
    except (InvalidSignature, ValueError, OverflowError, OSError) as error:
        raise Invalid("cosignature-forged", f"the cosignature of {verifier.name} does not verify") from error
    return Cosigned(verifier.name, at, signature)


def verify_cosigned(encoded: str, log: Iterable[Verifier], witnesses: Iterable[Verifier]) -> list[Cosigned]:
    """Every witness that vouched for a checkpoint signed by the log; unknown keys are ignored.

    Raises Invalid when the log's own signature is missing or any known signature is forged.
    """
    open_checkpoint(encoded, log)
    note = parse_note(encoded)
    known = list(witnesses)
    ids = {(verifier.name, verifier.key_id) for verifier in known if verifier.kind == COSIGNATURE_V1}
    return [
        verify_cosignature(note.text, signature, known)
        for signature in note.signatures
        if (signature.name, signature.key_id) in ids
    ]


def add_signatures(note: Note, signatures: Iterable[Signature]) -> Note:
    """The same note with more signature lines; a line already there is not repeated."""
    lines = list(note.signatures)
    for signature in signatures:
        if signature not in lines:
            lines.append(signature)
    return Note(note.text, tuple(lines))


def cosigned_checkpoint(encoded: str) -> Checkpoint:
    """The claim of a note whose signatures are checked elsewhere."""
    return parse_checkpoint(parse_note(encoded).text)


def _message(text: str, stamp: int) -> bytes:
    return f"cosignature/v1\ntime {stamp}\n{text}".encode()
