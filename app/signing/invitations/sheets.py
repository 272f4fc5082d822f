"""The workbook of an employer's send list: the four-field check for each row (INV-01, INV-03)."""

from __future__ import annotations

from datetime import timedelta

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, true

from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.core.identity import spellings
from app.core.limits import Limit
from app.core.phones import folded
from app.core.text import mask_id_number
from app.files.imports import columns, sheet
from app.files.imports.columns import CellKind, Column, Context, Found
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet
from app.people.schools.models import School
from app.people.students.models import Student
from app.signing.invitations.checks import look, note_odd
from app.signing.invitations.models import Candidate
from app.workflow.actor import Role

# Each row is a search (INV-01). One by one an employer may search 60 times an hour, some 1,400 a day;
# a file may not make guessing cheaper than that, and a recruitment is seldom larger. Counted when the
# file is read, whatever its rows find; the same file again is not read again.
ROWS = Limit("find-student-rows", 1000, timedelta(days=1))


def keep_number(number: str, _uid: str) -> tuple[Found, Found]:
    """The number as it is searched for: keyed indexes and a mask, never the number itself."""
    spelt = spellings(number)
    return {}, {
        "as_id_number": Student.id_number.index(spelt[0]).hex(),
        "as_permit": Student.id_number.index(spelt[-1]).hex(),  # of one that was renewed
        "as_phone": Student.phone.index(number).hex(),
        "number_masked": mask_id_number(folded(spelt[0])),
    }


def prepare(_record: Import) -> Context:
    """The schools that take part."""
    rows = db.session.execute(
        select(School.id, School.code, School.name)
        .where(School.active == true())
        .order_by(School.code)
    ).tuples()
    return Context(clock.today(), {"school": columns.ValueList(list(rows))})


def admit(record: Import, rows: int) -> None:
    """Count the file's rows as searches. Raises Refused, with none counted, where they are too many."""
    if not ROWS.take_many(rows, record.employer_id):
        raise Refused(
            _(
                "A day allows %(most)s rows in files; %(left)s are left today. Split the file, "
                "or upload it tomorrow.",
                most=ROWS.most,
                left=ROWS.left(record.employer_id),
            )
        )


SEND_LIST = Sheet(
    name="send-list",
    title=_l("Send list"),
    about=_l(
        "Each row is checked as the search does: school, graduation year, name, and ID number or "
        "phone must all be as the school has them. The students found come to your send list."
    ),
    roles=(Role.EMPLOYER,),
    menu="EmployerCandidates",
    home=lambda: (_l("Invite students"), url_for("CandidatesView.index")),
    prepare=prepare,
    admit=admit,
    row=note_odd,
    needs=("name",),
    look=look,
    unique=(("student_id", "number"),),
    most_rows=ROWS.most,
    target=sheet.Target(
        model=Candidate,
        key=("employer_id", "student_id"),
        common=("employer_id",),
        fixed=lambda record: {"employer_id": record.employer_id},
        fields=(),
        moment="added_at",
        update=False,
    ),
    columns=(
        Column(
            "school",
            _l("School"),
            CellKind.CHOICE,
            "YXDM",
            ("毕业院校", "院校名称", "YXMC", "院校代码"),
            required=True,
            aside=True,
            width=26,
            sample="青山大学",
        ),
        Column(
            "year",
            _l("Graduation year"),
            CellKind.NUMBER,
            "BYNF",
            ("毕业届", "毕业年份", "届别"),
            required=True,
            aside=True,
            least=2000,
            most=2100,
            width=12,
            sample="2027",
        ),
        Column(
            "name",
            _l("Name"),
            CellKind.NAME,
            "XM",
            ("学生姓名",),
            required=True,
            aside=True,
            width=14,
            sample="黄河水",
        ),
        Column(
            "number",
            _l("ID number or phone"),
            CellKind.DIGITS,
            "SFZH",
            ("身份证号", "身份证号码", "手机号", "手机号码", "证件号码", "证件号码或手机号"),
            required=True,
            most=20,
            secret=keep_number,
            width=24,
            sample="13800000000",
        ),
    ),
)
