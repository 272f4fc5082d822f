"""Files as they come from offices, web systems and other programs: what is read, mended and said, refused (docs/cases.md)."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from app.core.db import db
from app.files.imports import cells
from app.files.imports.cells import Wrong
from app.files.imports.models import FILES
from app.files.imports.row_models import ImportRow
from app.people.schools.models import Major
from app.people.students.models import Student
from tests import factories as make
from tests.files.imports.books import good_row, number, text_table, xls, xlsx
from tests.files.imports.conftest import problems, tally

CASES = Path(__file__).parent / "cases"
ERROR, HIDDEN, GARBLED, OLD = "错误值", "被隐藏", "乱码", "Excel 4"


@pytest.fixture
def school(cast):
    """The colleges and majors that the case files name."""
    for code, name, major in (
        ("21", "计算机科学与技术学院", "软件工程"),
        ("22", "法学院二", "法学"),
    ):
        college = make.make_college(cast.school, code, name)
        db.session.add(
            Major(school_id=cast.school.id, college_id=college.id, code=f"09{code}", name=major)
        )
    db.session.flush()
    return cast.school


def file(name: str) -> bytes:
    return (CASES / name).read_bytes()


def said(record) -> list[str]:
    return record.details.get("sentences", [])


def kept(record, status="new"):
    return (
        db.session.query(ImportRow)
        .filter_by(import_id=record.id, status=status)
        .order_by(ImportRow.row)
        .all()
    )


# -- 02: files of Excel 95 and older --------------------------------------------------------------


@pytest.mark.rule("BLK-02", "BLK-10")
def test_students_of_an_excel_95_file_are_read_by_its_code_page(bring, school):
    name = "students_excel95_cp936.xls"
    record = bring(file(name), name)
    assert tally(record) == (2, 0, 0, 0), problems(record)
    assert [row.values["name"] for row in kept(record)] == ["老库一", "老库二"]
    assert record.details["encoding"] == "gb18030"


@pytest.mark.rule("BLK-02", "BLK-10", "PLN-05")
@pytest.mark.parametrize("name", ["plan_excel95_cp936.xls", "plan_excel95_no_codepage.xls"])
def test_a_plan_file_of_excel_95_is_read_with_and_without_a_code_page(bring, cast, name):
    for no in ("2023000557", "2023000544"):
        make.make_student(cast.college, "甲", student_no=no)
    record = bring(file(name), name, "plan")
    assert record.faulty == 0, problems(record)
    said = {
        row.values["employer_name"] for status in ("new", "changed") for row in kept(record, status)
    }
    assert said == {"武汉黄河科技有限公司", "武汉长江科技有限公司"}


@pytest.mark.rule("BLK-05")
@pytest.mark.parametrize(
    "data",
    [
        file("students_excel2.xls"),
        b"\x09\x02\x06\x00" + bytes(300),
        b"\x09\x04\x06\x00" + bytes(300),
    ],
    ids=["Excel 2", "Excel 3", "Excel 4"],
)
def test_a_file_of_excel_4_or_older_is_refused_by_name(bring, data):
    record = bring(data, "旧表.xls")
    assert record.state == "failed"
    assert OLD in said(record)[0]
    assert ".xlsx" in said(record)[0]


GARBLED_TEXTS = (
    "张\ufffd三",
    "����",
    "Îäºº»ÆºÓ",
    "ÎäººÊÐºéÉ½Çø",
    "å¼\xa0ä¸\x89",
    "\x93张三\x94",
    "ÕÅÈý 9班",
    "锟斤拷",
)
RIGHT_TEXTS = (
    "张三",
    "José García",
    "Müller",
    "Çelik",
    "Đỗ Thị Hà",
    "9班",
    "软工2301（本）",
    "Ångström",
    "Fuß",
    "Éé",
    "naïve café",
)


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize("text", GARBLED_TEXTS)
def test_text_decoded_by_a_wrong_code_page_is_no_data(app, text):
    with app.test_request_context(), pytest.raises(Wrong, match=r"encoding|乱码"):
        cells.text(text, 60)


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize("text", RIGHT_TEXTS)
def test_letters_with_marks_are_no_wrong_code_page(app, text):
    with app.test_request_context():
        assert cells.text(text, 60) == text


def test_a_gbk_file_read_as_latin_marks_its_cells(bring):
    row = good_row(1) | {"姓名": "ÍõÐ¡Ã÷", "班级": "Èí¹¤2301"}
    assert {f for f, s in problems(bring(xlsx([row])))[2] if GARBLED in s} == {"name", "class_name"}


# -- 03: cells that show an error ---------------------------------------------------------------------


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize("name", ["na.xls", "na_control.xlsx"])
def test_na_is_an_error_in_every_format(bring, school, name):
    record = bring(file(name), name)
    assert tally(record) == (1, 0, 0, 1)
    assert [(f, ERROR in s) for f, s in problems(record)[3]] == [
        ("class_name", True),
        ("phone", True),
    ]


def rewritten(data: bytes, change) -> bytes:
    """The workbook with its parts changed: `change(name, data)` gives name and data."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            new.writestr(*change(part, old.read(part)))
    return out.getvalue()


def strict(name: str, data: bytes) -> tuple[str, bytes]:
    for old, fresh in (
        (
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        ),
        (
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        ),
    ):
        data = (
            data
            if name.endswith("[Content_Types].xml") or name.startswith("_rels")
            else data.replace(old, fresh)
        )
    return name, data


def without_addresses(name: str, data: bytes) -> tuple[str, bytes]:
    return name, re.sub(
        rb'(<c\b[^>]*?) r="[A-Z]+\d+"', rb"\1", data
    ) if "worksheets/sheet" in name else data


WITH_NA = xlsx([good_row(1), good_row(2) | {"班级": ("formula", "=NA()", "#N/A")}])


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize("shown", ["#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?"])
def test_every_kind_of_error_is_one(bring, shown):
    record = bring(xlsx([good_row(1), good_row(2) | {"班级": ("formula", "=1/0", shown)}]))
    assert tally(record) == (1, 0, 0, 1)


@pytest.mark.rule("BLK-02")
def test_na_is_an_error_in_a_strict_workbook(bring):
    record = bring(rewritten(WITH_NA, strict))
    assert record.state == "failed" or tally(record) == (1, 0, 0, 1), (
        "an error must not pass as an empty cell"
    )
    assert record.state == "checked", said(record)


@pytest.mark.rule("BLK-02")
def test_an_error_without_an_address_is_not_read_as_empty(bring):
    record = bring(rewritten(WITH_NA, without_addresses))
    assert tally(record) == (1, 0, 0, 1)
    assert ERROR in problems(record)[3][0][1]


def test_an_error_on_another_sheet_says_nothing_of_this_one(bring):
    book = openpyxl.load_workbook(io.BytesIO(xlsx([good_row(1)])))
    book.create_sheet("汇总")["A1"] = "=1/0"
    out = io.BytesIO()
    book.save(out)
    assert tally(bring(out.getvalue())) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("name", "kind"), [("libreoffice_office.xls", "xls"), ("libreoffice_office.xlsx", "xlsx")]
)
def test_what_libreoffice_saves_is_read_with_errors_and_hidden_rows(bring, name, kind):
    """A title row, #N/A in row 4, row 5 hidden by a filter, a second sheet with an error and a hidden row."""
    record = bring(file(name), name)
    assert tally(record) == (2, 0, 0, 2)
    found = problems(record)
    assert ERROR in dict(found[4])["class_name"]
    assert HIDDEN in dict(found[5])["student_no"]


# -- 05: rows that a filter hides ---------------------------------------------------------------------


@pytest.mark.rule("BLK-02")
def test_students_hidden_by_a_filter_are_asked_about(bring, school, cast):
    cast.other_college.name = "法学院"
    record = bring(file("students_filtered.xlsx"), "筛选.xlsx")
    assert record.total == 4
    hidden = {row for row, found in problems(record).items() if any(HIDDEN in s for _f, s in found)}
    assert hidden == {3, 4}
    assert record.new == 2


@pytest.mark.rule("BLK-02", "ADM-04")
def test_nobody_is_restricted_whose_row_is_hidden(bring, apply, cast):
    for no, name in (("2023000540", "于霞勇"), ("2023000539", "宋华芳"), ("2023000538", "杜萍丽")):
        make.make_student(cast.college, name, student_no=no)
    record = bring(file("restrict_filtered.xlsx"), "限制.xlsx", "restrictions")
    assert record.faulty == 1
    assert HIDDEN in problems(record)[3][0][1]
    apply(record, "write_good")
    db.session.expire_all()
    who = db.session.query(Student).filter(
        Student.student_no.in_(["2023000540", "2023000539", "2023000538"])
    )
    from app.people.students.models import Restriction

    restricted = {db.session.get(Student, r.student_id).name for r in db.session.query(Restriction)}
    assert restricted & {s.name for s in who} == {"于霞勇", "杜萍丽"}


@pytest.mark.rule("BLK-02")
def test_the_hidden_row_can_be_imported_by_the_faulty_rows(app, bring, apply):
    book = openpyxl.load_workbook(io.BytesIO(xlsx([good_row(1), good_row(2)])))
    book.active.row_dimensions[3].hidden = True
    out = io.BytesIO()
    book.save(out)
    record = bring(out.getvalue())
    assert tally(record) == (1, 0, 0, 1)
    with app.test_request_context():
        again = bring(FILES.read(record.errors_key, record.uid), "问题行.xlsx")
    assert tally(again) == (1, 0, 0, 0)


@pytest.mark.parametrize("spelled", [b'hidden="1"', b"hidden='true'", b'hidden = "true"'])
def test_a_hidden_row_is_found_however_it_is_spelled(bring, spelled):
    def hide(name, data):
        return name, data.replace(
            b'<row r="3"', b'<row r="3" ' + spelled
        ) if "worksheets/sheet" in name else data

    assert tally(bring(rewritten(xlsx([good_row(1), good_row(2)]), hide))) == (1, 0, 0, 1)


def test_a_row_that_is_shown_in_so_many_words_is_no_hidden_one(bring):
    def show(name, data):
        return name, data.replace(
            b'<row r="3"', b'<row r="3" hidden="0"'
        ) if "worksheets/sheet" in name else data

    assert tally(bring(rewritten(xlsx([good_row(1), good_row(2)]), show))) == (2, 0, 0, 0)


# -- 07: wrappers that only protect a cell --------------------------------------------------------------


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize(("name", "rows"), [("all_wrapped.csv", 2), ("apostrophes.csv", 1)])
def test_what_only_guards_the_digits_is_taken_off_and_said(bring, apply, school, name, rows):
    record = bring(file(name), name)
    assert tally(record) == (rows, 0, 0, 0), problems(record)
    assert {"student_no", "phone"} <= set(record.details["mended"])
    assert re.fullmatch(r"P\d+", kept(record)[0].values["student_no"])


GUARDED = {
    '="0012"': "0012",
    "'0012": "0012",
    '="00""12"': None,
    '=""0012""': None,
    "''0012": None,
    "’0012": None,
    '="0012"&"3"': None,
    "=0012": None,
    "'0012'": None,
    '\t="0012"': "0012",
    "0012\t": "0012",
    '"0012"': None,
    "0012?": None,
    "00*12": None,
    "00;12": None,
    "00、12": None,
    "A-0012/3": "A-0012/3",
    "（0012）": "(0012)",
    "00.12": "00.12",
    "S_12": "S_12",
    "研0012": "研0012",
}


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize(("written", "code"), GUARDED.items(), ids=repr)
def test_a_code_is_what_its_guard_protects_and_has_no_signs_that_no_number_has(app, written, code):
    with app.test_request_context():
        if code is None:
            with pytest.raises(Wrong):
                cells.code(cells.unguarded(written), 20)
        else:
            assert cells.code(cells.unguarded(written), 20) == code


def test_a_wrapped_number_is_the_same_student_as_the_bare_one(bring, apply):
    apply(bring(xlsx([good_row(1)])))
    row = {k: f'="{v}"' for k, v in good_row(1).items()}
    assert tally(bring(text_table([row], encoding="gbk"), "学生.csv")) == (0, 0, 1, 0)


# -- 11: what Excel leaves in a workbook ------------------------------------------------------------------


@pytest.mark.rule("BLK-05")
def test_a_workbook_with_power_query_is_read(bring, school):
    record = bring(file("students_powerquery.xlsx"), "合并.xlsx")
    assert record.state == "checked", said(record)
    assert record.faulty == 0
    assert record.new > 0


def with_part(name: str, data: bytes) -> bytes:
    out = io.BytesIO(xlsx([good_row(1)]))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.rule("BLK-05")
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_declaration_hidden_in_such_a_part_is_found(bring, encoding):
    text = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    assert "XML" in said(bring(with_part("customXml/item1.xml", text.encode(encoding))))[0]


@pytest.mark.rule("BLK-05")
def test_a_sheet_in_utf_16_is_still_refused(bring):
    assert (
        "损坏"
        in said(bring(with_part("xl/worksheets/sheet9.xml", "<worksheet/>".encode("utf-16"))))[0]
    )


def test_a_power_query_part_of_either_byte_order_is_let_pass(bring):
    for encoding in ("utf-16", "utf-16-be"):
        record = bring(
            with_part("customXml/item1.xml", "<DataMashup>AAAA</DataMashup>".encode(encoding))
        )
        assert record.state == "checked", said(record)


# -- 21 and further files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["phonetic_guide.xlsx", "prefixed_namespace.xlsx"])
def test_what_was_right_stays_right(bring, school, name):
    record = bring(file(name), name)
    assert record.state == "checked", said(record)
    assert record.total == 2


def test_pinyin_above_a_name_is_not_part_of_it(bring, school):
    record = bring(file("phonetic_guide.xlsx"), "拼音.xlsx")
    assert [row.values["name"] for row in kept(record)] == ["黄河水", "单雪梅"]


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_tables_of_every_usual_spelling_are_read(bring, encoding, separator):
    record = bring(
        text_table([good_row(1), good_row(2)], encoding=encoding, separator=separator), "学生.csv"
    )
    assert tally(record) == (2, 0, 0, 0)


def test_big5_is_not_taken_for_chinese_of_the_mainland(bring):
    """Big5 has no mark, and GB18030 reads it as other signs: it is told by what its headers say then."""
    record = bring("學號,姓名,身份證號\r\n1,王小明,2".encode("big5"), "學生.csv", answer=False)
    assert (record.state, record.details["encoding"]) == ("mapping", "big5")
    assert record.details["questions"]["heads"][1]["samples"] == ["王小明"]


@pytest.mark.parametrize("above", [("青山大学2027届毕业生名单",), ("青山大学", "制表：教务处", "")])
def test_a_title_above_the_headers_is_passed_over(bring, above):
    assert tally(bring(xlsx([good_row(1)], above=above))) == (1, 0, 0, 0)


def test_a_first_sheet_of_notes_is_passed_over(bring):
    assert tally(bring(xlsx([good_row(1)], hidden="填表说明：学号不得重复"))) == (1, 0, 0, 0)


@pytest.mark.rule("BLK-10")
@pytest.mark.parametrize("name", ["libreoffice.ods", "libreoffice_html.xls"])
def test_other_programs_files_are_read(bring, name):
    record = bring(file(name), name)
    assert record.state == "checked", said(record)
    assert (record.total, record.faulty) == (2, 2)  # its names have digits
    assert {f for found in problems(record).values() for f, _s in found} == {"name"}


def test_a_plain_old_workbook_of_libreoffice_is_read(bring):
    assert tally(bring(file("libreoffice_plain.xls"), "学生.xls")) == (2, 0, 0, 0)


@pytest.mark.parametrize("cut", [512, 600, 1500, 2000])
def test_half_an_old_workbook_is_damaged(bring, cut):
    assert "损坏" in said(bring(xls([good_row(1)])[:cut], "学生.xls"))[0]


def test_a_chain_of_sectors_that_leads_in_a_circle_ends(bring):
    data = bytearray(xls([good_row(1)]))
    data[512 + 4 * 3 : 512 + 4 * 4] = (2).to_bytes(
        4, "little"
    )  # the third sector of the stream leads to its first
    assert bring(bytes(data), "学生.xls").state in ("failed", "checked")


@pytest.mark.parametrize(
    "row",
    [
        {"手机号": "１３９００００１２３４"},
        {"身份证号": f" {number(1)} "},
        {"学号": "2023000001\u200b"},
        {"手机号": "139 0000 1234"},
    ],
)
def test_signs_of_a_chinese_keyboard_in_numbers_are_mended_and_said(bring, row):
    record = bring(xlsx([good_row(1) | row]))
    assert tally(record) == (1, 0, 0, 0), problems(record)
    assert record.details["mended"]
