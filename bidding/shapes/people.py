"""People, sessions, certificates, mandates, the inbox and what operators do, as the interface tells them."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from bidding.ca.domain import Status
from bidding.people.acts import ActKind
from bidding.people.roles import Role
from bidding.shapes.common import closed


@closed
class PersonName(TypedDict):
    id: str
    name: str


@closed
class OrganisationName(TypedDict):
    id: str
    name: str
    creditCode: str


@closed
class CertificateLine(TypedDict):
    """The certificate that opened a session."""

    sha256: str
    subject: str
    notAfter: str


@closed
class Warned(TypedDict):
    """Something about the certificate that its holder should know."""

    code: str
    notAfter: NotRequired[str]


class _Session(TypedDict):
    slot: str
    session: str
    person: PersonName
    organisation: OrganisationName
    roles: list[Role]
    certificate: CertificateLine
    expiresAt: str
    absoluteExpiresAt: str


@closed
class SessionBody(_Session):
    """A session: who it is, and until when."""


@closed
class SignedInBody(_Session):
    """The session that a sign-in began."""

    warnings: list[Warned]


@closed
class Account(_Session):
    """The person of a session, with what they wish for their mail."""

    email: str
    notify: bool


@closed
class Challenge(TypedDict):
    """What a client signs to sign in (docs/formats/session.md)."""

    challenge: str
    statement: str
    origin: str
    expiresAt: str


@closed
class Device(TypedDict):
    """A session of the same person, here or on another computer."""

    id: str
    slot: str
    createdAt: str
    lastSeenAt: str
    expiresAt: str
    agent: str
    current: bool


@closed
class DeviceList(TypedDict):
    sessions: list[Device]


@closed
class MandateRow(TypedDict):
    """A mandate (授权委托) as its grantor signed it."""

    mandate: str
    grantor: str
    person: str
    role: str
    validFrom: str
    validTo: str
    statement: str
    cms: str
    revokedAt: str | None


@closed
class MandateList(TypedDict):
    mandates: list[MandateRow]


@closed
class Message(TypedDict):
    """A message of the inbox."""

    id: str
    kind: str
    zh: str
    en: str
    body: str
    tender: str | None
    lot: str | None
    at: str
    readAt: str | None


@closed
class MessageList(TypedDict):
    messages: list[Message]


@closed
class Unread(TypedDict):
    unread: int


@closed
class Revocation(TypedDict):
    serial: str
    reason: str
    revokedAt: str
    invalidSince: str | None


@closed
class Application(TypedDict):
    """An application for a demonstration certificate, and the certificate once it is issued."""

    application: str
    status: Status
    organisation: str
    creditCode: str
    person: str
    usage: str
    replaces: str | None
    applicantReason: str
    submittedAt: str
    decidedAt: str | None
    reason: str
    serial: str | None
    certificate: str | None
    chain: list[str]
    revoked: Revocation | None


@closed
class ApplicationList(TypedDict):
    applications: list[Application]


@closed
class SubjectRule(TypedDict):
    """Where an authority's certificates carry the credit code."""

    source: str
    oid: str
    pattern: str
    organisationOid: str


@closed
class Authority(TypedDict):
    id: str
    name: str
    anchors: list[str]
    intermediates: list[str]
    subjectRule: SubjectRule


@closed
class RevocationPolicy(TypedDict):
    maxAgeSeconds: int
    missing: str


@closed
class Trusted(TypedDict):
    """The authorities whose certificates this platform accepts."""

    authorities: list[Authority]
    policy: RevocationPolicy


@closed
class RevocationLists(TypedDict):
    crls: list[str]


@closed
class Grant(TypedDict):
    """A role and who has it."""

    id: str
    organisation: str
    organisationName: str
    creditCode: str
    person: str
    personName: str
    role: Role
    grantedBy: str
    grantedAt: str


@closed
class GrantList(TypedDict):
    roles: list[Grant]


@closed
class OperatorAct(TypedDict):
    """An act that two operators do together (双人操作)."""

    id: str
    kind: ActKind
    subject: str
    statement: str
    askedBy: str
    askedByName: str
    askedAt: str
    confirmedBy: str | None
    confirmedByName: str
    confirmedAt: str | None
    open: bool


@closed
class OperatorActList(TypedDict):
    acts: list[OperatorAct]


@closed
class ActBegun(TypedDict):
    act: str
    kind: str


@closed
class AuditEvent(TypedDict):
    version: int
    at: str
    seat: str
    type: str
    body: dict[str, Any] | None


@closed
class AuditList(TypedDict):
    events: list[AuditEvent]


@closed
class Ended(TypedDict):
    ended: int


@closed
class Made(TypedDict):
    """Whatever was made, by its id."""

    id: str
