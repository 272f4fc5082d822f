"""Files of offices, other programs and old systems: each is read as its maker saw it, or says what and where (BLK-02/05/07/10)."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import date

import pytest

from app.core.db import db
from app.files.imports import models
from app.files.imports.models import ImportRow
from tests.files.imports import office
from tests.files.imports.books import HEADS, good_row, text_table, xlsx
from tests.files.imports.conftest import problems, tally
from tests.files.imports.office import biff5, book, dbf, lines, ods, page, rows, spelled, xml_2003

ERROR, NO_VALUE, MISSING, LISTED = "错误值", "没有保存计算结果", "请填写此项", "可选范围"
HIDDEN, SHORT, MASKED, MEMO, GARBLED = "被隐藏", "可能已丢失位数", "已脱敏", "备注型字段", "乱码"
GOOD = lines(rows(2))


def cell(address, value):
    def change(_book, sheet):
        sheet[address] = value

    return change


def both(*changes):
    def change(made, sheet):
        for each in changes:
            each(made, sheet)

    return change


def merged(area):
    return lambda _book, sheet: sheet.merge_cells(area)


def below(*extra):
    def change(_book, sheet):
        for row in extra:
            sheet.append(row)

    return change


def further(name, table, state="visible"):
    def change(made, _sheet):
        sheet = made.create_sheet(name)
        for row in table:
            sheet.append(row)
        sheet.sheet_state = state

    return change


def hide(row=None, column=None):
    def change(_book, sheet):
        if row:
            sheet.row_dimensions[row].hidden = True
        if column:
            sheet.column_dimensions[column].hidden = True

    return change


def no_addresses(data):
    import re

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if "worksheets/sheet" in name:
                text = re.sub(rb'(<c\b[^>]*?) r="[A-Z]+\d+"', rb"\1", text)
                text = re.sub(rb'(<row\b[^>]*?) r="\d+"', rb"\1", text)
            new.writestr(name, text)
    return out.getvalue()


def backslashes(data):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name.replace("/", "\\"), old.read(name))
    return out.getvalue()


def two_rows_of_heads():
    """«联系方式» over two columns; all other headers reach over both rows."""

    def change(_book, sheet):
        sheet.insert_rows(1)
        for n in range(1, len(HEADS) + 1):
            sheet.cell(1, n, sheet.cell(2, n).value)
        sheet.cell(1, 9, "班级与联系方式")
        for n in range(1, 9):
            sheet.cell(2, n).value = None
            sheet.merge_cells(start_row=1, end_row=2, start_column=n, end_column=n)
        sheet.merge_cells("I1:K1")

    return book(change)


def by_college():
    """A college's name merged over its students."""
    return book(both(merged("D2:D4"), merged("E2:E4")))


ZEROS = [r | {"学号": f"00{n}7"} for n, r in enumerate(rows(2))]
C = [(h, "C", 30) for h in ("学号", "姓名", "身份证号", "院系", "专业", "毕业届", "学历", "手机号")]
RECORDS = [[r[h] for h, _t, _s in C] for r in rows(2)]
NA_HTML = [*GOOD[:2], [*GOOD[2][:8], "#N/A", *GOOD[2][9:]]]
XML_ERROR = ('<Cell><Data ss:Type="Error">#N/A</Data></Cell>',)
XML_FORMULA = ('<Cell ss:Formula="=R1C1"/>',)
ODS_ERROR = (
    (
        '<table:table-cell table:formula="of:=NA()" office:value-type="string" office:string-value=""'
        ' calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell>'
    ),
)


def put(table, row, place, value):
    return [
        [value if (n, m) == (row, place) else c for m, c in enumerate(r)]
        for n, r in enumerate(table)
    ]


def archive_of(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(name, data)
    return out.getvalue()


MHT = (
    b'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="x"\n\n--x\nContent-Type: text/html; charset="gb2312"\n'
    b"Content-Transfer-Encoding: 8bit\n\n"
    + page(GOOD, head='<meta charset="gb2312">', encoding="gbk")
    + b"\n--x--\n"
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
    # -- pages called .xls
    "a page of an old system in GBK": (
        page(
            lines(ZEROS),
            head='<meta http-equiv="Content-Type" content="text/html; charset=gb2312">',
            encoding="gbk",
        ),
        "a.xls",
        {},
        2,
        {},
    ),
    "a page that says nothing of its encoding": (page(GOOD, encoding="gbk"), "导出.xls", {}, 2, {}),
    "a page that says the wrong encoding": (
        page(GOOD, head='<meta charset="utf-8">', encoding="gbk"),
        "a.xls",
        {},
        2,
        {},
    ),
    "a page with a table around the table": (
        b"<table><tr><td>" + page(GOOD) + b"</td></tr></table>",
        "a.xls",
        {},
        2,
        {},
    ),
    "a page with head and body of its table": (
        page(GOOD)
        .replace(b"<table><tr >", b"<table><thead><tr>", 1)
        .replace(b"</tr>", b"</tr></thead>", 1),
        "a.xls",
        {},
        2,
        {},
    ),
    "a page with a title above": (
        page([[("名单", 'colspan="11"')], *GOOD]),
        "a.xls",
        {},
        2,
        {"notes": 1},
    ),
    "a bare table": (
        "\r\n<table>{}</table>".format(
            "".join("<tr>" + "".join(f"<td>{c}" for c in r) for r in GOOD)
        ).encode(),
        "a.xls",
        {},
        2,
        {},
    ),
    "a page whose number was shortened": (
        page(put(GOOD, 2, 2, "9.99999E+17")),
        "a.xls",
        {3: [("id_number", SHORT)]},
        1,
        {},
    ),
    "a web archive": (MHT, "a.xls", {}, 2, {}),
    "XML 2003 with rows that are skipped": (
        xml_2003({"a": [GOOD[0], [{"row": 'ss:Index="5"'}, *put(GOOD, 2, 9, "无")[2]]]}),
        "a.xls",
        {5: [("sex", LISTED)]},
        0,
        {},
    ),
    # -- Excel 95
    "Excel 95 without a code page": (biff5(GOOD, page=None), "a.xls", {}, 2, {}),
    "Excel 95 with whole numbers": (biff5(put(GOOD, 2, 0, 2023000002.0)), "a.xls", {}, 2, {}),
    "Excel 95 with a number that lost digits": (
        biff5(put(GOOD, 2, 2, 9.99999e17)),
        "a.xls",
        {3: [("id_number", SHORT)]},
        1,
        {},
    ),
    # -- text
    "a line that names the separator": (
        b"sep=;\r\n" + text_table(rows(2), separator=";"),
        "a.csv",
        {},
        2,
        {},
    ),
    "a title above semicolons": (
        "青山大学,2027届,名单\r\n".encode()
        + text_table([good_row(1), good_row(2, 性别="无")], separator=";"),
        "a.csv",
        {4: [("sex", LISTED)]},
        1,
        {"notes": 1},
    ),
    "a title above tabs in GBK": (
        "名单\r\n".encode("gbk") + text_table(rows(2), separator="\t", encoding="gbk"),
        "a.tsv",
        {},
        2,
        {"notes": 1},
    ),
    "bars between the cells": (text_table(rows(2), separator="|"), "a.txt", {}, 2, {}),
    "UTF-16 without its mark": (text_table(rows(2), encoding="utf-16-le"), "a.csv", {}, 2, {}),
    "a line break within a cell": (
        text_table([good_row(1, 班级="软工\n2301"), good_row(2, 性别="无")]),
        "a.csv",
        {3: [("sex", LISTED)]},
        1,
        {},
    ),
    "empty lines between": (
        text_table(rows(1)) + b"\r\n\r\n" + text_table(rows(1, 2, 性别="无")).split(b"\r\n", 1)[1],
        "a.csv",
        {5: [("sex", LISTED)]},
        1,
        {"empty": 2},
    ),
    "rows of different length": (
        text_table(rows(2)) + b"2023000009,\xe7\x8e\x8b,,,\r\n",
        "a.csv",
        {
            4: [
                (f, MISSING)
                for f in ("id_number", "college", "major", "graduation_year", "education")
            ]
        },
        2,
        {},
    ),
    # -- DBF
    "Visual FoxPro": (dbf(C, RECORDS, version=0x30, page=0x7A), "a.dbf", {}, 2, {}),
    "Visual FoxPro with a counter": (dbf(C, RECORDS, version=0x31), "a.dbf", {}, 2, {}),
    "Visual FoxPro 9": (dbf(C, RECORDS, version=0x32), "a.dbf", {}, 2, {}),
    "a DBF in UTF-8 that says nothing": (
        dbf(
            [(h.replace("身份证号", "SFZH"), t, n) for h, t, n in C],
            RECORDS,
            page=0,
            encoding="utf-8",
        ),
        "a.dbf",
        {},
        2,
        {},
    ),
    "a DBF in GBK that says Latin": (dbf(C, RECORDS, page=0x03), "a.dbf", {}, 2, {}),
    "deleted records": (
        dbf(C, [*RECORDS, [good_row(3)[h] for h, _t, _s in C]], deleted=(1,)),
        "a.dbf",
        {},
        2,
        {},
    ),
    "a field that the system hides": (
        dbf(
            [*C, ("_NullFlags", "0", 1)],
            [[*r, b"\0"] for r in RECORDS],
            version=0x30,
            flags={"_NullFlags": 5},
        ),
        "a.dbf",
        {},
        2,
        {},
    ),
    "a whole number of four bytes": (
        dbf(
            [*[c for c in C if c[0] != "毕业届"], ("毕业届", "I", 4)],
            [[*r[:5], *r[6:], struct.pack("<i", 2027)] for r in RECORDS],
            version=0x30,
        ),
        "a.dbf",
        {},
        2,
        {},
    ),
    "a memo with a text": (
        dbf(
            [*C, ("班级", "M", 10)], [[*RECORDS[0], ""], [*RECORDS[1], "        12"]], version=0x83
        ),
        "a.dbf",
        {3: [("class_name", MEMO)]},
        1,
        {},
    ),
    "a memo that nobody needs": (
        dbf([*C, ("简历", "M", 4)], [[*r, struct.pack("<i", 9)] for r in RECORDS], version=0xF5),
        "a.dbf",
        {},
        2,
        {},
    ),
    # -- codes and names, masks
    "code and name agree": (
        xlsx([r | {"学历代码": "31"} for r in rows(2, 学历="本科生毕业")], [*HEADS, "学历代码"]),
        "a.xlsx",
        None,
        2,
        {},
    ),
    "code and name contradict": (
        xlsx(
            [good_row(1) | {"学历代码": "31"}, good_row(2, 学历="31") | {"学历代码": "11"}],
            [*HEADS, "学历代码"],
        ),
        "a.xlsx",
        {3: [("education", "与此不一致")]},
        1,
        {},
    ),
    "only the name is filled": (
        xlsx([good_row(1, 学历="31") | {"学历代码": ""}], [*HEADS, "学历代码"]),
        "a.xlsx",
        {},
        1,
        {},
    ),
    "a masked number of a stranger": (
        xlsx([good_row(1), good_row(2, 身份证号="999999*****1023", 手机号="139****0002")]),
        "a.xlsx",
        {3: [("id_number", MASKED), ("phone", MASKED)]},
        1,
        {},
    ),
}


@pytest.mark.rule("BLK-02", "BLK-05", "BLK-07", "BLK-10")
@pytest.mark.parametrize("name", FILES, ids=lambda name: name.replace(" ", "-"))
def test_a_file_is_read_as_its_maker_saw_it_or_says_what_and_where(bring, name):
    data, file, wrong, good, left = FILES[name]
    record = bring(data, file)
    assert record.state == "checked", record.details
    found = problems(record)
    if wrong is not None:
        assert {n: [f for f, _s in texts] for n, texts in found.items()} == {
            n: [f for f, _s in texts] for n, texts in wrong.items()
        }, found
        assert all(
            piece in said
            for n, texts in wrong.items()
            for (_f, piece), (_g, said) in zip(texts, found[n], strict=True)
        ), found
        assert record.new == good
    unread = record.details["unread"]
    assert {key: unread.get(key) for key in left} == left


REFUSED = {
    "a workbook in an archive": (archive_of("名单.xlsx", xlsx(rows(1))), "a.zip", "解压"),
    "a binary workbook": (archive_of("xl/workbook.bin", b"x"), "a.xlsb", ".xlsb"),
    "a text document": (archive_of("word/document.xml", b"<x/>"), "a.docx", "这不是表格"),
    "a page without a table": (
        b"<html><frameset><frame src='a_files/sheet001.htm'></frameset></html>",
        "a.xls",
        "另存为",
    ),
    "other XML": (b"<?xml version='1.0'?><rows><row/></rows>", "a.xls", "XML"),
    "entities in a page": (b"<!DOCTYPE html [<!ENTITY a 'b'>]>" + page(GOOD), "a.xls", "XML 声明"),
    "entities in XML 2003": (
        xml_2003({"a": GOOD}, before='<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'),
        "a.xls",
        "XML 声明",
    ),
    "entities in an .ods": (
        archive_of("content.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
        "a.ods",
        "XML 声明",
    ),
    "a quotation mark that never closes": (
        text_table(rows(1)) + b'2023000009,"\xe7\x8e\x8b',
        "a.csv",
        "引号",
    ),
    "Excel 4": (b"\x09\x04\x06\x00\x00\x00\x10\x00" + bytes(300), "a.xls", "Excel 4"),
    "a DBF cut short": (dbf(C, RECORDS)[:-40], "a.dbf", "损坏"),
    "a page of a million cells": (
        b"<table><tr><td rowspan=60000 colspan=700>x</td></tr></table>",
        "a.xls",
        "内存",
    ),
}


@pytest.mark.rule("BLK-05", "BLK-10")
@pytest.mark.parametrize("name", REFUSED, ids=lambda name: name.replace(" ", "-"))
def test_a_file_that_cannot_be_read_says_what_it_is_and_what_to_do(bring, name):
    data, file, piece = REFUSED[name]
    record = bring(data, file)
    assert record.state == "failed", record.counts
    assert piece in record.details["sentences"][0], record.details


def kept(record, line):
    return db.session.query(ImportRow).filter_by(import_id=record.id, line=line).one().values


@pytest.mark.rule("BLK-02", "BLK-10")
@pytest.mark.parametrize(
    "make",
    [
        lambda t: page(t),
        lambda t: ods({"a": t}),
        lambda t: xml_2003({"a": t}),
        lambda t: biff5(t),
    ],
    ids=["html", "ods", "xml", "biff5"],
)
def test_zeros_and_all_18_digits_stay_in_every_format(bring, make):
    record = bring(make(lines(ZEROS)), "a.xls")
    assert tally(record) == (2, 0, 0, 0), problems(record)
    assert [kept(record, n)["student_no"] for n in (2, 3)] == ["0007", "0017"]
    assert [kept(record, n)["name"] for n in (2, 3)] == [ZEROS[0]["姓名"], ZEROS[1]["姓名"]]


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


DAYS = {
    "2027年6月": "2027-06-30",
    "2028.02": "2028-02-29",
    "2027/12": "2027-12-31",
    "2027-06-15": "2027-06-15",
    2027.04: "2027-04-30",
}


@pytest.mark.rule("BLK-02", "ADM-03")
@pytest.mark.parametrize("typed", DAYS, ids=str)
def test_a_month_as_an_end_is_its_last_day(bring, cast, typed):
    heads = ["学号", "操作", "原因", "至", "自"]
    row = {
        "学号": cast.student.student_no,
        "操作": "限制",
        "原因": "学费",
        "至": typed,
        "自": "2027年1月",
    }
    record = bring(xlsx([row], heads), "a.xlsx", "restrictions")
    assert problems(record) == {}
    assert (kept(record, 2)["since"], kept(record, 2)["until"]) == ("2027-01-01", DAYS[typed])


@pytest.mark.rule("BLK-02", "BLK-08")
def test_a_masked_list_changes_nothing_of_the_numbers_and_something_of_the_rest(bring, apply, cast):
    apply(bring(xlsx([good_row(1), good_row(2)])))
    masks = {"身份证号": "999999*****101X", "手机号": "139****0001"}
    record = bring(xlsx([good_row(1, 班级="软工2399") | masks, good_row(2, 手机号="139****0001")]))
    assert tally(record) == (0, 1, 0, 1)
    assert [f for f, _s in problems(record)[3]] == ["phone"]
    assert record.details["masked"] == {"id_number": 1, "phone": 2}
    from app.people.students.models import Student

    apply(record, "write_good")
    student = db.session.query(Student).filter_by(student_no="2023000001").one()
    assert (student.class_name, student.phone) == ("软工2399", good_row(1)["手机号"])
    assert student.id_number == good_row(1)["身份证号"]


@pytest.mark.rule("BLK-02")
def test_a_number_that_is_wrong_shows_where_and_not_what_it_is(bring):
    typed = good_row(1)["身份证号"]
    record = bring(xlsx([good_row(1, 身份证号=f"{typed[:8]}O{typed[9:]}")]))
    [row] = db.session.query(ImportRow).filter_by(import_id=record.id)
    shown = row.more["shown"]["id_number"]
    assert (len(shown), shown[8], shown.count("*") >= 8) == (18, "O", True)
    assert typed[7:14] not in shown


@pytest.mark.rule("BLK-02", "BLK-05")
def test_dates_of_old_formats_are_days(bring, cast):
    heads = ["学号", "操作", "原因", "自", "至"]
    row = [cast.student.student_no, "限制", "学费"]
    day = (date(2027, 3, 1) - date(1899, 12, 30)).days
    for data, name in (
        (biff5([heads, [*row, float(day), "2027-06-01"]], days={(1, 3)}), "a.xls"),
        (
            dbf(
                [
                    ("学号", "C", 20),
                    ("操作", "C", 4),
                    ("原因", "C", 20),
                    ("自", "T", 8),
                    ("至", "D", 8),
                ],
                [[*row, office.foxpro_moment(date(2027, 3, 1)), "20270601"]],
                version=0x30,
            ),
            "a.dbf",
        ),
        (
            xml_2003(
                {
                    "a": [
                        heads,
                        [
                            *row,
                            (
                                '<Cell><Data ss:Type="DateTime">2027-03-01T00:00:00.000</Data></Cell>',
                            ),
                            "2027-06-01",
                        ],
                    ]
                }
            ),
            "a.xml",
        ),
        (
            xlsx([dict(zip(heads, [*row, date(2027, 3, 1), "2027-06-01"], strict=True))], heads),
            "a.xlsx",
        ),
    ):
        record = bring(data, name, "restrictions")
        assert problems(record) == {}, name
        assert (kept(record, 2)["since"], kept(record, 2)["until"]) == ("2027-03-01", "2027-06-01")


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
