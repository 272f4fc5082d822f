"""The workbook of an employer's send list: the four-field check for each row (INV-01, INV-03)."""

from __future__ import annotations

from datetime import timedelta

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, text, true

from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.core.identity import spellings
from app.core.limits import Limit
from app.core.names import name_problem
from app.core.phones import folded
from app.core.text import mask_id_number
from app.files.imports import compare, sheet
from app.files.imports.models import Import
from app.files.imports.sheet import CellKind, Column, Context, Found, Problems, Sheet
from app.people.schools.models import School
from app.people.students.models import Student
from app.signing.invitations import guesses
from app.signing.invitations.models import Candidate
from app.signing.placements.guards import cannot_sign
from app.workflow.actor import Role

# Each row is a search (INV-01). One by one an employer may search 60 times an hour, some 1,400 a day;
# a file may not make guessing cheaper than that, and a recruitment is seldom larger. Counted when the
# file is read, whatever its rows find; the same file again is not read again.
ROWS = Limit("find-student-rows", 1000, timedelta(days=1))
MISSED = _l(
    "No student who can sign was found by these four. Please compare them with the student: one wrong "
    "sign is enough. If all are right, the student should ask the school. After five misses on one "
    "name nobody of that name is found for you until the next day."
)


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
    return Context(clock.today(), {"school": sheet.ValueList(list(rows))})


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
