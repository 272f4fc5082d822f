"""The process trace (GRD-05): its one writer, by record or, in SQL, by set, and its one reader.

The database chains the lines and refuses a state without one; see `models.Trail`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, tuple_

from app.core import clock, page
from app.core.db import db
from app.core.registry import stores
from app.workflow.actor import Actor, Role
from app.workflow.models import Trail
from app.workflow.steps import Step
from app.workflow.verdicts import Tone

DEVICE = 200  # characters


def write(
    kind: str,
    record_id: int,
    step: str,
    by: Actor,
    at: datetime,
    *,
    school_id: int | None,
    before: str | None = None,
    after: str,
    factor: str = "",
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add a line; `before` and `after` are states, a birth has no `before`. Not committed."""
    db.session.add(
        Trail(
            kind=kind,
            record_id=record_id,
            school_id=school_id,
            step=step,
            from_state=before,
            to_state=after,
            actor_id=by.user_id,
            actor_role=by.role,
            actor_name=by.name,
            address=by.address,
            device=by.device[:DEVICE],
            device_id=by.device_id,
            factor=factor,
            reason=reason,
            details=dict(details or {}),
            at=at,
        )
    )


INTO = """INSERT INTO trail (kind, record_id, school_id, step, from_state, to_state, actor_id, actor_role,
    actor_name, address, device, device_id, factor, reason, details, at)"""
BY_CLOCK = "NULL::int, 'system', 'system', '', '', ''"
BY_ACTOR = ":by_id ::int, :by_role, :by_name, :by_address, :by_device, :by_device_id"  # `bound`


def lines(
    kind: str,
    step: str,
    before: str,
    after: str,
    by: str,
    *,
    record: str = "id",
    school: str = "school_id",
    reason: str = "''",
    details: str = "'{}'::jsonb",
    at: str = ":now",
) -> str:
    """What stands between INTO and FROM: the values of each line, all but `kind` and `by` as SQL."""
    values = (f"'{kind}'", record, school, step, before, after, by, "''", reason, details, at)
    return f"SELECT {', '.join(values)}"


def bound(by: Actor) -> dict[str, object]:
    """What BY_ACTOR binds."""
    return {
        "by_id": by.user_id,
        "by_role": str(by.role),
        "by_name": by.name,
        "by_address": by.address,
        "by_device": by.device[:DEVICE],
        "by_device_id": by.device_id,
    }


Note = Callable[[Trail], str]


@dataclass(frozen=True)
class TrailLine:
    """A line as pages show it: who, when (Asia/Shanghai), what, the reason and what else is known."""

    who: str
    what: str
    when: datetime
    note: str
    factor: str
    kind: Tone  # also names the colour


@page.once
def of(kind: str, record_id: int) -> Sequence[Trail]:
    """The trace of one record, oldest first."""
    wanted = select(Trail).where(Trail.kind == kind, Trail.record_id == record_id)
    return db.session.scalars(wanted.order_by(Trail.seq)).all()


def of_all(records: Iterable[tuple[str, int]]) -> Sequence[Trail]:
    """The traces of several records, (kind, id) each, as one: newest first."""
    mine = tuple_(Trail.kind, Trail.record_id).in_(list(records))
    return db.session.scalars(
        select(Trail).where(mine).order_by(Trail.at.desc(), Trail.id.desc())
    ).all()


def shown(kind: str, record_id: int, called: str = "", *, staff: bool = False) -> list[TrailLine]:
    """The trace of one record as its page shows it, newest first; see `line`."""
    return [line(row, called, staff=staff) for row in reversed(of(kind, record_id))]


def line(row: Trail, called: str = "", *, staff: bool = False) -> TrailLine:
    """As pages show it; `called` is the kind of placement whose words the step has, `staff` who reads it."""
    step, known = step_named(row), stores()
    says = [*known.trail_notes.get(row.kind, ()), *(known.staff_notes if staff else ())]
    notes = [row.reason, *(note(row) for note in says)]
    return TrailLine(
        who=who(row),
        what=what(row, called),
        when=clock.local(row.at),
        note=" · ".join(filter(None, notes)),
        factor=str(known.proofs.get(row.factor, "")),
        kind=step.looks if step else Tone.TURN,
    )


def who(row: Trail) -> str:
    """Who did it, in the reader's language where it was nobody (F-09)."""
    return _("The system") if row.actor_role == Role.SYSTEM else row.actor_name


def what(row: Trail, called: str = "") -> str:
    """What happened, in the words of its table for records that are so called."""
    step = step_named(row)
    words = stores().trail_words.get(row.kind, {})
    return str(step.called(called) if step else words.get(row.step, row.step))


def step_named(row: Trail) -> Step | None:
    """The step that the line is of; None for what is no step."""
    flow = stores().workflows.get(row.kind)
    return next((s for s in flow.steps if s.name == row.step), None) if flow else None


def quiet(kind: str) -> list[str]:
    """The steps that only remind of such a record."""
    flow = stores().workflows.get(kind)
    return [step.name for step in flow.steps if step.quiet] if flow else []
