"""The manifest of a sealed bid: what becomes public of it, and what everything else hangs from.

Canonical JSON; see docs/formats/sealed-bid.md for an example. Its hash, that of the identity box and the
ciphertext roots make the *submission*, which receipt, log and time stamp cover.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crypto.canonical import Json, b64, canon, parse_canonical, sha256_hex
from crypto.context import IDENTITY, MAX_PARTS, PART_NAME, Context, hall_purpose, parse_context, purposes_of
from crypto.dealing import DealtShare, Seat
from crypto.errors import Invalid
from crypto.fields import Fields
from crypto.keys import same
from crypto.keyset import Keyset
from crypto.shares import MAX_SEATS
from crypto.stream import MAX_SEGMENTS, SEGMENT, is_bucket
from crypto.wraps import SLOTS, slot_size

MANIFEST_LABEL = "kaibiao/manifest/v1"
SUBMISSION_LABEL = "kaibiao/submission/v1"
MAX_MANIFEST = 256 << 10
_MEMBERS = ("label", "ctx", "k", "seats", "parts", "identity", "shares", "wraps", "receiptKey", "prev")
_PART = ("name", "size", "segments", "root", "keyCommit", "bidderCommit", "formCommit")


@dataclass(frozen=True, slots=True)
class PartFacts:
    """One part as sealed: ciphertext ``size`` in bytes, its root, and three commitments (hex)."""

    name: str
    size: int
    root: str
    key_commit: str
    bidder_commit: str
    form_commit: str
    segments: int

    def encode(self) -> dict[str, Json]:
        return {
            "name": self.name,
            "size": str(self.size),
            "segments": self.segments,
            "root": self.root,
            "keyCommit": self.key_commit,
            "bidderCommit": self.bidder_commit,
            "formCommit": self.form_commit,
        }


@dataclass(frozen=True, slots=True)
class Manifest:
    """A parsed manifest. ``identity`` commits to K_identity; ``shares`` by purpose and seat index."""

    ctx: Context
    k: int
    seats: tuple[Seat, ...]
    parts: Mapping[str, PartFacts]
    identity: str
    shares: Mapping[str, Mapping[int, DealtShare]]
    wraps: tuple[bytes, ...]
    receipt_key: bytes
    prev: str | None

    @property
    def n(self) -> int:
        return len(self.seats)

    @property
    def bid(self) -> str:
        return self.ctx.bid

    def part(self, name: str) -> PartFacts:
        facts = self.parts.get(name)
        if facts is None:
            raise Invalid("unknown-part", "the bid has no such part", part=name)
        return facts

    def seat(self, index: int) -> Seat:
        if not 1 <= index <= self.n:
            raise Invalid("unknown-seat", "the bid was not sealed to such a seat", index=index)
        return self.seats[index - 1]

    def dealt(self, purpose: str) -> Mapping[int, DealtShare]:
        found = self.shares.get(purpose)
        if found is None:
            raise Invalid("unknown-purpose", "the bid deals no such secret", purpose=purpose)
        return found

    def encode(self) -> bytes:
        return canon(
            {
                "label": MANIFEST_LABEL,
                "ctx": self.ctx.encode(),
                "k": self.k,
                "seats": [
                    {"index": s.index, "seat": s.seat, "openingKey": b64(s.opening_key)} for s in self.seats
                ],
                "parts": [part.encode() for part in self.parts.values()],
                "identity": {"keyCommit": self.identity},
                "shares": {
                    purpose: [
                        {"commit": dealt[seat.index].commit, "envelope": b64(dealt[seat.index].envelope)}
                        for seat in self.seats
                    ]
                    for purpose, dealt in self.shares.items()
                },
                "wraps": [b64(slot) for slot in self.wraps],
                "receiptKey": b64(self.receipt_key),
                "prev": self.prev,
            }
        )

    def hash(self) -> str:
        """SHA-256 of the canonical manifest, in hex: what ``sha256sum manifest.json`` prints."""
        return sha256_hex(self.encode())


def parse_manifest(data: bytes) -> Manifest:
    """The manifest in its canonical bytes; ``bad-manifest`` (or the refusal of an inner field) otherwise.

    Structure only: :func:`verify_manifest` compares it with the keyset and the documents.
    """
    fields = Fields(parse_canonical(data, limit=MAX_MANIFEST), "bad-manifest", _MEMBERS)
    fields.label("label", MANIFEST_LABEL)
    ctx = parse_context(fields.raw("ctx"))
    hpke = ctx.algorithms.hpke
    seats = tuple(_parse_seat(value, hpke.point_size) for value in fields.items("seats", 1, MAX_SEATS))
    if [seat.index for seat in seats] != list(range(1, len(seats) + 1)):
        raise Invalid("bad-manifest", "seat indices must be 1, 2, 3 … in order")
    parts = [_parse_part(value) for value in fields.items("parts", 1, MAX_PARTS)]
    names = [part.name for part in parts]
    if len(set(names)) != len(names):
        raise Invalid("bad-manifest", "two parts have the same name")
    shares = fields.inner("shares", purposes_of(names))
    size = hpke.overhead + ctx.algorithms.key_size + 1
    wraps = tuple(_bytes(value, slot_size(ctx.algorithms)) for value in fields.items("wraps", SLOTS, SLOTS))
    receipt_key = fields.data("receiptKey", size=hpke.point_size)
    hpke.public_key(receipt_key)
    return Manifest(
        ctx=ctx,
        k=fields.integer("k", 1, len(seats)),
        seats=seats,
        parts={part.name: part for part in parts},
        identity=fields.inner("identity", ("keyCommit",)).hash("keyCommit"),
        shares={name: _parse_dealt(shares, name, len(seats), size) for name in purposes_of(names)},
        wraps=wraps,
        receipt_key=receipt_key,
        prev=fields.optional_hash("prev"),
    )


def _parse_seat(value: object, point_size: int) -> Seat:
    fields = Fields(value, "bad-manifest", ("index", "seat", "openingKey"))
    return Seat(
        fields.integer("index", 1, MAX_SEATS),
        fields.text("seat", limit=64),
        fields.data("openingKey", size=point_size),
    )


def _parse_part(value: object) -> PartFacts:
    fields = Fields(value, "bad-manifest", _PART)
    part = PartFacts(
        name=fields.text("name", limit=32),
        size=fields.decimal("size", MAX_SEGMENTS * SEGMENT),
        root=fields.hash("root"),
        key_commit=fields.hash("keyCommit"),
        bidder_commit=fields.hash("bidderCommit"),
        form_commit=fields.hash("formCommit"),
        segments=fields.integer("segments", 1, MAX_SEGMENTS),
    )
    if not PART_NAME.fullmatch(part.name):
        raise Invalid("bad-manifest", "a part's name is lower-case letters, digits and hyphens")
    if part.size != part.segments * SEGMENT or not is_bucket(part.segments):
        raise Invalid("bad-manifest", "a part's size is not one that padding gives")
    return part


def _parse_dealt(shares: Fields, purpose: str, n: int, envelope: int) -> dict[int, DealtShare]:
    dealt = {}
    for index, value in enumerate(shares.items(purpose, n, n), start=1):
        fields = Fields(value, "bad-manifest", ("commit", "envelope"))
        dealt[index] = DealtShare(fields.hash("commit"), fields.data("envelope", size=envelope))
    return dealt


def _bytes(value: object, size: int) -> bytes:
    return Fields({"slot": value}, "bad-manifest").data("slot", size=size)


def verify_manifest(
    manifest: Manifest,
    keyset: Keyset,
    *,
    docs_hashes: frozenset[str] | None = None,
    round_number: int | None = None,
) -> None:
    """``wrong-keyset``, ``wrong-documents`` or ``wrong-round`` unless the bid is sealed for exactly this lot.

    ``docs_hashes`` are the revisions of the documents that are still valid to have sealed against.
    """
    if not same(manifest.ctx.keyset_hash, keyset.hash()):
        raise Invalid("wrong-keyset", "the bid is sealed to other officers than the published ones")
    if (manifest.ctx.tender, manifest.ctx.lot) != (keyset.tender, keyset.lot):
        raise Invalid("wrong-keyset", "the bid is sealed for another tender or lot")
    if manifest.k != keyset.k or manifest.seats != keyset.seats:
        raise Invalid("wrong-keyset", "the manifest's seats are not those of the keyset")
    if docs_hashes is not None and manifest.ctx.docs_hash not in docs_hashes:
        raise Invalid(
            "wrong-documents", "the bid is sealed against a revision of the documents that is not valid"
        )
    if round_number is not None and manifest.ctx.round != round_number:
        raise Invalid("wrong-round", "the bid is sealed for another round", round=manifest.ctx.round)


def submission_hash(manifest_hash: str, box_hash: str, roots: Mapping[str, str]) -> str:
    """The submission: SHA-256 of the canonical hashes of manifest, box and each part's ciphertext."""
    return sha256_hex(
        canon(
            {
                "label": SUBMISSION_LABEL,
                "manifestHash": manifest_hash,
                "boxHash": box_hash,
                "roots": dict(roots),
            }
        )
    )


def submission_of(manifest: Manifest, box: bytes) -> str:
    """The submission of a manifest and the box that came with it."""
    roots = {name: part.root for name, part in manifest.parts.items()}
    return submission_hash(manifest.hash(), sha256_hex(box), roots)


__all__ = [
    "IDENTITY",
    "Manifest",
    "PartFacts",
    "hall_purpose",
    "parse_manifest",
    "submission_hash",
    "submission_of",
    "verify_manifest",
]
