"""Where sealed things and secrets lie; the hall knows them only through this.

Manifests, boxes and ciphertext are readable from Closed on by those the hall lets; secrets are written in the
same transaction as the event that speaks of them and never stand in an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import sqlalchemy as sa

from opening_hall.seats import BidId, LotId


class Vault(Protocol):
    """Sealed submissions, released secrets, signatures and opened payloads of all lots."""

    def manifest(self, bid: BidId) -> bytes:
        """Canonical manifest of a live bid. Raises Refusal("unknown-bid")."""

    def box(self, bid: BidId) -> bytes:
        """Identity box as stored."""

    def segment(self, bid: BidId, part: str, index: int) -> bytes:
        """Ciphertext segment `index` (1 MiB, the last shorter)."""

    def timestamp(self, bid: BidId) -> bytes | None:
        """RFC 3161 token that covers the submission; None while the authority is away."""

    def evidence(self, bid: BidId) -> Mapping[str, bytes]:
        """Revocation data and other evidence kept for the bid, by name."""

    def put_secret(
        self, tx: sa.Connection, lot: LotId, bid: BidId | str, kind: str, seat: str, data: bytes
    ) -> None:
        """Keep a secret or a signature under (lot, kind, bid, seat); writing the same again is harmless."""

    def secrets(self, lot: LotId, kind: str) -> Mapping[tuple[BidId, str], bytes]:
        """All of one kind, by (bid or reference, seat)."""


IDENTITY_SHARE = "identity-share"
"""An officer's share of K_identity; (bid, officer seat)."""
HALL_SHARE = "hall-share:"
"""+ part: an officer's share of K_hall."""
BIDDER_KEY = "bidder-key:"
"""+ part: K_bidder of the part, as released; seat empty."""
SIGNATURE = "cms"
"""A signed act; (SHA-256 of the CMS in hex, seat)."""
RECORD_SIGNATURE = "record-cms:"
"""+ stage: a bidder's CMS over the record; (credit code, seat)."""
SEAL = "seal-cms:"
"""+ stage: CMS over a prepared digest; (digest, seat)."""
