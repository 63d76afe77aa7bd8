"""The state of a tender, folded from its events. `evolve` never refuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bidding.tenders import events as ev
from bidding.tenders.rulebook import Ruleset
from bidding.tenders.terms import (
    FINISHED,
    RECEIVING,
    Document,
    Header,
    LotState,
    LotTerms,
    OpeningKey,
    Party,
)

NOBODY = Party("", "")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who fills an officer's seat after a handover."""

    to: Party
    person: str
    name: str
    certificate_sha256: str


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot with its keys, its documents' revisions and where it stands."""

    id: str
    number: int
    terms: LotTerms
    state: LotState = LotState.DRAFT
    keys: Mapping[str, OpeningKey] = field(default_factory=dict)
    holders: Mapping[str, Holder] = field(default_factory=dict)
    keyset: bytes = b""
    revision: int = 0
    docs_hash: str = ""
    accepted: tuple[str, ...] = ()
    """Documents' hashes a bid may still be sealed to, oldest first."""
    notices: tuple[int, ...] = ()
    code: str = ""
    """Why it failed or was terminated."""
    reason: str = ""
    ended_at: datetime | None = None
    destroyed: frozenset[str] = frozenset()
    """Seats whose holder stated that the opening key is gone."""

    @property
    def receiving(self) -> bool:
        return self.state in RECEIVING

    @property
    def missing_keys(self) -> tuple[str, ...]:
        return tuple(o.seat for o in self.terms.officers if o.seat not in self.keys)


@dataclass(frozen=True, slots=True)
class Check:
    """发布前核验."""

    due_at: datetime
    defects: tuple[str, ...] = ()
    open: tuple[int, ...] = ()
    """Numbers of defects that are not mended, from 1."""
    passed: bool = False
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A signed notice: number 0 is the tender's own."""

    number: int
    kind: str
    body: bytes
    signature: bytes
    signer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    lot: str
    text: str
    asked_at: datetime
    answered_in: int | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    lot: str
    text: str
    raised_at: datetime
    answer_due_at: datetime
    sealed: Mapping[str, str]
    late: bool = False
    """Raised after its time: answered like any other, but nothing waits for it."""
    answered_in: int | None = None

    @property
    def holds(self) -> bool:
        """Whether the tender stands still until it is answered (实施条例 art. 22)."""
        return self.answered_in is None and not self.late


@dataclass(frozen=True, slots=True)
class Tender:
    """Everything known of a tender. `id` is empty before the first event."""

    id: str = ""
    header: Header | None = None
    agency: Party = NOBODY
    lots: Mapping[str, Lot] = field(default_factory=dict)
    documents: tuple[Document, ...] = ()
    staged: tuple[Document, ...] = ()
    """Stored after publication, public with the next change notice."""
    objects: Mapping[str, str] = field(default_factory=dict)
    """Object key by SHA-256 of a document."""
    review: str = ""
    """Credit code of who signed the fair-competition review."""
    check: Check | None = None
    notices: tuple[Notice, ...] = ()
    rules: Ruleset = field(default_factory=lambda: Ruleset({}))
    questions: Mapping[str, Question] = field(default_factory=dict)
    objections: Mapping[str, Objection] = field(default_factory=dict)
    published_at: datetime | None = None

    @property
    def state(self) -> LotState:
        """The least advanced lot speaks for the tender."""
        states = [lot.state for lot in self.lots.values()] or [LotState.DRAFT]
        open_states = [state for state in states if state not in FINISHED]
        order = list(LotState)
        return min(open_states or states, key=order.index)

    def documents_of(self, lot: str) -> tuple[Document, ...]:
        """Published documents of a lot, by name; a lot's own file hides the tender's of that name."""
        return visible(self.documents, lot)

    def documents_next(self, lot: str) -> tuple[Document, ...]:
        """The documents of a lot once what is staged is public."""
        return visible((*self.documents, *self.staged), lot)

    def holding(self, lot: str) -> tuple[str, ...]:
        """Objections that a lot's opening waits for."""
        return tuple(key for key, value in self.objections.items() if value.lot == lot and value.holds)

    def called(self, lot: Lot, between: str = "／") -> str:
        """Tender and lot as one title; a single lot often bears the tender's own."""
        title = lot.terms.title
        return title if title == self.head.title else f"{self.head.title}{between}{title}"

    @property
    def head(self) -> Header:
        """The header of a tender that exists."""
        if self.header is None:
            raise LookupError("a tender without events has no header")
        return self.header


def visible(documents: Iterable[Document], lot: str) -> tuple[Document, ...]:
    """The documents of a lot, later ones replacing earlier ones of their name."""
    chosen: dict[str, Document] = {}
    for item in documents:
        known = chosen.get(item.name)
        if item.lot in ("", lot) and (known is None or known.lot == "" or item.lot == lot):
            chosen[item.name] = item
    return tuple(chosen[name] for name in sorted(chosen))


def evolve(state: Tender, event: ev.Event) -> Tender:
    """The state after an event; total."""
    match event:
        case ev.TenderDrafted():
            return replace(state, id=event.tender, header=event.header, agency=event.agency)
        case ev.HeaderChanged():
            return _unchecked(replace(state, header=event.header))
        case ev.LotAdded():
            lot = Lot(event.lot, event.number, event.terms)
            return _unchecked(replace(state, lots={**state.lots, event.lot: lot}))
        case ev.LotChanged():
            return _unchecked(_with_terms(state, event))
        case ev.LotRemoved():
            return replace(state, lots={k: v for k, v in state.lots.items() if k != event.lot})
        case ev.DocumentStored():
            return _stored(state, event)
        case ev.DocumentRemoved():
            kept = _without(state.documents, event.name, event.lot)
            staged = _without(state.staged, event.name, event.lot)
            return _unchecked(replace(state, documents=kept, staged=staged))
        case ev.ReviewSigned():
            return replace(state, review=event.signer)
        case ev.CheckRequested() | ev.DefectsNoticed() | ev.DefectsRemain() | ev.CheckPassed():
            return replace(state, check=_checked(state.check, event))
        case ev.Published():
            return _published(state, event)
        case ev.ChangeNoticed():
            return _changed(state, event)
        case ev.QuestionAsked():
            question = Question(event.lot, event.text, event.at)
            return replace(state, questions={**state.questions, event.question: question})
        case ev.ObjectionRaised():
            objection = Objection(
                event.lot, event.text, event.at, event.answer_due_at, event.sealed, event.late
            )
            return replace(state, objections={**state.objections, event.objection: objection})
        case _:
            return _lot_event(state, event)


def _lot_event(state: Tender, event: ev.Event) -> Tender:
    match event:
        case ev.OpeningKeyRegistered():
            lot = state.lots[event.lot]
            return _put(state, replace(lot, keys={**lot.keys, event.seat: event.key}))
        case ev.SeatHandedOver():
            lot = state.lots[event.lot]
            holder = Holder(event.to, event.person, event.name, event.certificate_sha256)
            return _put(state, replace(lot, holders={**lot.holders, event.seat: holder}))
        case ev.KeysDestroyed():
            lot = state.lots[event.lot]
            return _put(state, replace(lot, destroyed=lot.destroyed | {event.seat}))
        case ev.LotClosed():
            return _put(state, replace(state.lots[event.lot], state=LotState.CLOSED))
        case ev.LotOpened():
            return _put(state, replace(state.lots[event.lot], state=LotState.OPENED))
        case ev.LotFailed():
            failed = replace(state.lots[event.lot], state=LotState.FAILED, code=event.code)
            return _put(state, replace(failed, ended_at=event.at))
        case ev.LotTerminated():
            ended = replace(state.lots[event.lot], state=LotState.TERMINATED, code=event.code)
            return _put(state, replace(ended, reason=event.reason, ended_at=event.at))
        case ev.LotAwarded():
            return _put(state, replace(state.lots[event.lot], state=LotState.AWARDED))
        case _:
            return state


def _put(state: Tender, lot: Lot) -> Tender:
    return replace(state, lots={**state.lots, lot.id: lot})


def _unchecked(state: Tender) -> Tender:
    """A changed draft was neither reviewed nor checked; a noticed defect list stays noticed."""
    check = replace(state.check, passed=False) if state.check else None
    return replace(state, review="", check=check)


def _with_terms(state: Tender, event: ev.LotChanged) -> Tender:
    lot = state.lots[event.lot]
    # A key stands for a seat of the keyset: keys of seats that changed must be signed anew.
    same = {(o.seat, o.index, o.credit_code) for o in lot.terms.officers}
    seats = {o.seat for o in event.terms.officers if (o.seat, o.index, o.credit_code) in same}
    keys = {seat: key for seat, key in lot.keys.items() if seat in seats}
    return _put(state, replace(lot, terms=event.terms, keys=keys))


def _without(documents: tuple[Document, ...], name: str, lot: str) -> tuple[Document, ...]:
    return tuple(d for d in documents if (d.name, d.lot) != (name, lot))


def _stored(state: Tender, event: ev.DocumentStored) -> Tender:
    document = event.document
    objects = {**state.objects, document.sha256: event.object_key}
    if state.published_at is None:
        kept = _without(state.documents, document.name, document.lot)
        return _unchecked(replace(state, documents=(*kept, document), objects=objects))
    kept = _without(state.staged, document.name, document.lot)
    return replace(state, staged=(*kept, document), objects=objects)


def _checked(check: Check | None, event: ev.Event) -> Check | None:
    match event:
        case ev.CheckRequested() if check is None:
            return Check(event.due_at)
        case ev.CheckRequested() if check is not None:
            return replace(check, due_at=event.due_at, passed=False, answered=False)
        case ev.DefectsNoticed() if check is not None:
            numbers = tuple(range(1, len(event.defects) + 1))
            return replace(check, defects=event.defects, open=numbers, answered=True)
        case ev.DefectsRemain() if check is not None:
            return replace(check, open=event.numbers, answered=True)
        case ev.CheckPassed() if check is not None:
            return replace(check, open=(), passed=True, answered=True)
        case _:
            return check


def _published(state: Tender, event: ev.Published) -> Tender:
    number = len(state.notices)
    lots = dict(state.lots)
    for lot_id, docs_hash in event.docs_hashes.items():
        lots[lot_id] = replace(
            lots[lot_id],
            state=LotState.PUBLISHED,
            keyset=event.keysets[lot_id],
            revision=1,
            docs_hash=docs_hash,
            accepted=(docs_hash,),
            notices=(number,),
        )
    notice = Notice(number, "tender", event.notice, event.signature, event.signer, event.at)
    published_at = state.published_at or event.at
    documents, staged = _merged(state.documents, state.staged)
    return replace(
        state,
        lots=lots,
        notices=(*state.notices, notice),
        rules=Ruleset(dict(event.rules)),
        published_at=published_at,
        documents=documents,
        staged=staged,
    )


def _merged(
    documents: tuple[Document, ...], staged: tuple[Document, ...]
) -> tuple[tuple[Document, ...], tuple[Document, ...]]:
    for document in staged:
        documents = (*_without(documents, document.name, document.lot), document)
    return documents, ()


def _changed(state: Tender, event: ev.ChangeNoticed) -> Tender:
    lots = dict(state.lots)
    for lot_id in event.lots:
        lots[lot_id] = _lot_changed(lots[lot_id], event)
    documents, _ = _merged(state.documents, event.documents)
    published = {(d.name, d.lot, d.sha256) for d in event.documents}
    staged = tuple(d for d in state.staged if (d.name, d.lot, d.sha256) not in published)
    notice = Notice(event.number, "change", event.notice, event.signature, event.signer, event.at)
    questions = {
        key: replace(value, answered_in=event.number) if key in event.answers else value
        for key, value in state.questions.items()
    }
    objections = {
        key: replace(value, answered_in=event.number) if key in event.objections else value
        for key, value in state.objections.items()
    }
    return replace(
        state,
        lots=lots,
        documents=documents,
        staged=staged,
        notices=(*state.notices, notice),
        questions=questions,
        objections=objections,
    )


def _lot_changed(lot: Lot, event: ev.ChangeNoticed) -> Lot:
    opens_at = event.opens_at.get(lot.id, lot.terms.opens_at)
    extended = opens_at > lot.terms.opens_at
    docs_hash = event.docs_hashes[lot.id]
    return replace(
        lot,
        terms=replace(lot.terms, opens_at=opens_at),
        state=LotState.EXTENDED if extended or lot.state is LotState.EXTENDED else LotState.CLARIFIED,
        revision=lot.revision + 1,
        docs_hash=docs_hash,
        accepted=(docs_hash,) if event.reseal else (*lot.accepted, docs_hash),
        notices=(*lot.notices, event.number),
    )
