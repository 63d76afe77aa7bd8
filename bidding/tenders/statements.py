"""What people sign about a tender beside its notices: seats, keys, the review, award and termination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bidding.people.register import Holder
from bidding.tenders.changes import holder_code
from bidding.tenders.state import Lot
from ceremony.errors import Refusal
from crypto.canonical import parse_canonical
from crypto.errors import Invalid

HANDOVER_LABEL = "kaibiao/seat-handover/v1"
DESTRUCTION_LABEL = "kaibiao/opening-key-destroyed/v1"
REVIEW_LABEL = "kaibiao/fair-competition-review/v1"
AWARD_LABEL = "kaibiao/award/v1"
TERMINATION_LABEL = "kaibiao/termination/v1"
MAX_STATEMENT = 1 << 20


@dataclass(frozen=True, slots=True)
class SeatHandover:
    """Who passes which seat to whom; certificates by SHA-256."""

    tender: str
    lot: str
    seat: str
    leaving: str
    coming: str

    def encode(self) -> dict[str, str]:
        return {
            "label": HANDOVER_LABEL,
            "tender": self.tender,
            "lot": self.lot,
            "seat": self.seat,
            "from": self.leaving,
            "to": self.coming,
        }

    def verify_place(self, tender: str, lot: str, seat: str) -> None:
        """Raises `Invalid("statement-misplaced")` when it was signed for another seat, lot or tender."""
        if (self.tender, self.lot, self.seat) != (tender, lot, seat):
            raise Invalid("statement-misplaced", "the statement was signed for another place")

    def verify_signers(self, lot: Lot, seat: str, leaving: Holder, coming: Holder) -> None:
        """Raises `Refusal("signer-not-holder")` unless the holder left and the named successor came."""
        if leaving.credit_code != holder_code(lot, seat):
            raise Refusal("signer-not-holder", "the present holder of the seat signs the handover")
        if leaving.certificate_sha256 != self.leaving or coming.certificate_sha256 != self.coming:
            raise Refusal("signer-not-holder", "the signatures are not by the certificates of the statement")


def parse_seat_handover(value: Any) -> SeatHandover:
    """Raises `Invalid("statement-malformed")`."""
    fields = _strings(value, {"label", "tender", "lot", "seat", "from", "to"}, HANDOVER_LABEL)
    return SeatHandover(fields["tender"], fields["lot"], fields["seat"], fields["from"], fields["to"])


def parse_destruction(value: Any, tender: str, lot: str, seat: str) -> None:
    """Check that a statement says this seat's key is destroyed. Raises `Invalid`."""
    fields = _strings(value, {"label", "tender", "lot", "seat"}, DESTRUCTION_LABEL)
    if (fields["tender"], fields["lot"], fields["seat"]) != (tender, lot, seat):
        raise Invalid("statement-misplaced", "the statement was signed for another place")


def verify_about(data: bytes, label: str, **place: str) -> None:
    """Check that a signed statement is of this kind and about this place; other members are its signer's.

    Raises `Invalid`: what was signed for another tender or lot counts for nothing here.
    """
    value = parse_canonical(data, limit=MAX_STATEMENT)
    if not isinstance(value, dict) or value.get("label") != label:
        raise Invalid("statement-malformed", f"label {label} expected")
    if any(value.get(name) != wanted for name, wanted in place.items()):
        raise Invalid("statement-misplaced", "the statement was signed for another place")


def _strings(value: Any, names: set[str], label: str) -> dict[str, str]:
    if (
        not isinstance(value, dict)
        or set(value) != names
        or not all(isinstance(v, str) for v in value.values())
    ):
        raise Invalid("statement-malformed", f"members {', '.join(sorted(names))} expected")
    if value["label"] != label:
        raise Invalid("statement-malformed", f"label {label} expected")
    return value
