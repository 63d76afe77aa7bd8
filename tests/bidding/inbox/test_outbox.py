"""Letters: sent once they are due, tried again, never lost by a crash, delivered over real SMTP."""

from __future__ import annotations

import mailbox
import smtplib
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from submission_world import START, HandClock

from bidding.db import all_tables
from bidding.inbox import store
from bidding.inbox.outbox import LEASE, PAUSES, MaildirSender, SmtpSender, open_sender, send_round
from bidding.inbox.store import Letter, Message
from bidding.people.store import organisation, person
from bidding.settings import Settings
from crypto.translog.engine import open_engine, reading, writing


@dataclass
class Post:
    """A sender that fails as often as it is told to."""

    failures: int = 0
    sent: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> None:
        if self.failures:
            self.failures -= 1
            raise smtplib.SMTPServerDisconnected("gone")
        self.sent.append(letter)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = open_engine(f"sqlite:///{tmp_path / 'inbox.db'}")
    all_tables().create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def clock() -> HandClock:
    return HandClock(START)


def people(engine: sa.Engine, **emails: str) -> None:
    with writing(engine) as tx:
        tx.execute(
            sa.insert(organisation).values(id="o_1", credit_code="1" * 18, name="单位", created_at=START)
        )
        for name, email in emails.items():
            values = {"id": f"p_{name}", "organisation": "o_1", "name": name, "email": email}
            tx.execute(sa.insert(person).values(**values, notify=bool(email), created_at=START))


def message(number: int = 1, recipient: str = "") -> Message:
    return Message(
        id=f"m_{number}",
        kind="clarification",
        zh=f"澄清公告{number}",
        en=f"Clarification {number}",
        body="正文",
        created_at=START,
        recipient=recipient,
    )


def post(engine: sa.Engine, sent: Message) -> None:
    with writing(engine) as tx:
        store.post(tx, sent)


def rows(engine: sa.Engine) -> list[sa.Row[tuple[object, ...]]]:
    with reading(engine) as tx:
        return list(tx.execute(sa.select(store.outbox).order_by(store.outbox.c.id)))


def test_letters_go_to_whoever_asked_for_them(engine: sa.Engine, clock: HandClock) -> None:
    people(engine, a="a@example.cn", b="", c="c@example.cn")
    post(engine, message())
    post(engine, message())  # said twice, written once
    post(engine, message(2, recipient="p_c"))
    sender = Post()
    assert send_round(engine, sender, clock.now) == 3
    assert [(one.id, one.address) for one in sender.sent] == [
        ("m_1.p_a", "a@example.cn"),
        ("m_1.p_c", "c@example.cn"),
        ("m_2.p_c", "c@example.cn"),
    ]
    assert send_round(engine, sender, clock.now) == 0


def test_a_personal_message_is_seen_by_its_person_only(engine: sa.Engine) -> None:
    people(engine, a="", b="")
    post(engine, message(1, recipient="p_a"))
    with reading(engine) as tx:
        assert [m.id for m, _ in store.inbox_of(tx, "p_a")] == ["m_1"]
        assert store.inbox_of(tx, "p_b") == []
    with writing(engine) as tx:
        assert not store.mark_read(tx, "m_1", "p_b", START)
        assert store.mark_read(tx, "m_1", "p_a", START)
        assert store.mark_read(tx, "m_1", "p_a", START)


def test_unread_messages_are_counted_and_read_at_once(engine: sa.Engine) -> None:
    people(engine, a="", b="")
    for number, recipient in ((1, "p_a"), (2, ""), (3, "p_b")):
        post(engine, message(number, recipient=recipient))
    with writing(engine) as tx:
        assert store.mark_read(tx, "m_1", "p_a", START)
        assert [store.unread_of(tx, who) for who in ("p_a", "p_b", "p_c")] == [1, 2, 1]
        assert store.mark_all_read(tx, "p_b", START) == 2
        assert store.mark_all_read(tx, "p_b", START) == 0
        assert [store.unread_of(tx, who) for who in ("p_a", "p_b")] == [1, 0]


def test_a_failed_letter_is_tried_again_later_and_later(engine: sa.Engine, clock: HandClock) -> None:
    people(engine, a="a@example.cn")
    post(engine, message())
    sender = Post(failures=2)
    assert send_round(engine, sender, clock.now) == 1
    assert rows(engine)[0].failure == "gone"
    assert send_round(engine, sender, clock.now) == 0
    clock.at += PAUSES[0]
    assert send_round(engine, sender, clock.now) == 1
    clock.at += PAUSES[0]
    assert send_round(engine, sender, clock.now) == 0
    clock.at += PAUSES[1]
    assert send_round(engine, sender, clock.now) == 1
    assert len(sender.sent) == 1
    assert rows(engine)[0].sent_at == clock.at


def test_a_letter_that_never_goes_is_given_up_and_stays_listed(engine: sa.Engine, clock: HandClock) -> None:
    people(engine, a="a@example.cn")
    post(engine, message())
    sender = Post(failures=1000)
    for pause in (*PAUSES, timedelta(days=30)):
        assert send_round(engine, sender, clock.now) == 1
        clock.at += pause
    assert send_round(engine, sender, clock.now) == 0
    row = rows(engine)[0]
    assert (row.next_at, row.sent_at, row.attempts) == (None, None, len(PAUSES) + 1)


def test_one_failure_does_not_hold_up_the_others(engine: sa.Engine, clock: HandClock) -> None:
    people(engine, a="a@example.cn", b="b@example.cn")
    post(engine, message())
    sender = Post(failures=1)
    send_round(engine, sender, clock.now)
    assert [one.address for one in sender.sent] == ["b@example.cn"]


def test_a_crash_while_sending_loses_nothing(engine: sa.Engine, clock: HandClock) -> None:
    people(engine, a="a@example.cn")
    post(engine, message())

    class Crash(Post):
        def send(self, letter: Letter) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send_round(engine, Crash(), clock.now)
    sender = Post()
    assert send_round(engine, sender, clock.now) == 0  # leased to whoever died
    clock.at += LEASE
    assert send_round(engine, sender, clock.now) == 1
    assert sender.sent[0].id == "m_1.p_a"


class Session(socketserver.StreamRequestHandler):
    """The part of RFC 5321 that a submission needs."""

    def handle(self) -> None:
        mails: list[bytes] = self.server.mails  # type: ignore[attr-defined]
        self.wfile.write(b"220 test\r\n")
        for raw in self.rfile:
            verb = raw[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go\r\n")
                data = b""
                while not data.endswith(b"\r\n.\r\n"):
                    data += self.rfile.readline()
                mails.append(data)
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                return


@contextmanager
def smtp_server() -> Iterator[tuple[int, list[bytes]]]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.mails = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1], server.mails  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def test_mail_goes_out_over_smtp(engine: sa.Engine, clock: HandClock, tmp_path: Path) -> None:
    people(engine, a="a@example.cn")
    post(engine, message())
    with smtp_server() as (port, mails):
        settings = Settings(
            data_dir=tmp_path,
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_sender="开标 <kaibiao@example.cn>",
            smtp_starttls=False,
        )
        sender = open_sender(settings)
        assert isinstance(sender, SmtpSender)
        assert send_round(engine, sender, clock.now) == 1
    import email
    from email import policy

    mail = email.message_from_bytes(mails[0].removesuffix(b".\r\n"), policy=policy.default)
    assert mail["To"] == "a@example.cn"
    assert mail["Message-ID"] == "<m_1.p_a@kaibiao>"
    assert mail["Subject"] == "澄清公告1 / Clarification 1"
    assert "正文" in mail.get_content()


def test_an_absent_mail_server_only_delays(engine: sa.Engine, clock: HandClock, tmp_path: Path) -> None:
    people(engine, a="a@example.cn")
    post(engine, message())
    with smtp_server() as (port, _):
        pass
    settings = Settings(data_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False)
    assert send_round(engine, open_sender(settings), clock.now) == 1
    assert rows(engine)[0].next_at == clock.at + PAUSES[0]


def test_without_a_mail_server_letters_are_kept_as_files(tmp_path: Path) -> None:
    sender = open_sender(Settings(data_dir=tmp_path))
    assert isinstance(sender, MaildirSender)
    sender.send(Letter("m_1.p_a", "a@example.cn", "主题\r\nBcc: evil@example.cn", "正文", 0))
    (mail,) = mailbox.Maildir(tmp_path / "mail")
    assert mail["Bcc"] is None
