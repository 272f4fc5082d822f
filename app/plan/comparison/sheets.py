"""The workbook of the plan: a file of the ministry or province, or one of your own (PLN-05)."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.codes import queries as codes
from app.codes.models import Region
from app.core import clock
from app.core.db import db
from app.core.identity import spellings
from app.core.text import mask_id_number
from app.files.imports.columns import CellKind, Column, Context, Found, ValueList
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet, Target, Writer
from app.people.schools.models import School
from app.people.students.models import Student
from app.plan.comparison import importing, matching
from app.plan.rows.forms import MOST, TABLES
from app.plan.rows.models import DESTINATION_FIELDS, PlanEntry
from app.workflow.actor import Role


def keep_number(number: str, _uid: str) -> tuple[Found, Found]:
    """A number of identity as it is searched for: its keyed index, also without renewals, and a mask."""
    spelt = spellings(number)
    return {}, {
        "id_number_index": Student.id_number.index(spelt[0]).hex(),
        "as_permit": Student.id_number.index(spelt[-1]).hex(),
        "id_number_masked": mask_id_number(spelt[-1]),
    }


def prepare(record: Import) -> Context:
    """The official tables; where one has several editions the student's year says which counts."""
    lists = {name: _table(table) for name, table in TABLES.items() if name != "destination_code"}
    regions = db.session.execute(select(Region.code, Region.full_name)).tuples().all()
    lists["location"] = ValueList([(code, code, name) for code, name in regions])
    editions = {
        field: {name: _table(table, max(since, 1)) for since, name in codes.editions(table)}
        for field, table in TABLES.items()
    }
    later = [field for field in lists if len(editions.get(field, ())) > 1]  # for `matching`
    school = db.session.get(School, record.school_id) if record.school_id else None
    data = {"editions": editions, "school": school.code if school else ""}
    return Context(clock.today(), lists, data, {field: lambda _row: AsTyped([]) for field in later})


class AsTyped(ValueList):
    """Whatever was typed: whose row it is, and so which edition counts, is not known yet."""

    def find(self, text: str) -> str:
        """The text itself."""
        return text


def _table(name: str, year: int | None = None) -> ValueList:
    return ValueList([(code, code, label) for code, label in codes.names(name, year).items()])


def _text(
    name: str, label: object, code: str, *also: str, width: int = 20, most: int = 0
) -> Column:
    return Column(
        name,
        label,
        CellKind.TITLE if name == "employer_name" else CellKind.TEXT,
        code,
        also,
        most=most or MOST[name],
        width=width,
    )


def _code(name: str, label: Any, code: str, *also: str, **more: Any) -> Column:
    return Column(name, label, CellKind.CHOICE, code, also, width=16, **more)


PLAN = Sheet(
    name="plan",
    title=_l("Plan file"),
    about=_l("The plan file of the ministry or province, or one of your own, is compared with the plan row "
             "by row. What a signing or destination says, and rows that are reported, a file does "
             "not change: its values become changes to decide on."),
    notes=(
        _l("A student is known by student number; without one by ID number, then by examinee number."),
        _l("An empty cell changes nothing."),
        _l("Codes are those of the edition of the student's graduation year; names are understood too."),
    ),
    roles=(Role.SCHOOL, Role.DATA),
    menu="Plan",
    home=lambda: (_l("Employment plan"), url_for("PlanView.list")),
    prepare=prepare,
    row=matching.has_number,
    told=("student_no", "id_number_index", "examinee_no"),
    look=matching.look,
    writer=Writer(importing.lock, importing.write, importing.take_back, importing.compared),
    beside=lambda record: (_l("Compare side by side"), url_for("PlanFilesView.show", uid=record.uid)),
    unique=(("student_id", "student_no"),),
    target=Target(
        model=PlanEntry,
        key=("student_id",),
        common=("school_id",),
        fixed=lambda record: {"school_id": record.school_id},
        fields=DESTINATION_FIELDS,
    ),
    columns=(
        Column("student_no", _l("Student number"), CellKind.CODE, "XH", aside=True, most=20, whole=True,
               sample="2023010001"),
        Column("name", _l("Name"), CellKind.NAME, "XM", ("学生姓名",), aside=True, width=12, sample="黄河水",
               help=_l("To be sure that it is the right student.")),
        Column("id_number", _l("ID number"), CellKind.CODE, "SFZH", ("身份证号码", "证件号码", "证件号",
               "公民身份号码", "身份证件号", "身份证件号码", "SFZJH"), aside=True, most=18,
               secret=keep_number, width=22),
        Column("examinee_no", _l("Examinee number"), CellKind.CODE, "KSH", ("高考考生号",), aside=True,
               most=14, whole=True),
        Column("school_code", _l("School code"), CellKind.CODE, "YXDM", ("学校代码",), aside=True, most=6,
               width=10),
        Column("destination_code", _l("Destination code"), CellKind.TEXT, "BYQXDM",
               ("毕业去向类别代码", "毕业去向类型代码", "毕业去向", "BYQX", "毕业去向类型", "毕业去向类别"),
               most=60, sample="10", help=_l("Code or name.")),
        Column("credit_code", _l("Unified social credit code"), CellKind.CODE, "DWZZJGDM",
               ("单位组织机构代码（统一社会信用代码）", "单位组织机构代码", "组织机构代码"),
               most=18, width=22),
        _text("employer_name", _l("Employer name"), "DWMC", width=26),
        _code("employer_kind", _l("Employer kind code"), "DWXZDM", "单位性质", "DWXZ"),
        _code("industry", _l("Industry code"), "DWHYDM", "单位行业", "DWHY"),
        _code("location", _l("Employer region code"), "DWSZDDM", "单位所在地", "DWSZD", listed=False),
        _code("position_kind", _l("Position kind code"), "GZZWLBDM", "工作职位类别", "GZZWLB"),
        _text("contact_name", _l("Employer contact"), "DWLXR", width=12),
        Column("contact_phone", _l("Contact's telephone"), CellKind.DIGITS, "LXRDH", ("LXRSJ", "联系人手机"),
               most=20),
        _text("address", _l("Employer address"), "DWDZ", width=30),
        Column("postcode", _l("Employer postcode"), CellKind.CODE, "DWYB", most=6, width=10),
        _text("archive_to", _l("Forward the archive to"), "DAZJDWMC", "档案转寄单位名称", width=26),
        _text("archive_address", _l("Forwarding address"), "DAZJDWDZ", "档案转寄单位地址", width=30),
        Column("archive_postcode", _l("Forwarding postcode"), CellKind.CODE, "DAZJDWYB",
               ("档案转寄单位邮编",), most=6, width=10),
        _text("household_address", _l("Household address"), "HKQZDZ", "户口迁转地址", width=30),
    ),
)  # fmt: skip


# the list of the plan, as this sheet takes it back (BLK-08)
HEADS = PLAN.heads(
    {
        "student.student_no": "student_no",
        "student.name": "name",
        "destination": "destination_code:BYQX",
        "credit_code": "credit_code",
        "employer_name": "employer_name",
        "employer_kind": "employer_kind:DWXZ",
        "industry": "industry:DWHY",
        "location": "location:DWSZD",
        "position_kind": "position_kind:GZZWLB",
        "contact_name": "contact_name",
        "contact_phone": "contact_phone",
        "address": "address",
        "postcode": "postcode",
        "archive_to": "archive_to",
        "archive_address": "archive_address",
        "archive_postcode": "archive_postcode",
        "household_address": "household_address",
    }
)
