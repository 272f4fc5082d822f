"""An employer's send list (INV-04)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Select,
    false,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from app.core import clock
from app.core.db import db
from app.people.students.models import Student
from app.signing.invitations.models import Candidate
from app.workflow.actor import Actor, Role


def candidates_for(who: Actor) -> Select[Candidate]:
    """An employer's own send list; nobody else has one."""
    mine = Candidate.employer_id == who.employer_id if who.role is Role.EMPLOYER else false()
    return select(Candidate).where(mine)


def chosen(who: Actor, ids: Sequence[int]) -> Sequence[Candidate]:
    """Those of these rows that are on the employer's own send list, with their students."""
    return db.session.scalars(
        candidates_for(who)
        .where(Candidate.id.in_(ids))
        .options(*_with_student())
        .order_by(Candidate.id)
    ).all()


def send_list(who: Actor, most: int) -> Sequence[Candidate]:
    """The employer's send list, the newest on top."""
    return db.session.scalars(
        candidates_for(who).options(*_with_student()).order_by(Candidate.id.desc()).limit(most)
    ).all()


def _with_student() -> list[Any]:
    student = joinedload(Candidate.student)
    return [
        student.joinedload(relation)
        for relation in (Student.school, Student.college, Student.major)
    ]


def on_list(who: Actor, student_id: int) -> Candidate | None:
    """The row of that student on the employer's send list."""
    return db.session.scalars(
        candidates_for(who).where(Candidate.student_id == student_id)
    ).one_or_none()


def put_on_list(employer_id: int, student_id: int) -> bool:
    """Add a student to the send list and commit; False when it was there before (INV-02)."""
    fresh = db.session.execute(
        insert(Candidate)
        .values(employer_id=employer_id, student_id=student_id, added_at=clock.now())
        .on_conflict_do_nothing(index_elements=["employer_id", "student_id"])
        .returning(Candidate.id)
    ).scalar()
    db.session.commit()
    return fresh is not None


def take_off_list(candidates: Sequence[Candidate]) -> None:
    """Remove rows from the send list and commit (INV-04)."""
    for candidate in candidates:
        db.session.delete(candidate)
    db.session.commit()
