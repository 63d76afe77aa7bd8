"""What clients send about tenders: schemas, and their translation into the values of the domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from bidding.handover import STATED, parse_hall_rules
from bidding.people.sessions import Session
from bidding.people.wire import (
    Bytes,
    CreditCode,
    Digest,
    Instant,
    Long,
    Strict,
    Text,
    checked,
    nfc,
)
from bidding.tenders.codec import Fen
from bidding.tenders.commands import Answer, Change
from bidding.tenders.forms import FieldDef, FieldKind, default_form
from bidding.tenders.listing import Order, Search, Stage
from bidding.tenders.money import parse_yuan
from bidding.tenders.rulebook import ProjectType, Regime
from bidding.tenders.terms import HallSeat, Header, LotTerms, Mode, OfficerTerms, Party
from crypto.credit_code import parse_deal_code

Money = Annotated[Fen, BeforeValidator(checked(parse_yuan), json_schema_input_type=str)]


class PartyBody(Strict):
    name: Text
    creditCode: CreditCode

    def value(self) -> Party:
        return Party(self.name, self.creditCode)


class TenderBody(Strict):
    regime: Regime
    type: ProjectType
    title: Text
    tenderer: PartyBody
    region: Annotated[str, Field(pattern=r"^CN(-[0-9A-Z]{2,6}){0,3}$")] = "CN"
    tenant: Annotated[str, Field(max_length=40)] = ""
    mode: Mode = Mode.OPEN
    code: Annotated[str, Field(max_length=100), AfterValidator(nfc)] = ""
    dealCode: Annotated[str, AfterValidator(checked(parse_deal_code))] | None = None
    repeats: Annotated[str, Field(max_length=40)] = ""

    def value(self, attempt: int = 1) -> Header:
        return Header(
            regime=self.regime.value,
            kind=self.type.value,
            title=self.title,
            region=self.region,
            tenant=self.tenant,
            mode=self.mode,
            tenderer=self.tenderer.value(),
            code=self.code,
            deal_code=self.dealCode or "",
            attempt=attempt,
            repeats=self.repeats,
        )


class OfficerBody(Strict):
    seat: Annotated[str, Field(pattern=r"^officer:[a-z][a-z0-9-]{0,31}$")]
    name: Text
    creditCode: CreditCode
    organisation: Annotated[str, Field(max_length=300), AfterValidator(nfc)] = ""


class SeatBody(Strict):
    role: Annotated[str, Field(pattern=r"^(host|deputy|tenderer|supervisor|witness|support)$")]
    name: Text
    creditCode: CreditCode
    organisation: Annotated[str, Field(max_length=300), AfterValidator(nfc)] = ""
    certificateSha256: Digest | None = None

    def value(self) -> HallSeat:
        return HallSeat(
            self.role, self.name, self.organisation, self.creditCode, self.certificateSha256 or ""
        )


class FieldBody(Strict):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    zh: Text
    en: Text
    kind: FieldKind
    required: bool = True
    unit: Annotated[str, Field(max_length=20)] = ""
    choices: tuple[Text, ...] = ()
    part: str = "main"

    def value(self) -> FieldDef:
        return FieldDef(
            self.name, self.zh, self.en, self.kind, self.required, self.unit, self.choices, self.part
        )


class LotBody(Strict):
    title: Text
    opensAt: Instant
    k: Annotated[int, Field(ge=1, le=15)]
    officers: Annotated[tuple[OfficerBody, ...], Field(min_length=1, max_length=15)]
    seats: Annotated[tuple[SeatBody, ...], Field(max_length=40)] = ()
    parts: Annotated[tuple[str, ...], Field(min_length=1, max_length=4)] = ("main",)
    form: Annotated[tuple[FieldBody, ...], Field(max_length=60)] | None = None
    estimate: Money | None = None
    ceiling: Money | None = None
    deposit: Money | None = None
    benchmark: Money | None = None
    supplyUntil: Instant | None = None
    evaluation: Annotated[str, Field(max_length=300), AfterValidator(nfc)] = ""
    invited: Annotated[tuple[PartyBody, ...], Field(max_length=500)] = ()
    rules: dict[str, Any] = Field(default_factory=dict)
    round: Annotated[int, Field(ge=1, le=9)] = 1
    previous: Annotated[str, Field(max_length=40)] = ""

    @field_validator("rules")
    @classmethod
    def _known(cls, rules: dict[str, Any]) -> dict[str, Any]:
        if unknown := set(rules) - STATED:
            raise ValueError(f"the documents cannot lay down {', '.join(sorted(unknown))}")
        parse_hall_rules(rules, {})
        return rules

    def value(self, kind: str, host: Session) -> LotTerms:
        """The terms. Without a form the type's own is taken; without a host whoever drafts is the host."""
        seats = tuple(seat.value() for seat in self.seats)
        if not any(seat.role == "host" for seat in seats):
            own = HallSeat("host", host.name, host.org_name, host.credit_code, "")
            seats = (own, *seats)
        form = tuple(field.value() for field in self.form) if self.form else default_form(kind, self.parts)
        officers = tuple(
            OfficerTerms(body.seat, index, body.name, body.organisation or body.name, body.creditCode)
            for index, body in enumerate(self.officers, start=1)
        )
        return LotTerms(
            title=self.title,
            opens_at=self.opensAt,
            k=self.k,
            officers=officers,
            seats=seats,
            parts=self.parts,
            form=form,
            estimate=self.estimate,
            ceiling=self.ceiling,
            deposit=self.deposit,
            benchmark=self.benchmark,
            supply_until=self.supplyUntil,
            evaluation=self.evaluation,
            invited=tuple(body.value() for body in self.invited),
            hall_rules=self.rules,
            round=self.round,
            previous=self.previous,
        )


class OpeningKeyBody(Strict):
    seat: str
    openingKey: Bytes
    cms: Bytes


class PublishBody(Strict):
    notice: Bytes
    cms: Bytes


class AnswerBody(Strict):
    to: Annotated[str, Field(max_length=40)]
    text: Long
    answer: Long

    def value(self) -> Answer:
        return Answer(self.to, self.text, self.answer)


class ChangeBody(Strict):
    title: Text
    text: Long = ""
    lots: tuple[str, ...] = ()
    affects: bool = False
    reseal: bool = False
    answers: Annotated[tuple[AnswerBody, ...], Field(max_length=500)] = ()
    objections: Annotated[tuple[AnswerBody, ...], Field(max_length=500)] = ()
    opensAt: Mapping[str, Instant] = Field(default_factory=dict)

    def value(self) -> Change:
        return Change(
            title=self.title,
            text=self.text,
            lots=self.lots,
            affects=self.affects,
            reseal=self.reseal,
            answers=tuple(body.value() for body in self.answers),
            objections=tuple(body.value() for body in self.objections),
            opens_at=dict(self.opensAt),
        )


class SignedChangeBody(ChangeBody):
    notice: Bytes
    cms: Bytes


class DefectsBody(Strict):
    defects: Annotated[tuple[Text, ...], Field(min_length=1, max_length=100)]


class OpenDefectsBody(Strict):
    numbers: Annotated[tuple[int, ...], Field(min_length=1, max_length=100)]


class QuestionBody(Strict):
    text: Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(nfc)]


class ObjectionBody(QuestionBody):
    contact: dict[str, str] = Field(default_factory=dict)


class ContactBody(Strict):
    sealed: Annotated[dict[str, str], Field(min_length=1, max_length=15)]


class SeatHandoverBody(Strict):
    """`statement` is canonical; the leaving and the coming holder both signed it."""

    statement: Bytes
    cmsFrom: Bytes
    cmsTo: Bytes


class NoticeQuery(Strict):
    """What the public list is asked for; every field stands in the page's address as it does here."""

    q: Annotated[str, Field(max_length=100), AfterValidator(nfc)] = ""
    regime: Annotated[str, Field(max_length=20)] = ""
    region: Annotated[str, Field(max_length=40)] = ""
    type: Annotated[str, Field(max_length=20)] = ""
    stage: Stage | None = None
    opensFrom: Instant | None = None
    opensUntil: Instant | None = None
    order: Order = Order.NEWEST
    page: Annotated[int, Field(ge=1, le=10_000)] = 1
    size: Annotated[int, Field(ge=1, le=100)] = 20

    def value(self) -> Search:
        return Search(
            words=self.q,
            regime=self.regime,
            region=self.region,
            kind=self.type,
            stage=self.stage,
            opens_from=self.opensFrom,
            opens_until=self.opensUntil,
            order=self.order,
        )


class OutcomeBody(Strict):
    """A signed notice of an outcome: award or termination."""

    code: Annotated[str, Field(max_length=40)] = ""
    reason: Long = ""
    winner: PartyBody | None = None
    price: Annotated[str, Field(max_length=40)] = ""
    notice: Bytes
    cms: Bytes


class FailBody(Strict):
    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{2,39}$")]
