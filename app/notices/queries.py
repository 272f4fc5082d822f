"""A person's own notices, the newest messages, the failed jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, false, func, select, text, update

from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.core.mail import MAIL, Message, post
from app.notices.models import Notice
from app.workflow.actor import Actor, Role

PAGE = 30
APART = timedelta(minutes=1)  # between two sendings of one message


def mine(user_id: int) -> ColumnElement[bool]:
    """The account's notices, but for those of decisions that can still be undone."""
    return and_(Notice.user_id == user_id, Notice.shown_from <= clock.app_now())


def unread_count(user_id: int) -> int:
    """How many notices the account has not read; one query over a small index."""
    unread = select(func.count()).where(mine(user_id), Notice.read_at.is_(None))
    return db.session.scalar(unread) or 0


def inbox(user_id: int, before: int = 0) -> Sequence[Notice]:
    """One page of notices, the newest on top; `before` is the last id of the page before."""
    page = select(Notice).where(mine(user_id)).order_by(Notice.id.desc()).limit(PAGE + 1)
    return db.session.scalars(page.where(Notice.id < before) if before else page).all()


def latest_notices(user_id: int, most: int = 6) -> Sequence[Notice]:
    """What happened last, as the account was told."""
    return db.session.scalars(
        select(Notice)
        .where(mine(user_id))
        .order_by(Notice.created_at.desc(), Notice.id.desc())
        .limit(most)
    ).all()


def open_notice(user_id: int, notice_id: int) -> Notice:
    """Mark one's own notice as read, and commit. Raises NotYours."""
    found = db.session.scalars(
        select(Notice).where(Notice.id == notice_id, mine(user_id))
    ).one_or_none()
    if found is None:
        raise NotYours(f"notice {notice_id}")
    if found.read_at is None:
        found.read_at = clock.now()
        db.session.commit()
    return found


def read_all(user_id: int) -> None:
    """Mark everything as read, and commit."""
    unread = update(Notice).where(mine(user_id), Notice.read_at.is_(None))
    db.session.execute(unread.values(read_at=clock.now()))
    db.session.commit()


def latest_messages(most: int = 100) -> Sequence[Message]:
    """The newest mails and text messages, whoever they are for."""
    return db.session.scalars(select(Message).order_by(Message.id.desc()).limit(most)).all()


def failed_jobs(most: int = 200) -> Sequence[Any]:
    """Jobs that were given up: id, task, attempts, and when that was."""
    return db.session.execute(
        text(
            "SELECT j.id, j.task_name, j.attempts, max(e.at) AS at FROM procrastinate_jobs j"
            " LEFT JOIN procrastinate_events e ON e.job_id = j.id"
            " WHERE j.status = 'failed' GROUP BY j.id ORDER BY j.id DESC LIMIT :most"
        ),
        {"most": most},
    ).all()


# -- the delivery log --------------------------------------------------------------------------


def deliveries_for(who: Actor) -> Select[Message]:
    """A school's staff see what was sent about its records, the administrator all; nobody a code."""
    shown = select(Message).where(Message.user_id.is_not(None))
    if who.role is Role.ADMIN:
        return shown
    if who.role is Role.SCHOOL:
        return shown.where(Message.school_id == who.school_id)
    return shown.where(false())


def delivery_tab(name: str) -> ColumnElement[bool] | None:
    """The rows of a tab of the log; None: all."""
    sent = Message.sent_at.is_not(None)
    tabs = {
        "sent": sent,
        "waiting": and_(~sent, Message.tries == 0),
        "failed": and_(~sent, Message.tries > 0),
    }
    return tabs.get(name)


def with_subject(text_: str) -> ColumnElement[bool]:
    """The messages whose subject has the text."""
    return Message.subject.contains(text_, autoescape=True)


def resend(message: Message) -> None:
    """Send the text of the message's notice once more, under a fresh key, and commit.

    Raises Refused within a minute of the last sending, or where the notice is gone.
    """
    now = clock.now()
    again = select(func.max(Message.created_at)).where(
        Message.user_id == message.user_id, Message.subject == message.subject
    )
    last = db.session.scalar(again)
    if last is not None and now - last < APART:
        raise Refused(_("It was sent a moment ago. Please wait a minute."))
    key = message.key.partition("@")[0].removesuffix(":sms").rpartition(":")[0]
    notice = db.session.scalars(
        select(Notice).where(Notice.user_id == message.user_id, Notice.key == key)
    ).first()
    user = db.session.get(AppUser, message.user_id)
    if notice is None or user is None:
        raise Refused(_("Its text is no longer kept."))
    address = message.address
    body = notice.body if message.channel == MAIL else notice.subject
    post(
        f"{message.key.partition('@')[0]}@{now:%Y%m%d%H%M%S}", message.channel, address,
        notice.subject, body, user_id=user.id, school_id=message.school_id,
    )  # fmt: skip
    db.session.commit()
