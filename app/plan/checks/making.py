"""Findings out as a workbook with the rows to fill, which the ordinary imports take back (CHK-02, F-57).

A part is a sheet of the imports: what the record of the student holds, and what the plan row does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select

from app.core.db import db
from app.core.errors import NotYours, Refused
from app.files.exports import lists
from app.files.exports.tasks import as_person
from app.files.made import making as made
from app.files.made import requests
from app.files.made.models import MadeFile
from app.plan.checks.models import Finding
from app.plan.checks.queries import touches
from app.plan.checks.sentences import fields_of, sentence
from app.plan.checks.workbook import PARTS, SheetPart, StudentLine, book_of
from app.workflow.actor import Actor

KIND = "findings"
VIEW = "FindingsView"
MOST = 50_000  # findings in one workbook


def parts_for(who: Actor) -> dict[str, SheetPart]:
    """The parts that this person may bring back."""
    return {name: part for name, part in PARTS.items() if who.role in part.sheet.roles}


def part_of(who: Actor, name: str) -> SheetPart:
    """One of them. Raises NotYours."""
    found = parts_for(who).get(name)
    if found is None:
        raise NotYours(f"findings {name}")
    return found


def narrowed(part: SheetPart, query: str) -> Select[Any]:
    """The findings of the list, as it is narrowed, that are mended in this part. Raises NotYours, Odd."""
    asked = {"view": VIEW, "query": query}
    found = lists.narrowed(lists.view_of(VIEW), asked).where(Finding.student_id.is_not(None))
    return found.where(touches(part.names))


def count(part: SheetPart, query: str) -> int:
    """How many students the workbook would have."""
    wanted = narrowed(part, query).order_by(None)
    students = wanted.with_only_columns(Finding.student_id.label("id")).distinct().subquery()
    return db.session.scalar(select(func.count()).select_from(students)) or 0


def ask(who: Actor, name: str, query: str) -> MadeFile:
    """Have the workbook made, and commit. Raises NotYours, Odd, Refused."""
    part = part_of(who, name)
    if not count(part, query):
        raise Refused(_("None of these findings is mended by filling something in."))
    file = _("Findings to mend, %(part)s.xlsx", part=part.title)
    return requests.ask(who, KIND, {"part": name, "query": query}, file)


def make(paper: MadeFile) -> bytes:
    """The workbook: a row for each student. Raises Refused where there are too many."""
    part = PARTS[paper.wish["part"]]
    with as_person(paper.user_id):
        found = db.session.scalars(narrowed(part, paper.wish["query"]).limit(MOST + 1)).all()
        if len(found) > MOST:
            raise Refused(_("More than %(most)s findings: narrow the list first.", most=MOST))
        lines = _lines(part, found)
        used = {name for line in lines.values() for name in line.fields}
        columns = [column for column in part.columns if column.field in used]
        data = book_of(paper, part, columns, lines)
    paper.report = {"noted": {"rows": len(lines), "findings": len(found)}}
    return data


def _lines(part: SheetPart, found: Sequence[Finding]) -> dict[int, StudentLine]:
    lines: dict[int, StudentLine] = {}
    names = set(part.names)
    for one in found:
        line = lines.setdefault(one.student_id or 0, StudentLine())
        line.said.append(sentence(one))
        line.fields |= names.intersection(fields_of(one))
    return lines


def _back(paper: MadeFile) -> tuple[str, str]:
    query = paper.wish["query"]
    address = url_for("FindingsBookView.begin")
    return _("Mend by a workbook"), f"{address}?{query}" if query else address


MAKER = made.Maker(
    _l("Findings with the rows to fill"),
    make,
    _back,
    menu="Findings",
    noted={"rows": _l("Students"), "findings": _l("Findings")},
)
