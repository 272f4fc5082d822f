"""Filling an uploaded official workbook from the plan (PLN-09): whose rows, which texts, what was missed.

The child (`filling`) reads and writes the workbook; here its rows are matched with graduates and their
codes are spelled as the workbook's own lists spell them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from app.core import children, identity
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.text import clean_line
from app.files.imports import intake
from app.files.made import making as made
from app.files.made import requests
from app.files.made.models import MadeFile
from app.people.schools.models import School
from app.people.students.models import Student
from app.plan.official import effects, guards
from app.plan.official.spelling import NUMBERS, known_heads, places, spellings
from app.plan.rows.models import OFFICIAL, PlanEntry
from app.workflow.actor import Actor

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from app.plan.official.differing import Book

Texts = dict[int, dict[int, str]]  # row → column → text
FILLED = "official"  # the kind of paper
MOST_ROWS = 20_000
MOST_MISSED = 500
MOST_UNKNOWN = 40
SECONDS = 60.0
NOTED = {
    "sheet": _l("Sheet filled"),
    "rows": _l("Rows of the workbook"),
    "matched": _l("Graduates found"),
    "cells": _l("Cells filled"),
    "added": _l("Graduates added"),
    "missed": _l("Left out"),
    "unknown": _l("Columns not recognised, left as they are"),
}


def bring(who: Actor, data: bytes, name: str, form: dict[str, str]) -> MadeFile:
    """Keep the workbook and have it filled, and commit. Raises Invalid, Refused, NotYours."""
    made.may_ask(who)
    year, purpose = form.get("year", ""), clean_line(form.get("purpose", ""))[:100]
    problems = [*_of_file(data), *guards.problems(year, purpose)]
    if problems:
        raise Invalid(problems)
    wish = {"year": int(year) if year else None, "purpose": purpose if year else ""}
    title = _("%(name)s filled", name=name.rpartition(".")[0] or name)
    return requests.ask(who, FILLED, wish, f"{title}.xlsx", data)


def _of_file(data: bytes) -> list[tuple[str, str]]:
    if len(data) > intake.MAX_BYTES:
        size = intake.MAX_BYTES >> 20
        return [("file", _("The file is larger than %(size)s MB.", size=size))]
    excel = data.startswith(b"PK\x03\x04")
    return [] if excel else [("file", intake.sentence("not_excel", {}))]


def make(paper: MadeFile) -> bytes:
    """The workbook with what our plan has. Raises Refused, in words, where it cannot be read."""
    if paper.wish.get("year") is not None:
        guards.refuse_to_add(paper)
    data = made.source_of(paper)
    heads = {"known": known_heads(), "numbers": known_heads(NUMBERS)}
    look = json.loads(_asked({"do": "look", "most": MOST_ROWS, **heads}, data))
    columns = places(look["heads"])
    if set(columns.values()).isdisjoint(NUMBERS):
        raise Refused(_("The workbook has no column with student, ID or examinee numbers."))
    cells = _filled(paper, look, columns)
    if not cells:
        return data
    wish = {"do": "fill", "part": look["part"], "head_row": look["head_row"], "most": MOST_ROWS}
    return _asked({**wish, "cells": cells}, data)


def _filled(paper: MadeFile, look: dict[str, Any], columns: dict[int, str]) -> Texts:
    """Row → column → text of what is written; the report says what was noticed on the way."""
    from app.plan.official import differing  # brings pandas: see docs/plan.md

    book = differing.book_of(look, columns, spellings(columns, look))
    known, found = _graduates(paper.school_id, book)
    met, missed = differing.met(book, found, known)
    made.progress(paper, len(book.texts), len(book.texts))
    filled = met.drop(missed["at"], errors="ignore")
    there = known.loc[list(filled)].set_axis(filled.index)
    parts = [differing.cells(book, differing.by_field(there)[[*OFFICIAL, "mobile"]], there)]
    new = _missing(paper, set(known.loc[list(met), "id"])) if paper.wish.get("year") else []
    if len(new) + parts[0][0]["at"].nunique() > MOST_ROWS:
        raise Refused(_("At most %(most)s rows are taken at once. Split the file.", most=MOST_ROWS))
    if new:
        effects.trace(paper, len(new))
        below = max([*book.texts.index, look["head_row"]]) + 1
        added = differing.known_of([tuple(person.values()) for person in new], new[0], below)
        parts.append(differing.cells(book, differing.by_field(added), added))
    cells, left = differing.together(missed, parts)
    strange = [
        head[:40] for n, head in enumerate(look["heads"]) if head.strip() and n not in columns
    ]
    paper.report = {
        "noted": {
            "sheet": look["sheet"],
            "rows": len(book.texts),
            "matched": len(met),
            "cells": sum(map(len, cells.values())),
            "added": len(new),
            "missed": len(left),
            **({"unknown": _(", ").join(strange[:MOST_UNKNOWN])} if strange else {}),
        },
        "missed": left[:MOST_MISSED],
    }
    return cells


MAKER = made.Maker(
    _l("Official workbook, filled"),
    make,
    menu="Plan",
    noted=NOTED,
    back=lambda _paper: (_("Fill an official workbook"), url_for("OfficialView.index")),
)


def _asked(wish: Mapping[str, object], data: bytes) -> bytes:
    """What the child answers. Raises Refused with the sentence of its reason."""
    request = json.dumps(wish).encode() + b"\n" + data
    try:
        answer = children.ask("fill", request, SECONDS, again=False)
    except children.ChildDiedError as error:
        raise Refused(intake.sentence("died", {})) from error
    except children.BusyError as error:
        raise Refused(_("Too many files are being read. Please try again in a minute.")) from error
    finally:
        children.dismiss("fill")
    if answer[:1] != b"K":
        raise Refused(intake.sentence(*json.loads(answer[1:])))
    return answer[1:]


def _graduates(school_id: int, book: Book) -> tuple[DataFrame, Series[Any]]:
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


def _missing(paper: MadeFile, met: set[int]) -> list[dict[str, object]]:
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
