"""Files of other programs and old systems: each is read as its maker saw it, or says what and where (BLK-02/05/10)."""

from __future__ import annotations

import struct
from datetime import date

import pytest

from app.core.db import db
from app.files.imports.row_models import ImportRow
from tests.files.imports import office
from tests.files.imports.books import HEADS, good_row, text_table, xlsx
from tests.files.imports.conftest import problems, tally
from tests.files.imports.office import biff5, dbf, lines, ods, page, rows, xml_2003
from tests.files.imports.office_books import (
    GOOD,
    LISTED,
    MASKED,
    MEMO,
    MHT,
    MISSING,
    RECORDS,
    SHORT,
    ZEROS,
    C,
    archive_of,
    is_read_as_made,
    kept,
    put,
)

# name → data, file name, {line: [(field, piece of its sentence)]}, good rows, what was counted
FILES = {
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
    is_read_as_made(bring, FILES[name])


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
