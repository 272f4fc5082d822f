"""The workbook that restricts and releases students by list (ADM-03, BLK-01): each row is an act."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, text

from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.core.statements import Statements
from app.files.imports import columns, compare, sheet
from app.files.imports.columns import CellKind, Column, Context, Found
from app.files.imports.models import Import
from app.files.imports.queries import who_asked
from app.files.imports.row_models import ImportRow, RowStatus
from app.files.imports.sheet import Problems, Sheet
from app.people.students.models import RESTRICTION_KINDS, Restriction, Student
from app.people.students.workflow import RESTRICTIONS, restriction_of
from app.workflow.actor import Actor, Role
from app.workflow.locks import lock_rows

ACTS = {"restrict": _l("Restrict"), "release": _l("Release")}
MOST = 2_000  # each student is told
SQL = Statements(__file__, "restriction_sheets.sql")


def prepare(_record: Import) -> Context:
    """What can be done, and the ways of signing."""
    acts = columns.ValueList.labelled(ACTS)
    acts.codes.update({"限制": "restrict", "解除": "release"})
    lists = {
        "act": acts,
        "kind": columns.ValueList.labelled(RESTRICTION_KINDS),
    }
    return Context(clock.today(), lists)


def days_fit(values: Found, _more: Found, context: Context) -> Problems:
    """A restriction begins today unless it says when, and does not end before."""
    values.setdefault("kind", "all")
    if values.get("act") == "restrict":
        values.setdefault("since", context.today.isoformat())
        if values.get("until") and str(values["until"]) < str(values["since"]):
            return [("until", _("The restriction would end before it begins."))]
    return []


def look(record: Import, _context: Context) -> None:
    """The students of the school by number and name; who is to be released is restricted."""
    school = {"school": record.school_id}
    today = {"today": clock.today(), **school}
    unknown = _("Your school has no student of this number.")
    compare.mark(record, SQL.sql("unknown"), "student_no", unknown, **school)
    otherwise = _("This is not the name of the student of this number.")
    compare.mark(record, SQL.sql("called_otherwise"), "name", otherwise, **school)
    db.session.execute(SQL["compare"], {"id": record.id, **today})
    free = _("The student is not restricted in this way.")
    compare.mark(record, SQL.sql("free"), "act", free, **today)
    already = _("The student is restricted in this way already.")
    compare.mark(record, SQL.sql("barred_already"), "act", already, **today)
    twice = _("Another row restricts the student in this way.")
    compare.mark(record, SQL.sql("twice"), "act", twice)


def hold(record: Import) -> None:
    """Nobody restricts or releases these students meanwhile."""
    numbers = [row["student_no"] for row in _rows(record)]
    lock_rows(Student, {student.id for student in _students(record, numbers).values()})


def act(record: Import, _now: datetime) -> None:
    """Take each row by the rules, all or nothing; what was done is kept for the undoing."""
    who = who_asked(record)
    done: dict[str, list[int]] = {"made": [], "freed": []}
    rows = _rows(record)
    students = _students(record, [row["student_no"] for row in rows])
    for row in rows:
        student = students[row["student_no"]]
        if row["act"] == "restrict":
            done["made"].append(_restrict(student, row, who).id)
        else:
            done["freed"] += _release(student, row, who)
    record.details = {**record.details, **done}


def unact(record: Import, _now: datetime) -> None:
    """Release whom the list restricted, restrict whom it released. Raises Refused where that changed."""
    who, reason = who_asked(record), _("The list was taken back.")
    made = _of_ids(record.details.get("made", ()))
    freed = _of_ids(record.details.get("freed", ()))
    if not all(row.is_set for row in made):
        raise Refused(
            _("Somebody has released one of these students since, so it cannot be undone.")
        )
    lock_rows(Student, {row.student_id for row in (*made, *freed)})
    for row in made:
        RESTRICTIONS.apply("release", row.id, who, reason=reason)
    for row in freed:
        new = restriction_of(
            row.student, kind=row.kind, since=row.since, until=row.until, reason=row.reason
        )
        RESTRICTIONS.start("restrict", new, who, reason=row.reason)


def _rows(record: Import) -> list[dict[str, Any]]:
    good = (ImportRow.import_id == record.id, ImportRow.status == RowStatus.NEW)
    return list(db.session.scalars(select(ImportRow.values).where(*good).order_by(ImportRow.row)))


def _students(record: Import, numbers: list[str]) -> dict[str, Student]:
    mine = (Student.school_id == record.school_id, Student.student_no.in_(numbers))
    return {s.student_no: s for s in db.session.scalars(select(Student).where(*mine))}


def _of_ids(ids: Any) -> list[Restriction]:
    wanted = select(Restriction).where(Restriction.id.in_(list(ids)))
    return list(db.session.scalars(wanted.order_by(Restriction.id).with_for_update(of=Restriction)))


def _restrict(student: Student, row: dict[str, Any], who: Actor) -> Restriction:
    until = date.fromisoformat(row["until"]) if row.get("until") else None
    new = restriction_of(
        student,
        kind=row["kind"],
        since=date.fromisoformat(row["since"]),
        until=until,
        reason=row["reason"],
    )
    return RESTRICTIONS.start("restrict", new, who, reason=row["reason"])


def _release(student: Student, row: dict[str, Any], who: Actor) -> list[int]:
    """All that bar in this way now or later: a student has seldom more than one."""
    still = text("'set' = state AND (until IS NULL OR until >= :today)")
    mine = (Restriction.student_id == student.id, Restriction.kind == row["kind"], still)
    ids = db.session.scalars(select(Restriction.id).where(*mine), {"today": clock.today()}).all()
    for key in ids:
        RESTRICTIONS.apply("release", key, who, reason=row["reason"])
    return list(ids)


RESTRICTION_LIST = Sheet(
    name="restrictions",
    title=_l("Restrictions"),
    about=_l("Each row restricts or releases one student of your school. The students read the reason "
             "and are told at once."),
    notes=(
        _l("Without a kind every way of signing is meant; without a day it begins today."),
        _l("All rows are done together, or none."),
    ),
    roles=(Role.SCHOOL,),
    menu="Restrictions",
    home=lambda: (_l("Restrictions"), url_for("RestrictionsView.list")),
    prepare=prepare,
    row=days_fit,
    needs=("act", "kind", "since", "until"),
    look=look,
    unique=(("student_no", "student_no", "kind", "act", "since"),),
    most_rows=MOST,
    messages=lambda record: compare.counts(record.id)["new"],
    writer=sheet.Writer(lock=hold, write=act, take_back=unact),
    acts=True,
    target=sheet.Target(
        model=Restriction, key=("student_id",), common=("school_id",), fields=(),
        fixed=lambda record: {"school_id": record.school_id},
    ),
    columns=(
        Column("student_no", _l("Student number"), CellKind.CODE, "XH", required=True, most=20, whole=True,
               sample="2023010001"),
        Column("name", _l("Name"), CellKind.NAME, "XM", ("学生姓名",), width=12, sample="黄河水",
               help=_l("Compared with the student of this number.")),
        Column("act", _l("Act"), CellKind.CHOICE, "", ("操作", "限制/解除"), required=True, width=12,
               sample="限制"),
        Column("kind", _l("Kind of restriction"), CellKind.CHOICE, "", ("限制方式", "限制"), width=18),
        Column("since", _l("First day"), CellKind.DAY, "", ("自", "生效日期"), width=14, sample="2027-03-01"),
        Column("until", _l("Last day"), CellKind.DAY, "", ("至", "截止日期"), width=14, end=True),
        Column("reason", _l("Reason"), CellKind.TEXT, "", ("限制原因", "解除原因"), required=True,
               most=200, width=32, sample="学费未缴清"),
    ),
)  # fmt: skip
