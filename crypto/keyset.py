"""The officers a tender is sealed to (开标人员密钥组): seats, opening keys and the quorum, as published.

The sealing tool verifies this value and shows it to the bidder, so that a platform which serves keys of
its own gets nothing. Which certificates are *trusted* is judged in :mod:`crypto.trust`; here each seat's
opening key must be signed by the certificate the keyset itself names. See docs/formats/keyset.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from crypto.canonical import Json, b64, canon, parse_canonical, sha256_hex
from crypto.context import Random
from crypto.dealing import Seat
from crypto.errors import Invalid
from crypto.fields import Fields
from crypto.hpke import PrivateKey, public_bytes
from crypto.shares import MAX_SEATS
from crypto.signing import SignedBy, Signer, sign_detached, verify_detached
from crypto.suite import DEFAULT_SUITE

KEYSET_LABEL = "kaibiao/keyset/v1"
OPENING_KEY_LABEL = "kaibiao/opening-key/v1"
DOCUMENTS_LABEL = "kaibiao/documents/v1"
MAX_KEYSET = 8 << 20
_SEAT = ("seat", "index", "certificate", "openingKey", "signature")


@dataclass(frozen=True, slots=True)
class OfficerSeat:
    """One officer's seat: ``index`` from 1, certificate DER, P-256 point, CMS over the statement."""

    seat: str
    index: int
    certificate: bytes
    opening_key: bytes
    signature: bytes

    def encode(self) -> dict[str, Json]:
        return {
            "seat": self.seat,
            "index": self.index,
            "certificate": b64(self.certificate),
            "openingKey": b64(self.opening_key),
            "signature": b64(self.signature),
        }


@dataclass(frozen=True, slots=True)
class Keyset:
    """The seats of one lot and how many of them (``k``) open together."""

    tender: str
    lot: str
    k: int
    officers: tuple[OfficerSeat, ...]

    @property
    def n(self) -> int:
        return len(self.officers)

    @property
    def seats(self) -> tuple[Seat, ...]:
        """The places shares are dealt to."""
        return tuple(Seat(o.index, o.seat, o.opening_key) for o in self.officers)

    def officer(self, seat: str) -> OfficerSeat:
        for officer in self.officers:
            if officer.seat == seat:
                return officer
        raise Invalid("unknown-seat", "the keyset has no such seat", seat=seat)

    def encode(self) -> bytes:
        return canon(
            {
                "label": KEYSET_LABEL,
                "tender": self.tender,
                "lot": self.lot,
                "k": self.k,
                "officers": [officer.encode() for officer in self.officers],
            }
        )

    def hash(self) -> str:
        """SHA-256 of the canonical keyset, in hex; contexts name it."""
        return sha256_hex(self.encode())


def parse_keyset(data: bytes) -> Keyset:
    """The keyset in its canonical bytes; ``bad-keyset`` otherwise. Signatures are not checked yet."""
    fields = Fields(
        parse_canonical(data, limit=MAX_KEYSET), "bad-keyset", ("label", "tender", "lot", "k", "officers")
    )
    fields.label("label", KEYSET_LABEL)
    officers = [_parse_seat(value) for value in fields.items("officers", 1, MAX_SEATS)]
    return Keyset(
        fields.text("tender", limit=64),
        fields.text("lot", limit=64),
        fields.integer("k", 1, MAX_SEATS),
        tuple(officers),
    )


def _parse_seat(value: object) -> OfficerSeat:
    fields = Fields(value, "bad-keyset", _SEAT)
    return OfficerSeat(
        seat=fields.text("seat", limit=64),
        index=fields.integer("index", 1, MAX_SEATS),
        certificate=fields.data("certificate", limit=64 << 10),
        opening_key=fields.data("openingKey", size=DEFAULT_SUITE.hpke.point_size),
        signature=fields.data("signature", limit=64 << 10),
    )


def verify_keyset(keyset: Keyset) -> None:
    """Check structure and every seat's signature; ``bad-keyset`` or the signature's own refusal.

    Indices must be 1..n in order, seats, keys and certificates distinct, 1 <= k <= n. Whether k = 1 is
    allowed is a rule row of the platform, not a property of the format.
    """
    if not 1 <= keyset.k <= keyset.n <= MAX_SEATS:
        raise Invalid("bad-keyset", f"a quorum of {keyset.k} out of {keyset.n} seats")
    if [officer.index for officer in keyset.officers] != list(range(1, keyset.n + 1)):
        raise Invalid("bad-keyset", "seat indices must be 1, 2, 3 … in order")
    distinct = (
        {officer.seat for officer in keyset.officers},
        {officer.opening_key for officer in keyset.officers},
        {officer.certificate for officer in keyset.officers},
    )
    if any(len(values) != keyset.n for values in distinct):
        raise Invalid("bad-keyset", "two seats share a name, an opening key or a certificate")
    for officer in keyset.officers:
        verify_opening_key(keyset.tender, keyset.lot, officer)


def verify_opening_key(tender: str, lot: str, officer: OfficerSeat) -> SignedBy:
    """``bad-keyset`` unless the seat's certificate signed this opening key for this seat, tender and lot."""
    DEFAULT_SUITE.hpke.public_key(officer.opening_key)
    statement = opening_key_statement(tender, lot, officer.seat, officer.index, officer.opening_key)
    try:
        signed = verify_detached(officer.signature, data=statement)
    except Invalid as error:
        raise Invalid(
            "bad-keyset", f"the opening key is not signed: {error.detail}", seat=officer.seat
        ) from error
    if signed.certificate != officer.certificate:
        raise Invalid("bad-keyset", "the opening key is signed by another certificate", seat=officer.seat)
    return signed


def opening_key_statement(tender: str, lot: str, seat: str, index: int, opening_key: bytes) -> bytes:
    """What an officer's certificate signs, canonical: this key is mine, for this seat of this lot."""
    return canon(
        {
            "label": OPENING_KEY_LABEL,
            "tender": tender,
            "lot": lot,
            "seat": seat,
            "index": index,
            "openingKey": b64(opening_key),
        }
    )


def sign_opening_key(
    tender: str, lot: str, seat: str, index: int, private: PrivateKey, signer: Signer
) -> OfficerSeat:
    """The seat as it goes into the keyset, its opening key signed by the officer's certificate."""
    point = public_bytes(private)
    statement = opening_key_statement(tender, lot, seat, index, point)
    return OfficerSeat(seat, index, signer.certificate, point, sign_detached(statement, signer))


def new_opening_key(random: Random = secrets.token_bytes) -> PrivateKey:
    """A fresh opening key: one seat, one lot; destroyed, logged, after the objection period."""
    return DEFAULT_SUITE.hpke.derive_private(random(32))


def documents_hash(
    tender: str,
    lot: str,
    revision: int,
    notice_sha256: str,
    form_sha256: str,
    files: Sequence[tuple[str, int, str]] = (),
) -> str:
    """The hash that names one logged revision of the documents. ``files`` are (name, bytes, SHA-256)."""
    if len({name for name, _, _ in files}) != len(files):
        raise Invalid("bad-documents", "two documents have the same name")
    listed: list[Json] = [
        {"name": name, "size": str(size), "sha256": digest} for name, size, digest in sorted(files)
    ]
    return sha256_hex(
        canon(
            {
                "label": DOCUMENTS_LABEL,
                "tender": tender,
                "lot": lot,
                "revision": revision,
                "notice": notice_sha256,
                "form": form_sha256,
                "files": listed,
            }
        )
    )
