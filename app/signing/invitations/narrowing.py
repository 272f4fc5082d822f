"""What lists of invitations are narrowed by: year, school, tab, a typed text."""

from __future__ import annotations

from sqlalchemy import (
    ColumnElement,
    or_,
    select,
)

from app.core.db import db
from app.people.employers.models import Employer
from app.people.employers.queries import employer_called
from app.people.schools.models import School
from app.people.students.models import Student
from app.people.students.queries import finds_student, looks_like_number
from app.signing.invitations.deadlines import ENDED
from app.signing.invitations.models import Invitation, InvitationState
from app.signing.invitations.queries import invitations_for
from app.workflow.actor import Actor


def of_graduation_year(year: str) -> ColumnElement[bool]:
    """The invitations of students of one graduation year."""
    found = select(Student.id).where(Student.graduation_year == int(year))
    return Invitation.student_id.in_(found)


def schools_and_years(who: Actor) -> tuple[dict[int, str], list[int]]:
    """The schools (id → name) and graduation years of the students whom this party's list has."""
    mine = invitations_for(who).subquery()
    rows = db.session.execute(
        select(School.id, School.name, School.name_order, Student.graduation_year)
        .join(Student, Student.school_id == School.id)
        .where(Student.id.in_(select(mine.c.student_id)))
        .distinct()
        .order_by(School.name_order)
    ).all()
    years = sorted({row.graduation_year for row in rows}, reverse=True)
    return {row.id: row.name for row in rows}, years


def in_tab(name: str) -> ColumnElement[bool] | None:
    """The rows of a tab of the school's list; None: all."""
    states = {
        "open": (InvitationState.OPEN,),
        "accepted": (InvitationState.ACCEPTED,),
        "over": ENDED,
    }
    return Invitation.state.in_(states[name]) if name in states else None


def found_by(typed: str) -> ColumnElement[bool]:
    """The invitations whose student or employer the typed text finds."""
    found = Invitation.student_id.in_(select(Student.id).where(finds_student(typed)))
    if looks_like_number(typed):
        return found
    employers = select(Employer.id).where(employer_called(typed))
    return or_(found, Invitation.employer_id.in_(employers))
