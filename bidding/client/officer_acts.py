"""An officer's steps in the hall, one after the other, each when the hall comes to it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum

from bidding.client.closed import fetch_closed
from bidding.client.errors import ClientError
from bidding.client.hall import Hall
from bidding.client.host import signed
from bidding.client.http import Api
from bidding.client.inhall import OVER
from bidding.client.lot import fetch_lot
from bidding.client.officer import admitted_bids, encoded, own_shares, sealed_bids, verify_closed
from bidding.client.trusting import anchors_of
from crypto.context import IDENTITY, hall_purpose
from crypto.key_file import OpeningKey
from crypto.manifest import Manifest
from crypto.signing import Signer
from crypto.translog.checkpoint import Verifier
from opening_hall import statements


class Step(StrEnum):
    """What an officer does in an opening, by the command that does it."""

    IDENTITIES = "ReleaseIdentityShares"
    ADMITTED = "SignAdmitted"
    HALL = "ReleaseHallShares"


@dataclass(slots=True)
class Desk:
    """One officer of one lot with the opening key unlocked."""

    api: Api
    lot: str
    key: OpeningKey
    signer: Signer
    log: Verifier
    """The log's key, known before the deadline."""
    witnesses: tuple[Verifier, ...] = ()
    """Witnesses all of whom must have cosigned Closed, where this officer knows any."""
    manifests: dict[str, Manifest] = field(default_factory=dict)

    def fetch(self) -> dict[str, Manifest]:
        """Every sealed bid: of a Closed that is proven in the log, sealed to the published keyset.

        Nothing is released to a set of bids that only the platform says was closed. Raises `ClientError`.
        """
        if not self.manifests:
            lot = fetch_lot(self.api, self.lot, anchors=anchors_of(self.signer))
            known, count = self.witnesses, len(self.witnesses)
            closed = fetch_closed(self.api, self.lot, lot.deadline, self.log, witnesses=known, quorum=count)
            self.manifests = verify_closed(sealed_bids(self.api, self.lot, lot.keyset), closed.submissions)
        return self.manifests

    def identity_shares(self, hall: Hall) -> dict[str, str]:
        """Open all envelopes privately, report what accuses its bidder, return the identity shares."""
        manifests = self.fetch()
        purposes = [IDENTITY, *(hall_purpose(part) for part in hall.view["hall"]["parts"])]
        shares = {purpose: own_shares(manifests, purpose, self.key) for purpose in purposes}
        for purpose, found in shares.items():
            for bid, reason in found.bad.items():
                hall.do("ReportDealing", bid=bid, purpose=purpose, reason=reason)
        return encoded(shares[IDENTITY].sound)

    def hall_shares(self, hall: Hall) -> dict[str, str]:
        """The shares of exactly the admitted set, for the part being opened.

        Where this seat's envelope accuses its bidder (reported in phase 0) there is no share to give: an
        empty one stands in, so that the release is complete and the other officers' shares decide.
        """
        manifests = self.fetch()
        chosen = {bid: manifests[bid] for bid in admitted_bids(hall.view)}
        found = own_shares(chosen, hall_purpose(hall.view["part"]), self.key)
        return encoded({**found.sound, **dict.fromkeys(found.bad, bytes(1))})

    def sign_admitted(self, hall: Hall) -> str:
        """The signature over the admitted set, after recomputing its hash (base64url CMS)."""
        admitted_bids(hall.view)
        return signed(
            statements.admitted(self.lot, hall.view["part"], hall.view["admittedHash"]), self.signer
        )

    def do(self, hall: Hall, step: Step) -> None:
        """Take one step now. Raises `ClientError`."""
        if step is Step.IDENTITIES:
            hall.do(step, shares=self.identity_shares(hall))
        elif step is Step.ADMITTED:
            hall.do(step, hash=hall.view["admittedHash"], cms=self.sign_admitted(hall))
        else:
            hall.do(step, part=hall.view["part"], shares=self.hall_shares(hall))


def run_desk(desk: Desk, steps: Collection[Step], told: Callable[[str], None]) -> None:
    """Take these steps as the hall allows them.

    Raises `ClientError("hall-over")` when one can never be taken.
    """
    left = [step for step in Step if step in steps]
    phase = ""
    with Hall(desk.api, desk.lot, wanted=desk.key.seat) as hall:
        while left:
            if hall.phase != phase:
                phase = hall.phase
                told(phase)
            hall.take_seat()
            if left[0] in hall.may and (left[0] is not Step.ADMITTED or hall.view.get("admittedHash")):
                desk.do(hall, left[0])
                told(f"{left.pop(0)} ✓")
            elif hall.phase in OVER:
                raise ClientError("hall-over", f"the hall ended as {hall.phase}", phase=hall.phase)
            else:
                hall.next(5.0)
