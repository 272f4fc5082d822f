"""A person's own notices, the newest messages, the failed jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, text, update

from app.core import clock
from app.core.db import db
from app.core.errors import NotYours
from app.core.mail import Message
from app.notices.models import Notice

PAGE = 30


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
