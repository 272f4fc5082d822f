"""The workbook of findings: one sheet a part, a row for each student, what is to be filled."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import xlsxwriter
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core.db import db
from app.files.imports.columns import Column, Context
from app.files.imports.errors_book import SAFE, fit
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet
from app.files.imports.template import LISTS, drop_downs
from app.files.made import making as made
from app.files.made.models import MadeFile
from app.people.students.models import Student
from app.people.students.sheets import FACTS
from app.plan.comparison.sheets import PLAN
from app.plan.rows.models import PlanEntry

AT_ONCE = 500
WHO = ("student_no", "name")  # whose row it is


@dataclass(frozen=True)
class SheetPart:
    """Which sheet takes the workbook back, and what of it can be to fill."""

    title: Any
    sheet: Sheet
    model: Any
    key: Any  # the column of the model that says whose it is

    @property
    def columns(self) -> tuple[Column, ...]:
        """What can be filled: not what only says whose row it is."""
        return tuple(c for c in self.sheet.columns if not c.aside and c.field not in WHO)

    @property
    def names(self) -> list[str]:
        """Their fields."""
        return [column.field for column in self.columns]


PARTS: Mapping[str, SheetPart] = {
    "person": SheetPart(_l("Record of the student"), FACTS, Student, Student.id),
    "row": SheetPart(_l("Plan row"), PLAN, PlanEntry, PlanEntry.student_id),
}


@dataclass
class StudentLine:
    """One student of the workbook: what was found, and which fields it concerns."""

    said: list[str] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)


def book_of(
    paper: MadeFile, part: SheetPart, columns: Sequence[Column], lines: dict[int, StudentLine]
) -> bytes:
    """The workbook: a row a student, what the cells say now, what was found beside them."""
    out = io.BytesIO()
    context = part.sheet.prepare(Import(school_id=paper.school_id))
    head = [part.sheet.column(name) for name in WHO]
    with xlsxwriter.Workbook(out, SAFE) as book:
        page = book.add_worksheet(str(part.title)[:31])
        hidden = book.add_worksheet(LISTS)
        hidden.hide()
        bold = book.add_format(
            {"bold": True, "bg_color": "#DCE6F5", "border": 1, "num_format": "@"}
        )
        plain = book.add_format({"num_format": "@"})
        fill = book.add_format({"num_format": "@", "bg_color": "#FFF6D6", "border": 1})
        page.freeze_panes(1, len(WHO))
        beside = Column(
            "said", _("Problem"), width=48
        )  # the imports know this header and pass over it
        every = [*head, beside, *columns]
        for n, column in enumerate(every):
            page.set_column(n, n, column.width, plain)
            page.write_string(0, n, fit(str(column.label)), bold)
        drop_downs(page, hidden, every, context)
        for at, (student, record) in enumerate(_records(paper, part, list(lines)), 1):
            line = lines[student.id]
            for n, text in enumerate((student.student_no, student.name, " ".join(line.said))):
                page.write_string(at, n, fit(text), plain)
            for n, column in enumerate(columns, len(WHO) + 1):
                if column.field in line.fields:
                    _put(page, at, n, _now(record, column, context), fill)
    return out.getvalue()


def _put(page: Any, row: int, column: int, text: str, style: Any) -> None:
    if text:
        page.write_string(row, column, fit(text), style)
    else:
        page.write_blank(row, column, None, style)


def _records(paper: MadeFile, part: SheetPart, ids: list[int]) -> Any:
    """(student, the record of the part or None) in the order of the student numbers."""
    wanted = select(Student.id).where(Student.id.in_(ids)).order_by(Student.student_no, Student.id)
    ordered = db.session.scalars(wanted).all()
    for start in range(0, len(ordered), AT_ONCE):
        some = ordered[start : start + AT_ONCE]
        students = {
            s.id: s for s in db.session.scalars(select(Student).where(Student.id.in_(some)))
        }
        kept = db.session.execute(select(part.key, part.model).where(part.key.in_(some)))
        records: dict[int, Any] = dict(kept.tuples().all())
        for key in some:
            yield students[key], records.get(key)
        made.progress(paper, start + len(some), len(ordered))


def _now(record: object, column: Column, context: Context) -> str:
    """What the cell says now, as the import reads it; of a sealed number nothing: left empty, it stays."""
    if record is None or column.secret is not None:
        return ""
    value = getattr(record, column.target)
    if value in (None, ""):
        return ""
    if column.field in context.choices:
        name = context.choices[column.field].shown.get(value)
        return f"{value} {name}" if name else str(value)
    return value.isoformat() if isinstance(value, date) else str(value)
