"""Findings go out as a workbook with the rows to fill and come back by the ordinary import (CHK-02, F-57)."""

from __future__ import annotations

import io

import openpyxl
import pytest

from app.core.db import db
from app.files.imports import tasks as bulk
from app.files.imports.models import Import
from app.files.made import tasks as papers
from app.files.made.models import MadeFile
from app.people.students.models import Student
from app.plan.checks import sync, tasks
from app.plan.checks.models import Finding
from app.plan.rows import editions
from app.plan.rows.models import PlanEntry
from tests import factories as make
from tests.files.imports.conftest import problems
from tests.files.made.conftest import result
from tests.plan.checks.test_rules import row_of

pytestmark = pytest.mark.rule("CHK-02")
LIST = "/checks/findings/list/"


@pytest.fixture(autouse=True)
def _tables(session):
    editions.load_shipped()


def run(school):
    sync.run(school.id, 2027)
    db.session.commit()


def found(rule, state="open"):
    db.session.expire_all()
    return db.session.query(Finding).filter_by(rule=rule, state=state).count()


@pytest.fixture
def faulty(cast):
    """Students without a candidate number or unit, and a row whose kind of position is missing."""
    students = [make.make_student(cast.college, training_mode="2") for _n in range(3)]
    for student in students:
        row_of(student, position_kind=None)
        student.examinee_no = None
    row_of(cast.student)
    for n, other in enumerate(db.session.query(Student).filter_by(training_mode="1")):
        other.examinee_no = f"2342{n:010d}"
    db.session.commit()
    run(cast.school)
    return students


def made(browser, part, query=""):
    answer = browser.post(f"/checks/fill/{part}?{query}")
    assert answer.status_code == 303
    paper = db.session.query(MadeFile).order_by(MadeFile.id.desc()).first()
    papers.make_paper.func(paper.id)
    db.session.expire_all()
    assert paper.problem is None, paper.problem
    return openpyxl.load_workbook(io.BytesIO(result(paper)))


def brought(app, browser, book, sheet, who):
    out = io.BytesIO()
    book.save(out)
    answer = browser.post(
        f"/imports/{sheet}/",
        data={"file": (io.BytesIO(out.getvalue()), "更正.xlsx")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303, answer.get_data(as_text=True)
    record = db.session.query(Import).order_by(Import.id.desc()).first()
    with app.test_request_context():
        bulk.check(record.id)
    db.session.expire_all()
    return record


def applied(app, browser, record):
    browser.post(f"/imports/file/{record.uid}/write?seen={record.seen}")
    with app.test_request_context():
        bulk.write(record.id)
    db.session.expire_all()
    assert record.state == "applied", record.details


def test_findings_are_filtered_by_field_rule_and_severity(cast, visit, faulty):
    office = visit(cast.officer)
    page = office.get(f"{LIST}?tab=warning&f_field=committed_to").text
    assert faulty[0].student_no in page
    assert "定向或委培单位" in page
    assert faulty[0].student_no in office.get(f"{LIST}?tab=warning&f_field=examinee_no").text
    assert faulty[0].student_no in office.get(f"{LIST}?tab=error&f_field=position_kind").text
    assert faulty[0].student_no not in office.get(f"{LIST}?tab=warning&f_field=credit_code").text
    assert faulty[0].student_no not in office.get(f"{LIST}?tab=warning&f_severity=error").text
    assert office.get(f"{LIST}?f_field=password").status_code == 400


def test_the_record_s_findings_are_mended_by_the_workbook(app, cast, visit, faulty):
    office = visit(cast.officer)
    assert found("committed") == found("examinee_missing") == 3
    assert (
        "/checks/fill/?tab=warning&amp;f_rule=committed"
        in office.get(f"{LIST}?tab=warning&f_rule=committed").text
    )
    begin = office.get("/checks/fill/?tab=warning").text
    assert "有 3 名学生的信息要填" in begin
    book = made(office, "person", "tab=warning")
    page = book["学生信息" if "学生信息" in book.sheetnames else book.sheetnames[0]]
    heads = [cell.value for cell in page[1]]
    assert heads[:3] == ["学号", "姓名", "问题"]
    assert {"考生号", "定向或委培单位", "培养方式"} <= set(heads)
    assert page.max_row == 4
    assert page.data_validations.dataValidation
    first = {head: cell.value for head, cell in zip(heads, page[2], strict=True)}
    assert (first["学号"], first["培养方式"]) == (faulty[0].student_no, "2 定向")
    assert "定向、委培和公费师范生要填写" in first["问题"]
    assert "考生号" in first["问题"]
    for row in range(2, 5):
        page.cell(row, heads.index("定向或委培单位") + 1).value = "恩施市教育局"
        page.cell(row, heads.index("考生号") + 1).value = f"2342010111{row:04d}"
    record = brought(app, office, book, "facts", cast.officer)
    assert (record.new, record.changed, record.faulty) == (0, 3, 0), problems(record)
    applied(app, office, record)
    student = db.session.get(Student, faulty[0].id, populate_existing=True)
    assert (student.committed_to, student.examinee_no) == ("恩施市教育局", "23420101110002")
    assert student.training_mode == "2"
    tasks.run.func(cast.school.id, 2027)
    assert found("committed") == found("examinee_missing") == 0
    assert found("committed", "gone") == 3


def test_the_plan_row_s_findings_are_mended_by_the_workbook(app, cast, visit, faulty):
    office = visit(cast.officer)
    assert found("missing") == 3
    book = made(office, "row", "tab=error&f_field=position_kind")
    page = book[book.sheetnames[0]]
    heads = [cell.value for cell in page[1]]
    assert heads == ["学号", "姓名", "问题", "工作职位类别代码"]
    assert page.cell(2, 4).value is None
    page.cell(2, 4).value = "13"
    record = brought(app, office, book, "plan", cast.officer)
    assert record.faulty == 0, problems(record)
    applied(app, office, record)
    entries = db.session.query(PlanEntry).filter(PlanEntry.position_kind == "13")
    assert faulty[0].id in [entry.student_id for entry in entries]
    tasks.run.func(cast.school.id, 2027)
    assert found("missing") == 2


def test_no_personal_number_goes_out_and_an_empty_cell_keeps_it(app, cast, visit):
    number = cast.student.id_number
    cast.student.sex = "2" if cast.student.sex == "1" else "1"
    row_of(cast.student)
    run(cast.school)
    office = visit(cast.officer)
    book = made(office, "person", "tab=error&f_rule=id_sex")
    page = book[book.sheetnames[0]]
    texts = [str(cell.value) for row in page.iter_rows() for cell in row]
    assert not [text for text in texts if number in text]
    heads = [cell.value for cell in page[1]]
    assert "身份证号" in heads
    page.cell(2, heads.index("性别") + 1).value = "男" if cast.student.sex == "2" else "女"
    applied(app, office, brought(app, office, book, "facts", cast.officer))
    student = db.session.get(Student, cast.student.id, populate_existing=True)
    assert student.id_number == number
    tasks.run.func(cast.school.id, 2027)
    assert found("id_sex") == 0


@pytest.mark.rule("ACC-02")
def test_only_the_own_school_s_office_makes_and_reads_it(cast, visit, faulty):
    assert visit(cast.college_officer).get("/checks/fill/").status_code in (302, 403, 404)
    far = visit(cast.other_officer)
    assert "都不是填写内容就能更正的" in far.get("/checks/fill/?tab=warning").text
    assert far.post("/checks/fill/person?tab=warning").location.startswith("/checks/fill/")
    data = visit(cast.data)
    assert data.post("/checks/fill/person?tab=warning").status_code in (403, 404)
    assert data.get("/checks/fill/?tab=error").status_code == 200
    office = visit(cast.officer)
    made(office, "person", "tab=warning")
    paper = db.session.query(MadeFile).order_by(MadeFile.id.desc()).first()
    assert far.get(f"/plan/papers/{paper.uid}/file").status_code == 404
    assert office.post("/checks/fill/nothing?tab=warning").status_code in (403, 404)
    assert office.get("/checks/fill/?tab=none").status_code == 400


def test_fifteen_hundred_findings_make_one_workbook(cast, visit):
    from sqlalchemy import text

    row_of(cast.student)
    db.session.execute(
        text("""INSERT INTO student (uid, school_id, college_id, major_id, graduation_year, student_no, name,
            education, training_mode, origin_state, class_name, sex, id_kind, id_country)
          SELECT md5(n::text), s.school_id, s.college_id, s.major_id, 2027, 'F' || n, '学生', '31', '2',
            'approved', '', '', 'id_card', '' FROM generate_series(1, 1500) n, student s WHERE s.id = :id"""),
        {"id": cast.student.id},
    )
    db.session.commit()
    run(cast.school)
    assert found("committed") == 1500
    book = made(visit(cast.officer), "person", "tab=warning&f_rule=committed")
    assert book[book.sheetnames[0]].max_row == 1501
