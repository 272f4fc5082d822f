"""Rates and their parts, counted by one statement from live rows or a snapshot (RPT-01).

Rows are grouped by what is asked and by destination code; what a code counts as is the formula's. Who is
not counted stands beside, with the reason: `plan.rows.outside` says who that is (PLN-06).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.core.db import db
from app.people.schools.models import College, Major, School
from app.people.schools.queries import at_school
from app.people.students.models import OriginState, Student
from app.people.students.queries import students_for
from app.plan.rows.editions import NOT_NOW, NOTHING, SEEKING, Formula, formula, formula_of, parts_of
from app.plan.rows.models import PlanEntry
from app.plan.rows.outside import Base, spans, why
from app.plan.years.models import Snapshot, SnapshotRow
from app.workflow.actor import Actor

SETTLED = "settled"  # asked of a part: whatever the rate counts
CUTS = ("school", "college", "major", "education", "sex", "year")
Key = Any


@dataclass
class Rate:
    """One line of a report: how many graduates, how many count as each part, and who is not counted."""

    key: Key
    total: int = 0
    parts: dict[str, int] = field(default_factory=dict)
    outside: dict[str, int] = field(default_factory=dict)

    def add(self, part: str, count: int) -> None:
        """Count so many more."""
        self.total += count
        self.parts[part] = self.parts.get(part, 0) + count

    def leave(self, reason: str, count: int) -> None:
        """Leave so many out, for that reason."""
        self.outside[reason] = self.outside.get(reason, 0) + count

    @property
    def base(self) -> Base:
        """Who is counted and who is not."""
        return Base(self.total, dict(self.outside))

    def settled(self, rate: Formula) -> int:
        """Graduates whose destination the rate counts."""
        return sum(self.parts.get(part, 0) for part in rate.settled)


@dataclass(frozen=True)
class Cut:
    """What a report is about: a year, grouped by something, narrowed to some graduates."""

    year: int
    by: str = "college"
    school: int | None = None
    college: int | None = None
    education: str = ""
    sex: str = ""


def _keys(student: Any) -> dict[str, Any]:
    return {
        "school": student.school_id,
        "college": student.college_id,
        "major": student.major_id,
        "education": student.education,
        "sex": student.sex,
        "year": student.graduation_year,
    }


def graduates_of(who: Actor, cut: Cut) -> list[ColumnElement[bool]]:
    """Whom the person may count, narrowed."""
    wanted = [at_school(who, Student.school_id, Student.college_id)]
    if cut.by != "year":
        wanted.append(Student.graduation_year == cut.year)
    keys = _keys(Student)
    narrowed = ((keys[n], getattr(cut, n)) for n in ("school", "college", "education", "sex"))
    return [*wanted, *(column == value for column, value in narrowed if value)]


def live(who: Actor, cut: Cut, asked: Formula | None = None) -> list[Rate]:
    """The rates as the plan stands now; each year by its own formula unless one is asked for."""
    key = _keys(Student)[cut.by]
    joined = PlanEntry.student_id == Student.id
    columns = (
        key,
        Student.graduation_year,
        Student.origin_state,
        Student.education,
        PlanEntry.destination_code,
    )
    counted = select(*columns, func.count()).outerjoin(PlanEntry, joined)
    rows = db.session.execute(counted.where(*graduates_of(who, cut)).group_by(*columns)).tuples()
    chosen: dict[int, Formula] = {}
    found: dict[Key, Rate] = {}
    for place, year, state, education, code, count in rows:
        rate = asked or chosen.setdefault(year, formula_of(formula(year)))
        line = found.setdefault(place, Rate(place))
        if reason := why(state, education, rate):
            line.leave(reason, count)
        else:
            line.add(rate.part(parts_of(rate.edition).get(code or "", NOTHING)), count)
    return _in_order(cut.by, found)


def snapshot_formula(snapshot: Snapshot) -> Formula:
    """The formula as the snapshot keeps it, whatever became of its edition (PLN-08)."""
    now = formula_of(snapshot.formula_edition)
    kept = snapshot.formula
    return Formula(
        snapshot.formula_edition,
        now.since,
        tuple(kept.get("settled", now.settled)),
        tuple(kept.get("left_out", now.left_out)),
        now.certain,
        now.note,
    )


def of_snapshot(snapshot: Snapshot, cut: Cut) -> tuple[list[Rate], Formula]:
    """The rates as they were then: its codes, parts and formula, whatever became of them (PLN-08)."""
    rate = snapshot_formula(snapshot)
    row = SnapshotRow.row
    keys = {
        "college": SnapshotRow.college_id,
        "major": row["major_id"].as_integer(),
        "education": row["education"].astext,
        "sex": row["sex"].astext,
    }
    by = cut.by if cut.by in keys else "college"
    columns = (keys[by], SnapshotRow.outside, keys["education"], row["destination_code"].astext)
    counted = select(*columns, func.count()).where(SnapshotRow.snapshot_id == snapshot.id)
    for name in ("college", "education", "sex"):
        if value := getattr(cut, name):
            counted = counted.where(keys[name] == value)
    found: dict[Key, Rate] = {}
    rows = db.session.execute(counted.group_by(*columns)).tuples()
    for place, left, education, code, count in rows:
        line = found.setdefault(place, Rate(place))
        if reason := why(left or OriginState.APPROVED, education, rate):
            line.leave(reason, count)
        else:
            line.add(rate.part(snapshot.codes.get(code or "", ["", NOTHING])[1]), count)
    return _in_order(by, found), rate


def _in_order(by: str, found: dict[Key, Rate]) -> list[Rate]:
    """In the order of codes or years, never of the rate (RPT-04)."""
    models = {"school": School, "college": College, "major": Major}
    if by not in models:
        return [found[key] for key in sorted(found, key=str, reverse=by == "year")]
    model: Any = models[by]
    order = (model.college_id, model.code) if by == "major" else (model.code,)
    keys = db.session.scalars(select(model.id).where(model.id.in_(list(found))).order_by(*order))
    return [found[key] for key in keys]


def names_of(by: str, keys: Sequence[object]) -> Mapping[Any, str]:
    """The names of schools, colleges or majors; the others are codes."""
    models = {"school": School, "college": College, "major": Major}
    model: Any = models[by]
    rows = db.session.execute(select(model.id, model.name).where(model.id.in_(list(keys))))
    return dict(rows.tuples().all())


def whole(rates: Sequence[Rate]) -> Rate:
    """All lines together."""
    total = Rate(None)
    for rate in rates:
        for part, count in rate.parts.items():
            total.add(part, count)
        for reason, count in rate.outside.items():
            total.leave(reason, count)
    return total


# -- the graduates behind a figure -----------------------------------------------------------------


def graduates_for(who: Actor) -> Select[Student]:
    """The approved graduates of the asking staff's scope."""
    return students_for(who).where(Student.origin_state == OriginState.APPROVED)


def counts_as(part: str) -> ColumnElement[bool]:
    """The graduates whose row counts as that part (or as any of the rate) in their year's formula."""

    def counted(rate: Formula) -> list[str]:
        wanted = {"settled": rate.settled, NOTHING: (*rate.settled, SEEKING, NOT_NOW)}
        known = wanted.get(part, (part,))
        return [c for c, found in parts_of(rate.edition).items() if rate.part(found) in known]

    has = or_(*(years & PlanEntry.destination_code.in_(counted(rate)) for years, rate in spans()))
    row = select(PlanEntry.id).where(PlanEntry.student_id == Student.id, has).correlate(Student)
    return ~row.exists() if part == NOTHING else row.exists()


def in_n() -> ColumnElement[bool]:
    """The graduates that the formula of their year counts at all (结业 is left out)."""
    return or_(*(years & Student.education.not_in(rate.left_out) for years, rate in spans()))
