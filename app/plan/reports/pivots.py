"""Any two dimensions of the graduates against each other: counts, shares, medians of pay (RPT-06).

One statement gives the tuples that were asked for, each with the number of graduates it stands for; pandas
makes the tables. Who is outside the rate is outside here too, and said (`plan.rows.outside`): the counts of a
dimension are those of the rate report. For the worker: it imports pandas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from app.core.db import db
from app.files.exports.pivoting import crossed, measured, medians
from app.people.schools.models import Major
from app.people.students.models import Student
from app.plan.reports import cuts
from app.plan.reports.cuts import BANDS, LABELS, PAY, READ, UNITS
from app.plan.reports.queries import Cut, graduates_of
from app.plan.rows.edition_models import PARTS
from app.plan.rows.editions import formula, formula_of
from app.plan.rows.models import PlanEntry
from app.plan.rows.outside import Base, why
from app.signing.placements.models import Placement
from app.signing.terms.models import Terms
from app.workflow.actor import Actor

COUNT = "count"
YEAR = "_year"
KEYS = (YEAR, "_state", "_level", "_code")  # what says who counts, and as what


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
    edges = [*cuts.EDGES, float("inf")]
    found = pd.cut(pay, edges, right=False, labels=cuts.bands())
    nothing = cuts.band_name(None)
    return found.cat.add_categories(nothing).fillna(nothing)


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
