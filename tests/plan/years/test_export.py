"""The plan in the official layout: 74 and 50 columns, .xlsx, .csv, .dbf, nothing lost (PLN-07)."""

from __future__ import annotations

import csv
import io
import re
from uuid import uuid4

import dbf
import openpyxl
import pytest
from lxml import html

from app.core import clock
from app.core.db import db
from app.files.exports import tasks
from app.files.exports.models import Export
from app.plan.rows import editions, fills, layouts, reconciling
from app.plan.rows.models import PlanEntry
from tests.factories import accept, actor, attest, id_number, invite


@pytest.fixture(autouse=True)
def _parts(session):
    editions.load_shipped()


@pytest.fixture
def plan(cast):
    """A filled row and two open ones in the own school, one in another."""
    cast.student.examinee_no, cast.student.origin = "00420101110001", "420111"
    for student in (cast.student, cast.stranger):
        student.id_number = id_number(student.id)
    attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)
    for school in (cast.school, cast.other_school):
        reconciling.reconcile(school.id, None, clock.now())
    db.session.commit()
    return cast.student.graduation_year


def asked(browser, year, **more):
    data = {
        "year": year,
        "layout": "74",
        "spelled": "both",
        "format": "csv",
        "college": "",
        "state": "",
        "uid": uuid4().hex,
        **more,
    }
    answer = browser.post("/plan/export/", data=data)
    return answer, db.session.query(Export).order_by(Export.id.desc()).first()


def rows_of(browser, record, encoding="utf-8-sig"):
    data = browser.get(f"/exports/file/{record.uid}/fetch").data
    return list(csv.DictReader(io.StringIO(data.decode(encoding), newline="")))


def test_the_table_names_only_official_columns_and_paths_that_exist():
    known = {column.field for column in layouts.official()}
    assert set(fills.FILLS) <= known
    assert len(layouts.layout("74")) == 74
    assert len(layouts.layout("50")) == 50
    assert all(len(c.dbf) <= 10 and c.dbf.isascii() for c in layouts.official())
    assert {column.field for column in layouts.official()} == {*fills.FILLS, *fills.NOBODY}


@pytest.mark.rule("PLN-07")
def test_codes_and_names_stand_in_their_columns(visit, cast, plan):
    browser = visit(cast.officer)
    assert "74 列" in browser.get("/plan/export/").text
    assert "/plan/export/" in browser.get("/plan/list/").text
    _answer, record = asked(browser, plan)
    rows = rows_of(browser, record)
    assert [row["姓名"] for row in rows] == ["黄河水", "李静", "王强"]
    first = rows[0]
    assert list(first) == [c.header for c in layouts.official()]
    entry = db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one()
    assert first["毕业去向代码"] == entry.destination_code == "10"
    assert first["毕业去向"] == "签就业协议形式就业"
    assert (first["考生号"], first["院校代码"], first["学历代码"]) == (
        "00420101110001",
        "10999",
        "31",
    )
    assert first["生源所在地"] == "湖北省武汉市洪山区"
    assert "*****" in first["身份证号"]
    assert first["单位名称"] == "星光集团有限公司"
    assert {first[header] for header, _why in layouts.unknown("74")} == {""}
    page = browser.get("/plan/export/").text
    assert all(str(why) in page for _header, why in layouts.unknown("74"))


@pytest.mark.rule("PLN-07")
def test_fifty_columns_with_codes_or_names_only(visit, cast, plan):
    browser = visit(cast.officer)
    _answer, record = asked(browser, plan, layout="50", spelled="codes", state="filled")
    [row] = rows_of(browser, record)
    assert len(row) == 50
    assert (row["毕业去向代码"], row["毕业去向"], row["院校名称"]) == ("10", "", "青山大学")
    _answer, record = asked(
        browser, plan, layout="50", spelled="names", college=str(cast.college.id)
    )
    rows = rows_of(browser, record)
    assert len(rows) == 2
    assert (rows[0]["毕业去向代码"], bool(rows[0]["毕业去向"])) == ("", True)


@pytest.mark.rule("PLN-07", "ACC-02")
def test_nobody_elses_rows_are_in_it(visit, cast, plan):
    far = visit(cast.other_officer)
    _answer, record = asked(far, plan)
    assert [row["姓名"] for row in rows_of(far, record)] == ["买买提·吾布力"]
    answer, _record = asked(visit(cast.officer), plan, college=str(cast.far_college.id))
    assert answer.status_code == 422
    college = visit(cast.college_officer)
    _answer, record = asked(college, plan)
    assert [row["姓名"] for row in rows_of(college, record)] == ["黄河水", "李静"]
    province = visit(cast.province)
    _answer, record = asked(province, plan, school=str(cast.other_school.id))
    assert len(rows_of(province, record)) == 1
    _answer, record = asked(province, plan, school="")
    assert len(rows_of(province, record)) == 4


@pytest.mark.rule("PLN-07")
def test_the_dbf_has_the_official_fields_and_reads_back_equal(visit, cast, plan, tmp_path):
    browser = visit(cast.officer)
    _answer, record = asked(browser, plan, format="dbf", clear="y", purpose="上报")
    tasks.make(record.id)
    record = db.session.get(Export, record.id, populate_existing=True)
    assert record.state == "ready", record.details
    path = tmp_path / "plan.dbf"
    path.write_bytes(browser.get(f"/exports/file/{record.uid}/fetch").data)
    with dbf.Table(str(path)) as table:
        assert table.field_names == [c.dbf for c in layouts.official()]
        first = next(iter(table))
        assert (first.SFZH.strip(), first.XM.strip(), first.BYQXDM.strip()) == (
            id_number(cast.student.id),
            "黄河水",
            "10",
        )


@pytest.mark.rule("PLN-07")
def test_what_gbk_cannot_hold_is_listed_before_a_file_is_made(visit, cast, plan):
    cast.student.name, cast.classmate.class_name = "王㛃", "很" * 25
    db.session.commit()
    browser = visit(cast.officer)
    answer, record = asked(browser, plan, format="dbf")
    tasks.make(record.id)
    page = browser.get(answer.location).text
    assert "U+36C3" in page
    assert "50" in page
    assert "所在班级" in page
    assert "有 2 个单元格" in page
    assert db.session.get(Export, record.id, populate_existing=True).file_key is None
    answer, record = asked(browser, plan, format="csv-gb18030")
    assert rows_of(browser, record, "gb18030")[0]["姓名"] == "王㛃"


@pytest.mark.rule("PLN-07", "BLK-02")
def test_the_workbook_is_all_text(visit, cast, plan):
    browser = visit(cast.officer)
    _answer, record = asked(browser, plan, format="xlsx")
    tasks.make(record.id)
    data = browser.get(f"/exports/file/{record.uid}/fetch").data
    page = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    assert (page.max_column, page.max_row) == (74, 4)
    assert {cell.data_type for row in page for cell in row if cell.value} == {"s"}
    assert page["A2"].value == "00420101110001"


@pytest.mark.rule("RPT-05", "PLN-07")
def test_whole_numbers_of_the_plan_need_right_and_purpose(visit, cast, plan):
    browser = visit(cast.data)
    assert 'name="clear"' not in browser.get("/plan/export/").text
    answer, record = asked(browser, plan, clear="y", purpose="x")
    assert (answer.status_code, record) == (422, None)
    assert asked(visit(cast.officer), plan, clear="y")[0].status_code == 422


@pytest.mark.rule("PLN-07")
def test_an_empty_plan_and_odd_wishes_are_refused(visit, cast, plan):
    browser = visit(cast.officer)
    assert asked(browser, plan + 1)[0].status_code == 422
    for wrong in (
        {"year": "x"},
        {"layout": "75"},
        {"spelled": "?"},
        {"format": "pdf"},
        {"state": "gone"},
    ):
        assert asked(browser, **{"year": plan, **wrong})[0].status_code == 422
    assert db.session.query(Export).count() == 0
    assert actor(cast.officer).school_id == cast.school.id


@pytest.mark.rule("PLN-07")
def test_the_english_page_says_why_a_column_stays_empty_and_marks_the_official_names(cast, visit):
    """The headers of the ministry are Chinese whatever the page speaks: a reader of pages is told so."""
    browser = visit(cast.officer)
    browser.get("/lang/en")
    page = html.fromstring(browser.get("/plan/export/").text)
    lines = page.xpath("//details//li")
    assert lines
    for line in lines:
        [header] = line.xpath("./span[@lang='zh']")
        assert header.text
        assert not re.search(r"[\u4e00-\u9fff]", line.text_content().replace(header.text, ""))
