"""What the start pages count: what waits, by age, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from app.core import clock
from app.core.db import db
from app.desk.queries import awaiting_me
from app.people.models import College, Employer, EmployerState, School
from app.placements.models import Placement
from app.placements.queries import placements_for
from app.workflow.actor import Actor, Role
from app.workflow.models import Trail

DAY = timedelta(days=1)
APPROVING, REFUSING = ("attest", "attest_college"), ("refuse", "refuse_college")


@dataclass(frozen=True)
class Waiting:
    """What waits for a decision, by age in days."""

    total: int
    fresh: int
    days: int
    overdue: int


def waiting(who: Actor, now: datetime) -> Waiting:
    """Counts of what waits: less than a day, one to three days, longer (AGR-14)."""
    since = Placement.changed_at
    row = db.session.execute(
        placements_for(who)
        .where(awaiting_me(who))
        .with_only_columns(
            func.count(),
            func.count().filter(since > now - DAY),
            func.count().filter(since <= now - DAY, since > now - 3 * DAY),
            func.count().filter(since <= now - 3 * DAY),
        )
    ).one()
    return Waiting(*row)


def oldest(who: Actor, most: int = 5) -> Sequence[Placement]:
    """What waits longest."""
    mine: Select[Any] = placements_for(who)
    return db.session.scalars(
        mine.where(awaiting_me(who))
        .options(joinedload(Placement.student), joinedload(Placement.college))
        .order_by(Placement.changed_at, Placement.id)
        .limit(most)
    ).all()


def decided_today(who: Actor, now: datetime) -> tuple[int, int]:
    """How many were approved and refused today in the scope; on each level of review."""
    start = clock.end_of_day(clock.local(now).date()) - DAY
    changed = placements_for(who).where(Placement.changed_at >= start)
    approved, refused = db.session.execute(
        select(
            func.count().filter(Trail.step.in_(APPROVING)),
            func.count().filter(Trail.step.in_(REFUSING)),
        ).where(
            Trail.kind == "placement",
            Trail.at >= start,
            Trail.record_id.in_(changed.with_only_columns(Placement.id)),
        )
    ).one()
    return approved, refused


def decisions_of(who: Actor, most: int = 5) -> Sequence[tuple[Trail, Placement]]:
    """The person's own last decisions, newest first."""
    rows = db.session.execute(
        select(Trail, Placement)
        .join(Placement, Placement.id == Trail.record_id)
        .options(joinedload(Placement.student))
        .where(Trail.actor_id == who.user_id, Trail.kind == "placement")
        .where(Trail.step.in_((*APPROVING, *REFUSING)))
        .order_by(Trail.at.desc())
        .limit(most)
    )
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True)
class Frame:
    """What every page of the office shows around its content."""

    place: str
    counts: dict[str, int]


def frame_of(who: Actor) -> Frame:
    """Name of the school or college, and what waits by menu entry: one query for every page."""
    placements = placements_for(who).where(awaiting_me(who))
    mine = (Employer.school_id == who.school_id, Employer.state == EmployerState.AWAITING)
    school = select(School.name).where(School.id == who.school_id)
    college = select(College.name).where(College.id == who.college_id)
    row = db.session.execute(
        select(
            school.scalar_subquery(),
            college.scalar_subquery(),
            select(func.count()).select_from(placements.subquery()).scalar_subquery(),
            select(func.count(Employer.id)).where(*mine).scalar_subquery(),
        )
    ).one()
    counts = {"Desk": row[2]} | ({"Employers": row[3]} if who.role is Role.SCHOOL else {})
    return Frame(" ".join(filter(None, row[:2])), counts)
