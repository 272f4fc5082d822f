"""Filling an uploaded official workbook from the plan (PLN-09): whose rows, which texts, what was missed.

The child (`filling`) reads and writes the workbook; here its rows are matched with graduates and their
codes are spelled as the workbook's own lists spell them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.bulk import intake
from app.core import children, identity
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.names import clean_name, same_name
from app.core.phones import is_mainland_mobile
from app.core.text import clean_code, clean_line
from app.official import effects, guards
from app.official.heads import NUMBERS, known_heads, places
from app.official.spelling import Spelling, spellings
from app.papers import making as papers
from app.papers.models import Paper
from app.people.models import School, Student
from app.plan.models import OFFICIAL, PlanEntry
from app.workflow.actor import Actor

FILLED = "official"  # the kind of paper
MOST_ROWS = 20_000
MOST_MISSED = 500
MOST_UNKNOWN = 40
SECONDS = 60.0
PORTION = 2_000
NOTED = {
    "sheet": _l("Sheet filled"), "rows": _l("Rows of the workbook"), "matched": _l("Graduates found"),
    "cells": _l("Cells filled"), "added": _l("Graduates added"), "missed": _l("Left out"),
    "unknown": _l("Columns not recognised, left as they are"),
}  # fmt: skip


def bring(who: Actor, data: bytes, name: str, form: dict[str, str]) -> Paper:
    """Keep the workbook and have it filled, and commit. Raises Invalid, Refused, NotYours."""
    papers.may_ask(who)
    year, purpose = form.get("year", ""), clean_line(form.get("purpose", ""))[:100]
    problems = [*_of_file(data), *guards.problems(year, purpose)]
    if problems:
        raise Invalid(problems)
    wish = {"year": int(year) if year else None, "purpose": purpose if year else ""}
    title = _("%(name)s filled", name=name.rpartition(".")[0] or name)
    return papers.ask(who, FILLED, wish, f"{title}.xlsx", data)


def _of_file(data: bytes) -> list[tuple[str, str]]:
    if len(data) > intake.MAX_BYTES:
        size = intake.MAX_BYTES >> 20
        return [("file", _("The file is larger than %(size)s MB.", size=size))]
    if not data.startswith(b"PK\x03\x04"):
        return [("file", intake.sentence("not_excel", {}))]
    return []


@dataclass
class Work:
    """What is written, and what was noticed on the way."""

    columns: dict[int, str]  # cell → field; `…:name` is the name of a code
    spelled: dict[int, Spelling]
    cells: dict[int, dict[int, str]] = field(default_factory=dict)
    formulas: set[tuple[int, int]] = field(default_factory=set)  # row, cell
    missed: list[tuple[str, str, str]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)  # students
    left_out: int = 0

    def miss(self, where: Any, who: str, why: str) -> None:
        """Keep a sentence; the first ones are listed."""
        self.left_out += 1
        if len(self.missed) < MOST_MISSED:
            self.missed.append((str(where), who, why))


def make(paper: Paper) -> bytes:
    """The workbook with what our plan has. Raises Refused, in words, where it cannot be read."""
    if paper.wish.get("year") is not None:
        guards.refuse_to_add(paper)
    data = papers.source_of(paper)
    heads = {"known": known_heads(), "numbers": known_heads(NUMBERS)}
    look = json.loads(_asked({"do": "look", "most": MOST_ROWS, **heads}, data))
    columns = places(look["heads"])
    found = set(columns.values())
    if found.isdisjoint(NUMBERS):
        raise Refused(_("The workbook has no column with student, ID or examinee numbers."))
    work = Work(columns, spellings(columns, look))
    work.formulas = {(row, cell) for row, cell in look["formulas"]}
    rows: list[tuple[int, list[str]]] = [(n, texts) for n, texts in look["rows"]]
    _fill_rows(paper, work, rows)
    matched = len(work.seen)
    added = _add_rows(paper, work, max([n for n, _t in rows], default=look["head_row"]))
    count = sum(map(len, work.cells.values()))
    paper.report = {
        "noted": {"sheet": look["sheet"], "rows": len(rows), "matched": matched, "cells": count,
                  "added": added, "missed": work.left_out, **_unknown(look["heads"], columns)},
        "missed": work.missed,
    }  # fmt: skip
    if not work.cells:
        return data
    wish = {
        "do": "fill",
        "part": look["part"],
        "head_row": look["head_row"],
        "most": MOST_ROWS,
        "cells": work.cells,
    }
    return _asked(wish, data)


def _unknown(heads: list[str], columns: dict[int, str]) -> dict[str, str]:
    """The headers that mean nothing here: their columns stay as they came."""
    found = [head[:40] for n, head in enumerate(heads) if head.strip() and n not in columns]
    return {"unknown": _(", ").join(found[:MOST_UNKNOWN])} if found else {}


def _back(_paper: Paper) -> tuple[str, str]:
    return _("Fill an official workbook"), url_for("OfficialView.index")


papers.MAKERS[FILLED] = papers.Maker(
    _l("Official workbook, filled"), make, _back, menu="Plan", noted=NOTED
)


def _asked(wish: dict[str, Any], data: bytes) -> bytes:
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


# -- rows that are there ----------------------------------------------------------------------------


def _fill_rows(paper: Paper, work: Work, rows: list[tuple[int, list[str]]]) -> None:
    at = {name: n for n, name in work.columns.items()}

    def cell(texts: list[str], name: str) -> str:
        place = at.get(name, -1)
        return texts[place] if 0 <= place < len(texts) else ""

    for start in range(0, len(rows), PORTION):
        portion = rows[start : start + PORTION]
        keys = [tuple(clean_code(cell(texts, name)) for name in NUMBERS)
                for _n, texts in portion]  # fmt: skip
        found = _graduates(paper.school_id, keys)
        for (number, texts), key in zip(portion, keys, strict=True):
            who = clean_name(cell(texts, "name"))
            _fill_row(work, number, texts, who, found.get(key))
        papers.progress(paper, start + len(portion), len(rows))


def _fill_row(work: Work, number: int, texts: list[str], who: str, found: Any) -> None:
    if found is None:
        work.miss(number, who, _("The school has no student of this number."))
        return
    student, entry = found
    if who and not same_name(who, student.name):
        work.miss(number, who, _("The student of this number has another name."))
    elif student.id in work.seen:
        work.miss(number, who, _("This student stands in a row above already."))
    elif entry is None or not entry.destination_code:
        work.seen.add(student.id)
        work.miss(number, student.name, _("The plan has no destination of this student yet."))
    else:
        work.seen.add(student.id)
        _put(work, number, texts, values_of(entry), student)


def _put(
    work: Work, number: int, texts: list[str], values: dict[str, str], student: Student
) -> None:
    """The cells of a row that differ from ours; where ours is empty, theirs stays."""
    for place, name in work.columns.items():
        value = values.get(name.removesuffix(":name"))
        if not value:
            continue
        text = value
        if place in work.spelled:
            spelled = work.spelled[place].of(value, student.graduation_year)
            if spelled is None:
                why = _("The list of the workbook has no “%(code)s”.", code=value)
                work.miss(number, student.name, why)
                continue
            text = spelled
        if (number, place) in work.formulas:
            why = _("A formula of the workbook stands there, and stays: %(value)s", value=text)
            work.miss(number, student.name, why)
        elif place >= len(texts) or texts[place] != text:
            work.cells.setdefault(number, {})[place] = text


def values_of(entry: PlanEntry) -> dict[str, str]:
    """What the plan says of a graduate, by field."""
    found = {name: getattr(entry, name) or "" for name in OFFICIAL}
    phone = found["contact_phone"]
    return found | {"mobile": phone if is_mainland_mobile(phone) else ""}


def _graduates(school_id: int, keys: list[tuple[str, ...]]) -> dict[tuple[str, ...], Any]:
    """(student, ID, examinee number) → student and plan row, by the first number that is there."""
    index = {number: [Student.id_number.index(text) for text in identity.spellings(number)]
             for _n, number, _e in keys if number}  # fmt: skip
    wanted = (
        (Student.student_no, {n for n, _i, _e in keys if n}),
        (
            Student.id_number_index,
            {spelt for n, i, _e in keys if i and not n for spelt in index[i]},
        ),
        (Student.examinee_no, {e for n, i, e in keys if e and not n and not i}),
    )
    found: list[dict[Any, Any]] = []
    for column, values in wanted:
        mine = select(Student, PlanEntry).outerjoin(PlanEntry, PlanEntry.student_id == Student.id)
        rows = db.session.execute(
            mine.where(Student.school_id == school_id, column.in_(values))
        ).tuples() if values else ()  # fmt: skip
        by: dict[Any, Any] = {}
        for student, entry in rows:
            value = getattr(student, column.key)
            by[value] = None if value in by else (student, entry)  # several: nobody
        found.append(by)
    return {
        key: found[0].get(key[0]) if key[0] else _first(found[1], index[key[1]]) if key[1]
        else found[2].get(key[2])
        for key in keys
    }  # fmt: skip


def _first(by: dict[Any, Any], values: list[bytes]) -> Any:
    return next((by[value] for value in values if value in by), None)


# -- graduates that are missing ------------------------------------------------------------------------


def _add_rows(paper: Paper, work: Work, last: int) -> int:
    """The graduates of the year with a destination who are in no row, below the last one."""
    year = paper.wish.get("year")
    if year is None:
        return 0
    before, number = len(work.cells), last
    for student, entry in _of_year(paper.school_id, year):
        if student.id in work.seen:
            continue
        if number - last + before >= MOST_ROWS:
            raise Refused(
                _("At most %(most)s rows are taken at once. Split the file.", most=MOST_ROWS)
            )
        number += 1
        _put(work, number, [], _person(student) | values_of(entry), student)
    if number > last:
        effects.trace(paper, number - last)
    return number - last


def _of_year(school_id: int, year: int) -> Iterator[Any]:
    wanted = (
        select(Student, PlanEntry)
        .join(PlanEntry, PlanEntry.student_id == Student.id)
        .where(PlanEntry.school_id == school_id, PlanEntry.graduation_year == year,
               PlanEntry.destination_code.is_not(None))
        .options(joinedload(Student.college), joinedload(Student.major))
        .order_by(Student.student_no)
    )  # fmt: skip
    return iter(db.session.execute(wanted).tuples().all())


def _person(student: Student) -> dict[str, str]:
    """What the student's record says, by field; the names of codes are spelled later."""
    school = db.session.get_one(School, student.school_id)
    with force_locale("zh"):
        kind = str(identity.NAMES[student.id_kind]) if student.id_number_index else ""
    return {
        "id_kind": kind,
        "student_no": student.student_no, "id_number": student.id_number or "",
        "examinee_no": student.examinee_no or "", "name": student.name, "sex": student.sex,
        "nation": student.nation or "", "school_code": school.code, "school": school.name,
        "education": student.education, "major_code": student.major.code, "major": student.major.name,
        "training_mode": student.training_mode, "origin": student.origin or "",
        "college": student.college.name, "class_name": student.class_name,
        "year": str(student.graduation_year),
    }  # fmt: skip
