"""Sealing a bid (封标): from a form, files and a certificate to a package that only the opening can open.

Everything secret is drawn afresh here and leaves only in the bid-key file and on the recovery sheet.
Memory is bounded by a few MiB whatever the files' size; every file is read twice and must not change.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crypto import keys
from crypto.context import IDENTITY, MAX_PARTS, PART_NAME, Context, Random, hall_purpose
from crypto.dealing import DealtShare, deal
from crypto.errors import Invalid
from crypto.hpke import PrivateKey, public_bytes
from crypto.identity import IdentityInput, seal_identity
from crypto.key_file import BidSecrets, Cost, wrap_bid_key
from crypto.keyset import Keyset, verify_keyset
from crypto.manifest import Manifest, PartFacts, submission_of
from crypto.package import Package, recovery_sheet_text, write_package
from crypto.payload import NONCE, PartInput, associated_data, encode_form, form_commit, frame_head, scan_files
from crypto.plain_zip import archive_chunks
from crypto.signing import Signer
from crypto.stream import PREFIX, SALT, SEGMENT, StreamSealer, bucket_segments
from crypto.wraps import Trustees, new_recovery_code, wrap_slots

Progress = Callable[[str, int, int], None]
"""Called as (part, bytes sealed, bytes in all)."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What sealing gives. Key file, recovery code and sheet, and receipt key are secret."""

    bid: str
    submission: str
    manifest: bytes
    box: bytes
    ciphertexts: dict[str, Path]
    key_file: bytes
    recovery_code: str
    recovery_sheet: str
    receipt_private: bytes


@dataclass(frozen=True, slots=True)
class _BidSecret:
    k_bidder: bytes
    k_identity: bytes
    receipt: PrivateKey
    code: str


@dataclass(frozen=True, slots=True)
class _PartSecrets:
    bidder: bytes
    hall: bytes
    form: bytes
    nonce: bytes


def seal_bid(
    ctx: Context,
    keyset: Keyset,
    parts: Sequence[PartInput],
    identity: IdentityInput,
    signer: Signer,
    *,
    out: Path,
    passphrase: str,
    prev: str | None = None,
    progress: Progress | None = None,
    at: datetime | None = None,
    recipients: Sequence[bytes] = (),
    trustees: Trustees | None = None,
    cost: Cost | None = None,
    random: Random = secrets.token_bytes,
) -> Sealed:
    """Seal ``parts`` for ``ctx`` to the officers of ``keyset`` and write the package into the folder ``out``.

    ``signer`` signs at ``at``; ``prev`` is the submission this one replaces; K_bidder is also wrapped to the
    points ``recipients`` and to ``trustees``. Refused with ``package-exists`` when ``out`` holds a bid
    already: a changed file needs new secrets, so every sealing is a new bid in a folder of its own.
    """
    verify_keyset(keyset)
    if ctx.keyset_hash != keyset.hash() or (ctx.tender, ctx.lot) != (keyset.tender, keyset.lot):
        raise Invalid("wrong-keyset", "the context names another keyset than the one to seal to")
    _check_parts(parts)
    secret = _BidSecret(
        random(32), random(32), ctx.algorithms.hpke.derive_private(random(32)), new_recovery_code(random)
    )
    ciphertexts = _claim_folder(out, parts)
    try:
        facts, shares = _seal_parts(ctx, keyset, parts, secret, ciphertexts, progress, random)
        manifest = Manifest(
            ctx=ctx,
            k=keyset.k,
            seats=keyset.seats,
            parts=facts,
            identity=keys.identity_commit(ctx, secret.k_identity),
            shares=shares,
            wraps=wrap_slots(
                ctx, secret.k_bidder, secret.code, recipients=recipients, trustees=trustees, random=random
            ),
            receipt_key=public_bytes(secret.receipt),
            prev=prev,
        )
        box = seal_identity(manifest, secret.k_identity, identity, signer, at=at, random=random)
        return _finish(out, manifest, box, secret, ciphertexts, passphrase, cost, random)
    except BaseException:
        for path in ciphertexts.values():  # without its key file a ciphertext is only in the way
            path.unlink(missing_ok=True)
        raise


def _claim_folder(out: Path, parts: Sequence[PartInput]) -> dict[str, Path]:
    """Where the ciphertexts go; ``package-exists`` when anything of a package is there."""
    folder = Package(out)
    ciphertexts = {part.name: folder.ciphertext_path(part.name) for part in parts}
    small = (folder.manifest_path, folder.box_path, folder.key_path, folder.recovery_path)
    if any(path.exists() for path in (*small, *ciphertexts.values())):
        raise Invalid("package-exists", "the folder holds a sealed bid already; seal into a new one")
    out.mkdir(parents=True, exist_ok=True)
    return ciphertexts


def _seal_parts(
    ctx: Context,
    keyset: Keyset,
    parts: Sequence[PartInput],
    secret: _BidSecret,
    ciphertexts: dict[str, Path],
    progress: Progress | None,
    random: Random,
) -> tuple[dict[str, PartFacts], dict[str, dict[int, DealtShare]]]:
    facts = {}
    shares = {IDENTITY: deal(ctx, IDENTITY, secret.k_identity, keyset.k, keyset.seats)}
    for part in parts:
        facts[part.name], shares[hall_purpose(part.name)] = _seal_part(
            ctx, keyset, part, secret.k_bidder, ciphertexts[part.name], progress, random
        )
    return facts, shares


def _finish(
    out: Path,
    manifest: Manifest,
    box: bytes,
    secret: _BidSecret,
    ciphertexts: dict[str, Path],
    passphrase: str,
    cost: Cost | None,
    random: Random,
) -> Sealed:
    """Write the small files and hand everything over."""
    ctx = manifest.ctx
    receipt_private = secret.receipt.private_numbers().private_value.to_bytes(32, "big")
    held = BidSecrets(ctx.bid, ctx, secret.k_bidder, receipt_private)
    sealed = Sealed(
        bid=ctx.bid,
        submission=submission_of(manifest, box),
        manifest=manifest.encode(),
        box=box,
        ciphertexts=ciphertexts,
        key_file=wrap_bid_key(held, passphrase, cost=cost, random=random),
        recovery_code=secret.code,
        recovery_sheet=recovery_sheet_text(ctx, secret.code),
        receipt_private=receipt_private,
    )
    write_package(out, sealed.manifest, sealed.box, sealed.key_file, sealed.recovery_sheet)
    return sealed


def _check_parts(parts: Sequence[PartInput]) -> None:
    names = [part.name for part in parts]
    if not 1 <= len(names) <= MAX_PARTS or len(set(names)) != len(names):
        raise Invalid("bad-parts", f"a bid has 1 to {MAX_PARTS} parts with different names")
    if not all(PART_NAME.fullmatch(name) for name in names):
        raise Invalid("bad-parts", "a part's name is lower-case letters, digits and hyphens")


def _seal_part(
    ctx: Context,
    keyset: Keyset,
    part: PartInput,
    k_bidder: bytes,
    target: Path,
    progress: Progress | None,
    random: Random,
) -> tuple[PartFacts, dict[int, DealtShare]]:
    form = encode_form(ctx, part.name, part.form)
    bidder = keys.bidder_part_key_in(ctx, k_bidder, part.name)
    secret = _PartSecrets(bidder, random(32), form, random(NONCE))
    segments, root = _write_ciphertext(ctx, part, secret, target, progress, random)
    facts = PartFacts(
        name=part.name,
        size=segments * SEGMENT,
        root=root,
        key_commit=keys.key_commit(ctx, part.name, secret.bidder, secret.hall),
        bidder_commit=keys.bidder_commit(ctx, part.name, secret.bidder),
        form_commit=form_commit(form, secret.nonce),
        segments=segments,
    )
    return facts, deal(ctx, hall_purpose(part.name), secret.hall, keyset.k, keyset.seats)


def _write_ciphertext(
    ctx: Context,
    part: PartInput,
    secret: _PartSecrets,
    target: Path,
    progress: Progress | None,
    random: Random,
) -> tuple[int, str]:
    """Write the padded, encrypted payload; its segments and Merkle root."""
    files, zip_size = scan_files(part.files)
    head = frame_head(secret.form, secret.nonce, zip_size)
    segments = bucket_segments(len(head) + zip_size)
    dek = keys.data_key(ctx, part.name, secret.bidder, secret.hall)
    with target.open("xb") as out:
        sealer = StreamSealer(
            ctx.algorithms,
            dek,
            associated_data(ctx, part.name),
            out,
            segments=segments,
            salt=random(SALT),
            prefix=random(PREFIX),
        )
        done, total = len(head), len(head) + zip_size
        sealer.write(head)
        for chunk in archive_chunks(files):
            sealer.write(chunk)
            done += len(chunk)
            if progress is not None:
                progress(part.name, done, total)
        root = sealer.close()
        out.flush()
        os.fsync(out.fileno())
    return segments, root.hex()
