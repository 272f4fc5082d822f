"""Two dimensions against each other for a page, and where graduates go: counted by the database (RPT-03, 06).

Who counts and who is outside is said by `plan.rows.outside`, as everywhere. `pivots` makes the workbook of
the same figures, with medians, in the worker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union_all

from app.core.db import db
from app.people.schools.models import Major
from app.people.students.models import OriginState, Student
from app.plan.reports import cuts
from app.plan.reports.cuts import BANDS, READ, UNITS
from app.plan.reports.queries import SETTLED, Cut, Rate, graduates_of
from app.plan.rows.edition_models import PARTS
from app.plan.rows.editions import NOTHING, Formula, formula, formula_of, parts_of
from app.plan.rows.models import PlanEntry
from app.plan.rows.outside import Base, why
from app.signing.placements.models import Placement
from app.signing.terms.models import Terms
from app.workflow.actor import Actor

Value = (
    Any  # what a dimension holds: a code, a year, the key of a unit, a part; None: not filled in
)


@dataclass(frozen=True)
class GroupName:
    """A group of a dimension: what the list behind it is narrowed by, and what it is called."""

    value: Value
    name: str


@dataclass
class Crossed:
    """How many graduates each pair of groups has; the groups in the order of their codes (RPT-04)."""

    rows: list[GroupName] = field(default_factory=list)
    columns: list[GroupName] = field(default_factory=list)
    counts: dict[tuple[Value, Value], int] = field(default_factory=dict)
    base: Base = field(default_factory=Base)

    def of_row(self, row: Value) -> int:
        """All of a line."""
        return sum(self.counts.get((row, column.value), 0) for column in self.columns)

    def of_column(self, column: Value) -> int:
        """All of a column."""
        return sum(self.counts.get((row.value, column), 0) for row in self.rows)


def crossed(who: Actor, cut: Cut, down: str, across: str) -> Crossed:
    """The graduates of the person's scope, narrowed by the cut, by these two. Raises KeyError."""
    found = Crossed()
    years: dict[tuple[str, Value], int] = {}
    for year, state, level, one, other, count in db.session.execute(_pairs(who, cut, down, across)):
        if reason := why(state, level, formula_of(formula(year))):
            found.base.add(reason, count)
            continue
        found.base.add(None, count)
        pair = _value(down, one, year), _value(across, other, year)
        found.counts[pair] = found.counts.get(pair, 0) + count
        for name, value in zip((down, across), pair, strict=True):
            years[name, value] = max(year, years.get((name, value), 0))
    found.rows = groups(down, years)
    found.columns = groups(across, years)
    return found


def _value(name: str, value: Value, year: int) -> Value:
    """The group of a value: a code by what it counts as, what is empty as nothing."""
    if name == "part":
        return cuts.part_of(value, year)
    return None if value == "" else value


def _column(name: str) -> Any:
    if name in UNITS:  # by its key: names and codes are asked once, not once a graduate
        return getattr(Student, f"{name}_id")
    return cuts.band_column() if name == BANDS else READ[name].column


def joined(counted: Any, *names: str) -> Any:
    """With the plan's row of each graduate and, where pay is asked, the agreement that the row follows."""
    counted = counted.outerjoin(PlanEntry, PlanEntry.student_id == Student.id)
    if BANDS in names:
        counted = counted.outerjoin(Placement, Placement.id == PlanEntry.placement_id)
        counted = counted.outerjoin(Terms, Terms.id == Placement.terms_id)
    return counted


def _pairs(who: Actor, cut: Cut, down: str, across: str) -> Select[Any]:
    """(year, state of the record, level, value, value, how many), a line for each that is different."""
    columns = [Student.graduation_year, Student.origin_state, Student.education]
    columns += [_column(down), _column(across)]
    kept = [column.label(f"c{n}") for n, column in enumerate(columns)]
    counted = joined(select(*kept, func.count()).select_from(Student), down, across)
    found: Select[Any] = counted.where(*graduates_of(who, cut)).group_by(*kept)  # type: ignore[assignment]
    return found


def groups(name: str, years: Mapping[tuple[str, Value], int]) -> list[GroupName]:
    """The groups of a dimension in the order of the report; what is not filled in last."""
    values = [value for of, value in years if of == name]
    if name in UNITS:
        return _units(name, values)
    if name == "part":
        order = [*(part for part in PARTS if part != NOTHING), NOTHING]
        return [GroupName(part, cuts.part_name(part)) for part in order if part in values]
    blank = [None] if None in values else []
    given = sorted((v for v in values if v is not None), key=lambda v: (str(type(v)), v))
    return [GroupName(v, _name(name, v, years[name, v])) for v in [*given, *blank]]


def _name(name: str, value: Value, year: int) -> str:
    if name == BANDS:
        return cuts.band_name(value)
    return READ[name].name(value, year) or _("not filled in")


def _units(name: str, keys: Sequence[int]) -> list[GroupName]:
    """Units in the order of their codes; of two that are called alike each with its code."""
    model = UNITS[name]
    order = (Major.college_id, Major.code) if name == "major" else (model.code,)
    rows = select(model.id, model.name, model.code).where(model.id.in_(keys)).order_by(*order)
    found = db.session.execute(rows).tuples().all()
    names = [label for _key, label, _code in found]
    return [
        GroupName(key, f"{label} ({code})" if names.count(label) > 1 else label)
        for key, label, code in found
    ]


# -- where graduates go ----------------------------------------------------------------------------

WHERE = ("region", "city", "industry", "nature")


@dataclass
class Went:
    """Where graduates went: dimension → group → how many; `rate` is that of all."""

    counts: dict[str, dict[Value, int]]
    rate: Rate
    formula: Formula


def codes_of(part: str, rate: Formula) -> list[str]:
    """The destination codes that count as that part, or as any of the rate; «none»: those of no part."""
    known = parts_of(rate.edition).items()
    wanted = rate.settled if part == SETTLED else (part,)
    return [code for code, found in known if rate.part(found) in wanted]


def went(who: Actor, cut: Cut, part: str) -> Went:
    """Where the year's graduates of the person's scope went whose destination counts as that part.

    One look at the rows: the database groups them by all at once, and those few by each dimension. Pay stands
    with the agreements: a statement of its own. What is not filled in is counted under None.
    """
    rate = formula_of(formula(cut.year))
    columns = {
        "state": Student.origin_state,
        "education": Student.education,
        "code": PlanEntry.destination_code,
        **{name: READ[name].column for name in WHERE},
    }
    kept = [column.label(name) for name, column in columns.items()]
    inner = joined(select(*kept, func.count().label("n")).select_from(Student))
    few = inner.where(*graduates_of(who, cut)).group_by(*kept).cte("few")
    inside = _counted(few.c.state, few.c.education, few.c.code, part, rate)
    found: dict[str, dict[Value, int]] = {name: {} for name in WHERE}
    whole = Rate(cut.year)
    for name, value, state, education, count in db.session.execute(_each(few, inside)):
        if name != RATE:
            found[name][value or None] = found[name].get(value or None, 0) + int(count)
        elif reason := why(state, education, rate):
            whole.leave(reason, int(count))
        else:
            whole.add(cuts.part_of(value, cut.year), int(count))
    return Went({**found, BANDS: _pays(who, cut, part, rate)}, whole, rate)


RATE = "rate"


def _counted(
    state: Any, education: Any, code: Any, part: str, rate: Formula
) -> ColumnElement[bool]:
    """Who counts in N, and as that part."""
    known = codes_of(part, rate)
    of_part = code.in_(known)
    if part == NOTHING:
        others = [c for c, found in parts_of(rate.edition).items() if rate.part(found) != NOTHING]
        of_part = or_(code.is_(None), code.not_in(others))
    return and_(state == OriginState.APPROVED, education.not_in(rate.left_out), of_part)


def _each(few: Any, inside: ColumnElement[bool]) -> Any:
    """(dimension, group, –, –, how many) of each; and for the rate (rate, code, state, level, how many)."""
    nothing = literal("")
    parts = [
        select(literal(name), few.c[name], nothing, nothing, func.sum(few.c.n))
        .where(inside)
        .group_by(few.c[name])
        for name in WHERE
    ]
    keys = (few.c.code, few.c.state, few.c.education)
    return union_all(select(literal(RATE), *keys, func.sum(few.c.n)).group_by(*keys), *parts)


def _pays(who: Actor, cut: Cut, part: str, rate: Formula) -> dict[Value, int]:
    """Pay band → how many; None: no agreement that says a pay."""
    band = cuts.band_column().label("band")
    inside = _counted(
        Student.origin_state, Student.education, PlanEntry.destination_code, part, rate
    )
    rows = joined(select(band, func.count()).select_from(Student), BANDS)
    return dict(
        db.session.execute(rows.where(*graduates_of(who, cut), inside).group_by(band)).all()
    )
