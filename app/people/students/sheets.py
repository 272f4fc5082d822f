"""The workbook of a school's students and their origin records (ADM-02, BLK-01)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ARRAY, Integer, any_, literal, select

from app.accounts.identifiers import identify_all
from app.accounts.models import AppUser
from app.codes import queries as codes
from app.codes import regions
from app.core import clock, jobs, phones
from app.core.db import db
from app.core.identity import IdKind
from app.core.names import name_problem
from app.core.statements import Statements
from app.files.imports import columns, compare, sheet
from app.files.imports.columns import CellKind, Column, Context, Found
from app.files.imports.effects import trace_file
from app.files.imports.models import Import
from app.files.imports.queries import who_asked
from app.files.imports.sheet import Problems, Sheet, sealed
from app.people.schools.models import College, Major
from app.people.students import documents, fields, file_ways, origin_sheets
from app.people.students import effects as student_effects
from app.people.students.effects import follow_student, forget_accounts
from app.people.students.fields import TABLES
from app.people.students.models import OriginState, Student, TrainingMode
from app.people.students.tasks import open_accounts
from app.workflow.actor import Role

BY_YEAR = ("graduation_year",)  # tables of several editions: which counts, the year says (PLN-11)
MOBILE = _l(
    "This is not a mobile number: 11 digits that begin with 1; one of another country or region with its "
    "code, such as +852 9123 4567."
)
COUNTRY = _l("No country or region is called so.")
TAKEN = _l("Another student of this graduation year has this ID number.")
MAIL_TAKEN = _l("Another account uses this e-mail address.")
PHONE_TAKEN = _l(
    "Another student of this school has this phone. Codes would reach the wrong person."
)


def complete(values: Found, more: Found, context: Context) -> Problems:
    """The major among those of the college; a country stands with a passport only."""
    if values.pop("kind_told", False):
        more["kind_told"] = True
    if "id_kind" in values:
        country = values.get("id_country") or ""
        values["id_country"] = country if values["id_kind"] == IdKind.PASSPORT else ""
    else:
        values.pop("id_country", None)
    return find_major(values, more, context)


def is_name(name: str, _context: Context) -> object:
    """What is no name is none of a student either."""
    return name_problem(name)


def prepare(record: Import) -> Context:
    """The lists of the school: its colleges and majors, and the official tables."""
    school = Import.school_id if record is None else record.school_id
    lists = {field: _table(table) for field, table in TABLES.items()}
    lists |= {"id_kind": documents.kinds(), "id_country": documents.issuers()}
    lists["college"] = columns.ValueList(_rows(College, school))
    lists["origin"] = columns.ValueList([(code, code, name) for code, name in regions.origins()])
    majors: dict[int, list[tuple[int, str, str]]] = {}
    wanted = select(Major.college_id, Major.id, Major.code, Major.name)
    for row in db.session.execute(wanted.where(Major.school_id == school).order_by(Major.code)):
        majors.setdefault(row.college_id, []).append((row.id, row.code, row.name))
    found = {college: columns.ValueList(rows) for college, rows in majors.items()}
    lists["major"] = columns.ValueList([row for rows in majors.values() for row in rows])
    return Context(
        clock.today(), lists, {"majors": found}, _by_year(), zeros=documents.with_zeros(school)
    )


def _by_year() -> dict[str, Callable[[Found], columns.ValueList]]:
    """The tables with several editions: the row's graduation year says which counts (PLN-11)."""
    return {
        field: _edition_of(table)
        for field, table in TABLES.items()
        if len(codes.editions(table)) > 1
    }


def _edition_of(table: str) -> Callable[[Found], columns.ValueList]:
    known = {kept: _table(table, max(since, 1)) for since, kept in codes.editions(table)}
    return lambda row: known[codes.edition(table, row.get("graduation_year"))]


def _table(name: str, year: int | None = None) -> columns.ValueList:
    return columns.ValueList([(code, code, label) for code, label in codes.choices(name, year)])


def _rows(model: Any, school_id: int | None) -> list[tuple[int, str, str]]:
    wanted = select(model.id, model.code, model.name).where(model.school_id == school_id)
    return list(db.session.execute(wanted.order_by(model.code)).tuples())


def find_major(values: Found, more: Found, context: Context) -> Problems:
    """The major by code or name, among those of the row's college."""
    text, college = more.get("major"), values.get("college_id")
    if text is None or college is None:
        return []
    majors = context.data["majors"].get(college)
    found = majors.find(text) if majors else None
    if found is None:
        return [("major", _("“%(value)s” is no major of this college.", value=text))]
    values["major_id"] = found
    other = more.pop("major_also", None)
    beside = majors.find(other) if other else None
    if beside in (None, found):
        return []
    sentence = _(
        "Code and name are of two majors: “%(value)s”, “%(other)s”.", value=text, other=other
    )
    return [("major", sentence)]


def look(record: Import, _context: Context) -> None:
    """Nobody else of the school and year may have the ID number, nobody else of the school the phone."""
    with compare.widely(compare.staged_rows(record.id)):
        db.session.execute(SQL["as_known"], {"id": record.id, "school": record.school_id})
    origin_sheets.take_from_number(record)
    compare.mark(
        record,
        SQL.sql("number_taken"),
        "id_number",
        str(TAKEN),
        school=record.school_id,
    )
    compare.mark(
        record,
        compare.taken_by_another(STUDENTS.target, "phone_index"),
        "phone",
        str(PHONE_TAKEN),
        school=record.school_id,
    )
    compare.mark(record, SQL.sql("reset_held"), "phone", str(RESET_HELD), school=record.school_id)
    file_ways.look_at_mails(record, str(MAIL_TAKEN))


# where the file does not name the kind, or the country, of the number that is on record, it stays
RESET_HELD = _l(
    "This student's sign-in was reset a short time ago: the phone can be changed once that is confirmed "
    "or its time is over."
)
SQL = Statements(__file__, "sheets.sql")


def forget_unused(record: Import) -> None:
    """Accounts that were opened for the new students and that nobody used do not keep them."""
    forget_accounts(SQL.sql("added"), school=record.school_id, id=record.id)


def follow(record: Import) -> None:
    """New students get their accounts; whose name or numbers changed signs in by the new ones (ACC-03)."""
    jobs.enqueue(open_accounts, school_id=record.school_id)
    if record.changed:
        who = who_asked(record)
        follow_student(SQL.sql("moved"), who, school=record.school_id, id=record.id)
        traced = (*STUDENTS.target.fields, *origin_sheets.MASKED)
        trace_file(
            Student,
            "correct",
            "t.school_id = :school AND t.student_no = r.values ->> 'student_no'",
            traced,
            who,
            state="origin_state",
            id=record.id,
            school=record.school_id,
            file=record.file_name,
            undone=record.is_undone,
        )
    db.session.execute(SQL["last_names"], {"ids": list(_changed(record, "name"))})
    for kind, field in (
        ("id_number", "id_number_index"),
        ("phone", "phone_index"),
        ("email", "email"),
    ):
        old = _changed(record, field)
        if kind != "id_number" and old:  # whose way in changes has an account to be told by
            student_effects.open_accounts("s.id = ANY(:ids)", most=len(old), ids=list(old))
        found = (
            db.session.execute(
                select(AppUser, Student)
                .join(Student, AppUser.student_id == Student.id)
                .where(Student.id == any_(literal(list(old), ARRAY(Integer))))
                .execution_options(populate_existing=True)
            )
            .tuples()
            .all()
        )
        if not found:
            continue
        if kind == "email":
            _mails_follow(record, found, old)
            continue
        identify_all(kind, {user.id: getattr(student, kind) for user, student in found})
        if kind == "phone":
            _phones_follow(record, found, old)


def _phones_follow(
    record: Import, found: Sequence[tuple[AppUser, Student]], old: dict[int, dict[str, Any]]
) -> None:
    """A file has changed phones, or was undone: told, held and traced each (ADM-02, ACC-15)."""
    secret, before = vars(Student)["phone"], []
    for user, student in found:
        sealed = old[student.id].get("phone_sealed")
        was = secret.opened(bytes.fromhex(sealed), "Student", student.uid) if sealed else None
        before.append((user, student, was))
    undone = record.is_undone
    act = file_ways.phones_given_back if undone else file_ways.phones_changed_by_file
    act(before, record.id, record.uid, who_asked(record))


def _mails_follow(
    record: Import, found: Sequence[tuple[AppUser, Student]], old: dict[int, dict[str, Any]]
) -> None:
    """A file has written e-mails, or was undone: the accounts follow (ACC-15)."""
    before = [(user, student, old[student.id].get("email") or None) for user, student in found]
    undone = record.is_undone
    follow = file_ways.mails_given_back if undone else file_ways.mails_changed_by_file
    follow(before, record.id, record.uid, who_asked(record))


def _changed(record: Import, field: str) -> dict[int, dict[str, Any]]:
    """The students whose field the file changed, by id, with what they were."""
    at = {"id": record.id, "school": record.school_id, "field": field}
    with compare.widely(record.total):
        return dict(db.session.execute(SQL["changed"], at).tuples().all())


STUDENTS = Sheet(
    name="students",
    title=_l("Students"),
    about=_l("New students are added; students whose number the school has already are changed where "
             "the file differs. An empty cell changes nothing. New origin records are to be reviewed."),
    notes=(
        _l("A student is known by its student number within the school."),
        _l("An empty cell changes nothing."),
    ),
    roles=(Role.SCHOOL,),
    menu="Students",
    home=lambda: (_l("Students"), url_for("StudentsView.list")),
    prepare=prepare,
    row=complete,
    needs=("kind_told", "id_kind", "id_country", "college_id", "major", "major_also"),
    look=look,
    after=follow,
    messages=lambda record: file_ways.told_by_file(record.id, record.school_id),
    before_undo=forget_unused,
    unique=(
        ("student_no", "student_no"),
        ("id_number_index", "id_number", "id_kind", "id_country"),
        ("phone_index", "phone"),
        ("email", "email"),
    ),
    target=sheet.Target(
        model=Student,
        key=("school_id", "student_no"),
        common=("school_id",),
        fixed=lambda record: {"school_id": record.school_id},
        fields=("name", "college_id", "major_id", "class_name", "graduation_year", "education",
                "training_mode", "sex", "nation", "examinee_no", "origin", "id_kind",
                "id_country", "email", *fields.PLAIN),
        secrets=("id_number", "phone", *fields.SECRETS),
        defaults={"id_kind": IdKind.ID_CARD.value, "id_country": "", "class_name": "", "sex": "",
                  "training_mode": TrainingMode.OPEN.value,
                  "origin_state": OriginState.ENTERED.value},
    ),
    columns=(
        Column("student_no", _l("Student number"), CellKind.CODE, "XH", required=True, most=20, whole=True,
               sample="2023010001", help=_l("It stays the same: by it the student is found.")),
        Column("name", _l("Name"), CellKind.NAME, "XM", ("学生姓名",), required=True,
               width=12, checks=(is_name,),
               sample="黄河水"),
        Column("id_kind", _l("Kind of document"), CellKind.CHOICE, "SFZJLX",
               ("证件种类", "证件类别", "身份证件类型", "有效证件类型", "ZJLX", "ZJLXDM", "SFZJLXDM"),
               width=22, sample="居民身份证",
               help=_l("Left empty, the number tells it: an ID number, or of another document where that "
                       "is sure.")),
        Column("id_number", _l("ID number"), CellKind.CODE, "SFZH",
               ("身份证号码", "证件号码", "证件号", "身份证件号", "身份证件号码", "公民身份号码",
                "身份证/护照号", "SFZJH"),
               required=True, most=18, fold=documents.folded_number, checks=(documents.is_number,), width=22,
               needs=("id_kind", "student_no"), gives=("id_kind", "kind_told"),
               secret=origin_sheets.keep_number, sample="99999920040101001X",
               help=_l("Or the number of the document of the kind beside it.")),
        Column("id_country", _l("Passport issued by"), CellKind.CHOICE, "GJDQM",
               ("国籍", "国籍/地区", "国家或地区", "国籍或地区", "签发国", "签发国家",
                "护照签发国", "GJ", "GJDQ"),
               width=16, listed=False, help=_l("Of passports only: country or region.")),
        Column("college", _l("College"), CellKind.CHOICE, "", ("学院", "院系", "院系名称", "学院名称",
               "所在院系", "SZYX"), required=True, into="college_id", width=22, sample="计算机学院"),
        Column("major", _l("Major"), CellKind.TEXT, "ZYDM", ("专业代码", "专业名称", "ZY"), required=True,
               aside=True, width=22, sample="软件工程", help=_l("Code or name; of the same college.")),
        Column("graduation_year", _l("Graduation year"), CellKind.NUMBER, "BYNF", ("毕业届", "毕业年份",
               "届别"),
               required=True, least=2000, most=2100, width=12, sample="2027"),
        Column("education", _l("Level of education"), CellKind.CHOICE, "XLDM", ("学历代码", "XL", "学历层次"),
               required=True, needs=BY_YEAR, width=16, sample="31"),
        Column("training_mode", _l("Training mode"), CellKind.CHOICE, "PYFSDM", ("培养方式代码", "PYFS"),
               needs=BY_YEAR, width=14, sample="1"),
        Column("class_name", _l("Class"), CellKind.TEXT, "BJ", ("班级名称", "所在班级", "SZBJ"), most=40,
               width=14, sample="软工2301"),
        Column("sex", _l("Sex"), CellKind.CHOICE, "XBDM", ("性别代码", "XB"), needs=BY_YEAR, width=8,
               sample="男"),
        Column("nation", _l("Nationality"), CellKind.CHOICE, "MZDM", ("民族代码", "MZ"), needs=BY_YEAR,
               width=12, sample="汉族"),
        Column("phone", _l("Phone"), CellKind.DIGITS, "SJH", ("手机", "手机号", "手机号码", "联系电话",
               "MOBILEPHONE", "MOBILEPHON"), most=20,
               fold=lambda text, _context: phones.folded(text),
               checks=(columns.fits(phones.is_mobile, MOBILE),), secret=sealed(Student.phone, "Student"),
               sample="13800000000",
               help=_l("Codes for signing are sent to it. Of another country or region with its code, such "
                       "as +852 9123 4567.")),
        Column("email", _l("E-mail"), CellKind.EMAIL, "EMAIL",
               ("邮箱", "电子邮箱", "电子邮件", "邮箱地址", "DZYX", "YX"), most=120,
               width=26, sample="huanghe@example.com", listed=False,
               help=_l("Invitations are told to it. Once a student has signed in, it keeps its e-mail "
                       "itself, and no file changes it.")),
        Column("examinee_no", _l("Examinee number"), CellKind.CODE, "KSH", ("高考考生号",), most=14,
               whole=True,
               sample="23420101110001"),
        Column("origin", _l("Place of origin"), CellKind.CHOICE, "SYSZDDM",
               ("生源所在地代码", "生源所在地", "SYSZD"), width=22, listed=False, sample="420111",
               help=_l("Six digits or the full name of the region.")),
        *origin_sheets.columns(),
    ),
)  # fmt: skip
FACTS = origin_sheets.of_known(STUDENTS)
