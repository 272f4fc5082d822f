"""The outbox: mail and text messages, written in the transaction of the change, sent by the worker.

A message is sent once for its key, however often it is asked for (NTF-02). Address and body are sealed;
outside the demo the body is wiped once the message is out, since it may carry a code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from flask import Flask, current_app
from flask_babel import gettext as _
from flask_mailman import EmailMessage, Mail
from sqlalchemy import Index, LargeBinary, String, Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core import clock, jobs, sms
from app.core.crypto import Sealed
from app.core.db import db
from app.core.registry import stores
from app.core.text import mask_email
from config import Config

MAIL, SMS = "mail", "sms"
KEPT = "kept"  # instead of a problem: no server or gateway is set, so nobody has got it


class Message(db.Model):
    """One mail or text message to one address."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_created", "created_at"),
        Index("ix_message_school", "school_id", "created_at", "id"),
        Index("ix_message_user", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: uuid4().hex)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    channel: Mapped[str] = mapped_column(String(8))
    user_id: Mapped[int | None]  # the account it is for, where it has one
    school_id: Mapped[int | None] = mapped_column()  # whose staff may see its fate
    address_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    address_masked: Mapped[str | None] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(200))
    body_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    code_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # of a text message with a code
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None] = mapped_column(Text)

    @property
    def fate(self) -> str:
        """sent, kept (it has left nowhere), waiting, failed (it is tried again), or given_up."""
        if self.sent_at is not None:
            return "kept" if self.problem == KEPT else "sent"
        if self.tries > (jobs.PATIENT.max_attempts or 0):
            return "given_up"
        return "failed" if self.tries else "waiting"

    address = Sealed("address", mask_email, str.strip)
    body = Sealed("body", lambda _text: "", lambda text: text)
    code = Sealed("code", lambda _text: "", lambda text: text)


@dataclass(frozen=True)
class MessageFate:
    """What a package above wants to know of its messages, by the beginning of their keys.

    `wanted` is asked just before sending; `sent` hears when, in the transaction that notes it.
    """

    wanted: Callable[[Message], bool]
    sent: Callable[[Message, datetime], None]


GIVEN_UP = 1000  # tries: never again


@dataclass(frozen=True)
class Outgoing:
    """A message to be queued; `code` is the code that the body carries, if it does.

    `urgent` ones (codes, news about a way in) have a slot of the worker for themselves (S-06).
    """

    key: str
    channel: str
    address: str
    subject: str
    body: str
    user_id: int | None = None
    school_id: int | None = None
    code: str = ""
    urgent: bool = False

    def row(self) -> dict[str, Any]:
        """Its columns; address, body and code sealed."""
        message = Message(key=self.key, channel=self.channel, subject=self.subject, uid=uuid4().hex)
        message.address, message.body, message.code = self.address, self.body, self.code or None
        found = {name: getattr(message, name) for name in SEALED}
        return found | {"user_id": self.user_id, "school_id": self.school_id, "tries": 0}


SEALED = (
    "uid",
    "key",
    "channel",
    "address_sealed",
    "address_masked",
    "subject",
    "body_sealed",
    "code_sealed",
)


_NEW = (
    insert(Message.__table__)
    .on_conflict_do_nothing(index_elements=["key"])
    .returning(Message.__table__.c.id, Message.__table__.c.key)
)


def post(*messages: Outgoing, at: datetime | None = None) -> int:
    """Queue messages in the running transaction; how many, those left out that were queued before.

    `at` keeps them back until then.
    """
    if not messages:
        return 0
    moment = clock.now()
    rows = [message.row() | {"created_at": moment} for message in messages]
    found = db.session.execute(_NEW, rows).all()
    urgent = {message.key for message in messages if message.urgent}
    for number, key in found:
        task = send_urgent if key in urgent else send_message
        jobs.enqueue(task, at=at, message_id=number)
    return len(found)


@jobs.queue.task(name="core.send_message", retry=jobs.PATIENT, queue="messages", priority=5)
def send_message(message_id: int) -> None:
    """Bring one queued message out; done when it was sent before, or nobody wants it any more."""
    message = db.session.execute(
        select(Message).where(Message.id == message_id).with_for_update()
    ).scalar_one_or_none()
    if message is None or message.sent_at is not None:
        return
    fate = _fate(message)
    if fate is not None and not fate.wanted(message):
        message.tries, message.problem = GIVEN_UP, _("Not sent: it came too late to be of use.")
        message.body_sealed = message.code_sealed = None
        db.session.commit()
        return
    try:
        _send(message)
    except Exception as error:
        message.tries += 1
        message.problem = _told(error, message)
        db.session.commit()
        raise
    message.tries += 1
    message.sent_at, message.problem = clock.now(), None if leaves(message.channel) else KEPT
    if fate is not None:
        fate.sent(message, message.sent_at)
    if jobs.config().mode not in ("demo", "test"):
        message.body_sealed = message.code_sealed = None
    db.session.commit()


def leaves(channel: str) -> bool:
    """Whether messages of this channel reach people; not into a folder or the log. Demo and tests play."""
    config = jobs.config()
    if config.mode in ("demo", "test"):
        return True
    return bool(config.mail_url) if channel == MAIL else config.sms != "console"


@jobs.queue.task(name="core.send_urgent", retry=jobs.PATIENT, queue=jobs.URGENT, priority=100)
def send_urgent(message_id: int) -> None:
    """As `send_message`, before everything else and in a slot of its own."""
    send_message.func(message_id)


def _fate(message: Message) -> MessageFate | None:
    return next(
        (fate for key, fate in stores().message_fates.items() if message.key.startswith(key)), None
    )


def _told(error: Exception, message: Message) -> str:
    """What went wrong, without the address: the delivery log shows it."""
    said = f"{type(error).__name__}: {error}"
    return said.replace(message.address or "\0", message.address_masked or "")[:500]


def _send(message: Message) -> None:
    if message.channel == SMS:
        sender: sms.Sender = current_app.extensions["sms"]
        sender.send(
            sms.Text(
                message.uid, message.address, message.subject, message.body, message.code or ""
            )
        )
        return
    mail = EmailMessage(message.subject, message.body, None, [message.address])
    mail.extra_headers["Message-ID"] = f"<{message.uid}@qingqian>"
    mail.send()


def init(app: Flask, config: Config) -> None:
    """Mail by SMTP where a server is set (``smtp://user:password@host:587``), else into a folder.

    Text messages by the configured sender. Raises BadSettings where its SDK is not installed.
    """
    app.extensions["sms"] = sms.sender(config)
    app.config["MAIL_DEFAULT_SENDER"] = config.mail_from
    if not config.mail_url:
        app.config["MAIL_BACKEND"] = "app.core.mailfolder"
        app.config["MAIL_FILE_PATH"] = str(config.folder / "mail")
    else:
        url = urlsplit(config.mail_url)
        app.config.update(
            MAIL_BACKEND="smtp",
            MAIL_SERVER=url.hostname,
            MAIL_PORT=url.port or 25,
            MAIL_USERNAME=unquote(url.username or "") or None,
            MAIL_PASSWORD=unquote(url.password or "") or None,
            MAIL_USE_TLS=url.scheme == "smtp+tls" or url.port == 587,
            MAIL_USE_SSL=url.scheme == "smtps",
            MAIL_TIMEOUT=20,
        )
    Mail().init_app(app)
