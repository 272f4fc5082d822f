"""Who a figure of graduates counts, and who is outside it and why: one place for every figure (PLN-06).

Whatever a figure counts, `inside` and all of `outside` together are the graduates of the same years and
units, no more and no fewer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select, union_all

from app.core import clock
from app.core.db import db
from app.people.schools.queries import at_school
from app.people.students.models import OriginState, Student
from app.plan.rows.editions import Formula, formula, formula_of, formulas
from app.plan.rows.models import PlanEntry
from app.plan.rows.queries import plan_entries_for
from app.workflow.actor import Actor


class Why(StrEnum):
    """Why a graduate is outside a figure, in the order in which it is said."""

    ENTERED = "entered"
    REJECTED = "rejected"
    LEFT_OUT = "left_out"
    NO_ROW = "no_row"


REASONS = {
    Why.ENTERED: _l("origin record not reviewed"),
    Why.REJECTED: _l("origin record rejected"),
    Why.LEFT_OUT: _l("level of education outside the formula"),
    Why.NO_ROW: _l("no row in the plan yet"),
}

RATE = "rate"  # asked of the list: whoever the rate does not count, for whatever reason


@dataclass
class Base:
    """How many graduates a figure counts, and how many it leaves out for each reason."""

    inside: int = 0
    outside: dict[str, int] = field(default_factory=dict)

    def add(self, why: str | None, count: int) -> None:
        """Count so many more, inside or outside for that reason."""
        if why is None:
            self.inside += count
        else:
            self.outside[why] = self.outside.get(why, 0) + count

    @property
    def out(self) -> int:
        """How many are outside."""
        return sum(self.outside.values())

    @property
    def total(self) -> int:
        """All graduates of the figure's years and units."""
        return self.inside + self.out


def season(now: datetime | None = None) -> int:
    """The graduation year that the office works on: from September on the next one."""
    today = clock.local(now).date() if now else clock.today()
    return today.year + (today.month >= 9)


def why(origin_state: str, education: str, rate: Formula) -> Why | None:
    """Why the rate does not count a graduate: nobody approved the record, or the formula's N ends before."""
    if origin_state != OriginState.APPROVED:
        return Why(origin_state)
    return Why.LEFT_OUT if education in rate.left_out else None


def why_no_row(origin_state: str, entry_id: int | None) -> Why | None:
    """Why the plan has no row of a graduate; None where it has one."""
    if entry_id is not None:
        return None
    return Why.NO_ROW if origin_state == OriginState.APPROVED else Why(origin_state)


def of_records(who: Actor, *narrowed: ColumnElement[bool]) -> Base:
    """Whose origin record is approved, of the graduates in the person's scope."""
    base = Base()
    for state, count in _counted(who, (Student.origin_state,), narrowed):
        base.add(None if state == OriginState.APPROVED else Why(state), count)
    return base


def of_rate(who: Actor, *narrowed: ColumnElement[bool]) -> Base:
    """Whom the rate counts of the graduates in the person's scope, each year by its own formula."""
    columns = (Student.graduation_year, Student.origin_state, Student.education)
    base = Base()
    for year, state, education, count in _counted(who, columns, narrowed):
        base.add(why(state, education, formula_of(formula(year))), count)
    return base


def of_plan(who: Actor, *narrowed: ColumnElement[bool]) -> Base:
    """Who of the graduates in the person's scope has a row in the plan."""
    has = PlanEntry.id.is_not(None)
    if narrowed or who.college_id is not None:
        rows = _counted(who, (Student.origin_state, has), narrowed)
    else:
        rows = _listed(who)
    base = Base()
    for state, there, count in rows:
        base.add(why_no_row(state, 1 if there else None), count)
    return base


def _listed(who: Actor) -> list[tuple[str, bool, int]]:
    """(state, whether in the plan, graduates) of whole schools by indexes alone: no row is joined to another.

    Of those who are not approved, the fewest have a row: only they are looked up. A row is its student's
    school's, so what is left of the rows is of the approved.
    """
    scope = at_school(who, Student.school_id)
    states = select(literal("of"), Student.origin_state, func.count()).where(scope)
    odd = select(literal("listed"), Student.origin_state, func.count()).where(scope)
    odd = odd.where(Student.origin_state != OriginState.APPROVED, ~without_row())
    mine = plan_entries_for(who).with_only_columns(PlanEntry.id).subquery()
    rows = select(literal("rows"), literal(OriginState.APPROVED.value), func.count())
    counts: dict[str, Counter[str]] = {"of": Counter(), "listed": Counter()}
    for what, state, count in db.session.execute(
        union_all(
            states.group_by(Student.origin_state),
            odd.group_by(Student.origin_state),
            rows.select_from(mine),
        )
    ):
        counts["listed" if what == "rows" else what][state] += count
    of, listed = counts["of"], counts["listed"]
    listed[OriginState.APPROVED] -= sum(n for s, n in listed.items() if s != OriginState.APPROVED)
    found = [(state, True, listed[state]) for state in of]
    found += [(state, False, count - listed[state]) for state, count in of.items()]
    return [row for row in found if row[2]]


def _counted(who: Actor, columns: Any, narrowed: Any) -> Sequence[Any]:
    scope = at_school(who, Student.school_id, Student.college_id)
    rows = select(*columns, func.count()).select_from(Student)
    rows = rows.outerjoin(PlanEntry, PlanEntry.student_id == Student.id)
    return db.session.execute(rows.where(scope, *narrowed).group_by(*columns)).all()


def spans() -> list[tuple[ColumnElement[bool], Formula]]:
    """The graduates of each formula's years, the newest first."""
    found: list[tuple[ColumnElement[bool], Formula]] = []
    until = 10_000
    for rate in formulas().values():
        years = (Student.graduation_year >= rate.since) & (Student.graduation_year < until)
        found.append((years, rate))
        until = rate.since
    return found


def for_reason(reason: str) -> ColumnElement[bool]:
    """The graduates outside for that reason, for the list behind the line; of an unknown one nobody."""
    if reason == RATE:
        return or_(*(for_reason(each) for each in (Why.ENTERED, Why.REJECTED, Why.LEFT_OUT)))
    approved = Student.origin_state == OriginState.APPROVED
    if reason == Why.LEFT_OUT:
        left = (years & Student.education.in_(rate.left_out) for years, rate in spans())
        return and_(approved, or_(*left))
    if reason == Why.NO_ROW:
        return and_(approved, without_row())
    return Student.origin_state == reason if reason in tuple(OriginState) else false()


def without_row(_value: str = "") -> ColumnElement[bool]:
    """The graduates whom the plan does not list."""
    return (
        ~select(PlanEntry.id).where(PlanEntry.student_id == Student.id).correlate(Student).exists()
    )


def reason_of(student: Student) -> str:
    """Why a graduate is outside the rate, in words; else, where it is so, that the plan has no row."""
    found = why(
        student.origin_state, student.education, formula_of(formula(student.graduation_year))
    )
    return str(REASONS[found or Why.NO_ROW])


def text_of(base: Base) -> str:
    """The line under a figure as one sentence, for files."""
    if not base.out:
        return _("All %(count)s graduates are counted.", count=f"{base.inside:,}")
    reasons = " · ".join(
        f"{REASONS[why]} {base.outside[why]:,}" for why in Why if why in base.outside
    )
    return _(
        "%(inside)s of %(total)s graduates are counted. Not counted: %(out)s (%(reasons)s).",
        inside=f"{base.inside:,}",
        total=f"{base.total:,}",
        out=f"{base.out:,}",
        reasons=reasons,
    )
