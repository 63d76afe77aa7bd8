"""Who misbehaves how, and what the rule book says must come of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Misbehaviour(StrEnum):
    """One way for a bidder to go wrong. The values are the command line's option names."""

    LATE_UPLOAD = "late-upload"
    LOST_CONNECTION = "lost-connection"
    WRONG_KEY = "wrong-key"
    NEVER_APPEARS = "never-appears"
    DOUBLE_BID = "double-bid"
    JUNK_ENVELOPE = "junk-envelope"
    FORGED_IDENTITY = "forged-identity"
    POISONED_DEALING = "poisoned-dealing"
    TWO_PRICE = "two-price"
    RECOVERY_ONLY = "recovery-only"


class Effect(StrEnum):
    """What becomes of a bid; values as in the record."""

    #: 开启: its form was read.
    OPENED = "opened"
    #: Refused at upload; nothing was kept as a bid (招标投标法 art. 28, 36).
    REFUSED = "refused"
    #: 视为撤销 (电子招标投标办法 art. 31): the bidder's own doing.
    REVOKED = "revoked"
    #: 视为撤回 (art. 31): not the bidder's doing.
    WITHDRAWN = "withdrawn"
    #: 流标: too few bids, nothing was opened, ever (招标投标法 art. 28).
    UNOPENED = "unopened"
    #: Nobody has decided; a hall cannot close with it.
    PENDING = "pending"


#: Whoever is not heard of in phase A, which then lasts to its end.
ABSENT = frozenset({Misbehaviour.LOST_CONNECTION, Misbehaviour.WRONG_KEY, Misbehaviour.NEVER_APPEARS})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What must be found in the verified archive for a bidder."""

    effect: Effect
    cause: str = ""


#: What the rule book (2.4) and the protocol require of each misbehaviour.
EXPECTED: dict[Misbehaviour, Outcome] = {
    Misbehaviour.LATE_UPLOAD: Outcome(Effect.REFUSED, "BIDDER"),
    Misbehaviour.LOST_CONNECTION: Outcome(Effect.REVOKED, "BIDDER"),
    Misbehaviour.WRONG_KEY: Outcome(Effect.REVOKED, "BIDDER"),
    Misbehaviour.NEVER_APPEARS: Outcome(Effect.REVOKED, "BIDDER"),
    Misbehaviour.DOUBLE_BID: Outcome(Effect.OPENED),
    Misbehaviour.JUNK_ENVELOPE: Outcome(Effect.REVOKED, "BIDDER"),
    Misbehaviour.FORGED_IDENTITY: Outcome(Effect.REVOKED, "BIDDER"),
    Misbehaviour.POISONED_DEALING: Outcome(Effect.REVOKED, "BIDDER"),
    Misbehaviour.TWO_PRICE: Outcome(Effect.REVOKED, "BIDDER"),
    Misbehaviour.RECOVERY_ONLY: Outcome(Effect.OPENED),
}
