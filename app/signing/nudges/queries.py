"""What was reminded of today, and since when a record waits where it is."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.accounts.models import AppUser
from app.accounts.queries import users_of
from app.core.db import db
from app.people.schools.queries import staff_of
from app.signing.nudges.models import Nudge
from app.workflow import trail
from app.workflow.actor import Role


def nudge_of(kind: str, record_id: int, state: str, day: date) -> Nudge | None:
    """The reminder of that matter on that day."""
    mine = (Nudge.kind == kind, Nudge.record_id == record_id, Nudge.state == state)
    return db.session.scalars(select(Nudge).where(*mine, Nudge.day == day)).one_or_none()


def accounts(record: Any, role: Role) -> list[AppUser]:
    """The accounts behind a role on a record."""
    if role is Role.STUDENT:
        return users_of(student_id=record.student_id)
    if role is Role.EMPLOYER:
        return users_of(employer_id=record.employer_id) if record.employer_id else []
    if role is Role.COLLEGE:
        return [u for u in staff_of(record.school_id, record.college_id) if u.role == role]
    return []


def waits_since(record: Any) -> datetime | None:
    """Since when a record has waited in its state, by its trace.

    What leaves it there is no beginning, and a decision that was undone has not been: a second thought
    gives nobody more time.
    """
    undone = False
    since: datetime | None = None
    for row in reversed(trail.of(record.__tablename__, record.id)):
        if row.from_state == row.to_state:
            continue
        if undone:  # the decision that the undoing took back
            undone = False
            continue
        if row.to_state != record.state:
            break
        since = row.at
        undone = row.step == "undo"
        if not undone:
            break
    return since
