"""What is fetched of a hall beside its view: sealed bids, evidence, draws, what is to be signed."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from bidding.shapes.common import closed
from opening_hall.facts import Phase
from opening_hall.seats import Role
from opening_hall.shapes import Disclosed, HallAnswer, HallMine, HallView


@closed
class HallSnapshot(TypedDict):
    """What a socket would say first."""

    v: int
    at: str
    seat: str
    view: HallView
    mine: HallMine


@closed
class SealedBid(TypedDict):
    """A sealed bid as Closed fixed it."""

    bid: str
    manifest: str
    submission: str
    receivedAt: str
    manifestHash: str
    boxHash: str


@closed
class SealedBidPage(TypedDict):
    bids: list[SealedBid]
    next: str | None


@closed
class SeatChallenge(TypedDict):
    """What a receipt key signs to take its seat."""

    challenge: str
    seconds: int


@closed
class OpenedLine(TypedDict):
    """What phase B made public of one part of one bid."""

    form: dict[str, str]
    nonce: str
    kHall: str
    formCommit: str


@closed
class OpenedBids(TypedDict):
    bids: dict[str, dict[str, OpenedLine]]


@closed
class EvidenceEvent(TypedDict):
    v: int
    at: str
    type: str
    seat: str
    body: dict[str, Any]


@closed
class Evidence(TypedDict):
    """All that happened about one bid."""

    bid: str
    events: list[EvidenceEvent]


@closed
class Transcript(TypedDict):
    """A draw with every input: anybody recomputes it."""

    label: str
    candidates: list[str]
    reveals: dict[str, str]
    kHalls: dict[str, str]
    missing: NotRequired[list[str]]
    seed: str
    counter: NotRequired[int]
    index: NotRequired[int]
    value: str


@closed
class SealTask(TypedDict):
    seat: str
    digest: str


@closed
class Signing(TypedDict):
    """What is to be signed or sealed now."""

    phase: Phase
    sha256: str | None
    size: int
    until: str | None
    signingClosed: bool
    signed: int
    missing: list[str]
    seal: SealTask | None
    sealed: dict[str, str]


@closed
class OwnSeat(TypedDict):
    seat: str
    role: Role


@closed
class Alert(TypedDict):
    """Something in a hall that needs somebody's eye; the client has the words."""

    kind: str
    level: Literal["bad", "warn", "info"]
    facts: dict[str, str | int]


@closed
class Attendance(TypedDict):
    """A person of the notice, and whether they are here."""

    seat: str
    role: Role
    name: str
    organisation: str
    signedInAt: str | None
    present: bool


@closed
class HallCounts(TypedDict):
    live: int | None
    released: int
    contenders: int
    read: int
    lines: int


@closed
class HallLine(TypedDict):
    """A hall in the list of somebody who has a duty there; people and counts for officials only."""

    lot: str
    tender: str
    title: str
    lotTitle: str
    code: str
    phase: Phase
    opensAt: str
    deadline: str | None
    suspended: bool
    demonstration: bool
    mine: list[OwnSeat]
    alerts: list[Alert]
    people: NotRequired[list[Attendance]]
    counts: NotRequired[HallCounts]


@closed
class HallList(TypedDict):
    now: str
    halls: list[HallLine]


__all__ = ["Disclosed", "HallAnswer"]
