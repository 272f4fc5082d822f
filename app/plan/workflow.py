"""How placements write the employment plan and take it back (PLN-01, PLN-02)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.db import db
from app.people.models import Student
from app.plan.models import DESTINATION_FIELDS, PlanEntry, PlanState, Source


def entry_of(student: Student, now: datetime) -> PlanEntry:
    """The student's plan row, locked; made empty where there is none yet."""
    made = insert(PlanEntry).values(
        student_id=student.id, school_id=student.school_id, college_id=student.college_id,
        graduation_year=student.graduation_year, state=PlanState.OPEN, sources={}, changed_at=now,
    )  # fmt: skip
    # a row that is there already is locked and read by touching it
    locked = made.on_conflict_do_update(
        index_elements=["student_id"], set_={"student_id": made.excluded.student_id}
    ).returning(PlanEntry)
    fresh = {"populate_existing": True}
    return db.session.scalars(locked, execution_options=fresh).one()


def fill(
    student: Student, placement_id: int, values: dict[str, Any], source: Source, now: datetime
) -> PlanEntry:
    """Write the values of a placement that came into force, each with its source."""
    entry = entry_of(student, now)
    for name in DESTINATION_FIELDS:
        setattr(entry, name, values.get(name))
    entry.sources = {name: source for name in DESTINATION_FIELDS if values.get(name) is not None}
    entry.state, entry.placement_id, entry.changed_at = PlanState.FILLED, placement_id, now
    db.session.flush()
    return entry


def take_back(student: Student, placement_id: int, now: datetime) -> None:
    """Return the row to «no destination» if it is this placement's (PLN-02)."""
    entry = entry_of(student, now)
    if entry.placement_id != placement_id:
        return
    for name in DESTINATION_FIELDS:
        setattr(entry, name, None)
    entry.sources, entry.placement_id = {}, None
    entry.state, entry.changed_at = PlanState.OPEN, now
    db.session.flush()


def bar(state: str | None, source: str | None) -> str | None:
    """«reported» or «staff» where a plan row no longer lets its student sign (ACC-06)."""
    if state == PlanState.REPORTED:
        return "reported"
    return "staff" if source in (Source.STAFF, Source.IMPORT) else None


def bars_signing(student_id: int) -> str | None:
    """The same for the row of a student."""
    state, source = (
        select(column).where(PlanEntry.student_id == student_id).scalar_subquery()
        for column in (PlanEntry.state, PlanEntry.sources["destination_code"].astext)
    )
    return bar(*db.session.execute(select(state, source)).one())
