"""The rows of the review desk: tabs, search, what waits for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, true, union_all
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.core.text import clean_code
from app.notices.models import Notice
from app.notices.queries import near
from app.people.checks import is_credit_code
from app.people.models import School, Student
from app.people.queries import finds_student, has_secret, looks_like_number, name_has, students_for
from app.placements.models import AWAITING, Placement, PlacementState
from app.placements.queries import placements_for
from app.settings.models import Review
from app.termination.models import RUNNING, Termination
from app.termination.queries import awaiting, terminations_for
from app.workflow.actor import Actor, Role

S = PlacementState


def awaiting_me(who: Actor) -> ColumnElement[bool]:
    """What waits for this person's decision; for readers, what waits at all (AGR-06)."""
    waits = _mine(who)
    terminations = terminations_for(who).where(awaiting(who))
    return or_(
        Placement.state.in_(waits),
        _lapsed(waits),
        Placement.id.in_(terminations.with_only_columns(Termination.placement_id)),
    )


def _mine(who: Actor) -> tuple[PlacementState, ...]:
    """The states in which a signing waits for this person; for readers, for anybody."""
    mine = {Role.COLLEGE: (S.AWAITING_COLLEGE,), Role.SCHOOL: (S.AWAITING_SCHOOL,)}
    return mine.get(who.role, AWAITING)


def _lapsed(waits: tuple[PlacementState, ...]) -> ColumnElement[bool]:
    """A proposal that nobody answered in time waits for review again, swept or not (INV-11)."""
    at_school = Placement.review == Review.SCHOOL
    level = or_(*(at_school if s == S.AWAITING_SCHOOL else not_(at_school) for s in waits))
    return and_(Placement.state == S.AMENDING, Placement.answer_by <= clock.app_now(), level)


def in_tab(name: str, who: Actor) -> ColumnElement[bool] | None:
    """The rows of a tab of the desk; None: all."""
    other = S.AWAITING_SCHOOL if who.role is Role.COLLEGE else S.AWAITING_COLLEGE
    states = {
        "other": (other,),
        "in_force": (S.IN_FORCE,),
        "refused": (S.REFUSED,),
        "ended": (S.TERMINATED,),
    }
    if name == "mine":
        return awaiting_me(who)
    if name == "termination":
        running = terminations_for(who).where(Termination.state.in_(RUNNING))
        return Placement.id.in_(running.with_only_columns(Termination.placement_id))
    return Placement.state.in_(states[name]) if name in states else None


def found_by(text: str, who: Actor) -> ColumnElement[bool]:
    """The placements that a typed number, credit code or fragment of a name finds (AGR-01).

    A union of small index-served parts: an OR over two tables would read every row of the scope.
    """
    code = clean_code(text)
    mine = placements_for(who).with_only_columns(Placement.id)
    students = students_for(who).with_only_columns(Student.id).where(finds_student(text))
    parts = [mine.where(Placement.student_id.in_(students))]
    if looks_like_number(text):
        parts.append(mine.where(Placement.agreement_no.startswith(code, autoescape=True)))
    if is_credit_code(code):
        parts.append(mine.where(Placement.employer_credit_code == code))
    elif not code.isdecimal():
        parts.append(mine.where(name_has(Placement.employer_name, text)))
    return Placement.id.in_(union_all(*parts))


def of_secret(token: str) -> ColumnElement[bool] | None:
    """The placements of the student whose number the token hides."""
    found = has_secret(token)
    return None if found is None else Placement.student_id.in_(select(Student.id).where(found))


def with_students(placements: list[Placement]) -> list[Placement]:
    """The same rows with their students, read by one query."""
    ids = {placement.student_id for placement in placements}
    found = {s.id: s for s in db.session.scalars(select(Student).where(Student.id.in_(ids)))}
    for placement in placements:
        set_committed_value(placement, "student", found[placement.student_id])
    return placements


# -- what the clock asks -----------------------------------------------------------------------


def overdue_amendments(now: datetime, most: int) -> Sequence[int]:
    """Ids of placements whose proposal nobody answered in time."""
    mine = (Placement.state == S.AMENDING, Placement.answer_by <= now)
    return db.session.scalars(
        select(Placement.id).where(*mine).order_by(Placement.answer_by).limit(most)
    ).all()


def amending(now: datetime, after: int, most: int = 200) -> Sequence[Placement]:
    """A portion of the placements whose proposal ends within 48 hours, in the order of their ids."""
    return db.session.scalars(
        select(Placement)
        .where(Placement.state == S.AMENDING, near(Placement.answer_by, now))
        .where(Placement.id > after, ~Placement.frozen)
        .order_by(Placement.id)
        .limit(most)
        .with_for_update(read=True, skip_locked=True)
    ).all()


def schools_of_reviewers() -> Sequence[int]:
    """Ids of the schools that have an account that decides on reviews."""
    mine = (AppUser.role.in_((Role.COLLEGE, Role.SCHOOL)), AppUser.active == true())
    return db.session.scalars(select(School.id).where(
        School.id.in_(select(AppUser.school_id).where(*mine))).order_by(School.id)
    ).all()  # fmt: skip


def reviewers(school_id: int, key: str) -> Sequence[AppUser]:
    """The accounts of a school that decide on reviews and were not told by that key yet."""
    told = select(Notice.id).where(Notice.user_id == AppUser.id, Notice.key == key)
    mine = (AppUser.role.in_((Role.COLLEGE, Role.SCHOOL)), AppUser.active == true())
    return db.session.scalars(
        select(AppUser)
        .where(AppUser.school_id == school_id, *mine, ~told.exists())
        .order_by(AppUser.id)
    ).all()


@dataclass(frozen=True)
class Overdue:
    """What waits too long for one reviewer."""

    signings: int
    terminations: int
    oldest: datetime | None


def waiting_since(who: Actor, since: datetime) -> Overdue:
    """The signings and terminations that have waited for this person since before that moment."""
    placements = placements_for(who).where(
        Placement.state.in_(_mine(who)), Placement.changed_at < since, ~Placement.frozen
    )
    terminations = terminations_for(who).where(awaiting(who), Termination.changed_at < since)
    rows = [
        db.session.execute(mine.with_only_columns(func.count(), func.min(model.changed_at))).one()
        for mine, model in ((placements, Placement), (terminations, Termination))
    ]
    return Overdue(rows[0][0], rows[1][0], min((at for _n, at in rows if at), default=None))
