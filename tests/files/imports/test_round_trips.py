"""Every sheet comes back from every format without a change: what a list gives, or a filled template (BLK-01)."""

from __future__ import annotations

import io

import openpyxl
import pytest

from app.core import clock
from app.core.db import db
from app.core.registry import stores
from app.files.exports.models import Format
from app.files.imports.intake import _names as known_names
from app.files.imports.row_models import ImportRow
from app.people.schools.models import College, Major
from app.people.students.models import Restriction
from app.plan.letters.models import ForwardingLetter
from app.plan.rows.models import PlanEntry
from tests import factories as make
from tests.files.exports.conftest import ask, content  # noqa: F401 (fixtures)
from tests.files.imports import hostile
from tests.files.imports.bad.lists import COURIER, PLAN, SEND_LIST
from tests.files.imports.bad.people import EMPLOYERS, RESTRICTIONS
from tests.files.imports.books import text_table, xls, xlsx
from tests.files.imports.conftest import aside, tally

LISTED = {  # sheet → the list that it fills
    "students": "StudentsView",
    "employers": "EmployersView",
    "colleges": "CollegesView",
    "majors": "MajorsView",
    "courier": "LettersView",
}
FORMATS = {
    "xlsx": (xlsx, "a.xlsx"),
    "xls": (xls, "a.xls"),
    "csv": (lambda rows, heads: text_table(rows, heads), "a.csv"),
    "csv-bom": (lambda rows, heads: text_table(rows, heads, encoding="utf-8-sig"), "a.csv"),
    "csv-gb18030": (lambda rows, heads: text_table(rows, heads, encoding="gb18030"), "a.csv"),
    "csv-utf16": (lambda rows, heads: text_table(rows, heads, encoding="utf-16"), "a.csv"),
    "dbf": (lambda rows, heads: dbf(rows, heads), "a.dbf"),
}


def dbf(rows, heads):
    """Field names have ten bytes: headers by which the same columns are known."""
    fields = [
        (head, max(1, *(len(str(row.get(head, "")).encode("gbk")) for row in rows)))
        for head in heads
    ]
    return hostile.dbf(fields, [[row.get(head, "") for head in heads] for row in rows], "gbk")


def shaped(sheet, heads, rows, form, pad=""):
    """The rows as a file of that format, and its name."""
    if form == "dbf":
        names = {head: short(sheet, head) for head in heads}
        heads = [name for name in names.values() if name]
        rows = [{name: row.get(head, "") for head, name in names.items() if name} for row in rows]
    write, name = FORMATS[form]
    return write([row | {heads[0]: f"{pad}{row[heads[0]]}"} for row in rows], heads), name


def short(sheet, head):
    """A name of the same column with at most ten bytes in GBK."""
    names = known_names(stores().sheets[sheet])
    column = names[head][0] if head in names else None
    same = [name for name, (of, _rank) in names.items() if of is column and column]
    return next((name for name in (head, *same) if len(name.encode("gbk")) <= 10), None)


@pytest.fixture
def full(cast, app):
    """Records of every kind, with values that tempt a spreadsheet."""
    for n, name in enumerate(("=公司", "甲'乙", "1e5公司")):
        values = EMPLOYERS.good(cast, n)
        from app.people.employers.register import list_employer

        list_employer(
            {
                "credit_code": values["统一社会信用代码"],
                "name": name,
                "kind": "39",
                "postcode": "001234",
                "location": "420111",
                "industry": "34",
                "address": "-1号",
                "email": "a@example.com",
                "contact_name": "买买提·吾布力",
            },
            make.actor(cast.officer),
        )
    make.make_employer(cast.school, "无地址公司", address=None, postcode=None, location=None)
    db.session.add(College(school_id=cast.school.id, code="003", name="+院"))
    db.session.add(
        Major(school_id=cast.school.id, college_id=cast.college.id, code="001", name="@专业")
    )
    db.session.commit()
    COURIER.before(cast)
    for n, letter in enumerate(db.session.query(ForwardingLetter).filter_by(void_at=None)):
        letter.tracking_number, letter.courier = f"00{n}-1", "-顺丰"
        letter.sent_on = clock.today()
    db.session.query(ForwardingLetter).filter(ForwardingLetter.void_at.is_not(None)).delete()
    for entry in db.session.query(PlanEntry).filter_by(school_id=cast.school.id):
        entry.employer_name, entry.address, entry.postcode = "=公司", "-1号", "001234"
    db.session.commit()


def table_of(data):
    """Headers and rows of a workbook."""
    page = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    heads, *rows = [
        ["" if cell is None else cell for cell in row] for row in page.iter_rows(values_only=True)
    ]
    return heads, [dict(zip(heads, row, strict=True)) for row in rows]


def came_back(bring, data, name, sheet, user=None):
    found = bring(data, name, sheet, user)
    assert found.state == "checked", (name, found.details)
    rows = db.session.query(ImportRow).filter_by(import_id=found.id)
    wrong = [(r.row, r.status, r.problems, r.values, r.old) for r in rows if r.status != "same"]
    assert wrong == [], name
    assert found.same > 0
    return found


@pytest.fixture
def listed(full, ask, content):  # noqa: F811
    """The list that a sheet fills, as a file of that format; and how many rows it has."""

    def act(sheet, form):
        more = {"clear": True, "purpose": "核对"} if sheet == "students" else {}
        record = ask(form, LISTED[sheet], "tab=all", **more)
        assert record.state == "ready", record.details
        return content(record), record.counted

    return act


@pytest.mark.rule("BLK-01", "BLK-02")
@pytest.mark.parametrize("sheet", LISTED)
def test_a_list_that_goes_out_comes_back_without_a_change(bring, listed, sheet):
    for form in ("csv", "csv-gb18030", "xlsx", "dbf"):
        with aside():
            data, counted = listed(sheet, form)
            found = came_back(bring, data, f"a.{Format(form).ending}", sheet)
            assert found.same == counted, form


@pytest.mark.rule("BLK-01", "BLK-02")
@pytest.mark.parametrize("sheet", LISTED)
def test_a_list_comes_back_from_any_format(bring, listed, sheet):
    heads, rows = table_of(listed(sheet, "xlsx")[0])
    for form in FORMATS:
        with aside():
            came_back(bring, *shaped(sheet, heads, rows, form), sheet)


@pytest.mark.rule("BLK-01", "BLK-02", "PLN-05", "INV-03")
@pytest.mark.parametrize("table", [SEND_LIST, PLAN], ids=lambda table: table.sheet)
def test_what_was_applied_comes_back_from_any_format(bring, apply, cast, table):
    table.before(cast)
    user = getattr(cast, table.user)
    rows = [table.good(cast, n) for n in range(3)]
    first = apply(bring(xlsx(rows, table.heads), "a.xlsx", table.sheet, user), user=user)
    assert first.state == "applied"
    for form in FORMATS:
        with aside():
            data, name = shaped(table.sheet, table.heads, rows, form, " ")  # other bytes
            came_back(bring, data, name, table.sheet, user)


@pytest.mark.rule("BLK-01", "ADM-03")
def test_restrictions_from_any_format_are_not_set_twice(bring, apply, cast):
    table = RESTRICTIONS
    rows = [table.good(cast, n) | {"结束日期": "2030-07-01"} for n in range(3)]
    for form in FORMATS:
        with aside():
            data, name = shaped(table.sheet, table.heads, rows, form)
            assert apply(bring(data, name, table.sheet)).state == "applied", form
            assert db.session.query(Restriction).count() == 3
            again = bring(xlsx(rows, table.heads, sheet="又"), "b.xlsx", table.sheet)
            assert tally(again) == (0, 0, 3, 0), form
