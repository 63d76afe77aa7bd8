"""Who sees what of an ended opening: public, party, supervisor, court.

| | public | party | supervisor | court |
|---|---|---|---|---|
| hall events, manifests, forms, K_hall, record | yes | yes | yes | yes |
| tender events beside notices | | | yes | yes |
| identity box, receipt, ciphertext | | own | yes | yes |
| officers' shares | hall | hall | all | all |
| K_bidder of opened parts | | | | yes |

A bidder's released key opens its files with what is public: only a court, or an auditor for one, gets it.
"""

from __future__ import annotations

from dataclasses import dataclass

from bidding.archive.manifest import Right
from crypto.translog.store import Stored
from opening_hall.seats import BidId
from opening_hall.state import State

PUBLIC_TENDER_EVENTS = frozenset(
    {
        "Published", "ChangeNoticed", "LotClosed", "LotOpened", "LotFailed", "LotTerminated", "LotAwarded",
        "KeysDestroyed", "SeatHandedOver", "OpeningKeyRegistered",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom an archive is made; a party by its credit code."""

    right: Right
    credit_code: str = ""

    @property
    def official(self) -> bool:
        """Supervisor or court."""
        return self.right in (Right.SUPERVISOR, Right.COURT)

    @property
    def sees_identity_shares(self) -> bool:
        """Shares that open identity boxes."""
        return self.official

    @property
    def sees_hall_shares(self) -> bool:
        """Shares of K_hall: public once phase B is over, for K_hall itself is."""
        return True

    @property
    def sees_bidder_keys(self) -> bool:
        """Keys that open whole bids."""
        return self.right is Right.COURT

    def sees_tender_event(self, event: Stored) -> bool:
        """Whether an event of the tender is disclosed, or only its leaf."""
        return self.official or event.type.partition("/")[0] in PUBLIC_TENDER_EVENTS

    def sees_box(self, state: State, bid: BidId) -> bool:
        """Whether identity box and receipt of a bid are in the archive."""
        return self.official or self._own(state, bid)

    def sees_ciphertext(self, state: State, bid: BidId) -> bool:
        """Whether the bid's ciphertext may be in the archive."""
        return self.official or self._own(state, bid)

    def _own(self, state: State, bid: BidId) -> bool:
        found = state.bids.get(bid)
        identity = found.identity if found is not None else None
        return (
            self.right is Right.PARTY
            and bool(self.credit_code)
            and identity is not None
            and identity.ok
            and self.credit_code in (identity.credit_code, *(m.credit_code for m in identity.members))
        )
