"""Invitations by their time: which end soon, are over, or reached nobody (INV-11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import selectinload

from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.notices.models import Notice
from app.notices.queries import near
from app.people.students.models import Student
from app.signing.invitations.models import Invitation, InvitationState

ENDED = (InvitationState.DECLINED, InvitationState.EXPIRED, InvitationState.WITHDRAWN)


def overdue(now: datetime, most: int) -> Sequence[int]:
    """Ids of open invitations whose time is over (INV-11)."""
    return db.session.scalars(
        select(Invitation.id)
        .where(Invitation.is_open, Invitation.reply_by <= now)
        .order_by(Invitation.reply_by)
        .limit(most)
    ).all()


def ending(now: datetime, after: int, most: int = 200) -> Sequence[Invitation]:
    """A portion of the open invitations that end within 48 hours, in the order of their ids."""
    return db.session.scalars(
        select(Invitation)
        .options(selectinload(Invitation.employer), selectinload(Invitation.terms))
        .where(Invitation.is_open, near(Invitation.reply_by, now))
        .where(Invitation.id > after, ~Invitation.frozen)
        .order_by(Invitation.id)
        .limit(most)
        .with_for_update(read=True, skip_locked=True)
    ).all()


def awaiting_answer() -> ColumnElement[bool]:
    """Open and in time."""
    return and_(Invitation.is_open, Invitation.reply_by > clock.app_now())


def answered() -> SQLColumnExpression[bool]:
    """Accepted, whatever the school decides."""
    return Invitation.is_accepted


def ended() -> ColumnElement[bool]:
    """Declined, withdrawn or expired; what is overdue has expired, swept or not (INV-11)."""
    return or_(
        Invitation.state.in_(ENDED),
        _over(),
    )


def _over() -> ColumnElement[bool]:
    return and_(Invitation.is_open, Invitation.reply_by <= clock.app_now())


def answered_with(state: str) -> ColumnElement[bool]:
    """The rows that people read as in that state: what is overdue has expired (`response_of`)."""
    kept = Invitation.state == state
    if state == InvitationState.OPEN:
        return awaiting_answer()
    if state == InvitationState.EXPIRED:
        return or_(kept, _over())
    return kept


TIME_LEFT = {
    "today": _l("Ends today"),
    "3": _l("At most 3 days left"),
    "7": _l("At most 7 days left"),
}


def with_time_left(choice: str) -> ColumnElement[bool]:
    """What awaits an answer and ends today, or within so many times 24 hours."""
    if choice == "today":
        until = clock.end_of_day(clock.today())
    else:
        until = clock.now() + timedelta(days=int(choice))
    return and_(awaiting_answer(), Invitation.reply_by <= until)


def response_of(state: str, reply_by: datetime, now: datetime) -> InvitationState:
    """The state as people read it: overdue is expired, whether or not a worker has marked it."""
    if state == InvitationState.OPEN and reply_by <= now:
        return InvitationState.EXPIRED
    return InvitationState(state)


def is_over(invitation: Invitation, now: datetime) -> bool:
    """Whether it has ended without a signing: declined, withdrawn, or its time is over."""
    return response_of(invitation.state, invitation.reply_by, now) in ENDED


_UNTOLD = """NOT EXISTS (SELECT 1 FROM message m JOIN ab_user u ON u.id = m.user_id
  WHERE u.student_id = invitation.student_id AND m.created_at >= invitation.sent_at
    AND m.key LIKE 'invitation:' || invitation.id || ':%'
    AND CASE WHEN m.sent_at IS NULL THEN m.tries = 0 ELSE m.problem IS DISTINCT FROM 'kept' END)"""


def untold() -> ColumnElement[bool]:
    """Open, in time, not read, and no message has reached the student or is on its way (NTF-05)."""
    return and_(awaiting_answer(), Invitation.read_at.is_(None), text(_UNTOLD))


def to_tell_anew(after: int, most: int = 200) -> Sequence[tuple[Invitation, Notice, AppUser]]:
    """A portion of the open letters nobody could be told of, whose student has an address by now."""
    rows = db.session.execute(
        select(Invitation, Notice, AppUser)
        .join(AppUser, AppUser.student_id == Invitation.student_id)
        .join(
            Notice,
            and_(
                Notice.user_id == AppUser.id,
                Notice.unreached != "",
                Notice.created_at >= Invitation.sent_at,
            ),
        )
        .join(Student, Student.id == Invitation.student_id)
        .where(awaiting_answer(), ~Invitation.frozen, Invitation.read_at.is_(None))
        .where(
            Invitation.id > after,
            AppUser.active,
            Notice.key.startswith(func.concat("invitation:", Invitation.id, ":")),
        )
        .where(or_(AppUser.email.not_like("%@invalid"), Student.phone_index.is_not(None)))
        .order_by(Invitation.id)
        .limit(most)
        .with_for_update(of=Notice, skip_locked=True)
    )
    return [(row[0], row[1], row[2]) for row in rows]
