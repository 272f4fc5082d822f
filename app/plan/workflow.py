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
    return _written(student, {"state": PlanState.OPEN, "sources": {}, "changed_at": now}, keep=True)


def _written(student: Student, values: dict[str, Any], *, keep: bool = False) -> PlanEntry:
    """The row with these values; with `keep` one that is there already stays as it is, locked."""
    whose = {
        name: getattr(student, name) for name in ("school_id", "college_id", "graduation_year")
    }
    made = insert(PlanEntry).values(student_id=student.id, **whose, **values)
    written = made.on_conflict_do_update(
        index_elements=["student_id"], set_={"student_id": student.id} if keep else values
    ).returning(PlanEntry)
    fresh = {"populate_existing": True}
    return db.session.scalars(written, execution_options=fresh).one()


def fill(
    student: Student, placement_id: int, values: dict[str, Any], source: Source, now: datetime
) -> PlanEntry:
    """Write the values of a placement that came into force, each with its source."""
    known = {name: values.get(name) for name in DESTINATION_FIELDS}
    sources = {name: source for name, value in known.items() if value is not None}
    filled = {"state": PlanState.FILLED, "placement_id": placement_id, "changed_at": now}
    return _written(student, {**known, **filled, "sources": sources})


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
