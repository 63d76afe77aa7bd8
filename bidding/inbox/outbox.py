"""Letters that leave the platform: sent, tried again, never lost, and never in the way of anything else."""

from __future__ import annotations

import mailbox
import smtplib
import ssl
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
import structlog

from bidding.background import Task
from bidding.clock import Clock
from bidding.inbox import store
from bidding.inbox.store import Letter
from bidding.settings import Settings
from crypto.translog.engine import writing

log = structlog.get_logger()

#: Pauses before the second, third … attempt; after the last one a letter is given up and stays listed.
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720, 1440))
#: A letter in the hands of a process that died comes due again after this time.
LEASE = timedelta(minutes=10)
ROUND = 20
IDLE_SECONDS = 5.0
TIMEOUT_SECONDS = 30.0


class Sender(Protocol):
    """A way out. `send` raises `OSError` or `smtplib.SMTPException` when the letter did not go."""

    def send(self, letter: Letter) -> None: ...


class SmtpSender:
    """Mail through a submission server (RFC 6409), with STARTTLS or TLS from the start (port 465)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, letter: Letter) -> None:
        settings = self._settings
        context = ssl.create_default_context()
        with self._connect(context) as server:
            if settings.smtp_starttls and settings.smtp_port != 465:
                server.starttls(context=context)
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            server.send_message(compose(letter, settings.smtp_sender))

    def _connect(self, context: ssl.SSLContext) -> smtplib.SMTP:
        settings = self._settings
        if settings.smtp_port == 465:
            return smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_SECONDS, context=context
            )
        return smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_SECONDS)


class MaildirSender:
    """Letters as files of a Maildir: the embedded default, readable by any mail program."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, letter: Letter) -> None:
        box = mailbox.Maildir(self._folder, create=True)
        try:
            box.add(compose(letter, self._sender))
        finally:
            box.close()


def open_sender(settings: Settings) -> Sender:
    """SMTP where a server is set, else a Maildir in the data directory."""
    if settings.smtp_host:
        return SmtpSender(settings)
    return MaildirSender(settings.data_dir / "mail", settings.smtp_sender or "kaibiao@localhost")


def compose(letter: Letter, sender: str) -> EmailMessage:
    """The letter as mail. Its Message-ID is the letter's id: a second copy is recognised as one."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender or "kaibiao@localhost"
    mail["To"] = letter.address
    mail["Subject"] = letter.subject.replace("\n", " ").replace("\r", " ")
    mail["Message-ID"] = f"<{letter.id}@kaibiao>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.body)
    return mail


def send_round(engine: sa.Engine, sender: Sender, now: Callable[[], datetime]) -> int:
    """Send what is due; how many letters were taken. A failure concerns its own letter only."""
    with writing(engine) as tx:
        letters = store.take_letters(tx, now(), LEASE, ROUND)
    for letter in letters:
        try:
            sender.send(letter)
        except (OSError, smtplib.SMTPException, MessageError, ValueError) as error:
            log.warning("letter not sent", letter=letter.id, attempts=letter.attempts + 1, error=str(error))
            again = now() + PAUSES[letter.attempts] if letter.attempts < len(PAUSES) else None
            with writing(engine) as tx:
                store.letter_failed(tx, letter.id, str(error), again)
        else:
            with writing(engine) as tx:
                store.letter_sent(tx, letter.id, now())
    return len(letters)


def outbox_task(engine: sa.Engine, clock: Clock, sender: Sender) -> Task:
    def run(stop: threading.Event) -> None:
        while not stop.is_set():
            if not send_round(engine, sender, clock.now):
                stop.wait(IDLE_SECONDS)

    return Task("outbox", run)
