"""Who may take which seat: officials by the notice, bidders by certificate, a receipt key its own bid's."""

from __future__ import annotations

from ceremony.errors import Refusal
from crypto.statements import verify_statement
from opening_hall.challenge import verify_challenge
from opening_hall.ports import HallPorts
from opening_hall.prepare import Caller
from opening_hall.seats import OFFICIALS, PUBLIC, BidId, LotId, Role, Seat, SeatEntry
from opening_hall.state import State
from opening_hall.statements import seat_proof


def fills(entry: SeatEntry, caller: Caller) -> bool:
    """Whether the caller is the person of a seat: the same person, or the certificate the notice names."""
    if entry.certificate_sha256 and entry.certificate_sha256 == caller.certificate_sha256:
        return True
    return bool(entry.person) and entry.person == caller.person


def seats_of(state: State, caller: Caller) -> tuple[Seat, ...]:
    """Every seat the caller may take: an official's, then a key officer's, then the bidder's."""
    own = [entry.seat for entry in state.entries.values() if fills(entry, caller)]
    own.sort(key=lambda seat: seat.role is Role.OFFICER)
    return (*own, Seat(Role.BIDDER, caller.credit_code))


def take_seat(
    ports: HallPorts, lot: LotId, state: State, caller: Caller | None, wanted: str, proof: tuple[str, str]
) -> Seat:
    """The seat asked for; without a wish, the caller's own, or the public's.

    `proof` is (challenge, signature) of a receipt key. Raises Malformed("seat-malformed");
    Refusal("seat-taken") for a seat that is not the caller's, "sign-in-needed", "seat-challenge-expired",
    "unknown-bid"; Invalid("bad-signature").
    """
    if not wanted:
        return seats_of(state, caller)[0] if caller is not None else PUBLIC
    seat = Seat.parse(wanted)
    if seat.role is Role.PUBLIC:
        return PUBLIC
    if seat.role is Role.RECEIPT:
        challenge, signature = proof
        verify_challenge(ports.challenge_key, lot, challenge, ports.clock())
        key = ports.receipt_key(lot, BidId(seat.id))
        verify_statement(key, seat_proof(lot, challenge), signature)
        return seat
    if caller is None:
        raise Refusal("sign-in-needed")
    if seat.role in OFFICIALS | {Role.BIDDER} and seat in seats_of(state, caller):
        return seat
    raise Refusal("seat-taken", seat=str(seat.role))
