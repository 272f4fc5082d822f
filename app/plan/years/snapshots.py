"""The plan as it was on a reporting date: kept for good with its editions, and compared (PLN-08)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, select, text

from app.codes import queries as codes
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours
from app.core.statements import Statements, columns
from app.core.text import clean_line
from app.people.schools.models import College, Major
from app.people.schools.queries import at_school
from app.plan.rows.editions import NOTHING, formula, formula_of, parts_of
from app.plan.rows.models import DESTINATION_FIELDS
from app.plan.rows.outside import Base, Why
from app.plan.years.models import Snapshot, SnapshotRow
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed

YEARS = range(2000, 2101)
SQL = Statements(__file__, "snapshots.sql", row=columns(DESTINATION_FIELDS, "'{}', e.{}"))


def snapshots_for(who: Actor) -> Select[Snapshot]:
    """The snapshots of the asking staff's school; a college's people do not see the whole school's."""
    return select(Snapshot).where(at_school(who, Snapshot.school_id))


def snapshot_of(who: Actor, key: int) -> Snapshot:
    """One of them. Raises NotYours."""
    found = db.session.scalars(snapshots_for(who).where(Snapshot.id == key)).one_or_none()
    if found is None:
        raise NotYours(f"snapshot {key}")
    return found


def take(who: Actor, year: int, note: str) -> Snapshot:
    """Keep the plan of a year as it is now, and commit. Raises NotYours, Invalid."""
    if who.role is not Role.SCHOOL or who.school_id is None:
        raise NotYours("snapshot")
    note = clean_line(note)
    if year not in YEARS:
        raise Invalid([("year", _("Please choose a graduation year."))])
    if not note or len(note) > 100:
        raise Invalid([("note", _("Say in at most 100 characters what it is for."))])
    return committed(lambda: _taken(who, year, note))


def _taken(who: Actor, year: int, note: str) -> Snapshot:
    now, parts, rate = clock.now(), parts_of(formula(year)), formula_of(formula(year))
    key = db.session.scalar(text("SELECT nextval('plan_snapshot_id_seq')"))
    # rows and their counts by one statement: of one moment, however much is changed meanwhile
    tally = db.session.execute(
        SQL["copy"], {"snapshot": key, "school": who.school_id, "year": year}
    )
    counts: dict[str, int] = {}
    left: dict[str, int] = {}
    for outside, code, count in tally.tuples():
        found, part = (left, outside) if outside else (counts, parts.get(code or "", NOTHING))
        found[part] = found.get(part, 0) + count
    made = Snapshot(
        id=key,
        school_id=who.school_id,
        graduation_year=year,
        day=clock.local(now).date(),
        note=note,
        code_edition=codes.edition("byqx", year),
        formula_edition=formula(year),
        codes=_codes(year, parts),
        formula={"settled": rate.settled, "left_out": rate.left_out},
        counts=counts,
        total=sum(counts.values()),
        outside=left,
        made_by=who.user_id,
        made_by_name=who.name,
        made_at=now,
    )
    db.session.add(made)
    db.session.flush()
    return made


def _codes(year: int, parts: dict[str, str]) -> dict[str, list[str]]:
    """Code → name and what it counts as: every code a row may have, ended ones as well."""
    names = codes.names("byqx", year, ended=True)
    return {c: [names.get(c, ""), parts.get(c, NOTHING)] for c in {**names, **parts}}


def base_of(snapshot: Snapshot) -> Base | None:
    """Who is in the snapshot's figures and who outside; None where that was not kept yet."""
    return None if snapshot.outside is None else Base(snapshot.total, dict(snapshot.outside))


def rows_of(snapshot: Snapshot, part: str, most: int) -> Sequence[SnapshotRow]:
    """The first rows of a snapshot whose code counts as that part, or that are outside for that reason."""
    known = [code for code, (_name, found) in snapshot.codes.items() if found == part]
    code = SnapshotRow.row["destination_code"].astext
    counted = [c for c, (_name, found) in snapshot.codes.items() if found != NOTHING]
    of_part = code.is_(None) | code.not_in(counted) if part == NOTHING else code.in_(known)
    inside = of_part & (SnapshotRow.outside == "")
    chosen = SnapshotRow.outside == part if part in tuple(Why) else inside
    wanted = select(SnapshotRow).where(SnapshotRow.snapshot_id == snapshot.id, chosen)
    return db.session.scalars(wanted.order_by(SnapshotRow.student_id).limit(most)).all()


@dataclass(frozen=True)
class Comparison:
    """How many graduates differ between two snapshots, by kind, and the first of each."""

    counts: dict[str, int]
    rows: Sequence[Any]


def compare(old: Snapshot, new: Snapshot, most: int) -> Comparison:
    """What became different: graduates added and left, destinations settled, ended, changed (PLN-08)."""
    keys = {"old": old.id, "new": new.id}
    counts = db.session.execute(SQL["count"], keys).tuples()
    rows = db.session.execute(SQL["first"], {**keys, "most": most}).all()
    return Comparison(dict(counts.all()), rows)


# what a snapshot keeps has no foreign key: it stands whatever becomes of the plan (PLN-08)
_NAMED: dict[type, str] = {
    College: "SELECT 1 FROM plan_snapshot_row WHERE college_id = :id LIMIT 1",
    Major: """SELECT 1 FROM plan_snapshot_row r JOIN plan_snapshot s ON s.id = r.snapshot_id
      JOIN major m ON m.school_id = s.school_id
      WHERE m.id = :id AND r.row->>'major_id' = CAST(m.id AS text) LIMIT 1""",
}


def names_part(part: College | Major) -> bool:
    """Whether a row of a snapshot names this college or major."""
    return db.session.execute(text(_NAMED[type(part)]), {"id": part.id}).first() is not None
