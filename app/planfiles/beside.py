"""A plan file beside our plan: what differs, and what the person chose for each difference (PLN-05).

The staged rows of the import are all there is: a value that is not to be taken lies in `more.left`, with
the choice in `more.choice`; what waits for a decision already in `more.waits`. Differences are always
those to the plan as it is now.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, text

from app.bulk import compare
from app.bulk.models import Import, ImportState
from app.core.db import db
from app.core.errors import Refused
from app.papers.making import MAKERS, Maker, book_of, progress
from app.papers.models import Paper
from app.plan.detail import shown
from app.plan.models import DESTINATION_FIELDS, FIELD_LABELS, ChangeState, PlanState, Source
from app.planfiles.importing import STUDENT, asks, tally
from app.planfiles.sheets import PLAN
from app.workflow.engine import committed

DIFFERENCES = "differences"  # the kind of paper
CHOICES = ("file", "ours", "skip")
PORTION = 500  # rows read at once
MOST_LISTED = 100_000
TABS = ("different", "waiting", "ours", "theirs")
GOOD = "r.import_id = :id AND r.status <> 'faulty'"
SAID = ("(r.values || coalesce(r.more -> 'left', '{}') || coalesce(r.more -> 'waits', '{}'))"
        " - 'student_id'")  # fmt: skip
_ENTRY = f"FROM import_row r LEFT JOIN plan_entry e ON e.student_id = {STUDENT}"
_OPEN = f"""(SELECT q.changes FROM change_request q WHERE q.entry_id = e.id AND q.source = '{Source.IMPORT}'
  AND q.state IN ('{ChangeState.OPEN}'))"""
_SAME = f"jsonb_strip_nulls(to_jsonb(e)) @> ({SAID})"
_DIFFERS = f"{GOOD} AND (e.id IS NULL OR NOT {_SAME})"
_ONLY_OURS = f"""FROM plan_entry e JOIN student s ON s.id = e.student_id WHERE e.school_id = :school
  AND e.graduation_year IN (SELECT DISTINCT x.graduation_year FROM import_row r
    JOIN student x ON x.id = {STUDENT} WHERE {GOOD})
  AND NOT EXISTS (SELECT 1 FROM import_row r WHERE r.import_id = :id AND {STUDENT} = e.student_id)"""
_THEIRS = "FROM import_row r WHERE r.import_id = :id AND r.status = 'faulty' AND NOT r.values ? 'student_id'"


@dataclass(frozen=True)
class Line:
    """One field that differs: ours, theirs, what a placement says, and what was chosen."""

    field: str
    label: Any
    ours: str
    theirs: str
    placement: str
    choice: str  # of CHOICES, or «waits»
    asks: bool  # the file's value would become a change to decide on


@dataclass(frozen=True)
class Different:
    """A row of the file that says otherwise than the plan."""

    row: int
    line: int  # as the file shows it
    student_no: str
    name: str
    entry_id: int | None
    lines: list[Line]


def counts(record: Import) -> dict[str, int]:
    """How many rows are the same, different, only ours, only theirs; how many wait for a decision."""
    at = {"id": record.id, "school": record.school_id}
    good, different, waiting, faulty = db.session.execute(
        text(
            f"SELECT count(*) FILTER (WHERE {GOOD}), count(*) FILTER (WHERE {_DIFFERS}),"
            f" count(*) FILTER (WHERE {_DIFFERS} AND {_OPEN} IS NOT NULL),"
            " count(*) FILTER (WHERE r.status = 'faulty' AND r.values ? 'student_id')"
            f" {_ENTRY} WHERE r.import_id = :id"
        ),
        at,
    ).one()
    return {
        "same": good - different,
        "different": different,
        "waiting": waiting,
        "ours": db.session.execute(text(f"SELECT count(*) {_ONLY_OURS}"), at).scalar_one(),
        "theirs": db.session.execute(text(f"SELECT count(*) {_THEIRS}"), at).scalar_one(),
        "faulty": faulty,
    }


def kinds(record: Import) -> list[tuple[str, int]]:
    """Field → rows that differ in it and do not wait, the most frequent first."""
    found = db.session.execute(
        text(
            f"SELECT k, count(*) {_ENTRY} CROSS JOIN LATERAL jsonb_each(({SAID}) -"
            " ARRAY(SELECT jsonb_object_keys(coalesce(r.more -> 'waits', '{}')))) x(k, v)"
            f" WHERE {_DIFFERS} AND to_jsonb(e) -> k IS DISTINCT FROM v GROUP BY k ORDER BY 2 DESC, 1"
        ),
        {"id": record.id},
    )
    return list(found.tuples())


def different(
    record: Import, after: int, most: int, *, waiting: bool = False
) -> list[Different]:  # fmt: skip
    """The next rows that differ, field by field."""
    only = f"AND {_OPEN} IS NOT NULL" if waiting else ""
    rows = db.session.execute(
        text(
            "SELECT d.*, s.student_no, s.name, s.graduation_year, to_jsonb(c) AS claim FROM ("
            f" SELECT r.row, r.line, {STUDENT} AS student_id, {SAID} AS said, r.more, e.id AS entry_id,"
            " e.state,"
            f" {_OPEN} AS asked, e.sources, to_jsonb(e) AS ours {_ENTRY}"
            f" WHERE {_DIFFERS} {only} AND r.row > :after"
            " ORDER BY r.row LIMIT :most) d JOIN student s ON s.id = d.student_id"
            " LEFT JOIN plan_claim c ON c.student_id = d.student_id ORDER BY d.row"
        ),
        {"id": record.id, "after": after, "most": most},
    ).all()
    return [
        Different(row.row, row.line, row.student_no, row.name, row.entry_id, list(_lines(row)))
        for row in rows
    ]


def _lines(row: Any) -> Any:
    ours, claim, year = row.ours or {}, row.claim or {}, row.graduation_year
    left, asked = row.more.get("choice", {}), row.asked or {}
    for name in DESTINATION_FIELDS:
        if name in row.said and row.said[name] != ours.get(name):
            owned = (row.sources or {}).get(name) in ("signing", "destination")
            yield Line(
                name, FIELD_LABELS[name], shown(name, ours.get(name), year),
                shown(name, row.said[name], year), shown(name, claim.get(name), year),
                "waits" if asked.get(name, [None])[-1] == row.said[name] else left.get(name, "file"),
                owned or row.state == PlanState.REPORTED,
            )  # fmt: skip


def only_ours(record: Import, most: int) -> Sequence[Any]:
    """Graduates of the file's years who are not in the file."""
    wanted = (
        f"SELECT e.id, s.student_no, s.name, e.destination_code, e.graduation_year {_ONLY_OURS}"
    )
    at = {"id": record.id, "school": record.school_id, "most": most}
    return db.session.execute(text(f"{wanted} ORDER BY s.student_no LIMIT :most"), at).all()


def only_theirs(record: Import, most: int) -> Sequence[Any]:
    """Rows of the file that are nobody's here, with why."""
    said = "coalesce(r.more ->> '{0}', r.more -> 'shown' ->> '{0}', '') AS {0}".format
    number = "coalesce(r.more ->> 'id_number_masked', r.more ->> 'examinee_no', '')"
    wanted = f"SELECT r.line, {said('student_no')}, {said('name')}, {number} AS other, r.problems {_THEIRS}"
    at = {"id": record.id, "most": most}
    return db.session.execute(text(f"{wanted} ORDER BY r.row LIMIT :most"), at).all()


def choose(record_id: int, picked: dict[tuple[int, str], str]) -> None:
    """Keep what was chosen for (row, field), and commit. Raises Refused where it is too late."""

    def keep() -> None:
        record = _still_open(record_id)
        for choice in CHOICES:
            mine = [{"row": row, "f": name} for (row, name), c in picked.items() if c == choice]
            if mine:
                at = {"picked": json.dumps(mine)}
                _move(record, choice, "EXISTS (SELECT 1 FROM jsonb_to_recordset(CAST(:picked AS jsonb))"
                      " AS p(row int, f text) WHERE p.row = i.row AND p.f = x.k)", at)  # fmt: skip
        _told_apart(record)

    committed(keep)


def choose_all(record_id: int, kind: str, choice: str) -> None:
    """The same for all differences of a field, for what a placement says (`owned`), or for `all`.

    Commits. Raises Refused where it is too late or there is no such kind.
    """
    conditions = {"all": "true", "owned": asks("x.k")}
    if choice not in CHOICES or (kind not in conditions and kind not in DESTINATION_FIELDS):
        raise Refused(_("Choose a kind of differences and what to take."))

    def keep() -> None:
        record = _still_open(record_id)
        _move(record, choice, conditions.get(kind, "x.k = :kind"), {"kind": kind})
        _told_apart(record)

    committed(keep)


def _still_open(record_id: int) -> Import:
    record = db.session.execute(
        select(Import).where(Import.id == record_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).scalar_one()
    if record.state != ImportState.CHECKED:
        raise Refused(_("This file does not wait to be applied any more."))
    return record


_BACK = """UPDATE import_row r SET values = r.values || m.moved,
  more = r.more || jsonb_build_object('left', (r.more -> 'left') - m.keys,
    'choice', (r.more -> 'choice') - m.keys)
  FROM (SELECT i.row, jsonb_object_agg(x.k, x.v) AS moved, array_agg(x.k) AS keys FROM import_row i
    LEFT JOIN plan_entry e ON e.student_id = (i.values ->> 'student_id')::int
    CROSS JOIN LATERAL jsonb_each(i.more -> 'left') x(k, v)
    WHERE i.import_id = :id AND i.status <> 'faulty' AND i.more ? 'left' AND {condition} GROUP BY i.row) m
  WHERE r.import_id = :id AND r.row = m.row"""
_OUT = """UPDATE import_row r SET values = r.values - m.keys, more = r.more || jsonb_build_object(
    'left', coalesce(r.more -> 'left', '{{}}') || m.moved,
    'choice', coalesce(r.more -> 'choice', '{{}}') || m.said)
  FROM (SELECT i.row, jsonb_object_agg(x.k, x.v) AS moved, array_agg(x.k) AS keys,
      jsonb_object_agg(x.k, CAST(:choice AS text)) AS said FROM import_row i
    LEFT JOIN plan_entry e ON e.student_id = (i.values ->> 'student_id')::int
    CROSS JOIN LATERAL jsonb_each(i.values - 'student_id') x(k, v)
    WHERE i.import_id = :id AND i.status <> 'faulty' AND to_jsonb(e) -> x.k IS DISTINCT FROM x.v
      AND {condition} GROUP BY i.row) m
  WHERE r.import_id = :id AND r.row = m.row"""


def _move(record: Import, choice: str, condition: str, at: dict[str, Any]) -> None:
    """Put the chosen differences back among what is written, or beside it."""
    known = {"id": record.id, **at}
    db.session.execute(text(_BACK.format(condition=condition)), known)
    if choice != "file":
        db.session.execute(text(_OUT.format(condition=condition)), {**known, "choice": choice})


def _told_apart(record: Import) -> None:
    compare.match_anew(PLAN, record)
    found = compare.counts(record.id)
    for name in ("new", "changed", "same"):
        setattr(record, name, found[name])
    record.details = {**record.details, "tally": tally(record)}


def workbook(record: Import, noted: Any) -> bytes:
    """All differences as a workbook: to be looked at elsewhere, or sent to whom the file came from."""
    out = io.BytesIO()
    heads = [(_("What it is"), 18), (_("Row"), 8), (_("Student number"), 18), (_("Name"), 14),
             (_("Field"), 20), (_("Ours"), 36), (_("The file"), 36), (_("The placement says"), 36),
             (_("Taken"), 14)]  # fmt: skip
    says = choice_labels()
    with book_of(out, _("Differences"), heads) as put:
        for found in _all_different(record, noted):
            for line in found.lines:
                put([_("Different"), str(found.line), found.student_no, found.name,
                     str(line.label), line.ours, line.theirs, line.placement,
                     str(says[line.choice])])  # fmt: skip
        for row in only_ours(record, MOST_LISTED):
            put([_("Only ours"), "", row.student_no, row.name, "",
                 shown("destination_code", row.destination_code, row.graduation_year)])  # fmt: skip
        for row in only_theirs(record, MOST_LISTED):
            why = " ".join(text for _field, text in row.problems or [])
            put([_("Only in the file"), str(row.line), row.student_no or row.other, row.name, "", "",
                 why])  # fmt: skip
    return out.getvalue()


def _all_different(record: Import, noted: Any) -> Iterator[Different]:
    """Every row that differs, read in portions."""
    after, total, done = 0, counts(record)["different"], 0
    while rows := different(record, after, PORTION):
        yield from rows
        after, done = rows[-1].row, done + len(rows)
        noted(done, total)


def choice_labels() -> dict[str, Any]:
    """What is taken, in words."""
    return {"file": _("The file"), "ours": _("Ours"), "skip": _("Left open"),
            "waits": _("Waits for a decision")}  # fmt: skip


def _differences(paper: Paper) -> bytes:
    record = db.session.get_one(Import, paper.wish["import"])
    if record.school_id != paper.school_id or record.file_key is None:
        raise Refused(_("This file is no longer kept."))
    return workbook(record, lambda done, total: progress(paper, done, total))


def _back(paper: Paper) -> tuple[str, str]:
    return _("Compare side by side"), url_for("PlanFilesView.show", uid=paper.wish["uid"])


MAKERS[DIFFERENCES] = Maker(_l("Differences"), _differences, _back, menu="Plan")
