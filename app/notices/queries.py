"""A person's own notices, the newest messages, the failed jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, text, update

from app.accounts import beside
from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.core.errors import NotYours
from app.core.mail import KEPT, Message
from app.core.names import spellings
from app.notices.models import Notice
from app.workflow.actor import Actor, Role

PAGE = 30
AHEAD = (timedelta(hours=3), timedelta(hours=24), timedelta(hours=48))  # before deadlines
AGAIN = "@"  # between the key of a message and the moment it was sent again


def mine(user_id: int | None) -> ColumnElement[bool]:
    """The account's notices, but for those of decisions that can still be undone."""
    return and_(Notice.user_id == user_id, Notice.shown_from <= clock.app_now())


def unread(who: Actor) -> Any:
    """How many notices the person has not read, as `beside` asks it: over a small index."""
    wanted = select(func.count()).where(mine(who.user_id), Notice.read_at.is_(None))
    return wanted.scalar_subquery()


def unread_count() -> int:
    """How many notices the person asking has not read."""
    return beside.ask("unread") or 0


def inbox(user_id: int, before: int = 0, unread: bool = False) -> Sequence[Notice]:
    """One page of notices, the newest on top; `before` is the last id of the page before."""
    page = select(Notice).where(mine(user_id)).order_by(Notice.id.desc()).limit(PAGE + 1)
    page = page.where(Notice.read_at.is_(None)) if unread else page
    return db.session.scalars(page.where(Notice.id < before) if before else page).all()


def by_day(rows: Sequence[Notice]) -> list[tuple[str, list[tuple[Notice, str]]]]:
    """The same notices under the days on which they were told: (day, [(notice, time of day)])."""
    today = clock.today()
    names = {today: _("Today"), today - timedelta(days=1): _("Yesterday")}
    days: list[tuple[str, list[tuple[Notice, str]]]] = []
    for notice in rows:
        told = clock.local(notice.created_at)
        name = names.get(told.date(), f"{told:%Y-%m-%d}")
        if not days or days[-1][0] != name:
            days.append((name, []))
        days[-1][1].append((notice, f"{told:%H:%M}"))
    return days


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


def deliveries_for(who: Actor) -> Select[Message]:
    """A school's staff see what was sent about its records, but no code; the administrator all."""
    if who.role is Role.ADMIN:
        return select(Message)
    mine = (Message.school_id == who.school_id, Message.user_id.is_not(None))
    return select(Message).where(*mine if who.role is Role.SCHOOL else (false(),))


def delivery_tab(name: str) -> ColumnElement[bool] | None:
    """The rows of a tab of the log; None: all."""
    sent = Message.sent_at.is_not(None)
    tabs = {
        "sent": sent,
        "waiting": and_(~sent, Message.tries == 0),
        "failed": and_(~sent, Message.tries > 0),
    }
    return tabs.get(name)


def to_whom(text_: str) -> ColumnElement[bool]:
    """The messages to accounts whose name or sign-in has the text."""
    name = func.concat(AppUser.last_name, AppUser.first_name)
    parts = ((AppUser.username, text_), *((name, spelled) for spelled in spellings(text_)))
    found = or_(*(part.icontains(wanted, autoescape=True) for part, wanted in parts))
    return Message.user_id.in_(select(AppUser.id).where(found))


PROBLEMS = {
    "ConnectionRefusedError": _l("The mail server cannot be reached."),
    "gaierror": _l("The mail server cannot be reached."),
    "SMTPConnectError": _l("The mail server cannot be reached."),
    "TimeoutError": _l("The mail server did not answer in time."),
    "SMTPServerDisconnected": _l("The mail server broke the connection off."),
    "ConnectionResetError": _l("The mail server broke the connection off."),
    "SMTPAuthenticationError": _l("The mail server does not accept our sign-in."),
    "SMTPRecipientsRefused": _l("The mail server refuses this address."),
    "SMTPSenderRefused": _l("The mail server refuses our address as sender."),
    "SMTPDataError": _l("The mail server refuses this mail."),
    "NotSent": _l("The gateway for text messages refused it."),
}


def problem_in_words(problem: str | None) -> str:
    """What went wrong at the last attempt, as a person reads it."""
    if not problem or problem == KEPT:
        return "–"
    kind, _colon, detail = problem.partition(": ")
    if kind == "NotSent":
        return f"{PROBLEMS[kind]} ({detail})"
    known = PROBLEMS.get(kind)
    return str(known) if known else _("It could not be sent (%(problem)s).", problem=problem)


def copies_of(base: str, user_id: int) -> ColumnElement[bool]:
    """A message and what was sent again of it."""
    again = Message.key.startswith(f"{base}{AGAIN}", autoescape=True)
    return and_(Message.user_id == user_id, or_(Message.key == base, again))


def near(column: Any, now: datetime) -> ColumnElement[bool]:
    """A deadline that is still to come, within the time in which it is reminded of."""
    return and_(column > now, column <= now + AHEAD[-1])
