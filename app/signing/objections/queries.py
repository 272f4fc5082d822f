"""Which reports of untruth a person may see."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.core import page
from app.core.db import db
from app.people.schools.queries import at_school
from app.signing.objections.models import Objection, ObjectionState, ReportWay
from app.workflow.actor import Actor, Role


def objections_for(who: Actor) -> Select[Objection]:
    """A student its own; the school those of its students. The employer hears the answer only."""
    if who.role is Role.STUDENT:
        return select(Objection).where(Objection.student_id == who.student_id)
    return select(Objection).where(at_school(who, Objection.school_id))


def open_objection(
    *, placement_id: int | None = None, invitation_id: int | None = None
) -> Objection | None:
    """The report on this record that awaits an answer: as long as it does, there is no newer one."""
    if page.current() is not None:  # a page shows the last one besides
        last = _last(placement_id, invitation_id)
        return last if last is not None and last.is_open else None
    waits = Objection.state == ObjectionState.OPEN
    return db.session.scalars(
        select(Objection).where(_on(placement_id, invitation_id), waits)
    ).first()


@page.once
def about(placement_id: int, invitation_id: int | None) -> Sequence[Objection]:
    """All reports on a placement and on the invitation it came from, oldest first."""
    mine = Objection.placement_id == placement_id
    if invitation_id is not None:
        mine = or_(mine, Objection.invitation_id == invitation_id)
    return db.session.scalars(select(Objection).where(mine).order_by(Objection.id)).all()


def last_objection(
    *, placement_id: int | None = None, invitation_id: int | None = None
) -> Objection | None:
    """The newest report on this record, answered or not."""
    return _last(placement_id, invitation_id)


@page.once
def _last(placement_id: int | None, invitation_id: int | None) -> Objection | None:
    mine = select(Objection).where(_on(placement_id, invitation_id))
    return db.session.scalars(mine.order_by(Objection.id.desc()).limit(1)).first()


def _on(placement_id: int | None, invitation_id: int | None) -> ColumnElement[bool]:
    if invitation_id is not None:
        return Objection.invitation_id == invitation_id
    return Objection.placement_id == placement_id


def disowned(who: Actor) -> Select[Objection]:
    """What a party said by the link of a message was not its own act, and awaits the school's answer."""
    return objections_for(who).where(
        Objection.state == ObjectionState.OPEN, Objection.way == ReportWay.LINK
    )


def waiting(who: Actor) -> int:
    """How many reports await the school's answer."""
    mine = objections_for(who).where(Objection.state == ObjectionState.OPEN)
    return db.session.scalar(select(func.count()).select_from(mine.subquery())) or 0


def in_tab(name: str) -> ColumnElement[bool] | None:
    """The rows of a tab of the office's list; None: all."""
    waits = Objection.state == ObjectionState.OPEN
    by_link = Objection.way == ReportWay.LINK
    return {"open": waits, "link": waits & by_link, "answered": ~waits}.get(name)
