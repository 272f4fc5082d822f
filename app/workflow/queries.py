"""Reading the process trace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import select, tuple_

from app.core import clock
from app.core.db import db
from app.workflow.engine import FLOWS
from app.workflow.models import Trail

ONE_BREATH = timedelta(seconds=20)


def trail_of(kind: str, record_id: int) -> Sequence[Trail]:
    """The process trace of one record, oldest first."""
    return db.session.scalars(
        select(Trail).where(Trail.kind == kind, Trail.record_id == record_id).order_by(Trail.seq)
    ).all()


def trail_of_all(records: Iterable[tuple[str, int]]) -> Sequence[Trail]:
    """The traces of several records, (kind, id) each, as one: newest first."""
    mine = tuple_(Trail.kind, Trail.record_id).in_(list(records))
    return db.session.scalars(
        select(Trail).where(mine).order_by(Trail.at.desc(), Trail.id.desc())
    ).all()


def last_row(kind: str, record_id: int) -> Trail | None:
    """What was done last to a record; what only reminded of it was not done to it."""
    flow = FLOWS.get(kind)
    quiet = [step.name for step in flow.steps if step.quiet] if flow else []
    return db.session.scalars(
        select(Trail)
        .where(Trail.kind == kind, Trail.record_id == record_id, Trail.step.not_in(quiet))
        .order_by(Trail.seq.desc())
        .limit(1)
    ).first()


def reminds(row: Trail) -> bool:
    """Whether this row of the trace only reminds of the record, and did nothing to it."""
    flow = FLOWS.get(row.kind)
    return any(step.quiet and step.name == row.step for step in flow.steps) if flow else False


def just_done(kind: str, record_id: int, step: str, user_id: int) -> bool:
    """Whether this very person did this very step last, a breath ago: a button pressed twice (S-18)."""
    row = last_row(kind, record_id)
    return (
        row is not None
        and (row.step, row.actor_id) == (step, user_id)
        and clock.now() - row.at < ONE_BREATH
    )


def said(row: Trail, kind: str = "") -> str:
    """What happened in this row of the trace, in the words of its table for records of that kind."""
    flow = FLOWS.get(row.kind)
    step = next((s for s in flow.steps if s.name == row.step), None) if flow else None
    return str(step.called(kind)) if step else row.step
