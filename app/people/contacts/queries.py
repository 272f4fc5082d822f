"""The changed ways in that the office answers for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, false, or_, select

from app.accounts.contact_models import ContactChange
from app.accounts.models import AppUser
from app.people.employers.models import Employer
from app.people.schools.queries import at_school
from app.people.students.models import Student
from app.people.students.queries import students_for
from app.workflow.actor import Actor, Role


def changes_for(who: Actor) -> Select[ContactChange]:
    """The changed ways in of the students and employers that the office answers for (ACC-15)."""
    if who.role not in (Role.SCHOOL, Role.PROVINCE):
        return select(ContactChange).where(false())
    parties = select(AppUser.id).where(
        AppUser.student_id.in_(students_for(who).with_only_columns(Student.id))
        | AppUser.employer_id.in_(select(Employer.id).where(at_school(who, Employer.school_id)))
    )
    return select(ContactChange).where(
        ContactChange.source != "self",
        ContactChange.held_until.is_not(None),
        ContactChange.user_id.in_(parties),
    )


def change_tab(name: str, now: datetime) -> ColumnElement[bool] | None:
    """The rows of a tab of the changed ways in; None: all."""
    answered = or_(ContactChange.confirmed_at.is_not(None), ContactChange.undone_at.is_not(None))
    held = ContactChange.held_until > now
    return {"held": held & ~answered, "answered": answered, "over": ~held & ~answered}.get(name)
