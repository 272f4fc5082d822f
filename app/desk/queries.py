"""The rows of the review desk: tabs, search, what waits for whom."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, not_, or_, select, union_all
from sqlalchemy.orm.attributes import set_committed_value

from app.core import clock
from app.core.db import db
from app.core.text import clean_code
from app.people.checks import is_credit_code
from app.people.models import Student
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
    mine = {Role.COLLEGE: (S.AWAITING_COLLEGE,), Role.SCHOOL: (S.AWAITING_SCHOOL,)}
    waits = mine.get(who.role, AWAITING)
    terminations = terminations_for(who).where(awaiting(who))
    return or_(
        Placement.state.in_(waits),
        _lapsed(waits),
        Placement.id.in_(terminations.with_only_columns(Termination.placement_id)),
    )


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
