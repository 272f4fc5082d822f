"""The rows of the review desk: tabs, search, what waits for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    CompoundSelect,
    Select,
    func,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.models import AppUser
from app.core import clock
from app.core.checks import is_credit_code
from app.core.db import db
from app.core.named import title_has
from app.core.text import clean_code
from app.notices.models import Notice
from app.notices.queries import near
from app.people.employers.models import Employer
from app.people.employers.queries import renamed_employers
from app.people.names.queries import merged
from app.people.schools.models import School
from app.people.students.models import Student
from app.people.students.queries import finds_student, looks_like_number, students_for
from app.settings.models import Review
from app.signing.placements.models import AWAITING, FORMS, REVIEWS, Placement, PlacementState
from app.signing.placements.queries import placements_for
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.models import Termination, TerminationState
from app.signing.terminations.queries import awaiting, terminations_for
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow.actor import Actor, Role
from app.workflow.models import Trail

S, T = PlacementState, TerminationState
ZONE = clock.SHANGHAI.key
MINE = {
    Role.COLLEGE: (S.FORM_COLLEGE, S.AWAITING_COLLEGE),
    Role.SCHOOL: (S.FORM_SCHOOL, S.AWAITING_SCHOOL, S.GIVING_UP),
}
WAITS = (*REVIEWS, S.GIVING_UP)
STATES = {
    "form": FORMS,
    "scan": (S.AWAITING_SCAN, S.GIVING_UP),
    "in_force": (S.IN_FORCE,),
    "refused": (S.REFUSED,),
    "ended": (S.TERMINATED, S.GIVEN_UP, S.REPLACED),
}


# what a person decides on the desk; reminders, facts, undoing and consequences are no decisions
DECISIONS = {
    flow.kind: tuple(
        step.name
        for step in flow.steps
        if step.of_staff and not (step.inner or step.typed or step.quiet) and step.name != "undo"
    )
    for flow in (PLACEMENTS, TERMINATIONS)
}


def at_level(who: Actor, states: Sequence[PlacementState]) -> Select[Any]:
    """The signings that wait at these levels, those with an unanswered, lapsed amendment included."""
    mine = placements_for(who).with_only_columns(Placement.id)
    return union_all(mine.where(Placement.state.in_(states)), mine.where(*_lapsed(states)))  # type: ignore[return-value]


def _lapsed(states: Sequence[PlacementState]) -> list[ColumnExpressionArgument[bool]]:
    school_first = Placement.review == Review.SCHOOL
    first = [
        school_first if state is S.AWAITING_SCHOOL else not_(school_first)
        for state in states
        if state in AWAITING
    ]
    lapsed = (Placement.is_amending, Placement.answer_by <= clock.app_now())
    return [*lapsed, or_(*first)]


Part = tuple[Select[Any], Any]  # rows, and the column that says since when they wait


def signings_by_wait(scope: Select[Any], states: Sequence[PlacementState]) -> list[Part]:
    """The same as `at_level` of a scope, each state by itself: so an index has them by their waiting time."""
    parts: list[Part] = [
        (scope.where(Placement.state == state), Placement.changed_at) for state in states
    ]
    return [*parts, (scope.where(*_lapsed(states)), Placement.answer_by)]


def endings_by_wait(
    scope: Select[Any], who: Actor, *where: ColumnExpressionArgument[bool]
) -> list[Part]:
    """The same as `ending` of a scope: one termination of a placement is under way at most (GRD-03)."""
    mine: Any = terminations_for(who).where(*where).whereclause
    joined = scope.join(Termination, Termination.placement_id == Placement.id)
    return [(joined.where(mine), Termination.changed_at)]


def by_wait(tab: str, who: Actor, scope: Select[Any]) -> list[Part]:
    """The rows of a tab of what waits, in parts that an index has by their waiting time; none of others."""
    if tab == "mine":
        mine = MINE.get(who.role, WAITS)
        return [*signings_by_wait(scope, mine), *endings_by_wait(scope, who, awaiting(who))]
    if tab == "other":
        other, ends = _of_other(who)
        ending_there = Termination.state == ends
        return [*signings_by_wait(scope, other), *endings_by_wait(scope, who, ending_there)]
    if tab == "termination":
        return endings_by_wait(scope, who, Termination.is_running)
    states = FORMS if tab == "form" else ()
    return [(scope.where(Placement.state == state), Placement.changed_at) for state in states]


def keys_of_tab(name: str, who: Actor) -> Select[Any] | CompoundSelect[Any]:
    """What a tab is counted by: the keys of its rows, which indexes have."""
    if name == "mine":
        return waiting_for(who)
    if name == "other":
        return _keys_of_other(who)
    if name == "termination":
        return ending(who, Termination.is_running)
    mine, which = placements_for(who).with_only_columns(Placement.id), in_tab(name, who)
    return mine if which is None else mine.where(which)


def ending(who: Actor, *where: ColumnExpressionArgument[bool]) -> Select[Any]:
    """The placements with such a termination."""
    return terminations_for(who).with_only_columns(Termination.placement_id).where(*where)


def awaiting_me(who: Actor) -> ColumnElement[bool]:
    """What waits for this person: signings and terminations (AGR-06, TRM-03, TRM-09).

    A union of small index-served parts: an OR would read every row of the scope.
    """
    return Placement.id.in_(waiting_for(who))


def waiting_for(who: Actor) -> CompoundSelect[Any]:
    """The keys of what waits for this person; a termination runs only where no signing waits."""
    signings = at_level(who, MINE.get(who.role, WAITS)).subquery()
    return union_all(select(signings), ending(who, awaiting(who)))


def in_tab(name: str, who: Actor) -> ColumnElement[bool] | None:
    """The rows of a tab of the desk; None: all."""
    if name == "mine":
        return awaiting_me(who)
    if name == "termination":
        return Placement.id.in_(ending(who, Termination.is_running))
    if name == "other":
        return Placement.id.in_(_keys_of_other(who))
    if name == "today":
        return decided_by(who)
    return Placement.state.in_(STATES[name]) if name in STATES else None


def _of_other(who: Actor) -> tuple[Sequence[PlacementState], TerminationState]:
    """Where signings and terminations wait for the other level of review."""
    college = who.role is Role.COLLEGE
    other = Role.SCHOOL if college else Role.COLLEGE
    return MINE[other], T.AWAITING_SCHOOL if college else T.AWAITING_COLLEGE


def _keys_of_other(who: Actor) -> CompoundSelect[Any]:
    states, ends = _of_other(who)
    signings = at_level(who, states).subquery()
    return union_all(select(signings), ending(who, Termination.state == ends))


def decided_by(who: Actor) -> ColumnElement[bool]:
    """What this person decided today, by the day in China (AGR-14)."""
    today = func.date_trunc("day", func.timezone(ZONE, clock.app_now()))
    mine = (Trail.actor_id == who.user_id, Trail.at >= func.timezone(ZONE, today))

    def taken(kind: str) -> Any:
        steps = (Trail.kind == kind, Trail.step.in_(DECISIONS[kind]))
        return select(Trail.record_id).where(*mine, *steps)

    ended = select(Termination.placement_id).where(Termination.id.in_(taken("termination")))
    return Placement.id.in_(union_all(taken("placement"), ended))


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
        now = select(Employer.id).where(Employer.credit_code == code)
        parts.append(
            mine.where(Placement.employer_id.in_(union_all(now, merged("employer", code))))
        )
    elif not code.isdecimal():
        parts.append(mine.where(title_has(Placement.employer_name, text)))
        parts.append(mine.where(Placement.employer_id.in_(renamed_employers(text))))
    return Placement.id.in_(union_all(*parts))


def with_students(placements: list[Placement]) -> list[Placement]:
    """The same rows with their students, read by one query."""
    ids = {placement.student_id for placement in placements}
    found = {s.id: s for s in db.session.scalars(select(Student).where(Student.id.in_(ids)))}
    for placement in placements:
        set_committed_value(placement, "student", found[placement.student_id])
    return placements


def overdue_amendments(now: datetime, most: int) -> Sequence[int]:
    """Ids of placements whose proposal nobody answered in time."""
    mine = (Placement.is_amending, Placement.answer_by <= now)
    return db.session.scalars(
        select(Placement.id).where(*mine).order_by(Placement.answer_by).limit(most)
    ).all()


def amending(now: datetime, after: int, most: int = 200) -> Sequence[Placement]:
    """A portion of the placements whose proposal ends within 48 hours, in the order of their ids."""
    return db.session.scalars(
        select(Placement)
        .where(Placement.is_amending, near(Placement.answer_by, now))
        .where(Placement.id > after, ~Placement.frozen)
        .order_by(Placement.id)
        .limit(most)
        .with_for_update(read=True, skip_locked=True)
    ).all()


def schools_of_reviewers() -> Sequence[int]:
    """Ids of the schools that have an account that decides on reviews."""
    mine = (AppUser.role.in_((Role.COLLEGE, Role.SCHOOL)), AppUser.active == true())
    return db.session.scalars(
        select(School.id)
        .where(School.id.in_(select(AppUser.school_id).where(*mine)))
        .order_by(School.id)
    ).all()


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
        Placement.state.in_(MINE.get(who.role, WAITS)),
        Placement.changed_at < since,
        ~Placement.frozen,
    )
    terminations = terminations_for(who).where(awaiting(who), Termination.changed_at < since)
    rows = [
        db.session.execute(mine.with_only_columns(func.count(), func.min(model.changed_at))).one()
        for mine, model in ((placements, Placement), (terminations, Termination))
    ]
    return Overdue(rows[0][0], rows[1][0], min((at for _n, at in rows if at), default=None))
