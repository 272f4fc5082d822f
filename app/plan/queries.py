"""Which plan rows a person may see."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, select

from app.people.models import Student
from app.people.queries import at_school, finds_student, has_secret
from app.plan.models import PlanEntry, PlanState
from app.workflow.actor import Actor


def plan_entries_for(who: Actor) -> Select[PlanEntry]:
    """The rows of the asking staff's schools or college; parties see none."""
    return select(PlanEntry).where(at_school(who, PlanEntry.school_id, PlanEntry.college_id))


def in_tab(name: str) -> ColumnElement[bool] | None:
    """The rows of a tab of the plan; None: all."""
    states = {s.value: s for s in PlanState}
    return PlanEntry.state == states[name] if name in states else None


def found_by(text: str) -> ColumnElement[bool]:
    """The rows of the students that a typed number or fragment of a name finds."""
    return PlanEntry.student_id.in_(select(Student.id).where(finds_student(text)))


def of_secret(token: str) -> ColumnElement[bool] | None:
    """The row of the student whose number the token hides."""
    found = has_secret(token)
    return None if found is None else PlanEntry.student_id.in_(select(Student.id).where(found))
