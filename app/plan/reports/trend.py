"""How the rate went over the snapshots of a year, and what changed since the last one (RPT-06, PLN-08).

Snapshots keep their counts by college, level and code (`plan_snapshot_count`), so a trend reads no rows of
graduates; each is counted by its own codes and formula, whatever became of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import defer

from app.core.db import db
from app.core.errors import NotYours
from app.people.schools.queries import at_school
from app.people.students.models import OriginState, Student
from app.plan.reports.queries import Cut, Rate, graduates_of, in_n, live, snapshot_formula, whole
from app.plan.rows.editions import NOTHING, Formula, formula, formula_of
from app.plan.rows.models import PlanEntry
from app.plan.rows.outside import why
from app.plan.years.models import Snapshot, SnapshotCount, SnapshotRow
from app.workflow.actor import Actor

CHANGES = {
    "settled": _l("Got a destination"),
    "changed": _l("Changed the destination or employer"),
    "ended": _l("Lost the destination"),
    "added": _l("Added graduates"),
}
MOST = 60  # snapshots of a year that a trend shows, the newest


@dataclass(frozen=True)
class Moment:
    """The rate at one moment; `snapshot` is None for now."""

    rate: Rate
    formula: Formula
    snapshot: Snapshot | None = None


def moments(who: Actor, cut: Cut) -> list[Moment]:
    """The snapshots of the school and year, oldest first, and now. Raises NotYours without a school."""
    if cut.school is None:
        raise NotYours("trend")
    # a college sees what the snapshot says of itself, nothing of the others
    scope = [at_school(who, Snapshot.school_id, SnapshotCount.college_id)]
    scope += [Snapshot.school_id == cut.school, Snapshot.graduation_year == cut.year]
    scope += [SnapshotCount.college_id == cut.college] if cut.college else []
    scope += [SnapshotCount.education == cut.education] if cut.education else []
    keys = (
        SnapshotCount.snapshot_id,
        SnapshotCount.outside,
        SnapshotCount.education,
        SnapshotCount.destination_code,
    )
    counted = select(*keys, func.sum(SnapshotCount.count)).join(
        Snapshot, Snapshot.id == SnapshotCount.snapshot_id
    )
    rows = db.session.execute(counted.where(*scope).group_by(*keys)).tuples().all()
    kept = _snapshots({row[0] for row in rows})
    lines = {snapshot.id: Rate(snapshot.id) for snapshot in kept}
    formulas = {snapshot.id: snapshot_formula(snapshot) for snapshot in kept}
    codes = {snapshot.id: snapshot.codes for snapshot in kept}
    for key, left, education, code, count in rows:
        if key not in lines:
            continue
        if reason := why(left or OriginState.APPROVED, education, formulas[key]):
            lines[key].leave(reason, count)
        else:
            part = codes[key].get(code, ["", NOTHING])[1]
            lines[key].add(formulas[key].part(part), count)
    found = [Moment(lines[s.id], formulas[s.id], s) for s in kept]
    return [*found, Moment(whole(live(who, cut)), formula_of(formula(cut.year)))]


def _snapshots(keys: set[int]) -> Sequence[Snapshot]:
    newest = select(Snapshot).where(Snapshot.id.in_(keys)).order_by(Snapshot.id.desc())
    return db.session.scalars(newest.options(defer(Snapshot.counts)).limit(MOST)).all()[::-1]


# -- since the last report -------------------------------------------------------------------------


def _kept() -> ColumnElement[bool]:
    """The graduate's row in the last snapshot of its school and year, where it was inside."""
    last = (
        select(func.max(Snapshot.id))
        .where(
            Snapshot.school_id == Student.school_id,
            Snapshot.graduation_year == Student.graduation_year,
        )
        .correlate(Student)
        .scalar_subquery()
    )
    return and_(
        SnapshotRow.snapshot_id == last,
        SnapshotRow.student_id == Student.id,
        SnapshotRow.outside == "",
    )


def _kind(kind: str) -> ColumnElement[bool]:
    """What became different, of a graduate's row of the snapshot and of today."""
    code, employer = (
        SnapshotRow.row[name].astext for name in ("destination_code", "employer_name")
    )
    differs = or_(
        code != PlanEntry.destination_code, employer.is_distinct_from(PlanEntry.employer_name)
    )
    both = (code.is_not(None), PlanEntry.destination_code.is_not(None))
    known: dict[str, ColumnElement[bool]] = {
        "added": SnapshotRow.student_id.is_(None),
        "settled": and_(
            SnapshotRow.student_id.is_not(None),
            code.is_(None),
            PlanEntry.destination_code.is_not(None),
        ),
        "ended": and_(code.is_not(None), PlanEntry.destination_code.is_(None)),
        "changed": and_(*both, differs),
    }
    return known[kind]


def changed_as(kind: str) -> ColumnElement[bool]:
    """The graduates who changed so since the last snapshot of their year, for the list behind the figure."""
    if kind == "added":
        any_kept = select(Snapshot.id).where(
            Snapshot.school_id == Student.school_id,
            Snapshot.graduation_year == Student.graduation_year,
        )
        return and_(
            any_kept.correlate(Student).exists(),
            ~select(SnapshotRow.student_id).where(_kept()).correlate(Student).exists(),
        )
    rows = select(SnapshotRow.student_id).outerjoin(
        PlanEntry, PlanEntry.student_id == SnapshotRow.student_id
    )
    return rows.where(_kept(), _kind(kind)).correlate(Student).exists()


def changes(who: Actor, cut: Cut, last: Snapshot) -> dict[str, int]:
    """Kind → how many of the graduates that the rate counts now differ from the last snapshot."""
    joined = (
        select(*(func.count().filter(_kind(kind)) for kind in CHANGES))
        .select_from(Student)
        .outerjoin(PlanEntry, PlanEntry.student_id == Student.id)
        .outerjoin(
            SnapshotRow,
            and_(
                SnapshotRow.snapshot_id == last.id,
                SnapshotRow.student_id == Student.id,
                SnapshotRow.outside == "",
            ),
        )
    )
    mine = (*graduates_of(who, cut), Student.origin_state == OriginState.APPROVED, in_n())
    counts: Any = db.session.execute(joined.where(*mine)).one()
    return dict(zip(CHANGES, counts, strict=True))
