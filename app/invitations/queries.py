"""Which invitations and candidates a person may see; what the home pages count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import joinedload

from app.core.db import db
from app.invitations.models import Candidate, Invitation, InvitationState
from app.people.models import Employer, Student
from app.people.queries import at_school, finds_student, has_secret, looks_like_number, name_has
from app.workflow.actor import Actor, Role


def invitations_for(who: Actor) -> Select[tuple[Invitation]]:
    """A party sees its own; a school those of its students."""
    if who.role is Role.STUDENT:
        return select(Invitation).where(Invitation.student_id == who.student_id)
    if who.role is Role.EMPLOYER:
        return select(Invitation).where(Invitation.employer_id == who.employer_id)
    if who.role is Role.SYSTEM:
        return select(Invitation)
    return select(Invitation).where(at_school(who, Invitation.school_id))


def candidates_for(who: Actor) -> Select[tuple[Candidate]]:
    """An employer's own send list; nobody else has one."""
    mine = Candidate.employer_id == who.employer_id if who.role is Role.EMPLOYER else false()
    return select(Candidate).where(mine)


def open_invitation(employer_id: int, student_id: int) -> Invitation | None:
    """The one open invitation between the two (GRD-02); it may be overdue and not yet swept."""
    return db.session.scalars(
        select(Invitation).where(
            Invitation.employer_id == employer_id,
            Invitation.student_id == student_id,
            Invitation.state == InvitationState.OPEN,
        )
    ).first()


def sent_from(batch: str, student_id: int) -> bool:
    """Whether this preview has invited the student before (INV-06)."""
    wanted = select(Invitation.id).where(
        Invitation.batch == batch, Invitation.student_id == student_id
    )
    return db.session.scalar(wanted) is not None


def waiting(who: Actor, now: datetime) -> int:
    """How many open, not overdue invitations concern this party (INV-21, INV-22)."""
    mine = invitations_for(who).where(
        Invitation.state == InvitationState.OPEN, Invitation.reply_by > now
    )
    return db.session.scalar(select(func.count()).select_from(mine.subquery())) or 0


def received(student_id: int, now: datetime, most: int = 20) -> Sequence[Invitation]:
    """A student's open invitations, the one that ends first on top."""
    return db.session.scalars(
        select(Invitation)
        .options(joinedload(Invitation.employer), joinedload(Invitation.terms))
        .where(
            Invitation.student_id == student_id,
            Invitation.state == InvitationState.OPEN,
            Invitation.reply_by > now,
        )
        .order_by(Invitation.reply_by, Invitation.id)
        .limit(most)
    ).all()


def overdue(now: datetime, most: int) -> Sequence[int]:
    """Ids of open invitations whose time is over (INV-11)."""
    return db.session.scalars(
        select(Invitation.id)
        .where(Invitation.state == InvitationState.OPEN, Invitation.reply_by <= now)
        .order_by(Invitation.reply_by)
        .limit(most)
    ).all()


def in_tab(name: str) -> ColumnElement[bool] | None:
    """The rows of a tab of the school's list; None: all."""
    over = (InvitationState.DECLINED, InvitationState.EXPIRED, InvitationState.WITHDRAWN)
    states = {
        "open": (InvitationState.OPEN,),
        "accepted": (InvitationState.ACCEPTED,),
        "over": over,
    }
    return Invitation.state.in_(states[name]) if name in states else None


def found_by(text: str) -> ColumnElement[bool]:
    """The invitations whose student or employer the text finds."""
    found = Invitation.student_id.in_(select(Student.id).where(finds_student(text)))
    if looks_like_number(text):
        return found
    employers = select(Employer.id).where(name_has(Employer.name, text))
    return or_(found, Invitation.employer_id.in_(employers))


def of_secret(token: str) -> ColumnElement[bool] | None:
    """The invitations of the student whose number the token hides."""
    found = has_secret(token)
    return None if found is None else Invitation.student_id.in_(select(Student.id).where(found))
