"""The workbook by which a school puts employers on the register (ADM-06, BLK-01)."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.codes import queries as codes
from app.codes.models import Region
from app.core import checks, clock
from app.core.db import db
from app.core.names import title_problem
from app.core.statements import Statements
from app.files.imports import columns, compare, sheet
from app.files.imports.columns import CellKind, Column, Context, Found
from app.files.imports.effects import trace_file
from app.files.imports.models import Import
from app.files.imports.queries import who_asked
from app.files.imports.sheet import Problems, Sheet
from app.people.employers.models import Employer, EmployerState
from app.people.employers.register import code_problem
from app.workflow import trail
from app.workflow.actor import Role

TABLES = {"kind": "dwxz", "industry": "dwhy"}
POSTCODE = _l("A postcode has six digits.")


def prepare(_record: Import) -> Context:
    """The official tables."""
    lists = {
        field: columns.ValueList([(code, code, label) for code, label in codes.choices(table)])
        for field, table in TABLES.items()
    }
    regions = db.session.execute(select(Region.code, Region.full_name)).tuples().all()
    lists["location"] = columns.ValueList([(code, code, name) for code, name in regions])
    words = (("1", "是", _("yes")), ("0", "否", _("no")))
    lists["compared"] = columns.ValueList(
        [
            (key == "1", code, name)
            for key, han, said in words
            for code, name in ((han, han), (key, said))
        ]
    )
    return Context(clock.today(), lists)


def code_fits(values: Found, more: Found, _context: Context) -> Problems:
    """A check mark that does not fit is taken where somebody has compared it with the licence."""
    code = values.get("credit_code")
    sentence = code_problem(code, compared=bool(more.get("compared"))) if code else None
    return [("credit_code", sentence)] if sentence else []


def is_title(text: str, _context: Context) -> str | None:
    """It has no lost character, and is more than signs."""
    return title_problem(text)


def look(record: Import, _context: Context) -> None:
    """What an employer keeps itself, or another school has entered, no list overwrites (ADM-06)."""
    compare.mark(
        record,
        SQL.sql("not_ours", current=compare.current(EMPLOYER_LIST.target)),
        "credit_code",
        _(
            "This employer is on record with other details that are not yours to change. Correct it "
            "on its page, or leave the row out."
        ),
        school=record.school_id,
    )


SQL = Statements(
    __file__,
    "sheets.sql",
    into=trail.INTO,
    lines=trail.lines(
        "employer",
        "'list'",
        "NULL",
        "e.state",
        trail.BY_ACTOR,
        record="e.id",
        school="e.school_id",
        details="jsonb_build_object('import', :id ::int)",
        at="app_now()",
    ),
)


def leave_trace(record: Import) -> None:
    """Each new record begins its trail as one that was entered by hand; a changed one says what changed."""
    who = who_asked(record)
    if record.changed:
        trace_file(
            Employer,
            "correct_employer",
            "t.credit_code = r.values ->> 'credit_code'",
            EMPLOYER_LIST.target.fields,
            who,
            id=record.id,
            file=record.file_name,
            undone=record.is_undone,
        )
    db.session.execute(SQL["trace"], {"id": record.id, **trail.bound(who)})


EMPLOYER_LIST = Sheet(
    name="employers",
    title=_l("Employers"),
    about=_l("New employers are put on the register; those that your school has put there are changed "
             "where the file differs. What an employer keeps itself stays."),
    notes=(
        _l("An employer is known by its credit code."),
        _l("An empty cell changes nothing."),
    ),
    roles=(Role.SCHOOL,),
    menu="Employers",
    home=lambda: (_l("Employers"), url_for("EmployersView.list")),
    prepare=prepare,
    row=code_fits,
    needs=("credit_code", "compared"),
    look=look,
    after=leave_trace,
    unique=(("credit_code", "credit_code"),),
    most_rows=20_000,
    target=sheet.Target(
        model=Employer,
        key=("credit_code",),
        common=("school_id",),
        fixed=lambda record: {"school_id": record.school_id},
        fields=("name", "kind", "industry", "location", "address", "postcode", "contact_name",
                "email"),
        moment="changed_at",
        defaults={"state": EmployerState.LISTED.value, "contact_name": "", "email": ""},
    ),
    columns=(
        Column("credit_code", _l("Credit code"), CellKind.CODE, "DWZZJGDM", ("统一社会信用代码", "信用代码"),
               required=True, most=18, width=24, sample="91420100MA4KXXXX0X",
               help=_l("18 characters, as on the business licence.")),
        Column("compared", _l("Code compared"), CellKind.CHOICE, "", ("代码已核对",), aside=True, width=12,
               help=_l("“yes” where the last character does not fit, but stands so on the licence.")),
        Column("name", _l("Name of the employer"), CellKind.TITLE, "DWMC", ("单位名称",), required=True,
               most=120, checks=(is_title,), width=32, sample="星光集团有限公司"),
        Column("kind", _l("Nature"), CellKind.CHOICE, "DWXZDM", ("单位性质", "单位性质代码"), width=18,
               sample="39"),
        Column("industry", _l("Industry"), CellKind.CHOICE, "DWHYDM", ("单位行业", "单位行业代码"), width=22,
               sample="34"),
        Column("location", _l("Location"), CellKind.CHOICE, "DWSZDDM", ("单位所在地", "单位所在地代码"),
               width=22,
               listed=False, sample="420111"),
        Column("address", _l("Postal address"), CellKind.TEXT, "DWDZ", ("单位地址", "地址"), most=200,
               width=32),
        Column("postcode", _l("Postcode"), CellKind.CODE, "DWYB", ("单位邮编", "邮编"), most=6, width=10,
               checks=(columns.fits(checks.is_postcode, POSTCODE),)),
        Column("contact_name", _l("Signing contact"), CellKind.CONTACT, "LXR", ("联系人", "单位联系人"),
               width=12),
        Column("email", _l("E-mail"), CellKind.EMAIL, "LXRDZYX", ("电子邮箱", "邮箱"), most=120, width=22),
    ),
)  # fmt: skip
