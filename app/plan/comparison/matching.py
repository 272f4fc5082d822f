"""Whose the rows of a plan file are, and what its destinations mean: by SQL on the staged rows (PLN-05)."""

from __future__ import annotations

import json
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app.codes import queries as codes
from app.core.db import db
from app.core.registry import stores
from app.files.imports import compare
from app.files.imports.models import Import
from app.files.imports.sheet import Context, Found, Problems, ValueList
from app.plan.comparison.importing import STUDENT, freshen
from app.plan.rows.forms import TABLES
from app.plan.rows.models import ChangeState, Source

UNKNOWN = _l("The school has no student of this number.")
SEVERAL = _l("Several students have this number. Add their student numbers.")
NAMELESS = _l("The student of this number has another name.")
OTHER_ID = _l("The student of this student number has another ID number.")
OTHER_SCHOOL = _l("This row is of another school.")
NO_CODE = _l("“%(value)s” is no code of this column for the graduation year %(year)s.")
NO_CODES = dict.fromkeys(TABLES, NO_CODE) | {
    "destination_code": _l("“%(value)s” is no destination of the graduation year %(year)s.")
}
WAITS = _l("A change to this row waits for a decision. Decide on it first.")
NUMBER_NEEDED = _l("Give a student number, an ID number or an examinee number.")


_SAME_ID = """s.id_number_index IN (decode({0}.more ->> 'id_number_index', 'hex'),
  decode({0}.more ->> 'as_permit', 'hex'))"""
# what may tell whose row it is, the best first: the key of the staged row, the column, the condition
NUMBERS = (
    ("student_no", "student_no", "s.student_no = r.more ->> 'student_no'"),
    ("id_number_index", "id_number", _SAME_ID.format("r")),
    ("examinee_no", "examinee_no", "s.examinee_no = r.more ->> 'examinee_no'"),
)


def has_number(_values: Found, more: Found, _context: Context) -> Problems:
    """Some number tells whose row it is; of one that cannot be read it is said already."""
    wrong = more.get("wrong", ())
    told = any(key in more or column in wrong for key, column, _same in NUMBERS)
    return [] if told else [("student_no", str(NUMBER_NEEDED))]


_FOUND = """UPDATE import_row r SET values = r.values || jsonb_build_object('student_id', f.id)
  FROM ({found}) f WHERE r.import_id = :id AND r.row = f.row AND r.status <> 'faulty'
    AND NOT r.values ? 'student_id'"""
BY_NUMBER = text(
    _FOUND.format(
        found="""SELECT i.row, s.id FROM import_row i JOIN student s
  ON s.school_id = :school AND s.student_no = i.more ->> 'student_no' WHERE i.import_id = :id"""
    )
)
_BY_OTHER = """SELECT i.row, min(s.id) AS id FROM import_row i JOIN student s ON {joined}
  WHERE i.import_id = :id AND s.school_id = :school AND NOT i.more ?| :better GROUP BY i.row
  HAVING count(*) = 1"""
BY_ID_NUMBER = text(_FOUND.format(found=_BY_OTHER.format(joined=_SAME_ID.format("i"))))
BY_CANDIDATE = text(
    _FOUND.format(found=_BY_OTHER.format(joined="s.examinee_no = i.more ->> 'examinee_no'"))
)


def look(record: Import, context: Context) -> None:
    """Whose rows they are, what their destinations mean in the year's edition, what waits already."""
    at = {"id": record.id, "school": record.school_id}
    _unpark(record)
    db.session.execute(BY_NUMBER, at)
    for statement, better in (
        (BY_ID_NUMBER, ["student_no"]),
        (BY_CANDIDATE, ["student_no", "id_number_index"]),
    ):
        db.session.execute(statement, {**at, "better": better})
    _mark_strangers(record, context)
    freshen(record)
    for field, known in context.data["editions"].items():
        if field == "destination_code" or len(known) > 1:
            _read_codes(record, field, known)
    ours = compare.current(stores().sheets[record.sheet].target)
    compare.mark(
        record,
        "EXISTS (SELECT 1 FROM plan_entry t JOIN change_request q ON q.entry_id = t.id"
        f" AND q.state IN ('{ChangeState.OPEN}') AND q.source IS DISTINCT FROM '{Source.IMPORT}'"
        f" WHERE t.student_id = {STUDENT} AND NOT {ours} @> r.values)",
        "student_no",
        str(WAITS),
    )
    _park_waiting(record)


def _mark_strangers(record: Import, context: Context) -> None:
    """Rows of nobody, of somebody else, or of another school are not taken for somebody's."""
    other = "EXISTS (SELECT 1 FROM student s WHERE s.id = {} AND {})".format
    compare.mark(
        record,
        "r.more ->> 'school_code' <> :code",
        "school_code",
        str(OTHER_SCHOOL),
        code=context.data["school"],
    )
    nobodys = "NOT r.values ? 'student_id' AND r.more ? '{}'".format
    for number, field, same in NUMBERS:
        several = f"EXISTS (SELECT 1 FROM student s WHERE s.school_id = :school AND {same})"
        if field != "student_no":  # of which a school has no two
            compare.mark(
                record,
                f"{nobodys(number)} AND {several}",
                field,
                str(SEVERAL),
                school=record.school_id,
            )
        compare.mark(record, nobodys(number), field, str(UNKNOWN))
    compare.mark(
        record, other(STUDENT, "lower(s.name) <> lower(r.more ->> 'name')"), "name", str(NAMELESS)
    )
    differs = f"r.more ? 'id_number_index' AND NOT {_SAME_ID.format('r')}"
    compare.mark(record, other(STUDENT, differs), "id_number", str(OTHER_ID))


def _read_codes(record: Import, field: str, editions: dict[str, ValueList]) -> None:
    """Code or name → the code in the edition of the student's year (PLN-11)."""
    found = db.session.execute(
        text(
            "SELECT DISTINCT s.graduation_year, r.values ->> :field FROM import_row r"
            f" JOIN student s ON s.id = {STUDENT} WHERE r.import_id = :id AND r.status <> 'faulty'"
            " AND r.values ? :field"
        ),
        {"id": record.id, "field": field},
    ).tuples()
    known, unknown = [], []
    for year, said in found.all():
        code = editions[codes.edition(TABLES[field], year)].find(said)
        if code is None:
            sentence = str(NO_CODES[field] % {"value": said[:40], "year": year})
            unknown.append({"year": year, "said": said, "text": sentence})
        elif code != said:
            known.append({"year": year, "said": said, "text": code})
    _each_code(
        record, field, known, "values = r.values || jsonb_build_object(:field ::text, g.text)"
    )
    _each_code(
        record,
        field,
        unknown,
        "status = 'faulty', problems = coalesce(r.problems, '[]') ||"
        " jsonb_build_array(jsonb_build_array(:field ::text, g.text))",
    )


def _each_code(record: Import, field: str, rows: list[dict[str, Any]], change: str) -> None:
    """The same for every row that says this of a student of that year."""
    if not rows:
        return
    db.session.execute(
        text(
            f"UPDATE import_row r SET {change} FROM student s,"
            " jsonb_to_recordset(CAST(:rows AS jsonb)) AS g(year int, said text, text text)"
            f" WHERE r.import_id = :id AND r.status <> 'faulty' AND s.id = {STUDENT}"
            " AND s.graduation_year = g.year AND r.values ->> :field = g.said"
        ),
        {"id": record.id, "field": field, "rows": json.dumps(rows)},
    )


def _unpark(record: Import) -> None:
    """What waited for a decision is compared again: it may have been decided on."""
    db.session.execute(
        text(
            "UPDATE import_row r SET values = r.values || (r.more -> 'waits'), more = r.more - 'waits'"
            " WHERE r.import_id = :id AND r.more ? 'waits'"
        ),
        {"id": record.id},
    )


def _park_waiting(record: Import) -> None:
    """What an earlier file asked for and nobody has decided on is not asked for again."""
    db.session.execute(
        text(
            "UPDATE import_row r SET values = r.values - ARRAY(SELECT jsonb_object_keys(w.waits)),"
            " more = r.more || jsonb_build_object('waits', w.waits) FROM ("
            "  SELECT i.row, jsonb_object_agg(c.key, c.value ->> 1) AS waits FROM import_row i"
            "  JOIN change_request q ON q.student_id = (i.values ->> 'student_id')::int"
            f"   AND q.state IN ('{ChangeState.OPEN}') AND q.source = '{Source.IMPORT}'"
            "  CROSS JOIN LATERAL jsonb_each(q.changes) c"
            "  WHERE i.import_id = :id AND i.status <> 'faulty' AND i.values -> c.key = c.value -> 1"
            "  GROUP BY i.row) w WHERE r.import_id = :id AND r.row = w.row"
        ),
        {"id": record.id},
    )
