"""How often a student may terminate in a year: used, granted, left (TRM-04)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from app.core import clock, page
from app.core.db import db
from app.settings.queries import settings
from app.signing.terminations.models import (
    Chance,
    Termination,
    Way,
)


@page.once
def chances_used(student_id: int, year: int) -> int:
    """Approved terminations of a student in a calendar year; forced ones use none up."""
    begins = clock.end_of_day(clock.last_day(year - 1))
    ends = clock.end_of_day(clock.last_day(year))
    approved = select(func.count()).where(
        Termination.student_id == student_id,
        Termination.is_approved,
        Termination.way.not_in((Way.FORCED, Way.RELEASE)),
        Termination.approved_at >= begins,
        Termination.approved_at < ends,
    )
    return db.session.scalar(approved) or 0


@page.once
def chances_granted(student_id: int, year: int) -> int:
    """How many more the school granted for that year."""
    more = select(func.count()).where(Chance.student_id == student_id, Chance.year == year)
    return db.session.scalar(more) or 0


def chances_left(student_id: int, school_id: int, now: datetime) -> int:
    """How many terminations the student may still have approved this year, at least 0."""
    year = clock.local(now).year
    most = settings(school_id).termination_chances + chances_granted(student_id, year)
    return max(0, most - chances_used(student_id, year))


def chances_of(student_id: int) -> Sequence[Chance]:
    """What was granted to a student, the newest first."""
    return db.session.scalars(
        select(Chance).where(Chance.student_id == student_id).order_by(Chance.id.desc())
    ).all()
