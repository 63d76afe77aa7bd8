"""Bad bids for rehearsals, built with the bidder's own means: nothing here knows more than a bidder does."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from bidding.client.clock import local_now
from bidding.client.lot import Lot
from bidding.client.seal import Draft
from bidding.rehearse.misbehaviour import Misbehaviour
from crypto import keys
from crypto.context import Context, hall_purpose, new_context
from crypto.dealing import DealtShare, envelope_info, share_commit
from crypto.identity import STEP, IdentityInput, seal_identity
from crypto.key_file import Cost
from crypto.manifest import Manifest, parse_manifest
from crypto.package import Package
from crypto.sealing import Sealed, seal_bid
from crypto.signing import Signer

#: Key files of a rehearsal are thrown away and their passphrases random: scrypt with a mebibyte of memory.
CHEAP = Cost(log_n=10, r=8, p=1)


@dataclass(slots=True)
class Recorder:
    """Random bytes that are remembered: how a hostile bidder keeps the secrets its client would forget."""

    drawn: list[bytes] = field(default_factory=list)

    def __call__(self, size: int) -> bytes:
        self.drawn.append(secrets.token_bytes(size))
        return self.drawn[-1]

    @property
    def k_bidder(self) -> bytes:
        return self.drawn[0]

    @property
    def k_identity(self) -> bytes:
        return self.drawn[1]


@dataclass(frozen=True, slots=True)
class Bench:
    """What a forger works with."""

    lot: Lot
    draft: Draft
    signer: Signer
    identity: IdentityInput
    out: Path
    passphrase: str


def forge(way: Misbehaviour, bench: Bench) -> Sealed:
    """Seal a bid that is bad in this way; its package uploads like any other."""
    if way is Misbehaviour.FORGED_IDENTITY:
        return _seal(replace(bench, signer=self_made(bench.signer, bench.identity)), secrets.token_bytes)[0]
    recorder = Recorder()
    sealed, context = _seal(bench, recorder)
    manifest = parse_manifest(sealed.manifest)
    if way is Misbehaviour.JUNK_ENVELOPE:
        _rewrite(bench.out, sealed.manifest, secrets.token_bytes(STEP))
        return sealed
    if way is Misbehaviour.POISONED_DEALING:
        manifest = poison(manifest)
    elif way is Misbehaviour.TWO_PRICE:
        manifest = commit_elsewhere(manifest, context, recorder)
    box = seal_identity(manifest, recorder.k_identity, bench.identity, bench.signer, at=local_now())
    _rewrite(bench.out, manifest.encode(), box)
    return sealed


def _seal(bench: Bench, random: Recorder | object) -> tuple[Sealed, Context]:
    lot = bench.lot
    context = new_context(
        lot.tender, lot.id, keyset_hash=lot.keyset.hash(), docs_hash=lot.docs_hash, round_number=lot.round
    )
    sealed = seal_bid(
        context,
        lot.keyset,
        bench.draft.parts,
        bench.identity,
        bench.signer,
        out=bench.out,
        passphrase=bench.passphrase,
        at=local_now(),
        cost=CHEAP,
        random=random,  # type: ignore[arg-type]
    )
    return sealed, context


def poison(manifest: Manifest) -> Manifest:
    """A dealing in which the last seat's share passes its own test and yet belongs to no polynomial."""
    part = next(iter(manifest.parts))
    purpose, seat = hall_purpose(part), manifest.seats[-1]
    share = secrets.token_bytes(32) + bytes([seat.index])
    envelope = manifest.ctx.algorithms.hpke.seal(
        seat.opening_key,
        share,
        info=envelope_info(manifest.ctx, purpose, seat),
        ephemeral_ikm=secrets.token_bytes(32),
    )
    bad = DealtShare(share_commit(manifest.ctx, purpose, seat, share), envelope)
    dealt: Mapping[int, DealtShare] = {**manifest.shares[purpose], seat.index: bad}
    return replace(manifest, shares={**manifest.shares, purpose: dealt})


def commit_elsewhere(manifest: Manifest, context: Context, recorder: Recorder) -> Manifest:
    """A ciphertext sealed under one key with the commitment of another: the root of every two-price trick.

    AES-GCM alone would let one ciphertext open under two keys; keyCommit is what stands against it.
    """
    part = next(iter(manifest.parts.values()))
    bidder = keys.bidder_part_key_in(context, recorder.k_bidder, part.name)
    other = keys.key_commit(context, part.name, bidder, secrets.token_bytes(32))
    return replace(manifest, parts={**manifest.parts, part.name: replace(part, key_commit=other)})


def self_made(signer: Signer, identity: IdentityInput) -> Signer:
    """A certificate that looks right and that no authority issued."""
    key = ec.generate_private_key(ec.SECP256R1())
    organisation = identity.organisation
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation["name"]),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, organisation["creditCode"]),
            x509.NameAttribute(NameOID.COMMON_NAME, organisation["name"]),
        ]
    )
    now = local_now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(x509.load_der_x509_certificate(signer.certificate).issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return Signer(certificate.public_bytes(Encoding.DER), signer.chain, key)


def _rewrite(folder: Path, manifest: bytes, box: bytes) -> None:
    package = Package(folder)
    package.manifest_path.write_bytes(manifest)
    package.box_path.write_bytes(box)
