"""How placements write the employment plan and take it back (PLN-01, PLN-02)."""

from __future__ import annotations

from sqlalchemy import select

from app.core.db import db
from app.plan.models import PlanEntry, PlanState, Source


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
