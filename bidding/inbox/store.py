"""Messages in the platform, and the outbox of messages that leave it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bidding.columns import Instant
from bidding.people.store import person
from crypto.translog.schema import metadata

message = sa.Table(
    "message",
    metadata,
    sa.Column("id", sa.String(120), primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column(
        "recipient", sa.String(40), nullable=False, server_default="", comment="person; empty: everybody"
    ),
    sa.Column("zh", sa.String(500), nullable=False),
    sa.Column("en", sa.String(500), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("tender", sa.String(40), nullable=False, server_default=""),
    sa.Column("lot", sa.String(40), nullable=False, server_default=""),
    sa.Column("created_at", Instant, nullable=False, index=True),
)

message_read = sa.Table(
    "message_read",
    metadata,
    sa.Column("message", sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("person", sa.String(40), primary_key=True),
    sa.Column("at", Instant, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("address", sa.String(320), nullable=False),
    sa.Column("subject", sa.String(500), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("next_at", Instant, index=True, comment="null: sent or given up"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("sent_at", Instant),
    sa.Column("failure", sa.String(500), nullable=False, server_default=""),
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message, to one person or (empty `recipient`) to everybody."""

    id: str
    kind: str
    zh: str
    en: str
    body: str
    created_at: datetime
    tender: str = ""
    lot: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way out. `id` becomes its Message-ID: sent twice, it is recognised."""

    id: str
    address: str
    subject: str
    body: str
    attempts: int


def post(tx: sa.Connection, sent: Message) -> None:
    """Put a message into the inbox, and a letter into the outbox for everybody concerned who wants letters.

    Posting the same id again changes nothing.
    """
    if tx.execute(sa.select(message.c.id).where(message.c.id == sent.id)).first():
        return
    tx.execute(
        sa.insert(message).values(
            id=sent.id,
            kind=sent.kind,
            recipient=sent.recipient,
            zh=sent.zh,
            en=sent.en,
            body=sent.body,
            tender=sent.tender,
            lot=sent.lot,
            created_at=sent.created_at,
        )
    )
    wanting = sa.select(person.c.id, person.c.email).where(person.c.notify, person.c.email != "")
    if sent.recipient:
        wanting = wanting.where(person.c.id == sent.recipient)
    letters = [
        {
            "id": f"{sent.id}.{row.id}",
            "address": row.email,
            "subject": f"{sent.zh} / {sent.en}"[:500],
            "body": f"{sent.zh}\n{sent.en}\n\n{sent.body}\n",
            "created_at": sent.created_at,
            "next_at": sent.created_at,
        }
        for row in tx.execute(wanting.order_by(person.c.id))
    ]
    if letters:
        tx.execute(sa.insert(outbox), letters)


def known(tx: sa.Connection, ids: Collection[str]) -> set[str]:
    """Which of these messages were posted."""
    return set(tx.execute(sa.select(message.c.id).where(message.c.id.in_(ids))).scalars())


def inbox_of(
    tx: sa.Connection, person_id: str, *, before: datetime | None = None, limit: int = 50
) -> list[tuple[Message, datetime | None]]:
    """Messages to a person and to everybody, newest first, with the instant each was read."""
    query = (
        sa.select(message, message_read.c.at.label("read_at"))
        .outerjoin(
            message_read, sa.and_(message_read.c.message == message.c.id, message_read.c.person == person_id)
        )
        .where(message.c.recipient.in_(("", person_id)))
    )
    if before is not None:
        query = query.where(message.c.created_at < before)
    query = query.order_by(message.c.created_at.desc(), message.c.id).limit(limit)
    return [
        (
            Message(
                id=row.id,
                kind=row.kind,
                zh=row.zh,
                en=row.en,
                body=row.body,
                created_at=row.created_at,
                tender=row.tender,
                lot=row.lot,
                recipient=row.recipient,
            ),
            row.read_at,
        )
        for row in tx.execute(query)
    ]


def unread_of(tx: sa.Connection, person_id: str) -> int:
    """How many messages to a person, or to everybody, that person has not read."""
    read = sa.select(message_read.c.message).where(message_read.c.person == person_id)
    query = (
        sa.select(sa.func.count())
        .select_from(message)
        .where(message.c.recipient.in_(("", person_id)), message.c.id.not_in(read))
    )
    return int(tx.execute(query).scalar_one())


def mark_all_read(tx: sa.Connection, person_id: str, at: datetime) -> int:
    """Remember that a person read everything there is; how many were unread."""
    read = sa.select(message_read.c.message).where(message_read.c.person == person_id)
    waiting = sa.select(message.c.id).where(
        message.c.recipient.in_(("", person_id)), message.c.id.not_in(read)
    )
    found = list(tx.execute(waiting).scalars())
    if found:
        rows = [{"message": each, "person": person_id, "at": at} for each in found]
        tx.execute(sa.insert(message_read), rows)
    return len(found)


def mark_read(tx: sa.Connection, message_id: str, person_id: str, at: datetime) -> bool:
    """Remember that a person read a message; whether it is one of theirs."""
    mine = sa.select(message.c.id).where(message.c.id == message_id, message.c.recipient.in_(("", person_id)))
    if tx.execute(mine).first() is None:
        return False
    known = sa.select(message_read.c.message).where(
        message_read.c.message == message_id, message_read.c.person == person_id
    )
    if tx.execute(known).first() is None:
        tx.execute(sa.insert(message_read).values(message=message_id, person=person_id, at=at))
    return True


def take_letters(tx: sa.Connection, now: datetime, lease: timedelta, limit: int) -> list[Letter]:
    """Letters that are due, leased to the caller: a process that dies lets them come due again."""
    due = (
        sa.select(outbox)
        .where(outbox.c.next_at <= now)
        .order_by(outbox.c.next_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    letters = [Letter(row.id, row.address, row.subject, row.body, row.attempts) for row in tx.execute(due)]
    for letter in letters:
        tx.execute(
            sa.update(outbox)
            .where(outbox.c.id == letter.id)
            .values(next_at=now + lease, attempts=letter.attempts + 1)
        )
    return letters


def letter_sent(tx: sa.Connection, letter_id: str, at: datetime) -> None:
    tx.execute(sa.update(outbox).where(outbox.c.id == letter_id).values(next_at=None, sent_at=at, failure=""))


def letter_failed(tx: sa.Connection, letter_id: str, failure: str, next_at: datetime | None) -> None:
    """Try again at `next_at`, or (None) give up; the letter and its failure stay readable to operators."""
    values = {"next_at": next_at, "failure": failure[:500]}
    tx.execute(sa.update(outbox).where(outbox.c.id == letter_id).values(**values))
