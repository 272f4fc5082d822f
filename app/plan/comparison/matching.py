"""Whose the rows of a plan file are, and what its destinations mean: by SQL on the staged rows (PLN-05)."""

from __future__ import annotations

import json

from flask_babel import lazy_gettext as _l

from app.codes import queries as codes
from app.core.db import db
from app.core.registry import stores
from app.core.statements import Statements
from app.files.imports import compare
from app.files.imports.columns import Context, Found, ValueList
from app.files.imports.models import Import
from app.files.imports.sheet import Problems
from app.plan.comparison.importing import STUDENT, freshen
from app.plan.rows.forms import TABLES

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


SQL = Statements(
    __file__,
    "matching.sql",
    student=STUDENT,
    ours=lambda: compare.current(stores().sheets["plan"].target),
)
SAME_ID = SQL.sql("same_id", row="r")
# what may tell whose row it is, the best first: the key of the staged row, the column, the condition
NUMBERS = (
    ("student_no", "student_no", "s.student_no = r.more ->> 'student_no'"),
    ("id_number_index", "id_number", SAME_ID),
    ("examinee_no", "examinee_no", "s.examinee_no = r.more ->> 'examinee_no'"),
)


def has_number(_values: Found, more: Found, _context: Context) -> Problems:
    """Some number tells whose row it is; of one that cannot be read it is said already."""
    wrong = more.get("wrong", ())
    told = any(key in more or column in wrong for key, column, _same in NUMBERS)
    return [] if told else [("student_no", str(NUMBER_NEEDED))]


def look(record: Import, context: Context) -> None:
    """Whose rows they are, what their destinations mean in the year's edition, what waits already."""
    at = {"id": record.id, "school": record.school_id}
    db.session.execute(SQL["unpark"], {"id": record.id})
    db.session.execute(SQL["by_number"], at)
    for name, better in (
        ("by_id_number", ["student_no"]),
        ("by_examinee_no", ["student_no", "id_number_index"]),
    ):
        db.session.execute(SQL[name], {**at, "better": better})
    _mark_strangers(record, context)
    freshen(record)
    for field, known in context.data["editions"].items():
        if field == "destination_code" or len(known) > 1:
            _read_codes(record, field, known)
    compare.mark(record, SQL.sql("undecided"), "student_no", str(WAITS))
    db.session.execute(SQL["park"], {"id": record.id})


def _mark_strangers(record: Import, context: Context) -> None:
    """Rows of nobody, of somebody else, or of another school are not taken for somebody's."""
    compare.mark(
        record,
        "r.more ->> 'school_code' <> :code",
        "school_code",
        str(OTHER_SCHOOL),
        code=context.data["school"],
    )
    for number, field, same in NUMBERS:
        if field != "student_no":  # of which a school has no two
            several = SQL.sql("several", same=same)
            at = {"number": number, "school": record.school_id}
            compare.mark(record, several, field, str(SEVERAL), **at)
        compare.mark(record, SQL.sql("unknown"), field, str(UNKNOWN), number=number)
    compare.mark(record, SQL.sql("another_name"), "name", str(NAMELESS))
    compare.mark(record, SQL.sql("another_id"), "id_number", str(OTHER_ID))


def _read_codes(record: Import, field: str, editions: dict[str, ValueList]) -> None:
    """Code or name → the code in the edition of the student's year (PLN-11)."""
    at = {"id": record.id, "field": field}
    found = db.session.execute(SQL["said"], at).tuples()
    known, unknown = [], []
    for year, said in found.all():
        code = editions[codes.edition(TABLES[field], year)].find(said)
        if code is None:
            sentence = str(NO_CODES[field] % {"value": said[:40], "year": year})
            unknown.append({"year": year, "said": said, "text": sentence})
        elif code != said:
            known.append({"year": year, "said": said, "text": code})
    for name, rows in (("read_code", known), ("refuse_code", unknown)):
        if rows:
            db.session.execute(SQL[name], {**at, "rows": json.dumps(rows)})
