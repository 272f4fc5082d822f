"""Any two dimensions of the graduates against each other: counts, shares, medians of pay (RPT-06).

One statement gives the tuples that were asked for, each with the number of graduates it stands for; pandas
makes the tables. Who is outside the rate is outside here too, and said (`plan.rows.outside`): the counts of a
dimension are those of the rate report. For the worker: it imports pandas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pandas as pd
from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from app.codes import queries as codes
from app.codes import regions
from app.core.db import db
from app.files.exports.pivoting import crossed, measured, medians
from app.people.schools.models import College, Major, School
from app.people.students.models import Student
from app.plan.reports.cuts import BANDS, LABELS, PAY
from app.plan.reports.queries import Cut, graduates_of
from app.plan.rows.edition_models import PARTS
from app.plan.rows.editions import NOTHING, formula, formula_of, parts_of
from app.plan.rows.models import SOURCES, PlanEntry
from app.plan.rows.outside import Base, why
from app.signing.placements.models import Placement
from app.signing.terms.models import Terms
from app.workflow.actor import Actor

COUNT = "count"
YEAR = "_year"
KEYS = (YEAR, "_state", "_level", "_code")  # what says who counts, and as what


@dataclass(frozen=True)
class Dimension:
    """One way to group graduates: the column that is read, and the group's name for what it holds.

    `name` gets the value and the graduation year; `order` the values in the order of the report, where it
    is not that of the names.
    """

    column: Any
    name: Callable[[Any, int], str] = lambda value, _year: str(value or "")
    ordered: bool = True  # by the value itself: a code, a year


def _code(table: str) -> Callable[[Any, int], str]:
    return lambda code, year: codes.name(table, code, year) if code else ""


def _part(code: Any, year: int) -> str:
    """What a destination code counts as in the formula of the year (PLN-11)."""
    rate = formula_of(formula(year))
    part = rate.part(parts_of(rate.edition).get(code or "", NOTHING))
    return _("Unregistered") if part == NOTHING else str(PARTS[part])


_STUDENT, _ROW = Student, PlanEntry
READ: dict[str, Dimension] = {
    "school": Dimension(School.code, ordered=False),
    "college": Dimension(College.code, ordered=False),
    "major": Dimension(Major.code, ordered=False),
    "class": Dimension(_STUDENT.class_name),
    "year": Dimension(_STUDENT.graduation_year),
    "level": Dimension(_STUDENT.education, _code("xl")),
    "sex": Dimension(_STUDENT.sex, _code("xb")),
    "origin": Dimension(
        func.left(_STUDENT.origin, 2), lambda code, _year: regions.province(code or "")
    ),
    "part": Dimension(_ROW.destination_code, _part),
    "destination": Dimension(_ROW.destination_code, _code("byqx")),
    "nature": Dimension(_ROW.employer_kind, _code("dwxz")),
    "industry": Dimension(_ROW.industry, _code("dwhy")),
    "region": Dimension(
        func.left(_ROW.location, 2), lambda code, _year: regions.province(code or "")
    ),
    "position": Dimension(_ROW.position_kind, _code("gzzwlb")),
    "source": Dimension(
        _ROW.sources["destination_code"].astext,
        lambda source, _year: str(SOURCES[source]) if source in SOURCES else str(source or ""),
    ),
}
UNITS: Mapping[str, Any] = {"school": School, "college": College, "major": Major}


@dataclass
class Tuples:
    """The graduates that count, by the dimensions asked for, and who is outside.

    `frame` has one column of categories for each dimension (the groups in the order of the report), `pay`
    (yuan a month, of those whose agreement says one) and `count`, how many graduates a line stands for.
    """

    frame: pd.DataFrame
    base: Base = field(default_factory=Base)


@dataclass(frozen=True)
class Pivot:
    """Two dimensions against each other, totals at the end and below; and each of them by itself."""

    counts: pd.DataFrame
    shares: pd.DataFrame
    pay: pd.DataFrame
    by_rows: pd.DataFrame  # as `pivoting.measured` gives it


def tuples(who: Actor, cut: Cut, names: Sequence[str]) -> Tuples:
    """The graduates of the person's scope, narrowed by the cut, by these dimensions. Raises KeyError.

    Years are all years unless the cut names one (`by` year: all). The rows of one statement: as many as
    there are different tuples, never one a graduate.
    """
    wanted = [name for name in dict.fromkeys(names) if name != BANDS]
    rows = db.session.execute(_statement(who, cut, wanted)).tuples().all()
    frame = pd.DataFrame(rows, columns=[*KEYS, PAY, COUNT, *_heads(wanted)], dtype=object)
    frame[COUNT] = frame[COUNT].astype("int64")
    found = Tuples(frame)
    _leave_out(found)
    found.frame[PAY] = pd.to_numeric(found.frame[PAY])
    for name in wanted:
        found.frame[name] = _named(found.frame, name)
    if BANDS in names:
        found.frame[BANDS] = bands(found.frame[PAY])
    found.frame = found.frame[[*dict.fromkeys(names), PAY, COUNT]]
    return found


def _heads(names: Sequence[str]) -> list[str]:
    return [f"{name}_{part}" for name in names for part in ("value", "place")]


def _statement(who: Actor, cut: Cut, names: Sequence[str]) -> Select[Any]:
    """One line for each tuple of keys, pay and dimensions, with the number of graduates."""
    columns = [
        Student.graduation_year,
        Student.origin_state,
        Student.education,
        PlanEntry.destination_code,
        Terms.regular_pay,
    ]
    for name in names:
        model = UNITS.get(name)
        columns += [model.name, model.id] if model else [READ[name].column, READ[name].column]
    kept = [column.label(f"c{n}") for n, column in enumerate(columns)]
    counted = select(*kept[:5], func.count(), *kept[5:]).select_from(Student)
    counted = counted.outerjoin(PlanEntry, PlanEntry.student_id == Student.id)
    counted = counted.outerjoin(Placement, Placement.id == PlanEntry.placement_id)
    counted = counted.outerjoin(Terms, Terms.id == Placement.terms_id)
    for name in names:
        if name in UNITS:
            model = UNITS[name]
            counted = counted.join(model, model.id == getattr(Student, f"{name}_id"))
    found: Select[Any] = counted.where(*graduates_of(who, cut)).group_by(*kept)  # type: ignore[assignment]
    return found


def _leave_out(found: Tuples) -> None:
    """Who is outside the rate is counted by the reason and leaves the frame."""
    keys = list(KEYS[:3])
    known = found.frame[keys].drop_duplicates()
    known["why"] = [
        why(state, level, formula_of(formula(year))) for year, state, level in known.to_numpy()
    ]
    reasons = found.frame[keys].merge(known, how="left", on=keys)["why"].set_axis(found.frame.index)
    for reason, count in found.frame[COUNT].groupby(reasons.fillna(""), sort=False).sum().items():
        found.base.add(str(reason) or None, int(count))
    found.frame = found.frame[reasons.isna()].copy()


def _named(frame: pd.DataFrame, name: str) -> pd.Series:
    """The groups of a dimension as categories: by code, by the order of units, or by year (RPT-04)."""
    dimension, blank = READ[name], _("not filled in")
    value, place = f"{name}_value", f"{name}_place"
    known = frame[[value, place, YEAR]].drop_duplicates()
    if name in UNITS:
        known["name"] = _units(name, known)
    else:
        known["name"] = [dimension.name(v, y) or blank for v, y in known[[value, YEAR]].to_numpy()]
    ordered = _ordered(name, known)
    groups = frame[[value, place, YEAR]].merge(known, how="left")["name"].set_axis(frame.index)
    return pd.Categorical(groups, categories=list(dict.fromkeys(ordered["name"])), ordered=True)


def _units(name: str, known: pd.DataFrame) -> list[str]:
    """The names of units; of two that are called alike each with its number."""
    value, place = f"{name}_value", f"{name}_place"
    seen = known[[value, place]].drop_duplicates()[value].value_counts()
    return [f"{v} ({p})" if seen[v] > 1 else v for v, p in known[[value, place]].to_numpy()]


def _ordered(name: str, known: pd.DataFrame) -> pd.DataFrame:
    """The groups in the order of their codes; those of the formula in its order; what is empty last."""
    if name in UNITS:
        model = UNITS[name]
        keys = [int(key) for key in known[f"{name}_place"].unique()]
        by = (Major.college_id, Major.code) if name == "major" else (model.code,)
        places = db.session.scalars(select(model.id).where(model.id.in_(keys)).order_by(*by)).all()
        rank = {key: n for n, key in enumerate(places)}
        return known.assign(rank=known[f"{name}_place"].map(rank)).sort_values("rank")
    if name == "part":
        labels = [str(label) for label in PARTS.values()]
        rank = {label: n for n, label in enumerate(labels)}
        return known.assign(rank=known["name"].map(rank).fillna(len(labels))).sort_values("rank")
    empty = known[f"{name}_value"].isna() | (known[f"{name}_value"] == "")
    return known.assign(rank=known[f"{name}_value"].astype(str), empty=empty).sort_values(
        ["empty", "rank"]
    )


def bands(pay: pd.Series) -> pd.Series:
    """Pay in bands of yuan a month; who has no agreement that says a pay is in a band of its own."""
    edges = [0, 3_000, 4_000, 5_000, 6_000, 8_000, 10_000, 15_000, 20_000, float("inf")]
    labels = [_("below %(most)s", most=f"{edges[1]:,}")]
    labels += [f"{low:,}–{high - 1:,}" for low, high in pairwise(edges[1:-1])]
    labels += [_("%(least)s and more", least=f"{edges[-2]:,}")]
    found = pd.cut(pay, edges, right=False, labels=labels).cat.add_categories(_("no pay on record"))
    return found.fillna(_("no pay on record"))


def pivot(found: Tuples, rows: str, columns: str) -> Pivot:
    """Two of its dimensions against each other."""
    called = {rows: str(LABELS[rows]), columns: str(LABELS[columns])}
    frame = found.frame.rename(columns=called)
    pair = (called[rows], called[columns])
    return Pivot(
        crossed(frame, *pair, weights=COUNT),
        crossed(frame, *pair, weights=COUNT, percent=True),
        medians(frame, *pair, PAY, weights=COUNT),
        measured(frame, pair[0], [PAY], weights=COUNT),
    )
