"""The four-field check of each row of a send list: all right, or one and the same sentence (INV-03)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, text

from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.core.names import name_problem
from app.files.imports import compare
from app.files.imports.columns import Context, Found
from app.files.imports.models import Import
from app.files.imports.sheet import Problems
from app.people.students.models import Student
from app.signing.invitations import guesses
from app.signing.placements.may_sign import cannot_sign

MISSED = _l(
    "No student who can sign was found by these four. Please compare them with the student: one wrong "
    "sign is enough. If all are right, the student should ask the school. After five misses on one "
    "name nobody of that name is found for you until the next day."
)


def look(record: Import, _context: Context) -> None:
    """All four right, and the student may sign: else one and the same sentence (INV-01)."""
    db.session.execute(
        text(
            "UPDATE import_row r SET values = jsonb_build_object('student_id', s.id) FROM student s"
            " WHERE r.import_id = :id AND r.status <> 'faulty'"
            " AND s.school_id = (r.more ->> 'school')::int"
            " AND s.graduation_year = (r.more ->> 'year')::int"
            " AND lower(s.name) = lower(r.more ->> 'name')"
            " AND (s.id_number_index IN (decode(r.more ->> 'as_id_number', 'hex'),"
            "   decode(r.more ->> 'as_permit', 'hex'))"
            "   OR s.phone_index = decode(r.more ->> 'as_phone', 'hex'))"
        ),
        {"id": record.id},
    )
    now = clock.now()
    found = db.session.scalars(
        select(Student)
        .where(
            Student.id.in_(
                select(text("(values ->> 'student_id')::int"))
                .where(text("import_id = :id AND status <> 'faulty' AND values ? 'student_id'"))
                .select_from(text("import_row"))
            )
        )
        .params(id=record.id)
    ).all()
    barred = [student.id for student in found if cannot_sign(student, now) is not None]
    db.session.execute(  # nothing may tell such a row from one that found nobody
        text(
            "UPDATE import_row SET values = '{}' WHERE import_id = :id"
            " AND (values ->> 'student_id')::int = ANY(:barred)"
        ),
        {"id": record.id, "barred": barred},
    )
    if "hidden" not in record.details:  # once a file: what it tried is spent
        record.details = {**record.details, "hidden": _guessed(record)}
    db.session.execute(
        text("UPDATE import_row SET values = '{}' WHERE import_id = :id AND row = ANY(:hidden)"),
        {"id": record.id, "hidden": record.details["hidden"]},
    )
    _mark_odd(record)
    compare.mark(record, "NOT r.values ? 'student_id'", "number", str(MISSED))


def note_odd(_values: Found, more: Found, _context: Context) -> Problems:
    """A text that is no name may stand so in a record of old; where it finds nobody, it says why."""
    odd = name_problem(more.get("name") or "x")
    if odd:
        more["odd"] = odd
    return []


def _mark_odd(record: Import) -> None:
    """By what was typed alone, whoever exists."""
    found = text(
        "SELECT DISTINCT more ->> 'odd' FROM import_row WHERE import_id = :id AND more ? 'odd'"
    )
    for sentence in db.session.scalars(found, {"id": record.id}).all():
        compare.mark(
            record,
            "NOT r.values ? 'student_id' AND r.more ->> 'odd' = :odd",
            "name",
            sentence,
            odd=sentence,
        )


def _guessed(record: Import) -> list[int]:
    """The rows that found a student whose name has had too many wrong numbers today (S-10)."""
    tried = db.session.execute(
        text(
            "SELECT s.code, (r.more ->> 'year')::int AS year, lower(r.more ->> 'name') AS name,"
            " count(DISTINCT r.more ->> 'as_id_number') FILTER (WHERE NOT r.values ? 'student_id')"
            " AS misses, coalesce(array_agg(r.row) FILTER (WHERE r.values ? 'student_id'), '{}')"
            " AS found FROM import_row r JOIN school s ON s.id = (r.more ->> 'school')::int"
            " WHERE r.import_id = :id AND r.status <> 'faulty' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        ),
        {"id": record.id},
    ).all()
    who = actor_of(db.session.get_one(AppUser, record.user_id))
    hidden: list[int] = []
    for code, year, name, misses, found in tried:
        typed = (code, year, name)
        told = guesses.spend(who, typed, misses) if misses else not guesses.used_up(who, typed)
        hidden += [] if told else found
    return hidden
