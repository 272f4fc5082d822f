"""Which plan rows and changes a person may see, and the SELECTs of their lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Text, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from app.core.db import db
from app.core.errors import NotYours
from app.people.schools.queries import at_school
from app.people.students.models import Student
from app.plan.rows.change_models import ChangeKind, ChangeRequest, ChangeState
from app.plan.rows.models import PlanEntry, PlanState
from app.workflow.actor import Actor, Role


def plan_entries_for(who: Actor) -> Select[PlanEntry]:
    """The rows of the asking staff's schools or college; parties see none."""
    if who.role is Role.SYSTEM:
        return select(PlanEntry)
    return select(PlanEntry).where(at_school(who, PlanEntry.school_id, PlanEntry.college_id))


def own_entry(student_id: int) -> PlanEntry | None:
    """A student's own row."""
    return db.session.scalars(select(PlanEntry).where(PlanEntry.student_id == student_id)).first()


def changes_for(who: Actor) -> Select[ChangeRequest]:
    """What waits for a decision, or was decided, in the same scope."""
    scope = at_school(who, ChangeRequest.school_id, ChangeRequest.college_id)
    return select(ChangeRequest).where(scope)


def changes_waiting(who: Actor) -> Select[int]:
    """The keys of the changes that this person may decide on now; see guards.school_decides_conflicts."""
    mine = changes_for(who).where(ChangeRequest.state == ChangeState.OPEN)
    if who.role is not Role.SCHOOL:
        mine = mine.where(ChangeRequest.kind == ChangeKind.REPORTED)
    return mine.with_only_columns(ChangeRequest.id)


def entry_in(who: Actor, key: int) -> PlanEntry:
    """The row of that key in the person's scope. Raises NotYours."""
    wanted = plan_entries_for(who).where(PlanEntry.id == key)
    found: PlanEntry | None = db.session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise NotYours(f"plan {key}")
    return found


def open_change(entry_id: int) -> int | None:
    """The change that waits for a decision on a row, if there is one."""
    wanted = (ChangeRequest.entry_id == entry_id, ChangeRequest.state == ChangeState.OPEN)
    return db.session.scalar(select(ChangeRequest.id).where(*wanted))


def in_tab(name: str) -> ColumnElement[bool] | None:
    """The rows of a tab of the plan; None: all."""
    if name == "staff":
        return PlanEntry.by_staff.is_(True)
    states = {s.value: s for s in PlanState}
    return PlanEntry.state == states[name] if name in states else None


def by_state(scope: Select[Any]) -> list[tuple[Select[Any], Any]]:
    """The rows of a scope in parts, each of one state: so an index has them by their last change."""
    return [(scope.where(PlanEntry.state == state), PlanEntry.changed_at) for state in PlanState]


def change_tab(name: str) -> ColumnElement[bool]:
    """The changes of a tab: one kind that waits, or all that are decided."""
    if name == "decided":
        return ChangeRequest.state != ChangeState.OPEN
    return (ChangeRequest.state == ChangeState.OPEN) & (ChangeRequest.kind == ChangeKind(name))


def alike(who: Actor, change: ChangeRequest, most: int) -> Sequence[int]:
    """The other open changes of its kind in which the same fields differ, oldest first."""
    fields = cast(list(change.changes), ARRAY(Text))
    same = (
        ChangeRequest.state == ChangeState.OPEN,
        ChangeRequest.kind == change.kind,
        ChangeRequest.ends == change.ends,
        ChangeRequest.graduation_year == change.graduation_year,
        ChangeRequest.school_id == change.school_id,
        ChangeRequest.id != change.id,
        ChangeRequest.changes.has_all(fields),  # type: ignore[arg-type]
        ChangeRequest.changes.op("-")(fields) == cast({}, JSONB),
    )
    wanted = changes_for(who).with_only_columns(ChangeRequest.id).where(*same)
    return db.session.scalars(wanted.order_by(ChangeRequest.id).limit(most)).all()


def years_of(school_id: int) -> list[tuple[int, dict[str, int]]]:
    """(graduation year, state → rows) of a school, the newest first; years without a row as well."""
    rows = db.session.execute(
        select(PlanEntry.graduation_year, PlanEntry.state, func.count())
        .where(PlanEntry.school_id == school_id)
        .group_by(PlanEntry.graduation_year, PlanEntry.state)
    )
    known = select(Student.graduation_year).where(Student.school_id == school_id).distinct()
    found: dict[int, dict[str, int]] = {year: {} for year in db.session.scalars(known)}
    for year, state, count in rows:
        found.setdefault(year, {})[state] = count
    return sorted(found.items(), reverse=True)


def of_year(who: Actor, year: int, state: PlanState) -> Sequence[tuple[int, str]]:
    """(key, name) of all rows of a year in that state."""
    rows = plan_entries_for(who).join(Student, Student.id == PlanEntry.student_id)
    wanted = rows.with_only_columns(PlanEntry.id, Student.name).where(
        PlanEntry.graduation_year == year, PlanEntry.state == state
    )
    return list(db.session.execute(wanted.order_by(PlanEntry.id)).tuples())


def waiting_of(who: Actor, year: int) -> int:
    """How many changes of a year wait for a decision."""
    wanted = changes_for(who).where(
        ChangeRequest.graduation_year == year, ChangeRequest.state == ChangeState.OPEN
    )
    return db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0


# of a student's second record that is merged into the first (ADM-02)
SPARE = """DELETE FROM plan_entry p USING plan_entry k WHERE p.student_id = :gone
  AND k.student_id = :keep AND p.state IN ('open', 'filled') AND NOT p.by_staff
  AND NOT EXISTS (SELECT 1 FROM change_request c WHERE c.entry_id = p.id)"""
