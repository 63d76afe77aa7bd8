"""Opening a bid (开标): the officers' side, the bidder's side, and what anybody can check afterwards.

Every step verifies against the manifest before it returns, so that a caller cannot go on with a key, share
or form that is not the sealed one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

from crypto import keys, shares
from crypto.context import IDENTITY
from crypto.dealing import check_dealing, check_share, open_envelope
from crypto.errors import Invalid
from crypto.hpke import PrivateKey, public_bytes
from crypto.manifest import Manifest
from crypto.payload import (
    OpenedForm,
    PayloadReader,
    ReadSegment,
    form_commit,
    open_stream,
    parse_form,
    parse_head,
)
from crypto.stream import SEGMENT
from crypto.wraps import combine_pieces, open_wrap, recovery_key


def open_share(manifest: Manifest, purpose: str, seat_index: int, opening_private_key: PrivateKey) -> bytes:
    """An officer's own share, checked against its commitment; ``envelope-mismatch`` accuses the bidder.

    ``wrong-opening-key`` when the key is not the one of that seat, which is nobody's fault but the caller's.
    """
    seat = manifest.seat(seat_index)
    if public_bytes(opening_private_key) != seat.opening_key:
        raise Invalid("wrong-opening-key", "this opening key does not belong to that seat", seat=seat.seat)
    dealt = manifest.dealt(purpose)[seat_index]
    return open_envelope(manifest.ctx, purpose, seat, dealt, opening_private_key)


def verify_share(manifest: Manifest, purpose: str, seat_index: int, share: bytes) -> None:
    """``false-share`` unless this is the share the bidder committed to for that seat."""
    seat = manifest.seat(seat_index)
    check_share(manifest.ctx, purpose, seat, manifest.dealt(purpose)[seat_index], share)


def reconstruct(manifest: Manifest, purpose: str, released: Mapping[int, bytes]) -> bytes:
    """The secret dealt under ``purpose``, from at least k released shares by seat index.

    Every share is checked; then the whole dealing, absent seats' envelopes included, is regenerated and
    compared. ``too-few-shares``, ``false-share`` (an officer), ``dealing-mismatch`` (the bidder).
    """
    if len(released) < manifest.k:
        raise Invalid("too-few-shares", f"{len(released)} shares of the {manifest.k} that are needed")
    for index, share in released.items():
        verify_share(manifest, purpose, index, share)
    secret = shares.combine([released[index] for index in sorted(released)[: manifest.k]])
    check_dealing(manifest.ctx, purpose, secret, manifest.k, manifest.seats, manifest.dealt(purpose))
    if purpose == IDENTITY and not keys.same(keys.identity_commit(manifest.ctx, secret), manifest.identity):
        raise Invalid("bad-identity-key", "the dealt secret is not the identity key the manifest commits to")
    return secret


def bidder_part_key(manifest: Manifest, k_bidder: bytes, part: str) -> bytes:
    """K_bidder[p], what a bidder releases in phase A; ``wrong-bidder-key`` when it would not be accepted."""
    key = keys.bidder_part_key_in(manifest.ctx, k_bidder, part)
    verify_bidder_key(manifest, part, key)
    return key


def verify_bidder_key(manifest: Manifest, part: str, key: bytes) -> None:
    """``wrong-bidder-key`` unless ``key`` is the released key the manifest commits to."""
    commit = manifest.part(part).bidder_commit
    if not keys.same(keys.bidder_commit(manifest.ctx, part, key), commit):
        raise Invalid("wrong-bidder-key", "the key is not the one this bid was sealed with", part=part)


def unwrap_recovery(manifest: Manifest, code: str) -> bytes:
    """K_bidder by recovery code; ``bad-recovery-code``, ``no-wrap`` or ``wrong-bidder-key``."""
    return _checked(manifest, combine_pieces([open_wrap(manifest, recovery_key(manifest.ctx, code))]))


def unwrap_with_keys(manifest: Manifest, private_keys: Iterable[PrivateKey]) -> bytes:
    """K_bidder by a certificate's key, or by the keys of enough trustees."""
    return _checked(manifest, combine_pieces([open_wrap(manifest, key) for key in private_keys]))


def _checked(manifest: Manifest, k_bidder: bytes) -> bytes:
    for part in manifest.parts:
        bidder_part_key(manifest, k_bidder, part)
    return k_bidder


def content_key(manifest: Manifest, part: str, k_bidder_part: bytes, k_hall: bytes) -> bytes:
    """DEK of a part from both halves; ``key-commit-mismatch`` (two-price ciphertexts end here)."""
    ctx = manifest.ctx
    if not keys.same(keys.key_commit(ctx, part, k_bidder_part, k_hall), manifest.part(part).key_commit):
        raise Invalid("key-commit-mismatch", "the two keys are not the ones the bid commits to", part=part)
    return keys.data_key(ctx, part, k_bidder_part, k_hall)


def read_form(manifest: Manifest, part: str, dek: bytes, first_segment: bytes) -> OpenedForm:
    """The form, from the first MiB of ciphertext alone, checked against formCommit."""
    facts = manifest.part(part)
    opener = open_stream(manifest.ctx, part, dek, first_segment, facts.size)
    form, nonce, _, _ = parse_head(opener.open(0, first_segment))
    verify_form(manifest, part, form, nonce)
    return OpenedForm(form, parse_form(manifest.ctx, part, form), nonce)


def verify_form(manifest: Manifest, part: str, form: bytes, nonce: bytes) -> None:
    """``form-commit-mismatch`` unless this form is the sealed one: the public's own check of a price."""
    if not keys.same(form_commit(form, nonce), manifest.part(part).form_commit):
        raise Invalid("form-commit-mismatch", "the form is not the one the bid commits to", part=part)


def decrypt_payload(
    manifest: Manifest,
    part: str,
    dek: bytes,
    read_segment: ReadSegment,
    out: BinaryIO,
    *,
    buffer: bytearray | None = None,
) -> None:
    """Decrypt a whole part, writing its ZIP to ``out``; ``read_segment(i)`` gives MiB i of the ciphertext.

    Memory: one segment, or the caller's ``buffer`` of that size. Refuses a wrong tag, a malformed frame,
    padding that is not zeros.
    """
    facts = manifest.part(part)
    first = read_segment(0)
    opener = open_stream(manifest.ctx, part, dek, first, facts.size, buffer)
    reader = PayloadReader(out)
    for index in range(facts.segments):
        reader.take(index, opener.open(index, first if index == 0 else read_segment(index)))
    reader.close()


@dataclass(frozen=True, slots=True)
class PayloadJob:
    """One part of one bid to decrypt."""

    manifest: Manifest
    part: str
    dek: bytes
    read_segment: ReadSegment
    out: BinaryIO


def decrypt_payloads(
    jobs: Iterable[PayloadJob], workers: int = 2
) -> Iterator[tuple[PayloadJob, Invalid | None]]:
    """Decrypt many parts in threads (the cipher runs without the interpreter lock), in the order given.

    Yields each job with what was wrong with it, or None: one bad bid does not stop the others.
    """

    buffers = threading.local()

    def run(job: PayloadJob) -> tuple[PayloadJob, Invalid | None]:
        if not hasattr(buffers, "segment"):
            buffers.segment = bytearray(SEGMENT)
        try:
            decrypt_payload(
                job.manifest, job.part, job.dek, job.read_segment, job.out, buffer=buffers.segment
            )
        except Invalid as error:
            return job, error
        return job, None

    with ThreadPoolExecutor(workers, thread_name_prefix="decrypt") as pool:
        yield from pool.map(run, jobs)
