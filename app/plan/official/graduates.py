"""Whom the numbers of an official workbook mean, what we know of them, and who is missing (PLN-09)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import force_locale
from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from app.core import identity
from app.core.db import db
from app.files.made.models import MadeFile
from app.people.schools.models import School
from app.people.students.models import Student
from app.plan.rows.models import OFFICIAL, PlanEntry

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from app.plan.official.differing import Book


def graduates_meant(school_id: int, book: Book) -> tuple[DataFrame, Series[Any]]:
    """The school's graduates whom the numbers of the workbook may mean, and row → line of them."""
    from app.plan.official import differing

    index = Student.id_number.index
    keys = differing.keys_of(book, lambda number: [*map(index, identity.spellings(number))])
    numbers = {
        "student_no": Student.student_no,
        "id_number": Student.id_number_index,
        "examinee_no": Student.examinee_no,
    }
    keyed = {by: list(group) for by, group in keys.groupby("by")["key"]}
    rows = db.session.execute(
        select(
            Student.id,
            Student.name,
            Student.graduation_year,
            *(number.label(by) for by, number in numbers.items()),
            *(getattr(PlanEntry, name) for name in OFFICIAL),
        )
        .outerjoin(PlanEntry, PlanEntry.student_id == Student.id)
        .where(
            Student.school_id == school_id,
            or_(*(number == func.any(keyed.get(by, [])) for by, number in numbers.items())),
        )
    )
    known = differing.known_of([tuple(row) for row in rows], rows.keys())
    return known, differing.whose(keys, known)


def missing(paper: MadeFile, met: set[int]) -> list[dict[str, object]]:
    """The graduates of the wished year with a destination who are in no row, by field."""
    found = db.session.execute(
        select(Student, PlanEntry)
        .join(PlanEntry, PlanEntry.student_id == Student.id)
        .where(
            PlanEntry.school_id == paper.school_id,
            PlanEntry.destination_code.is_not(None),
            PlanEntry.graduation_year == paper.wish["year"],
        )
        .options(joinedload(Student.college), joinedload(Student.major))
        .order_by(Student.student_no)
    )
    return [_person(student, entry) for student, entry in found.tuples() if student.id not in met]


def _person(student: Student, entry: PlanEntry) -> dict[str, object]:
    """What record and plan say of a graduate, by field; the names of codes are spelled later."""
    school = db.session.get_one(School, student.school_id)
    with force_locale("zh"):
        kind = str(identity.NAMES[student.id_kind]) if student.id_number_index else ""
    return {
        "id_kind": kind,
        "student_no": student.student_no,
        "id_number": student.id_number or "",
        "examinee_no": student.examinee_no or "",
        "name": student.name,
        "sex": student.sex,
        "nation": student.nation or "",
        "school_code": school.code,
        "school": school.name,
        "education": student.education,
        "major_code": student.major.code,
        "major": student.major.name,
        "training_mode": student.training_mode,
        "origin": student.origin or "",
        "college": student.college.name,
        "class_name": student.class_name,
        "year": str(student.graduation_year),
        "graduation_year": student.graduation_year,
        **{name: getattr(entry, name) for name in OFFICIAL},
    }
