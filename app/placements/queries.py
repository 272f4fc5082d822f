"""Which placements a person may see, and the SELECTs of desk, home pages and guards."""

from __future__ import annotations

from sqlalchemy import Select, select

from app.core.db import db
from app.people.models import Student
from app.people.queries import at_school
from app.placements.models import HOLDS_SLOT, Placement
from app.workflow.actor import Actor, Role


def placements_for(who: Actor) -> Select[tuple[Placement]]:
    """Staff see their school's or college's, a party its own (ACC-02)."""
    if who.role is Role.STUDENT:
        return select(Placement).where(Placement.student_id == who.student_id)
    if who.role is Role.EMPLOYER:
        return select(Placement).where(Placement.employer_id == who.employer_id)
    return select(Placement).where(at_school(who, Placement.school_id, Placement.college_id))


def placement_of(student_id: int) -> Placement | None:
    """The one placement under way or in force of a student (GRD-01)."""
    return db.session.scalars(
        select(Placement).where(Placement.student_id == student_id, Placement.state.in_(HOLDS_SLOT))
    ).first()


def student_of(placement: Placement) -> Student:
    """The student of a placement, from this transaction."""
    found = db.session.get(Student, placement.student_id)
    assert found is not None
    return found
