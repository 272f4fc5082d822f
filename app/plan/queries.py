"""Which plan rows a person may see."""

from __future__ import annotations

from sqlalchemy import Select, select

from app.people.queries import at_school
from app.plan.models import PlanEntry
from app.workflow.actor import Actor


def plan_entries_for(who: Actor) -> Select[tuple[PlanEntry]]:
    """The rows of the asking staff's schools or college; parties see none."""
    return select(PlanEntry).where(at_school(who, PlanEntry.school_id, PlanEntry.college_id))
