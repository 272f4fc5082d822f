"""Sheets as offices leave them: several, hidden, merged, half calculated, with rows that are none (BLK-02/07)."""

from __future__ import annotations

import io

import pytest

from app.core.db import db
from app.files.imports import models
from app.files.imports.row_models import ImportRow
from tests.files.imports.books import HEADS, good_row, text_table, xlsx
from tests.files.imports.conftest import problems, tally
from tests.files.imports.office import biff5, book, lines, ods, page, rows, spelled, xml_2003
from tests.files.imports.office_books import (
    ERROR,
    GOOD,
    HIDDEN,
    LISTED,
    MISSING,
    NA_HTML,
    NO_VALUE,
    ODS_ERROR,
    XML_ERROR,
    XML_FORMULA,
    backslashes,
    below,
    both,
    by_college,
    cell,
    further,
    hide,
    is_read_as_made,
    merged,
    no_addresses,
    put,
    two_rows_of_heads,
)

# name → data, file name, {line: [(field, piece of its sentence)]}, good rows, what was counted
FILES = {
    # -- all sheets
    "two sheets of the same headers are one table": (
        book(further("网工", lines(rows(2, 5)))),
        "a.xlsx",
        {},
        5,
        {"sheets": []},
    ),
    "a second sheet with its columns in another order": (
        book(further("网工", lines(rows(2, 5), HEADS[::-1]))),
        "a.xlsx",
        {},
        5,
        {"sheets": []},
    ),
    "a second sheet with a title of its own": (
        book(further("网工", [["网络工程专业名单"], [], *lines(rows(2, 5))])),
        "a.xlsx",
        {},
        5,
        {"notes": 1},
    ),
    "a second sheet with a bad row": (
        book(further("网工", lines(rows(2, 5, 性别="无")))),
        "a.xlsx",
        {2: [("sex", LISTED)], 3: [("sex", LISTED)]},
        3,
        {},
    ),
    "a sheet of other headers is named": (
        book(further("汇总", [["学院", "人数"], ["计算机学院", 3]])),
        "a.xlsx",
        {},
        3,
        {"sheets": [["汇总", 1]]},
    ),
    "a hidden sheet of last year is not taken": (
        book(further("去年", lines(rows(2, 5)), "hidden")),
        "a.xlsx",
        {},
        3,
        {"hidden_sheets": ["去年"], "sheets": []},
    ),
    "the only table is on a hidden sheet": (
        book(
            both(
                lambda made, sheet: setattr(made.create_sheet("说明"), "title", "说明"),
                lambda _m, s: setattr(s, "sheet_state", "hidden"),
            )
        ),
        "a.xlsx",
        {},
        3,
        {},
    ),
    "an empty sheet says nothing": (book(further("Sheet2", [])), "a.xlsx", {}, 3, {"sheets": []}),
    "sheets of an .ods": (
        ods({"软工": GOOD, "网工": lines(rows(2, 5)), "表3": [["x"]]}),
        "a.ods",
        {},
        4,
        {"sheets": [["表3", 1]]},
    ),
    "sheets of XML 2003": (
        xml_2003({"软工": GOOD, "网工": lines(rows(2, 5))}),
        "a.xls",
        {},
        4,
        {"sheets": []},
    ),
    "two tables of one page": (
        page(GOOD, more=page(lines(rows(2, 5))).decode()),
        "a.xls",
        {},
        4,
        {},
    ),
    # -- hidden
    "a hidden column is taken and said": (
        book(hide(column="I")),
        "a.xlsx",
        {},
        3,
        {"hidden_columns": ["班级"]},
    ),
    "a hidden row without addresses": (
        no_addresses(book(hide(row=3))),
        "a.xlsx",
        {3: [("student_no", HIDDEN)]},
        2,
        {"hidden_rows": 1},
    ),
    "a row hidden in an .ods": (
        ods({"a": [GOOD[0], GOOD[1], [{"row": 'table:visibility="collapse"'}, *GOOD[2]]]}),
        "a.ods",
        {3: [("student_no", HIDDEN)]},
        1,
        {"hidden_rows": 1},
    ),
    "a row that a filter of an .ods hides": (
        ods({"a": [GOOD[0], [{"row": 'table:visibility="filter"'}, *GOOD[1]], GOOD[2]]}),
        "a.ods",
        {2: [("student_no", HIDDEN)]},
        1,
        {"hidden_rows": 1},
    ),
    "a column hidden in an .ods": (
        ods(
            {"a": GOOD},
            columns='<table:table-column table:number-columns-repeated="8"/><table:table-column table:visibility="collapse"/>',
        ),
        "a.ods",
        {},
        2,
        {"hidden_columns": ["班级"]},
    ),
    "a row hidden in XML 2003": (
        xml_2003({"a": [GOOD[0], GOOD[1], [{"row": 'ss:Hidden="1"'}, *GOOD[2]]]}),
        "a.xls",
        {3: [("student_no", HIDDEN)]},
        1,
        {"hidden_rows": 1},
    ),
    "a column hidden in XML 2003": (
        xml_2003({"a": GOOD}, columns='<Column ss:Index="9" ss:Hidden="1"/>'),
        "a.xls",
        {},
        2,
        {"hidden_columns": ["班级"]},
    ),
    "a row hidden in a page": (
        page([GOOD[0], GOOD[1], [*GOOD[2], {"tr": 'style="display:none"'}]]),
        "a.xls",
        {3: [("student_no", HIDDEN)]},
        1,
        {"hidden_rows": 1},
    ),
    "a row hidden in Excel 95": (
        biff5(GOOD, hidden=(2,)),
        "a.xls",
        {3: [("student_no", HIDDEN)]},
        1,
        {"hidden_rows": 1},
    ),
    "a workbook whose parts have backslashes in their names": (
        backslashes(book(hide(row=3))),
        "a.xlsx",
        {3: [("student_no", HIDDEN)]},
        2,
        {"hidden_rows": 1},
    ),
    # -- merged
    "a college merged over its students": (by_college(), "a.xlsx", {}, 3, {"merged": 4}),
    "a college merged in an .ods": (
        ods(
            {
                "a": [
                    GOOD[0],
                    put(
                        GOOD,
                        1,
                        3,
                        (
                            '<table:table-cell table:number-rows-spanned="2" office:value-type="string"><text:p>计算机学院</text:p></table:table-cell>',
                        ),
                    )[1],
                    put(GOOD, 2, 3, ("<table:covered-table-cell/>",))[2],
                ]
            }
        ),
        "a.ods",
        {},
        2,
        {"merged": 1},
    ),
    "a college merged in XML 2003": (
        xml_2003(
            {
                "a": [
                    GOOD[0],
                    put(
                        GOOD,
                        1,
                        3,
                        ('<Cell ss:MergeDown="1"><Data ss:Type="String">计算机学院</Data></Cell>',),
                    )[1],
                    [
                        c
                        if n != 4
                        else (f'<Cell ss:Index="5"><Data ss:Type="String">{c}</Data></Cell>',)
                        for n, c in enumerate(GOOD[2])
                        if n != 3
                    ],
                ]
            }
        ),
        "a.xls",
        {},
        2,
        {"merged": 1},
    ),
    "a college that reaches over two rows of a page": (
        page(
            [
                GOOD[0],
                put(GOOD, 1, 3, ("计算机学院", 'rowspan="2"'))[1],
                [c for n, c in enumerate(GOOD[2]) if n != 3],
            ]
        ),
        "a.xls",
        {},
        2,
        {"merged": 1},
    ),
    "a student number merged over two rows": (
        book(merged("A2:A3")),
        "a.xlsx",
        {3: [("student_no", "第 2 行重复")]},
        2,
        {"merged": 1},
    ),
    "headers in two rows": (two_rows_of_heads(), "a.xlsx", {}, 3, {}),
    "an error merged over two rows": (
        book(both(cell("I2", "#N/A"), merged("I2:I3"))),
        "a.xlsx",
        {2: [("class_name", ERROR)], 3: [("class_name", ERROR)]},
        1,
        {},
    ),
    # -- errors, formulas
    "a formula that nobody has calculated": (
        book(cell("I3", "=VLOOKUP(A3,Z:Z,1,0)")),
        "a.xlsx",
        {3: [("class_name", NO_VALUE)]},
        2,
        {"no_value": 1},
    ),
    "a formula of a required column": (
        book(cell("B3", '=C3&""')),
        "a.xlsx",
        {3: [("name", NO_VALUE)]},
        2,
        {"no_value": 1},
    ),
    "a formula that gives an empty text": (
        spelled(
            xlsx([good_row(1), good_row(2) | {"班级": ("formula", '=""', "")}]),
            (b'r="I3"><f>', b'r="I3" t="str"><f>'),
        ),
        "a.xlsx",
        {},
        2,
        {"no_value": 0},
    ),
    "a zero that the writing program put in": (
        xlsx([good_row(1), good_row(2) | {"班级": ("formula", "=A1", 0)}]),
        "a.xlsx",
        {3: [("class_name", NO_VALUE)]},
        1,
        {"no_value": 1},
    ),
    "an error without addresses": (
        no_addresses(xlsx([good_row(1), good_row(2) | {"班级": ("formula", "=NA()", "#N/A")}])),
        "a.xlsx",
        {3: [("class_name", ERROR)]},
        1,
        {"errors": 1},
    ),
    "an error pasted as a value": (
        book(cell("I3", "#REF!")),
        "a.xlsx",
        {3: [("class_name", ERROR)]},
        2,
        {},
    ),
    "a column too narrow to be copied": (
        text_table([good_row(1), good_row(2, 手机号="########")]),
        "a.csv",
        {3: [("phone", ERROR)]},
        1,
        {},
    ),
    "an error in an .ods": (
        ods({"a": put(GOOD, 2, 8, ODS_ERROR)}),
        "a.ods",
        {3: [("class_name", ERROR)]},
        1,
        {"errors": 1},
    ),
    "an error in XML 2003": (
        xml_2003({"a": put(GOOD, 2, 8, XML_ERROR)}),
        "a.xls",
        {3: [("class_name", ERROR)]},
        1,
        {},
    ),
    "a formula in XML 2003 without its value": (
        xml_2003({"a": put(GOOD, 2, 8, XML_FORMULA)}),
        "a.xls",
        {3: [("class_name", NO_VALUE)]},
        1,
        {"no_value": 1},
    ),
    "an error in a page": (page(NA_HTML), "a.xls", {3: [("class_name", ERROR)]}, 1, {}),
    "an error in Excel 95": (
        biff5(GOOD, errors={(2, 8)}),
        "a.xls",
        {3: [("class_name", ERROR)]},
        1,
        {"errors": 1},
    ),
    "an error in a text table": (
        text_table([good_row(1), good_row(2, 班级="#N/A")]),
        "a.csv",
        {3: [("class_name", ERROR)]},
        1,
        {},
    ),
    # -- what is no row
    "a total below": (
        book(below(["合计", "", "", "", "", "", "", "", "", "", 3])),
        "a.xlsx",
        {},
        3,
        {"totals": 1},
    ),
    "a total that is a formula": (
        book(below(["合　计", "=COUNTA(B2:B4)"])),
        "a.xlsx",
        {},
        3,
        {"totals": 1},
    ),
    "a subtotal of each college": (
        book(below(["计算机学院小计", "", "3人"], lines(rows(1, 7))[1], ["总计", "4"])),
        "a.xlsx",
        {},
        4,
        {"totals": 2},
    ),
    "a student whose class is called total": (
        book(cell("I3", "合计")),
        "a.xlsx",
        {},
        3,
        {"totals": 0},
    ),
    "headers on every printed page": (
        book(below(HEADS, lines(rows(1, 7))[1], HEADS, lines(rows(1, 8))[1])),
        "a.xlsx",
        {},
        5,
        {"heads_again": 2},
    ),
    "notes below": (
        book(below([], ["制表人：张三", "", "审核人：李四"], ["注：学号不得重复。"])),
        "a.xlsx",
        {},
        3,
        {"notes": 2, "empty": 1},
    ),
    "notes above": (
        xlsx(
            rows(2), above=("青山大学2027届毕业生名单", "制表：教务处，2027-03-01", "说明：共 2 人")
        ),
        "a.xlsx",
        {},
        2,
        {"notes": 3},
    ),
    "a row with nothing but a number is not lost": (
        book(below(["2023999999"])),
        "a.xlsx",
        {
            5: [
                (f, MISSING)
                for f in ("name", "id_number", "college", "major", "graduation_year", "education")
            ]
        },
        3,
        {"notes": 0},
    ),
    "empty rows between": (
        book(below([], [], lines(rows(1, 7))[1])),
        "a.xlsx",
        {},
        4,
        {"empty": 2},
    ),
}


@pytest.mark.rule("BLK-02", "BLK-05", "BLK-07", "BLK-10")
@pytest.mark.parametrize("name", FILES, ids=lambda name: name.replace(" ", "-"))
def test_a_sheet_is_read_as_its_maker_saw_it_or_says_what_and_where(bring, name):
    is_read_as_made(bring, FILES[name])


@pytest.mark.rule("BLK-07")
def test_rows_of_all_sheets_are_numbered_on_and_say_where_they_stand(bring):
    record = bring(book(further("网工", lines([good_row(1), good_row(6)]))))
    staged = db.session.query(ImportRow).filter_by(import_id=record.id).order_by(ImportRow.row)
    assert [(r.row, r.sheet, r.line) for r in staged] == [
        (1, 0, 2),
        (2, 0, 3),
        (3, 0, 4),
        (4, 1, 2),
        (5, 1, 3),
    ]
    assert record.details["sheets"] == ["学生", "网工"]
    double = next(r for r in staged if r.status == "faulty")
    assert (double.row, "学生!2" in double.problems[0][1]) == (4, True)


@pytest.mark.rule("BLK-02", "BLK-07")
def test_the_error_workbook_names_the_sheet_and_comes_back(app, bring):
    record = bring(book(further("网工", lines([good_row(6, 性别="无"), good_row(7)]))))
    assert problems(record).keys() == {2}
    import openpyxl

    with app.test_request_context():
        data = models.FILES.read(record.errors_key, record.uid)
    made = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [c.value for c in made[2]][:2] == ["网工", 2]
    made.cell(2, [c.value for c in made[1]].index("性别") + 1, "女")
    out = io.BytesIO()
    made.parent.save(out)
    again = bring(out.getvalue(), "问题行.xlsx")
    assert (tally(again), again.details["ignored"]) == ((1, 0, 0, 0), [])
