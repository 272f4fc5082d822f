"""Which terminations a person may see, and the SELECTs of their guards and pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.core import page
from app.core.db import db
from app.core.errors import NotYours
from app.notices.queries import near
from app.people.schools.queries import at_school
from app.signing.placements.models import Placement
from app.signing.terminations.models import (
    IN_REVIEW,
    Termination,
    TerminationState,
    Way,
)
from app.workflow.actor import Actor, Role

S = TerminationState
LARGEST_KEY = 2**31 - 1
# what the school only considers doing by itself is nobody's but its office's (AGR-09)
ANNOUNCED = or_(Termination.way != Way.FORCED, Termination.approved_at.is_not(None))


def terminations_for(who: Actor) -> Select[Termination]:
    """Staff see their school's or college's, a party its own (ACC-02)."""
    if who.role is Role.STUDENT:
        return select(Termination).where(Termination.student_id == who.student_id, ANNOUNCED)
    if who.role is Role.EMPLOYER:
        return select(Termination).where(Termination.employer_id == who.employer_id, ANNOUNCED)
    if who.role is Role.SYSTEM:  # what follows by itself
        return select(Termination)
    return select(Termination).where(at_school(who, Termination.school_id, Termination.college_id))


def termination_of(who: Actor, key: int) -> Termination:
    """The termination of that key in the person's scope, with its placement. Raises NotYours."""
    found = None
    if key <= LARGEST_KEY:
        found = db.session.scalars(
            terminations_for(who)
            .where(Termination.id == key)
            .options(joinedload(Termination.placement).joinedload(Placement.student))
        ).one_or_none()
    if found is None:
        raise NotYours(f"termination {key}")
    return found


def running(placement_id: int) -> Termination | None:
    """The one termination under way of a placement (GRD-03)."""
    return db.session.scalars(
        select(Termination).where(Termination.placement_id == placement_id, Termination.is_running)
    ).first()


def _all_or_mine(who: Actor | None) -> Select[Termination]:
    return select(Termination) if who is None else terminations_for(who)


def latest(placement_id: int, who: Actor | None = None) -> Termination | None:
    """The last termination of a placement, whatever became of it; of those that `who` may see."""
    if page.current() is not None:  # a page shows the others, too
        return next(reversed(of_placement(placement_id, who)), None)
    return db.session.scalars(
        _all_or_mine(who)
        .where(Termination.placement_id == placement_id)
        .order_by(Termination.id.desc())
        .limit(1)
    ).first()


def last(placement_id: int) -> int | None:
    """The id of the last termination of a placement, whatever became of it."""
    wanted = select(func.max(Termination.id)).where(Termination.placement_id == placement_id)
    return db.session.scalar(wanted)


def latest_of(placement_ids: Iterable[int], who: Actor | None = None) -> dict[int, Termination]:
    """The last termination of each of these placements that has one, by one query."""
    rows = db.session.scalars(
        _all_or_mine(who)
        .distinct(Termination.placement_id)
        .where(Termination.placement_id.in_(list(placement_ids)))
        .order_by(Termination.placement_id, Termination.id.desc())
    )
    return {row.placement_id: row for row in rows}


@page.once
def of_placement(placement_id: int, who: Actor | None = None) -> Sequence[Termination]:
    """All terminations of a placement, oldest first; of those that `who` may see."""
    mine = _all_or_mine(who).where(Termination.placement_id == placement_id)
    return db.session.scalars(mine.order_by(Termination.id)).all()


def awaiting(who: Actor) -> ColumnElement[bool]:
    """What waits for this person's decision; for readers, what waits for any (TRM-03, TRM-09)."""
    mine = {
        Role.COLLEGE: (S.AWAITING_COLLEGE,),
        Role.SCHOOL: (S.AWAITING_SCHOOL, S.MEDIATION, S.AWAITING_SECOND),
    }
    return Termination.state.in_(mine.get(who.role, (*IN_REVIEW, S.MEDIATION, S.AWAITING_SECOND)))


def to_be_answered(now: datetime, after: int, most: int = 200) -> Sequence[Termination]:
    """A portion of the requests whose answer is due within 48 hours, in the order of their ids."""
    return db.session.scalars(
        select(Termination)
        .join(Placement, Placement.id == Termination.placement_id)
        .where(Termination.is_requested, near(Termination.reply_by, now))
        .where(Termination.id > after, ~Placement.frozen)
        .options(selectinload(Termination.placement))
        .order_by(Termination.id)
        .limit(most)
        .with_for_update(read=True, skip_locked=True, of=Termination)
    ).all()


def to_answer(who: Actor) -> Select[Termination]:
    """The requests of the other party that wait for this party's answer (INV-21, INV-22)."""
    return terminations_for(who).where(Termination.is_requested, Termination.started_by != who.role)
